"""What stands behind something else, and tasks about to sleep: the engines agree, and notice bugs."""

from __future__ import annotations

import pytest

from prover.execution.construct import instructions
from prover.graph import primitives
from prover.smt import deadlock, waits
from tests.differential.compare import agree_on_awaits, noticed_on_awaits
from tests.differential.planted import Planted
from tests.differential.queued import generate_queued

QUICK, PROGRAMS = 150, 600
CHUNK = 75

BUGS = (
    Planted(
        "an IPI does not wait for an earlier one",
        instructions,
        "_free_again",
        "if apart or draft.terms.known(waited) == 1:",
        "if True:",
        r"smp_call_function\(\w+, false",
    ),
    Planted(
        "an IPI waits until an earlier one is over",
        waits,
        "_encode_ipis",
        'frame.outcome(begin, "granted") if early else frame.ok(end)',
        "frame.ok(end)",
        r"smp_call_function\(stays, ",
    ),
    Planted(
        "callbacks of a domain run side by side",
        deadlock._Plan,
        "_behind",
        "self.member(other.number)",
        "FALSE",
        "call_srcu",
    ),
    Planted(
        "a task that is about to sleep may sleep",
        primitives,
        "awake",
        "if scope.graph.states:",
        "if False:",
        "debug_normal_state_change",
    ),
)


def agree(start: int) -> None:
    """Asserts that the engines agree on the programs of one chunk."""
    agree_on_awaits(generate_queued, range(start, start + CHUNK))


@pytest.mark.parametrize("start", range(0, QUICK, CHUNK))
def test_engines_agree_on_what_stands_behind_something(start: int) -> None:
    agree(start)


@pytest.mark.soak
@pytest.mark.parametrize("start", range(QUICK, PROGRAMS, CHUNK))
def test_they_agree_on_some_more(start: int) -> None:
    agree(start)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_a_planted_bug_is_noticed(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    noticed_on_awaits(bug, monkeypatch, generate_queued, range(QUICK))
