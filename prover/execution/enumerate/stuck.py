"""Threads that stand still at the end of a candidate: they must be unable to go on.

An obstacle is what keeps a thread from going on; it comes with the threads that could remove
it.  A deadlock is a set of threads each of which has an obstacle that only members of the set,
or threads that have ended, could remove.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prover.execution import skeleton as sk
from prover.execution.construct.locks import FAIR
from prover.execution.domains import initial_value
from prover.execution.enumerate.hazards import certain_late, ends_of, stores_of, used_glimpses
from prover.execution.enumerate.locks import (
    conflict,
    folio_changes,
    folio_finally_held,
    location,
)
from prover.execution.enumerate.order import ImpossibleError, Order
from prover.execution.enumerate.values import place_of
from prover.execution.enumerate.waits import begun, domain_at, ended, queued_before, waited_for
from prover.execution.interrupts import domain_of, queued_ahead
from prover.execution.run.spinning import watched
from prover.execution.terms import Outcome, ReadValue, Term
from prover.graph.values import POISON, Location, Value

if TYPE_CHECKING:
    from prover.execution.domains import Place
    from prover.execution.enumerate.candidate import Candidate


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps a thread from going on: who could remove it, and the events that set it up."""

    removers: frozenset[int]
    causes: frozenset[int]


def final_value(c: Candidate, place: Place) -> Value | None:
    """What a place holds in the end."""
    writes = c.co.get(place)
    return c.written[writes[-1]] if writes else initial_value(c.skeleton.layout, place)


def standing(c: Candidate, order: Order) -> dict[int, list[Obstacle]]:
    """Each thread that stands still, with what keeps it.

    Raises ImpossibleError where one could go on, or would violate something where it stands.
    """
    found: dict[int, list[Obstacle]] = {}
    for thread, number in c.stuck.items():
        event = c.skeleton.events[number]
        if c.skeleton.threads[thread].kind == "page":
            continue  # Pages need not be given back.
        _harmless(c, event)
        found[thread] = [*_obstacles(c, order, event), *interrupted(c, thread)]
    for thread in sorted(c.frozen.keys() | c.hosted.keys()):
        found[thread] = interrupted(c, thread)
    if not all(found.values()):
        raise ImpossibleError
    return found


def interrupted(c: Candidate, host: int) -> list[Obstacle]:
    """The handler, or the callback, that runs on a thread and does not end."""
    callbacks = [c.hosted[host]] if host in c.hosted else []
    found = [
        Obstacle(frozenset((t.number,)), frozenset((t.events[0],)))
        for t in c.skeleton.threads
        if t.kind == "handler" and t.host == host and _hangs(c, t)
    ]
    begins = ((b, c.skeleton.threads[b].events[0]) for b in callbacks)
    return [*found, *(Obstacle(frozenset((b,)), frozenset((begin,))) for b, begin in begins)]


def _hangs(c: Candidate, handler: sk.Thread) -> bool:
    """Whether a handler has started and neither ended nor violated anything."""
    over = any(n in c.violated for n in handler.events)
    return begun(c, handler.number) and not ended(c, handler.number) and not over


def _harmless(c: Candidate, event: sk.Event) -> None:
    """An attempt to go on, made in the end, would violate nothing."""
    if certain_late(c, event) or ends_of(c, event):
        raise ImpossibleError
    if any(not list(stores_of(c, one)) for one in used_glimpses(c, event)):
        raise ImpossibleError
    for read in c.facts.reads.get(event.number, ()):
        place = place_of(c.values, read.address, read.part)
        if place is not None and final_value(c, place) == POISON:
            raise ImpossibleError


def _obstacles(c: Candidate, order: Order, event: sk.Event) -> list[Obstacle]:
    """What keeps a thread at a blocking event."""
    match event.action:
        case sk.Grant():
            return list(_lock_obstacles(c, order, event, event.action))
        case sk.GraceEnd(start=start):
            return list(_open_regions(c, order, start))
        case sk.BarrierEnd(start=start):
            return [_thread(t) for t in queued_before(c, order, start) if not ended(c, t)]
        case sk.Spin() as spin:
            return _spin_obstacles(c, order, event, spin)
        case sk.IpiEnd(by=by) as action:
            over = ended if by < 0 else begun
            return [_thread(t) for t in sk.waited_on(c.skeleton, action) if not over(c, t)]
        case sk.Begin():
            thread = c.skeleton.threads[event.thread]
            if thread.kind == "callback":
                return [*_open_regions(c, order, thread.parent), *_behind(c, thread)]
            return list(_masked(c, thread))
        case _:
            raise AssertionError(event.action)


