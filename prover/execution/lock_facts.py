"""What lockdep notes of an event that takes a lock."""

from __future__ import annotations

from dsl.frozen import Frozen
from prover.execution.terms import Term

INTERRUPTS = {"handler": "hardirq", "callback": "softirq"}
"""What a thread of each kind that interrupts others is to lockdep."""


def interrupt_class(interrupt: str, mode: str) -> str:
    """What stands for an interrupt among the lock classes.

    An interrupt may come while a lock is held with interrupts on: an order from the lock's class
    to the interrupt.  What it takes is an order from the interrupt.  So a cycle is what lockdep
    reports of irq-safe and irq-unsafe classes, also by way of others.  Readers do not exclude
    readers: a lock held ``shared`` is no matter to an interrupt that reads it.
    """
    return f"<{interrupt}>" if mode == "exclusive" else f"<{interrupt} that writes>"


PASSES = "~"
"""Ends the name of a class where it is one that a reader takes who passes waiting writers."""


def passed(name: str) -> str:
    """What stands for a class that a reader takes who passes waiting writers: a recursive reader.

    Who waits so waits for nobody that has the lock to read.  So what its readers take under it is
    no order from here, and what its writers take is.  A cycle is what lockdep calls a strong one,
    without ``-(xR)->`` before ``-(Sx)->`` (Documentation/locking/lockdep-design.rst, "Recursive
    read locks").
    """
    return f"{name}{PASSES}"


def class_of(name: str) -> str:
    """The class that a name in an order stands for."""
    return name.removesuffix(PASSES)


class LockOrderEdge(Frozen, frozen=True):
    """At an acquire event a lock of class ``held`` is held and one of class ``taken`` asked for.

    The names may be those of :func:`interrupt_class` and :func:`passed`.
    ``when`` holds where that is so.  ``folio``: the address of the lock held where that is a
    folio's, which another thread may have unlocked meanwhile: the engine asks whether one has.
    ``again``: both are one lock, which is held for reading.
    """

    event: int
    held: str
    taken: str
    when: Term
    folio: Term | None = None
    again: bool = False


class LockUse(Frozen, frozen=True):
    """At an event a lock of ``lock_class`` may be taken, where ``when`` holds: for ``prove locks``.

    ``irqs`` is not 0 where interrupts are off; ``bh``, ``rcu`` and ``preempt`` are depths.
    """

    event: int
    lock_class: str
    when: Term
    irqs: Term
    bh: Term
    rcu: Term
    preempt: Term
