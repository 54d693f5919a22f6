"""Random programs of nested locks: `lock-order` is found where lockdep would warn, and nowhere else."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from prover.pipeline import run
from prover.verdict import Proved, Refuted, Request
from tests.differential.lockdep import lockdep, locking, text

QUICK, PROGRAMS, CHUNK = 100, 3_000, 50


def agree(start: int, folder: Path) -> Counter[bool]:
    """Asserts that the engine says of some programs what lockdep does; what that is, how often."""
    programs = {f"p{seed}": locking(seed) for seed in range(start, start + CHUNK)}
    file = folder / "locking.khp"
    body = "\n".join(text(program, name) for name, program in programs.items())
    file.write_text(f"models sc;\n{body}\n", encoding="utf-8")
    (report,) = run(Request(files=(str(file),), explain=False), lambda _: None).files
    assert not report.diagnostics
    said: Counter[bool] = Counter()
    for outcome in report.outcomes:
        verdict, name = outcome.verdict, outcome.obligation.scenario
        assert isinstance(verdict, Proved | Refuted)
        witnesses = (verdict.witness, *verdict.others) if isinstance(verdict, Refuted) else ()
        found = any(witness.property == "lock-order" for witness in witnesses)
        assert found == lockdep(programs[name]).warns(), text(programs[name], name)
        said[found] += 1
    return said


@pytest.mark.parametrize("start", range(0, QUICK, CHUNK))
def test_lock_order_is_what_lockdep_says(start: int, tmp_path: Path) -> None:
    said = agree(start, tmp_path)
    assert min(said[True], said[False]) >= CHUNK // 8


@pytest.mark.soak
@pytest.mark.parametrize("start", range(QUICK, PROGRAMS, CHUNK))
def test_lock_order_is_what_lockdep_says_of_more(start: int, tmp_path: Path) -> None:
    agree(start, tmp_path)


def test_recursive_readers_matter() -> None:
    """Some of the programs come out otherwise where each reader is taken to wait for readers."""
    changed = 0
    for seed in range(QUICK):
        found = lockdep(locking(seed))
        plain = type(found)({o._replace(recursive=False) for o in found.orders}, found.usages)
        changed += plain.warns() != found.warns()
    assert changed >= 3
