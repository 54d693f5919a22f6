"""Agreement with reference verdicts, where the tests are at hand.

Whoever has the folder names it in LITMUS, or has it at ``../shared/litmus``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("LITMUS", ROOT.parent / "shared" / "litmus"))
SCRIPT = ROOT / "benchmarks" / "conformance.py"


def compare(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, timeout=300
    )


@pytest.mark.skipif(
    not (FOLDER / "verdicts.csv").is_file(), reason="no folder with reference verdicts (LITMUS)"
)
def test_three_hundred_agree() -> None:
    done = compare(str(FOLDER), "--sample", "300", "--jobs", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("300 tests"), done.stdout


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    done = compare(str(tmp_path / "absent"))
    assert done.returncode == 2
    assert "no litmus tests here" in done.stderr


TEST = """C one
{}
P0(int *x) { WRITE_ONCE(*x, 1); }
exists (x=1)
"""


@pytest.mark.parametrize(("verdict", "code"), [("Always", 0), ("Never", 1)])
def test_a_mismatch_is_told(tmp_path: Path, verdict: str, code: int) -> None:
    (tmp_path / "one.litmus").write_text(TEST, encoding="utf-8")
    row = f"one.litmus,{verdict},1,0,,0.01,ok\n"
    head = "path,verdict,positive,negative,flags,herd_cpu_s,herd\n"
    (tmp_path / "verdicts.csv").write_text(head + row, encoding="utf-8")
    done = compare(str(tmp_path))
    assert done.returncode == code, done.stderr
    assert ("reference Never, here Always" in done.stdout) == bool(code)
