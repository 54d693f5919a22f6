"""A step of a host that goes wrong is shown before or after its handler's steps, never amid them.

Whoever expects a proof is shown the shortest witness; it has to pass the replay.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.pipeline import run
from prover.verdict import Refuted, Request

CASE = Path(__file__).parents[1] / "cases/verdict/sections/unbalanced_amid_handler.khp"


@pytest.mark.parametrize("model", ["sc", "tso", "lkmm"])
@pytest.mark.parametrize("expected", ["proved", "refuted irq-unbalanced"])
def test_the_witness_passes_its_replay(model: str, expected: str) -> None:
    text = CASE.read_text(encoding="utf-8")
    text = text.replace("models sc, tso, lkmm;", f"models {model};")
    text = text.replace("expect refuted irq-unbalanced;", f"expect {expected};")
    text = text.replace("Result: refuted", f"Result: {expected.split(maxsplit=1)[0]}")
    (file,) = run(Request(("-",), stdin_text=text, jobs=1), lambda _: None).files
    (outcome,) = file.outcomes
    assert isinstance(outcome.verdict, Refuted)
    assert outcome.verdict.properties == ("irq-unbalanced",)
