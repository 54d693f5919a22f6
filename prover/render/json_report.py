"""A report as JSON, for programs: ``--format json``.

``report.schema.json`` beside this module describes exactly what this release writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, assert_never

from dsl.expect import Expect
from dsl.source import Source
from prover.execution.witness import Call, Moment, Touch, Witness
from prover.render.json_parts import Json, Places, document
from prover.verdict import (
    AnyNumber,
    Bounded,
    Broken,
    Certificate,
    FileReport,
    Liveness,
    Measured,
    Outcome,
    Proved,
    Refuted,
    Report,
    Unknown,
    Vacuous,
    Verdict,
    exit_code,
    name_of,
)

SCHEMA: Final = "prove-report"
SCHEMA_VERSION: Final = 1


def render(report: Report) -> str:
    """The whole report as one JSON object."""
    files: list[Json] = [_file(file) for file in report.files]
    content: dict[str, Json] = {"files": files}
    if report.liveness is not None:
        sources = {file.name: file.sources for file in report.files}
        content["liveness"] = [_liveness(each, sources[each.file]) for each in report.liveness]
    return document((SCHEMA, SCHEMA_VERSION), exit_code(report), content, report.seconds)


def schema() -> str:
    """The JSON Schema that every report obeys."""
    return (Path(__file__).parent / "report.schema.json").read_text(encoding="utf-8")


def told(witness: Witness, sources: Mapping[str, Source]) -> Json:
    """A witness as reports have it, of a file whose sources these are."""
    return _Verdicts(sources).witness(witness)


def _file(file: FileReport) -> Json:
    """One file's part."""
    places = _Verdicts(file.sources)
    return {
        "file": file.name,
        "diagnostics": [places.diagnostic(diagnostic) for diagnostic in file.diagnostics],
        "notes": list(file.notes),
        "obligations": [_outcome(outcome, places) for outcome in file.outcomes],
    }


def _outcome(outcome: Outcome, places: _Verdicts) -> Json:
    """One obligation with what was found out about it."""
    obligation = outcome.obligation
    return {
        "scenario": obligation.scenario,
        "variant": obligation.variant or None,
        "config": dict(obligation.configuration),
        "model": obligation.model,
        "verdict": places.verdict(outcome.verdict),
        "expected": None if outcome.expected is None else _expected(outcome.expected),
        "as_expected": outcome.as_expected,
        "notes": list(outcome.notes),
        "measured": _measured(outcome.measured),
        **(
            {}
            if outcome.certificate is None
            else {"certificate": _certificate(outcome.certificate)}
        ),
    }


def _liveness(found: Liveness, sources: Mapping[str, Source]) -> Json:
    """What became of the retry loops of an obligation; no verdict depends on it."""
    places = _Verdicts(sources)
    return {
        "file": found.file,
        "scenario": found.obligation.scenario,
        "variant": found.obligation.variant or None,
        "config": dict(found.obligation.configuration),
        "who": found.who or None,
        "configurations": found.configurations,
        "why": found.why or None,
        "livelocks": [
            {
                "kind": each.kind,
                "actor": each.actor,
                "loop": places.at(each.loop),
                "begins": each.begins,
                "witness": places.witness(each.witness),
            }
            for each in found.found
        ],
    }


def _certificate(found: Certificate) -> Json:
    """What a second solver says."""
    return {
        "state": found.state,
        "by": found.by,
        "answers": found.answers,
        "why": found.why or None,
    }


def _expected(expected: Expect) -> Json:
    """What the author expects."""
    return {
        "verdict": expected.verdict,
        "properties": list(expected.properties),
        "allowing": list(expected.allowing),
    }


def _measured(measured: Measured) -> Json:
    """What an obligation cost."""
    return {
        "events": measured.events,
        "clauses": measured.clauses,
        "bound": measured.bound,
        "seconds": {name: round(spent, 6) for name, spent in measured.seconds.items()},
        "peak_mib": round(measured.peak_mib, 1),
    }


def _any_number(kind: str, number: AnyNumber) -> Json:
    """A proof for any number of actors, and what it is of."""
    about: Json = {
        "actors": list(number.many),
        "others": dict(number.others),
        "forever": number.forever,
        "pools": dict(number.pools),
        "size": number.size,
        "shared": number.shared,
        "views": number.views,
        "checkers": list(number.checkers),
        "limited": number.limited,
    }
    return {"kind": kind, "any_number": about}


def _touch(touch: Touch) -> Json:
    """One place read or written; ``old`` is null for a read."""
    return {"place": touch.place, "old": touch.old if touch.writes else None, "new": touch.new}


@dataclass(frozen=True, slots=True)
class _Verdicts(Places):
    """Writes verdicts and their witnesses."""

    def verdict(self, verdict: Verdict) -> Json:
        """A verdict with what belongs to its kind."""
        kind = name_of(verdict)
        match verdict:
            case Proved(number=number):
                return {"kind": kind} if number is None else _any_number(kind, number)
            case Bounded(bound=bound, loops=loops, late=late):
                short: dict[str, Json] = {"late": late} if late else {}
                places: list[Json] = [self.at(loop) for loop in loops]
                return {"kind": kind, "bound": bound, "loops": places, **short}
            case Refuted(witness=witness, others=others):
                return {
                    "kind": kind,
                    "properties": list(verdict.properties),
                    "witnesses": [self.witness(found) for found in (witness, *others)],
                }
            case Vacuous(what=why) | Unknown(why=why) | Broken(what=why):
                return {"kind": kind, "why": why}
            case _:
                assert_never(verdict)

    def witness(self, witness: Witness) -> Json:
        """One execution that violates a property."""
        return {
            "property": witness.property,
            "message": witness.message or None,
            "model": witness.model,
            "plain": witness.plain,
            "columns": [{"name": c.name, "kind": c.kind} for c in witness.columns],
            "moments": [self.moment(moment) for moment in witness.moments],
            "explanation": list(witness.explanation),
            "because": list(witness.because),
            "schedule": [{"thread": thread, "event": event} for thread, event in witness.schedule],
        }

    def moment(self, moment: Moment) -> Json:
        """One step of the thread in column number ``column``, from 0."""
        return {
            "column": moment.thread,
            "what": moment.what,
            "at": self.at(moment.span),
            "calls": [self.call(call) for call in moment.calls],
            "touches": [_touch(touch) for touch in moment.touches],
            "note": moment.note or None,
            "bad": moment.bad,
        }

    def call(self, call: Call) -> Json:
        """A function being run, and where it was called; the outermost comes first."""
        return {"function": call.function, "at": self.at(call.site), "number": call.number}
