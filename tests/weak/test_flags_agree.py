"""Branches on flags: the engine of protocols against that of litmus tests, which has no graphs.

The enumerator cannot tell: it takes what depends on what from the same events as the solver.
``make soak`` takes more.
"""

from __future__ import annotations

from collections import Counter

import pytest

from dsl.source import Source
from prover.answers import NEVER
from prover.litmus.batch import load_litmus_model
from prover.litmus.decide import decide
from tests.weak.compare import refuted
from tests.weak.flags import Flags

FIRST, SIZE, SOAK_CHUNKS = 260, 80, 25
"""Of the first ones three differed as long as a branch that an edge left out counted as looked at."""


def check(seeds: range) -> None:
    """Both say the same of every program, and now this, now that."""
    model = load_litmus_model("lkmm")
    answers: Counter[bool] = Counter()
    for seed in seeds:
        program = Flags(seed)
        litmus, protocol = program.litmus(), program.protocol()
        found = decide(Source(f"seed {seed}", litmus), model, 30.0, explain=False)
        can = "final" in refuted(protocol, "lkmm", 30.0)
        assert can == (found.observation != NEVER), f"{seed}: {found}\n{litmus}\n{protocol}"
        answers[can] += 1
    assert min(answers[True], answers[False]) >= len(seeds) / 10, answers


def test_same_dependencies() -> None:
    check(range(FIRST, FIRST + SIZE))


@pytest.mark.soak
@pytest.mark.parametrize("chunk", range(SOAK_CHUNKS))
def test_same_dependencies_of_some_more(chunk: int) -> None:
    check(range(chunk * SIZE, (chunk + 1) * SIZE))
