"""Why a file is proved, as JSON; ``why.schema.json`` describes it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from prover.explained import Core, Explanation, Fact, Why, why_exit_code
from prover.render.json_parts import Json, Places, document

SCHEMA: Final = "prove-why"
SCHEMA_VERSION: Final = 1


def render(found: Why) -> str:
    """The whole answer as one JSON object."""
    places = Places(found.sources)
    content: dict[str, Json] = {
        "file": found.name,
        "diagnostics": [places.diagnostic(each) for each in found.diagnostics],
        "properties": list(found.properties),
        "explanations": [_explanation(each, places) for each in found.explanations],
    }
    return document((SCHEMA, SCHEMA_VERSION), why_exit_code(found), content, found.seconds)


def schema() -> str:
    """The JSON Schema that every answer obeys."""
    return (Path(__file__).parent / "why.schema.json").read_text(encoding="utf-8")


def _explanation(found: Explanation, places: Places) -> Json:
    return {
        "scenario": found.scenario,
        "variant": found.variant or None,
        "configs": [dict(each) for each in found.configurations],
        "verdicts": [{"model": model, "verdict": said} for model, said in found.verdicts],
        "model": found.model or None,
        "bound": found.bound,
        "cores": [_core(each, places) for each in found.cores],
        "unused": [_fact(each, places) for each in found.unused],
        "tests_told_apart": found.conditions,
        "unreached": [places.at(span) for span in found.unreached],
        "notes": list(found.notes),
        "why": found.why or None,
    }


def _core(core: Core, places: Places) -> Json:
    return {
        "property": core.property,
        "loop": places.at(core.loop),
        "minimal": core.minimal,
        "facts": [{**_fact(each.fact, places), "in_all": each.needed} for each in core.used],
    }


def _fact(fact: Fact, places: Places) -> dict[str, Json]:
    return {
        "kind": fact.kind,
        "note": fact.note or None,
        "sites": [
            {"actor": site.actor, "function": site.function or None, "at": places.at(site.span)}
            for site in fact.sites
        ],
    }
