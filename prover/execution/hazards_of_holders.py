"""Hazards of ending what somebody else may have ended, or asking for what one has."""

from __future__ import annotations

from dataclasses import dataclass

from prover.execution.terms import Term


@dataclass(frozen=True, slots=True)
class NotHeld:
    """A folio lock is let go that may not be held by anyone."""

    property: str = "unlock-not-held"


@dataclass(frozen=True, slots=True)
class OwnFolio:
    """A folio lock is asked for that this actor itself may have locked."""

    property: str = "self-deadlock"


@dataclass(frozen=True, slots=True)
class ReaderOver:
    """An SRCU reader is ended that event ``other`` may have ended before, where ``when`` holds."""

    other: int
    when: Term
    property: str = "srcu-unbalanced"
