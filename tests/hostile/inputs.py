"""Inputs nobody would write: token soup, real files with something wrong, noise.

Input number i of a seed is always the same bytes, whatever came before it, as long as the files that
it is drawn from are the same: with one case more in the repository it is another.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from dsl.primitives import PRIMITIVES, PROPERTIES

ROOT = Path(__file__).parents[2]

STATEMENT = re.compile(rb"\s+(?!return|run|final|expect|int|u\d)\w[^{}]*[(=+][^{}]*;\s*$")

LARGEST = 3000
"""Real files up to so many bytes are mutated often, larger ones now and then."""

TOKEN = re.compile(
    rb"//[^\n]*|/\*.*?\*/|\"[^\"\n]*\"|\w+|[<>=!+\-*/&|^%]=|<<|>>|&&|\|\||->|\+\+|--|\s+|.",
    re.DOTALL,
)

WORDS = """\
actor scenario variant expect run in init final invariant transition config models import word
lock_order split present when pool zeroed at class ghost typedef enum struct update iterator static inline
void bool char short int long unsigned signed u8 u16 u32 u64 s8 s64 size_t atomic_t spinlock_t
rwlock_t mutex rw_semaphore folio_lock_t rcu_head refcount_t if else while do for switch case
default break continue return goto choose or yield drop replace with move after before exchange
proved refuted bounded vacuous unknown allowing under any holding bound sc lkmm const __data_racy
NULL true false alloc free assume assert container_of a b c x y m p q main reader writer low high
0 1 2 -1 0x0 255 256 4294967295 0xffffffffffffffff 18446744073709551616 1000000 08 0b2 1.5 'a'
""".split()
MARKS = "{ } ( ) [ ] ; , : . -> ++ -- + - * / % & | ^ ~ ! && || == != < > <= >= << >> = += -= ? \" ' # @ \\ $ // /* */".split()


@dataclass(frozen=True, slots=True)
class Input:
    """One input: which kind it is, and its bytes."""

    number: int
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes inputs from real files."""

    seed: int
    small: tuple[bytes, ...]
    large: tuple[bytes, ...]
    words: tuple[bytes, ...]

    def make(self, number: int) -> Input:
        """Input ``number``."""
        rng = Random(f"{self.seed}/{number}")
        (kind,) = rng.choices(KINDS, [weight for _, weight, _ in TABLE])
        make = next(function for name, _, function in TABLE if name == kind)
        return Input(number, kind, make(self, rng))

    def real(self, rng: Random) -> bytes:
        """A real file."""
        return rng.choice(self.large if rng.random() < 0.02 else self.small)

    def soup(self, rng: Random) -> bytes:
        """Tokens in any order."""
        return b" ".join(rng.choices(self.words, k=rng.randint(1, 120)))

    def spiced(self, rng: Random) -> bytes:
        """A real file with a spoonful of soup in it."""
        tokens = split(self.real(rng))
        place = rng.randrange(len(tokens) + 1)
        extra = rng.choices(self.words, k=rng.randint(1, 12))
        return b"".join([*tokens[:place], b" ", b" ".join(extra), b" ", *tokens[place:]])

    def mutated(self, rng: Random) -> bytes:
        """A real file with a few tokens changed."""
        tokens = split(self.real(rng))
        for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 8))):
            self._mutate(rng, tokens)
        return b"".join(tokens)

    def _mutate(self, rng: Random, tokens: list[bytes]) -> None:
        """One change."""
        solid = [i for i, token in enumerate(tokens) if not token.isspace()]
        if not solid:
            return
        place = rng.choice(solid)
        other = rng.choice(solid)
        match rng.randrange(6):
            case 0:
                del tokens[place]
            case 1:
                tokens[place:place] = [tokens[place], b" "]
            case 2:
                tokens[place], tokens[other] = tokens[other], tokens[place]
            case 3:
                tokens[place] = tokens[other]
            case 4:
                tokens[place] = rng.choice(self.words)
            case _:
                start, end = sorted((place, other))
                del tokens[start : min(end, start + rng.randint(1, 20))]

    def exchanged(self, rng: Random) -> bytes:
        """A real file with some tokens exchanged for others of their class: what may well pass."""
        tokens = split(self.real(rng))
        groups = [_group(token) for token in tokens]
        solid = [i for i, token in enumerate(tokens) if groups[i] or _class(token) == NAME]
        for _ in range(rng.choice((1, 1, 2, 3)) if solid else 0):
            place = rng.choice(solid)
            alike = [tokens[i] for i in solid if _class(tokens[i]) == _class(tokens[place])]
            tokens[place] = rng.choice(groups[place] or alike)
        return b"".join(tokens)

    def moved(self, rng: Random) -> bytes:
        """A real file with statements left out, doubled or in another order."""
        lines = self.real(rng).split(b"\n")
        solid = [i for i, line in enumerate(lines) if STATEMENT.match(line)]
        for _ in range(rng.randint(1, 3) if solid else 0):
            place, other = rng.choice(solid), rng.choice(solid)
            match rng.randrange(3):
                case 0:
                    lines[place] = b""
                case 1:
                    lines[place] += b"\n" + lines[other]
                case _:
                    lines[place], lines[other] = lines[other], lines[place]
        return b"\n".join(lines)

    def crossed(self, rng: Random) -> bytes:
        """The beginning of one file and the end of another."""
        one, two = self.real(rng).split(b"\n"), self.real(rng).split(b"\n")
        return b"\n".join(
            [*one[: rng.randrange(len(one) + 1)], *two[rng.randrange(len(two) + 1) :]]
        )

    def noisy(self, rng: Random) -> bytes:
        """A real file with wrong bytes in it, or nothing but noise."""
        if rng.random() < 0.2:
            return rng.randbytes(rng.randint(0, 400))
        content = bytearray(self.real(rng))
        for _ in range(rng.randint(1, 6)):
            place = rng.randrange(len(content) + 1)
            match rng.randrange(4):
                case 0:
                    content[place:place] = rng.randbytes(rng.randint(1, 4))
                case 1:
                    content[place : place + 1] = rng.randbytes(1)
                case 2:
                    del content[place:]
                case _:
                    odd = ("\0", "\r", "\u202e", "\ufeff", "\u00e9", "\x1b[31m", "\x7f", "\u2028")
                    content[place:place] = rng.choice(odd).encode()
        return bytes(content)


