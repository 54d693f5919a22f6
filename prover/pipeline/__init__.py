"""The pipeline: files in, a report out.

``run`` reads like the data flow: load and check every file and its variants, list the
obligations, decide each in a worker process, compare with what the author expects.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from dsl.check import check
from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.imports import LoadError, Program
from dsl.protocol import Protocol
from dsl.source import Source
from prover.pipeline.decision import Decision
from prover.pipeline.dump import dump
from prover.pipeline.obligations import Task, tasks
from prover.pipeline.pool import Lost, run_pool
from prover.pipeline.program import Parsed, is_library, read_program
from prover.pipeline.tree import Member, members, nothing_selected
from prover.verdict import (
    FileReport,
    Measured,
    Outcome,
    Progress,
    Refuted,
    Report,
    Request,
    Unknown,
    Vacuous,
    Verdict,
    meets,
)


def not_covered(model: str) -> tuple[str, ...]:
    """What no verdict under a memory model covers."""
    if model == "lkmm":
        return ("invariants are not checked under lkmm",)
    races = f"data races are not checked under {model}"
    return (races,) if model == "sc" else (races, f"invariants are not checked under {model}")


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A file ready to be proved.

    ``protocols`` holds the protocol with each variant applied so far ("" for none): a variant
    is applied and checked by the worker that first needs it.
    """

    name: str
    folder: str
    program: Program
    sources: Mapping[str, Source]
    protocols: dict[str, Protocol]
    tasks: tuple[Task, ...]


def run(request: Request, on_progress: Callable[[Progress], None]) -> Report:
    """Proves what the request asks for."""
    start = time.monotonic()
    loaded = _load_all(request)
    jobs = [
        (index, task)
        for index, file in enumerate(loaded)
        if isinstance(file, _Loaded)
        for task in file.tasks
    ]
    decisions = _decide_all(loaded, jobs, request, on_progress)
    partial = bool(request.scenario or request.variant or request.config)
    reports = [
        file
        if isinstance(file, FileReport)
        else _report(file, index, jobs, decisions, partial=partial)
        for index, file in enumerate(loaded)
    ]
    return Report(tuple(reports), time.monotonic() - start)


@dataclass(frozen=True, slots=True)
class _Read:
    """What is known of the files read so far.

    ``refused`` is why files that were found are passed over, ``checked`` the text of all that was
    checked as a part of some program; ``unfinished`` are libraries that do not check by themselves,
    by name: what they lack may be declared by those who import them.
    """

    parsed: Parsed = field(default_factory=Parsed)
    refused: list[Diagnostic] = field(default_factory=list[Diagnostic])
    checked: set[str] = field(default_factory=set[str])
    unfinished: dict[str, str] = field(default_factory=dict[str, str])

    def whole(self, report: FileReport) -> FileReport:
        """The report on a file; nothing is wrong with a library that a good program imports."""
        if self.unfinished.get(report.name) in self.checked:
            return replace(report, diagnostics=())
        return report


def _load_all(request: Request) -> list[_Loaded | FileReport]:
    """Every file that the request names, folders gone through; what they import is parsed once."""
    read = _Read()
    found = [
        member if isinstance(member, FileReport) else _load(member, request, read)
        for member in members(request.files)
    ]
    loaded = [read.whole(file) if isinstance(file, FileReport) else file for file in found]
    folders = list(dict.fromkeys(file.folder for file in loaded if file.folder))
    idle = not any(isinstance(file, _Loaded) or file.diagnostics for file in loaded)
    if folders and idle:
        wrong = nothing_selected(folders, read.refused, request)
        loaded.append(FileReport(folders[0], (), (wrong,), {}))
    return loaded


def _load(member: Member, request: Request, read: _Read) -> _Loaded | FileReport:
    """Loads and checks one file."""
    name, folder = member.name, member.folder
    try:
        program = read_program(name, request, read.parsed)
    except LoadError as error:
        return FileReport(name, (), error.diagnostics, error.sources, folder=folder)
    sources = program.sources
    try:
        protocol = check(program)
    except DiagnosticError as error:
        if folder and is_library(program):
            read.unfinished[name] = sources[program.main.name].text
        return FileReport(name, (), error.diagnostics, sources, folder=folder)
    read.checked.update(source.text for source in sources.values())
    try:
        selected = tasks(protocol, request)
    except DiagnosticError as error:
        if not folder:
            return FileReport(name, (), error.diagnostics, sources)
        # Of a library, or of a protocol without what is asked for, nothing else is wanted.
        read.refused.extend(error.diagnostics)
        return FileReport(name, (), (), sources, folder=folder)
    return _Loaded(name, folder, program, sources, {"": protocol}, tuple(selected))


