"""Verdicts as JSON and back, each read strictly as the type that it was.

Nothing is ever unpickled: what does not fit its type is no entry.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec

from dsl.protocol import Expect
from prover.verdict import (
    Bounded,
    Measured,
    Obligation,
    Outcome,
    Proved,
    Refuted,
    Vacuous,
    Verdict,
)

KINDS: Final[dict[str, type[Verdict]]] = {
    kind.__name__: kind for kind in (Proved, Bounded, Refuted, Vacuous)
}
"""The verdicts that are remembered: no answer is none, and a bug of ours may be gone next time."""

Damaged = msgspec.MsgspecError
"""What reading raises."""


class Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A verdict: its kind, and the rest as text."""

    kind: str
    rest: msgspec.Raw


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An outcome."""

    obligation: Obligation
    verdict: Given
    expected: Expect | None
    as_expected: bool
    notes: tuple[str, ...]
    measured: Measured


def is_kept(verdict: Verdict) -> bool:
    """Whether a verdict is worth remembering."""
    return type(verdict).__name__ in KINDS


def given(verdict: Verdict) -> Given:
    """A verdict to be written."""
    return Given(type(verdict).__name__, msgspec.Raw(msgspec.json.encode(verdict)))


def verdict_of(found: Given) -> Verdict:
    """The verdict that was written.  Raises Damaged."""
    kind = KINDS.get(found.kind)
    if kind is None:
        raise Damaged(f"no verdict is called {found.kind}")
    return msgspec.json.decode(found.rest, type=kind)


def unmeasured(measured: Measured) -> Measured:
    """What an obligation cost, without the time: remembered, it costs none."""
    return replace(measured, seconds={})


def line(outcome: Outcome) -> Line:
    """An outcome to be written."""
    return Line(
        outcome.obligation,
        given(outcome.verdict),
        outcome.expected,
        outcome.as_expected,
        outcome.notes,
        unmeasured(outcome.measured),
    )


def outcome_of(found: Line) -> Outcome:
    """The outcome that was written.  Raises Damaged."""
    return Outcome(
        found.obligation,
        verdict_of(found.verdict),
        found.expected,
        found.as_expected,
        found.notes,
        found.measured,
    )
