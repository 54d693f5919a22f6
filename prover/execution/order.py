"""What is known of the order of two events before any execution is chosen."""

from __future__ import annotations

from dsl.frozen import Frozen
from prover.execution.skeleton import IpiEnd, Skeleton

AFTER_ALL = -1
"""The anchor of events that see the final state."""

BEFORE_ALL = -2
"""The anchor of events that see the initial state."""


class StaticOrder(Frozen, frozen=True):
    """The order that every execution has, from program order and from who created whom.

    ``place`` gives each event's thread and its index there; ``parent`` each thread's
    creating event (-1: none); ``returns`` maps a handler thread to the events that
    come only after it (the IpiEnd of an IPI that is waited for).  One that is ``blind`` does not
    tell of events that stand at themselves.
    """

    place: tuple[tuple[int, int], ...]
    parent: tuple[int, ...]
    anchors: tuple[tuple[int, int], ...]
    returns: tuple[int, ...]
    blind: bool = False

    def before(self, a: int, b: int) -> bool | None:
        """Whether ``a`` comes before ``b`` in every execution with both; None where that varies.

        False means that ``b`` comes before ``a`` (or that they are one event).
        """
        (anchor_a, rank_a), (anchor_b, rank_b) = self.anchors[a], self.anchors[b]
        if anchor_a == anchor_b:
            if self.place[a][0] == self.place[b][0]:
                return self.place[a][1] < self.place[b][1]
            return rank_a < rank_b
        if anchor_a == AFTER_ALL or anchor_b == BEFORE_ALL:
            return False
        if anchor_b == AFTER_ALL or anchor_a == BEFORE_ALL:
            return True
        return self._real(anchor_a, anchor_b)

    def created_before(self, a: int, b: int) -> bool | None:
        """:meth:`before` where that is neither of the initial nor of the final state."""
        (anchor_a, _), (anchor_b, _) = self.anchors[a], self.anchors[b]
        if min(anchor_a, anchor_b) < 0 or anchor_a == anchor_b:
            return None
        return self._real(anchor_a, anchor_b)

    def _real(self, a: int, b: int) -> bool | None:
        """:meth:`before` for events that stand at themselves."""
        if self.blind:
            return None
        if self._reaches(a, b):
            return True
        if self._reaches(b, a):
            return False
        return None

    def _reaches(self, a: int, b: int) -> bool:
        """Whether ``a`` is before ``b`` by program order, creation, or the return of an IPI."""
        thread_a, index_a = self.place[a]
        climb = b
        while True:
            thread, index = self.place[climb]
            if thread == thread_a:
                return index_a < index if climb == b else index_a <= index
            if self.parent[thread] < 0:
                break
            climb = self.parent[thread]
        end = self.returns[thread_a]
        return end >= 0 and (end == b or self._reaches(end, b))


def static_order(skeleton: Skeleton) -> StaticOrder:
    """The static order of a skeleton."""
    place: list[tuple[int, int]] = [(0, 0)] * len(skeleton.events)
    for thread in skeleton.threads:
        for index, number in enumerate(thread.events):
            place[number] = (thread.number, index)
    returns = [-1] * len(skeleton.threads)
    ends = {
        event.action.start: event.number
        for event in skeleton.events
        if isinstance(event.action, IpiEnd) and event.action.always
    }
    for thread in skeleton.threads:
        if thread.kind == "handler" and thread.parent in ends:
            returns[thread.number] = ends[thread.parent]
    return StaticOrder(
        tuple(place),
        tuple(thread.parent for thread in skeleton.threads),
        tuple((event.anchor, event.rank) for event in skeleton.events),
        tuple(returns),
    )
