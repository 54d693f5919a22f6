"""Why a file is proved, as JSON; ``why.schema.json`` describes it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from prover.explained import Core, Explanation, Fact, Said, Why, why_exit_code
from prover.parametric.said import Apart, Awaited, Only, Sentence, Stance, Where, While
from prover.render.invariant import names_of, sentence
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
        "invariant": None if found.said is None else _said(found.said, places),
    }


def _said(said: Said, places: Places) -> Json:
    """An invariant in words: each sentence as text, and by its parts."""
    shown, number = names_of(places.sources), said.number
    return {
        "many": list(number.many),
        "others": dict(number.others),
        "forever": number.forever,
        "pools": dict(number.pools),
        "letter": said.letter,
        "view_size": number.size,
        "shared_states": number.shared,
        "views": number.views,
        "checkers": list(number.checkers),
        "sentences": [
            {"text": sentence(each, shown, said.letter), **_sentence(each)}
            for each in said.sentences
        ],
    }


def _sentence(said: Sentence) -> dict[str, Json]:
    match said:
        case Apart(one=one, other=other, lock=lock):
            return {
                "kind": "apart",
                "one": [_stance(each) for each in one],
                "other": [_stance(each) for each in other],
                "lock": lock or None,
            }
        case Only(one=one, at=at):
            return {"kind": "only", "one": [_stance(one)], "other": [_stance(at)]}
        case Awaited(one=one, other=other):
            return {"kind": "awaited", "one": [_stance(one)], "other": [_stance(other)]}
        case While(one=one, variable=variable, values=values):
            stood: list[Json] = [_stance(one)]
            return {"kind": "while", "one": stood, "variable": variable, "values": list(values)}
        case Where(variable=variable, values=values, other=other, others=others):
            return {
                "kind": "where",
                "variable": variable,
                "values": list(values),
                "implies": {"variable": other, "values": list(others)},
            }


def _stance(stance: Stance) -> Json:
    return {
        "actor": stance.actor,
        "in_hand": stance.hand,
        "at": [
            {
                "calls": [
                    {"function": call.function, "file": call.file, "line": call.line}
                    for call in lines.calls
                ],
                "file": lines.file,
                "first": lines.first,
                "last": lines.last,
                "in_wait": lines.waiting,
            }
            for lines in stance.at
        ],
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
