"""Why a use after free was possible in an interleaving: what did not keep the object from its end.

Whoever uses an object may be in a reader, hold a lock, or neither; whoever frees it may have let a
grace period go by.  What is said here of both is what happened, in the order in which it did.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prover.execution import skeleton as sk
from prover.execution.because import read_by
from prover.execution.edges import Reason
from prover.execution.nodes import touched
from prover.execution.story import NOBODY, Seen, Stored, Story, Stretch, stretches
from prover.execution.wording import place_text
from prover.graph.values import Pointer

READERS = ("rcu", "irq", "preempt", "bh", "running")
"""The sections that a grace period of RCU waits for."""

INSIDE = {
    "rcu": "rcu_read_lock()",
    "irq": "a section with interrupts off",
    "preempt": "a section with preemption off",
    "bh": "a section with softirqs off",
    "running": "an interrupt",
}
"""What a thread is inside of."""


def freed(story: Story) -> Iterator[Reason]:
    """How the pointer was still to be had, and what did not wait for its user."""
    found = ending(story)
    if found is None:
        return
    end, name = found
    seen = _read(story, name)
    change = None if seen is None else _overwritten(story, seen)
    if seen is not None and change is not None:
        yield Reason(
            f"{story.name(seen.event)} reads {place_text(seen.place)} before"
            f" {story.name(change.event)} changes it",
            "fr",
            seen.event,
            change.event,
        )
    elif seen is not None and story.order.index(end) < _place(story, seen.event):
        text = f"{place_text(seen.place)} still leads to {name} after the free"
        yield Reason(text, "free", end, seen.event)
    yield _Protection(story, end, name, change).reason()


def _place(story: Story, event: int) -> int:
    return story.order.index(event) if event in story.order else len(story.order)


def ending(story: Story) -> tuple[int, str] | None:
    """The last event that ended the life of what is used, and its name."""
    term = touched(story.skeleton.events[story.bad])
    where = story.where(term)
    if where is None:
        return None
    typesafe = story.skeleton.layout.regions[where.object].typesafe
    kind = sk.GiveBack if typesafe else sk.Deallocate
    for number in reversed(story.order):
        action = story.skeleton.events[number].action
        if isinstance(action, kind):
            gone = story.where(action.pointer)
            if gone is not None and gone.object == where.object:
                return number, where.object
    return None


def _read(story: Story, name: str) -> Seen | None:
    """The read that gave the user its pointer."""
    term = touched(story.skeleton.events[story.bad])
    assert term is not None
    value = story.pointer(term)
    places = value.via.locations if value is not None and value.via is not None else ()
    computed = read_by(story, term)
    own = [s for s in story.reads if s.event in story.own(story.bad) and s.event < story.bad]
    last: Seen | None = None
    for seen in sorted(own, key=lambda s: s.event, reverse=True):
        to = seen.value
        leads = isinstance(to, Pointer) and to.base is not None and to.base.object == name
        if leads or seen.place[0] in places:
            return seen
        last = seen if last is None and seen.event in computed else last
    return last


def _overwritten(story: Story, seen: Seen) -> Stored | None:
    """The store of another thread that took the pointer away."""
    stores = story.stores.get(seen.place, ())
    events = [stored.event for stored in stores]
    start = events.index(seen.source) + 1 if seen.source in events else 0
    later = [s for s in stores[start:] if s.event not in story.own(seen.event)]
    return later[0] if later else None


@dataclass(slots=True)
class _Protection:
    """What stood between the use of an object and its end, event ``end``."""

    story: Story
    end: int
    name: str
    change: Stored | None

    def reason(self) -> Reason:
        """Why it did not keep them apart."""
        waits = self._deferral()
        return self._at_once() if waits is None else self._deferred(waits)

    def _deferral(self) -> Stretch | None:
        """The last grace period that the free waited for."""
        story = self.story
        thread = story.skeleton.threads[story.thread(self.end)]
        found: Stretch | None = None
        for one in stretches(story):
            starts = thread.kind == one.kind and one.start == thread.parent
            over = one.end != NOBODY and _place(story, one.end) < _place(story, self.end)
            if starts or (one.kind == "grace" and one.thread == thread.number and over):
                found = one
        return found

    def _freer(self) -> str:
        """Who frees it: of a callback or a page, whoever queued or freed it."""
        thread = self.story.skeleton.threads[self.story.thread(self.end)]
        later = thread.kind in ("callback", "page")
        return self.story.name(thread.parent if later else self.end)

    def _own(self, at: int, *kinds: str) -> list[Stretch]:
        """What the user was in when an event happened."""
        story = self.story
        return [
            one
            for one in stretches(story)
            if one.thread == story.thread(story.bad)
            and one.kind in kinds
            and _place(story, one.start) < _place(story, at)
            and (one.end == NOBODY or _place(story, one.end) > _place(story, at))
        ]

    def _at_once(self) -> Reason:
        """Nobody waited."""
        story, user = self.story, self.story.name(self.story.bad)
        for one in self._own(self.end, *READERS):
            text = f"{user} is inside {INSIDE[one.kind]}: a grace period would have waited for it"
            return Reason(text, "gp", one.start, self.end)
        for one in self._own(self.end, "srcu"):
            text = f"{user} is inside srcu_read_lock(&{one.where}): synchronize_srcu() would wait"
            return Reason(text, "gp", one.start, self.end)
        held = self._own(self.end, "lock")
        freer = self._freer()
        if held:
            locks = " and ".join(str(one.where) for one in held)
            text = f"{user} holds {locks}, which does not keep {freer} from freeing {self.name}"
        else:
            text = f"{user} holds no lock and is in no reader when {freer} frees {self.name}"
        return Reason(text, "free", self.end, story.bad)

    def _deferred(self, waits: Stretch) -> Reason:
        """A grace period went by."""
        story, user = self.story, self.story.name(self.story.bad)
        kinds = READERS if waits.where is None or waits.kind == "page" else ("srcu",)
        srcu = "srcu" in kinds
        at_use = [x for x in self._own(story.bad, *kinds) if not srcu or x.where == waits.where]
        late = [x for x in at_use if _place(story, x.start) > _place(story, waits.start)]
        if self.change is not None:
            if _place(story, self.change.event) > _place(story, waits.start):
                text = (
                    f"the grace period begins before {story.name(self.change.event)} changes"
                    f" {place_text(self.change.place)}"
                )
                return Reason(text, "po", waits.start, self.change.event)
        if late:
            inside = INSIDE.get(late[0].kind, f"srcu_read_lock(&{late[0].where})")
            text = f"{user} enters {inside} after the grace period has begun"
            return Reason(text, "gp", waits.start, late[0].start)
        return self._unawaited(waits, kinds)

    def _unawaited(self, waits: Stretch, kinds: tuple[str, ...]) -> Reason:
        """The grace period did not have to wait for the user, or not that long."""
        story, user = self.story, self.story.name(self.story.bad)
        of = "RCU" if "rcu" in kinds else f"SRCU domain {waits.where}"
        for one in self._own(waits.start, *kinds):
            if one.end != NOBODY and ("rcu" in kinds or one.where == waits.where):
                text = f"{user} leaves its reader before it uses {self.name}"
                return Reason(text, "gp", one.end, waits.end if waits.end != NOBODY else self.end)
        for one in self._own(self.end, "rcu", "srcu"):
            if one.kind in kinds and one.where == waits.where:
                continue
            inside = INSIDE.get(one.kind, f"srcu_read_lock(&{one.where})")
            text = f"{user} is inside {inside}, which a grace period of {of} does not wait for"
            return Reason(text, "gp", one.start, waits.start)
        text = f"{user} is in no reader that a grace period of {of} waits for"
        return Reason(text, "free", self.end, story.bad)
