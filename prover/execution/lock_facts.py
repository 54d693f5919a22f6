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


class LockOrderEdge(Frozen, frozen=True):
    """At an acquire event a lock of class ``held`` is held and one of class ``taken`` asked for.

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
