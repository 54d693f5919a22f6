"""The process that decides on a worker's machine: questions in, answers out.

It is started by :mod:`worker` and has neither its threads nor its connections, so obligations are
decided in it as they are at home: in forked processes, whose time and memory are limited.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import BinaryIO

import msgspec

from dsl.check import check
from dsl.check.notes import Notes
from dsl.imports import Program
from dsl.parse import parse
from dsl.source import Source
from prover.pipeline.board import Board, decide_here
from prover.pipeline.cluster.forms import Answer, Limited, Question, Told, own, told
from prover.pipeline.cluster.frames import read_frame, write_frame
from prover.pipeline.loaded import Loaded
from prover.pipeline.obligations import Task
from prover.pipeline.pool import PR_SET_PDEATHSIG
from prover.pipeline.work import Work
from prover.verdict import Request


def serve(parent: int, at: str) -> None:
    """Answers questions from standard input until it ends, or process ``parent`` does.

    ``at`` is where the worker is.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with(parent)
    answers = os.fdopen(os.dup(1), "wb")
    # Whatever else is printed goes where it harms nothing.
    os.dup2(2, 1)
    latest = Latest()
    while (text := read_frame(sys.stdin.buffer)) is not None:
        _send(answers, answered(text, latest, at))


class Latest:
    """The protocol that was asked about last, parsed and checked."""

    def __init__(self) -> None:
        self._files: tuple[tuple[str, str], ...] = ()
        self._loaded: Loaded | None = None

    def of(self, files: tuple[tuple[str, str], ...]) -> Loaded:
        """A protocol with all that it imports."""
        if self._loaded is None or files != self._files:
            self._loaded = _load(files)
            self._files = files
        return self._loaded


def answered(text: str, latest: Latest, at: str) -> Answer:
    """The answer to a question, whatever it is."""
    try:
        question = msgspec.json.decode(text, type=Question)
    except (msgspec.MsgspecError, RecursionError) as error:
        return Answer(at, own(), failed=f"the question cannot be read: {error}")
    if question.versions != own():
        return Answer(at, own(), failed="it is another prove")
    try:
        return Answer(at, own(), decided(question, latest))
    except Exception as error:  # noqa: BLE001 - it costs these obligations, and is told
        return Answer(at, own(), failed=f"{type(error).__name__}: {error}")


def decided(question: Question, latest: Latest) -> tuple[Told, ...]:
    """What becomes of each obligation, in the order of the question."""
    loaded = latest.of(question.files)
    jobs: list[tuple[int, Task]] = []
    groups: list[list[int]] = []
    for group in question.groups:
        groups.append(list(range(len(jobs), len(jobs) + len(group))))
        jobs.extend((0, Task(obligation, expected)) for obligation, expected in group)
    request = _request(question.limited)
    board = Board(jobs, lambda _: None, [loaded.name])
    work = Work([loaded], jobs, groups, request)
    decide_here(work.together, work.alone, groups, board, request)
    return tuple(told(result) for result in board.results)


def _load(files: tuple[tuple[str, str], ...]) -> Loaded:
    """The files parsed, the last of them checked."""
    sources = {name: Source(name, text) for name, text in files}
    parsed = tuple(parse(source) for source in sources.values())
    program = Program(parsed[-1], parsed, sources)
    notes = Notes()
    protocols = {"": check(program, notes=notes)}
    return Loaded(parsed[-1].name, "", program, sources, protocols, (), notes)


def _request(limited: Limited) -> Request:
    return Request(
        files=(),
        max_bound=limited.max_bound,
        timeout=limited.timeout,
        memory=limited.memory,
        jobs=1,
        explain=limited.explain,
        without=limited.without,
    )


def _die_with(parent: int) -> None:
    """Asks the kernel to end this process when the worker ends, however it ends."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _send(answers: BinaryIO, answer: Answer) -> None:
    try:
        write_frame(answers, msgspec.json.encode(answer))
    except OSError:
        os._exit(0)
