"""Whatever assignment the solver finds, whenever its time is up: the verdict is the same, or unknown.

One process decides one case after the other, as a worker does: what an answer, or a question that
was given up, leaves behind would show in the next one.  Every refutation is replayed, as always.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from prover.pipeline.decision import Decision
from prover.pipeline.loaded import Loaded, grouped, load_all
from prover.pipeline.tree import members
from prover.pipeline.work import Work
from prover.smt.backends.z3 import Session
from prover.smt.reply import Reply
from prover.verdict import Bounded, Obligation, Refuted, Request, name_of

CASES = sorted((Path(__file__).parents[1] / "cases" / "verdict").rglob("*.khp"))

LIMITS = ((1,), (2,), (1, 3, 8), (1, 5, 20, 100), (2, 60_000), tuple(range(1, 20)))
"""Milliseconds that a question may take, in turn one of these at random."""

SOAK_PARTS, SOAK_SIZE = 10, 120

Said = tuple[str, tuple[str, ...]]


class Varied:
    """Has the solver begin elsewhere, and end questions early."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.seed = self.phase = 0
        self.limits: tuple[int, ...] = ()
        self.answers = Counter[str]()

    def plainly(self) -> None:
        """As the command asks."""
        self.seed, self.limits = 0, ()

    def otherwise(self) -> None:
        """Another way."""
        self.seed = self.rng.randrange(1, 1_000_000)
        self.phase = self.rng.randrange(7)
        self.limits = self.rng.choice(LIMITS)

    def ask(self, solver: Any) -> None:
        """Before a question."""
        if self.seed:
            solver.set("random_seed", self.seed)
            solver.set("phase_selection", self.phase)
            solver.set("timeout", self.rng.choice(self.limits))


@pytest.fixture
def varied(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Varied:
    found = Varied(Random(request.node.name))
    ask = Session.ask

    def asked(session: Any, question: str, *also: str, values: bool = True) -> Reply:
        found.ask(session._solver)
        reply = ask(session, question, *also, values=values)
        found.answers[type(reply).__name__] += bool(found.seed)
        return reply

    monkeypatch.setattr(Session, "ask", asked)
    return found


def decide(case: Path) -> dict[Obligation, Said]:
    """What a worker says of every obligation of a case."""
    request = Request((str(case),), timeout=30.0, max_bound=2, explain=False)
    loaded, _ = load_all(request, list(members(request.files)), {})
    jobs = [(i, task) for i, f in enumerate(loaded) if isinstance(f, Loaded) for task in f.tasks]
    groups = grouped(jobs, together=True)
    work = Work(loaded, jobs, groups, request)
    return {
        jobs[number][1].obligation: said(decision)
        for group in groups
        for number, decision in zip(group, work.together(group), strict=True)
    }


def said(decision: Decision) -> Said:
    verdict = decision.verdict
    if isinstance(verdict, Bounded) and verdict.late:
        # Up to some bound: what is beyond has no answer.
        return "unknown", ()
    names = tuple(sorted(verdict.properties)) if isinstance(verdict, Refuted) else ()
    return name_of(verdict), names


def check(varied: Varied, size: int) -> None:
    """Decides so many cases as always, then otherwise."""
    for case in varied.rng.sample(CASES, size):
        varied.plainly()
        plainly = decide(case)
        varied.otherwise()
        for asked, found in decide(case).items():
            assert found in (plainly[asked], ("unknown", ())), (
                f"{case} {asked}: {found}, plainly {plainly[asked]}\n"
                f"seed {varied.seed}, phase {varied.phase}, ms {varied.limits}"
            )
    assert set(varied.answers) == {"Sat", "Unsat", "GaveUp"}
    assert varied.answers["Sat"] >= size / 2


def test_the_verdict_is_the_same_or_unknown(varied: Varied) -> None:
    check(varied, 30)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(SOAK_PARTS))
def test_more_than_a_thousand(varied: Varied, part: int) -> None:
    check(varied, SOAK_SIZE)
