"""Every configuration of so many actors: what a proof for any number must agree with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prover.parametric.search.step import Configuration, after, configuration, steps, view_of
from prover.parametric.system import IDLE, System

CROWD = 6
"""With more actors than that, spawned ones with them, a configuration is not looked at unasked."""


@dataclass(frozen=True, slots=True)
class Exact:
    """What an exact exploration found: properties violated, configurations, whether it is whole."""

    violations: frozenset[str]
    configurations: frozenset[Configuration]
    complete: bool


def explore(
    system: System, actors: Iterable[int], most: int = 200_000, crowd: int = CROWD
) -> Exact:
    """Every configuration that so many actors reach; a violation ends its run.

    With more actors than ``crowd``, or more configurations than ``most``, it is not whole.
    """
    first = _settled(Configuration(system.start.shared, tuple(actors), ()), blank=True)
    seen, todo, violations, complete = {first}, [first], set[str](), True
    while todo:
        here = todo.pop()
        broken = system.broken(here.shared)
        if broken is not None:
            violations.update(broken.properties)
            continue
        for mover, rule in steps(system, here):
            if rule.violated is not None:
                violations.update(rule.violated.properties)
                continue
            following = after(system, rule, here, mover)
            if len(following.actors) > crowd or len(seen) >= most:
                complete = False
                continue
            there = _settled(following)
            if there in seen:
                continue
            seen.add(there)
            todo.append(there)
    return Exact(frozenset(violations), frozenset(seen), complete)


def _settled(here: Configuration, *, blank: bool = False) -> Configuration:
    """A configuration without those who are not there, in the one order that views have."""
    if blank:
        none = tuple((0,) * len(here.actors) for _ in here.actors)
        here = Configuration(here.shared, here.actors, none)
    present = [n for n, local in enumerate(here.actors) if local != IDLE]
    return configuration(here.shared, view_of(here, present))
