"""An invariant of any number of actors, as text: what can be at the same time, and what cannot."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Final

from dsl.source import Source
from prover.explained import Said
from prover.parametric.said import Apart, Awaited, Lines, Only, Sentence, Stance, Where, While
from prover.verdict import AnyNumber

WIDTH: Final = 75
LINES: Final = 40
"""So many lines are shown of one invariant where not all are asked for."""

ALWAYS: Final = (
    "Each line is true at every moment, of any number of actors: the invariant says it of every "
    "view.  It says more than that.  Somebody is at a line whose next step is there; steps that "
    "nobody can see are taken with the one before or after.  Who has stopped at a false assume() "
    "is at none."
)
HANDED: Final = (
    "  {0} is any one object of a pool, `another` one that is not {0}; who has it in hand has a "
    "pointer to it that it may follow, or its lock."
)


def invariant_lines(said: Said, shown: Mapping[str, str], *, whole: bool) -> Iterator[str]:
    """What is said of an invariant; ``shown`` has the names of files."""
    writer = _Writer(shown, said.letter)
    chosen = said.sentences if whole else _chosen(writer, said.sentences)
    yield from _wrapped(_about(said), "  ", "    ")
    for block in writer.blocks(chosen):
        yield ""
        yield from block
    left = len(said.sentences) - len(chosen)
    if left:
        yield ""
        yield f"  {left} more: -v"


def who(number: AnyNumber) -> str:
    """Who runs."""
    many = f"any number of {', '.join(number.many)}" if number.many else ""
    others = ", ".join(f"{count} {name}" if count > 1 else name for name, count in number.others)
    both = " and ".join(filter(None, (others, many)))
    return f"{both}, for ever" if number.forever else both


def names_of(sources: Mapping[str, Source]) -> dict[str, str]:
    """How files are called: without their folders where that says which it is."""
    short = [PurePath(file).name for file in sources]
    return {
        file: file if short.count(PurePath(file).name) > 1 else PurePath(file).name
        for file in sources
    }


def _about(said: Said) -> str:
    number = said.number
    pools = ", ".join(f"{name}[{size}]" for name, size in number.pools)
    of = f"; {said.letter} is any of {pools}" if pools else ""
    actors = {1: "one actor", 2: "two actors", 3: "three actors"}[number.size]
    return (
        f"the invariant ({number.shared} shared states, {number.views} views of {actors}, "
        f"confirmed by {' and '.join(number.checkers)}) says{of}:"
    )


def legend(found: Iterable[Said]) -> str:
    """What words mean."""
    letters = dict.fromkeys(said.letter for said in found if said.number.pools)
    return ALWAYS + "".join(HANDED.format(letter) for letter in letters)


def _chosen(writer: _Writer, sentences: Sequence[Sentence]) -> Sequence[Sentence]:
    """The first of them that fit."""
    chosen: list[Sentence] = []
    for each in sentences:
        blocks = list(writer.blocks([*chosen, each]))
        if sum(1 + len(block) for block in blocks) <= LINES:
            chosen.append(each)
    return chosen


def sentence(said: Sentence, shown: Mapping[str, str], letter: str) -> str:
    """One sentence by itself."""
    writer = _Writer(shown, letter)
    return f"{writer.head(said)}: {writer.tail(said)}"


class _Writer:
    """Writes sentences, those with one head under it."""

    def __init__(self, shown: Mapping[str, str], letter: str) -> None:
        self.shown = shown
        self.letter = letter

    def blocks(self, sentences: Iterable[Sentence]) -> Iterator[list[str]]:
        """Locks; what is said of each actor at its statements; shared variables."""
        found: dict[tuple[int, str], list[Sentence]] = {}
        for each in sentences:
            found.setdefault((self._part(each), self._subject(each)), []).append(each)
        for _, members in sorted(found.items(), key=lambda item: item[0][0]):
            lines: list[str] = []
            heads: dict[str, list[str]] = {}
            for each in members:
                heads.setdefault(self.head(each), []).append(self.tail(each))
            for head, tails in heads.items():
                lines.extend(_wrapped(f"{head}:", "  ", "    "))
                for tail in tails:
                    lines.extend(_wrapped(tail, "      ", "        "))
            yield lines

    @staticmethod
    def _part(said: Sentence) -> int:
        if isinstance(said, Apart) and said.lock:
            return 0
        return 2 if isinstance(said, Where) else 1

    @staticmethod
    def _subject(said: Sentence) -> str:
        match said:
            case Apart(one=one, lock=""):
                return one[0].actor
            case Only(one=one) | Awaited(one=one) | While(one=one):
                return one.actor
            case _:
                return ""

    def head(self, said: Sentence) -> str:
        """When it holds."""
        match said:
            case Apart(one=one, lock=""):
                return f"while {self._stands(one[0])}"
            case Apart(lock=lock):
                return f"{lock} is held by one at a time"
            case Only(one=one) | Awaited(one=one) | While(one=one):
                return f"while {self._stands(one)}"
            case Where(variable=variable, values=values):
                return f"where {_is(variable, values)}"

    def tail(self, said: Sentence) -> str:
        """What holds then."""
        match said:
            case Apart(one=one, other=other, lock=lock) if lock:
                text = "; ".join(map(self._holder, one))
                readers = [each for each in other if each not in one]
                shared = "; ".join(map(self._holder, readers))
                return f"{text}{f', or by readers: {shared}' if shared else ''}"
            case Apart(one=one, other=other, whole=whole):
                others = f"no {_other(one[0], other[0])}"
                if whole:
                    hand = f"{others} has {self.letter} in hand"
                    return hand if other[0].hand else f"there is {others}"
                return f"{others}{self._with(other[0])} is {self._at(other[0])}"
            case Only(one=one, at=at):
                who = f"every {_other(one, at)}{self._with(at)}"
                return f"{who} is {self._at(at)}"
            case Awaited(one=one, other=other):
                who = f"every {_other(one, other)}{self._with(other)} {self._at(other)}"
                return f"it waits for {who}"
            case While(variable=variable, values=values):
                return _is(variable, values)
            case Where(other=other, others=others):
                return _is(other, others)

    def _stands(self, found: Stance) -> str:
        return f"{found.actor}{self._with(found)} is {self._at(found)}"

    def _holder(self, found: Stance) -> str:
        return f"{found.actor}{self._with(found)} {self._at(found)}"

    def _at(self, found: Stance) -> str:
        return f"at {' or '.join(map(self._lines, found.at))}"

    def _with(self, found: Stance) -> str:
        return f" with {self.letter} in hand" if found.hand else ""

    def _lines(self, found: Lines) -> str:
        to = "" if found.first == found.last else f"-{found.last}"
        inside = f"{_function(found.calls[-1].function)} " if found.calls else ""
        text = f"{inside}{self.shown.get(found.file, found.file)}:{found.first}{to}"
        words = {True: ", in its wait", False: "", None: ""}[found.waiting]
        if found.also:
            call = found.calls[-1]
            words += f", called at {self.shown.get(call.file, call.file)}:{call.line}"
        return f"{text}{f' ({words[2:]})' if words else ''}"


def _function(name: str) -> str:
    return name if name.endswith(")") else f"{name}()"


def _other(one: Stance, other: Stance) -> str:
    return f"other {other.actor}" if one.actor == other.actor else other.actor


def _is(variable: str, values: Sequence[str]) -> str:
    listed = values[0] if len(values) == 1 else f"{', '.join(values[:-1])} or {values[-1]}"
    return f"{variable} is {listed}"


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
