"""Witnesses are minimal: without any actor, or any step that nothing forces, nothing goes wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest

from dsl.frozen import replace
from dsl.protocol import Protocol, Unary
from prover.execution.run.machine import stage
from prover.execution.run.replay import ReplayError, Shortening
from prover.execution.skeleton import Skeleton
from prover.execution.weak.replay import replay_weak
from prover.models.cat import load_model
from prover.pipeline.group import Group
from prover.pipeline.limits import Limits
from prover.smt.reply import Sat
from tests.pipeline.shipped import FOLDER, Refutation, Told, refutations

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
    """The steps with one thread stopped earlier, at every place; what it began goes with it."""
    found: list[tuple[int, ...]] = []
    for thread in skeleton.threads:
        own = [event for event in thread.events if event in events]
        for kept in range(len(own)):
            gone = set(own[kept:])
            for other in skeleton.threads:
                if other.parent in gone:
                    gone.update(other.events)
            found.append(tuple(event for event in events if event not in gone))
    return found


def judge(told: Told) -> Callable[[tuple[int, ...]], bool]:
    """Whether some of a witness's steps alone are an execution that goes wrong in the same way.

    Under a weak model that may be elsewhere; the model's axioms have their say.
    """
    claim = told.claim
    if claim is None:
        return Shortening(stage(told.skeleton), told.decisions, told.name).still
    model = load_model(told.witness.model)

    def still(events: tuple[int, ...]) -> bool:
        gone = {
            event
            for thread in told.skeleton.threads
            for index, event in enumerate(thread.events)
            if not any(later in events for later in thread.events[index:])
        }
        try:
            replay_weak(told.skeleton, claim, told.name, model, stopped=frozenset(gone))
        except ReplayError:
            return False
        return True

    return still


def no_step_can_be_left_out(one: Refutation) -> None:
    """No thread can stop earlier; what is before its last step its program forces."""
    told = one.told
    threads = told.skeleton.threads
    events = tuple(threads[t].events[index] for t, index in told.witness.schedule)
    still = judge(told)
    assert still(events), one.obligation
    for shorter in stops(told.skeleton, events):
        assert not still(shorter), (one.obligation, shorter)


def goes_wrong(one: Refutation, protocol: Protocol, actors: Counter[str]) -> bool:
    """Whether the property can be violated where only some of the scenario's actors run."""
    scenario = protocol.scenarios[one.obligation.scenario]
    run = tuple((name, actors[name]) for name, _ in scenario.run if actors[name])
    fewer = {**protocol.scenarios, scenario.name: replace(scenario, run=run)}
    protocol = replace(protocol, scenarios=fewer)
    group = Group(protocol, scenario.name, dict(one.obligation.configuration), Limits(60, 2048, 2))
    replies: list[object] = []
    for bound in BOUNDS:
        search = group.naming(one.told.witness.model, bound)
        replies.append(search.ask(search.query.properties.get(one.told.name, "false")))
    return any(isinstance(reply, Sat) for reply in replies)


def asked(one: Refutation, *, contrary: bool = False) -> Protocol:
    """The protocol with only that ``final`` condition which is violated, or with its contrary."""
    if one.told.name != "final":
        return one.protocol
    scenario = one.protocol.scenarios[one.obligation.scenario]
    message = one.told.witness.message
    (claim,) = [c for c in (*one.protocol.finals, *scenario.finals) if c.message == message]
    if contrary:
        condition = claim.condition
        claim = replace(claim, condition=Unary("!", condition, condition.type, claim.span))
    changed = {**one.protocol.scenarios, scenario.name: replace(scenario, finals=(claim,))}
    return replace(one.protocol, finals=(), scenarios=changed)


def no_actor_can_be_left_out(one: Refutation) -> None:
    """Without any of its actors the property holds.

    A ``final`` condition is about what all have done: without one of them it may also be that it
    cannot hold at all, and then that one's absence is what violates it.  Deadlocks are not asked:
    whoever is absent is waited for.
    """
    witness = one.told.witness
    shown = Counter(c.name.split(".")[0] for c in witness.columns if c.kind == "actor")
    if witness.property == "deadlock" or shown.total() < 2:
        return
    for actor in shown:
        left = shown - Counter([actor])
        if goes_wrong(one, asked(one), left):
            assert witness.property == "final", (one.obligation, actor)
            can_hold = goes_wrong(one, asked(one, contrary=True), left)
            assert not can_hold, (one.obligation, actor)


@pytest.mark.parametrize("name", files())
def test_nothing_can_be_left_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for one in refutations(name, monkeypatch):
        no_step_can_be_left_out(one)
        no_actor_can_be_left_out(one)
