"""What is refuted in the protocols that are shipped, with what its witnesses were made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dsl.protocol import Protocol
from prover.execution.claim import Claim
from prover.execution.run.machine import Decisions
from prover.execution.run.replay import replay
from prover.execution.skeleton import Skeleton
from prover.execution.weak.shorten import replay_shortened
from prover.execution.witness import Witness
from prover.models.algebra import MemoryModel
from prover.pipeline import minimal
from prover.pipeline.loaded import Loaded, grouped, load_all
from prover.pipeline.tree import members
from prover.pipeline.work import Work
from prover.verdict import Obligation, Refuted, Request

FOLDER = Path(__file__).parents[2] / "protocols"


@dataclass(frozen=True, slots=True)
class Told:
    """A replay: what was replayed, and the witness that it became; ``claim`` under a weak model."""

    skeleton: Skeleton
    decisions: Decisions
    name: str
    witness: Witness
    claim: Claim | None = None


@dataclass(frozen=True, slots=True)
class Refutation:
    """A refuted obligation, its protocol, and the replay of the witness that is shown of it."""

    protocol: Protocol
    obligation: Obligation
    told: Told


def refutations(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Refutation]:
    """Those of one file, each witness once."""
    made: list[Told] = []

    def plainly(
        skeleton: Skeleton, events: tuple[int, ...], decisions: Decisions, name: str, **more: Any
    ) -> Witness:
        made.append(
            Told(skeleton, decisions, name, replay(skeleton, events, decisions, name, **more))
        )
        return made[-1].witness

    def weakly(skeleton: Skeleton, claim: Claim, name: str, model: MemoryModel) -> Witness:
        found = replay_shortened(skeleton, claim, name, model)
        made.append(Told(skeleton, claim.decisions, name, found, claim))
        return found

    monkeypatch.setattr(minimal, "replay", plainly)
    monkeypatch.setattr(minimal, "replay_shortened", weakly)
    request = Request((str(FOLDER / name),), explain=True, jobs=1)
    (loaded,), _ = load_all(request, list(members(request.files)), {})
    assert isinstance(loaded, Loaded)
    jobs = [(0, task) for task in loaded.tasks]
    groups = grouped(jobs, together=True)
    work = Work([loaded], jobs, groups, request)
    seen: set[object] = set()
    for own in groups:
        for member, decision in zip(own, work.together(own), strict=True):
            if isinstance(decision.verdict, Refuted):
                witness = decision.verdict.witness
                told = next(one for one in made if one.witness is witness)
                obligation = jobs[member][1].obligation
                if (obligation.scenario, obligation.variant, witness) not in seen:
                    seen.add((obligation.scenario, obligation.variant, witness))
                    yield Refutation(loaded.protocol(obligation.variant), obligation, told)
        made.clear()
