"""Claims made wrong in who has a lock when."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from dsl.frozen import replace
from prover.execution import skeleton as sk
from prover.execution.claim import Claim
from prover.graph.values import Location, Pointer
from tests.weak.right import Right
from tests.weak.wrong import (
    AXIOM,
    THIN_AIR,
    Corruption,
    crossings,
    deciding,
    in_program_order,
    moved,
)

LOCKS = (sk.Request, sk.Grant, sk.Try, sk.Unlock, sk.LockState)


def locking(right: Right, *kinds: type[sk.Action]) -> list[int]:
    """The events that happened and did so much to some lock; a trylock only where it took it."""
    found: list[int] = []
    for event in right.skeleton.events:
        taken = right.claim.decisions.taken.get(event.number, False)
        failed = isinstance(event.action, sk.Try) and not taken
        if event.number in right.run.happened and isinstance(event.action, kinds) and not failed:
            found.append(event.number)
    return found


def lock_of(right: Right, event: int) -> Location:
    """The lock that an event is about."""
    action = right.skeleton.events[event].action
    assert isinstance(action, LOCKS)
    pointer = right.run.values.value(action.address)
    assert isinstance(pointer, Pointer)
    return pointer.location


def conflicting(right: Right, one: int, two: int) -> bool:
    """Whether two threads' holdings of one lock exclude each other."""
    a, b = right.skeleton.events[one], right.skeleton.events[two]
    assert isinstance(a.action, sk.Grant | sk.Try | sk.Unlock)
    assert isinstance(b.action, sk.Grant | sk.Try | sk.Unlock)
    alike = lock_of(right, one) == lock_of(right, two) and a.thread != b.thread
    return alike and "exclusive" in (a.action.mode, b.action.mode)


def lock_taken_while_held(right: Right) -> Iterator[Claim]:
    """A lock is held when somebody has just taken it."""
    takings = locking(right, sk.Grant, sk.Try)
    for one, two in permutations(takings, 2):
        if conflicting(right, one, two):
            yield moved(right, two, behind=one)


def lock_taken_while_downgraded(right: Right) -> Iterator[Claim]:
    """A lock is held when somebody has just let go but a shared holding of it."""
    events = right.skeleton.events
    for one in locking(right, sk.Downgrade):
        for two in locking(right, sk.Grant, sk.Try):
            action = events[two].action
            assert isinstance(action, sk.Grant | sk.Try)
            if conflicting(right, one, two) and action.mode == "exclusive":
                yield moved(right, two, behind=one)


def trylock_that_fails_at_a_free_lock(right: Right) -> Iterator[Claim]:
    """It failed, and succeeds where it is moved to; or the other way round."""
    for event in right.skeleton.events:
        if isinstance(event.action, sk.Try) and event.number in right.run.happened:
            taken = right.claim.decisions.taken.get(event.number, False)
            if taken and not _asked(right, event.number):
                yield deciding(right.claim, taken={event.number: False})
            elif not taken and _kept_out(right, event.number):
                yield deciding(right.claim, taken={event.number: True})


def _kept_out(right: Right, event: int) -> bool:
    """Whether someone has the lock, in a mode that excludes a trylock."""
    for taking in locking(right, sk.Grant, sk.Try):
        ends = [
            e
            for e in locking(right, sk.Unlock)
            if in_program_order(right, taking, e) and lock_of(right, e) == lock_of(right, taking)
        ]
        if conflicting(right, taking, event) and right.claim.earlier(taking, event):
            if not any(right.claim.earlier(e, event) for e in ends):
                return True
    return False


def _asked(right: Right, event: int) -> bool:
    """Whether someone has asked for the lock before a trylock."""
    return any(
        lock_of(right, other) == lock_of(right, event) and right.claim.earlier(other, event)
        for other in locking(right, sk.Request)
    )


def look_that_sees_the_contrary(right: Right) -> Iterator[Claim]:
    """A lock is held or it is not."""
    for event in right.skeleton.events:
        if isinstance(event.action, sk.LockState) and event.number in right.run.happened:
            yield replace(right.claim, locked=right.claim.locked ^ {event.number})


def unlock_before_its_lock(right: Right) -> Iterator[Claim]:
    """A thread lets go what it has taken."""
    for taking in locking(right, sk.Grant, sk.Try):
        for unlock in locking(right, sk.Unlock):
            same = lock_of(right, taking) == lock_of(right, unlock)
            if same and in_program_order(right, taking, unlock):
                yield moved(right, taking, behind=unlock)


def reader_that_passes_a_waiting_writer(right: Right) -> Iterator[Claim]:
    """Readers of an rwsem or an rwlock do not pass a writer that waits."""
    for request in locking(right, sk.Request):
        asked = right.skeleton.events[request].action
        assert isinstance(asked, sk.Request)
        for grant in locking(right, sk.Grant):
            action = right.skeleton.events[grant].action
            assert isinstance(action, sk.Grant)
            modes = (asked.mode, action.mode) == ("exclusive", "shared") and action.request >= 0
            foreign = right.skeleton.events[request].thread != right.skeleton.events[grant].thread
            alike = lock_of(right, request) == lock_of(right, grant)
            if modes and alike and foreign and right.claim.earlier(grant, asked.grant):
                yield moved(right, request, before=action.request)


def across_sections_of_a_lock(right: Right) -> Iterator[Claim]:
    """What is in a section is over in the next one of the lock."""
    pairs = [
        (unlock, taking)
        for unlock in locking(right, sk.Unlock)
        for taking in locking(right, sk.Grant, sk.Try)
        if conflicting(right, unlock, taking) and right.claim.earlier(unlock, taking)
    ]
    yield from crossings(right, pairs)


OF_LOCKS = (
    Corruption(across_sections_of_a_lock, AXIOM, THIN_AIR),
    Corruption(lock_taken_while_held, "is held", "cannot come out so|see the lock"),
    Corruption(lock_taken_while_downgraded, "is held|cannot come out so"),
    Corruption(trylock_that_fails_at_a_free_lock, "cannot come out so", THIN_AIR),
    Corruption(look_that_sees_the_contrary, "does not see the lock so"),
    Corruption(unlock_before_its_lock, "program order", "is held|cannot come out so|see the lock"),
    Corruption(reader_that_passes_a_waiting_writer, "is held"),
)