def _thread(number: int) -> Obstacle:
    """A thread that has to end first."""
    return Obstacle(frozenset((number,)), frozenset())


def _lock_obstacles(
    c: Candidate, order: Order, event: sk.Event, action: sk.Grant
) -> Iterator[Obstacle]:
    """Holdings that have not ended, and before a reader in the queue writers that asked."""
    lock = location(c, action.address)
    assert lock is not None
    if action.kind == "folio":
        if folio_finally_held(c, order, lock):
            over = (c.skeleton.threads[t].events[-1] for t in c.cursor if ended(c, t))
            causes = frozenset((*folio_changes(c, lock), *over))
            yield Obstacle(frozenset(_unlocking(c, lock)), causes)
        return
    for held in c.held:
        if held.lock == lock and held.thread != event.thread and held.released < 0:
            if conflict(held.mode, action.mode):
                yield Obstacle(frozenset((held.thread,)), frozenset((held.taken,)))
    if not action.in_queue:
        return
    for waiter in c.asking:
        if waiter.lock == lock and waiter.mode == "exclusive" and waiter.thread != event.thread:
            if order.before("queue", waiter.asked, action.request):
                yield Obstacle(frozenset((waiter.thread,)), frozenset((waiter.asked,)))


def _unlocking(c: Candidate, lock: Location) -> Iterator[int]:
    """The threads that have not ended and have taken a folio lock, or might unlock one.

    For one that is not there whoever would start it.
    """
    unlocks = (
        event.number
        for event in c.skeleton.events
        if isinstance(event.action, sk.Unlock) and event.action.kind == "folio"
    )
    steps = {*unlocks, *folio_changes(c, lock)}
    who = {_starter(c, c.skeleton.events[step].thread) for step in steps}
    yield from (thread for thread in _going(c) if thread in who)


def _starter(c: Candidate, thread: int) -> int:
    """The thread itself, if it is there; else that of the event that would start it."""
    if _alive(c, thread):
        return thread
    return _starter(c, c.skeleton.events[c.skeleton.threads[thread].parent].thread)


def _going(c: Candidate) -> Iterator[int]:
    """The threads that have not ended."""
    for thread in c.cursor:
        page = c.skeleton.threads[thread].kind == "page"
        if not page and not ended(c, thread) and _alive(c, thread):
            yield thread


def _spin_obstacles(c: Candidate, order: Order, event: sk.Event, spin: sk.Spin) -> list[Obstacle]:
    """An await stands still where a further round would see again what the last one saw."""
    causes = {c.skeleton.threads[t].events[-1] for t in c.cursor if ended(c, t)}
    for number in watched(c.skeleton, event, spin):
        if number in c.happened:
            if not _sees_the_end(c, order, c.skeleton.events[number]):
                return []
            causes.add(number)
    others = frozenset(t for t in _going(c) if t != event.thread)
    return [Obstacle(others, frozenset(causes))]


def _sees_the_end(c: Candidate, order: Order, event: sk.Event) -> bool:
    """Whether a look has shown what memory, or a lock, holds in the end."""
    if ends_of(c, event):
        return False
    for read in c.facts.reads.get(event.number, ()):
        place = place_of(c.values, read.address, read.part)
        row = ReadValue(read.number)
        if place is not None and row in c.values.leaves:
            if c.values.leaves[row] != final_value(c, place):
                return False
    match event.action:
        case sk.Try(address=address, mode=mode):
            held = any(conflict(other, mode) for other in _finally(c, order, event, address))
            return held or _behind_writer(c, event, address)
        case sk.LockState(address=address):
            held = bool(list(_finally(c, order, event, address)))
            return held == bool(c.values.leaves[Outcome(event.number, "locked")])
        case _:
            return True


def _finally(c: Candidate, order: Order, event: sk.Event, address: Term) -> Iterator[str]:
    """The modes in which a lock is held in the end."""
    lock = location(c, address)
    assert lock is not None
    assert isinstance(event.action, sk.Try | sk.LockState)
    if event.action.kind == "folio":
        if folio_finally_held(c, order, lock):
            yield "exclusive"
        return
    for held in c.held:
        if held.lock == lock and held.released < 0:
            yield held.mode


