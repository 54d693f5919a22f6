"""What a change is made of, before anything is proved."""

from __future__ import annotations

from dataclasses import dataclass

from prover.needed import Change, Kind
from prover.needs.edits import Edit

UNBALANCED = frozenset(
    (
        "unlock-not-held",
        "lock-held-at-end",
        "rcu-unbalanced",
        "irq-unbalanced",
        "preempt-unbalanced",
    )
)
"""What only says that a lock was dropped without its unlock, or a section without its end."""

PAIRED: tuple[Kind, ...] = ("lock", "rcu", "irq", "preempt", "softirq")
"""Kinds that have a begin and an end."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A change with its edits.

    ``instead`` is the number of a change that goes further: this one is tried only where that
    one breaks something, for what is redundant there is redundant here.  ``order``: the change
    only takes order away, so that whatever could happen still can.
    """

    change: Change
    edits: tuple[Edit, ...]
    instead: int = 0
    order: bool = False
