"""Every configuration of so many actors, who is who, and the steps between them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple

from prover.parametric.machine import Compiled
from prover.parametric.search.step import Configuration, after, steps
from prover.parametric.system import IDLE, Rule


class TooMany(Exception):
    """There are more configurations than are looked at, or it takes too long: ``what`` in words."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Edge(NamedTuple):
    """A step: who takes it (a place in the source's actors), by which rule, where it leads."""

    mover: int
    rule: Rule
    target: int


@dataclass(slots=True)
class Graph:
    """All that ``count`` actors can do; callbacks stand behind them.

    ``came`` is the step by which each configuration was first found, with where from.
    """

    system: Compiled
    count: int
    nodes: list[Configuration] = field(default_factory=list[Configuration])
    edges: list[list[Edge]] = field(default_factory=list[list[Edge]])
    came: list[tuple[int, Edge] | None] = field(default_factory=list["tuple[int, Edge] | None"])

    def who(self, node: int, mover: int) -> int | str:
        """An actor by its place, a callback by its name: those of one name are not told apart."""
        if mover < self.count:
            return mover
        return self.system.actor(self.nodes[node].actors[mover])

    def stem(self, node: int) -> list[tuple[int, Edge]]:
        """The steps from the start to a configuration, each with where it is taken."""
        found: list[tuple[int, Edge]] = []
        came = self.came[node]
        while came is not None:
            found.append(came)
            came = self.came[came[0]]
        return found[::-1]


def graph_of(system: Compiled, many: int, most: int, seconds: float) -> Graph:
    """The graph of the actors of the start, ``many`` each of those of which there is any number.

    Runs end where something is violated.  Raises TooMany, and what the system raises.
    """
    start = system.start
    actors = (*start.single, *(local for local in start.many for _ in range(many)))
    none = tuple((0,) * len(actors) for _ in actors)
    found = Graph(system, len(actors))
    numbers: dict[Configuration, int] = {}
    ends = monotonic() + seconds
    todo = deque[int]()

    def number(here: Configuration) -> int:
        if here not in numbers:
            if len(numbers) >= most:
                raise TooMany(f"more than {most} configurations")
            numbers[here] = len(numbers)
            found.nodes.append(here)
            found.edges.append([])
            found.came.append(None)
            todo.append(numbers[here])
        return numbers[here]

    number(Configuration(start.shared, actors, none))
    while todo:
        if monotonic() > ends:
            raise TooMany(f"no end after {seconds:g} s")
        here = todo.popleft()
        for mover, rule in possible(system, found.nodes[here]):
            known = len(numbers)
            target = number(settled(after(system, rule, found.nodes[here], mover), len(actors)))
            edge = Edge(mover, rule, target)
            if target == known:
                found.came[target] = (here, edge)
            found.edges[here].append(edge)
    return found


def possible(system: Compiled, here: Configuration) -> Iterator[tuple[int, Rule]]:
    """The steps that lead on: what is violated ends a run, and a trylock fails where it must."""
    if system.broken(here.shared) is not None:
        return
    for mover, rule in steps(system, here):
        needed = system.needs(rule)
        others = (local for n, local in enumerate(here.actors) if n != mover)
        if rule.violated is None and (
            needed < 0 or any(system.forbids(needed, each) for each in others)
        ):
            yield mover, rule


def settled(here: Configuration, count: int) -> Configuration:
    """A configuration without the callbacks that are over, the others in one order."""
    labels = here.labels
    behind = [n for n in range(count, len(here.actors)) if here.actors[n] != IDLE]
    behind.sort(key=lambda n: (here.actors[n], labels[n], [row[n] for row in labels]))
    order = [*range(count), *behind]
    rows = tuple(tuple(labels[a][b] for b in order) for a in order)
    return Configuration(here.shared, tuple(here.actors[n] for n in order), rows)
