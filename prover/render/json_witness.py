"""One witness as a document of its own, for ``prove replay``: ``--format witness``.

``witness.schema.json`` beside this module describes it.  What an execution was replayed from stands
in it by statements, so that a later version of the file can be asked about it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dsl.source import Source, sum_of
from prover.execution.record import Came, Chosen, Execution, Key, Saved, Schedule, Store
from prover.execution.recording import saved
from prover.execution.scene import Hold, Scene
from prover.execution.witness import Witness
from prover.render.json_parts import Json
from prover.render.json_report import told
from prover.verdict import Obligation
from prover.version import VERSION

SCHEMA: Final = "prove-witness"
SCHEMA_VERSION: Final = 1


def render(
    file: str, obligation: Obligation, bound: int, witness: Witness, sources: Mapping[str, Source]
) -> str:
    """A witness of a file, whose sources these are, as one JSON object."""
    assert witness.record is not None
    whole: dict[str, Json] = {
        "schema": SCHEMA,
        "version": SCHEMA_VERSION,
        "tool": {"name": "prove", "version": VERSION},
        "file": file,
        "sources": [{"file": n, "sha256": sum_of(s.text)} for n, s in sources.items()],
        "scenario": obligation.scenario,
        "variant": obligation.variant or None,
        "config": dict(obligation.configuration),
        "model": obligation.model,
        "bound": bound,
        "property": witness.property,
        "execution": {"model": witness.model, **_execution(saved(witness.record, sources))},
        "witness": told(witness, sources),
        "scenes": [_scene(scene) for scene in witness.scenes],
        "edges": [
            {"kind": e.kind, "source": e.source, "target": e.target, "text": e.text or None}
            for e in witness.edges
        ],
    }
    return json.dumps(whole, indent=1) + "\n"


def schema() -> str:
    """The JSON Schema that every such document obeys."""
    return (Path(__file__).parent / "witness.schema.json").read_text(encoding="utf-8")


def _execution(execution: Saved) -> dict[str, Json]:
    """What the witness was replayed from."""
    choices: list[Json] = [_choice(choice) for choice in execution.choices]
    match execution:
        case Schedule(steps=steps, stands=stands):
            return {
                "steps": [_came(step) for step in steps],
                "stands": [_at(where) for where in stands],
                "choices": choices,
            }
        case Execution(events=events, sections=sections, handlers=handlers, turns=turns):
            return {
                "events": [
                    {
                        **_came(event.came),
                        "granted": event.granted,
                        "steps": event.steps,
                        "locked": event.locked,
                        "coherence": event.coherence,
                        "positions": list(event.positions),
                        "reads": [_store(store) for store in event.reads],
                    }
                    for event in events
                ],
                "choices": choices,
                "sections": [list(pair) for pair in sections],
                "handlers": [
                    {"thread": h.thread, "before": None if h.before is None else _at(h.before)}
                    for h in handlers
                ],
                "turns": [list(pair) for pair in turns],
            }


def _at(where: Key) -> dict[str, Json]:
    """An event, by what is written there."""
    return {
        "thread": where.thread,
        "what": where.what,
        "calls": list(where.calls),
        "file": where.file or None,
        "line": where.line,
        "text": where.text,
        "whole": where.whole,
        "place": where.place,
        "occurrence": where.occurrence,
    }


def _came(came: Came[Key]) -> dict[str, Json]:
    """An event with how it came out, where it could come out otherwise."""
    found = _at(came.at)
    if came.taken is not None:
        found["taken"] = came.taken
    if came.slot is not None:
        found["slot"] = came.slot
    return found


def _choice(choice: Chosen[Key]) -> Json:
    return {"low": choice.low, "high": choice.high, "value": choice.value, "at": _at(choice.at)}


def _hold(hold: Hold) -> Json:
    return {"column": hold.thread, "mode": hold.mode}


def _scene(scene: Scene) -> Json:
    """What the world looks like before the first moment, or after one."""
    return {
        "cells": [
            {
                "place": c.place,
                "value": c.value,
                "word": c.word or None,
                "part": c.part or None,
                "note": c.note or None,
            }
            for c in scene.cells
        ],
        "locks": [
            {
                "name": lock.name,
                "kind": lock.kind,
                "holders": [_hold(hold) for hold in lock.holders],
                "waiters": [_hold(hold) for hold in lock.waiters],
            }
            for lock in scene.locks
        ],
        "sections": [
            {"column": s.thread, "kind": s.kind, "domain": s.domain or None, "since": s.since}
            for s in scene.sections
        ],
        "pending": [
            {"what": p.what, "column": p.thread, "on": list(p.on), "since": p.since}
            for p in scene.pending
        ],
        "lives": [{"object": o.object, "state": o.state, "life": o.life} for o in scene.lives],
    }


def _store(store: Store | None) -> Json:
    return None if store is None else {"event": store.event, "write": store.write}
