"""The one function that a worker of the cluster runs: a question in, an answer out, both text.

It decides nothing itself.  A child of its own does, without the worker's threads, started with the
first question and given the next ones; one that dies costs a question a second try.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO, Final, cast

from prover.pipeline.cluster.frames import read_frame, write_frame

TICK: Final = 0.5
"""Seconds between two looks whether the answer is still wanted."""

TRIES: Final = 2

START: Final = (
    "import json, sys\n"
    "sys.path[:] = json.loads(sys.argv[1])\n"
    "from prover.pipeline.cluster.child import serve\n"
    "serve(int(sys.argv[2]), sys.argv[3])\n"
)
"""What a child runs, with the worker's own search path: both are of one program."""

_idle: list[Child] = []
_lock = threading.Lock()


def decide(text: str) -> str:
    """The answer to a question; "" where nobody wants it any more."""
    wanted, at = _wanted()
    for _ in range(TRIES):
        try:
            child = _child(at)
        except OSError:
            continue
        try:
            answer = child.answer(text, wanted)
        except (OSError, EOFError):
            child.end()
            continue
        except BaseException:
            child.end()
            raise
        if answer is None:
            child.end()
            return ""
        with _lock:
            _idle.append(child)
        return answer
    return json.dumps({"at": at, "died": True})


class Child:
    """A process that answers one question after the other."""

    def __init__(self, at: str) -> None:
        path = json.dumps([part or os.getcwd() for part in sys.path])  # noqa: PTH109
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", "-c", START, path, str(os.getpid()), at],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def answer(self, text: str, wanted: Callable[[], bool]) -> str | None:
        """The answer to a question; None where it is not wanted any more."""
        asks, answers = self._process.stdin, self._process.stdout
        assert asks is not None
        assert answers is not None
        write_frame(cast("BinaryIO", asks), text.encode())
        while not select.select([answers], [], [], TICK)[0]:
            if not wanted():
                return None
        answer = read_frame(cast("BinaryIO", answers))
        if answer is None:
            raise EOFError
        return answer

    def is_there(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def end(self) -> None:
        """Ends the process, and with it those that decide."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue


def _child(at: str) -> Child:
    """A child that has nothing to do, of the worker at an address."""
    while True:
        with _lock:
            child = _idle.pop() if _idle else None
        if child is None:
            return Child(at)
        if child.is_there():
            return child
        child.end()


def _wanted() -> tuple[Callable[[], bool], str]:
    """Whether the cluster still wants what this thread is at; the worker's address."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def wanted() -> bool:
        state = worker.state.tasks.get(key)
        return state is not None and state.state != "cancelled"

    return wanted, str(worker.address)
