"""Files in, a report out.

``prove`` reads like the data flow: load and check every file and its variants, list the
obligations, decide each in a worker process, compare with what the author expects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

from dsl.diagnostic import DiagnosticError
from prover.cache.store import Store
from prover.pipeline.board import Board, decide_here
from prover.pipeline.certify import Second, certified, claims_folder, opinions, relied_on
from prover.pipeline.decision import Decision
from prover.pipeline.hollow import beyond, hollow, in_doubt
from prover.pipeline.loaded import Loaded, grouped, load_all
from prover.pipeline.memory import Memory
from prover.pipeline.obligations import Task
from prover.pipeline.pool import Lost
from prover.pipeline.spared import Found, to_keep
from prover.pipeline.times import Times
from prover.pipeline.tree import Member
from prover.verdict import (
    Certificate,
    FileReport,
    Measured,
    Outcome,
    Progress,
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


def known_races(places: Sequence[str]) -> tuple[str, ...]:
    """What no verdict covers as the file says so: accesses of these places that may race."""
    if not places:
        return ()
    return (f"data races are not looked for of what the file says may race: {', '.join(places)}",)


def prove(
    request: Request,
    members: Sequence[Member | FileReport],
    found: Found,
    store: Store | None,
    on_progress: Callable[[Progress], None],
    second: Second | None = None,
    *,
    idle: bool = False,
) -> list[FileReport]:
    """Proves what the request asks for, but for the files that are known: ``found``.

    ``idle``: that there is nothing to prove in them is no mistake.
    """
    known, ready, read, rows = found
    if store is not None:
        store.put(rows)
    loaded, read = load_all(request, members, known, ready, read, idle=idle)
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
            wanted = [claim for each in rests for claim in each.claims]
            said = opinions(second, claims, wanted, request, store, on_progress)
            decisions = [*certified(second, claims, decided, rests, said)]
    reports = [
        file if isinstance(file, FileReport) else _report(file, index, jobs, decisions)
        for index, file in enumerate(loaded)
    ]
    if verdicts is not None:
        verdicts.put(to_keep(request, reports, known, read))
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
    # What is about any number of actors is decided here: it would take a worker for long.
    many = [group for group in groups if jobs[group[0]][1].unbounded]
    several = [group for group in groups if not jobs[group[0]][1].unbounded]
    if request.cluster and several:
        from prover.pipeline.cluster.run import decide_there

        try:
            here = [*decide_there(loaded, several, board, request), *many]
        except DiagnosticError:
            # What is known by now need not be asked again.
            memory.keep([each for each in groups if board.has(each)], board.results)
            raise
    # Of a part of a file others are not there to reach what a refutation may.
    work = Work(loaded, jobs, here, request, claims, reaches=_is_partial(request))
    decide_here(work.together, work.alone, here, board, request)
    times.keep(groups, board.results)
    again = _asked_again(loaded, jobs, board, request, claims)
    memory.keep([*groups, *(group for group in again if group not in groups)], board.results)
    return board.results


def _asked_again(
    loaded: list[Loaded | FileReport],
    jobs: list[tuple[int, Task]],
    board: Board,
    request: Request,
    claims: Path | None,
) -> list[list[int]]:
    """Has refutations say which asserts they reach, where those could be of no proof; who they are.

    Whatever is decided along with one is decided once more.
    """
    from prover.pipeline.work import Work

    of: dict[int, list[int]] = {}
    for number, (index, _) in enumerate(jobs):
        of.setdefault(index, []).append(number)
    doubtful: set[int] = set()
    for index, own in of.items():
        file = loaded[index]
        if isinstance(file, Loaded):
            decided = [(jobs[number][1], board.results[number]) for number in own]
            asked = in_doubt(file, decided)
            doubtful.update(own[number] for number in asked)
    groups = grouped(jobs, together="models" not in request.without) if doubtful else []
    groups = [group for group in groups if not doubtful.isdisjoint(group)]
    if groups:
        before = dict(enumerate(board.results))
        members = [number for group in groups for number in group]
        board.reopen(members)
        work = Work(loaded, jobs, groups, request, claims, reaches=True)
        decide_here(work.together, work.alone, groups, board, request)
        board.settle_all({n: before[n] for n in members if _has_no_answer(board.results[n])})
    return groups


def _has_no_answer(result: Decision | Lost) -> bool:
    return isinstance(result, Lost) or isinstance(result.verdict, Unknown)


def _is_partial(request: Request) -> bool:
    """Whether a part of each file was asked for only."""
    return bool(request.scenario or request.variant or request.config)


def _report(
    file: Loaded,
    index: int,
    jobs: list[tuple[int, Task]],
    decisions: Decided,
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
    found = hollow(file, own)
    more = {
        number: (*beyond(file, decision), *found.doubts.get(number, ()))
        for number, (_, decision) in enumerate(own)
    }
    outcomes = tuple(
        _outcome(task, decision, found.nothing.get(number, ""), certificate, more[number])
        for number, (task, decision, certificate) in enumerate(here)
    )
    titles = {name: variant.title for name, variant in file.protocols[""].variants.items()}
    return FileReport(file.name, outcomes, (), file.sources, folder=file.folder, titles=titles)


def _outcome(
    task: Task,
    decision: Decision | Lost,
    nothing: str,
    certificate: Certificate | None = None,
    more: Iterable[str] = (),
) -> Outcome:
    """An obligation's outcome; ``nothing`` is why it says nothing, ``more`` are further notes."""
    if isinstance(decision, Lost):
        unknown = Unknown(decision.why)
        met = meets(unknown, task.expected)
        return Outcome(task.obligation, unknown, task.expected, met, (), Measured(), certificate)
    if nothing and certificate is not None:
        certificate = Certificate("no claim", certificate.by)
    verdict: Verdict = Vacuous(nothing) if nothing else decision.verdict
    notes = list(known_races(decision.suppressed))
    notes += [f"{owner}.{label} is never reached here" for owner, label in decision.dead]
    return Outcome(
        task.obligation,
        verdict,
        task.expected,
        meets(verdict, task.expected),
        (*not_covered(task.obligation.model), *notes, *more, *decision.notes),
        decision.measured,
        certificate,
    )
