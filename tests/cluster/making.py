"""A real scheduler and real workers on loopback, on ports that nobody has chosen."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[2]

STARTED: list[subprocess.Popen[str]] = []
"""The commands that the present test has started."""


def until(what: Callable[[], object], seconds: float = 60.0) -> None:
    """Waits for something to be so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


class Cluster:
    """A scheduler and its workers, each a process of one thread."""

    def __init__(self, folder: Path, *extra: str, **variables: str) -> None:
        self.folder = folder
        self._environment = os.environ | variables
        self._count = 0
        self.workers: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        options = ("--no-dashboard", "--no-show", "--scheduler-file", str(file), *extra)
        self.scheduler = self._start(
            "scheduler", ROOT, "--host", "127.0.0.1", "--port", "0", *options
        )
        until(lambda: file.exists() and file.read_text().endswith("}"))
        self.address = str(json.loads(file.read_text())["address"])

    def _start(self, what: str, place: Path, *arguments: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{what}{self._count}.log").open("wb")
        self._count += 1
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments]
        with log:
            return subprocess.Popen(
                command, cwd=place, env=self._environment, stdout=log, stderr=log
            )

    def start_worker(self, place: Path = ROOT, *extra: str) -> subprocess.Popen[bytes]:
        """One more worker; it imports what is in the folder ``place``."""
        scratch = str(self.folder / "scratch")
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", scratch)
        worker = self._start("worker", place, self.address, *options, *extra)
        self.workers.append(worker)
        return worker

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """A machine that goes without a word."""
        worker.kill()
        worker.wait()
        self.workers.remove(worker)

    def end(self) -> None:
        """Nothing of it is left."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()
        self.workers.clear()


def deciding(worker: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The processes in which a worker decides: the children of its children."""
    try:
        own = psutil.Process(worker.pid).children()
        return [each for child in own for each in child.children()]
    except psutil.NoSuchProcess:
        return []


def start_prove(*arguments: str, code: str = "", **options: Any) -> subprocess.Popen[str]:
    """The command, in a process of its own; ``code`` runs before it."""
    script = f"import sys\n{code}\nfrom prover.__main__ import main\nsys.exit(main(sys.argv[1:]))"
    started = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
    STARTED.append(started)
    return started


def end_started() -> None:
    """What a test that failed has left running, and its pipes."""
    for process in STARTED:
        with process:
            process.kill()
    STARTED.clear()


def prove(*arguments: str, code: str = "") -> tuple[int, str, str]:
    """What the command says."""
    process = start_prove(*arguments, code=code)
    out, err = process.communicate(timeout=3600)
    return process.returncode, out, err


def interrupt(process: subprocess.Popen[str]) -> int:
    """Ctrl-C; the exit code."""
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    return process.returncode
