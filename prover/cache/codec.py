"""Verdicts as JSON and back, each read strictly as the type that it was.

Nothing is ever unpickled: what does not fit its type is no entry.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any, Final, get_type_hints

import msgspec

from dsl.expect import Expect
from dsl.frozen import replace
from prover.execution.record import Execution, Schedule, Spot
from prover.execution.witness import Witness
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


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A witness: its parts by name, and what kind of record it was replayed from."""

    parts: dict[str, msgspec.Raw]
    kind: str
    record: msgspec.Raw


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An outcome."""

    obligation: Obligation
    verdict: Given
    expected: Expect | None
    as_expected: bool
    notes: tuple[str, ...]
    measured: Measured


def is_kept(verdict: Verdict) -> bool:
    """Whether a verdict is worth remembering: not what more time or memory might have changed."""
    short = isinstance(verdict, Bounded) and bool(verdict.late)
    return type(verdict).__name__ in KINDS and not short


def given(verdict: Verdict) -> Given:
    """A verdict to be written."""
    match verdict:
        case Refuted(witness=witness, others=others):
            rest: object = [told_of(each) for each in (witness, *others)]
        case _:
            rest = verdict
    return Given(type(verdict).__name__, msgspec.Raw(msgspec.json.encode(rest)))


def verdict_of(found: Given) -> Verdict:
    """The verdict that was written.  Raises Damaged."""
    kind = KINDS.get(found.kind)
    if kind is None:
        raise Damaged(f"no verdict is called {found.kind}")
    if kind is not Refuted:
        return msgspec.json.decode(found.rest, type=kind)
    witnesses = [witness_of(each) for each in msgspec.json.decode(found.rest, type=list[Told])]
    if not witnesses:
        raise Damaged("a refutation without a witness")
    return Refuted(witnesses[0], tuple(witnesses[1:]))


def told_of(witness: Witness) -> Told:
    """A witness to be written."""
    parts = {name: msgspec.Raw(msgspec.json.encode(getattr(witness, name))) for name in _parts()}
    kind = type(witness.record).__name__
    return Told(parts, kind, msgspec.Raw(msgspec.json.encode(witness.record)))


def witness_of(told: Told) -> Witness:
    """The witness that was written.  Raises Damaged."""
    parts = _parts()
    if told.parts.keys() != parts.keys() or told.kind not in _RECORDS:
        raise Damaged("not all of a witness")
    values = {name: decoder.decode(told.parts[name]) for name, decoder in parts.items()}
    return Witness(**values, record=_records()[told.kind].decode(told.record))


@cache
def _parts() -> dict[str, msgspec.json.Decoder[Any]]:
    """What reads each part of a witness but its record, of which there are two kinds."""
    types = get_type_hints(Witness)
    return {
        f.name: msgspec.json.Decoder(types[f.name]) for f in fields(Witness) if f.name != "record"
    }


@cache
def _records() -> dict[str, msgspec.json.Decoder[Any]]:
    return {kind: msgspec.json.Decoder(each) for kind, each in _RECORDS.items()}


_RECORDS: Final[dict[str, Any]] = {
    "NoneType": None,
    "Schedule": Schedule[Spot],
    "Execution": Execution[Spot],
}


def unmeasured(measured: Measured) -> Measured:
    """What an obligation cost, without the time: remembered, it costs none."""
    return replace(measured, seconds={})


def line(outcome: Outcome, verdict: Given) -> Line:
    """An outcome to be written, with its verdict as that is written."""
    return Line(
        outcome.obligation,
        verdict,
        outcome.expected,
        outcome.as_expected,
        outcome.notes,
        unmeasured(outcome.measured),
    )


def outcome_of(found: Line, verdict: Verdict) -> Outcome:
    """The outcome that was written, with the verdict that was."""
    return Outcome(
        found.obligation,
        verdict,
        found.expected,
        found.as_expected,
        found.notes,
        found.measured,
    )
