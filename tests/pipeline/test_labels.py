"""What each assertion of a query is said to stand for, as golden files: each label once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsl.check import check
from dsl.imports import load_text
from prover.execution.construct.program import build
from prover.graph import compile_program
from prover.smt.encode import encode, prepare

FOLDER = Path(__file__).parents[1] / "cases" / "dump"


@pytest.mark.parametrize("model", ["sc", "lkmm"])
@pytest.mark.parametrize("name", ["locks", "rcu"])
def test_labels(name: str, model: str, golden: Any) -> None:
    protocol = check(load_text("t.khp", (FOLDER / f"{name}.khp").read_text("utf-8"), None, ()))
    (scenario, *_) = protocol.scenarios
    skeleton = build(compile_program(protocol, scenario, {}, 2))
    labels = sorted({*encode(prepare(skeleton, model), detail=True).labels})
    golden.check(FOLDER / f"{name}.{model}.labels", "".join(f"{label}\n" for label in labels))
