"""Deadlocks as views see them: never fewer than there are, whatever the size."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl.check import check
from dsl.imports import load
from prover.parametric.invariant import Safe
from prover.parametric.search import Limits, search
from tests.parametric.comparing import system

CASES = Path(__file__).parent.parent / "cases" / "verdict" / "anynumber"


@pytest.mark.parametrize("size", [1, 2])
def test_who_waits_for_readers_may_wait_for_ever(size: int) -> None:
    protocol = check(load(CASES / "srcu_in_rwsem_wrong.khp", ()))
    rules = system(protocol, "any", many=frozenset(("updater", "reader")))
    found = search(rules, size, Limits(seconds=20))
    assert isinstance(found, Safe)
    assert found.stuck is not None
