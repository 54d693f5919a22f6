"""Many litmus tests at once: one process per core, each with the model read once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.files import Refusal, read_text
from dsl.litmus.parse import parse_macros
from dsl.source import Source
from prover.answers import Answered, Decided, LitmusReport
from prover.litmus.decide import LitmusModel, decide
from prover.models.cat import load_model, shipped_file
from prover.pipeline.again import alone, worth_again
from prover.pipeline.pool import Lost, run_pool
from prover.verdict import EXIT_BUG, EXIT_OK, EXIT_UNSETTLED, EXIT_USAGE, EXIT_VIOLATED, Progress

STRONGEST_FIRST = ("sc", "tso", "lkmm")
"""The shipped models, each with the executions of those before it and more."""

CHUNK = 16
"""Tests per message to a worker, where there are many."""


@dataclass(frozen=True, slots=True)
class LitmusRequest:
    """Which tests to decide under which model, and within which limits (seconds, MiB).

    ``explain`` asks for a witness of each that has one.
    """

    files: tuple[str, ...]
    model: str = "lkmm"
    timeout: float = 60.0
    memory: int = 2048
    jobs: int = 0
    explain: bool = False


def load_litmus_model(name: str, *, explain: bool = False) -> LitmusModel:
    """A shipped model by name, or a ``.cat`` file with the ``.bell`` and ``.def`` beside it.

    Without a ``.def`` of its own a model is used with the shipped macros.
    """
    model = load_model(name)
    beside = Path(name).with_suffix(".def")
    path = beside if name.endswith(".cat") and beside.is_file() else shipped_file("lkmm.def")
    try:
        text, _ = read_text(path)
    except Refusal as refusal:
        raise DiagnosticError((refusal.about(path.name),)) from None
    macros = parse_macros(Source(str(path), text))
    stronger = STRONGEST_FIRST[: STRONGEST_FIRST.index(name)] if name in STRONGEST_FIRST else ()
    models = tuple(load_model(other) for other in stronger) if explain else ()
    return LitmusModel(model, macros, models)


def run_litmus(request: LitmusRequest, on_progress: Callable[[Progress], None]) -> LitmusReport:
    """Decides every test."""
    start = time.monotonic()
    under = load_litmus_model(request.model, explain=request.explain)
    files = request.files
    workers = request.jobs or os.cpu_count() or 1
    size = max(1, min(CHUNK, len(files) // (4 * workers)))
    chunks = [files[i : i + size] for i in range(0, len(files), size)]

    def job(number: int) -> list[Answered]:
        return [_answer(file, under, request) for file in chunks[number]]

    found: dict[str, Answered] = {}
    # A question ends by its own time limit; three of them, and the flags, for each test.
    seconds = 10 * request.timeout
    pool = run_pool(
        job, len(chunks), workers=workers, seconds=seconds * size, memory=request.memory
    )
    again: list[str] = []
    for number, result in pool:
        if not isinstance(result, Lost):
            found.update(zip(chunks[number], result, strict=True))
        elif worth_again(result, chunks[number]):
            again.extend(chunks[number])
        else:
            found.update((file, _lost(file, result)) for file in chunks[number])
        on_progress(Progress(len(found), len(files), chunks[number][0]))
    # Whatever ended a worker took other tests along: each has one more try, by itself.
    retried = alone(
        lambda file: _answer(file, under, request),
        again,
        workers=workers,
        seconds=seconds,
        memory=request.memory,
    )
    for file, answer in retried:
        found[file] = _lost(file, answer) if isinstance(answer, Lost) else answer
        on_progress(Progress(len(found), len(files), file))
    return LitmusReport(
        request.model, tuple(found[file] for file in files), time.monotonic() - start
    )


def _answer(file: str, under: LitmusModel, request: LitmusRequest) -> Answered:
    try:
        source = Source(file, read_text(Path(file))[0])
    except Refusal as refusal:
        return Answered(file, _without_answer(file, "not read", (refusal.about(file),)))
    try:
        decided = decide(source, under, request.timeout, explain=request.explain)
    except MemoryError:
        return Answered(file, _without_answer(file, "out of memory", ()))
    return Answered(file, decided, source if decided.diagnostics or decided.witness else None)


def _lost(file: str, lost: Lost) -> Answered:
    return Answered(file, _without_answer(file, lost.why, ()))


def _without_answer(file: str, why: str, diagnostics: tuple[Diagnostic, ...]) -> Decided:
    return Decided(file, "", "", False, (), why, diagnostics, 0.0)


def exit_code(report: LitmusReport) -> int:
    """4 over 2 over 1 over 3 over 0: a bug, wrong input, a claim (~exists, forall) that is not so,
    no answer.
    """
    tests = [answer.decided for answer in report.tests]
    if any(test.bug for test in tests):
        return EXIT_BUG
    if any(test.diagnostics for test in tests):
        return EXIT_USAGE
    if any(test.observation and not test.result and test.quantifier != "exists" for test in tests):
        return EXIT_VIOLATED
    return EXIT_OK if all(test.observation for test in tests) else EXIT_UNSETTLED
