"""Whole protocols as pages: every refutation, in no time beside its proof, the same every time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from prover.pipeline import run
from prover.render.html.report import render
from prover.verdict import Refuted, Request
from tests.render.html.test_page import Page

ROOT = Path(__file__).parents[3]


def check(files: tuple[str, ...], least: int) -> None:
    """The page of what is found in ``files``; at least so many are refuted."""
    report = run(Request(files), lambda _: None)
    outcomes = [outcome for file in report.files for outcome in file.outcomes]
    refuted = [number for number, o in enumerate(outcomes) if isinstance(o.verdict, Refuted)]
    assert len(refuted) >= least
    before = time.process_time()
    text = render(report)
    assert (time.process_time() - before) / len(refuted) < 0.3
    page = Page(text)
    assert page.open == []
    assert len(page.rows) == len(outcomes)
    details = page.document("data-obligations")
    for number in refuted:
        for _, witness in details[number]["witnesses"]:
            found = page.document(f"w{witness}")
            assert found["text"]
            assert all(picture.startswith("<svg") for picture in found["pictures"])
            for part in found["state"]:
                for row in part["rows"]:
                    for cell in row["cells"]:
                        assert cell[0][0] == 0
                        assert cell[-1][0] <= len(found["steps"])


def test_teaching_files() -> None:
    check(("protocols/teaching",), 10)


@pytest.mark.soak
def test_every_protocol() -> None:
    check(("protocols",), 300)


def test_runs_under_two_hash_seeds_give_equal_bytes(tmp_path: Path) -> None:
    file = str(min((ROOT / "protocols/teaching").glob("*.khp")))
    pages = []
    for seed in ("1", "2"):
        page = tmp_path / f"{seed}.html"
        subprocess.run(
            [sys.executable, "-m", "prover", file, "--report", f"html={page}"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        )
        pages.append(page.read_bytes())
    assert pages[0] == pages[1]
