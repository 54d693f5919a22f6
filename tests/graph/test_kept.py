"""What is taken over from one variant to the next is what would have been made anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl.check import check
from dsl.files import library_root
from dsl.imports import load
from prover.graph import compile_program
from prover.graph.kept import Kept
from prover.pipeline.obligations import tasks
from prover.verdict import Request

ROOT = Path(__file__).parents[2] / "protocols"
FILES = ("pae_tear.khp", "retract_locks.khp", "weak_order.khp")


@pytest.mark.parametrize("name", FILES)
def test_same_programs(name: str) -> None:
    """Every scenario, variant and configuration of a file, in order."""
    path = ROOT / name
    program = load(path, (library_root(),))
    base = check(program)
    kept = Kept()
    places = {
        (o.scenario, o.variant, o.configuration): None
        for o in (task.obligation for task in tasks(base, Request(files=(str(path),))))
    }
    assert len(places) > 5
    for scenario, variant, configuration in places:
        taken = check(program, variant, base) if variant else base
        fresh = check(program, variant)
        assert taken == fresh
        values = dict(configuration)
        made = compile_program(fresh, scenario, values, 1)
        assert compile_program(taken, scenario, values, 1, kept) == made
        assert compile_program(taken, scenario, values, 1, kept) == made
    graphs = sum(map(len, kept.graphs.values()))
    actors = sum(len(base.scenarios[s].run) for s, _, _ in places)
    assert graphs < actors, "nothing was taken over"
