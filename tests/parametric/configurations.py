"""Every configuration of so many actors by the rules of a system, with its true labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prover.parametric.machine import Compiled
from prover.parametric.system import IDLE, Rule, Shared

Labels = tuple[tuple[int, ...], ...]
"""The labels of each actor (row) towards each (column)."""


@dataclass(frozen=True, slots=True)
class Here:
    """A shared state, and every actor's local state, with the labels between them."""

    shared: Shared
    actors: tuple[int, ...]
    labels: Labels


@dataclass(frozen=True, slots=True)
class Found:
    """The properties violated, and how many configurations there are."""

    violations: frozenset[str]
    configurations: int
    complete: bool


def explore(system: Compiled, most: int, *, existence: bool) -> Found:
    """All that the actors of ``Start.single`` can do.

    ``existence``: a trylock only fails where somebody has the lock.
    """
    actors = system.start.single
    none = tuple((0,) * len(actors) for _ in actors)
    first = settled(Here(system.start.shared, actors, none))
    seen, todo, violations = {first}, [first], set[str]()
    while todo:
        here = todo.pop()
        broken = system.broken(here.shared)
        if broken is not None:
            violations.update(broken.properties)
            continue
        if not here.actors:
            final = system.final(here.shared)
            violations.update(() if final is None else final.properties)
        for mover, rule in steps(system, here, existence=existence):
            if rule.violated is not None:
                violations.update(rule.violated.properties)
                continue
            there = settled(after(system, rule, here, mover))
            if there not in seen:
                if len(seen) >= most:
                    return Found(frozenset(violations), len(seen), False)
                seen.add(there)
                todo.append(there)
    if system.circle() is not None:
        violations.add("lock-order")
    return Found(frozenset(violations), len(seen), True)


def steps(system: Compiled, here: Here, *, existence: bool) -> Iterator[tuple[int, Rule]]:
    """Who can take which step."""
    for mover, local in enumerate(here.actors):
        others = [other for n, other in enumerate(here.actors) if n != mover]
        for rule in system.rules(local, here.shared):
            if rule.guard >= 0 and any(system.forbids(rule.guard, other) for other in others):
                continue
            if rule.over and any(here.labels[mover]):
                continue
            needed = system.needs(rule)
            if existence and needed >= 0:
                if not any(system.forbids(needed, other) for other in others):
                    continue
            yield mover, rule


def after(system: Compiled, rule: Rule, here: Here, mover: int) -> Here:
    """The configuration after a step."""
    shared = list(here.shared)
    for variable, value in rule.writes:
        shared[variable] = value
    actors = [
        local if rule.change < 0 else system.changed(rule.change, local) for local in here.actors
    ]
    actors[mover] = rule.after
    labels = [list(row) for row in here.labels]
    for other in range(len(actors)):
        if other != mover:
            labels[other][mover] &= ~rule.ended
            if rule.begins >= 0:
                labels[mover][other] = system.waited_for(rule.begins, actors[other])
            elif rule.over:
                labels[mover][other] = 0
    for spawned in rule.spawned:
        wait = system.awaits(spawned)
        row = [system.waited_for(wait, other) if wait >= 0 else 0 for other in actors]
        for old in labels:
            old.append(0)
        labels.append([*row, 0])
        actors.append(spawned)
    return Here(tuple(shared), tuple(actors), tuple(map(tuple, labels)))


def settled(here: Here) -> Here:
    """A configuration without those who are gone, in the order of their numbers."""
    kept = sorted(
        (n for n, local in enumerate(here.actors) if local != IDLE),
        key=lambda n: (here.actors[n], sorted(here.labels[n])),
    )
    actors = tuple(here.actors[n] for n in kept)
    return Here(here.shared, actors, tuple(tuple(here.labels[a][b] for b in kept) for a in kept))
