"""The edges of a witness: how one of its moments leads to another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from dsl.frozen import Frozen
from prover.execution import skeleton as sk
from prover.execution.hazards import address_of
from prover.execution.scene import Edge
from prover.execution.story import NOBODY, Story, Stretch, stretches

ORDERS = ("rf", "co", "fr", "lock", "gp", "ipi", "callback", "free", "race", "po")
"""The kinds of edge; those between the same moments stand in this order."""


class Reason(Frozen, frozen=True):
    """Why something came out as it did: a sentence, and the edge between two events that it is of.

    ``kind`` is "" where there is no such edge.
    """

    text: str
    kind: str = ""
    source: int = NOBODY
    target: int = NOBODY


Arrow = tuple[str, int, int]
"""A kind of edge, and two events."""


def edges(
    story: Story, told: Sequence[int], moments: Mapping[int, int], reasons: Iterable[Reason]
) -> tuple[Edge, ...]:
    """The edges between the events that are shown, by the moment of each.

    ``told`` are all events in the order of the table.  Where a handler or callback begins or ends
    is not shown: its first or last step that is stands for it.
    """
    found: dict[tuple[int, int, int], str] = {}
    near = _Near(story, told, moments)
    for kind, a, b in (*_memory(story), *_locks(story), *_lives(story, told), *_waits(story)):
        near.note(found, kind, a, b, "")
    for reason in reasons:
        if reason.kind:
            near.note(found, reason.kind, reason.source, reason.target, reason.text)
    return tuple(
        Edge(ORDERS[kind], source, target, text)
        for (source, target, kind), text in sorted(found.items())
    )


class _Near(Frozen, frozen=True):
    """Finds the moments that stand for events."""

    story: Story
    told: Sequence[int]
    moments: Mapping[int, int]

    def note(
        self, found: dict[tuple[int, int, int], str], kind: str, a: int, b: int, text: str
    ) -> None:
        """Adds an edge where both its ends are shown."""
        loose = kind in ("gp", "ipi", "callback")
        source = self._moment(a, 1 if self._begins(a) else -1) if loose else self.moments.get(a)
        target = self._moment(b, -1 if self._ends(b) else 1) if loose else self.moments.get(b)
        if source is not None and target is not None and source != target:
            key = (source, target, ORDERS.index(kind))
            found[key] = text or found.get(key, "")

    def _moment(self, event: int, way: int) -> int | None:
        """The moment of an event; of one that is not shown that of the next, or the last before."""
        if event not in self.told:
            return self.moments.get(event)
        place = self.told.index(event)
        rest = self.told[place:] if way > 0 else reversed(self.told[: place + 1])
        thread = self.story.thread(event)
        return next(
            (self.moments[e] for e in rest if e in self.moments and self.story.thread(e) == thread),
            None,
        )

    def _begins(self, event: int) -> bool:
        return isinstance(self.story.skeleton.events[event].action, sk.Begin)

    def _ends(self, event: int) -> bool:
        return isinstance(self.story.skeleton.events[event].action, sk.Ended)


def _memory(story: Story) -> Iterator[Arrow]:
    """What is read, overwritten, and missed."""
    stores = {place: [s.event for s in own] for place, own in story.stores.items()}
    for own in stores.values():
        yield from (("co", a, b) for a, b in pairwise(own) if a != b)
    for seen in story.reads:
        own = stores.get(seen.place, [])
        later = own
        if seen.source != NOBODY:
            yield "rf", seen.source, seen.event
            later = own[own.index(seen.source) + 1 :] if seen.source in own else []
        missed = next((event for event in later if event != seen.event), None)
        if missed is not None:
            yield "fr", seen.event, missed


def _locks(story: Story) -> Iterator[Arrow]:
    """From a release to the acquire that it made possible."""
    held = [one for one in stretches(story) if one.kind == "lock"]
    at = {event: index for index, event in enumerate(story.order)}
    for one in held:
        before = [
            other
            for other in held
            if other.where == one.where
            and other.thread != one.thread
            and "exclusive" in (other.mode, one.mode)
            and other.end != NOBODY
            and at[other.end] < at[one.start]
        ]
        if before:
            yield "lock", max(before, key=lambda other: at[other.end]).end, one.start


def _lives(story: Story, told: Sequence[int]) -> Iterator[Arrow]:
    """From a free to what is then done with the object; if typesafe, from the end of its page."""
    regions = story.skeleton.layout.regions
    freed: dict[str, int] = {}
    for number in told:
        event = story.skeleton.events[number]
        action = event.action
        pointer = address_of(event)
        if isinstance(action, sk.Deallocate | sk.GiveBack):
            pointer = action.pointer
        where = story.where(pointer)
        if isinstance(action, sk.Allocate):
            slot = story.slots.get(number)
            freed.pop(getattr(getattr(slot, "base", None), "object", ""), None)
        if where is None:
            continue
        if where.object in freed and not isinstance(action, sk.GiveBack):
            yield "free", freed[where.object], number
        ending = sk.GiveBack if regions[where.object].typesafe else sk.Deallocate
        if isinstance(action, ending):
            freed[where.object] = number


def _waits(story: Story) -> Iterator[Arrow]:
    """Grace periods with what they wait for, IPIs, callbacks."""
    found = stretches(story)
    threads, events = story.skeleton.threads, story.skeleton.events
    happened = set(story.order)
    for one in found:
        if one.kind in ("grace", "flush", "callback", "page"):
            yield from _over(one, [found[index] for index in one.on])
        action = events[one.start].action
        match action:
            case sk.Queue(callback=callback) if one.end != NOBODY:
                yield "callback", one.start, threads[callback].events[0]
            case sk.IpiStart(handlers=handlers):
                for handler in handlers:
                    first = threads[handler].events[0]
                    if first in happened:
                        yield "ipi", one.start, first
                    for number in story.order:
                        after = _waited(story.skeleton, events[number].action, one.start, handler)
                        if after is not None and threads[handler].events[after] in happened:
                            yield "ipi", threads[handler].events[after], number
            case _:
                pass


def _waited(skeleton: sk.Skeleton, action: sk.Action, start: int, handler: int) -> int | None:
    """At which of a handler's events what waits for its IPI goes on: the last, or the first."""
    if not isinstance(action, sk.IpiEnd) or action.start != start:
        return None
    return (-1 if action.by < 0 else 0) if handler in sk.waited_on(skeleton, action) else None


def _over(one: Stretch, awaited: Iterable[Stretch]) -> Iterator[Arrow]:
    """A grace period begins over a reader, and ends behind it."""
    for other in awaited:
        yield "gp", other.start, one.start
        if NOBODY not in (other.end, one.end):
            yield "gp", other.end, one.end
