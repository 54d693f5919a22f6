"""Actors that go round for ever: what no step of their own can end, only another actor's.

An actor is *idle* in a state if, left alone, it always comes back to where it has been and
nobody else can tell that it has moved.  Where everybody else is blocked or idle too, it waits
for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dsl.interpreter.code import Code
from dsl.interpreter.sections import LATE
from dsl.interpreter.srcu import readers
from dsl.interpreter.state import (
    ACTOR,
    CUT,
    HANDLER,
    PENDING,
    RUNNING,
    STOPPED,
    ActorState,
    Section,
    State,
    Step,
    open_sections,
)
from dsl.interpreter.values import UNSET
from dsl.interpreter.work import Work

if TYPE_CHECKING:
    from dsl.interpreter.machine import Machine, Moves

LIMIT = 400
"""An actor with more states than this of its own is not taken to be idle."""

ANYBODY = frozenset({"*"})
"""Whom an idle actor waits for."""


def has_loops(codes: list[Code]) -> bool:
    """Whether any body can go back to where it has been."""
    return any(
        label.position <= index
        for code in codes
        for index, op in enumerate(code.ops)
        for label in op.targets
    )


def waiting(
    machine: Machine, state: State, moves: Moves, *, loops: bool
) -> Mapping[str, frozenset[str]]:
    """The blocked and the idle with whom they wait for; just the blocked where others can move.

    Those do not count on whose CPU a callback may run that is blocked or idle itself.  A callback
    that has not begun is blocked by every open section: its grace period may begin only now.
    ``loops``: whether any body has one.
    """
    late = _begun_now(machine, state)
    if late != state:
        moves = machine.moves(late)
        if loops:
            state = _without_leavers(machine, state, late, moves)
            moves = machine.moves(state)
    if not loops:
        return moves.blocked
    going = [a for a in state.actors if a.status in (RUNNING, PENDING, STOPPED, CUT)]
    movers = [a for a in going if a.name not in moves.blocked]
    hosts = frozenset(name for a in going for name in a.hosts)
    idle: dict[str, frozenset[str]] = {}
    for actor in movers:
        if actor.status == RUNNING and _idle(machine, state, actor):
            idle[actor.name] = ANYBODY
        elif actor.name not in hosts:
            return moves.blocked
    return {**moves.blocked, **idle}


def _begun_now(machine: Machine, state: State) -> State:
    """The state in which what may come late has not come yet: the grace period of each callback
    that has not begun begins only now, and an IPI that waits for an earlier one is not sent.
    """
    return state._replace(
        actors=tuple(
            a._replace(waiting=a.waiting | frozenset(_holding_up(machine, state, a)))
            if a.kind != ACTOR and a.status == PENDING
            else a
            for a in state.actors
        )
    )


def _holding_up(machine: Machine, state: State, callback: ActorState) -> Iterator[Section | str]:
    """The open sections that a grace period for a callback waits for if it begins now, and the
    callbacks before it; of a handler, who has not sent the IPI to all.
    """
    yield from (one[0] for one in callback.waiting if isinstance(one, tuple) and one[1] in LATE)
    if callback.kind == HANDLER:
        return
    if callback.domain is UNSET:
        yield from open_sections(state.actors)
    else:
        yield from readers(Work(machine.program, state, callback), callback.domain)


def _without_leavers(machine: Machine, state: State, late: State, moves: Moves) -> State:
    """``late`` without the sections, open in ``state``, that somebody goes on to end.

    An actor that goes round may leave a section and come back to it: the grace period can have
    begun between.
    """
    actors = {a.name: a for a in state.actors}
    movers = [a for a in late.actors if a.status == RUNNING and a.name not in moves.blocked]
    leavers = {a.name for a in movers if not _idle(machine, late, a)}
    return late._replace(
        actors=tuple(
            a._replace(
                waiting=frozenset(
                    w
                    for w in a.waiting
                    if w in actors[a.name].waiting
                    or (w if isinstance(w, str) else w[0]) not in leavers
                )
            )
            for a in late.actors
        )
    )


def _idle(machine: Machine, start: State, me: ActorState) -> bool:
    """Whether an actor left alone would go round for ever."""
    seen, todo = {start}, [start]
    shown = _shown(start, me)
    while todo:
        state = todo.pop()
        # A callback or a handler that has ended is gone.
        actor = next((a for a in state.actors if a.name == me.name), None)
        if actor is None or actor.status != RUNNING or _shown(state, actor) != shown:
            return False
        choices, _, _ = machine.choices(state, actor, lasting=True)
        if not choices or len(seen) > LIMIT:
            return False
        for choice in choices:
            following = machine.apply(state, Step(me.name, choice))
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return True


def _shown(state: State, actor: ActorState) -> tuple[State, bool]:
    """What others can tell of a state: all but what an actor has in hand.

    Locks and sections show in memory and in whom others wait for, and who waits has no choice; but
    that interrupts are on nobody else sees than a handler that may start then.
    """
    others = tuple(a for a in state.actors if a is not actor)
    awaited = any(a.host == actor.name and a.status == PENDING for a in others)
    return state._replace(actors=others), awaited and actor.irqs_off
