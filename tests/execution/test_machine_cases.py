"""The machine of the replay by itself: all schedules of each small program violate what they should.

What the solver finds are schedules that are allowed; that the machine refuses all others, and what
it says of those, shows only where every one is tried.
"""

from __future__ import annotations

import pytest

from dsl.check import check
from dsl.imports import load_text
from dsl.interpreter import explore
from prover.execution.construct.program import build
from prover.graph import compile_program
from tests.execution.test_enumerate_cases import BOUND, CASES, Case
from tests.mutation.schedules import TooManySchedulesError, ended, schedules

SMALL = 200
"""A program with more steps to try is large: not all of its schedules are looked at."""

STANDING = {
    "self_deadlock": "deadlock",
    "sleep_self": "self-deadlock",
    "folio_after_end": "deadlock",
}
"""What the machine also sees: who waits for itself, or for who has ended, before others go on."""

MORE = {"folio_order"}
"""Where the machine sees orders of a folio lock that another has let go: fewer schedules end."""


def schedules_find(case: Case) -> bool:
    """Whether the schedules of a case violate what it says, and end as the interpreter's do.

    In a large one, whether they violate no more.
    """
    protocol = check(load_text(f"{case.name}.khp", case.text, None, ()))
    program = compile_program(protocol, "s", case.configuration, BOUND, waiting=True)
    also = {STANDING[case.name]} if case.name in STANDING else set[str]()
    skeleton = build(program)
    try:
        found = schedules(skeleton, SMALL)
    except TooManySchedulesError as error:
        return error.found.violated <= case.violations | also
    if not also and not skeleton.cuts and case.name not in MORE:
        explored = explore(protocol, "s", case.configuration)
        if explored.complete and found.ends != ended(explored):
            return False
    return case.violations <= found.violated <= case.violations | also


@pytest.mark.parametrize("case", [c for c in CASES if not c.open], ids=lambda c: c.name)
def test_every_schedule_violates_what_the_case_says(case: Case) -> None:
    assert schedules_find(case)
