"""Local states: where an actor stands, and all that is its own."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from prover.graph.values import Location, Value
from prover.parametric.machine.values import outlived

SPINNING = ("spinlock", "rwlock")
"""Kinds of lock that make their holder atomic."""

OWNED = ("spinlock", "rwlock", "mutex", "rwsem")
"""Kinds of lock that only their holder may unlock."""

Region: TypeAlias = tuple[str, str]
"""What a wait may wait for the end of: its kind, and the lock, or the reader of a domain."""


class Lock(NamedTuple):
    """A lock held: ``depth`` times, in ``mode``, taken with a lockdep subclass.

    ``gone``: it was in an object that was freed, and keeps nobody from what is there now.
    """

    place: Location
    kind: str
    mode: str
    depth: int
    subclass: int
    gone: bool = False


class Reader(NamedTuple):
    """An SRCU reader of one's own that is open."""

    token: int
    place: Location


class Half(NamedTuple):
    """Halves that an update of a word has stored so far (None: not yet)."""

    update: int
    place: Location
    low: Value | None
    high: Value | None


class Local(NamedTuple):
    """One local state.

    ``body`` is the number of the graph, ``who`` which of the actors that there is one of (-1: one
    of many).  ``wait`` is the number of the wait that it is in, -1 for none; ``pending``: it is a
    callback whose grace period is not over; ``domain`` is the SRCU domain that it was queued with.
    ``counted`` is how many references it has, where counts are kept so (``counts.py``).
    """

    body: int
    who: int
    position: int
    registers: tuple[tuple[str, Value], ...] = ()
    held: tuple[Lock, ...] = ()
    rcu: int = 0
    preempt: int = 0
    bh: int = 0
    irq: bool = False
    readers: tuple[Reader, ...] = ()
    halves: tuple[Half, ...] = ()
    wait: int = -1
    pending: bool = False
    domain: Location | None = None
    stopped: bool = False
    counted: tuple[tuple[Location, int], ...] = ()


def freed_name(slot: str) -> str:
    """What the place of a reader is said to be in once its object was freed."""
    return f"{slot}, freed"


def after_free(local: Local, slot: str) -> Local:
    """A local state once the life that a slot is in is over."""
    registers = tuple((name, outlived(value, slot)) for name, value in local.registers)
    held = tuple(
        lock._replace(gone=True) if lock.place.object == slot else lock for lock in local.held
    )
    halves = tuple(
        half._replace(low=_outlived(half.low, slot), high=_outlived(half.high, slot))
        for half in local.halves
        # What has been stored of a word of that life is nothing of the next one's.
        if half.place.object != slot
    )
    readers = tuple(
        # Its region is open still, but no grace period of what is there now waits for it.
        reader._replace(place=Location(freed_name(slot), reader.place.path))
        if reader.place.object == slot
        else reader
        for reader in local.readers
    )
    counted = tuple(each for each in local.counted if each[0].object != slot)
    return local._replace(
        registers=registers, held=held, halves=halves, readers=readers, counted=counted
    )


def _outlived(value: Value | None, slot: str) -> Value | None:
    return None if value is None else outlived(value, slot)


def without_references(local: Local, place: Location) -> Local:
    """A local state once somebody else has set the count at ``place``."""
    return local._replace(counted=tuple(each for each in local.counted if each[0] != place))


def without_lock(local: Local, place: Location) -> Local:
    """A local state once somebody else has let go of the folio lock at ``place``."""
    held = tuple(lock for lock in local.held if lock.place != place or lock.gone)
    return local._replace(held=held)
