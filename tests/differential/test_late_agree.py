"""Callbacks that have not begun: the engines agree, and notice where one of them is wrong."""

from __future__ import annotations

import pytest

from prover.smt import deadlock
from tests.differential.compare import agree_on_awaits, noticed_on_awaits
from tests.differential.late import generate_late
from tests.differential.planted import Planted

QUICK, PROGRAMS = 100, 400
CHUNK = 50

BUGS = (
    Planted(
        "a callback's grace period begins at the call",
        deadlock._Plan,
        "_open_sections",
        "isinstance(frame.skeleton.events[start].action, sk.Queue)",
        "False",
    ),
    Planted(
        "readers that are over hold up callbacks",
        deadlock._Plan,
        "_never_closed",
        "return [*parts, *(",
        "return [*(",
    ),
)


def agree(start: int) -> None:
    """Asserts that the engines agree on the programs of one chunk."""
    agree_on_awaits(generate_late, range(start, start + CHUNK))


@pytest.mark.parametrize("start", range(0, QUICK, CHUNK))
def test_engines_agree_on_callbacks_that_have_not_begun(start: int) -> None:
    agree(start)


@pytest.mark.soak
@pytest.mark.parametrize("start", range(QUICK, PROGRAMS, CHUNK))
def test_they_agree_on_some_more(start: int) -> None:
    agree(start)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_a_planted_bug_is_noticed(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    noticed_on_awaits(bug, monkeypatch, generate_late, range(QUICK))
