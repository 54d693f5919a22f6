"""Deadlocks in a claimed execution: threads that can never go on.

Who stands still is kept by obstacles, each with the threads that could remove it.  A deadlock is a
set of threads each of which has an obstacle that only members, or threads that have ended, could
remove.  What is over counts as it is in the end: every store has reached everybody by then, as no
processor keeps one back for ever.  That an actor is kept by a callback on its CPU is not covered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dsl.frozen import Frozen
from prover.execution import skeleton as sk
from prover.execution.domains import Place, initial_value
from prover.execution.interrupts import domain_of, queued_ahead
from prover.execution.nodes import touched
from prover.execution.run.locking import Locks
from prover.execution.run.spinning import watched
from prover.execution.terms import ReadValue
from prover.execution.weak.law import DELAYS, Law, Section
from prover.execution.weak.run import Run
from prover.graph.values import POISON, Pointer, Value

RUNNING = ("actor", "callback", "handler")
"""Kinds of thread that do something."""


class Standstill(Frozen, frozen=True):
    """The threads of a deadlock: where those stand that wait, and who each waits for.

    ``hosts`` are actors that a handler keeps, each with that handler; ``locks`` is who holds and
    waits for each lock in the end.
    """

    waiting: Mapping[int, int]
    others: Mapping[int, tuple[int, ...]]
    hosts: Mapping[int, int]
    locks: Locks

    @property
    def events(self) -> frozenset[int]:
        """Where they stand."""
        return frozenset(self.waiting.values())


NOBODY_STANDS = Standstill({}, {}, {}, Locks())
"""No deadlock."""


def deadlocked(run: Run) -> Standstill:
    """The largest set of threads that wait for each other, or for those that have ended."""
    found = _Standing(run)
    waits = {thread: found.obstacles(event) for thread, event in found.waiting.items()}
    for host, handlers in found.kept.items():
        waits[host] = [*waits.get(host, ()), *(frozenset((h,)) for h in handlers)]
    stuck = {thread for thread, obstacles in waits.items() if obstacles}
    while True:
        gone = stuck | found.ended
        kept = {thread for thread in stuck if any(o <= gone for o in waits[thread])}
        if kept == stuck:
            break
        stuck = kept
    gone = stuck | found.ended
    others = {t: tuple(sorted({r for o in waits[t] if o <= gone for r in o})) for t in stuck}
    return Standstill(
        {t: e for t, e in sorted(found.waiting.items()) if t in stuck},
        others,
        {t: others[t][0] for t in sorted(stuck) if t not in found.waiting},
        found.locks,
    )


class _Standing:
    """Where the threads of a run stand at its end."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.skeleton = run.skeleton
        self.law = Law(run)
        self.locks = self.law.locks()
        self.ended = {t.number for t in self._threads() if t.events[-1] in run.happened}
        self.begun = {t.number for t in self._threads() if t.events[0] in run.happened}
        self.waiting = {self.skeleton.events[e].thread: e for e in sorted(run.waiting)}
        self.kept: dict[int, list[int]] = {}
        for thread in self._threads():
            begun = thread.kind == "handler" and thread.events[0] in run.happened
            if begun and thread.number not in self.ended:
                self.kept.setdefault(thread.host, []).append(thread.number)

    def _threads(self) -> Iterator[sk.Thread]:
        return (t for t in self.skeleton.threads if t.kind in RUNNING)

    def _going(self, but: int) -> frozenset[int]:
        """The other threads that exist and have not ended."""
        return frozenset(
            t.number
            for t in self._threads()
            if t.number not in (*self.ended, but)
            and (t.parent < 0 or t.parent in self.run.happened)
        )

    def obstacles(self, number: int) -> list[frozenset[int]]:
        """What keeps who stands at an event: for each obstacle who could remove it."""
        event = self.skeleton.events[number]
        if self._would_go_wrong(event):
            return []
        match event.action:
            case sk.Grant() as grant:
                return self._at_lock(event, grant)
            case sk.GraceEnd(start=start):
                return self._open(start)
            case sk.Begin():
                return self._not_begun(self.skeleton.threads[event.thread])
            case sk.BarrierEnd(start=start):
                # Nothing is known from behind its beginning: all may have been queued before it.
                waited = (t.number for t in self.law.callbacks_for(start))
                return [frozenset((t,)) for t in waited if t not in self.ended]
            case sk.IpiEnd(by=by) as action:
                over = self.ended if by < 0 else self.begun
                handlers = sk.waited_on(self.skeleton, action)
                return [frozenset((t,)) for t in handlers if t not in over]
            case sk.Spin() as spin:
                stays = all(map(self._stays, watched(self.skeleton, event, spin)))
                return [self._going(event.thread)] if stays else []
            case _:
                return []

    def _would_go_wrong(self, event: sk.Event) -> bool:
        """Whether a thread violates something where it stands: what it stands at may be gone."""
        if event.number in self.run.violated:
            return True
        address = touched(event)
        pointer = None if address is None else self.run.values.value(address)
        return isinstance(pointer, Pointer) and self._is_freed(pointer)

    def _is_freed(self, pointer: Pointer) -> bool:
        """Whether an object is freed at some time."""
        for event in self.skeleton.events:
            if isinstance(event.action, sk.Deallocate | sk.GiveBack):
                if event.number in self.run.happened:
                    freed = self.run.values.value(event.action.pointer)
                    if isinstance(freed, Pointer) and freed.base == pointer.base:
                        return True
        return False

    # --- locks

    def _at_lock(self, event: sk.Event, grant: sk.Grant) -> list[frozenset[int]]:
        location = self.law.location(grant.address)
        who = self.locks.blockers(location, grant.mode)
        if grant.kind == "folio":
            # Whoever goes on may unlock it, whoever has locked it.
            return [self._going(event.thread)] if who else []
        who = [thread for thread in who if thread != event.thread]
        found = [frozenset((holder,)) for holder in who]
        if grant.in_queue:
            before = self.locks.writers_before(location, event.thread, event.number)
            found.extend(frozenset((writer,)) for writer in before)
        return found

    # --- grace periods, callbacks, handlers

    def _open(self, start: int) -> list[frozenset[int]]:
        """The sections that a grace period begun by an event waits for, and that never end."""
        begun = self.skeleton.events[start].action
        assert isinstance(begun, sk.GraceStart | sk.Queue)
        domain = self.law.domain(begun.domain)
        delays = DELAYS if domain is None else ("srcu",)
        return [
            self._enders(section)
            for section in self.law.sections()
            if section.end < 0
            and section.kind in delays
            and section.domain == domain
            and self._comes_first(section, start)
        ]

    def _comes_first(self, section: Section, start: int) -> bool:
        """Whether a grace period that is not over waits for a section.

        Of who waits for its end nothing is known from behind its beginning, so that it may have
        begun after any section that is not put behind it.  That of a callback which has not begun
        may begin at any time, so after any section.
        """
        begun = self.skeleton.events[start].action
        if isinstance(begun, sk.Queue):
            return True
        behind = self.law.order.before(start, section.start) is True
        waits = isinstance(begun, sk.GraceStart) and not behind
        return waits or self.law.comes_first(section, start)

    def _enders(self, section: Section) -> frozenset[int]:
        """Who can end a section; a reader begun by srcu_down_read() whoever goes on."""
        begun = self.skeleton.events[section.start].action
        if isinstance(begun, sk.SrcuStart) and begun.anybody:
            return self._going(-1)
        return frozenset((section.thread,))

    def _not_begun(self, thread: sk.Thread) -> list[frozenset[int]]:
        """What keeps a callback or a handler from its first step."""
        if thread.kind == "callback":
            return [*self._open(thread.parent), *self._behind(thread)]
        host = frozenset((thread.host,))
        masked = [
            host
            for section in self.law.sections()
            if section.thread == thread.host and section.kind == "irq" and section.end < 0
        ]
        others = [frozenset((h,)) for h in self.kept.get(thread.host, ()) if h != thread.number]
        return [*masked, *others, *self._unsent(thread)]

    def _behind(self, thread: sk.Thread) -> Iterator[frozenset[int]]:
        """The callbacks of call_srcu() queued before on the same CPU that have not ended."""
        domain = domain_of(self.skeleton, thread)
        for other in queued_ahead(self.skeleton, thread):
            its = domain_of(self.skeleton, other)
            if other.parent in self.run.happened and other.number not in self.ended:
                if self.law.domain(its) == self.law.domain(domain):
                    yield frozenset((other.number,))

    def _unsent(self, thread: sk.Thread) -> Iterator[frozenset[int]]:
        """A sender that waits for an earlier IPI before it sends the one that begins a handler."""
        for sender, stands in self.waiting.items():
            action = self.skeleton.events[stands].action
            if isinstance(action, sk.IpiEnd) and action.by == thread.parent:
                yield frozenset((sender,))

    # --- awaits

    def _stays(self, number: int) -> bool:
        """Whether a look of the round that has failed would show in the end what it has shown."""
        run, event = self.run, self.skeleton.events[number]
        if number not in run.happened:
            return number not in run.violated
        if self._would_go_wrong(event):
            return False
        match event.action:
            case sk.Try(address=address, mode=mode, kind=kind):
                location = self.law.location(address)
                # What a free mutex is asked for keeps nobody from it.
                waits = kind != "mutex" and self.locks.writers(location, event.thread)
                return not self.locks.available(location, mode) or bool(waits)
            case sk.LockState(address=address):
                held = self.locks.held(self.law.location(address))
                return held == (number in run.claim.locked)
            case _:
                return all(map(self._is_last, run.reads_of.get(number, ())))

    def _is_last(self, read: sk.ReadAccess) -> bool:
        """Whether a read has seen what its place holds in the end."""
        place = self.run.read_places.get(read.number)
        if place is None:
            return False
        last = self._last(place)
        return last != POISON and self.run.values.leaves[ReadValue(read.number)] == last

    def _last(self, place: Place) -> Value | None:
        """What a place holds in the end."""
        run = self.run
        own = run.in_coherence([w for w, there in run.write_places.items() if there == place])
        if own:
            return run.values.value(self.skeleton.writes[own[-1]].value)
        return initial_value(self.skeleton.layout, place, weak=True)
