"""What the proofs of a file need: every change tried in every scenario it touches.

Rounds in worker processes: the file as it is; every change alone, all of a scenario in one
query; those that this does not answer, one by one; and the same for pairs of redundant changes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from dsl.check import check
from dsl.diagnostic import DiagnosticError
from dsl.imports import LoadError, Program
from dsl.protocol import Protocol
from prover.needed import Broken, Skipped, Unsettled
from prover.needs.plan import PAIRED, UNBALANCED, Planned
from prover.pipeline.again import run_twice
from prover.pipeline.obligations import tasks
from prover.pipeline.pool import Lost
from prover.pipeline.program import read_program
from prover.verdict import Obligation, Progress, Request

if TYPE_CHECKING:
    from prover.needs.at_once import Alone, AtOnce, Two
    from prover.pipeline.limits import Limits

Made = TypeVar("Made")
OnProgress: TypeAlias = Callable[[Progress], None]
Configuration: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A file and what is asked of it: its scenarios, with the configurations and models."""

    request: Request
    program: Program
    protocol: Protocol
    scenarios: dict[str, tuple[Configuration, ...]]
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Based:
    """The file as it is: scenarios that are proved, the others with a reason, the changes.

    ``bounds`` has for each scenario and configuration the bound of the proof, ``sizes`` for each
    scenario the number of its events.
    """

    proved: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    planned: tuple[Planned, ...]
    skipped: tuple[Skipped, ...]
    bounds: dict[tuple[str, Configuration], int]
    sizes: dict[str, int]


def ask(name: str, request: Request) -> Asked:
    """The file, checked, and what the request selects.  Raises LoadError."""
    program = read_program(name, request)
    try:
        protocol = check(program)
        found = [task.obligation for task in tasks(protocol, request)]
        found = [obligation for obligation in found if not obligation.variant]
    except DiagnosticError as error:
        raise LoadError(error.diagnostics, program.sources) from None
    scenarios: dict[str, dict[Configuration, None]] = {}
    for obligation in found:
        scenarios.setdefault(obligation.scenario, {})[obligation.configuration] = None
    models = tuple(dict.fromkeys(obligation.model for obligation in found))
    every = {scenario: tuple(configurations) for scenario, configurations in scenarios.items()}
    return Asked(request, program, protocol, every, models)


def pooled(
    asked: Asked,
    job: Callable[[int], Made],
    names: Sequence[str],
    on_progress: OnProgress,
    *,
    trials: int = 1,
) -> list[Made | Lost]:
    """What ``job`` makes of every number, each in a worker process; ``names`` say what runs.

    A job has the time of so many ``trials``.
    """
    request = asked.request
    results: list[Made | Lost] = [Lost("not decided")] * len(names)
    most = max((len(configurations) for configurations in asked.scenarios.values()), default=1)
    seconds = request.timeout * most * 2 * trials
    workers = request.jobs or os.cpu_count() or 1
    pool = run_twice(job, len(names), workers=workers, seconds=seconds, memory=request.memory)
    for done, (number, result) in enumerate(pool, 1):
        results[number] = result
        on_progress(Progress(done, len(names), names[number]))
    return results


# --- the file as it is ------------------------------------------------------------------


def base(asked: Asked, on_progress: OnProgress) -> Based:
    """Proves the scenarios as they are, and finds what could be taken away from them."""
    from prover.needs.survey import Surveyed, plan, survey
    from prover.pipeline.decide import decide_group
    from prover.pipeline.limits import Limits
    from prover.verdict import Proved

    request = asked.request
    limits = Limits(request.timeout, request.memory, request.max_bound, explain=False)
    programs = [(s, c) for s, configurations in asked.scenarios.items() for c in configurations]

    def job(number: int) -> tuple[str, Surveyed | None, int, int]:
        scenario, configuration = programs[number]
        bound, size = 0, 0
        group = [(Obligation(scenario, "", configuration, model), None) for model in asked.models]
        for _, decision in decide_group(asked.protocol, group, limits):
            if decision.diagnostics:
                return decision.diagnostics[0].message, None, 0, 0
            if not isinstance(decision.verdict, Proved):
                return _said(decision.verdict), None, 0, 0
            bound = max(bound, decision.measured.bound)
            size = max(size, decision.measured.events)
        return "", survey(asked.protocol, scenario, dict(configuration)), bound, size

    names = [f"{scenario} as it is" for scenario, _ in programs]
    why: dict[str, str] = {}
    surveyed: dict[str, list[Surveyed]] = {}
    bounds: dict[tuple[str, Configuration], int] = {}
    sizes: dict[str, int] = {}
    for key, made in zip(programs, pooled(asked, job, names, on_progress), strict=True):
        answer = (made.why, None, 0, 0) if isinstance(made, Lost) else made
        said, found, bounds[key], size = answer
        scenario = key[0]
        sizes[scenario] = sizes.get(scenario, 0) + size
        if found is None:
            why.setdefault(scenario, said)
        else:
            surveyed.setdefault(scenario, []).append(found)
    proved = tuple(scenario for scenario in asked.scenarios if scenario not in why)
    seen = [found for scenario in proved for found in surveyed[scenario]]
    planned, skipped = plan(asked.protocol, proved, seen)
    left_out = tuple(why.items())
    return Based(proved, left_out, tuple(planned), tuple(skipped), bounds, sizes)


