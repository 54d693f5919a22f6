"""Lock classes in witnesses have the names that the program gives them."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.cli.entry import main

CASE = Path(__file__).parents[1] / "cases/verdict/locks/rwlock_recursive_readers_circle.khp"


def test_a_reader_that_passes_writers_is_of_its_class(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "-v", "--no-cache", "-j", "1", str(CASE)]) == 0
    shown = capsys.readouterr().out
    assert "lock classes taken in these orders: a -> b, b -> a" in shown
    assert "reads_a_first takes b while it holds a" in shown
    assert "~" not in shown


def test_nor_is_it_another_class_for_prove_locks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["locks", str(CASE), "--scenario", "waits_for_a_writer"]) == 0
    shown = capsys.readouterr().out
    assert "order a -> b" in shown
    assert "order b -> a" in shown
    assert "~" not in shown
