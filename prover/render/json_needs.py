"""What the proofs of a file need, as JSON; ``needs.schema.json`` describes it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from prover.needed import Broken, Change, Needs, Result, needs_exit_code
from prover.render.json_parts import Json, Places, document

SCHEMA: Final = "prove-needs"
SCHEMA_VERSION: Final = 1


def render(found: Needs) -> str:
    """The whole answer as one JSON object."""
    places = Places(found.sources)
    content: dict[str, Json] = {
        "file": found.name,
        "models": list(found.models),
        "diagnostics": [places.diagnostic(each) for each in found.diagnostics],
        "scenarios": list(found.scenarios),
        "every_scenario": found.every,
        "left_out": [{"scenario": name, "why": why} for name, why in found.left_out],
        "changes": [_result(each, places) for each in found.results],
        "pairs": {
            "tried": found.pairs.tried,
            "total": found.pairs.total,
            "unsettled": found.pairs.unsettled,
            "covers": [
                {"one": each.one, "other": each.other, "broken": _broken(each.broken)}
                for each in found.pairs.covers
            ],
        },
        "skipped": [
            {"at": places.at(each.span), "what": each.what, "why": each.why}
            for each in found.skipped
        ],
    }
    return document((SCHEMA, SCHEMA_VERSION), needs_exit_code(found), content, found.seconds)


def schema() -> str:
    """The JSON Schema that every answer obeys."""
    return (Path(__file__).parent / "needs.schema.json").read_text(encoding="utf-8")


def _result(result: Result, places: Places) -> Json:
    return {
        **_change(result.change, places),
        "verdict": result.verdict,
        "broken": [_broken(each) for each in result.broken],
        "proved": list(result.proved),
        "unsettled": [{"scenario": each.scenario, "why": each.why} for each in result.unsettled],
    }


def _change(change: Change, places: Places) -> dict[str, Json]:
    return {
        "number": change.number,
        "kind": change.kind,
        "owner": change.owner,
        "at": places.at(change.span),
        "what": change.what,
        "how": change.how,
    }


def _broken(broken: Broken) -> Json:
    return {
        "scenario": broken.scenario,
        "config": dict(broken.configuration),
        "properties": list(broken.properties),
    }
