"""Control-C during a proof: exit 130, a clean terminal, no process left behind."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Takes minutes: five actors that change two bytes in every possible order.
LONG = (
    "u8 x;\nu8 y;\n"
    + "".join(f"actor a{n} {{ {'x++; y = x; x = y ^ 3; y++; ' * 12} }}\n" for n in range(5))
    + "scenario s { run a0, a1, a2, a3, a4; final x != 93; }\n"
    + "scenario t { run a0, a1, a2, a3; final y != 93; }\n"
    + "scenario quick { run a0; }\n"
)


def children(process: int) -> list[int]:
    """The processes that ``process`` has started, theirs included."""
    found: list[int] = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == process and fields[0] != "Z":
            number = int(status.parent.name)
            found += [number, *children(number)]
    return found


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2]
    except OSError:
        return False
    return state.split()[0] != "Z"


def wait_for(condition: object, seconds: float = 20.0) -> None:
    """Waits until ``condition()`` holds."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def start(
    folder: Path, *options: str, terminal: int, output: int = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    (folder / "f.khp").write_text(LONG, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "-m", "prover", "f.khp", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=_hang_up_as_usual,  # noqa: PLW1509 - nothing else runs in this process
    )


def _hang_up_as_usual() -> None:
    """Under nohup the tests ignore SIGHUP, and so would what they start."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def read_all(descriptor: int) -> bytes:
    """What was written to a terminal so far."""
    text = b""
    while select.select([descriptor], [], [], 0.2)[0]:
        try:
            part = os.read(descriptor, 65536)
        except OSError:
            break
        if not part:
            break
        text += part
    return text


@pytest.mark.parametrize("to_all", [False, True], ids=["kill -INT", "Control-C"])
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_an_interrupt(tmp_path: Path, jobs: str, to_all: bool) -> None:
    ours, theirs = pty.openpty()
    process = start(tmp_path, "-j", jobs, "--timeout", "600", terminal=theirs)
    os.close(theirs)
    try:
        wait_for(lambda: len(children(process.pid)) >= int(jobs))
        time.sleep(1.0)
        workers = children(process.pid)
        assert process.poll() is None
        if to_all:
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=10)
        assert process.returncode == 130
        assert out == b""
        wait_for(lambda: not any(alive(worker) for worker in workers), 5.0)
        shown = read_all(ours)
        assert b"Traceback" not in shown, shown
        *_, last = shown.replace(b"\r\n", b"\n").split(b"\r\x1b[K")
        assert last in {b"", b"prove: interrupted\n"}, shown
        assert b"\x1b[?25l" not in shown, "the cursor was hidden"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        os.close(ours)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_workers_end_with_the_command(tmp_path: Path, number: signal.Signals) -> None:
    with (tmp_path / "log").open("wb") as log:
        place = log.fileno()
        process = start(tmp_path, "-j", "2", "--timeout", "600", terminal=place, output=place)
        workers: list[int] = []
        try:
            wait_for(lambda: len(children(process.pid)) >= 2)
            time.sleep(1.0)
            workers = children(process.pid)
            process.send_signal(number)
            assert process.wait(timeout=10) != 0
            wait_for(lambda: not any(alive(worker) for worker in workers), 10.0)
        finally:
            for worker in [process.pid, *workers]:
                if alive(worker):
                    os.kill(worker, signal.SIGKILL)
            process.wait()
