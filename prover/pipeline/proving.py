"""Files in, a report out.

``prove`` reads like the data flow: load and check every file and its variants, list the
obligations, decide each in a worker process, compare with what the author expects.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from dsl.diagnostic import DiagnosticError
from dsl.source import Source
from prover.cache.store import Store
from prover.cache.whole import Known, remember
from prover.pipeline.again import alone, each_of, worth_again
from prover.pipeline.decision import Decision
from prover.pipeline.loaded import Loaded, family_of, grouped, load_all
from prover.pipeline.memory import Memory
from prover.pipeline.obligations import Task
from prover.pipeline.pool import Lost, run_pool
from prover.pipeline.tree import Member
from prover.verdict import (
    FileReport,
    Measured,
    Outcome,
    Progress,
    Refuted,
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


def prove(
    request: Request,
    members: Sequence[Member | FileReport],
    known: Mapping[tuple[str, str], Known],
    store: Store | None,
    on_progress: Callable[[Progress], None],
) -> list[FileReport]:
    """Proves what the request asks for, but for the files that are known."""
    loaded, read = load_all(request, members, known)
    jobs = [
        (index, task)
        for index, file in enumerate(loaded)
        if isinstance(file, Loaded)
        for task in file.tasks
    ]
    decisions = _decide_all(loaded, jobs, request, store, on_progress)
    partial = bool(request.scenario or request.variant or request.config)
    reports = [
        file
        if isinstance(file, FileReport)
        else _report(file, index, jobs, decisions, partial=partial)
        for index, file in enumerate(loaded)
    ]
    if store is not None:
        new = [report for report in reports if (report.name, report.folder) not in known]
        remember(store, map(read.made, new), request)
    return reports


def _decide_all(
    loaded: list[Loaded | FileReport],
    jobs: list[tuple[int, Task]],
    request: Request,
    store: Store | None,
    on_progress: Callable[[Progress], None],
) -> list[Decision | Lost]:
    """Every obligation's decision, in the order of ``jobs``."""
    if not jobs:
        return []
    # The engine takes longer to import than a small file to read; a file with mistakes needs none.
    # Imported before the workers are forked, it is imported once for all of them.
    from prover.pipeline.work import Work

    groups = grouped(jobs, together="models" not in request.without)
    memory = Memory(store, loaded, jobs, request)
    board = Board(jobs, on_progress)
    board.settle_all(memory.recall(groups))
    groups = [members for members in groups if members[0] in board.waiting]
    here: Sequence[Sequence[int]] = groups
    if request.cluster and groups:
        from prover.pipeline.cluster.run import decide_there

        try:
            here = decide_there(loaded, groups, board, request)
        except DiagnosticError:
            # What is known by now need not be asked again.
            memory.keep([each for each in groups if board.has(each)], board.results)
            raise
    work = Work(loaded, jobs, here, request)
    decide_here(work.together, work.alone, here, board, request)
    memory.keep(groups, board.results)
    return board.results


class Board:
    """What has become of every obligation, in the order of ``jobs``; ``waiting`` are the others."""

    def __init__(
        self, jobs: Sequence[tuple[int, Task]], on_progress: Callable[[Progress], None]
    ) -> None:
        self.jobs = jobs
        self.results: list[Decision | Lost] = [Lost("not decided")] * len(jobs)
        self.waiting = set(range(len(jobs)))
        self._on_progress = on_progress

    def settle(self, member: int, result: Decision | Lost) -> None:
        """Takes down what became of an obligation."""
        self.results[member] = result
        self.waiting.discard(member)
        done = len(self.jobs) - len(self.waiting)
        current = self.jobs[member][1].obligation.question
        self._on_progress(Progress(done, len(self.jobs), current))

    def settle_all(self, results: Mapping[int, Decision | Lost]) -> None:
        """Takes down what became of several."""
        for member, result in results.items():
            self.settle(member, result)

    def has(self, members: Sequence[int]) -> bool:
        """Whether it is known what became of all of these."""
        return self.waiting.isdisjoint(members)


def decide_here(
    together: Callable[[Sequence[int]], list[Decision]],
    by_itself: Callable[[int], list[Decision]],
    groups: Sequence[Sequence[int]],
    board: Board,
    request: Request,
) -> None:
    """What becomes of every group in worker processes; once more, alone, of what they lost."""
    workers = request.jobs or os.cpu_count() or 1
    firsts = [board.jobs[members[0]] for members in groups]
    decided = run_pool(
        lambda number: together(groups[number]),
        len(groups),
        workers=workers,
        # The first of a family has a question about all of it besides its own.
        seconds=request.timeout * (max(map(len, groups), default=0) + 1),
        memory=request.memory,
        kinds=[family_of(first) for first in firsts],
    )
    again: list[int] = []
    for number, result in decided:
        for member, found in each_of(groups[number], result):
            if worth_again(found, groups[number]):
                again.append(member)
            else:
                board.settle(member, found)
    retried = alone(
        by_itself, again, workers=workers, seconds=request.timeout, memory=request.memory
    )
    for member, result in retried:
        board.settle(member, result if isinstance(result, Lost) else result[0])


def _report(
    file: Loaded,
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
    titles = {name: variant.title for name, variant in file.protocols[""].variants.items()}
    return FileReport(file.name, outcomes, (), file.sources, folder=file.folder, titles=titles)


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
