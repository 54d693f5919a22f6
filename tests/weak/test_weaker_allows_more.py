"""Whatever sequential consistency shows, the weaker models show too: they allow every execution.

The pipeline takes this for granted: what is refuted under sc is not asked again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsl.check import check
from dsl.files import library_root
from dsl.imports import load
from prover.execution.construct.program import build
from prover.graph import compile_program
from prover.pipeline.obligations import tasks
from prover.smt.backends.z3 import Session
from prover.smt.encode import encode, prepare
from prover.smt.query import Query
from prover.smt.reply import Reply, Sat
from prover.verdict import Request

ROOT = Path(__file__).parents[1] / "cases" / "verdict"
CASES = sorted(p for p in ROOT.rglob("*.khp") if "open" not in p.parts)
WEAK = ("tso", "lkmm")

STATES = "invariant"
"""The property of states, which weaker models have none of."""


def asked(file: Path, model: str) -> Iterator[tuple[str, Query, Session]]:
    """The queries of a file's obligations, with a solver each; loops are unrolled twice."""
    program = load(file, (library_root(),))
    protocol = check(program)
    seen: set[object] = set()
    for task in tasks(protocol, Request((str(file),), model="sc")):
        o = task.obligation
        if (o.scenario, o.variant, o.configuration) in seen:
            continue
        seen.add((o.scenario, o.variant, o.configuration))
        variant = check(program, o.variant) if o.variant else protocol
        compiled = compile_program(variant, o.scenario, dict(o.configuration), 2)
        if compiled.invariants:
            continue
        query = encode(prepare(build(compiled), model), detail=model == "sc")
        yield f"{o.scenario}/{o.variant}/{o.configuration}", query, Session(query.text, 30.0)


def can(session: Session, question: str, *also: str) -> Reply:
    return session.ask(question, *also, values=False)


@pytest.mark.parametrize("model", WEAK)
@pytest.mark.parametrize("file", CASES, ids=[f"{p.parent.name}-{p.stem}" for p in CASES])
def test_a_weaker_model_shows_what_sc_shows(file: Path, model: str) -> None:
    strong, weak = list(asked(file, "sc")), list(asked(file, model))
    assert len(strong) == len(weak)
    for (name, sc, one), (_, query, two) in zip(strong, weak, strict=True):
        for what, question in sc.properties.items():
            if isinstance(can(one, question), Sat):
                off = [s for other, s in query.switches.items() if other != what]
                assert isinstance(can(two, query.remaining, *off), Sat), (name, what)
        if isinstance(can(one, sc.ends), Sat):
            assert isinstance(can(two, query.ends), Sat), (name, "ends")
        for label, question in (*sc.marks.items(), *sc.checks.items()):
            if isinstance(can(one, question), Sat):
                weaker = query.marks.get(label) or query.checks.get(label)  # type: ignore[call-overload]
                assert weaker is not None
                assert isinstance(can(two, weaker), Sat), (name, label)