def _said(verdict: object) -> str:
    from prover.render.table import summary_of
    from prover.verdict import Bounded, Broken, Proved, Refuted, Unknown, Vacuous, name_of

    assert isinstance(verdict, Proved | Bounded | Refuted | Vacuous | Unknown | Broken)
    return f"{name_of(verdict)}: {summary_of(verdict)}"


# --- all changes of a scenario at once --------------------------------------------------


def alone_at_once(
    asked: Asked,
    based: Based,
    planned: Mapping[str, Sequence[Planned]],
    on_progress: OnProgress,
) -> dict[tuple[int, str], Alone]:
    """What each change of each scenario does alone; None where it must be tried by itself."""

    def job(each: AtOnce) -> dict[int, Alone]:
        return each.alone(planned[each.scenario])

    made = _each_scenario(asked, based, planned, job, "each change alone", on_progress)
    answers: dict[tuple[int, str], Alone] = {}
    for scenario, changes in planned.items():
        found = made[scenario]
        for each in changes:
            number = each.change.number
            answers[number, scenario] = None if isinstance(found, Lost) else found[number]
    return answers


def together_at_once(
    asked: Asked,
    based: Based,
    planned: Mapping[str, Sequence[Planned]],
    on_progress: OnProgress,
) -> dict[str, tuple[list[Two], set[int]]]:
    """The pairs that break each scenario, and the changes of which that is all."""

    def job(each: AtOnce) -> tuple[list[Two], set[int]]:
        return each.together(planned[each.scenario])

    made = _each_scenario(asked, based, planned, job, "changes together", on_progress)
    return {s: ([], set()) if isinstance(found, Lost) else found for s, found in made.items()}


def _each_scenario(
    asked: Asked,
    based: Based,
    planned: Mapping[str, Sequence[Planned]],
    job: Callable[[AtOnce], Made],
    what: str,
    on_progress: OnProgress,
) -> dict[str, Made | Lost]:
    """What a job makes of each scenario."""
    if not planned:
        return {}
    from prover.needs.at_once import AtOnce

    scenarios = list(planned)

    def one(number: int) -> Made:
        scenario = scenarios[number]
        bounds = {c: based.bounds[scenario, c] for c in asked.scenarios[scenario]}
        return job(AtOnce(asked.protocol, scenario, asked.models, _limits(asked), bounds))

    names = [f"{scenario}: {what}" for scenario in scenarios]
    most = max(map(len, planned.values()))
    made = pooled(asked, one, names, on_progress, trials=most)
    return dict(zip(scenarios, made, strict=True))


def _limits(asked: Asked) -> Limits:
    from prover.pipeline.limits import Limits

    request = asked.request
    return Limits(request.timeout, request.memory, request.max_bound, explain=False)


# --- changes by themselves --------------------------------------------------------------


@dataclass(slots=True)
class Trial:
    """Changes to be tried together in one scenario."""

    planned: tuple[Planned, ...]
    scenario: str

    def name(self) -> str:
        """What a progress line says of it."""
        numbers = " and ".join(str(each.change.number) for each in self.planned)
        return f"{numbers} in {self.scenario}: {self.planned[0].change.what}"


Answer: TypeAlias = Broken | Unsettled | str
"""What became of a trial: ``proved``, ``same`` where nothing changed, or what went wrong."""


def tried(
    asked: Asked, based: Based, trials: Sequence[Trial], on_progress: OnProgress
) -> list[Answer]:
    """Every trial's answer."""
    if not trials:
        return []
    from prover.needs.probe import Kept, Prober

    prober = Prober(asked.protocol, asked.models, _limits(asked), based.bounds)

    def job(number: int) -> Answer:
        trial = trials[number]
        edits = [edit for each in trial.planned for edit in each.edits]
        found = prober.probe(edits, trial.scenario, asked.scenarios[trial.scenario])
        if isinstance(found, Broken | Unsettled):
            return _apart(trial, found)
        return "proved" if isinstance(found, Kept) else "same"

    names = [trial.name() for trial in trials]
    made = pooled(asked, job, names, on_progress)
    return [
        Unsettled(trial.scenario, found.why) if isinstance(found, Lost) else found
        for trial, found in zip(trials, made, strict=True)
    ]


def _apart(trial: Trial, found: Broken | Unsettled) -> Broken | Unsettled:
    """A lock that is dropped without its unlock says nothing about whether it is needed."""
    paired = any(each.change.kind in PAIRED for each in trial.planned)
    if isinstance(found, Broken) and paired and UNBALANCED.issuperset(found.properties):
        return Unsettled(found.scenario, "not all that belongs to it is found")
    return found
