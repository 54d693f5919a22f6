"""How the search came to what it has found: one cause for each local state in a shared state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from prover.parametric.invariant import Move, Suspect
from prover.parametric.search.folding import exchanged
from prover.parametric.system import Exchange, Rule, Shared, System, Violated


class Cause(NamedTuple):
    """``local`` in ``shared`` took a step, or stood by one: the rule that was carried out.

    ``turned``: what it led to stands there with everything exchanged.
    """

    shared: Shared
    local: int
    rule: Rule
    turned: Exchange | None = None


Causes: TypeAlias = Mapping[Shared, Mapping[int, Cause | None]]
"""The first cause of each local state in each shared state, None at the start."""


class Wrong(NamedTuple):
    """Something violated: by ``rule``, or by the shared state itself (None)."""

    violated: Violated
    shared: Shared
    local: int
    rule: Rule | None


def path(causes: Causes, shared: Shared, local: int, last: Rule | None = None) -> tuple[Move, ...]:
    """Rules that lead from the start to a local state in a shared state, one after another.

    ``last`` is one more that is carried out there, and changes nothing.  Where something was
    exchanged on the way all is told as if nothing had been.
    """
    steps: list[tuple[Cause, Shared]] = []
    cause = causes[shared][local]
    end = shared
    while cause is not None:
        steps.append((cause, shared))
        shared, local = cause.shared, cause.local
        cause = causes[shared][local]
    moves: list[Move] = []
    back: list[Exchange] = []
    for cause, shared in reversed(steps):
        rule = cause.rule
        for exchange in reversed(back):
            rule = exchanged(exchange, rule)
        if cause.turned is not None:
            back.append(cause.turned.inverse)
        moves.append(Move(rule, _turned_back(back, shared)))
    if last is not None:
        for exchange in reversed(back):
            last = exchanged(exchange, last)
        moves.append(Move(last, _turned_back(back, end)))
    return tuple(moves)


def _turned_back(back: list[Exchange], shared: Shared) -> Shared:
    for exchange in reversed(back):
        shared = exchange.shared(shared)
    return shared


def suspect(system: System, causes: Causes, wrong: Wrong) -> Suspect:
    """What went wrong, with one way to it."""
    moves = path(causes, wrong.shared, wrong.local, wrong.rule)
    return Suspect(wrong.violated, actors_of(system, moves), moves)


def actors_of(system: System, moves: tuple[Move, ...]) -> tuple[tuple[str, int], ...]:
    """The actors that take the steps of a path, with how many of each there are at least.

    A step from where none of the actors known stands is one of another actor.  The actor of the
    last step comes first, then the one that acts last of the others, and so on.
    """
    standing: list[int] = []
    spawned: Counter[int] = Counter()
    numbers: Counter[str] = Counter()
    for move in moves:
        rule = move.rule
        if rule.local in standing:
            standing.remove(rule.local)
        elif spawned[rule.local]:
            spawned[rule.local] -= 1
        else:
            numbers[system.actor(rule.local)] += 1
        if rule.violated is None:
            after = rule.after
            standing = [_after(system, rule, local) for local in standing]
            standing.append(after)
            spawned.update(rule.spawned)
    last = dict.fromkeys(system.actor(move.rule.local) for move in reversed(moves))
    return tuple((name, numbers[name]) for name in last if numbers[name])


def _after(system: System, rule: Rule, local: int) -> int:
    return system.changed(rule.change, local) if rule.change >= 0 else local
