"""Which violation is the first: compared two by two, and by bounds of threads, it is the same."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from dsl.check import check
from dsl.files import library_root
from dsl.frozen import replace
from dsl.imports import load_text
from prover.execution.construct.program import build
from prover.graph import compile_program
from prover.smt import firsts
from prover.smt.asking import ask_apart
from prover.smt.backends.z3 import Session
from prover.smt.encode import Prepared, encode, prepare
from prover.smt.query import Query
from prover.smt.reply import Sat, Unsat
from tests.differential.generator import generate
from tests.weak.themes import THEMES, text

MODELS = ("sc", "tso", "lkmm")
BOUNDS = frozenset(("bounds",))
CASES = Path(__file__).parents[1] / "cases" / "verdict"
FOLDERS = (
    "awaits",
    "checks",
    "hardware",
    "lifetimes",
    "locks",
    "sections",
    "waiting",
    "weak",
)
MOST_TOGETHER = 40
"""So many pairs of first violations are asked about in one program."""

THREE = """\
models {model};

int a;
int b;
int c;

actor one {{
	WRITE_ONCE(a, 1);
	assert(READ_ONCE(b) == 0, "one saw two");
	assert(READ_ONCE(c) == 0, "one saw three");
}}

actor two {{
	WRITE_ONCE(b, 1);
	assert(READ_ONCE(c) == 0, "two saw three");
	assert(READ_ONCE(a) == 0, "two saw one");
}}

actor three {{
	WRITE_ONCE(c, 1);
	assert(READ_ONCE(a) == 0, "three saw one");
	assert(READ_ONCE(b) == 0, "three saw two");
}}

scenario test {{
	run one, two, three;
	final a == 0;
	expect refuted assert, final;
}}
"""


STATES = """\
models sc;

int x;

invariant x < 2 : "x is small";

actor one {
	WRITE_ONCE(x, 1);
	WRITE_ONCE(x, 2);
	assert(READ_ONCE(x) == 3, "one's own");
}

actor two {
	assert(READ_ONCE(x) == 0, "seen");
	WRITE_ONCE(x, 3);
}

scenario test {
	run one, two;
	expect refuted assert, invariant;
}
"""


@pytest.fixture(autouse=True)
def _always(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few events there are."""
    monkeypatch.setattr(firsts, "MOST_PAIRS", 0)


def prepared(source: str, model: str, name: str = "t.khp") -> Iterator[Prepared]:
    """Each scenario of a program."""
    protocol = check(load_text(name, source, None, (library_root(),)))
    configuration = {config: values[0] for config, values in protocol.configs.items()}
    for scenario in protocol.scenarios:
        program = compile_program(protocol, scenario, configuration, 1)
        yield prepare(build(program), model)


def possible(query: Query, asked: list[tuple[str, int]]) -> set[object]:
    """Which violations can be the first, which two can both be, and whether others of a property's
    can be.
    """
    session = Session(query.together, 60)

    def can(*asked: str) -> bool:
        reply = ask_apart(session, query, *asked)
        assert isinstance(reply, Sat | Unsat)
        return isinstance(reply, Sat)

    found: set[object] = {key for key, lit in query.violations.items() if can(lit)}
    both = list(combinations(asked, 2))
    for one, two in both[:: 1 + len(both) // MOST_TOGETHER]:
        if {one, two} <= found and can(query.violations[one], query.violations[two]):
            found.add((one, two))
    return found | {name for name, switch in query.switches.items() if can(query.remaining, switch)}


def agreed(case: Prepared) -> int:
    """Both ways have the same answers; how many first violations there are."""
    by_pairs, by_bounds = encode(case), encode(replace(case, linear=BOUNDS))
    asked = list(by_pairs.violations)
    found = possible(by_pairs, asked)
    # What two violations at one place exclude is seen at once in pairs, and by the solver in bounds.
    assert by_bounds.violations.keys() >= by_pairs.violations.keys()
    assert possible(by_bounds, asked) == found
    return sum(isinstance(key[0], str) for key in found if isinstance(key, tuple))


@pytest.mark.parametrize("model", MODELS)
def test_three_that_see_each_other(model: str) -> None:
    """Whoever comes last sees the others, if not under weaker models: then the end is the first."""
    (case,) = prepared(THREE.format(model=model), model)
    query = encode(replace(case, linear=BOUNDS))
    ends = () if model == "sc" else ("final",)
    asked = list(query.violations)
    assert possible(query, asked) - {*query.switches} == {
        key for key in asked if key[0] in ("assert", *ends)
    }
    assert agreed(case) == 6 + len(ends)


def test_states_that_are_wrong() -> None:
    """A claim about states is one about what an event left, and counts when that happens."""
    (case,) = prepared(STATES, "sc")
    assert {name for name, _ in encode(case).violations} == {"assert", "invariant"}
    # Whoever comes to his assert at the end has had x above its limit before.
    assert agreed(case) == 3


@pytest.mark.parametrize("model", MODELS)
def test_a_text_of_its_own(model: str) -> None:
    """The bounds are there, and only where they are asked for."""
    (case,) = prepared(THREE.format(model=model), model)
    labels = [encode(each).labels for each in (case, replace(case, linear=BOUNDS))]
    assert ["bounds of violations" in each for each in labels] == [False, True]


@pytest.mark.parametrize("theme", ["plain", *THEMES])
@pytest.mark.parametrize("model", MODELS)
def test_generated(theme: str, model: str) -> None:
    for seed in range(3):
        source = generate(seed).text if theme == "plain" else text(theme, seed)
        for case in prepared(source, model):
            agreed(case)


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("model", MODELS)
def test_cases(folder: str, model: str) -> None:
    asked = 0
    for path in sorted((CASES / folder).glob("*.khp"))[::3]:
        for case in prepared(path.read_text(encoding="utf-8"), model):
            asked += agreed(case)
    assert asked
