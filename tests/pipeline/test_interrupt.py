"""An interrupt ends a run with all its processes and leaves no file behind, whatever it is at."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROTOCOL = """\
models sc;
int x;
spinlock_t lock;
actor adds { spin_lock(&lock); x = x + 1; spin_unlock(&lock); }
scenario one { run adds * 2; final x == 2; expect proved; }
scenario two { run adds * 2; final x < 3; expect proved; }
"""
START = """\
import sys, time
from pathlib import Path
from prover.cli import run
from prover.cli.entry import main
from prover.pipeline import work
from prover.pipeline.certify import Second
def stuck(*_):
    Path(sys.argv[1]).touch()
    time.sleep(60)
if sys.argv[2] == "--certify":
    run.second = lambda: Second("other 1", stuck, "z3 1", Path("kept"))
else:
    work.decide_group = stuck
sys.exit(main(sys.argv[2:]))
"""


def in_session(leader: int) -> list[int]:
    """The processes of a session, but for those that are over."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = path.read_text(encoding="ascii").rpartition(") ")[2].split()[:4]
        except OSError:
            continue
        if int(session) == leader and state != "Z":
            found.append(int(path.parent.name))
    return found


@pytest.mark.parametrize(
    ("option", "number"),
    [
        ("--no-cache", signal.SIGINT),
        ("--certify", signal.SIGINT),
        # Only a second opinion has a folder of its own.
        ("--certify", signal.SIGTERM),
        ("--certify", signal.SIGHUP),
    ],
)
@pytest.mark.parametrize("to_all", [True, False])
def test_an_interrupt_leaves_nothing_behind(
    option: str, number: signal.Signals, to_all: bool, tmp_path: Path
) -> None:
    how = "interrupted" if number == signal.SIGINT else f"ended by {number.name}"
    (tmp_path / "p.khp").write_text(PROTOCOL, encoding="utf-8")
    (tmp_path / "temporary").mkdir()
    begun = tmp_path / "begun"
    process = subprocess.Popen(
        [sys.executable, "-c", START, str(begun), option, "-j2", "p.khp"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PROVE_CACHE": "off",
            "TMPDIR": str(tmp_path / "temporary"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 30
        while not begun.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert begun.exists()
        assert len(in_session(process.pid)) > 1
        # A terminal sends it to all of them, `kill` to the command alone.
        (os.killpg if to_all else os.kill)(process.pid, number)
        out, said = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, out, said) == (128 + number, "", f"prove: {how}\n")
    while in_session(process.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not in_session(process.pid)
    assert not list((tmp_path / "temporary").iterdir())
