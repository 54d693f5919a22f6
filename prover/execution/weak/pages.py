"""Slots of typesafe pools in a claimed execution: pointers do not say which life they are of.

So what the lives of such slots may be is judged by the order of allocs, frees and the like: the
program's within a thread, else that in which their nodes execute.
"""

from __future__ import annotations

from collections.abc import Iterator

from prover.execution import skeleton as sk
from prover.execution.nodes import Nodes
from prover.execution.order import static_order
from prover.execution.terms import Allocated
from prover.execution.weak.run import NotAnExecution, Run
from prover.graph.values import Pointer
from prover.models.concrete import Pairs


class Pages:
    """The slots of typesafe pools in one run."""

    def __init__(self, run: Run, nodes: Nodes) -> None:
        self._run = run
        self._nodes = nodes
        self._order = static_order(run.skeleton)

    def check(self) -> None:
        """Raises NotAnExecution where a slot is given out twice, or its page goes meanwhile."""
        for region in self._run.skeleton.layout.regions.values():
            if region.typesafe:
                self._check_lives(region.name)
        for event in self._run.skeleton.events:
            if isinstance(event.action, sk.GiveBack) and event.number in self._run.happened:
                slot = self._slot(self._run.values.value(event.action.pointer))
                if self.given_between(slot, event.action.free, event.number):
                    raise NotAnExecution(f"{slot} has been given out again")

    def _check_lives(self, slot: str) -> None:
        allocs, frees = list(self._allocs(slot)), list(self._frees(slot))
        for one in allocs:
            for two in allocs:
                if one != two and self._before(one, two):
                    if not any(self._before(one, f) and self._before(f, two) for f in frees):
                        raise NotAnExecution(f"{slot} is given out twice")

    def given_between(self, slot: str, one: int, two: int) -> bool:
        """Whether an alloc gives ``slot`` between two events."""
        return any(self._before(one, a) and self._before(a, two) for a in self._allocs(slot))

    def orders(self, slot: str, page: int, event: int) -> Pairs | None:
        """What a use of a typesafe slot after its end assumes: nobody is given it between the two.

        What is given is given before what a use begins with: an update may read in between, and
        store later.  Orders between nodes; None where it surely is.
        """
        if not self.typesafe(slot):
            return frozenset()
        found: set[tuple[int, int]] = set()
        gone, begun = self._nodes.last(page), self._nodes.first(event)
        assert gone is not None
        assert begun is not None
        for alloc in self._allocs(slot):
            given = self._nodes.first(alloc)
            assert given is not None
            if not self._before(page, alloc):
                found.add((given.number, gone.number))
            elif self._order.before(alloc, event):
                return None
            else:
                found.update(((gone.number, given.number), (begun.number, given.number)))
        return frozenset(found)

    def typesafe(self, slot: str) -> bool:
        """Whether an object is a slot of a typesafe pool."""
        return self._run.skeleton.layout.regions[slot].typesafe

    def _before(self, one: int, two: int) -> bool:
        known = self._order.before(one, two)
        if known is not None:
            return known
        alloc = isinstance(self._run.skeleton.events[one].action, sk.Allocate)
        done = self._nodes.first(one) if alloc else self._nodes.last(one)
        begun = self._nodes.first(two)
        assert done is not None
        assert begun is not None
        position = self._run.claim.position
        return position.get(done.number, 0) < position.get(begun.number, 0)

    def _allocs(self, slot: str) -> Iterator[int]:
        for event in self._run.skeleton.events:
            if isinstance(event.action, sk.Allocate) and event.number in self._run.happened:
                if self._slot(self._run.values.leaves.get(Allocated(event.number), 0)) == slot:
                    yield event.number

    def _frees(self, slot: str) -> Iterator[int]:
        for event in self._run.skeleton.events:
            if isinstance(event.action, sk.Deallocate) and event.number in self._run.happened:
                if self._slot(self._run.values.value(event.action.pointer)) == slot:
                    yield event.number

    @staticmethod
    def _slot(value: object) -> str:
        """The object whose start a pointer is, "" for others."""
        if isinstance(value, Pointer) and value.base is not None and not value.path:
            return value.base.object
        return ""
