"""Pools and rcu_barrier(): the orders between threads that they allow one execution to have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, permutations, product

from prover.execution import skeleton as sk
from prover.execution.nodes import Node, Nodes
from prover.execution.order import StaticOrder
from prover.execution.terms import Allocated
from prover.execution.weak.barriers import ahead
from prover.execution.weak.law import Law
from prover.execution.weak.run import Run
from prover.graph.values import Allocation, Pointer
from prover.models.concrete import Pairs


@dataclass(frozen=True, slots=True)
class Orders:
    """What a claim says of pools and barriers: orders as from a release to an acquire, and others.

    ``position`` ranks the nodes of alloc and free.
    """

    handed: Pairs = frozenset()
    also: Pairs = frozenset()
    position: tuple[tuple[int, int], ...] = ()


class Lives:
    """Whose slot an alloc gives again or finds taken, and whose callbacks a barrier waits for."""

    def __init__(self, skeleton: sk.Skeleton, nodes: Nodes, order: StaticOrder) -> None:
        self.skeleton = skeleton
        self.nodes = nodes
        self.order = order
        regions = skeleton.layout.regions.values()
        self.typesafe = frozenset(region.name for region in regions if region.typesafe)

    def orders(self, run: Run) -> Iterator[Orders]:
        """Every way to put them in order, of an execution with its grace periods."""
        parts = [list(self._reuses(run)), list(self._empties(run)), list(self._barriers(run))]
        for chosen in product(*parts):
            yield Orders(
                frozenset[tuple[int, int]]().union(*(o.handed for o in chosen)),
                frozenset[tuple[int, int]]().union(*(o.also for o in chosen)),
                chosen[0].position,
            )

    def _node(self, event: int, kind: str) -> Node:
        found = self.nodes.read(event) if kind == "R" else self.nodes.write(event)
        assert found is not None
        return found

    def _lives(self, run: Run) -> tuple[list[tuple[int, Allocation]], list[tuple[int, Allocation]]]:
        """The allocs that gave something, and the frees, with the life that they begin or end."""
        begun: list[tuple[int, Allocation]] = []
        ended: list[tuple[int, Allocation]] = []
        for event in self.skeleton.events:
            if event.number not in run.happened:
                continue
            if isinstance(event.action, sk.Allocate):
                value = run.values.leaves.get(Allocated(event.number), 0)
                if isinstance(value, Pointer) and value.base is not None:
                    begun.append((event.number, value.base))
            elif isinstance(event.action, sk.Deallocate):
                value = run.values.value(event.action.pointer)
                if isinstance(value, Pointer) and value.base is not None and not value.path:
                    ended.append((event.number, value.base))
        return begun, ended

    def _reuses(self, run: Run) -> Iterator[Orders]:
        """In which order allocs and frees of the same slots come."""
        begun, ended = self._lives(run)
        slots = sorted({life.object for _, life in begun})
        ways: list[list[Orders]] = []
        for slot in slots:
            allocs = [(e, life) for e, life in begun if life.object == slot]
            frees = [(e, life) for e, life in ended if life.object == slot]
            if slot in self.typesafe:
                ways.append(
                    list(self._typesafe(run, [e for e, _ in allocs], [e for e, _ in frees]))
                )
                continue
            seen: dict[frozenset[tuple[int, int]], Orders] = {}
            if len(allocs) < 2:
                continue
            for order in permutations([e for e, _ in allocs] + [e for e, _ in frees]):
                rank = {event: index for index, event in enumerate(order)}
                if any(self.order.before(b, a) for a, b in combinations(order, 2)):
                    continue
                found = self._reuse(rank, allocs, frees)
                if found is not None:
                    seen.setdefault(found.handed | found.also, found)
            ways.append(list(seen.values()))
        for chosen in product(*ways):
            yield Orders(
                frozenset(),
                frozenset[tuple[int, int]]().union(*(o.also for o in chosen)),
                tuple(p for o in chosen for p in o.position),
            )

    def _typesafe(self, run: Run, allocs: list[int], frees: list[int]) -> Iterator[Orders]:
        """In which order allocs, frees and pages given back come, of one slot by its address."""
        actions = ((e.number, e.action) for e in self.skeleton.events if e.number in run.happened)
        pages = {n: a.free for n, a in actions if isinstance(a, sk.GiveBack) and a.free in frees}
        for order in permutations([*allocs, *frees, *pages]):
            rank = {event: index for index, event in enumerate(order)}
            if any(self.order.before(b, a) for a, b in combinations(order, 2)):
                continue
            if _can_be(rank, allocs, frees, pages):
                yield self._in_order(order, rank, frozenset(allocs), frozenset(frees))

    def _in_order(
        self,
        order: tuple[int, ...],
        rank: dict[int, int],
        allocs: frozenset[int],
        frees: frozenset[int],
    ) -> Orders:
        """What one order of allocs, frees and pages given back puts in order."""
        number = {e: self._node(e, "R" if e in allocs else "W").number for e in order}
        handed: set[tuple[int, int]] = set()
        also: set[tuple[int, int]] = set()
        for one, two in combinations(order, 2):
            if one in frees and two in allocs:
                handed.add((number[one], number[two]))
            elif one in allocs or two in allocs:
                also.add((number[one], number[two]))
        position = tuple((number[event], index + 1) for event, index in rank.items())
        return Orders(frozenset(handed), frozenset(also), position)

    def _reuse(
        self,
        rank: dict[int, int],
        allocs: list[tuple[int, Allocation]],
        frees: list[tuple[int, Allocation]],
    ) -> Orders | None:
        """The orders of one slot; None where two lives overlap."""
        handed: set[tuple[int, int]] = set()
        also: set[tuple[int, int]] = set()
        for alloc, life in allocs:
            read = self._node(alloc, "R").number
            for other, earlier in allocs:
                if rank[other] < rank[alloc] and not any(
                    freed == earlier and rank[free] < rank[alloc] for free, freed in frees
                ):
                    return None
            for free, freed in frees:
                write = self._node(free, "W").number
                if freed != life and rank[free] < rank[alloc]:
                    handed.add((write, read))
                elif freed != life:
                    also.add((read, write))
        position = tuple(
            (self._node(e, "R" if (e in dict(allocs)) else "W").number, r) for e, r in rank.items()
        )
        return Orders(frozenset(handed), frozenset(also), position)

    def _empties(self, run: Run) -> Iterator[Orders]:
        """Whose lives keep an alloc from giving anything."""
        begun, ended = self._lives(run)
        failed = [
            (e.number, e.action.pool)
            for e in self.skeleton.events
            if isinstance(e.action, sk.Allocate)
            and e.number in run.happened
            and run.values.leaves.get(Allocated(e.number), 0) == 0
        ]
        ways: list[list[Orders]] = []
        for alloc, pool in failed:
            ways.extend(
                list(self._keepers(alloc, region.name, begun, ended))
                for region in self.skeleton.layout.regions.values()
                if region.pool == pool
            )
        for chosen in product(*ways):
            yield Orders(frozenset(), frozenset[tuple[int, int]]().union(*(o.also for o in chosen)))

    def _keepers(
        self,
        alloc: int,
        slot: str,
        begun: list[tuple[int, Allocation]],
        ended: list[tuple[int, Allocation]],
    ) -> Iterator[Orders]:
        """The lives that may hold a slot when an alloc comes."""
        for other, life in begun:
            frees = [free for free, freed in ended if freed == life]
            gone = any(self.order.before(free, alloc) for free in frees)
            if life.object == slot and self.order.before(other, alloc) is not False and not gone:
                yield self._keeps(alloc, other, frees)

    def _keeps(self, alloc: int, other: int, frees: list[int]) -> Orders:
        """A life that began before an alloc, and did not end before it."""
        also = {(self._node(other, "W").number, self._node(alloc, "R").number)}
        also.update((self._node(alloc, "R").number, self._node(f, "W").number) for f in frees)
        return Orders(frozenset(), frozenset(also))

    def _barriers(self, run: Run) -> Iterator[Orders]:
        """Of callbacks queued by others, which an rcu_barrier() came after."""
        ways: list[list[Orders]] = []
        for event in self.skeleton.events:
            if not isinstance(event.action, sk.BarrierEnd) or event.number not in run.happened:
                continue
            start = event.action.start
            for thread in Law(run).callbacks_for(start):
                if self.order.before(thread.parent, start) is not None:
                    continue
                ways.append(self._waited(run, thread, start, event.number))
        for chosen in product(*ways):
            yield Orders(
                frozenset[tuple[int, int]]().union(*(o.handed for o in chosen)),
                frozenset[tuple[int, int]]().union(*(o.also for o in chosen)),
            )

    def _waited(self, run: Run, thread: sk.Thread, start: int, end: int) -> list[Orders]:
        found: list[Orders] = []
        if thread.events[-1] in run.happened:
            edge = (self._node(thread.events[-1], "W").number, self._node(end, "R").number)
            found.append(Orders(frozenset((edge,))))
        before = set(ahead(run, self.order, start, Law(run).ordered()))
        if thread.parent in before:
            return found
        queue = self._node(thread.parent, "W").number
        earlier = [
            node.number
            for number in before & run.happened
            for node in self.nodes.of_event.get(number, ())
            if node.kind != "F"
        ]
        found.append(Orders(frozenset(), frozenset((number, queue) for number in earlier)))
        return found


def _can_be(
    rank: dict[int, int], allocs: list[int], frees: list[int], pages: dict[int, int]
) -> bool:
    """Whether a slot is given out only where it is free, and its page goes only then."""
    for one in allocs:
        for two in allocs:
            if rank[one] < rank[two] and not any(rank[one] < rank[f] < rank[two] for f in frees):
                return False
    return not any(rank[free] < rank[a] < rank[p] for p, free in pages.items() for a in allocs)
