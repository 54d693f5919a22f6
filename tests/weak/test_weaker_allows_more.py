"""Whatever sequential consistency shows, the weaker models show too: they allow every execution.

The pipeline takes this for granted: what is refuted under sc is not asked again.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from pathlib import Path

import pytest

from dsl.check import check
from dsl.files import library_root
from dsl.imports import load
from prover.execution.construct.program import build
from prover.execution.skeleton import Skeleton
from prover.graph import compile_program
from prover.pipeline.obligations import tasks
from prover.smt.backends.z3 import Session
from prover.smt.encode import encode, prepare
from prover.smt.query import Query
from prover.smt.reply import Reply, Sat
from prover.verdict import Request

ROOT = Path(__file__).parents[1] / "cases" / "verdict"
CASES = sorted(p for p in ROOT.rglob("*.khp") if not {"open", "anynumber"} & {*p.parts})
WEAK = ("tso", "lkmm")

STATES = "invariant"
"""The property of states, which weaker models have none of."""


def skeletons(file: Path) -> Iterator[tuple[str, Skeleton]]:
    """What the obligations of a file are about; loops are unrolled twice."""
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
        if not compiled.invariants:
            yield f"{o.scenario}/{o.variant}/{o.configuration}", build(compiled)


def asked(skeleton: Skeleton, model: str) -> tuple[Query, Session]:
    """The query of a skeleton, with a solver."""
    query = encode(prepare(skeleton, model), detail=model == "sc")
    return query, Session(query.text, 30.0)


def can(session: Session, question: str, *also: str) -> Reply:
    return session.ask(question, *also, values=False)


def shown(session: Session, questions: Iterable[tuple[Hashable, str]]) -> list[Hashable]:
    """What can be, of what is asked."""
    return [what for what, question in questions if isinstance(can(session, question), Sat)]


@pytest.mark.parametrize("file", CASES, ids=[f"{p.parent.name}-{p.stem}" for p in CASES])
def test_weaker_models_show_what_sc_shows(file: Path) -> None:
    for name, skeleton in skeletons(file):
        sc, one = asked(skeleton, "sc")
        wrong = shown(one, sc.properties.items())
        ends = isinstance(can(one, sc.ends), Sat)
        passed = shown(one, (*sc.marks.items(), *sc.checks.items()))
        for model in WEAK:
            query, two = asked(skeleton, model)
            for what in wrong:
                off = [s for other, s in query.switches.items() if other != what]
                assert isinstance(can(two, query.remaining, *off), Sat), (model, name, what)
            if ends:
                assert isinstance(can(two, query.ends), Sat), (model, name, "ends")
            for label in passed:
                weaker = query.marks.get(label) or query.checks.get(label)  # type: ignore[call-overload]
                assert weaker is not None
                assert isinstance(can(two, weaker), Sat), (model, name, label)
