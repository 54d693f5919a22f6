"""The retry loops of every obligation of a report, in worker processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from dsl.check import check
from dsl.diagnostic import DiagnosticError
from dsl.frozen import replace
from dsl.imports import LoadError, Program
from dsl.protocol import Protocol, Scenario
from prover.graph.with_loops import with_loops
from prover.parametric.liveness.graph import Graph, TooMany, graph_of
from prover.parametric.liveness.lasso import KINDS, lassos
from prover.parametric.machine import Compiled, build
from prover.parametric.system import Infinite, Refused
from prover.pipeline.again import run_twice
from prover.pipeline.anynumber.wording import counted
from prover.pipeline.liveness.witness import livelock_of
from prover.pipeline.pool import Lost
from prover.pipeline.program import read_program
from prover.verdict import FileReport, Livelock, Liveness, Obligation, Progress, Report, Request

MOST = 100_000
"""So many configurations of one obligation are looked at."""

FEW = 20_000
"""With two of each actor of which there is any number so many; if there are more, one of each."""


def with_liveness(
    report: Report, request: Request, on_progress: Callable[[Progress], None]
) -> Report:
    """The report with what became of the retry loops of all that it is about.

    A question is asked once for all memory models: loops are looked at under sequential
    consistency.
    """
    questions: dict[tuple[str, Obligation], FileReport] = {}
    for file in report.files:
        for outcome in file.outcomes:
            questions.setdefault((file.name, replace(outcome.obligation, model="sc")), file)
    asked = list(questions)
    files = Files(request)

    def job(number: int) -> Liveness:
        return look(*asked[number], files)

    found = [Liveness(name, obligation, why="not looked at") for name, obligation in asked]
    pool = run_twice(
        job,
        len(asked),
        workers=request.jobs or os.cpu_count() or 1,
        seconds=2 * request.timeout + 10,
        memory=request.memory,
    )
    for done, (number, result) in enumerate(pool, 1):
        name, obligation = asked[number]
        found[number] = (
            Liveness(name, obligation, why=result.why) if isinstance(result, Lost) else result
        )
        on_progress(Progress(done, len(asked), f"loops of {obligation.scenario}"))
    return replace(report, liveness=tuple(found))


@dataclass(slots=True)
class Files:
    """Files read once in each process, and checked once with each variant."""

    request: Request
    programs: dict[str, Program] = field(default_factory=dict[str, Program])
    protocols: dict[tuple[str, str], Protocol] = field(
        default_factory=dict[tuple[str, str], Protocol]
    )

    def protocol(self, name: str, variant: str) -> Protocol:
        """A file with a variant applied.  Raises LoadError and DiagnosticError."""
        if name not in self.programs:
            self.programs[name] = read_program(name, self.request)
        if (name, variant) not in self.protocols:
            base = self.protocol(name, "") if variant else None
            self.protocols[name, variant] = check(self.programs[name], variant, base)
        return self.protocols[name, variant]


def look(file: str, obligation: Obligation, files: Files) -> Liveness:
    """The retry loops of one obligation."""
    none = Liveness(file, obligation)
    try:
        protocol = files.protocol(file, obligation.variant)
        return looked_at(protocol, none, files.request.timeout)
    except (LoadError, DiagnosticError):
        return replace(none, why="the file has changed meanwhile")
    except Exception as error:  # noqa: BLE001 - a bug must cost one obligation, and say so
        return replace(none, why=f"a bug in prove: {type(error).__name__}: {error}", bug=True)


def looked_at(protocol: Protocol, none: Liveness, seconds: float) -> Liveness:
    """The retry loops of an obligation whose variant is applied; ``none`` is without an answer."""
    obligation = none.obligation
    scenario = protocol.scenarios[obligation.scenario]
    try:
        system = fixed(protocol, obligation)
        one = graph_of(system, 1, MOST, seconds)
    except (TooMany, Refused, Infinite) as error:
        return replace(none, why=error.what)
    found, graph, many = _livelocks(one, protocol), one, 1
    if scenario.many:
        try:
            graph, many = graph_of(system, 2, FEW, seconds), 2
            # What one of each shows is shown by them.
            found = _worst((*found, *_livelocks(graph, protocol)))
        except TooMany:
            pass
    return replace(none, found=found, who=_who(scenario, many), configurations=len(graph.nodes))


def _livelocks(graph: Graph, protocol: Protocol) -> tuple[Livelock, ...]:
    return tuple(livelock_of(graph, each, protocol.sources) for each in lassos(graph))


def _worst(found: tuple[Livelock, ...]) -> tuple[Livelock, ...]:
    """For each loop the first of the worst."""
    kept: dict[object, Livelock] = {}
    for each in sorted(found, key=lambda each: KINDS.index(each.kind)):
        kept.setdefault(each.loop, each)
    return tuple(sorted(kept.values(), key=lambda each: (each.loop.file, each.loop.start)))


def fixed(protocol: Protocol, obligation: Obligation) -> Compiled:
    """The rules of an obligation, each step by itself."""
    scenario = protocol.scenarios[obligation.scenario]
    program = with_loops(protocol, scenario.name, dict(obligation.configuration))
    return build(program, frozenset(scenario.many), scenario.forever, joined=False)


def _who(scenario: Scenario, many: int) -> str:
    numbers = [(name, many if name in scenario.many else count) for name, count in scenario.run]
    return counted(numbers, 1) + (", for ever" if scenario.forever else "")
