"""States of an execution: immutable, hashable, equal when nothing tells them apart."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from dsl.interpreter.values import UNSET, Value
from dsl.source import Span

Section: TypeAlias = tuple[str, str, int, int]
"""A region that delays grace periods: actor, kind, and for a held lock its slot and allocation.

An actor has at most one open region of each kind (and lock) at a time, so this
names one region as long as it is removed from every wait when it ends.
"""

ACTOR, CALLBACK, HANDLER = "actor", "callback", "handler"
"""What an actor instance is: one of the scenario's, of ``call_rcu()``, or of an IPI."""

PENDING = "pending"
"""A callback before its grace period's end, a handler before its host takes it."""

RUNNING = "running"
ENDED = "ended"
STOPPED = "stopped"
"""Stopped for good at a false ``assume()``; counts as running."""

CUT = "cut"
"""Stopped for good by the loop bound; counts as running."""

SPINNING = "spinning"
"""In a loop that touches nothing shared and never ends."""


class Frame(NamedTuple):
    """One call: code, next op, registers, the caller's register for the result, loop counts."""

    code: int
    pc: int
    registers: tuple[Value, ...]
    result: int
    counts: tuple[tuple[int, int], ...]


class Held(NamedTuple):
    """A lock held: its slot and allocation, ``w`` or ``r``, its class, whether it may sleep."""

    slot: int
    number: int
    mode: str
    lock_class: str
    sleeping: bool


class Request(NamedTuple):
    """A blocking request of a lock with a queue that has not been granted."""

    slot: int
    number: int
    mode: str


class Pend(NamedTuple):
    """A word that an update function has stored halves of, and those halves' bits."""

    slot: int
    number: int
    low: int | None
    high: int | None


class ActorState(NamedTuple):
    """One actor instance.

    ``waiting`` holds what it waits for: sections of a grace period, names of
    handlers or callbacks, or of the writers before it in a lock's queue.
    ``update`` is the depth of the outermost open call of an ``update`` function
    (-1: none) and ``pending`` its unfinished words.  ``spun`` says that it took
    a back edge since its last shared step.  ``hosts`` are, for a running callback
    that may block, the actors on whose CPU it may run: they took softirqs when it
    began and have made no step since.  ``domain`` is that of a callback of ``call_srcu()``,
    UNSET for all others.  ``asleep``: its state is not TASK_RUNNING.
    """

    name: str
    kind: str
    status: str
    host: str
    frames: tuple[Frame, ...]
    waiting: frozenset[str | Section]
    request: Request | None
    nesting: int
    irqs_off: bool
    preempt: int
    bh: int
    held: tuple[Held, ...]
    update: int
    pending: tuple[Pend, ...]
    spun: bool
    hosts: frozenset[str]
    domain: Value
    asleep: bool


Violation: TypeAlias = tuple[str, Span]


class Page(NamedTuple):
    """A free slot of a typesafe pool, by its unit, with the regions open since before its free.

    Once there are none its page may go.
    """

    unit: int
    waiting: frozenset[Section]
    gone: bool


ALLOCATOR = "<allocator>"
"""Who gives back pages; no actor, and nobody waits for it."""


class State(NamedTuple):
    """A whole state.

    ``lives`` holds, per unit, ``2 * allocation number + live``; ``completed``
    the completed updates of split words as (slot, allocation, low, high);
    ``settled`` the value of each word's last completed update by slot (only
    where transitions are judged); ``edges`` the lock classes taken in order so far.
    ``pages`` are the free slots of typesafe pools.
    """

    memory: tuple[Value, ...]
    lives: tuple[int, ...]
    pages: tuple[Page, ...]
    completed: frozenset[tuple[int, int, int, int]]
    settled: tuple[tuple[int, int] | None, ...]
    edges: frozenset[tuple[str, str]]
    actors: tuple[ActorState, ...]
    violations: tuple[Violation, ...]


class Step(NamedTuple):
    """One step: the actor instance, and which of its alternatives (0 where there is one).

    The alternative is the value of a ``choose()``, the branch of a
    ``choose {}``, the half that a split access touches first (0 low), the slot an
    ``alloc()`` takes, the unit whose page the allocator gives back, or 1 for success and
    0 for failure of a trylock that may do both.
    """

    actor: str
    choice: int = 0


def initial_actor(name: str, kind: str, host: str, status: str, frame: Frame) -> ActorState:
    """A fresh actor instance at the start of ``frame``."""
    return ActorState(
        name=name,
        kind=kind,
        status=status,
        host=host,
        frames=(frame,),
        waiting=frozenset(),
        request=None,
        nesting=0,
        irqs_off=False,
        preempt=0,
        bh=0,
        held=(),
        update=-1,
        pending=(),
        spun=False,
        hosts=frozenset(),
        domain=UNSET,
        asleep=False,
    )


def open_sections(actors: tuple[ActorState, ...]) -> frozenset[Section]:
    """Every region that a grace period begun now would wait for."""
    found: set[Section] = set()
    for a in actors:
        regions = {
            "rcu": a.nesting > 0,
            "irq": a.irqs_off,
            "preempt": a.preempt > 0,
            "bh": a.bh > 0,
        }
        found.update((a.name, kind, -1, 0) for kind, is_open in regions.items() if is_open)
        found.update((a.name, "lock", h.slot, h.number) for h in a.held if not h.sleeping)
    return frozenset(found)
