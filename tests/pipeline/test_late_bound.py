"""What is known up to one bound is said where the next has no answer, however that comes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from prover.cache.codec import is_kept
from prover.pipeline import decide, run, violations
from prover.pipeline.again import further
from prover.pipeline.case import Case, Undecided
from prover.pipeline.decision import NO_MEMORY, Decision
from prover.pipeline.pool import Lost
from prover.render.table import summary_of
from prover.verdict import Bounded, Measured, Outcome, Proved, Refuted, Request, Unknown

LOOP = "int x; actor a { while (true) x = 1; } scenario s { run a; EXPECT }"
WRONG = """int x;
actor a { while (true) x = 1; }
actor b { BUG(); }
scenario s { run a, b; expect refuted final allowing ALLOWED; final x != 7; }
"""

BEHIND = """int x;
actor a {
    for (int i = 0; i < 3; i++)
        WRITE_ONCE(x, i);
    assert(READ_ONCE(x) == 0, "wrong in every run that gets here");
}
actor b { WARN_ON(READ_ONCE(x) == 0); }
scenario s { run a, b; expect refuted warn-on ALLOWED; }
"""


def gave_up() -> None:
    raise Undecided("timeout after 60 s")


def starved() -> None:
    raise MemoryError


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def stuck() -> None:
    time.sleep(60)


def outcomes(
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[], None],
    at: int = 3,
    models: str = "sc",
) -> tuple[Outcome, ...]:
    """What comes of a file where something happens before a bound is asked about."""
    original = violations.look_for_violations

    def look(case: Case) -> None:
        if case.bound == at:
            fault()
        original(case)

    monkeypatch.setattr(decide, "look_for_violations", look)
    request = Request(("-",), stdin_text=f"models {models};\n{text}", jobs=1, timeout=2.0)
    (file,) = run(request, lambda _: None).files
    return file.outcomes


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (gave_up, "timeout after 60 s"),
        (starved, NO_MEMORY),
        (killed, "the solver process was killed (out of memory?), and again when tried alone"),
        (stuck, "timeout after 4 s"),
    ],
)
def test_it_is_bounded_by_the_last_bound_that_has_an_answer(
    monkeypatch: pytest.MonkeyPatch, fault: Callable[[], None], why: str
) -> None:
    text = LOOP.replace("EXPECT", "expect bounded;")
    (outcome,) = outcomes(text, monkeypatch, fault)
    verdict = outcome.verdict
    assert isinstance(verdict, Bounded)
    assert (verdict.bound, verdict.late, len(verdict.loops)) == (2, why, 1)
    assert outcome.as_expected
    assert summary_of(verdict).endswith(f"go back at most 2 times; for 3: {why}")
    assert not is_kept(verdict)
    assert is_kept(Bounded(2, verdict.loops))


def test_each_memory_model_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    found = outcomes(LOOP.replace("EXPECT", ""), monkeypatch, stuck, models="sc, lkmm")
    verdicts = [outcome.verdict for outcome in found]
    assert [isinstance(v, Bounded) and (v.bound, v.late) for v in verdicts] == [
        (2, "timeout after 2 s"),
        (2, "timeout after 2 s"),
    ]


@pytest.mark.parametrize("fault", [gave_up, starved, killed])
def test_without_any_bound_there_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, fault: Callable[[], None]
) -> None:
    (outcome,) = outcomes(LOOP.replace("EXPECT", ""), monkeypatch, fault, at=1)
    assert isinstance(outcome.verdict, Unknown)


@pytest.mark.parametrize(("allowed", "kind"), [("assert", Refuted), ("bug-on", Unknown)])
def test_a_violation_that_nobody_names_is_not_lost(
    monkeypatch: pytest.MonkeyPatch, allowed: str, kind: type
) -> None:
    # What the author wants to see may be beyond; what is allowed besides is no news without it.
    (outcome,) = outcomes(WRONG.replace("ALLOWED", allowed), monkeypatch, gave_up, at=2)
    assert isinstance(outcome.verdict, kind)
    assert not outcome.as_expected


@pytest.mark.parametrize(
    ("allowed", "found", "expected"),
    [("", True, False), ("allowing assert", False, True), (", assert", True, True)],
)
@pytest.mark.parametrize("model", ["sc", "lkmm"])
def test_what_nobody_expects_is_looked_for_behind_loops(
    model: str, allowed: str, found: bool, expected: bool
) -> None:
    text = BEHIND.replace("ALLOWED", allowed)
    request = Request(("-",), stdin_text=f"models {model};\n{text}", jobs=1, explain=False)
    (file,) = run(request, lambda _: None).files
    (outcome,) = file.outcomes
    assert isinstance(outcome.verdict, Refuted)
    if found:
        assert set(outcome.verdict.properties) == {"assert", "warn-on"}
    assert outcome.as_expected == expected


@pytest.mark.parametrize("fault", [gave_up, starved, killed, stuck])
def test_a_refutation_stands_where_what_is_behind_loops_has_no_answer(
    monkeypatch: pytest.MonkeyPatch, fault: Callable[[], None]
) -> None:
    (outcome,) = outcomes(BEHIND.replace("ALLOWED", ""), monkeypatch, fault, at=2)
    assert isinstance(outcome.verdict, Refuted)
    assert outcome.verdict.properties == ("warn-on",)
    assert outcome.as_expected


def test_the_second_try_counts_unless_only_the_first_has_come_to_a_bound() -> None:
    def told(verdict: Bounded | Proved | Unknown) -> Decision:
        return Decision(verdict, Measured())

    low, high = told(Bounded(2, (), "late")), told(Bounded(3, (), "late"))
    lost, unknown, proved = Lost("gone"), told(Unknown("late")), told(Proved())
    assert further(low, lost) == low
    assert further(low, unknown) == low
    assert further(low, proved) == proved
    assert further(low, high) == further(high, low) == high
    assert further(lost, low) == further(unknown, low) == low
    assert further(lost, lost) == lost
