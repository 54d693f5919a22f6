"""A bug planted in the engine changes the verdict of a case, or its witness is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.pipeline import run
from prover.verdict import Outcome, Request
from tests.verdict.in_engine import InEngine
from tests.verdict.planted_in_engine import BUGS

CASES = Path(__file__).parents[1] / "cases" / "verdict"


def outcomes(case: str) -> tuple[Outcome, ...]:
    """What is decided of a case, in this process or in workers forked from it."""
    request = Request(files=(str(CASES / f"{case}.khp"),), jobs=1)
    (file,) = run(request, lambda _: None).files
    assert not file.diagnostics
    assert file.outcomes
    return tuple(file.outcomes)


def as_expected(case: str) -> bool:
    """Whether every obligation of a case has the verdict that was worked out by hand."""
    return all(o.expected is not None and o.as_expected for o in outcomes(case))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_a_bug_planted_in_the_engine_is_noticed(
    bug: InEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as planting:
        bug.planted.plant(planting)
        noticed = not as_expected(bug.case)
    assert noticed, f"{bug.case} does not show: {bug.name}"
    assert as_expected(bug.case), "without the bug the case has its verdict"
