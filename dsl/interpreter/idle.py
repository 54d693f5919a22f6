"""Actors that go round for ever: what no step of their own can end, only another actor's.

An actor is *idle* in a state if, left alone, it always comes back to where it has been and
nobody else can tell that it has moved.  Where everybody else is blocked or idle too, it waits
for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dsl.interpreter.code import Code
from dsl.interpreter.state import CUT, PENDING, RUNNING, STOPPED, ActorState, State, Step

if TYPE_CHECKING:
    from dsl.interpreter.machine import Machine, Moves

LIMIT = 400
"""An actor with more states than this of its own is not taken to be idle."""

ANYBODY = frozenset({"*"})
"""Whom an idle actor waits for."""

_OWN = ("frames", "spun", "nesting", "preempt", "bh", "irqs_off")
"""What is of no interest to others once the actor is back where it was."""


def has_loops(codes: list[Code]) -> bool:
    """Whether any body can go back to where it has been."""
    return any(
        label.position <= index
        for code in codes
        for index, op in enumerate(code.ops)
        for label in op.targets
    )


def waiting(machine: Machine, state: State, moves: Moves) -> Mapping[str, frozenset[str]]:
    """The blocked and the idle with whom they wait for; just the blocked where others can move.

    Those do not count on whose CPU a callback may run that is blocked or idle itself.
    """
    if not has_loops(machine.program.codes):
        return moves.blocked
    going = [a for a in state.actors if a.status in (RUNNING, PENDING, STOPPED, CUT)]
    movers = [a for a in going if a.name not in moves.blocked]
    hosts = frozenset(name for a in going for name in a.hosts)
    idle: dict[str, frozenset[str]] = {}
    for actor in movers:
        if actor.status == RUNNING and _idle(machine, state, actor.name):
            idle[actor.name] = ANYBODY
        elif actor.name not in hosts:
            return moves.blocked
    return {**moves.blocked, **idle}


def _idle(machine: Machine, start: State, name: str) -> bool:
    """Whether an actor left alone would go round for ever."""
    seen, todo = {start}, [start]
    while todo:
        state = todo.pop()
        if state.violations or not _alike(state, start, name):
            return False
        actor = _actor(state, name)
        if actor is None or actor.status != RUNNING:
            return False
        choices, _, _ = machine.choices(state, actor)
        if not choices or len(seen) > LIMIT:
            return False
        for choice in choices:
            following = machine.apply(state, Step(name, choice))
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return True


def _alike(one: State, two: State, name: str) -> bool:
    """Whether two states differ in nothing but where an actor stands, and what it has in hand."""
    mine, other = _actor(one, name), _actor(two, name)
    if mine is None or other is None:
        return False
    if mine._replace(**{field: getattr(other, field) for field in _OWN}) != other:
        return False
    return _others(one, name) == _others(two, name) and _shared(one) == _shared(two)


def _others(state: State, name: str) -> list[ActorState]:
    return [a for a in state.actors if a.name != name]


def _shared(state: State) -> State:
    return state._replace(actors=())


def _actor(state: State, name: str) -> ActorState | None:
    """An actor's state, None once a callback or a handler has ended."""
    return next((a for a in state.actors if a.name == name), None)
