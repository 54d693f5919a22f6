"""The answers of the solver that a verdict rests on, kept for another solver to be asked.

A proof, up to a bound or not, rests on every "no" that it takes: nothing can fail, no loop goes
further.  That it is not vacuous rests on a "yes" where no plain execution showed it: what is
reached.  A refutation rests on its replay, and on none of this.

An answer is called by the sum of its question with the answer after it (``3f2a...-unsat``), and the
question is in a file of that sum: what many obligations rest on is asked once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from dsl.frozen import replace
from prover.pipeline.case import Case
from prover.pipeline.decision import Decision
from prover.pipeline.round import STRENGTH
from prover.smt.claim import Claim, sum_of
from prover.verdict import Bounded, Proved


def grounded(case: Case, decision: Decision) -> Decision:
    """The decision with what it rests on, if that is to be kept."""
    folder = case.group.limits.claims
    if folder is None:
        return decision
    try:
        grounds = _grounds(case, decision)
        return replace(
            decision,
            grounds=None if grounds is None else _kept(grounds, folder),
            reaching=_kept(_reaching(case), folder),
        )
    except OSError:
        # A disk that is full: other obligations may rest on what this one reaches.
        return replace(decision, grounds=None, reaching=None)


def _grounds(case: Case, decision: Decision) -> tuple[Claim, ...] | None:
    """The answers that a proof rests on; None where they are not all known."""
    match decision.verdict:
        case Proved():
            parts = [
                _known(case, "clean", case.round.clean),
                _known(case, "whole", case.round.whole),
            ]
        case Bounded():
            parts = [_known(case, "clean", case.round.clean)]
        case _:
            return ()
    if any(part is None for part in parts):
        return None
    return tuple(claim for part in parts for claim in part or ())


def _known(case: Case, what: str, models: set[str]) -> tuple[Claim, ...] | None:
    """The answers that say something of the case's model, or of a weaker one."""
    for model in STRENGTH[STRENGTH.index(case.model) :]:
        if model in models:
            return case.round.grounds.get((what, model))
    return None


def _reaching(case: Case) -> tuple[Claim, ...]:
    """The answers that alone say what is reached under the case's model."""
    here = case.group.found.get(case.bound)
    if here is None:
        return ()
    strong = STRENGTH[: STRENGTH.index(case.model) + 1]
    told: dict[object, tuple[Claim, ...]] = {}
    for (what, model), reached in here.reached.items():
        if reached and model in strong:
            claims = here.grounds.get((what, model), ())
            # What a plain execution shows takes no solver.
            told[what] = claims and told.get(what, claims)
    return tuple(claim for claims in told.values() for claim in claims)


def _kept(claims: Iterable[Claim], folder: Path) -> tuple[str, ...]:
    """What answers are called, each question written once."""
    found: dict[str, None] = {}
    for claim in claims:
        script = claim.script()
        name = sum_of(script)
        path = folder / name
        if not path.exists():
            beside = folder / f"{name}.{os.getpid()}"
            beside.write_text(script, encoding="utf-8")
            beside.replace(path)
        found[f"{name}-{claim.answer}"] = None
    return tuple(found)
