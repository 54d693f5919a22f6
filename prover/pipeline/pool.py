"""Worker processes for obligations, with time and memory limits enforced from outside.

Workers are forked after the protocols have been checked and the engine has been
imported, before any solver runs, so they share what was parsed.  A worker that dies
or overstays loses the job it was at; another takes its place.
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
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Generic, TypeAlias, TypeVar

from dsl.frozen import Frozen

Result = TypeVar("Result")

Kind: TypeAlias = tuple[object, object]
"""What jobs share, and within what they share less: a group of kinds, and the kind."""

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that a process gets when its parent dies."""

GRACE_SECONDS = 0.5
"""How long over its time a worker may stay before it is killed."""

DEEPEST = 60_000
"""Terms are evaluated recursively; this is more than the terms of any program."""

ENDING = (signal.SIGTERM, signal.SIGHUP)
"""Signals after which the command closes what is open; its workers have nothing that is."""

BASE_MIB = 768
"""Address space that the interpreter and the solver's library take by themselves."""


class Lost(Frozen, frozen=True):
    """A worker was lost; ``why`` in words, and whether it overstayed.

    ``so_far`` is what it had last told of its job, if anything.
    """

    why: str
    late: bool = False
    so_far: object = None


class SoFar(Frozen, frozen=True):
    """What a worker tells of a job that it goes on with."""

    what: object


class Teller:
    """What a worker tells so far goes to the command; where there is no worker, to nobody."""

    def __init__(self) -> None:
        self._send: Callable[[SoFar], None] | None = None

    def open(self, send: Callable[[SoFar], None]) -> None:
        """Begins to tell, in a worker."""
        self._send = send

    def tell(self, what: object) -> None:
        """What is known by now, should the worker be lost."""
        if self._send is not None:
            self._send(SoFar(what))


TELLER = Teller()


MOST_REFUSED = 20
"""So many workers may be gone before they are given anything, then no more are started."""

REFUSED = Lost("worker processes end before they have anything to do")


@dataclass(slots=True)
class _Worker(Generic[Result]):
    """One process, the pipe to it, and what it is doing since when (-1: nothing).

    ``kind`` is that of the job it had last; ``so_far`` is what it has told of its job.
    """

    process: ForkProcess
    pipe: Connection[int, Result | SoFar]
    job: int = -1
    since: float = 0.0
    kind: Kind | None = None
    so_far: object = None


Answer: TypeAlias = tuple[int, Result | Lost]


def run_pool(
    job: Callable[[int], Result],
    count: int,
    *,
    workers: int,
    seconds: float,
    memory: int,
    kinds: Sequence[Kind] = (),
    fresh: bool = False,
    tick: Callable[[], None] | None = None,
) -> Iterator[Answer[Result]]:
    """``job(i)`` for i < ``count``, each in a worker process, as they are done.

    ``seconds`` bounds a job's wall time, ``memory`` (MiB) a worker's address space.  A worker is
    given jobs of one of ``kinds`` as long as there are any, then of their group: it may have kept
    what they share.
    With ``fresh`` every job has a worker of its own.  ``tick`` is called while they are waited for.
    """
    pool: list[_Worker[Result]] = []
    pending = list(range(count))
    kinds = held_together(kinds, workers)
    refused = 0
    try:
        while pending or _busy(pool):
            trouble = _fill(pool, job, min(workers, len(pending) + _busy(pool)), memory)
            if (trouble and not pool) or refused > MOST_REFUSED:
                yield from ((number, trouble or REFUSED) for number in pending)
                pending.clear()
            for worker in [worker for worker in pool if worker.job < 0][: len(pending)]:
                others = [w.kind for w in pool if w is not worker and w.kind is not None]
                number = next_job(pending, kinds, worker.kind, others)
                worker.kind = kinds[number] if kinds else None
                if _send(worker, number):
                    pending.remove(number)
                else:
                    refused += 1
                    _drop(pool, worker)
            yield from _collect(pool, seconds, fresh=fresh)
            if tick is not None:
                tick()
    finally:
        for worker in pool:
            _stop(worker)


def _busy(pool: list[_Worker[Result]]) -> int:
    """How many workers have something to do."""
    return sum(worker.job >= 0 for worker in pool)


def _fill(
    pool: list[_Worker[Result]], job: Callable[[int], Result], wanted: int, memory: int
) -> Lost | None:
    """Starts workers until there are as many as wanted; what keeps the system from it, if any."""
    while len(pool) < wanted:
        try:
            pool.append(_start(job, memory))
        except OSError as error:
            return Lost(f"no process could be started: {error.strerror}")
    return None


