"""Deadlock, as far as views can tell: actors each of which waits for one of the others.

An actor that stands still does so because of a lock that somebody has, a wait for somebody's
region, or a shared variable that has not the value it wants. For the first two there is somebody
to blame, who is together with it in a view; the largest set of local states of one shared state
that only ever blame each other is what may be stuck.  A callback that has not begun may wait for
any region that is open, as its grace period may begin only now.  For the third anybody may be to
blame, so such an actor is in the set from the start.  The set is empty wherever no number of actors
is in a deadlock; where it is not, there need be none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from dsl.source import Span
from prover.parametric.invariant import Move, Suspect
from prover.parametric.search.step import written
from prover.parametric.search.trace import actors_of
from prover.parametric.system import IDLE, Label, Rule, Shared, System, Violated

RING = 3
"""So many of one actor are suspected to wait for each other, at most."""


class Found(Protocol):
    """What a search has found, as this looks at it."""

    def path(self, shared: Shared, local: int) -> tuple[Move, ...]:
        """One way to a local state in a shared state."""
        ...

    def shared(self) -> Iterator[Shared]:
        """Every shared state."""
        ...

    def locals(self, shared: Shared) -> Iterator[int]:
        """The local states of one."""
        ...

    def beside(self, shared: Shared, local: int) -> Iterator[tuple[int, Label, Label]]:
        """Who can be together with one, with the labels towards it and back."""
        ...


def standstill(system: System, found: Found) -> Suspect | None:
    """Actors that may wait for each other for ever; None: never, with any number of them."""
    for shared in found.shared():
        stuck = _stuck(system, found, shared)
        if stuck:
            first = min(stuck)
            span = system.place(first) or Span("", 0, 0)
            moves = found.path(shared, first)
            actors = dict(actors_of(system, moves))
            names = sorted(system.actor(local) for local in stuck)
            for name in dict.fromkeys(names):
                actors.setdefault(name, 1)
            there = {system.actor(one) for one in (*system.start.single, *system.start.many)}
            names = [name for name in names if name in there]
            if len(set(names)) == 1:
                # Of one actor alone each may wait for the next, or for the next one's callback:
                # one for each place it stands at.
                actors[names[0]] = max(actors[names[0]], min(len(names), RING))
            violated = Violated(("deadlock",), span)
            return Suspect(violated, tuple(actors.items()), moves)
    return None


def _stuck(system: System, found: Found, shared: Shared) -> set[int]:
    """The largest set of local states that blame only each other."""
    waits = {local: _waits(system, local, shared) for local in found.locals(shared)}
    stuck = {local for local, exits in waits.items() if exits is not None}
    blamed = {
        local: [_to_blame(system, found, shared, local, exit_) for exit_ in waits[local] or ()]
        for local in stuck
    }
    while True:
        kept = {local for local in stuck if all(who & stuck for who in blamed[local])}
        if kept == stuck:
            return stuck
        stuck = kept


def _waits(system: System, local: int, shared: Shared) -> list[Rule | int] | None:
    """What an actor would have to be let do to go on, None where it can go on or is no actor.

    A rule with a guard or the end of a wait, or the guard of a lock whose variable says that it is
    taken; nothing in the list: it waits for a shared variable.
    """
    if local == IDLE or system.stopped(local):
        return None
    exits: list[Rule | int] = []
    seen, todo = {local}, [local]
    while todo:
        here = todo.pop()
        wanted = system.wants(here, shared)
        rules = system.rules(here, shared)
        if wanted >= 0 and not rules:
            exits.append(wanted)
        for rule in rules:
            if rule.guard >= 0 or rule.over:
                # Who reads may have to wait for who only waits to write: wants() knows of both.
                exits.append(wanted if wanted >= 0 and rule.guard >= 0 else rule)
            elif _does_something(rule, shared):
                return None
            elif rule.after not in seen:
                seen.add(rule.after)
                todo.append(rule.after)
    return exits


def _does_something(rule: Rule, shared: Shared) -> bool:
    """Whether a rule is more than a look."""
    effects = rule.begins >= 0 or rule.ended or rule.change >= 0 or rule.spawned
    return bool(effects) or rule.after == IDLE or written(shared, rule) != shared


def _to_blame(
    system: System, found: Found, shared: Shared, local: int, exit_: Rule | int
) -> set[int]:
    """The local states that keep an actor from going on in one way."""
    blamed: set[int] = set()
    pending = system.awaits(local)
    for other, label, _ in found.beside(shared, local):
        to = label or (pending >= 0 and system.waited_for(pending, other))
        if isinstance(exit_, int):
            if system.forbids(exit_, other):
                blamed.add(other)
        elif (exit_.over and to) or (exit_.guard >= 0 and system.forbids(exit_.guard, other)):
            blamed.add(other)
    return blamed
