"""Witnesses are minimal: without any actor, or any step that nothing forces, nothing goes wrong."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest

from prover.execution.run.machine import stage
from prover.execution.run.replay import Shortening
from prover.execution.skeleton import Skeleton
from prover.pipeline.group import Group
from prover.pipeline.limits import Limits
from prover.smt.reply import Sat
from tests.pipeline.shipped import FOLDER, Refutation, refutations

QUICK = re.compile(r"teaching/|pae_tear|weak_order|bugs/retract_vs_anon_rmap")
"""Files that take no time; the others are tried by ``make soak``.

In the last a lock is taken and let go for nothing: halving does not find that, for without the
unlock alone nobody else can go on.
"""

BOUNDS = (1, 2)
"""Executions without an actor are looked for where loops go back so many times."""


def files() -> list[object]:
    found = [
        path for path in sorted(FOLDER.rglob("*.khp")) if "scenario" in path.read_text("utf-8")
    ]
    assert len(found) > 70
    names = [path.relative_to(FOLDER).as_posix() for path in found]
    return [
        pytest.param(name, marks=() if QUICK.match(name) else pytest.mark.soak) for name in names
    ]


def stops(skeleton: Skeleton, events: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The schedule with one thread stopped earlier, at every place; what it began goes with it."""
    found: list[tuple[int, ...]] = []
    for thread in skeleton.threads:
        own = [event for event in events if event in thread.events]
        for kept in range(len(own)):
            gone = set(own[kept:])
            for other in skeleton.threads:
                if other.parent in gone:
                    gone.update(other.events)
            found.append(tuple(event for event in events if event not in gone))
    return found


@pytest.mark.parametrize("name", files())
def test_no_step_can_be_left_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread can stop earlier; what is before its last step its program forces."""
    for one in refutations(name, monkeypatch):
        told = one.told
        if told.witness.model != "sc":
            continue
        threads = told.skeleton.threads
        events = tuple(threads[t].events[index] for t, index in told.witness.schedule)
        run = Shortening(stage(told.skeleton), told.decisions, told.name)
        assert run.still(events), one.obligation
        for shorter in stops(told.skeleton, events):
            assert not run.still(shorter), (one.obligation, shorter)


def without(one: Refutation, actor: str, shown: Counter[str]) -> list[object]:
    """What the engine says of the scenario with the witness's other actors only."""
    left = shown - Counter([actor])
    scenario = one.protocol.scenarios[one.obligation.scenario]
    run = tuple((name, left[name]) for name, _ in scenario.run if left[name])
    fewer = {**one.protocol.scenarios, scenario.name: replace(scenario, run=run)}
    protocol = replace(one.protocol, scenarios=fewer)
    group = Group(protocol, scenario.name, dict(one.obligation.configuration), Limits(60, 2048, 2))
    replies: list[object] = []
    for bound in BOUNDS:
        search = group.naming(one.told.witness.model, bound)
        replies.append(search.ask(search.query.properties.get(one.told.name, "false")))
    return replies


@pytest.mark.parametrize("name", files())
def test_no_actor_can_be_left_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not asked of deadlocks, where whoever is absent is waited for, nor of ``final`` conditions,
    which are about what all actors have done.
    """
    for one in refutations(name, monkeypatch):
        witness = one.told.witness
        shown = Counter(c.name.split(".")[0] for c in witness.columns if c.kind == "actor")
        if witness.property in {"deadlock", "final"} or shown.total() < 2:
            continue
        for actor in shown:
            replies = without(one, actor, shown)
            assert not any(isinstance(reply, Sat) for reply in replies), (one.obligation, actor)
