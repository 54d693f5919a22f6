"""Checks of mutants run in the process that a mutant is in, and do no more than they must."""

from __future__ import annotations

import sys
from types import FrameType

import pytest

from prover.parametric.certificate.table import tabled
from prover.pipeline import board, loaded
from tests.mutation import checks
from tests.mutation.checks_certificate import BY, FOLDED, answers, asked
from tests.mutation.run import holds_here
from tests.parametric.naive import Found, closed

NEEDLESS = ("dsl/parse.py", "dsl/check/__init__.py", "prover/pipeline/pool.py:_start")
"""Files, and functions, that nothing of is to run for a check."""


def _replaced() -> list[object]:
    """What the checks put others in place of, as it is now."""
    return [vars(loaded)["read_program"], vars(loaded)["check"], vars(board)["run_pool"]]


def test_a_case_is_proved_here_and_read_once() -> None:
    path = checks.CASES / "locks" / "abba.khp"
    before = _replaced()
    first = checks.proved(str(path))
    ran: set[str] = set()

    def enter(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            ran.add(f"{frame.f_code.co_filename}:{frame.f_code.co_name}")

    sys.setprofile(enter)
    try:
        second = checks.proved(str(path))
    finally:
        sys.setprofile(None)
    assert first
    assert [o.verdict for o in first] == [o.verdict for o in second]
    assert any("prover/smt/encode.py" in name for name in ran)
    assert not [name for name in ran if any(part in name for part in NEEDLESS)]
    assert _replaced() == before


def test_a_check_is_asked_without_a_mutant_too() -> None:
    assert holds_here(checks.Check("holds", lambda: True))
    assert not holds_here(checks.Check("does not", lambda: False))
    assert not holds_here(checks.Check("raises", lambda: bool(1 // 0)))


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize(
    "name", ["lock/1", "lock/2", "stale/2", "many 3/2", "some 2/2", "folded 11/2", "folded 19/2"]
)
def test_what_a_checker_of_certificates_accepts_is_a_proof(by: str, name: str) -> None:
    """Of what mutants of it are asked about."""
    some = asked()[name]()
    said = answers(by, some) if by != "views" or not name.startswith(FOLDED) else ()
    for (system, invariant), accepted in zip(some, said, strict=False):
        table = tabled(invariant)
        if accepted:
            of = {shared: set(table.views(shared)) for shared in table.rows}
            assert closed(system, Found(table.size, of))
    assert not said or 0 < said.count(True) < len(said)
