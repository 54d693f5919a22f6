"""What could not be kept for the second solver is missed by every proof that rests on it."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from pathlib import Path

import pytest

from dsl.source import Span
from prover.pipeline import grounds
from prover.pipeline.certify import relied_on
from prover.pipeline.decision import Decision
from prover.smt.claim import Claim
from prover.verdict import Measured, Proved, exit_code
from tests.pipeline.test_certify import BETWEEN, outcomes, prove, states


def test_an_answer_that_could_not_be_kept_is_missed_wherever_it_counts() -> None:
    here, span = Measured(), Span("f.khp", 0, 1)
    full = Decision(Proved(), here, grounds=None, reaching=None)
    leans = Decision(Proved(), here, (span,), (span,), grounds=("c-unsat",))
    stands = Decision(Proved(), here, grounds=("d-unsat",))
    assert [each.whole for each in relied_on([full, leans, stands, leans], [0, 0, 0, 1])] == [
        False,
        False,
        True,
        True,
    ]


def test_a_disk_that_is_full_half_way_leaves_no_answer_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That `quiet` need not come to the assert is an answer of `sees`, which could not be kept."""
    text = f"{BETWEEN}scenario quiet {{ run between; expect proved; }}\n"
    assert states(prove(tmp_path, text)) == {("proved", "certified")}
    kept = grounds._kept

    def full(claims: Iterable[Claim], folder: Path) -> tuple[str, ...]:
        found = tuple(claims)
        if any(claim.holds for claim in found):
            raise OSError(errno.ENOSPC, "No space left on device")
        return kept(found, folder)

    monkeypatch.setattr(grounds, "_kept", full)
    report = prove(tmp_path, text)
    assert states(report) == {("proved", "not certified")}
    why = {o.certificate.why for o in outcomes(report) if o.certificate is not None}
    assert why == {"which answers it rests on could not be kept"}
    assert exit_code(report) == 3
