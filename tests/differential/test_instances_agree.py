"""State of each instance of an actor: the engines agree, and notice where one of them is wrong.

Two of actor `one`, and one of `two`, each with state of their own, that claims are about.
"""

from __future__ import annotations

from random import Random

import pytest

from dsl.interpreter.machine import Machine
from prover.graph import instances, lower
from tests.differential.compare import compare
from tests.differential.generator import Generated
from tests.differential.planted import Planted

PROGRAMS = 120
CHUNK = 40
MOST = 80
"""So many programs that could show a bug are tried."""

SHARED = ("x = {};", "WRITE_ONCE(x, {});", "xchg(&x, {});", "atomic_inc(&n);")
OWN = (
    "{a}.s = {k};",
    "{a}.s++;",
    "{a}.s = READ_ONCE(x);",
    "{a}.s += atomic_inc_return(&n);",
    "if ({a}.s) x = 2;",
    "spin_lock(&l); {a}.s = {k}; {a}.s = 0; spin_unlock(&l);",
)
CLAIMS = (
    "forall_actors(one, one.s {op} {k})",
    "forall_actors(two, two.s {op} {k})",
    "forall_actors(one, forall_actors(two, one.s {op} two.s))",
    "forall_actors(two, two.s {op} {k} || forall_actors(one, one.s {op} x))",
    "!forall_actors(one, one.s == {k})",
)

BUGS = (
    Planted("every graph is the first's", instances, "_numbered", "Const(number)", "Const(0)"),
    Planted("the interpreter's are all the first", Machine, "_instances", "number - 1))", "0))"),
    Planted("instances are not told apart", lower, "_actors", "graph, number)", "graph)"),
)
"""Bugs of one engine; the conjunction is the checker's, and for the cases to judge."""


def generate(seed: int) -> Generated:
    """The program of a seed."""
    random = Random(seed)

    def filled(text: str, actor: str = "") -> str:
        k = random.randint(0, 3)
        op = random.choice(("==", "<=", "!=", ">="))
        return text.replace("{a}", actor).replace("{k}", str(k)).format(k, op=op)

    def body(actor: str, size: int) -> str:
        chosen = [random.choice((*OWN, *SHARED)) for _ in range(size)]
        chosen[random.randrange(size)] = random.choice(OWN)
        return " ".join(filled(text, actor) for text in chosen)

    kinds = [random.choice(("final", "invariant")) for _ in range(2)]
    claims = [f"{kind} {filled(random.choice(CLAIMS))};" for kind in kinds]
    outside = random.random() < 0.3
    text = f"""models sc;
int x;
atomic_t n;
spinlock_t l;
ghost int one.s;
ghost int two.s;
{claims[0] if outside else ""}
actor one {{ {body("one", random.randint(1, 2))} }}
actor two {{ {body("two", random.randint(1, 2))} }}
scenario s {{
    run one * 2, two;
    {"" if outside else claims[0]}
    {claims[1]}
    final x != 77777;
    final forall_actors(two, two.s != 77777);
}}
"""
    return Generated(seed, text, 2, ("x", "two.s[0]"))


def disagreements(seed: int) -> tuple[list[str], bool]:
    """Where the engines disagree about a program, and whether the enumerator was asked."""
    found = compare(generate(seed))
    return found.disagreements, found.enumerated


@pytest.mark.parametrize("start", range(0, PROGRAMS, CHUNK))
def test_engines_agree_on_instances(start: int) -> None:
    enumerated = 0
    for seed in range(start, start + CHUNK):
        found, also = disagreements(seed)
        assert not found, generate(seed).text
        enumerated += also
    assert enumerated > CHUNK / 4


@pytest.mark.soak
@pytest.mark.parametrize("start", range(1000, 3000, 500))
def test_many(start: int) -> None:
    for seed in range(start, start + 500):
        assert not disagreements(seed)[0], generate(seed).text


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_a_planted_bug_is_noticed(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    bug.is_noticed(monkeypatch, range(MOST), lambda seed: disagreements(seed)[0])