def _decide_all(
    loaded: list[_Loaded | FileReport],
    jobs: list[tuple[int, Task]],
    request: Request,
    on_progress: Callable[[Progress], None],
) -> list[Decision | Lost]:
    """Every obligation's decision, in the order of ``jobs``."""
    if not jobs:
        return []
    # The engine takes longer to import than a small file to read; a file with mistakes needs none.
    # Imported before the workers are forked, it is imported once for all of them.
    from prover.pipeline.decide import decide_group, refused
    from prover.pipeline.latest import Latest
    from prover.pipeline.limits import Limits

    groups = _groups(jobs, together="models" not in request.without)
    kept = Latest()

    def job(number: int) -> list[Decision]:
        index, task = jobs[groups[number][0]]
        file = loaded[index]
        assert isinstance(file, _Loaded)
        limits = Limits(
            request.timeout, request.memory, request.max_bound, request.explain, request.without
        )
        variant = task.obligation.variant
        try:
            if variant not in file.protocols:
                file.protocols[variant] = check(file.program, variant, file.protocols[""])
        except DiagnosticError as error:
            return [refused(error.diagnostics)] * len(groups[number])
        asked = [(t.obligation, t.expected) for _, t in (jobs[n] for n in groups[number])]
        graphs, rounds = (None, None) if "kept" in request.without else kept[index]
        if "models" in request.without:
            rounds = None
        found = decide_group(file.protocols[variant], asked, limits, graphs, rounds)
        return [decision for _, decision in found]

    results: list[Decision | Lost] = [Lost("not decided")] * len(jobs)
    workers = request.jobs or os.cpu_count() or 1
    most = max(map(len, groups))
    seconds = request.timeout * most
    firsts = [jobs[members[0]] for members in groups]
    pool = run_pool(
        job,
        len(groups),
        workers=workers,
        seconds=seconds,
        memory=request.memory,
        kinds=[(index, task.obligation.configuration) for index, task in firsts],
    )
    done = 0
    for number, result in pool:
        for place, member in enumerate(groups[number]):
            results[member] = result if isinstance(result, Lost) else result[place]
        done += len(groups[number])
        obligation = jobs[groups[number][0]][1].obligation
        current = " / ".join(part for part in (obligation.scenario, obligation.variant) if part)
        on_progress(Progress(done, len(jobs), current))
    return results


def _groups(jobs: list[tuple[int, Task]], *, together: bool) -> list[list[int]]:
    """The obligations that differ only in the memory model, together: they share their work."""
    found: dict[object, list[int]] = {}
    for number, (index, task) in enumerate(jobs):
        o = task.obligation
        alone = "" if together else o.model
        found.setdefault((index, o.scenario, o.variant, o.configuration, alone), []).append(number)
    # The files with most to do come first, so that no worker is left with one at the end.
    size: dict[int, int] = {}
    for index, _ in jobs:
        size[index] = size.get(index, 0) + 1
    return sorted(found.values(), key=lambda members: -size[jobs[members[0]][0]])


def _report(
    file: _Loaded,
    index: int,
    jobs: list[tuple[int, Task]],
    decisions: list[Decision | Lost],
    *,
    partial: bool,
) -> FileReport:
    """One file's outcomes in order, with what only all of them together show."""
    own = [
        (task, decision)
        for (where, task), decision in zip(jobs, decisions, strict=True)
        if where == index
    ]
    wrong = dict.fromkeys(
        diagnostic
        for _, decision in own
        if not isinstance(decision, Lost)
        for diagnostic in decision.diagnostics
    )
    if wrong:
        return FileReport(file.name, (), tuple(wrong), file.sources, folder=file.folder)
    # Part of a file cannot show that nothing in the whole of it reaches a statement.
    hollow = {} if partial else _never_reached(own, file.sources)
    outcomes = tuple(
        _outcome(task, decision, hollow.get(number, ""))
        for number, (task, decision) in enumerate(own)
    )
    return FileReport(file.name, outcomes, (), file.sources, folder=file.folder)


def _never_reached(
    own: list[tuple[Task, Decision | Lost]], sources: Mapping[str, Source]
) -> dict[int, str]:
    """Obligations whose asserts, or whose variant's statements, none at all reaches.

    A refutation is none of them, but what it reaches counts; an obligation without an answer
    may reach everything.
    """
    decisions = [(task, d) for task, d in own if not isinstance(d, Lost)]
    if len(decisions) < len(own) or any(isinstance(d.verdict, Unknown) for _, d in decisions):
        return {}
    reached = {span for _, d in decisions for span in d.asserts if span not in d.unreached}
    passed = {task.obligation.variant for task, d in decisions if not d.unmarked}
    hollow: dict[int, str] = {}
    for number, (task, decision) in enumerate(decisions):
        if isinstance(decision.verdict, Refuted):
            continue
        lost = [span for span in decision.unreached if span not in reached]
        if lost:
            line = sources[lost[0].file].line_column(lost[0].start)[0]
            hollow[number] = f"the assert at {lost[0].file}:{line} is never reached"
        if decision.unmarked and task.obligation.variant not in passed:
            owner, label = decision.unmarked[0]
            hollow[number] = f"{owner}.{label} is never reached"
    return hollow


def _outcome(task: Task, decision: Decision | Lost, hollow: str) -> Outcome:
    """An obligation's outcome."""
    if isinstance(decision, Lost):
        unknown = Unknown(decision.why)
        met = meets(unknown, task.expected)
        return Outcome(task.obligation, unknown, task.expected, met, (), Measured())
    verdict: Verdict = Vacuous(hollow) if hollow else decision.verdict
    races = f"data races on {', '.join(decision.suppressed)} are not looked for, as the file asks"
    notes = [races] if decision.suppressed else []
    notes += [f"{owner}.{label} is never reached here" for owner, label in decision.dead]
    return Outcome(
        task.obligation,
        verdict,
        task.expected,
        meets(verdict, task.expected),
        (*not_covered(task.obligation.model), *notes),
        decision.measured,
    )


__all__ = ["dump", "run"]
