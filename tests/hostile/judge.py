"""What comes of an input: it goes through everything that ``prove FILE`` does to a file.

Inputs are judged in worker processes like obligations: one that takes too long is
stopped there, one that crashes its process is found out.
"""

from __future__ import annotations

import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from mmap import mmap
from pathlib import Path

from dsl import frozen
from dsl.check import check
from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.frozen import replace
from dsl.imports import LoadError, Program
from dsl.protocol import Protocol
from dsl.source import Source
from prover.pipeline.decide import decide
from prover.pipeline.limits import Limits
from prover.pipeline.obligations import Task, tasks
from prover.pipeline.pool import Lost, run_pool
from prover.pipeline.program import read_program
from prover.pipeline.proving import _outcome
from prover.render import json_report
from prover.render.diagnostics import render as render_diagnostics
from prover.render.table import render_report
from prover.verdict import Broken, FileReport, Outcome, Report, Request, name_of
from tests.hostile.inputs import Input
from tests.hostile.measure import MEMORY, SECONDS, used
from tests.soak import Figures

READING = 2.0
"""CPU time that reading and checking may take."""

OBLIGATIONS = 2
"""How many of a file's obligations are decided."""

LIMITS = Limits(timeout=1.0, memory=MEMORY, max_bound=2)


@dataclass(frozen=True, slots=True)
class Judgement:
    """How one input ended; ``fault`` says what must not have happened.

    ``seconds`` is the CPU time it took, ``mib`` what its process had come to by then.
    """

    verdicts: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    fault: str = ""
    seconds: float = 0.0
    mib: int = 0


@dataclass(slots=True)
class Tally:
    """How many inputs there were, and how they ended."""

    inputs: int = 0
    reached: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[Input, str]] = field(default_factory=list)
    figures: Figures = field(default_factory=Figures)

    def add(self, given: Input, found: Judgement) -> None:
        """Counts one input."""
        self.inputs += 1
        self.reached += bool(found.verdicts)
        self.kinds.update([given.kind] if found.verdicts else [])
        self.verdicts.update(found.verdicts)
        self.codes.update(found.codes)
        if found.fault:
            self.faults.append((given, found.fault))
        called = f"decided {given.number}"
        # Inputs are drawn from the files of the day: with the next one's the number is another's.
        text = given.content.decode("utf-8", "backslashreplace")
        faults = (f"{called}: {found.fault}\n{text}",) if found.fault else ()
        self.figures += Figures(1, found.seconds, called, found.mib, called, faults=faults)

    def __str__(self) -> str:
        verdicts = ", ".join(f"{name} {count}" for name, count in sorted(self.verdicts.items()))
        return f"{self.inputs} inputs, {self.reached} of them reached the engine: {verdicts}"


def judge_all(inputs: Iterable[Input], folder: Path, workers: int = 2) -> Tally:
    """Judges every input in a worker process."""
    given = list(inputs)
    deciding = mmap(-1, max(1, len(given)))

    def job(number: int) -> Judgement:
        return judge(given[number], folder, lambda: deciding.__setitem__(number, 1))

    tally = Tally()
    pool = run_pool(job, len(given), workers=workers, seconds=SECONDS - 0.5, memory=MEMORY)
    for number, found in pool:
        if not isinstance(found, Lost):
            tally.add(given[number], found)
        elif found.why.startswith("timeout") and deciding[number]:
            # The command ends an obligation from outside too, at its ``--timeout``.
            tally.add(given[number], Judgement(("unknown",), seconds=SECONDS))
            tally.figures += Figures(stopped=1)
        else:
            tally.add(given[number], Judgement(fault=found.why))
    return tally


def judge(given: Input, folder: Path, on_deciding: Callable[[], None]) -> Judgement:
    """What comes of one input; ``on_deciding`` is told when it has been read and checked."""
    file = folder / f"{given.number}.khp"
    file.write_bytes(given.content)
    start = time.process_time()
    try:
        found = _judge(file, on_deciding)
    except Exception as error:  # noqa: BLE001 - this is what must not happen
        found = Judgement(fault=f"{type(error).__name__}\n{traceback.format_exc(limit=-8)}")
    finally:
        file.unlink()
    fault, mib = found.fault, used()
    if not fault and mib > MEMORY:
        fault = f"{mib} MiB"
    return replace(found, fault=fault, seconds=time.process_time() - start, mib=mib)


def _judge(file: Path, on_deciding: Callable[[], None]) -> Judgement:
    start = time.process_time()
    report, todo = read_and_check(file)
    spent = time.process_time() - start
    if spent > READING:
        return Judgement(fault=f"reading and checking took {spent:.1f} s")
    if todo is not None:
        on_deciding()
        report = _decided(report, todo)
    fault = next(_faults(report), "")
    verdicts = tuple(name_of(outcome.verdict) for outcome in report.outcomes)
    return Judgement(verdicts, tuple(d.code for d in report.diagnostics), fault)


@dataclass(frozen=True, slots=True)
class _ToDo:
    """A file that is right so far."""

    program: Program
    protocol: Protocol
    tasks: tuple[Task, ...]


def read_and_check(file: Path) -> tuple[FileReport, _ToDo | None]:
    """A file read and checked, as the pipeline does it."""
    sources: Mapping[str, Source] = {}
    request = Request((str(file),))
    try:
        program = read_program(str(file), request)
        sources = program.sources
        protocol = check(program)
        todo = _ToDo(program, protocol, tuple(tasks(protocol, request)[:OBLIGATIONS]))
    except LoadError as error:
        return FileReport(str(file), (), error.diagnostics, error.sources), None
    except DiagnosticError as error:
        return FileReport(str(file), (), error.diagnostics, sources), None
    return FileReport(str(file), (), (), sources), todo


def _decided(report: FileReport, todo: _ToDo) -> FileReport:
    """The report with the first obligations decided."""
    outcomes: list[Outcome] = []
    wrong: list[Diagnostic] = []
    for task in todo.tasks:
        try:
            variant = task.obligation.variant
            protocol = check(todo.program, variant) if variant else todo.protocol
        except DiagnosticError as error:
            wrong.extend(error.diagnostics)
            continue
        decision = decide(protocol, task.obligation, task.expected, LIMITS)
        wrong.extend(decision.diagnostics)
        outcomes.append(_outcome(task, decision, ""))
    return frozen.replace(report, outcomes=tuple(outcomes), diagnostics=tuple(wrong))


def _faults(report: FileReport) -> Iterator[str]:
    """What is wrong with how an input ended."""
    for outcome in report.outcomes:
        if isinstance(outcome.verdict, Broken):
            yield f"broken: {outcome.verdict.what}"
    whole = Report((report,))
    shown = {
        "diagnostics": render_diagnostics(report.diagnostics, report.sources),
        "table": render_report(whole, True, False, False),
        "json": json_report.render(whole),
    }
    for name, text in shown.items():
        if not all(c == "\n" or " " <= c <= "~" for c in text):
            yield f"the {name} is not plain ASCII"
    for line in shown["diagnostics"].splitlines():
        if len(line) > 100 and str(report.name) not in line:
            yield f"a diagnostic is {len(line)} columns wide"


__all__ = ["Judgement", "Tally", "judge", "judge_all", "read_and_check"]
