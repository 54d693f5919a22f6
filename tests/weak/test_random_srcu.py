"""Random litmus tests with RCU and two SRCU domains, translated: both engines say the same.

They are those of ``test_random_litmus.py``, each process with its sections and grace periods made
those of RCU, of one domain or of the other.
"""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from dsl.source import Source
from prover.answers import NEVER
from tests.weak.compare import Compared, compare, wrong_race
from tests.weak.test_random_litmus import asking, under

MODELS = ("sc", "tso", "lkmm")
CHUNKS, FURTHER, SIZE = 1, 2, 500
SOAK_CHUNKS, SOAK_SIZE = 20, 500
SECTIONS = ("rcu_read_lock();", "srcu_read_lock(")
READ = re.compile(r"(r\d+) = (?:READ_ONCE|smp_load_acquire)\(")
WAITS = ("synchronize_rcu()", "synchronize_srcu(")


def of_domains(seed: int) -> str:
    """A random test that has sections and grace periods, "" if there is none of that seed."""
    text = asking(seed)
    if not any(s in text for s in SECTIONS) or not any(w in text for w in WAITS):
        return ""
    rng = random.Random(seed)
    head, *processes = text.split("\nP")
    domains = [_of(process, rng.choice("rsst")) for process in processes]
    asked = [
        f"{number}:{register}={rng.choice((0, 0, 1))}"
        for number, process in enumerate(processes)
        for register in READ.findall(process)
    ]
    asked = rng.sample(asked, min(len(asked), rng.choice((2, 2, 3))))
    before, _, _ = "\nP".join([head, *domains]).rpartition("exists")
    condition = " /\\ ".join(asked) or "x=0"
    return f"{before}exists ({condition})\n"


def _of(process: str, domain: str) -> str:
    """One process with the sections and grace periods of a domain; ``r``: of RCU as it has them."""
    process = process.replace(
        "struct srcu_struct *s)", "struct srcu_struct *s, struct srcu_struct *t)"
    )
    if domain == "r":
        return process
    process = process.replace("{\n", "{\n\tint r8;\n", 1)
    for old, new in (
        ("\trcu_read_lock();", "\tr8 = srcu_read_lock(s);"),
        ("\trcu_read_unlock();", "\tsrcu_read_unlock(s, r8);"),
        ("synchronize_rcu()", "synchronize_srcu(s)"),
        ("(s)", f"({domain})"),
        ("(s, ", f"({domain}, "),
    ):
        process = process.replace(old, new)
    return process


def rows_of(seeds: range, model: str) -> list[Compared]:
    found: list[Compared] = []
    for seed in seeds:
        text = of_domains(seed)
        if not text:
            continue
        row = compare(Source(f"seed {seed}", text), under(model), model)
        assert row.outcome != "different", f"{model}\n{row}\n{text}"
        assert not row.outcome.startswith("no answer"), f"{model}\n{row}\n{text}"
        if not row.why:
            found.append(row)
            if model == "lkmm" and set(row.properties) <= {"final", "data-race"}:
                assert not wrong_race(row), f"{row}\n{text}"
    return found


def check(rows: list[Compared]) -> None:
    assert len(rows) >= 25, len(rows)
    assert min(Counter(row.khp == NEVER for row in rows).values()) >= 2


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_same_answers_and_races(chunk: int, model: str) -> None:
    start = 300_000 + chunk * SIZE
    check(rows_of(range(start, start + SIZE), model))


@pytest.mark.soak
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("chunk", range(CHUNKS, FURTHER))
def test_same_answers_and_races_of_some_more(chunk: int, model: str) -> None:
    start = 300_000 + chunk * SIZE
    check(rows_of(range(start, start + SIZE), model))


@pytest.mark.soak
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("chunk", range(SOAK_CHUNKS))
def test_many(chunk: int, model: str) -> None:
    start = 400_000 + chunk * SOAK_SIZE
    check(rows_of(range(start, start + SOAK_SIZE), model))
