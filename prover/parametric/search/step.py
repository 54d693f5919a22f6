"""One step of a configuration with so many actors: what a rule means, word by word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import combinations, groupby, permutations, product
from typing import TypeAlias

from prover.parametric.invariant import View
from prover.parametric.system import IDLE, Label, Rule, Shared, System

Matrix: TypeAlias = tuple[tuple[Label, ...], ...]
"""The labels of each actor (row) towards each (column); those towards oneself are 0."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """A shared state, and actors with their labels."""

    shared: Shared
    actors: tuple[int, ...]
    labels: Matrix


def configuration(shared: Shared, view: View) -> Configuration:
    """A view as a configuration of its actors alone."""
    actors, labels = view
    rest = iter(labels)
    rows = tuple(
        tuple(0 if a == b else next(rest) for b in range(len(actors))) for a in range(len(actors))
    )
    return Configuration(shared, actors, rows)


def written(shared: Shared, rule: Rule) -> Shared:
    """The shared state after a rule."""
    if not rule.writes:
        return shared
    values = list(shared)
    for variable, value in rule.writes:
        values[variable] = value
    return tuple(values)


def after_labels(
    system: System, rule: Rule, other: int, labels: tuple[Label, Label]
) -> tuple[Label, Label]:
    """The labels between the actor of a rule and another that is ``other`` after it."""
    if IDLE in (rule.after, other):
        return 0, 0
    to, back = labels
    if rule.begins >= 0:
        to = system.waited_for(rule.begins, other)
    elif rule.over:
        to = 0
    return to, back & ~rule.ended


def spawned_labels(system: System, spawned: int, other: int) -> tuple[Label, Label]:
    """The labels between an actor that has just appeared and another."""
    if IDLE in (spawned, other):
        return 0, 0
    wait = system.awaits(spawned)
    return (system.waited_for(wait, other) if wait >= 0 else 0), 0


def applies(system: System, rule: Rule, here: Configuration, mover: int) -> bool:
    """Whether guard and labels let an actor carry out a rule whose reads fit."""
    others = [n for n in range(len(here.actors)) if n != mover]
    if rule.guard >= 0 and any(system.forbids(rule.guard, here.actors[n]) for n in others):
        return False
    return not (rule.over and any(here.labels[mover][n] for n in others))


def after(system: System, rule: Rule, here: Configuration, mover: int) -> Configuration:
    """The configuration after an actor has carried out a rule."""
    actors = [
        system.changed(rule.change, local) if rule.change >= 0 else local for local in here.actors
    ]
    actors[mover] = rule.after
    old = len(actors)
    actors.extend(rule.spawned)
    labels = [[0] * len(actors) for _ in actors]
    for one, other in product(range(old), repeat=2):
        if one != other and IDLE not in (actors[one], actors[other]):
            labels[one][other] = here.labels[one][other]
    for n in range(old):
        if n != mover:
            now = (here.labels[mover][n], here.labels[n][mover])
            labels[mover][n], labels[n][mover] = after_labels(system, rule, actors[n], now)
    for number in range(old, len(actors)):
        for n in range(number):
            to, back = spawned_labels(system, actors[number], actors[n])
            labels[number][n], labels[n][number] = to, back
    return Configuration(written(here.shared, rule), tuple(actors), tuple(map(tuple, labels)))


def steps(system: System, here: Configuration) -> Iterator[tuple[int, Rule]]:
    """Every step possible: who takes it, and the rule; violated ones too."""
    for mover, local in enumerate(here.actors):
        for rule in system.rules(local, here.shared):
            if applies(system, rule, here, mover):
                yield mover, rule


def view_of(here: Configuration, chosen: Sequence[int]) -> View:
    """What is seen of some of the actors, in the one order that views have."""
    actors = sorted(chosen, key=lambda n: here.actors[n])
    groups = [list(g) for _, g in groupby(actors, key=lambda n: here.actors[n])]
    best: tuple[Label, ...] | None = None
    blank = frozenset(n for n in actors if not any(_labelled(here, n, m) for m in actors))
    for orders in product(*(_orders(group, blank) for group in groups)):
        order = [n for group in orders for n in group]
        labels = tuple(here.labels[a][b] for a in order for b in order if a != b)
        if best is None or labels < best:
            best = labels
    assert best is not None
    return tuple(here.actors[n] for n in actors), best


def _labelled(here: Configuration, one: int, other: int) -> bool:
    return bool(here.labels[one][other] or here.labels[other][one])


def _orders(group: Sequence[int], blank: AbstractSet[int]) -> Iterator[list[int]]:
    """Every order of some actors; those without labels are all the same."""
    same, others = [n for n in group if n in blank], [n for n in group if n not in blank]
    for places in combinations(range(len(group)), len(others)):
        for order in permutations(others):
            rest, told = iter(same), iter(order)
            yield [next(told if place in places else rest) for place in range(len(group))]


def views_of(here: Configuration, size: int) -> Iterator[View]:
    """Every view of ``size`` actors; of fewer actors, padded with those that are not there."""
    missing = max(0, size - len(here.actors))
    if missing:
        count = len(here.actors) + missing
        rows = [(*row, *([0] * missing)) for row in here.labels]
        rows.extend([(0,) * count] * missing)
        here = Configuration(here.shared, (*here.actors, *([IDLE] * missing)), tuple(rows))
    for chosen in combinations(range(len(here.actors)), size):
        yield view_of(here, chosen)
