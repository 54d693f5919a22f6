"""The enumerator against the interpreter, on one small program for each question.

``tests/cases/executions/NAME.khp`` asks its question in the first line.  Then come the
configuration, the properties that can be the first violated and the number of different final
states; both engines must find just these.  ``Awaits: yes`` says that every loop is one, so that
neither engine has a bound; ``Open`` why they do not agree yet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from dsl.check import check
from dsl.imports import load_text
from dsl.interpreter import explore
from prover.execution.construct.program import build
from prover.execution.enumerate.executions import Limit, outcomes
from prover.graph import compile_program
from prover.models.sc import SC

FOLDER = Path(__file__).parents[1] / "cases" / "executions"
BOUND = 3
LIMIT = Limit(events=20)


@dataclass(frozen=True, slots=True)
class Case:
    """One file, with what its head says."""

    name: str
    text: str
    configuration: dict[str, str]
    violations: frozenset[str]
    states: int
    also: frozenset[str]
    open: str
    awaits: bool = False


def _case(path: Path) -> Case:
    text = path.read_text(encoding="utf-8")
    head = dict(re.findall(r"^// ([A-Z][A-Za-z ]*): (.*)$", text, re.MULTILINE))
    unknown = head.keys() - {
        "Config",
        "Violations",
        "Final states",
        "The interpreter also finds",
        "Open",
        "Awaits",
    }
    assert not unknown, f"{path.name}: {unknown}"
    assert text.splitlines()[0].endswith(("?", ")")), f"{path.name} asks nothing"
    pairs = [pair.split(" = ") for pair in head.get("Config", "").split(", ") if pair]
    violations = head["Violations"]
    return Case(
        path.stem,
        text,
        dict(pairs),
        frozenset() if violations == "none" else frozenset(violations.split(", ")),
        int(head["Final states"]),
        frozenset(filter(None, [head.get("The interpreter also finds", "")])),
        head.get("Open", ""),
        head.get("Awaits", "no") == "yes",
    )


CASES = [_case(path) for path in sorted(FOLDER.glob("*.khp"))]


def test_there_are_cases() -> None:
    assert len(CASES) > 100


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name, marks=[pytest.mark.xfail(reason=case.open)])
        if case.open
        else pytest.param(case, id=case.name)
        for case in CASES
    ],
)
def test_both_engines_find_what_the_case_says(case: Case) -> None:
    protocol = check(load_text(f"{case.name}.khp", case.text, None, ()))
    bound = None if case.awaits else BOUND
    stepped = explore(protocol, "s", case.configuration, loop_bound=bound)
    program = compile_program(protocol, "s", case.configuration, BOUND, waiting=case.awaits)
    found = outcomes(build(program), SC, LIMIT)
    assert found.complete
    assert found.violations == case.violations
    assert stepped.violations == case.violations | case.also
    assert {tuple(state) for state in found.outcomes} == {tuple(o) for o in stepped.outcomes}
    assert len(found.outcomes) == case.states
