"""What becomes of a saved execution when it is replayed."""

from __future__ import annotations

from typing import TypeAlias

from dsl.frozen import Frozen
from prover.execution.record import Key
from prover.execution.witness import Witness


class Holds(Frozen, frozen=True):
    """It still shows a violation of the property, as ``witness`` tells.

    ``gone`` are steps that the file has no more, ``new`` how many it has that the document has not.
    """

    witness: Witness
    gone: tuple[Key, ...]
    new: int


class Impossible(Frozen, frozen=True):
    """It cannot happen any more, or shows nothing: ``why``; at ``step`` (from 1, 0 for none).

    ``others`` are properties that it violates now.
    """

    why: str
    step: int = 0
    at: Key | None = None
    others: tuple[str, ...] = ()


class Unmapped(Frozen, frozen=True):
    """It cannot be said of today's file: ``why``, at the first place that it does not have."""

    why: str
    at: Key | None


Recalled: TypeAlias = Holds | Impossible | Unmapped
