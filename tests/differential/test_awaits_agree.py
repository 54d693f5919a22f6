"""Loops that only look: the engines agree, and notice where one of them is wrong."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from prover.graph import awaits
from prover.graph.unroll import _Unrolling
from prover.pipeline import run
from prover.smt import deadlock
from prover.verdict import Request
from tests.differential.awaits import generate_awaits
from tests.differential.compare import agree_on_awaits, noticed_on_awaits
from tests.differential.planted import Planted

PROGRAMS = 300
CHUNK = 50
CASES = Path(__file__).parent.parent / "cases" / "verdict" / "awaits"

BUGS = (
    Planted(
        "no deadlock of awaits",
        deadlock._Plan,
        "_spins",
        "yield frame.logic.any_of((self.gone(thread.number), never))",
        "yield FALSE",
    ),
    Planted(
        "others may still change what is watched",
        deadlock._Plan,
        "_spins",
        "yield frame.logic.any_of((self.gone(thread.number), never))",
        "yield TRUE",
    ),
    Planted(
        "old values keep an await waiting",
        deadlock._Plan,
        "_final",
        "frame.coherent(write.event, read.event),",
        "TRUE,",
    ),
    Planted(
        "a trylock that failed in passing fails for ever",
        deadlock._Plan,
        "_lock_stays",
        "ever = frame.logic.any_of(held)",
        "ever = TRUE",
        "trylock|is_locked",
    ),
    Planted(
        "no trylock fails for ever because a writer waits",
        deadlock._Plan,
        "_lock_stays",
        "(ever, *waiting)",
        "(ever,)",
        r"read_trylock[\s\S]*(down_write|write_lock)|(down_write|write_lock)[\s\S]*read_trylock",
    ),
)

IN_CASES: dict[str, tuple[ModuleType | type, str, str, str]] = {
    "counting_is_no_await": (awaits, "_starts_anew", "live_before(cfg, head)", "set()"),
    "last_value_seen_is_no_await": (awaits, "_starts_anew", "live_before(cfg, head)", "set()"),
    "store_is_no_await": (
        awaits,
        "_only_looks",
        "all(isinstance(instr, _HARMLESS) for instr in body)",
        "True",
    ),
    "section_of_two_rounds": (awaits, "_through", "return None", "pass"),
    "xchg_is_no_await": (_Unrolling, "_noted", "if acts and", "if False and"),
    "trylock_for_ever": (
        deadlock._Plan,
        "_lock_stays",
        "ever = frame.logic.any_of(held)",
        "ever = FALSE",
    ),
    "late_load_of_failing_round": (
        _Unrolling,
        "__post_init__",
        "self.position = positions(self.cfg)",
        "self.position = positions(self.cfg); self.limits = dict.fromkeys(self.limits, 0)",
    ),
}
"""Cases with the bugs that each is there for."""


@pytest.mark.parametrize("start", range(0, PROGRAMS, CHUNK))
def test_engines_agree_on_awaits(start: int) -> None:
    agree_on_awaits(generate_awaits, range(start, start + CHUNK))


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_a_planted_bug_is_noticed(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    noticed_on_awaits(bug, monkeypatch, generate_awaits, range(PROGRAMS))


@pytest.mark.parametrize("case", IN_CASES)
def test_a_case_shows_a_planted_bug(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, function, old, new = IN_CASES[case]
    request = Request(files=(str(CASES / f"{case}.khp"),), jobs=1)
    with monkeypatch.context() as planting:
        Planted(case, module, function, old, new).plant(planting)
        (wrong,) = run(request, lambda _: None).files
    assert not all(outcome.as_expected for outcome in wrong.outcomes)
    (file,) = run(request, lambda _: None).files
    assert all(outcome.as_expected for outcome in file.outcomes)
