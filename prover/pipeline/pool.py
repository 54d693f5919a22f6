"""Worker processes for obligations, with time and memory limits enforced from outside.

Workers are forked after the protocols have been checked and the engine has been
imported, before any solver runs, so they share what was parsed.  A worker that dies
or overstays costs the obligation it was at; another takes its place.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Generic, TypeAlias, TypeVar

Result = TypeVar("Result")

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that a process gets when its parent dies."""

GRACE_SECONDS = 0.5
"""How long over its time a worker may stay before it is killed."""

DEEPEST = 60_000
"""Terms are evaluated recursively; this is more than the terms of any program."""

BASE_MIB = 768
"""Address space that the interpreter and the solver's library take by themselves."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A worker was lost; ``why`` in words."""

    why: str


@dataclass(slots=True)
class _Worker(Generic[Result]):
    """One process, the pipe to it, and what it is doing since when (-1: nothing).

    ``kind`` is that of the job it had last.
    """

    process: ForkProcess
    pipe: Connection[int, Result]
    job: int = -1
    since: float = 0.0
    kind: object = None


Answer: TypeAlias = tuple[int, Result | Lost]


def run_pool(
    job: Callable[[int], Result],
    count: int,
    *,
    workers: int,
    seconds: float,
    memory: int,
    kinds: Sequence[object] = (),
) -> Iterator[Answer[Result]]:
    """``job(i)`` for i < ``count``, each in a worker process, as they are done.

    ``seconds`` bounds a job's wall time, ``memory`` (MiB) a worker's address space.  A worker is
    given jobs of one of ``kinds`` as long as there are any: it may have kept what they share.
    """
    pool: list[_Worker[Result]] = []
    pending = list(range(count))
    try:
        pool.extend(_start(job, memory) for _ in range(min(workers, count)))
        while pending or any(worker.job >= 0 for worker in pool):
            for worker in pool:
                if worker.job < 0 and pending:
                    number = _next(worker, pool, pending, kinds)
                    worker.kind = kinds[number] if kinds else None
                    pending.remove(number)
                    _send(worker, number)
            yield from _collect(pool, job, seconds, memory)
    finally:
        for worker in pool:
            _stop(worker)


def _next(
    worker: _Worker[Result],
    pool: list[_Worker[Result]],
    pending: list[int],
    kinds: Sequence[object],
) -> int:
    """The job for a worker: one like its last, else one unlike all others' last, else any."""
    if not kinds:
        return pending[0]
    others = {other.kind for other in pool if other is not worker}
    alike = (n for n in pending if kinds[n] == worker.kind)
    unlike = (n for n in pending if kinds[n] not in others)
    return next(alike, next(unlike, pending[0]))


def _start(job: Callable[[int], Result], memory: int) -> _Worker[Result]:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(job, theirs, memory), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _serve(job: Callable[[int], Result], pipe: Connection[Result, int], memory: int) -> None:
    """A worker's life: jobs in, results out, until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    limit = (memory + BASE_MIB) << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(DEEPEST)
    # What was parsed lives as long as the worker: collecting it again and again is wasted time.
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)
    while True:
        try:
            number = pipe.recv()
        except (EOFError, OSError):
            os._exit(0)
        pipe.send(job(number))


def _die_with_parent() -> None:
    """Asks the kernel to end this worker when the command ends, however it ends."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:
        os._exit(0)


def _send(worker: _Worker[Result], number: int) -> None:
    worker.job, worker.since = number, time.monotonic()
    worker.pipe.send(number)


def _collect(
    pool: list[_Worker[Result]], job: Callable[[int], Result], seconds: float, memory: int
) -> Iterator[Answer[Result]]:
    """Waits for the next results; replaces workers that died or overstayed."""
    ready = wait([worker.pipe for worker in pool], timeout=0.2)
    for index, worker in enumerate(pool):
        if worker.job < 0:
            continue
        number = worker.job
        if worker.pipe in ready:
            try:
                result = worker.pipe.recv()
            except (EOFError, OSError):
                worker.process.join()
                pool[index] = _start(job, memory)
                yield number, Lost(_cause(worker.process.exitcode))
                continue
            worker.job = -1
            yield number, result
        elif time.monotonic() - worker.since > seconds + GRACE_SECONDS:
            _stop(worker)
            pool[index] = _start(job, memory)
            yield number, Lost(f"timeout after {seconds:g} s")


def _cause(exitcode: int | None) -> str:
    """Why a worker died, in words."""
    if exitcode == -signal.SIGKILL:
        return "the solver process was killed (out of memory?)"
    return f"the solver process died (status {exitcode})"


def _stop(worker: _Worker[Result]) -> None:
    worker.pipe.close()
    if worker.process.is_alive():
        worker.process.kill()
    worker.process.join()
