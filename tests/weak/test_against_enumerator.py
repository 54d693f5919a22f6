"""Random tiny protocols: the encoding of weak models against the enumerator of executions.

What the enumerator finds the solver must find; what the solver finds besides must be nothing, and
must stand before the concrete reading.  ``make soak`` takes more.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import pytest

from prover.models.cat.load import load_model
from prover.models.concrete import Pairs, Structure, breaches, defined, evaluate
from tests.weak.against import compare, skeleton_of
from tests.weak.enumerate import Explorer
from tests.weak.judge import Judge
from tests.weak.tape import TooMany
from tests.weak.themes import THEMES, text

MODELS = ("tso", "lkmm")
SEEDS = 20
CHUNKS, SIZE = 8, 50
RUNS, MOST = 1_500, 1_500
"""Larger programs are left out."""

ONLY_OUTCOMES = ("interrupts", "laws", "locked", "trylocks")
"""Themes in which nothing is to go wrong but races: their outcomes count."""


def check(theme: str, seeds: range) -> None:
    """Every seed under both models; most are small enough, and there are both answers."""
    answers: Counter[bool] = Counter()
    outcomes = large = 0
    for seed in seeds:
        for model in MODELS:
            try:
                found = compare(text(theme, seed), model, runs=RUNS, most=MOST)
            except TooMany:
                large += 1
                continue
            assert not found.unsound, f"{theme} {seed} {model}\n{found}\n{text(theme, seed)}"
            assert not found.spurious, f"{theme} {seed} {model}\n{found}\n{text(theme, seed)}"
            outcomes += found.outcomes
            answers.update({True: len(found.yes), False: len(found.no)})
    assert large <= len(seeds) / 2, f"{large} are too large"
    if theme in ONLY_OUTCOMES:
        assert outcomes > len(seeds), outcomes
    else:
        assert min(answers[True], answers[False]) > 0, answers


@pytest.mark.parametrize("theme", THEMES)
def test_same_answers(theme: str) -> None:
    check(theme, range(SEEDS))


class Doubting(Judge):
    """Asks the concrete reading too."""

    def allows(self, structure: Structure) -> bool:
        allowed = super().allows(structure)
        assert allowed == (not breaches(self.model, structure))
        return allowed

    def flagged(self, structure: Structure) -> Pairs:
        found = super().flagged(structure)
        extended = defined(self.model, structure)
        slow = (evaluate(flag.relation, extended) for flag in self.model.flags)
        assert found == frozenset[tuple[int, int]]().union(*slow)
        return found


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("theme", THEMES)
def test_judge_is_the_concrete_reading(theme: str, model: str) -> None:
    explorer = Explorer(skeleton_of(text(theme, 3)), load_model(model), most=60)
    explorer.judge = Doubting(explorer.judge.model)
    if explorer.races is not None:
        explorer.races = Doubting(explorer.races.model)
    with suppress(TooMany):
        explorer.explore()
    assert explorer.found.judged


@pytest.mark.soak
@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("theme", THEMES)
def test_many(theme: str, chunk: int) -> None:
    check(theme, range(1_000 + chunk * SIZE, 1_000 + (chunk + 1) * SIZE))
