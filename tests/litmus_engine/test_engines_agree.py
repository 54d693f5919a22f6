"""What the solver says of random tests is what the enumerator says: outcomes and flags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import islice

import pytest

from dsl.litmus import syntax as s
from dsl.litmus.macros import expand
from dsl.litmus.parse import parse_litmus
from dsl.source import Source, Span
from prover.litmus.batch import load_litmus_model
from prover.litmus.build import build
from prover.litmus.decide import LitmusModel
from prover.litmus.encode import encode
from prover.litmus.enumerate import Candidate, TooLarge, candidates
from prover.models.concrete import breaches, flagged
from prover.smt.backends.z3 import Session
from prover.smt.reply import Sat, Unsat
from tests.soak import Soak

from .programs import Program

MODELS = ("sc", "tso", "lkmm")
MOST = 40
"""Candidates of a test that is compared; a larger one is left to the soak."""

HERE = Span("test", 0, 0)

Outcome = tuple[tuple[tuple[int, str], int | str], ...]


@cache
def model(name: str) -> LitmusModel:
    return load_litmus_model(name)


@dataclass(slots=True)
class Tally:
    """What was compared."""

    programs: int = 0
    large: int = 0
    senseless: int = 0
    answers: Counter[bool] = field(default_factory=Counter[bool])
    used: Counter[str] = field(default_factory=Counter[str])
    flags: Counter[str] = field(default_factory=Counter[str])


def outcome_of(candidate: Candidate) -> Outcome:
    return tuple(sorted((key, _plain(value)) for key, value in candidate.final.items()))


def _plain(value: object) -> int | str:
    return value if isinstance(value, int | str) else "?"


def condition(outcome: Outcome) -> s.Condition:
    parts: list[s.Condition] = []
    for (process, name), value in outcome:
        left = s.FinalLocation(name) if process < 0 else s.FinalRegister(process, name)
        parts.append(s.Equal(left, value, HERE))
    return s.Conjunction(tuple(parts))


def judged(found: list[Candidate], name: str) -> tuple[Mapping[Outcome, bool], frozenset[str]]:
    """For each outcome whether the model allows it, and the flags it raises."""
    under = model(name).model
    allowed: dict[Outcome, bool] = {}
    flags: set[str] = set()
    for candidate in found:
        outcome = outcome_of(candidate)
        ok = not breaches(under, candidate.structure)
        allowed[outcome] = allowed.get(outcome, False) or ok
        if ok:
            flags.update(flagged(under, candidate.structure))
    return allowed, frozenset(flags)


def few(litmus: s.Litmus, most: int) -> list[Candidate]:
    """The candidates of a test, none where there are more than ``most``."""
    try:
        found = list(islice(candidates(litmus, 20 * most), most + 1))
    except TooLarge:
        return []
    return found if len(found) <= most else []


def compare(seed: int, tally: Tally, most: int) -> None:
    text = Program(seed).text()
    litmus = expand(parse_litmus(Source("program", text)), model("lkmm").macros)
    found = few(litmus, most)
    if not found:
        tally.large += 1
        return
    tally.programs += 1
    tally.used.update({word for word in text.replace("(", " ").split() if "_" in word})
    test = build(litmus)
    for name in MODELS:
        allowed, flags = judged(found, name)
        asked = [condition(outcome) for outcome in allowed]
        other = s.Negation(s.Disjunction(tuple(asked)))
        query = encode(test, model(name).model, (*asked, other))
        session = Session(query.text, 30.0)
        if isinstance(session.ask(query.undefined, values=False), Sat):
            tally.senseless += 1
            return
        replies = [session.ask(question, values=False) for question in query.also]
        assert all(isinstance(reply, Sat | Unsat) for reply in replies)
        says = [isinstance(reply, Sat) for reply in replies]
        wrong = [o for o, says_so in zip(allowed, says, strict=False) if says_so != allowed[o]]
        assert not wrong, f"seed {seed} {name}: {wrong}\n{text}"
        assert not says[-1], f"seed {seed} {name}: another outcome\n{text}"
        raised = {
            flag for flag, q in query.flags.items() if isinstance(session.ask(q, values=False), Sat)
        }
        assert raised == flags, f"seed {seed} {name}: flags {raised} {flags}\n{text}"
        tally.answers.update(says)
        tally.flags.update(raised)


CHUNKS, FURTHER, SIZE = 4, 10, 140


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_outcomes_and_flags(chunk: int, soak: Soak) -> None:
    agree(chunk, soak)


@pytest.mark.soak
@pytest.mark.parametrize("chunk", range(CHUNKS, FURTHER))
def test_outcomes_and_flags_of_some_more(chunk: int, soak: Soak) -> None:
    agree(chunk, soak)


def agree(chunk: int, soak: Soak) -> None:
    """Asserts that solver and enumerator agree on the programs of one chunk."""
    tally = Tally()
    for seed in range(chunk * SIZE, (chunk + 1) * SIZE):
        compare(seed, tally, MOST)
    print(tally)
    assert tally.programs >= 100, tally
    share = tally.answers[True] / tally.answers.total()
    assert 0.3 < share < 0.9, tally
    assert tally.flags["data-race"] >= 5, tally
    soak.compared(dict.fromkeys(MODELS, tally.programs))


@pytest.mark.soak
@pytest.mark.parametrize("chunk", range(50))
def test_five_thousand(chunk: int, soak: Soak) -> None:
    tally = Tally()
    for seed in range(100_000 + chunk * 120, 100_000 + (chunk + 1) * 120):
        compare(seed, tally, 300)
    assert tally.programs >= 100, tally
    soak.compared(dict.fromkeys(MODELS, tally.programs))
