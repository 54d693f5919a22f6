"""Witnesses of small protocols, made once, and replays of them on changed files."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from dsl.source import Source
from prover.pipeline import run
from prover.render.json_witness import render
from prover.replay.run import replay
from prover.replayed import Replay
from prover.verdict import Refuted, Request

FOLDER = Path(__file__).parent


@cache
def witness(name: str) -> str:
    """The document of the first refutation of a protocol in this folder."""
    report = run(Request((str(FOLDER / name),), jobs=1, explain=True), lambda _: None)
    (file,) = report.files
    outcome = next(o for o in file.outcomes if isinstance(o.verdict, Refuted))
    assert isinstance(outcome.verdict, Refuted)
    bound = max(outcome.measured.bound, 1)
    return render(name, outcome.obligation, bound, outcome.verdict.witness, file.sources)


def opened(name: str) -> Any:
    """The same as an object, to be changed."""
    return json.loads(witness(name))


def replayed(document: str, text: str, folder: Path, name: str = "today.khp") -> Replay:
    """What becomes of a witness on a file with this text."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return replay(Source("witness.json", document), str(file), Request(files=(), timeout=30))


def text_of(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
