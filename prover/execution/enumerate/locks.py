"""Locks in a candidate: holdings of one lock exclude each other, trylocks see them, and so on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prover.execution import skeleton as sk
from prover.execution.construct.locks import refuses
from prover.execution.enumerate.order import ImpossibleError, Order
from prover.graph.values import Location, Pointer

if TYPE_CHECKING:
    from prover.execution.enumerate.candidate import Candidate
    from prover.execution.terms import Term


@dataclass(frozen=True, slots=True)
class Holding:
    """A lock taken at event ``taken`` and let go at ``released`` (-1: never).

    ``asked`` is the event that requested it, -1 where requests do not show.
    """

    taken: int
    released: int
    thread: int
    lock: Location
    kind: str
    mode: str
    asked: int


@dataclass(frozen=True, slots=True)
class Waiter:
    """A request that has not been granted, at event ``asked``, to be granted at ``grant``."""

    asked: int
    grant: int
    thread: int
    lock: Location
    kind: str
    mode: str


def location(c: Candidate, address: Term) -> Location | None:
    """Where the address of a lock points, None for what is no location."""
    pointer = c.values.value(address)
    if isinstance(pointer, Pointer) and pointer.base is not None:
        return pointer.location
    return None


def find_holdings(c: Candidate) -> list[Holding]:
    """Every holding of a lock that a thread takes and gives back itself, in event order.

    A recursive read begins none.
    """
    found: list[Holding] = []
    for number in sorted(c.happened):
        event = c.skeleton.events[number]
        action = event.action
        if not isinstance(action, sk.Grant | sk.Try | sk.Downgrade) or action.kind == "folio":
            continue
        if isinstance(action, sk.Try) and not c.outcome(number, "taken"):
            continue
        lock = location(c, action.address)
        if lock is None or not c.values.holds(action.outer):
            continue
        mode = "shared" if isinstance(action, sk.Downgrade) else action.mode
        released = _release(c, number, lock, action.kind, mode)
        asked = action.request if isinstance(action, sk.Grant) else -1
        found.append(Holding(number, released, event.thread, lock, action.kind, mode, asked))
    return found


def _release(c: Candidate, number: int, lock: Location, kind: str, mode: str) -> int:
    """The first unlock of the thread after ``number`` that ends the holding begun there."""
    thread, index = c.facts.place[number]
    for later in c.skeleton.threads[thread].events[index + 1 :]:
        unlock = c.skeleton.events[later].action
        if not isinstance(unlock, sk.Unlock) or later not in c.happened:
            continue
        same = (unlock.kind, unlock.mode) == (kind, mode)
        if same and c.values.holds(unlock.outer) and location(c, unlock.address) == lock:
            return later
    return -1


def find_waiters(c: Candidate) -> list[Waiter]:
    """Every request that is never granted."""
    found: list[Waiter] = []
    for number in sorted(c.happened):
        event = c.skeleton.events[number]
        action = event.action
        if isinstance(action, sk.Request) and action.grant not in c.happened:
            lock = location(c, action.address)
            assert lock is not None
            found.append(Waiter(number, action.grant, event.thread, lock, action.kind, action.mode))
    return found


def conflict(one: str, two: str) -> bool:
    """Whether two modes exclude each other."""
    return "exclusive" in {one, two}


def lock_rules(c: Candidate, order: Order) -> None:
    """Raises ImpossibleError where locks would not have behaved so."""
    held = c.held
    for position, one in enumerate(held):
        for two in held[position + 1 :]:
            if one.lock == two.lock and one.thread != two.thread and conflict(one.mode, two.mode):
                _exclude(order, one, two)
    for lock in folio_locks(c):
        _alternate(c, order, lock)
    _fair(c, order, held)
    for number in c.happened:
        action = c.skeleton.events[number].action
        if isinstance(action, sk.Try) and not c.outcome(number, "taken"):
            if not _refusable(c, order, held, number, action):
                raise ImpossibleError
        if isinstance(action, sk.LockState):
            _seen(c, order, held, number, action)


def _exclude(order: Order, one: Holding, two: Holding) -> None:
    """Of two holdings that conflict one ends before the other begins."""
    if one.released < 0 and two.released < 0:
        raise ImpossibleError
    if two.released < 0 or (one.released >= 0 and order.before("lock", one.taken, two.taken)):
        order.require("lock", one.released, two.taken)
    else:
        order.require("lock", two.released, one.taken)


def _fair(c: Candidate, order: Order, held: tuple[Holding, ...]) -> None:
    """A read that is asked for after a pending write gets the lock after that write.

    Recursive reads queue too, so this goes by grants and not by holdings.
    """
    writers = [(h.asked, h.taken, h.thread, h.lock) for h in held if h.mode == "exclusive"]
    pending = [(w.asked, -1, w.thread, w.lock) for w in c.asking if w.mode == "exclusive"]
    for number in c.happened:
        event = c.skeleton.events[number]
        action = event.action
        if not isinstance(action, sk.Grant) or not action.in_queue:
            continue
        lock = location(c, action.address)
        for asked, granted, thread, where in (*writers, *pending):
            if asked < 0 or where != lock or thread == event.thread:
                continue
            if granted >= 0 and order.has(granted, number):
                continue
            if granted < 0:
                order.require("queue", action.request, asked)
            elif order.before("queue", asked, action.request):
                order.require("queue", granted, number)


def _refusable(
    c: Candidate, order: Order, held: tuple[Holding, ...], number: int, action: sk.Try
) -> bool:
    """Whether a trylock may fail: the lock is held or, where that shows, asked for by another."""
    if c.values.holds(action.own):
        return True
    lock = location(c, action.address)
    assert lock is not None
    if action.kind == "folio":
        return folio_held(c, order, c.skeleton.events[number])
    thread = c.skeleton.events[number].thread
    others = [h for h in held if h.lock == lock and h.thread != thread]
    if any(conflict(h.mode, action.mode) and holds_at(order, h, number) for h in others):
        return True
    return any(
        order.before("look", asked, number)
        and (granted < 0 or order.before("look", number, granted))
        for asked, granted in _requests(c, lock, thread)
    )


def _requests(c: Candidate, lock: Location, thread: int) -> Iterator[tuple[int, int]]:
    """What makes trylocks of a thread fail: others' requests, with their grants (-1: none)."""
    for number in sorted(c.happened):
        event = c.skeleton.events[number]
        action = event.action
        if isinstance(action, sk.Request) and event.thread != thread:
            if location(c, action.address) == lock and refuses(action.kind, action.mode):
                yield number, action.grant if action.grant in c.happened else -1


