"""Asked in one order of the actors that are alike, a question has the answer that it has in all."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import pytest

from dsl.check import check
from dsl.imports import load_text
from prover.execution.construct.program import build
from prover.graph import compile_program
from prover.smt import alike
from prover.smt.asking import ask_apart
from prover.smt.backends.z3 import Session
from prover.smt.encode import encode, prepare
from prover.smt.reply import Reply
from tests.differential.generator import generate
from tests.weak.themes import THEMES, text

PROGRAMS = 240
CHUNK = 60
OF_EACH = 4
"""So many programs of each theme."""

RUNS = re.compile(r"\brun (\w+)\b(?!\s*\*)")

OTHERS = """\
models {model};
int x;
actor user {{ WRITE_ONCE(x, 1); }}
actor other {{ WRITE_ONCE(x, 2); }}
scenario s {{ run user, other; final x == 2; }}
"""


@cache
def answers(program: str, model: str) -> tuple[str, Reply, Reply]:
    """Under which Boolean a program is asked about, and the answers without and with it."""
    protocol = check(load_text("t.khp", program, None, ()))
    (name,) = protocol.scenarios
    configuration = {config: values[0] for config, values in protocol.configs.items()}
    skeleton = build(compile_program(protocol, name, configuration, 1))
    query = encode(prepare(skeleton, model), detail=False)
    session = Session(query.text, 60)
    return (
        query.alike,
        ask_apart(session, query, query.fail),
        ask_apart(session, query, query.fail, query.alike),
    )


def twice(program: str) -> str:
    """The program with two of its first actor."""
    return RUNS.sub(r"run \1 * 2", program, count=1)


def agreed(programs: list[str], model: str) -> Counter[str]:
    """How often which answer; asserts that both ways give it."""
    found: Counter[str] = Counter()
    for program in programs:
        name, plain, in_order = answers(program, model)
        assert type(plain) is type(in_order), program
        found[type(plain).__name__ if name == alike.ALIKE else "none alike"] += 1
    return found


@pytest.mark.parametrize("first", range(0, PROGRAMS, CHUNK))
def test_in_one_order_as_in_all(first: int) -> None:
    programs = [twice(generate(seed).text) for seed in range(first, first + CHUNK)]
    found = agreed(programs, "sc")
    assert found["Sat"] > 3
    assert found["Unsat"] > 3


@pytest.mark.parametrize("model", ["tso", "lkmm"])
@pytest.mark.parametrize("theme", THEMES)
def test_in_one_order_as_in_all_under_weak_models(theme: str, model: str) -> None:
    found = agreed([twice(text(theme, seed)) for seed in range(OF_EACH)], model)
    assert found.total() == OF_EACH


@pytest.mark.parametrize("model", ["sc", "tso", "lkmm"])
def test_the_order_of_those_that_are_not_alike_matters(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = OTHERS.format(model=model)
    name, plain, _ = answers(program, model)
    assert name == "true"
    monkeypatch.setattr(alike, "alike", lambda _: [(0, 1)])
    name, again, in_order = answers.__wrapped__(program, model)
    assert name == alike.ALIKE
    assert type(plain) is type(again)
    if model == "sc":
        assert type(in_order) is not type(plain)