def held_together(kinds: Sequence[Kind], workers: int) -> Sequence[Kind]:
    """The kinds, those of one group each a group where one worker is not to do all of it."""
    size = Counter(group for group, _ in kinds)
    return [(group if size[group] * workers <= len(kinds) else kind, kind) for group, kind in kinds]


def next_job(
    pending: Sequence[int], kinds: Sequence[Kind], last: Kind | None, others: Sequence[Kind]
) -> int:
    """The job for a worker: the more like its ``last`` the better, else unlike the ``others``'."""
    if not kinds:
        return pending[0]
    groups, taken = {group for group, _ in others}, {kind for _, kind in others}
    ways: tuple[Callable[[Kind], bool], ...] = (
        lambda kind: kind == last,
        lambda kind: last is not None and kind[0] == last[0] and kind[1] not in taken,
        lambda kind: kind[0] not in groups,
        lambda kind: kind[1] not in taken,
    )
    fitting = (number for way in ways for number in pending if way(kinds[number]))
    return next(fitting, pending[0])


def _start(job: Callable[[int], Result], memory: int) -> _Worker[Result]:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(job, theirs, memory, os.getpid()), daemon=True)
    # A terminal interrupts all of them: until it ignores that, a worker must not hear of it, nor
    # of what it has the command's handlers for.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, *ENDING})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    return _Worker(process, ours)


def _serve(
    job: Callable[[int], Result],
    pipe: Connection[Result | SoFar, int],
    memory: int,
    parent: int,
) -> None:
    """A worker's life: jobs in, results out, until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for ending in ENDING:
        if signal.getsignal(ending) != signal.SIG_IGN:
            signal.signal(ending, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, *ENDING})
    die_with_parent(parent)
    _be_quiet()
    limit = (memory + BASE_MIB) << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(DEEPEST)
    # What was parsed lives as long as the worker: collecting it again and again is wasted time.
    gc.freeze()
    gc.set_threshold(500_000, 20, 20)
    TELLER.open(pipe.send)
    while True:
        try:
            number = pipe.recv()
        except (EOFError, OSError):
            os._exit(0)
        pipe.send(job(number))


def die_with_parent(parent: int) -> None:
    """Asks the kernel to end this worker when the command ends, however it ends."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # Not 1: in a container the command itself may be that.
    if os.getppid() != parent:
        os._exit(0)


def _be_quiet() -> None:
    """Keeps a dying process' last words off the terminal: the command says what it was."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)


def _send(worker: _Worker[Result], number: int) -> bool:
    """Gives a worker a job; whether it was still there to take it."""
    try:
        worker.pipe.send(number)
    except OSError:
        return False
    worker.job, worker.since, worker.so_far = number, time.monotonic(), None
    return True


def _collect(
    pool: list[_Worker[Result]], seconds: float, *, fresh: bool
) -> Iterator[Answer[Result]]:
    """Waits for the next results; takes workers that died or overstayed out of the pool."""
    busy = [worker for worker in pool if worker.job >= 0]
    ready = wait([worker.pipe for worker in busy], timeout=0.2)
    for worker in busy:
        number = worker.job
        if worker.pipe in ready:
            try:
                result = worker.pipe.recv()
            except (EOFError, OSError):
                worker.process.join()
                _drop(pool, worker)
                yield number, Lost(_cause(worker.process.exitcode), so_far=worker.so_far)
                continue
            if isinstance(result, SoFar):
                worker.so_far = result.what
                continue
            worker.job = -1
            if fresh:
                _drop(pool, worker)
            yield number, result
        elif time.monotonic() - worker.since > seconds + GRACE_SECONDS:
            _drop(pool, worker)
            why = f"timeout after {seconds:g} s"
            yield number, Lost(why, late=True, so_far=worker.so_far)


def _cause(exitcode: int | None) -> str:
    """Why a worker died, in words."""
    match exitcode:
        case -9:
            return "the solver process was killed (out of memory?)"
        case -6:
            return "the solver process gave up (out of memory?)"
        case int() if exitcode < 0:
            return f"the solver process died ({signal.Signals(-exitcode).name})"
        case _:
            return f"the solver process died (status {exitcode})"


def _drop(pool: list[_Worker[Result]], worker: _Worker[Result]) -> None:
    """Ends a worker; another is started where there is more to do."""
    pool.remove(worker)
    _stop(worker)


def _stop(worker: _Worker[Result]) -> None:
    worker.pipe.close()
    if worker.process.is_alive():
        worker.process.kill()
    worker.process.join()