GROUPS = tuple(
    tuple(word.encode() for word in group.split())
    for group in (
        "== != < > <= >=",
        "+ - * / % & | ^ << >>",
        "+= -= |= &= ^= =",
        "&& ||",
        "if while",
        "break continue",
        "int bool char u8 s16 u32 u64 long size_t",
        "true false choose()",
        "spin_lock spin_unlock spin_lock_irq spin_unlock_irq spin_lock_bh spin_unlock_bh",
        "mutex_lock mutex_unlock down_read up_read down_write up_write downgrade_write",
        "spin_trylock mutex_trylock down_read_trylock down_write_trylock read_lock read_unlock",
        "rcu_read_lock rcu_read_unlock synchronize_rcu rcu_barrier might_sleep",
        "local_irq_disable local_irq_enable preempt_disable preempt_enable smp_mb smp_wmb",
        "READ_ONCE WRITE_ONCE rcu_dereference data_race",
        "proved refuted bounded vacuous unknown",
    )
)

NUMBERS = tuple(b"0 1 2 3 7 8 255 256 0xffffffff 0xffffffffffffffff".split())

TABLE: tuple[tuple[str, int, Callable[[Maker, Random], bytes]], ...] = (
    ("soup", 15, Maker.soup),
    ("spiced", 10, Maker.spiced),
    ("mutated", 25, Maker.mutated),
    ("exchanged", 20, Maker.exchanged),
    ("moved", 15, Maker.moved),
    ("crossed", 5, Maker.crossed),
    ("noisy", 10, Maker.noisy),
)
KINDS = tuple(name for name, _, _ in TABLE)


def maker(seed: int) -> Maker:
    """A maker that mutates the files of this repository."""
    cases = ROOT / "tests" / "cases"
    folders = [cases / name for name in ("executions", "verdict", "graph", "dump")]
    files = [file for folder in (*folders, ROOT / "protocols") for file in folder.rglob("*.khp")]
    assert len(files) > 100, "no real files found"
    contents = [file.read_bytes() for file in sorted(files)]
    names = sorted({*PRIMITIVES, *PROPERTIES})
    words = tuple(word.encode() for word in (*WORDS * 3, *MARKS * 6, *names))
    small = tuple(content for content in contents if len(content) <= LARGEST)
    large = tuple(content for content in contents if len(content) > LARGEST)
    return Maker(seed, small, large, words)


def split(content: bytes) -> list[bytes]:
    """The tokens of a text, white space included."""
    return TOKEN.findall(content)


def _class(token: bytes) -> tuple[bool, bool]:
    """Whether a token is a number, and whether it is a word."""
    return token[:1].isdigit(), token[:1].isalpha() or token[:1] == b"_"


NAME = (False, True)


def _group(token: bytes) -> tuple[bytes, ...]:
    """What may well stand where ``token`` does."""
    if token.isdigit():
        return NUMBERS
    return next((group for group in GROUPS if token in group), ())
