"""The pipeline: files in, a report out.

``run`` reads like the data flow: load and check every file and its variants, list the
obligations, decide each in a worker process, compare with what the author expects.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dsl.check import check
from dsl.diagnostic import DiagnosticError
from dsl.imports import LoadError, Program
from dsl.protocol import Protocol
from dsl.source import Source
from prover.pipeline.again import each_of, twice, worth_again
from prover.pipeline.decision import Decision
from prover.pipeline.dump import dump
from prover.pipeline.obligations import Task, tasks
from prover.pipeline.pool import Lost, run_pool
from prover.pipeline.program import read_program
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
    program: Program
    sources: Mapping[str, Source]
    protocols: dict[str, Protocol]
    tasks: tuple[Task, ...]

    def protocol(self, variant: str) -> Protocol:
        """The protocol with a variant applied ("" for none).  Raises DiagnosticError."""
        if variant not in self.protocols:
            self.protocols[variant] = check(self.program, variant, self.protocols[""])
        return self.protocols[variant]


def run(request: Request, on_progress: Callable[[Progress], None]) -> Report:
    """Proves what the request asks for."""
    start = time.monotonic()
    loaded: list[_Loaded | FileReport] = [_load(name, request) for name in request.files]
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


def _load(name: str, request: Request) -> _Loaded | FileReport:
    """Loads and checks one file and every variant that is to be proved."""
    sources: Mapping[str, Source] = {}
    try:
        program = read_program(name, request)
        sources = program.sources
        protocol = check(program)
        selected = tasks(protocol, request)
    except LoadError as error:
        return FileReport(name, (), error.diagnostics, error.sources)
    except DiagnosticError as error:
        return FileReport(name, (), error.diagnostics, sources)
    return _Loaded(name, program, sources, {"": protocol}, tuple(selected))


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
    from prover.graph.kept import Kept
    from prover.pipeline.decide import decide_group, refused
    from prover.pipeline.families import Families
    from prover.pipeline.limits import Limits
    from prover.pipeline.round import Rounds

    groups = _groups(jobs, together="models" not in request.without)
    kept = [(Kept(), Rounds()) for _ in loaded]
    families, relatives = Families(), _families(groups, jobs)

    def work(members: Sequence[int]) -> list[Decision]:
        index, task = jobs[members[0]]
        file = loaded[index]
        assert isinstance(file, _Loaded)
        limits = Limits(
            request.timeout, request.memory, request.max_bound, request.explain, request.without
        )
        try:
            protocol = file.protocol(task.obligation.variant)
        except DiagnosticError as error:
            return [refused(error.diagnostics)] * len(members)
        asked = [(t.obligation, t.expected) for _, t in (jobs[n] for n in members)]
        graphs, rounds = (None, None) if "kept" in request.without else kept[index]
        shared = None
        if "models" in request.without:
            rounds = None
        elif "variants" not in request.without:
            key = _family(jobs[groups[number][0]])
            own = relatives[key]
            members = [jobs[n][1] for each in own for n in groups[each]]
            shared = families.of(
                key, members, file.protocol, limits, graphs, first=number == own[0]
            )
        found = decide_group(protocol, asked, limits, graphs, rounds, shared)
        return [decision for _, decision in found]

    return _pooled(work, groups, jobs, request, on_progress)


def _pooled(
    work: Callable[[Sequence[int]], list[Decision]],
    groups: list[list[int]],
    jobs: list[tuple[int, Task]],
    request: Request,
    on_progress: Callable[[Progress], None],
) -> list[Decision | Lost]:
    """What ``work`` makes of every group in worker processes; once more for what they lost."""
    results: list[Decision | Lost] = [Lost("not decided")] * len(jobs)
    waiting = set(range(len(jobs)))

    def settle(member: int, result: Decision | Lost) -> None:
        results[member] = result
        waiting.discard(member)
        obligation = jobs[member][1].obligation
        current = " / ".join(part for part in (obligation.scenario, obligation.variant) if part)
        on_progress(Progress(len(jobs) - len(waiting), len(jobs), current))

    workers = request.jobs or os.cpu_count() or 1
    firsts = [jobs[members[0]] for members in groups]
    together = run_pool(
        lambda number: work(groups[number]),
        len(groups),
        workers=workers,
        seconds=request.timeout * max(map(len, groups)),
        memory=request.memory,
        kinds=[_family(first) for first in firsts],
    )
    again: list[int] = []
    for number, result in together:
        for member, found in each_of(groups[number], result):
            if worth_again(found, groups[number]):
                again.append(member)
            else:
                settle(member, found)
    alone = run_pool(
        lambda number: work([again[number]]),
        len(again),
        workers=workers,
        seconds=request.timeout,
        memory=request.memory,
        fresh=True,
    )
    for number, result in alone:
        (found,) = [twice(result)] if isinstance(result, Lost) else result
        settle(again[number], found)
    return results


def _family(job: tuple[int, Task]) -> object:
    """What variants have in common that may be decided in one program."""
    index, task = job
    return index, task.obligation.scenario, task.obligation.configuration


def _families(groups: list[list[int]], jobs: list[tuple[int, Task]]) -> dict[object, list[int]]:
    """The groups of each family, in order."""
    found: dict[object, list[int]] = {}
    for number, members in enumerate(groups):
        found.setdefault(_family(jobs[members[0]]), []).append(number)
    return found


def _groups(jobs: list[tuple[int, Task]], *, together: bool) -> list[list[int]]:
    """The obligations that differ only in the memory model, together: they share their work."""
    found: dict[object, list[int]] = {}
    for number, (index, task) in enumerate(jobs):
        o = task.obligation
        alone = "" if together else o.model
        found.setdefault((index, o.scenario, o.variant, o.configuration, alone), []).append(number)
    return list(found.values())


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
        return FileReport(file.name, (), tuple(wrong), file.sources)
    # Part of a file cannot show that nothing in the whole of it reaches a statement.
    hollow = {} if partial else _never_reached(own, file.sources)
    outcomes = tuple(
        _outcome(task, decision, hollow.get(number, ""))
        for number, (task, decision) in enumerate(own)
    )
    return FileReport(file.name, outcomes, (), file.sources)


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