def holds_at(order: Order, holding: Holding, moment: int) -> bool:
    """Whether a holding has begun and not ended when ``moment`` comes."""
    if not order.before("look", holding.taken, moment):
        return False
    return holding.released < 0 or not order.before("look", holding.released, moment)


def _seen(
    c: Candidate, order: Order, held: tuple[Holding, ...], number: int, action: sk.LockState
) -> None:
    """A look at a lock sees whether anyone holds it."""
    event = c.skeleton.events[number]
    lock = location(c, action.address)
    if action.kind == "folio":
        locked = folio_held(c, order, event)
    else:
        others = [h for h in held if h.lock == lock and h.thread != event.thread]
        mine = c.values.holds(action.own)
        locked = mine or any(holds_at(order, h, number) for h in others)
    if locked != c.outcome(number, "locked"):
        raise ImpossibleError


# --- folio locks, which have no owner ------------------------------------------------------


def folio_locks(c: Candidate) -> list[Location]:
    """The folio locks that anything happens to, in order of appearance."""
    found: dict[Location, None] = {}
    for number in c.happened:
        action = c.skeleton.events[number].action
        if isinstance(action, sk.Grant | sk.Try | sk.Unlock) and action.kind == "folio":
            lock = location(c, action.address)
            if lock is not None:
                found[lock] = None
    return list(found)


def folio_changes(c: Candidate, lock: Location) -> list[int]:
    """The events that take or give back a folio lock."""
    found: list[int] = []
    for number in sorted(c.happened):
        action = c.skeleton.events[number].action
        if isinstance(action, sk.Grant | sk.Try | sk.Unlock) and action.kind == "folio":
            if location(c, action.address) != lock:
                continue
            if not isinstance(action, sk.Try) or c.outcome(number, "taken"):
                found.append(number)
    return found


def _in_order(order: Order, events: list[int]) -> list[int]:
    """Events in the order in which they happen."""
    placed: list[int] = []
    for event in events:
        position = sum(order.before("lock", other, event) for other in placed)
        placed.insert(position, event)
    return placed


def _alternate(c: Candidate, order: Order, lock: Location) -> None:
    """Takings and releases of a folio lock take turns."""
    held = False
    for number in _in_order(order, folio_changes(c, lock)):
        takes = not isinstance(c.skeleton.events[number].action, sk.Unlock)
        if takes == held:
            raise ImpossibleError
        held = takes


def folio_held(c: Candidate, order: Order, event: sk.Event) -> bool:
    """Whether a folio lock is held when an event on it comes, by whomever."""
    action = event.action
    assert isinstance(action, sk.Try | sk.Unlock | sk.LockState)
    lock = location(c, action.address)
    assert lock is not None
    return folio_held_by(c, order, lock, event.number, -1)


def folio_held_by(c: Candidate, order: Order, lock: Location, moment: int, thread: int) -> bool:
    """Whether a folio lock is held when ``moment`` comes; by ``thread``, unless that is -1."""
    changes = [n for n in folio_changes(c, lock) if n != moment]
    earlier = [n for n in changes if order.before("look", n, moment)]
    return folio_taken_last(c, order, earlier, thread)


def folio_finally_held(c: Candidate, order: Order, lock: Location) -> bool:
    """Whether a folio lock is held in the end, by whomever."""
    return folio_taken_last(c, order, folio_changes(c, lock), -1)


def folio_taken_last(c: Candidate, order: Order, changes: list[int], thread: int) -> bool:
    """Whether the last of these changes of a folio lock takes it (for ``thread``, unless -1)."""
    if not changes:
        return False
    last = c.skeleton.events[_in_order(order, changes)[-1]]
    if isinstance(last.action, sk.Unlock):
        return False
    return thread in {-1, last.thread}
