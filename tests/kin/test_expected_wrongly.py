"""A variant that is expected to be proved is asked about in the program of all: it must be refuted."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.pipeline import run
from prover.verdict import Refuted, Request

WEAK = Path(__file__).parents[1] / "cases" / "verdict" / "weak"


@pytest.mark.parametrize("case", ["ctrl_of_a_return_left_out", "ctrl_moved_behind"])
def test_what_only_the_weak_model_shows_is_found(case: str, tmp_path: Path) -> None:
    text = (WEAK / f"{case}.khp").read_text(encoding="utf-8")
    head, variants = text.split("\nvariant ", 1)
    path = tmp_path / "case.khp"
    assert "expect refuted" in variants
    lines = [line for line in variants.splitlines() if "expect " not in line]
    path.write_text(f"{head}\nvariant {chr(10).join(lines)}\n", encoding="utf-8")
    (file,) = run(Request((str(path),), jobs=1), lambda _: None).files
    assert not file.diagnostics
    found = [o.verdict for o in file.outcomes if o.obligation.variant]
    assert any(isinstance(verdict, Refuted) for verdict in found)
