"""Files in, a report out.

``prove`` reads like the data flow: load and check every file and its variants, list the
obligations, decide each in a worker process, compare with what the author expects.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from dsl.diagnostic import DiagnosticError
from dsl.source import Source
from prover.cache.store import Store
from prover.cache.whole import Known, remember
from prover.pipeline.again import alone, each_of, worth_again
from prover.pipeline.certify import Second, certified, claims_folder, opinions, relied_on
from prover.pipeline.decision import Decision
from prover.pipeline.loaded import Loaded, family_of, grouped, load_all
from prover.pipeline.memory import Memory
from prover.pipeline.obligations import Task
from prover.pipeline.pool import Lost, run_pool
from prover.pipeline.times import Times
from prover.pipeline.tree import Member
from prover.verdict import (
    Certificate,
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

Decided: TypeAlias = Sequence[tuple[Decision | Lost, Certificate | None]]
"""Decisions with what a second solver says of them, if one was asked."""


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
    second: Second | None = None,
    *,
    idle: bool = False,
) -> list[FileReport]:
    """Proves what the request asks for, but for the files that are known.

    ``idle``: that there is nothing to prove in them is no mistake.
    """
    loaded, read = load_all(request, members, known, idle=idle)
    jobs = [
        (index, task)
        for index, file in enumerate(loaded)
        if isinstance(file, Loaded)
        for task in file.tasks
    ]
    with claims_folder(second) as claims:
        verdicts = store if second is None else None
        decided = _decide_all(loaded, jobs, request, verdicts, on_progress, claims)
        decisions: Decided = [(decision, None) for decision in decided]
        if second is not None:
            rests = relied_on(decided, [index for index, _ in jobs])
            wanted = [claim for each in rests for claim in each]
            said = opinions(second, claims, wanted, request, store, on_progress)
            decisions = [*certified(second, claims, decided, rests, said)]
    partial = bool(request.scenario or request.variant or request.config)
    reports = [
        file
        if isinstance(file, FileReport)
        else _report(file, index, jobs, decisions, partial=partial)
        for index, file in enumerate(loaded)
    ]
    if verdicts is not None:
        new = [report for report in reports if (report.name, report.folder) not in known]
        remember(verdicts, map(read.made, new), request)
    return reports


def _decide_all(
    loaded: list[Loaded | FileReport],
    jobs: list[tuple[int, Task]],
    request: Request,
    store: Store | None,
    on_progress: Callable[[Progress], None],
    claims: Path | None,
) -> list[Decision | Lost]:
    """Every obligation's decision, in the order of ``jobs``; in ``claims`` what they rest on."""
    if not jobs:
        return []
    # The engine takes longer to import than a small file to read; a file with mistakes needs none.
    # Imported before the workers are forked, it is imported once for all of them.
    from prover.pipeline.work import Work

    groups = grouped(jobs, together="models" not in request.without)
    memory = Memory(store, loaded, jobs, request)
    times = Times(store, loaded, jobs)
    board = Board(jobs, on_progress, [file.name for file in loaded])
    board.settle_all(memory.recall(groups))
    waiting = [members for members in groups if members[0] in board.waiting]
    groups = times.longest_first(waiting)
    here: Sequence[Sequence[int]] = groups
    if request.cluster and groups:
        from prover.pipeline.cluster.run import decide_there

        try:
            here = decide_there(loaded, groups, board, request)
        except DiagnosticError:
            # What is known by now need not be asked again.
            memory.keep([each for each in groups if board.has(each)], board.results)
            raise
    work = Work(loaded, jobs, here, request, claims)
    decide_here(work.together, work.alone, here, board, request)
    memory.keep(groups, board.results)
    times.keep(groups, board.results)
    return board.results


class Board:
    """What has become of every obligation, in the order of ``jobs``; ``waiting`` are the others.

    ``names`` are those of the files that obligations are of.
    """

    def __init__(
        self,
        jobs: Sequence[tuple[int, Task]],
        on_progress: Callable[[Progress], None],
        names: Sequence[str],
    ) -> None:
        self.jobs = jobs
        self.results: list[Decision | Lost] = [Lost("not decided")] * len(jobs)
        self.waiting = set(range(len(jobs)))
        self._on_progress = on_progress
        self._names = names

    def settle(self, member: int, result: Decision | Lost) -> None:
        """Takes down what became of an obligation."""
        self.results[member] = result
        self.waiting.discard(member)
        done = len(self.jobs) - len(self.waiting)
        index, task = self.jobs[member]
        current = task.obligation.question
        self._on_progress(Progress(done, len(self.jobs), current, self._names[index]))

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
    decisions: Decided,
    *,
    partial: bool,
) -> FileReport:
    """One file's outcomes in order, with what only all of them together show."""
    here = [
        (task, *found)
        for (where, task), found in zip(jobs, decisions, strict=True)
        if where == index
    ]
    own = [(task, decision) for task, decision, _ in here]
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
        _outcome(task, decision, hollow.get(number, ""), certificate)
        for number, (task, decision, certificate) in enumerate(here)
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


def _outcome(
    task: Task, decision: Decision | Lost, hollow: str, certificate: Certificate | None = None
) -> Outcome:
    """An obligation's outcome."""
    if isinstance(decision, Lost):
        unknown = Unknown(decision.why)
        met = meets(unknown, task.expected)
        return Outcome(task.obligation, unknown, task.expected, met, (), Measured(), certificate)
    if hollow and certificate is not None:
        certificate = Certificate("no claim", certificate.by)
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
        certificate,
    )