def _behind_writer(c: Candidate, event: sk.Event, address: Term) -> bool:
    """Whether a trylock fails for ever because another thread waits to write."""
    lock = location(c, address)
    return any(
        w.lock == lock and w.kind in FAIR and w.mode == "exclusive" and w.thread != event.thread
        for w in c.asking
    )


def _alive(c: Candidate, thread: int) -> bool:
    """Whether a thread exists: an actor, or one whose creating event happened."""
    parent = c.skeleton.threads[thread].parent
    return parent < 0 or parent in c.happened


def _open_regions(c: Candidate, order: Order, start: int) -> Iterator[Obstacle]:
    """The sections open since before a grace period began.

    That of a callback that has not begun may begin at any time after it was queued.
    """
    late = isinstance(c.skeleton.events[start].action, sk.Queue)
    for region in waited_for(c, start):
        if region.end < 0 and (late or order.before("section", region.start, start)):
            reader = c.skeleton.events[region.start].action
            handed = isinstance(reader, sk.SrcuStart) and reader.anybody
            # Whoever is going might end a reader begun by srcu_down_read().
            removers = frozenset(_going(c)) if handed else frozenset((region.thread,))
            yield Obstacle(removers, frozenset((region.start, start)))


def _behind(c: Candidate, callback: sk.Thread) -> Iterator[Obstacle]:
    """The callbacks of call_srcu() queued before on the same CPU that have not ended."""
    domain = domain_of(c.skeleton, callback)
    for other in queued_ahead(c.skeleton, callback):
        if other.parent in c.happened and not ended(c, other.number):
            if domain_at(c, domain_of(c.skeleton, other)) == domain_at(c, domain):
                yield Obstacle(frozenset((other.number,)), frozenset((callback.parent,)))


def _masked(c: Candidate, handler: sk.Thread) -> Iterator[Obstacle]:
    """A host that keeps interrupts off, another handler that runs on it, or a sender that waits
    for an earlier IPI before it sends this one.
    """
    for sender, number in c.stuck.items():
        action = c.skeleton.events[number].action
        if isinstance(action, sk.IpiEnd) and action.by == handler.parent:
            yield Obstacle(frozenset((sender,)), frozenset((handler.parent,)))
    for region in c.regions:
        if region.thread == handler.host and region.kind == "irq" and region.end < 0:
            yield Obstacle(frozenset((region.thread,)), frozenset((region.start,)))
    for other in c.skeleton.threads:
        alike = other.kind == "handler" and other.host == handler.host
        if alike and other.number != handler.number:
            if begun(c, other.number) and not ended(c, other.number):
                yield Obstacle(frozenset((other.number,)), frozenset((other.events[0],)))


# --- deadlock --------------------------------------------------------------------------------


def deadlocks(c: Candidate, order: Order, found: dict[int, list[Obstacle]]) -> list[int]:
    """For each thread in a deadlock: the events (as bits) that make it one.

    Raises ImpossibleError where an actor stands still under a callback outside of any deadlock:
    it may as well go on beside it.
    """
    gone_for_good = {t for t in c.cursor if ended(c, t)}
    stuck = set(found)
    while True:
        gone = stuck | gone_for_good
        kept = {t for t in stuck if any(o.removers <= gone for o in found[t])}
        if kept == stuck:
            break
        stuck = kept
    if not c.hosted.keys() <= stuck:
        raise ImpossibleError
    return [_extent(c, order, found, stuck, gone_for_good, thread) for thread in sorted(stuck)]


def _extent(
    c: Candidate,
    order: Order,
    found: dict[int, list[Obstacle]],
    stuck: set[int],
    over: set[int],
    start: int,
) -> int:
    """The events that have to happen before ``start`` is in a deadlock."""
    members, todo, mask = {start}, [start], 0
    while todo:
        thread = todo.pop()
        gone = stuck | over
        choices = [o for o in found[thread] if o.removers <= gone]
        chosen = min(choices, key=lambda o: (len(o.removers & over), sorted(o.removers)))
        for cause in sorted(chosen.causes):
            mask |= order.earlier[cause] | 1 << cause
        for remover in sorted(chosen.removers):
            if remover not in members:
                members.add(remover)
                if remover in stuck:
                    todo.append(remover)
    for member in sorted(members):
        last = c.last.get(member)
        if last is not None:
            mask |= order.earlier[last] | 1 << last
    return mask
