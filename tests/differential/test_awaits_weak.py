"""Under weak models, two rounds of an await show what four do."""

from __future__ import annotations

import pytest

from dsl.check import check
from dsl.imports import load_text
from prover.execution.construct.program import build
from prover.graph import compile_program
from prover.smt.backends.z3 import Session
from prover.smt.encode import encode, prepare
from prover.smt.reply import GaveUp, Sat
from tests.differential.awaits import generate_awaits

PROGRAMS = 60
CHUNK = 15
ROUNDS = 3
SECONDS = 20.0


def properties(text: str, model: str, *, awaits: bool) -> set[str]:
    """What can be the first violated in a program, with awaits or with loops unrolled."""
    protocol = check(load_text("t.khp", text, None, ()))
    skeleton = build(compile_program(protocol, "s", {}, ROUNDS, waiting=awaits))
    query = encode(prepare(skeleton, model))
    session = Session(query.text, SECONDS)
    found: set[str] = set()
    for name, question in query.properties.items():
        reply = session.ask(question)
        assert not isinstance(reply, GaveUp), reply.reason
        if isinstance(reply, Sat):
            found.add(name)
    return found


@pytest.mark.parametrize("model", ["lkmm", "tso"])
@pytest.mark.parametrize("start", range(0, PROGRAMS, CHUNK))
def test_further_rounds_show_nothing_new(start: int, model: str) -> None:
    for seed in range(start, start + CHUNK):
        text = generate_awaits(seed).text
        unrolled = properties(text, model, awaits=False)
        # Where rounds are cut nobody waits for ever.
        found = properties(text, model, awaits=True)
        assert unrolled - {"deadlock"} == found - {"deadlock"}, text
        assert "deadlock" in found or "deadlock" not in unrolled, text
