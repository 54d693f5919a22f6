"""Every refutation renders in every format, in no time beside its proof, the same every time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def rendered(files: list[str], seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.render.every", *files],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def check(files: list[str], least: int) -> None:
    first = rendered(files, "1")
    assert int(first.split("\n", 1)[0]) >= least
    assert rendered(files, "2") == first


def test_some_of_each_kind() -> None:
    names = ("message_passing", "ab_ba", "double_fetch", "anon_vma_lookup")
    found = [ROOT / "protocols/teaching" / f"{name}.khp" for name in names]
    check([str(path.relative_to(ROOT)) for path in found], 4)


@pytest.mark.soak
def test_all_that_is_shipped() -> None:
    check(["protocols"], 400)
