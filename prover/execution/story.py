"""What an execution is made of, whatever memory model allows it: what witnesses say why from.

Reads with the stores that they read, and *stretches*: a lock that is held, a section, a wait, each
from the event that begins it to the one that ends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from dsl.frozen import Frozen, replace
from prover.execution import skeleton as sk
from prover.execution.construct.strand import SPINNING
from prover.execution.domains import Place, initial_value
from prover.execution.evaluate import Unknown, Valuation
from prover.execution.terms import Term
from prover.execution.wording import cell_at
from prover.graph.values import Location, Pointer, Value

NOBODY = -1
"""Who stored an initial value; what ends a stretch that goes on."""


class Seen(Frozen, frozen=True):
    """A value that an event reads: ``source`` is the event that stored it, or NOBODY."""

    event: int
    place: Place
    value: Value
    source: int


class Stored(Frozen, frozen=True):
    """A value that an event stores."""

    event: int
    place: Place
    value: Value


class Story(Frozen, frozen=True):
    """An execution.

    ``order`` are the events that happened, as they are told; ``reads`` stand in that order too,
    the ``stores`` to each place in that of coherence.  ``taken`` are the trylocks that got
    their locks, ``slots`` what was allocated.  ``bad`` is where it goes wrong, NOBODY in a
    deadlock.
    """

    skeleton: sk.Skeleton
    values: Valuation
    order: tuple[int, ...]
    reads: tuple[Seen, ...]
    stores: Mapping[Place, tuple[Stored, ...]]
    taken: frozenset[int]
    slots: Mapping[int, Value]
    bad: int

    def name(self, event: int) -> str:
        """The name of the thread that an event is of."""
        return self.skeleton.threads[self.skeleton.events[event].thread].name

    def kind(self, event: int) -> str:
        """The kind of that thread."""
        return self.skeleton.threads[self.skeleton.events[event].thread].kind

    def thread(self, event: int) -> int:
        """The thread that an event is of."""
        return self.skeleton.events[event].thread

    def pointer(self, term: Term) -> Pointer | None:
        """Where a term leads; None where it leads nowhere, or is not known."""
        value = self.value(term)
        return value if isinstance(value, Pointer) and value.base is not None else None

    def value(self, term: Term) -> Value | None:
        """What a term is worth, None where that is not known."""
        try:
            return self.values.value(term)
        except Unknown:
            return None

    def own(self, event: int) -> tuple[int, ...]:
        """The events of the thread of an event."""
        return self.skeleton.threads[self.thread(event)].events

    def spins(self, one: Stretch) -> bool:
        """Whether a lock that is held keeps its holder from being preempted."""
        action = self.skeleton.events[one.start].action
        return isinstance(action, sk.Grant | sk.Try) and action.kind in SPINNING

    def lock_class(self, where: Location) -> str:
        """The class of a lock."""
        cell = cell_at(self.skeleton.layout, where)
        return "" if cell is None else cell.lock_class

    def initial(self, place: Place) -> Value | None:
        """What a place holds at the start, None for what is not there yet."""
        return initial_value(self.skeleton.layout, place)

    def where(self, term: Term | None) -> Location | None:
        """The place that a term leads to."""
        pointer = None if term is None else self.pointer(term)
        return None if pointer is None else pointer.location


class Stretch(Frozen, frozen=True):
    """What begins with one event of a thread and ends with another.

    ``kind``: ``lock`` and ``queue`` (held in a ``mode``, asked for), a kind of section, ``running``
    (a callback or handler), ``grace`` and ``flush``, ``callback``, ``page``, ``barrier``, ``ipi``.
    ``where`` is the lock, or the SRCU domain.  ``on`` are the stretches that one waits for.
    """

    kind: str
    thread: int
    start: int
    end: int = NOBODY
    where: Location | None = None
    mode: str = ""
    on: tuple[int, ...] = ()


SECTIONS = ("rcu", "srcu", "irq", "preempt", "bh", "running")
"""The kinds of stretch that are sections."""


@dataclass(slots=True)
class _Walk:
    """Finds the stretches, one event after another."""

    story: Story
    found: list[Stretch] = field(default_factory=list[Stretch])
    depth: dict[tuple[Location, int], int] = field(default_factory=dict[tuple[Location, int], int])
    gone: set[int] = field(default_factory=set[int])

    def begin(
        self,
        kind: str,
        event: int,
        where: Location | None = None,
        mode: str = "",
        on: tuple[int, ...] = (),
    ) -> None:
        """A stretch begins with an event."""
        self.found.append(Stretch(kind, self.story.thread(event), event, NOBODY, where, mode, on))

    def end(self, indices: Iterable[int], event: int) -> None:
        """Stretches end with an event."""
        for index in indices:
            self.found[index] = replace(self.found[index], end=event)

    def open(self, *kinds: str) -> Iterator[int]:
        """The stretches of some kinds that have not ended."""
        for index, one in enumerate(self.found):
            if one.end == NOBODY and one.kind in kinds:
                yield index

    def own(self, event: int, *kinds: str) -> list[int]:
        """Those of them that are of the thread of an event."""
        thread = self.story.thread(event)
        return [index for index in self.open(*kinds) if self.found[index].thread == thread]

    def step(self, number: int) -> None:
        """One event happens."""
        story = self.story
        event = story.skeleton.events[number]
        match event.action:
            case sk.Request(address=address, mode=mode):
                self.begin("queue", number, story.where(address), mode)
            case sk.Grant(address=address, mode=mode):
                self._take(number, address, mode)
            case sk.Try(address=address, mode=mode) if number in story.taken:
                self._take(number, address, mode)
            case sk.Unlock() as unlock:
                self._release(number, unlock)
            case sk.SectionStart(kind=kind, outer=outer) if story.values.surely(outer):
                self.begin(kind, number)
            case sk.SectionEnd(kind=kind, outer=outer) if story.values.surely(outer):
                self.end(self.own(number, kind), number)
            case sk.SrcuStart(address=address):
                self.begin("srcu", number, where=story.where(address))
            case sk.SrcuEnd(closes=closes):
                over = {start for start, when in closes if story.values.surely(when)}
                self.end([i for i in self.open("srcu") if self.found[i].start in over], number)
            case sk.Ended():
                self._ended(number)
            case _:
                self._wait(number, event)

    def _wait(self, number: int, event: sk.Event) -> None:
        """What begins or ends a wait."""
        story, threads = self.story, self.story.skeleton.threads
        match event.action:
            case sk.GraceStart(end=end, domain=domain):
                ends = story.skeleton.events[end].action
                kind = "flush" if isinstance(ends, sk.GraceEnd) and ends.flush else "grace"
                where = story.where(domain)
                self.begin(kind, number, where=where, on=self._delaying(where))
            case sk.Queue(domain=domain):
                where = story.where(domain)
                self.begin("callback", number, where=where, on=self._delaying(where))
            case sk.Deallocate(pointer=pointer, page=page) if page >= 0:
                where = story.where(pointer)
                if where is not None and story.skeleton.layout.regions[where.object].typesafe:
                    self.begin("page", number, where=where, on=self._delaying(None))
            case sk.Allocate():
                self._reused(number)
            case sk.BarrierStart(domain=domain):
                self.begin("barrier", number, where=story.where(domain))
            case sk.IpiStart():
                self.begin("ipi", number)
            case sk.GraceEnd(start=start) | sk.BarrierEnd(start=start):
                kinds = ("grace", "flush", "barrier")
                self.end([i for i in self.open(*kinds) if self.found[i].start == start], number)
            case sk.Begin():
                thread = threads[event.thread]
                opened = self.open("callback", "page")
                self.end([i for i in opened if self.found[i].start == thread.parent], number)
                if thread.kind in ("callback", "handler"):
                    self.begin("running", number)
            case _:
                pass

    def _reused(self, number: int) -> None:
        """The page of a slot that is allocated again is not given back for the free before."""
        slot = self.story.slots.get(number)
        name = slot.base.object if isinstance(slot, Pointer) and slot.base is not None else ""
        places = [(index, self.found[index].where) for index in self.open("page")]
        self.end([i for i, where in places if where is not None and where.object == name], number)

    def _ended(self, number: int) -> None:
        """A thread ends; an IPI is over when it has been taken everywhere."""
        events, threads = self.story.skeleton.events, self.story.skeleton.threads
        handler = threads[self.story.thread(number)].kind == "handler"
        self.end(self.own(number, "running", *(("irq",) if handler else ())), number)
        self.gone.add(self.story.thread(number))
        for index in list(self.open("ipi")):
            action = events[self.found[index].start].action
            if isinstance(action, sk.IpiStart) and self.gone.issuperset(action.handlers):
                self.end([index], number)

    def _take(self, number: int, address: Term, mode: str) -> None:
        where, thread = self.story.where(address), self.story.thread(number)
        if where is None:
            return
        self.end([i for i in self.own(number, "queue") if self.found[i].where == where], number)
        self.depth[where, thread] = self.depth.get((where, thread), 0) + 1
        if self.depth[where, thread] == 1:
            self.begin("lock", number, where, mode)

    def _release(self, number: int, unlock: sk.Unlock) -> None:
        where, thread = self.story.where(unlock.address), self.story.thread(number)
        if where is None:
            return
        if self.depth.get((where, thread), 0) == 0:
            # Of a folio lock, whoever holds it.
            gone = [index for index in self.open("lock") if self.found[index].where == where]
            for index in gone:
                self.depth[where, self.found[index].thread] = 0
            self.end(gone, number)
            return
        self.depth[where, thread] -= 1
        if self.depth[where, thread] == 0 or isinstance(unlock, sk.Downgrade):
            self.end([i for i in self.own(number, "lock") if self.found[i].where == where], number)
        if isinstance(unlock, sk.Downgrade):
            self.depth[where, thread] = 1
            self.begin("lock", number, where, "shared")

    def _delaying(self, domain: Location | None) -> tuple[int, ...]:
        """The open stretches that a grace period waits for."""
        if domain is not None:
            return tuple(i for i in self.open("srcu") if self.found[i].where == domain)
        kinds = tuple(kind for kind in SECTIONS if kind != "srcu")
        return (
            *self.open(*kinds),
            *(i for i in self.open("lock") if self.story.spins(self.found[i])),
        )


def stretches(story: Story) -> tuple[Stretch, ...]:
    """The stretches of an execution, in the order in which they begin.

    What outlasts the end of a grace period was not waited for: that its begin stands above that of
    the grace period is then an accident of the order in which things are told.
    """
    walk = _Walk(story)
    for number in story.order:
        walk.step(number)
    at = {event: index for index, event in enumerate(story.order)}
    last = len(at)

    def waited(one: Stretch, other: Stretch) -> bool:
        came = one.end != NOBODY and not _given_up(story, one)
        return not came or at.get(other.end, last) < at[one.end]

    return tuple(
        replace(one, on=tuple(i for i in one.on if waited(one, walk.found[i])))
        for one in walk.found
    )


def _given_up(story: Story, one: Stretch) -> bool:
    """Whether what was waited for is not to come any more: the slot has been allocated again."""
    return isinstance(story.skeleton.events[one.end].action, sk.Allocate)
