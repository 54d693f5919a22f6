"""What breaks a variant breaks the program of all variants, where nobody expects anything to."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from dsl.check import check
from dsl.check.notes import Notes
from dsl.diagnostic import DiagnosticError
from dsl.files import library_root
from dsl.imports import load
from prover.kin.family import kin
from prover.pipeline import shared
from prover.pipeline.limits import Clock, Limits
from prover.pipeline.obligations import Task, tasks
from prover.pipeline.round import STRENGTH
from prover.verdict import Request
from tests.kin.test_same_events import WITH_VARIANTS

LIMITS = Limits(600, 2048, 1, explain=False)

LARGE = ("replace", "retract", "ep_remove_file", "pte_free_defer_powerpc")
"""Files that take long; `make soak` has them."""


def families(chosen: list[Task]) -> dict[object, list[Task]]:
    """The tasks under the weakest model of each scenario in each configuration."""
    found: dict[object, list[Task]] = {}
    weakest = max((task.obligation.model for task in chosen), key=STRENGTH.index)
    for task in chosen:
        o = task.obligation
        if o.model == weakest:
            found.setdefault((o.scenario, o.configuration), []).append(task)
    return found


def compared(path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, bool]]:
    """How often a variant of some expected verdict comes out as clean, or not."""
    monkeypatch.setattr(shared, "MOST", 100)
    monkeypatch.setattr(shared, "_pays", lambda *_: True)
    program = load(path, (library_root(),))
    base = check(program)
    found: Counter[tuple[str, bool]] = Counter()
    for own in families(tasks(base, Request(files=(str(path),)))).values():
        scenario = base.scenarios[own[0].obligation.scenario]
        names = [task.obligation.variant for task in own if task.obligation.variant]
        if not names or base.invariants or scenario.invariants:
            continue
        try:
            variants = {name: check(program, name, base) for name in names}
        except DiagnosticError:
            continue
        made = kin(base, variants)
        model = own[0].obligation.model
        nothing = {task.obligation.variant: {model: None} for task in own}
        configuration = dict(own[0].obligation.configuration)
        one = shared.share(
            made, scenario.name, configuration, nothing, LIMITS, None, Notes(), Clock()
        )
        if one is None:
            continue
        for task in own:
            name = task.obligation.variant
            facts = one.of(name)
            if task.expected is not None:
                clean = facts.only == frozenset() and facts.whole
                found[task.expected.verdict, clean] += 1
                assert task.expected.verdict != "refuted" or not clean, (scenario.name, name)
    return found


@cache
def known(path: Path) -> Counter[tuple[str, bool]]:
    """The same, of the engine as it is: two tests ask."""
    with pytest.MonkeyPatch.context() as patching:
        return compared(path, patching)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=pytest.mark.soak if path.stem in LARGE else (), id=path.stem)
        for path in WITH_VARIANTS
    ],
)
def test_what_is_refuted_is_not_clean(path: Path) -> None:
    known(path)


@pytest.mark.parametrize("name", ["weak_order", "pae_tear", "retract_locks"])
def test_what_is_proved_is_clean(name: str) -> None:
    (path,) = [path for path in WITH_VARIANTS if path.stem == name]
    found = known(path)
    assert found["refuted", False]
    assert found["proved", True] > 9 * found["proved", False]
