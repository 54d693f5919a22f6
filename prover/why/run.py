"""A file explained: its scenarios in worker processes, configurations alike told once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import TypeAlias

from dsl.check import check
from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.frozen import replace
from dsl.imports import LoadError
from dsl.primitives import PROPERTIES
from dsl.protocol import Protocol
from dsl.source import Source
from prover.explained import Explanation, Why
from prover.pipeline.again import run_twice
from prover.pipeline.obligations import Task, tasks, unknown
from prover.pipeline.pool import Lost
from prover.pipeline.program import read_program
from prover.verdict import Progress, Request

Answer: TypeAlias = Explanation | tuple[Diagnostic, ...]
OnProgress: TypeAlias = Callable[[Progress], None]


def why(
    name: str,
    request: Request,
    budget: float,
    on_progress: OnProgress,
    properties: tuple[str, ...] = (),
) -> Why:
    """Why what the request selects is proved: the scenarios as they are, or one variant.

    ``budget`` is how many seconds may go into the cores of one scenario, variant and configuration.
    ``properties`` are those to be explained, all if there is none; "loop" is that loops end.
    Nothing is raised for what is wrong with the file.
    """
    start = time.monotonic()
    sources: Mapping[str, Source] = {}
    known = (*PROPERTIES, "loop")
    wrong = [each for given in properties for each in unknown("property", given, known)]
    if wrong:
        return Why(name, sources, diagnostics=tuple(wrong))
    try:
        program = read_program(name, request)
        sources = program.sources
        base = check(program)
        protocol = check(program, request.variant, base) if request.variant else base
        selected = tasks(base, request)
        groups = _groups([t for t in selected if request.variant or not _variant(t)])
    except LoadError as error:
        return Why(name, error.sources, diagnostics=error.diagnostics)
    except DiagnosticError as error:
        return Why(name, sources, diagnostics=error.diagnostics)
    answers = _explained(protocol, groups, request, budget, on_progress, properties)
    wrong = [d for answer in answers if isinstance(answer, tuple) for d in answer]
    if wrong:
        return Why(name, sources, diagnostics=tuple(dict.fromkeys(wrong)))
    found = [answer for answer in answers if isinstance(answer, Explanation)]
    seconds = time.monotonic() - start
    return Why(name, sources, _merged(found), seconds=seconds, properties=properties)


def _variant(task: Task) -> str:
    return task.obligation.variant


def _groups(selected: list[Task]) -> list[list[Task]]:
    """The tasks that differ only in the memory model, together."""
    found: dict[object, list[Task]] = {}
    for task in selected:
        o = task.obligation
        found.setdefault((o.scenario, o.variant, o.configuration), []).append(task)
    return list(found.values())


def _explained(
    protocol: Protocol,
    groups: list[list[Task]],
    request: Request,
    budget: float,
    on_progress: OnProgress,
    properties: tuple[str, ...],
) -> list[Answer]:
    """Every group's explanation, each made in a worker process."""
    from prover.pipeline.anynumber.real import engine
    from prover.pipeline.limits import Limits, raised
    from prover.why.explain import explain
    from prover.why.invariant.explain import explain_number

    limits = Limits(request.timeout, request.memory, request.max_bound, explain=False)

    def job(number: int) -> Answer:
        asked = [(task.obligation, task.expected) for task in groups[number]]
        try:
            if groups[number][0].unbounded:
                return explain_number(protocol, *asked[0], limits, engine())
            return explain(protocol, asked, limits, budget, properties)
        except DiagnosticError as error:
            return error.diagnostics

    answers: list[Answer] = [_lost(group, "not explained") for group in groups]
    workers = request.jobs or os.cpu_count() or 1
    # The proof itself, the first core, and one question more than the budget allows.
    seconds = request.timeout * (max(map(len, groups), default=1) + 2) + budget
    memory = request.memory
    if any(group[0].unbounded for group in groups):
        longer, memory = raised(request.timeout, request.memory)
        seconds = max(seconds, longer + budget)
    pool = run_twice(job, len(groups), workers=workers, seconds=seconds, memory=memory)
    for done, (number, result) in enumerate(pool, 1):
        group = groups[number]
        answers[number] = _lost(group, result.why) if isinstance(result, Lost) else result
        on_progress(Progress(done, len(groups), group[0].obligation.scenario))
    return answers


def _lost(group: list[Task], reason: str) -> Explanation:
    first = group[0].obligation
    verdicts = tuple((task.obligation.model, "unknown") for task in group)
    return Explanation(first.scenario, first.variant, (first.configuration,), verdicts, why=reason)


def _merged(found: list[Explanation]) -> tuple[Explanation, ...]:
    """Those that differ in nothing but the configuration, as one, where the first of them was."""
    merged: dict[Explanation, list[tuple[tuple[str, str], ...]]] = {}
    for each in found:
        merged.setdefault(replace(each, configurations=()), []).extend(each.configurations)
    return tuple(
        replace(each, configurations=tuple(configurations))
        for each, configurations in merged.items()
    )
