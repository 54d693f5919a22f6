"""Why a use after free was possible in an interleaving: what did not keep the object from its end.

Whoever uses an object may be in a reader, hold a lock, or neither; whoever frees it may have let a
grace period go by.  What is said here of both is what happened, in the order in which it did.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dsl.frozen import replace
from prover.execution import skeleton as sk
from prover.execution.because import read_by, told_first
from prover.execution.edges import Reason
from prover.execution.held import around
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
        yield _read_before(story, seen, change)
    elif seen is not None and story.order.index(end) < _place(story, seen.event):
        yield _still(seen, end, name)
    yield _Protection(story, end, name, change).reason()


def freed_twice(story: Story) -> Iterator[Reason]:
    """How two threads came to free one object."""
    action = story.skeleton.events[story.bad].action
    where = story.where(action.pointer) if isinstance(action, sk.Deallocate) else None
    first = None if where is None else _freed_before(story, where.object)
    if where is None or first is None:
        return
    user = _asked(story, story.bad)
    asking = replace(story, bad=user)
    own = [s for s in story.reads if s.event in story.own(user) and s.event < user]
    said: Reason | None = None
    for seen in [s for s in own if _leads(s, where.object)][-1:]:
        change = _overwritten(story, seen)
        if change is not None:
            said = _read_before(story, seen, change)
        elif _place(story, first) < _place(story, seen.event):
            said = _still(seen, first, where.object)
    if said is not None:
        yield said
    guard = told_first(asking, read_by(story, story.skeleton.events[user].guard))
    yield from [one for one in guard if said is None or one.source != said.source][-1:]
    one, two = story.name(_asked(story, first)), story.name(user)
    text = f"{one} and {two} both free {where.object}"
    yield Reason(
        text if one != two else f"{one} frees {where.object} twice", "free", first, story.bad
    )


def _freed_before(story: Story, name: str) -> int | None:
    """The last free of an object but the one that goes wrong."""
    for number in reversed(story.order):
        action = story.skeleton.events[number].action
        if isinstance(action, sk.Deallocate) and number != story.bad:
            gone = story.where(action.pointer)
            if gone is not None and gone.object == name:
                return number
    return None


def _asked(story: Story, event: int) -> int:
    """Who has an event done: of a callback or a page, the step that queued or freed it."""
    thread = story.skeleton.threads[story.thread(event)]
    return thread.parent if thread.kind in ("callback", "page") else event


def _read_before(story: Story, seen: Seen, change: Stored) -> Reason:
    text = (
        f"{story.name(seen.event)} reads {place_text(seen.place)} before"
        f" {story.name(change.event)} changes it"
    )
    return Reason(text, "fr", seen.event, change.event)


def _still(seen: Seen, end: int, name: str) -> Reason:
    text = f"{place_text(seen.place)} still leads to {name} after the free"
    return Reason(text, "free", end, seen.event)


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


def _leads(seen: Seen, name: str) -> bool:
    """Whether what was read is a pointer to an object."""
    to = seen.value
    return isinstance(to, Pointer) and to.base is not None and to.base.object == name


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
        if _leads(seen, name) or seen.place[0] in places:
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


def waited(story: Story) -> Iterator[Reason]:
    """What kept nobody from freeing an object in use, under a weak model: a matter of programs.

    Whether the user is in a reader, and whether the free is behind a grace period, depends on no
    order between the two.
    """
    found = ending(story)
    if found is None:
        return
    end, name = found
    user, freer = story.name(story.bad), story.name(_asked(story, end))
    inside = around(story, story.bad, *READERS)
    waits = _Protection(story, end, name, None).deferral()
    if waits is None and inside:
        text = f"{user} is inside {INSIDE[inside[0].kind]}, and {freer} waits for no grace period"
        yield Reason(text, "gp", inside[0].start, end)
    elif waits is not None and waits.kind != "flush" and not _spins(story):
        readers = around(story, story.bad, "srcu") if waits.where is not None else inside
        domain = "RCU" if waits.where is None or waits.kind == "page" else str(waits.where)
        if not [one for one in readers if domain == "RCU" or one.where == waits.where]:
            text = f"{user} is in no reader that a grace period of {domain} waits for"
            yield Reason(text, "gp", waits.start, story.bad)


def _spins(story: Story) -> bool:
    """Whether the user holds a lock that keeps grace periods waiting."""
    return any(story.spins(one) for one in around(story, story.bad, "lock"))


@dataclass(slots=True)
class _Protection:
    """What stood between the use of an object and its end, event ``end``."""

    story: Story
    end: int
    name: str
    change: Stored | None

    def reason(self) -> Reason:
        """Why it did not keep them apart."""
        waits = self.deferral()
        return self._at_once() if waits is None else self._deferred(waits)

    def deferral(self) -> Stretch | None:
        """The last grace period that the free waited for."""
        story = self.story
        thread = story.skeleton.threads[story.thread(self.end)]
        found: Stretch | None = None
        for one in stretches(story):
            starts = thread.kind == one.kind and one.start == thread.parent
            over = one.end != NOBODY and _place(story, one.end) < _place(story, self.end)
            if starts or (one.kind in ("grace", "flush") and one.thread == thread.number and over):
                found = one
        return found

    def _freer(self) -> str:
        """Who frees it: of a callback or a page, whoever queued or freed it."""
        return self.story.name(_asked(self.story, self.end))

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
        freer, readers = self._freer(), self._own(self.end, *READERS, "srcu")
        # What the user has left before its use could not have helped.
        still = self._own(story.bad, *READERS, "srcu", "lock")
        for one in sorted((x for x in readers if x in still), key=lambda x: x.kind == "srcu"):
            text = f"{user} is in a reader of {one.where}, which {freer} does not wait for"
            if one.kind in INSIDE:
                inside = INSIDE[one.kind]
                text = f"{user} is inside {inside}: a grace period would have waited for it"
            return Reason(text, "gp", one.start, self.end)
        if readers:
            text = f"{user} leaves its reader before it uses {self.name}"
            return Reason(text, "gp", readers[-1].end, story.bad)
        held = [one for one in self._own(self.end, "lock") if one in still]
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
                    f"the {_wait(waits)} begins before {story.name(self.change.event)} changes"
                    f" {place_text(self.change.place)}"
                )
                return Reason(text, "po", waits.start, self.change.event)
        if late:
            inside = INSIDE.get(late[0].kind, f"a reader of {late[0].where}")
            text = f"{user} enters {inside} after the {_wait(waits)} has begun"
            return Reason(text, "gp", waits.start, late[0].start)
        return self._unawaited(waits, kinds)

    def _unawaited(self, waits: Stretch, kinds: tuple[str, ...]) -> Reason:
        """The grace period did not have to wait for the user, or not that long."""
        story, user = self.story, self.story.name(self.story.bad)
        what = f"a {_wait(waits)} of {'RCU' if 'rcu' in kinds else waits.where}"
        for one in self._own(waits.start, *kinds):
            if one.end != NOBODY and ("rcu" in kinds or one.where == waits.where):
                text = f"{user} leaves its reader before it uses {self.name}"
                return Reason(text, "gp", one.end, waits.end if waits.end != NOBODY else self.end)
        for one in self._own(self.end, "rcu", "srcu"):
            if one.kind in kinds and one.where == waits.where:
                continue
            inside = (
                "inside rcu_read_lock()" if one.kind == "rcu" else f"in a reader of {one.where}"
            )
            text = f"{user} is {inside}, which {what} does not wait for"
            return Reason(text, "gp", one.start, waits.start)
        text = f"{user} is in no reader that {what} waits for"
        return Reason(text, "free", self.end, story.bad)


def _wait(waits: Stretch) -> str:
    """What went by."""
    return "flush" if waits.kind == "flush" else "grace period"
