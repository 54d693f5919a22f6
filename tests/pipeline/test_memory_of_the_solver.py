"""A solver that has too little memory leaves a question open: that is no bug of prove."""

from __future__ import annotations

from pathlib import Path

import pytest
import z3

from prover.pipeline import run
from prover.smt.backends.z3 import Session
from prover.verdict import Request, Unknown, exit_code

TEXT = "int x;\nactor a { x = 1; }\nscenario s { run a; final x == 1; expect proved; }\n"


def exhausted(*_: object, **__: object) -> None:
    raise z3.Z3Exception(b"out of memory")


def test_the_solvers_word_for_it_is_pythons(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session("(declare-const a Bool)", 10)
    monkeypatch.setattr(session._solver, "check", exhausted)
    with pytest.raises(MemoryError):
        session.ask("a")


def test_another_fault_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: object) -> None:
        raise z3.Z3Exception(b"unknown constant")

    session = Session("(declare-const a Bool)", 10)
    monkeypatch.setattr(session._solver, "check", fault)
    with pytest.raises(z3.Z3Exception):
        session.ask("a")


def test_the_obligation_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "f.khp"
    file.write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr(z3.Solver, "check", exhausted)
    report = run(Request((str(file),), jobs=1), lambda _: None)
    (outcome,) = report.files[0].outcomes
    assert isinstance(outcome.verdict, Unknown)
    assert exit_code(report) == 3
