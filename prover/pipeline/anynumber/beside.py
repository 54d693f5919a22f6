"""Two opinions at a time: one is worked out in a process beside this one."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import TypeVar

from prover.pipeline.pool import die_with_parent

Result = TypeVar("Result")


class NoResultError(Exception):
    """The process beside this one ended without a result."""


@contextmanager
def beside(job: Callable[[], Result]) -> Generator[Callable[[], Result], None, None]:
    """What ``job`` comes to, worked out while this process does something else.

    It is asked for by a call, which waits, and raises NoResultError where there is nothing to
    wait for any more.  What is not done when the block ends is given up.  Where no process can be
    started the job is done when it is asked for.
    """
    ours, theirs = multiprocessing.Pipe(duplex=False)
    parent = os.getpid()
    try:
        child = os.fork()
    except OSError:
        ours.close()
        theirs.close()
        yield job
        return
    if child == 0:
        _serve(job, theirs, parent)
    theirs.close()
    try:
        yield lambda: _received(ours)
    finally:
        ours.close()
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _serve(job: Callable[[], Result], pipe: Connection[Result, None], parent: int) -> None:
    """The other process, which never comes back."""
    try:
        die_with_parent(parent)
        pipe.send(job())
    finally:
        os._exit(0)


def _received(pipe: Connection[None, Result]) -> Result:
    try:
        return pipe.recv()
    except (EOFError, OSError):
        raise NoResultError from None
