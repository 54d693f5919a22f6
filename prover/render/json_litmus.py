"""The answers for litmus tests as JSON, for programs: ``--format json``.

``litmus.schema.json`` beside this module describes exactly what this release writes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from prover.answers import Answered, Link, LitmusReport, LitmusStep, LitmusValue, LitmusWitness
from prover.render.json_parts import Json, Places, document

SCHEMA: Final = "prove-litmus-report"
SCHEMA_VERSION: Final = 1


def render(report: LitmusReport, code: int) -> str:
    """The whole report as one JSON object; ``code`` is what the command exits with."""
    tests: list[Json] = [_test(answer, report.model) for answer in report.tests]
    return document((SCHEMA, SCHEMA_VERSION), code, {"tests": tests}, report.seconds)


def schema() -> str:
    """The JSON Schema that every report obeys."""
    return (Path(__file__).parent / "litmus.schema.json").read_text(encoding="utf-8")


def _test(answer: Answered, model: str) -> Json:
    """One test; what is not known of it is null."""
    decided, source = answer.decided, answer.source
    places = Places({} if source is None else {source.name: source})
    known = bool(decided.observation)
    witness = decided.witness
    return {
        "file": answer.file,
        # Until the test has been parsed and expanded, its file stands for its name.
        "name": decided.name if decided.quantifier else None,
        "quantifier": decided.quantifier or None,
        "model": model,
        "observation": decided.observation or None,
        "result": decided.result if known else None,
        "flags": list(decided.flags) if known else None,
        "why": decided.why or None,
        "bug": decided.bug,
        "diagnostics": [places.diagnostic(diagnostic) for diagnostic in decided.diagnostics],
        "witness": None if witness is None else _witness(witness, places),
        "measured": {"seconds": round(decided.seconds, 6)},
    }


def _witness(witness: LitmusWitness, places: Places) -> Json:
    """One execution: its steps in order, and the cycle that makes it no interleaving."""
    return {
        "model": witness.model,
        "plain": witness.plain,
        "steps": [_step(step, places) for step in witness.steps],
        "cycle": [_link(link, places) for link in witness.cycle],
        "final": [_value(value) for value in witness.final],
    }


def _step(step: LitmusStep, places: Places) -> Json:
    """A statement that is carried out."""
    return {
        "process": step.process,
        "text": step.text,
        "at": places.at(step.span),
        "reads": [_value(read) for read in step.reads],
    }


def _link(link: Link, places: Places) -> Json:
    """A statement, and how it leads to the next."""
    return {
        "process": link.process,
        "text": link.text,
        "at": places.at(link.span),
        "how": link.how,
    }


def _value(value: LitmusValue) -> Json:
    """A place and what it holds."""
    return {"place": value.place, "value": value.value}
