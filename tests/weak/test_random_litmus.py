"""Random litmus tests, translated: the engine of protocols against that of litmus tests.

The latter is compared with an enumerator in tests/litmus_engine.  ``make soak`` takes more.
"""

from __future__ import annotations

import random
from collections import Counter
from functools import cache

import pytest

from dsl.source import Source
from prover.answers import NEVER
from prover.litmus.batch import load_litmus_model
from prover.litmus.decide import LitmusModel
from tests.litmus_engine.programs import Program
from tests.weak.compare import Compared, compare, wrong_race

MODELS = ("tso", "lkmm")
CHUNKS, FURTHER, SIZE = 3, 10, 100
SOAK_CHUNKS, SOAK_SIZE = 50, 120


@cache
def under(name: str) -> LitmusModel:
    return load_litmus_model(name)


def rows_of(seeds: range, model: str) -> list[Compared]:
    """The comparison of each program that can be translated."""
    found: list[Compared] = []
    for seed in seeds:
        source = Source(f"seed {seed}", asking(seed))
        row = compare(source, under(model), model)
        assert row.outcome != "different", f"{model}\n{row}\n{source.text}"
        assert not row.outcome.startswith("no answer"), f"{model}\n{row}\n{source.text}"
        if not row.why:
            found.append(row)
            if model == "lkmm" and set(row.properties) <= {"final", "data-race"}:
                assert not wrong_race(row), f"{row}\n{source.text}"
    return found


def asking(seed: int) -> str:
    """A random program that asks for some of a random outcome."""
    text = Program(seed).text()
    rng = random.Random(seed)
    parts = [
        f"{process}:{register}={rng.randint(0, 2)}"
        for process in range(text.count("\nP"))
        for register in ("r0", "r1")
        if f"{register} = " in text.split("\nP")[process + 1]
    ]
    parts.extend(f"{place}={rng.randint(0, 2)}" for place in "xyz" if f"*{place}, " in text)
    rng.shuffle(parts)
    kept = parts[: rng.randint(1, 3)]
    head, _, _ = text.rpartition("exists")
    asked = " /\\ ".join(kept) or "x=0"
    return f"{head}exists ({asked})\n"


def check(rows: list[Compared], size: int, least: float = 0.1) -> None:
    assert len(rows) >= size / 4, len(rows)
    answers = Counter(row.khp == NEVER for row in rows)
    assert min(answers.values()) >= len(rows) * least, answers


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_same_answers_and_races(chunk: int, model: str) -> None:
    check(rows_of(range(chunk * SIZE, (chunk + 1) * SIZE), model), SIZE)


@pytest.mark.soak
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("chunk", range(CHUNKS, FURTHER))
def test_same_answers_and_races_of_some_more(chunk: int, model: str) -> None:
    check(rows_of(range(chunk * SIZE, (chunk + 1) * SIZE), model), SIZE)


@pytest.mark.soak
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("chunk", range(SOAK_CHUNKS))
def test_many(chunk: int, model: str) -> None:
    start = 100_000 + chunk * SOAK_SIZE
    # About one test in eight is not Never: of a hundred samples some have fewer than one in ten.
    check(rows_of(range(start, start + SOAK_SIZE), model), SOAK_SIZE, least=0.05)
