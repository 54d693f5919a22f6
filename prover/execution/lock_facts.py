"""What lockdep notes of an event that takes a lock."""

from __future__ import annotations

from dataclasses import dataclass

from prover.execution.terms import Term


@dataclass(frozen=True, slots=True)
class LockOrderEdge:
    """At an acquire event a lock of class ``held`` is held and one of class ``taken`` asked for.

    ``when`` holds where that is so.
    """

    event: int
    held: str
    taken: str
    when: Term


@dataclass(frozen=True, slots=True)
class LockUse:
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
