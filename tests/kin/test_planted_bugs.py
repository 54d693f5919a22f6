"""Bugs planted in what puts variants into one program, each with what notices it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from prover.execution.construct import controls, updates
from prover.kin import bodies
from prover.pipeline import shared
from tests.differential.planted import Planted
from tests.kin.test_nothing_is_lost import compared
from tests.kin.test_same_events import test_each_switch_is_its_variant as same_events

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "cases" / "verdict"

Check = Callable[[Path, pytest.MonkeyPatch], object]


def events(path: Path, _: pytest.MonkeyPatch) -> None:
    same_events(path)


BUGS: tuple[tuple[Planted, Check, str], ...] = (
    (
        Planted(
            "what a variant drops stays",
            bodies,
            "_left_out",
            "if not switches:",
            "if True:",
        ),
        events,
        "kin/steps_added_and_left_out",
    ),
    (
        Planted(
            "of several variants alike the first has the change",
            bodies,
            "either",
            "for one in rest:",
            "for one in ():",
        ),
        events,
        "kin/two_variants_alike",
    ),
    (
        Planted(
            "a branch that is none under a switch orders",
            controls,
            "open_branches",
            "if not shared:",
            "if True:",
        ),
        compared,
        "weak/ctrl_of_dropped_return",
    ),
    (
        Planted(
            "a variant without a switch is the scenario as it is",
            shared.Shared,
            "of",
            "if variant and variant not in self.kin.switches:",
            "if False:",
        ),
        compared,
        "kin/update_differs",
    ),
    (
        Planted(
            "which store completes an update is left open",
            updates,
            "_is_left_open",
            "if len(ahead) > 1:",
            "if False:",
        ),
        compared,
        "kin/update_decided_outside",
    ),
)


@pytest.mark.parametrize(("bug", "check", "case"), BUGS, ids=[bug.name for bug, _, _ in BUGS])
def test_it_is_noticed(
    bug: Planted, check: Check, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = CASES / f"{case}.khp"
    check(path, monkeypatch)
    bug.plant(monkeypatch)
    with pytest.raises(AssertionError):
        check(path, monkeypatch)
