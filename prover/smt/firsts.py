"""That nothing goes wrong before something that does: pair by pair, or by bounds of threads.

Pair by pair it takes a literal for every two events that may violate something.  A bound is an
integer that no violation in one thread comes before; what is within it comes before them all::

    bad(o) -> m2 <= p(o)     for each o of thread 2
    first(e) -> p(e) <= m2   for each e of another thread

That says the same of events whose order is one of positions only: those of two threads of which
neither stems from the other, on two processors.  Within a thread program order decides: what went
wrong before an event is a chain.  A first violation is only ever asked for, never excluded, so that
a bound is free to be as great as it can.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain

from prover.execution.order import AFTER_ALL
from prover.smt.frame import Frame
from prover.smt.logic import TRUE, Lit, neg

MOST_PAIRS = 100
"""Up to so many pairs of events are compared one by one all the same."""

Bad = Mapping[int, Collection[Lit]]
"""By event, the literals that something goes wrong at it."""


def firsts(frame: Frame, bad: Bad) -> Mapping[int, list[Lit]]:
    """For each event, literals that together say: of what goes wrong nothing counts before it."""
    if "bounds" in frame.linear and len(bad) ** 2 > MOST_PAIRS:
        return _Bounds(frame, bad).all()
    return {event: list(_by_pairs(frame, bad, event, bad)) for event in bad}


def _by_pairs(frame: Frame, bad: Bad, event: int, others: Iterable[int]) -> Iterator[Lit]:
    """The same of some other events, each compared with it."""
    anchors = frame.order.anchors
    for other in others:
        if other != event and anchors[other] != anchors[event]:
            for lit in bad[other]:
                yield frame.logic.any_of((neg(lit), neg(frame.sooner(other, event))))


class _Bounds:
    """The bounds of one query.

    ``threads`` has the events that stand at themselves by thread, in program order; ``elsewhere``
    are the others, which are claims'.
    """

    def __init__(self, frame: Frame, bad: Bad) -> None:
        self._frame = frame
        self._bad = bad
        self._threads: dict[int, list[int]] = {}
        place, anchors = frame.order.place, frame.order.anchors
        for event in sorted(bad, key=place.__getitem__):
            if anchors[event][0] == event:
                self._threads.setdefault(place[event][0], []).append(event)
        self._elsewhere = [event for event in bad if anchors[event][0] != event]
        self._made: dict[int, list[tuple[str, bool]]] = {}

    def all(self) -> dict[int, list[Lit]]:
        """What :func:`firsts` gives."""
        logic, anchors = self._frame.logic, self._frame.order.anchors
        found: dict[int, list[Lit]] = {}
        for thread, events in self._threads.items():
            earlier = TRUE
            for event in events:
                found[event] = [earlier, *self._of(event, thread)]
                earlier = logic.all_of((earlier, *map(neg, self._bad[event])))
        here = list(found)
        none = logic.all_of(neg(lit) for event in here for lit in self._bad[event])
        for event in self._elsewhere:
            # What sees the final state comes after all that stands at itself.
            after = anchors[event][0] == AFTER_ALL
            others = chain(() if after else here, self._elsewhere)
            found[event] = [none if after else TRUE, *self._pairs(event, others)]
        return {event: found[event] for event in self._bad}

    def _pairs(self, event: int, others: Iterable[int]) -> Iterator[Lit]:
        return _by_pairs(self._frame, self._bad, event, others)

    def _of(self, event: int, own: int) -> Iterator[Lit]:
        """That nothing counts before an event in other threads than its own, and in claims."""
        yield from self._pairs(event, self._elsewhere)
        for thread, others in self._threads.items():
            if thread == own:
                continue
            if self._related(own, thread) or others[0] < event < others[-1]:
                yield from self._pairs(event, others)
            else:
                yield from self._within(event, thread, after=event < others[0])

    def _within(self, event: int, thread: int, *, after: bool) -> Iterator[Lit]:
        """That an event is within the bounds of a thread, the numbers of whose events are greater
        or not.

        Of two events that are level and take no time the one with the greater number comes first.
        """
        begun, done = self._frame.extent(event)
        for bound, at_once in self._bounds(thread):
            op = "<" if after and at_once and begun == done else "<="
            yield self._frame.logic.atom(f"({op} {begun} {bound})")

    def _bounds(self, thread: int) -> list[tuple[str, bool]]:
        """The integers that nothing goes wrong before in a thread, and whether a bound is that of
        events that take no time.
        """
        if thread not in self._made:
            logic = self._frame.logic
            logic.label = "bounds of violations"
            made: dict[str, bool] = {}
            for event in self._threads[thread]:
                begun, done = self._frame.extent(event)
                bound = logic.number(f"{'m' if begun == done else 'n'}{thread}")
                made[bound] = begun == done
                for lit in self._bad[event]:
                    logic.clause(neg(lit), logic.atom(f"(<= {bound} {done})"))
            self._made[thread] = list(made.items())
        return self._made[thread]

    def _related(self, one: int, two: int) -> bool:
        """Whether program order may have a part in the order of two threads' events."""
        threads = self._frame.skeleton.threads
        together = threads[one].processor == threads[two].processor
        return together or self._root(one) == self._root(two)

    def _root(self, thread: int) -> int:
        """The thread that nobody created which one stems from."""
        order = self._frame.order
        while order.parent[thread] >= 0:
            thread = order.place[order.parent[thread]][0]
        return thread
