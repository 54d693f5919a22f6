"""Fair cycles in which an actor goes round a retry loop, and the shortest way there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

from dsl.source import Span
from prover.parametric.liveness.components import components
from prover.parametric.liveness.graph import Edge, Graph
from prover.parametric.liveness.loops import Loop, loops_of
from prover.parametric.machine.parts import Parts
from prover.parametric.system import Rule, Shared

Kind: TypeAlias = Literal["stuck", "starved"]
"""``stuck``: nobody changes anything any more; ``starved``: others go on changing things."""

Step: TypeAlias = tuple[int, Edge]
"""A step with the configuration that it is taken in."""

Wanted: TypeAlias = Callable[[int, Edge], bool]
"""Whether a step in a configuration is one that is looked for."""

KINDS: tuple[Kind, ...] = ("stuck", "starved")
"""The worst first."""

STARTS = 40
"""So many configurations of a component are tried as the first of the cycle."""


@dataclass(frozen=True, slots=True)
class Lasso:
    """An endless run: ``stem``, then ``cycle`` again and again; each step with where it is taken.

    ``spinner`` goes round ``loop`` in the cycle.
    """

    spinner: int
    loop: Loop
    kind: Kind
    stem: tuple[Step, ...]
    cycle: tuple[Step, ...]


def lassos(graph: Graph) -> Iterator[Lasso]:
    """For each retry loop the worst: that it is stuck, or else that it may be starved."""
    parts = graph.system.parts
    told = set[Span]()
    asked = [
        (spinner, loop)
        for spinner, number in enumerate(graph.nodes[0].actors[: graph.count])
        for loop in _loops(parts, parts.locals.all[number].body)
    ]
    for kind in KINDS:
        for spinner, loop in asked:
            if loop.span in told:
                continue
            found = _Search(graph, spinner, loop, kind).run()
            if found is not None:
                told.add(loop.span)
                yield found


def _loops(parts: Parts, body: int) -> Iterator[Loop]:
    return loops_of(body, parts.bodies[body])


@dataclass(slots=True)
class _Search:
    """The search for one actor and one of its loops."""

    graph: Graph
    spinner: int
    loop: Loop
    kind: Kind

    def run(self) -> Lasso | None:
        """The shortest lasso, None where there is none."""
        inside = frozenset(n for n in range(len(self.graph.nodes)) if self._spins(n))
        found = [each for part in self._fair(inside) for each in self._cycles(part)]
        if not found:
            return None
        stem, cycle = min(found, key=lambda each: (len(each[1]), len(each[0])))
        return Lasso(self.spinner, self.loop, self.kind, tuple(stem), tuple(cycle))

    # --- which configurations, which steps

    def _spins(self, node: int) -> bool:
        """Whether the actor is in its loop, and nobody's run has ended at an ``assume()``."""
        system, here = self.graph.system, self.graph.nodes[node]
        local = system.parts.locals.all[here.actors[self.spinner]]
        if local.body != self.loop.body or local.position not in self.loop.positions:
            return False
        return not any(map(system.stopped, here.actors)) and not self._may_leave(node)

    def _may_leave(self, node: int) -> bool:
        """Whether the actor has a choice here, and one of its ways leaves the loop.

        It takes that sooner or later: choices are fair.
        """
        own = [edge for edge in self.graph.edges[node] if edge.mover == self.spinner]
        return len(own) > 1 and not all(map(self._stays, own))

    def _stays(self, edge: Edge) -> bool:
        """Whether a step of the actor ends in its loop, and was nowhere else on the way."""
        passed = self.graph.system.passed(edge.rule)
        return passed <= self.loop.positions and self._in_loop(edge.target)

    def _in_loop(self, node: int) -> bool:
        local = self.graph.system.parts.locals.all[self.graph.nodes[node].actors[self.spinner]]
        return local.body == self.loop.body and local.position in self.loop.positions

    def _steps(self, node: int, part: frozenset[int]) -> Iterator[Edge]:
        """The steps within a set of configurations; where the loop is stuck others only look.

        The actor does not leave the loop on the way, to come back to it from outside.
        """
        shared = self.graph.nodes[node].shared
        for edge in self.graph.edges[node]:
            mine = edge.mover == self.spinner
            if edge.target not in part or (mine and not self._stays(edge)):
                continue
            if self.kind == "starved" or mine or looks(edge.rule, shared):
                yield edge

    def _goes_round(self, edge: Edge) -> bool:
        """Whether a step is one of the actor in its loop, and in no loop inside that."""
        if edge.mover != self.spinner:
            return False
        return not self.loop.own.isdisjoint(self.graph.system.passed(edge.rule))

    # --- components that are fair

    def _fair(self, nodes: frozenset[int]) -> Iterator[frozenset[int]]:
        """The components in which everybody who can ever make a step makes one."""
        todo = [nodes]
        while todo:
            here = todo.pop()
            for part in components(sorted(here), partial(self._following, here)):
                steps = [(node, edge) for node in part for edge in self._steps(node, part)]
                if not any(self._goes_round(edge) for _, edge in steps):
                    continue
                moving = {self.graph.who(node, edge.mover) for node, edge in steps}
                cheated = frozenset(
                    node
                    for node in part
                    if any(
                        self.graph.who(node, edge.mover) not in moving
                        for edge in self.graph.edges[node]
                    )
                )
                if not cheated:
                    yield part
                elif cheated < part:
                    todo.append(part - cheated)

    # --- the cycle

    def _cycles(self, part: frozenset[int]) -> Iterator[tuple[list[Step], list[Step]]]:
        """Cycles from the configurations that are nearest to the start, each with its stem."""
        for first in sorted(part)[:STARTS]:
            cycle = self._cycle(first, part)
            if cycle:
                yield self.graph.stem(first), cycle

    def _cycle(self, first: int, part: frozenset[int]) -> list[Step]:
        """A short cycle in which the actor goes round, and everybody moves who can."""
        wanted: set[int | str] = {
            self.graph.who(node, edge.mover) for node in part for edge in self._steps(node, part)
        }
        here, cycle = first, list[Step]()
        while wanted:
            way = self._way(here, part, partial(self._is_wanted, wanted))
            assert way, "a component is connected"
            for node, edge in way:
                if self._is_wanted(wanted, node, edge):
                    wanted.discard(self.graph.who(node, edge.mover))
            cycle.extend(way)
            here = cycle[-1][1].target
        if here != first:
            cycle.extend(self._way(here, part, lambda _, edge: edge.target == first))
        return cycle

    def _is_wanted(self, wanted: set[int | str], node: int, edge: Edge) -> bool:
        """Whether a step is one of somebody who has to make one; in the loop, a round of it."""
        if edge.mover == self.spinner and not self._goes_round(edge):
            return False
        return self.graph.who(node, edge.mover) in wanted

    def _following(self, part: frozenset[int], node: int) -> list[int]:
        return [edge.target for edge in self._steps(node, part)]

    def _way(self, start: int, part: frozenset[int], good: Wanted) -> list[Step]:
        """The shortest way whose last step is a good one."""
        came: dict[int, Step] = {}
        todo, seen = deque([start]), {start}
        while todo:
            node = todo.popleft()
            for edge in self._steps(node, part):
                if good(node, edge):
                    way = [(node, edge)]
                    while way[0][0] != start:
                        way.insert(0, came[way[0][0]])
                    return way
                if edge.target not in seen:
                    seen.add(edge.target)
                    came[edge.target] = (node, edge)
                    todo.append(edge.target)
        return []


def looks(rule: Rule, shared: Shared) -> bool:
    """Whether a rule changes nothing that anybody else can see."""
    changes = any(shared[variable] != value for variable, value in rule.writes)
    others = rule.begins >= 0 or rule.over or rule.change >= 0 or rule.spawned
    return not (changes or others)
