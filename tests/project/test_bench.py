"""The benchmark runs, writes what it found, and compares."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def bench(*arguments: str) -> str:
    command = [sys.executable, "benchmarks/run.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_files_are_measured_and_compared(tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    for file in (one, two):
        shown = bench("--max-n", "0", "--json", str(file), "tests/cases/dump/rcu.khp")
        assert "clauses a second of encoding" in shown
    (row,) = json.loads(one.read_text(encoding="utf-8"))["rows"]
    assert row["verdict"] == "proved"
    assert row["events"] > 10
    assert row["clauses"] > 10
    assert row["peak"] > 10
    assert set(row["seconds"]) == {"compile", "encode", "load", "solve", "replay"}
    assert 0 < sum(row["seconds"].values()) <= row["total"]
    compared = bench("--compare", str(one), str(two))
    assert "total of 1: " in compared
    assert "     1.00" in compared


def test_families_grow(tmp_path: Path) -> None:
    file = tmp_path / "families.json"
    shown = bench("--no-files", "--max-n", "2", "--timeout", "1", "--json", str(file))
    assert shown.count("T(2)/T(1) = ") + shown.count("too few members") == 4
    rows = json.loads(file.read_text(encoding="utf-8"))["rows"]
    assert {r["file"] for r in rows} == {"walkers", "walkers-lkmm", "two-rounds", "contended"}
    assert rows[0]["obligation"] == "n = 1"


def test_rings_of_readers_and_grace_periods() -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "chains.py"), "6"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Never") == 3


def test_each_feature_is_measured() -> None:
    command = [sys.executable, "benchmarks/features.py", "--only", "apart", "--only", "order"]
    command.append("tests/cases/verdict/weak/halves_with_rmb.khp")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 obligations" in done.stdout
    rows = [line.split()[:2] for line in done.stdout.splitlines()[2:]]
    assert [name for _, name in rows] == ["order", "apart"]
    assert all(float(ratio) > 0 for ratio, _ in rows)
