"""Random tiny protocols: the encoding of weak models against the enumerator of executions.

What the enumerator finds the solver must find; what the solver finds besides must be nothing, and
must stand before the concrete reading.  ``make soak`` takes more.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.weak.against import compare
from tests.weak.tape import TooMany
from tests.weak.themes import THEMES, text

MODELS = ("tso", "lkmm")
SEEDS = 13
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


@pytest.mark.soak
@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("theme", THEMES)
def test_many(theme: str, chunk: int) -> None:
    check(theme, range(1_000 + chunk * SIZE, 1_000 + (chunk + 1) * SIZE))
