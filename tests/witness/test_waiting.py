"""Who waits for a lock when what the lock is in is freed is shown where it waits."""

from __future__ import annotations

import pytest

from tests.weak.against import compare
from tests.weak.themes import text
from tests.witness.states import ROOT, witnesses

CASE = ROOT / "tests" / "cases" / "verdict" / "weak" / "waits_in_freed.khp"


@pytest.mark.parametrize("model", ["lkmm", "tso"])
def test_the_step_that_waits_is_the_last_one(model: str) -> None:
    found = {witness.property: witness for _, witness in witnesses(CASE, model=model)}
    *before, last = found["use-after-free"].moments
    assert (last.what, last.note, last.bad) == ("acquire", "waits for pl[0].l", True)
    assert not any(moment.bad for moment in before)


def test_nothing_else_need_be_worth_a_line() -> None:
    """A program of which a claimed execution showed nothing at all."""
    compare(text("setups", 7_000_079), "lkmm", runs=60_000, most=3_000)
