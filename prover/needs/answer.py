"""The whole answer: changes alone, then pairs; or one change with what it lets happen."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import combinations

from dsl.diagnostic import Diagnostic
from dsl.imports import LoadError
from prover.needed import Broken, Cover, Needs, Pairs, Result, Shown, Unsettled
from prover.needs.plan import Planned
from prover.needs.run import Answer, Asked, Based, OnProgress, Trial, ask, base, tried
from prover.needs.sites import actors_of, reached
from prover.verdict import Request


def needs(name: str, request: Request, most_pairs: int, on_progress: OnProgress) -> Needs:
    """What the proofs of the file need.  Nothing is raised for what is wrong with it."""
    start = time.monotonic()
    try:
        asked = ask(name, request)
    except LoadError as error:
        return Needs(name, error.sources, diagnostics=error.diagnostics)
    based = base(asked, on_progress)
    whole = Needs(
        name,
        asked.program.sources,
        asked.models,
        based.proved,
        based.left_out,
        skipped=based.skipped,
    )
    results = _alone(asked, based, on_progress)
    pairs = _together(asked, based, results, most_pairs, on_progress)
    return replace(whole, results=results, pairs=pairs, seconds=time.monotonic() - start)


def _touched(asked: Asked, based: Based) -> dict[str, set[str]]:
    """The functions that each proved scenario reaches."""
    protocol = asked.protocol
    return {name: set(reached(protocol, actors_of(protocol, name))) for name in based.proved}


def _alone(asked: Asked, based: Based, on_progress: OnProgress) -> tuple[Result, ...]:
    """Every change by itself; those behind a stronger one only where that one breaks."""
    touched = _touched(asked, based)
    trials = [
        Trial((each,), scenario)
        for each in based.planned
        if not each.instead
        for scenario, owners in touched.items()
        if any(edit.owner in owners for edit in each.edits)
    ]
    answers = dict(_keyed(trials, tried(asked, based, trials, on_progress)))
    further = [
        Trial((each,), scenario)
        for each in based.planned
        if each.instead
        for scenario in touched
        if isinstance(answers.get((each.instead, scenario)), Broken)
    ]
    answers |= dict(_keyed(further, tried(asked, based, further, on_progress)))
    made: list[Result] = []
    for each in based.planned:
        asked_about = dict.fromkeys(based.proved)
        own = {
            scenario: answers[each.change.number, scenario]
            for scenario in asked_about
            if (each.change.number, scenario) in answers
        }
        made.append(_result(each, own))
    return tuple(each for each in made if each.broken or each.proved or each.unsettled)


def _keyed(
    trials: Iterable[Trial], answers: Iterable[Answer]
) -> Iterable[tuple[tuple[int, str], Answer]]:
    for trial, answer in zip(trials, answers, strict=True):
        yield (trial.planned[0].change.number, trial.scenario), answer


def _result(planned: Planned, answers: Mapping[str, Answer]) -> Result:
    return Result(
        planned.change,
        tuple(answer for answer in answers.values() if isinstance(answer, Broken)),
        tuple(scenario for scenario, answer in answers.items() if answer == "proved"),
        tuple(answer for answer in answers.values() if isinstance(answer, Unsettled)),
    )


def _together(
    asked: Asked,
    based: Based,
    results: Iterable[Result],
    most: int,
    on_progress: OnProgress,
) -> Pairs:
    """Pairs of changes of one function, or of one kind, that are redundant alone.

    Changes that only take away order are first made all at once: where the scenario is proved
    even so, no two of them cover each other, for with fewer of them less can happen.
    """
    planned = {each.change.number: each for each in based.planned}
    redundant = [result for result in results if result.redundant]
    # Two steps of one primitive cannot both be made, so only those that go furthest are.
    orders = [each for each in (planned[r.change.number] for r in redundant) if _furthest(each)]
    safe = _safe_at_once(asked, based, redundant, orders, on_progress)
    wanted: list[Trial] = []
    pairs = 0
    for one, other in combinations(redundant, 2):
        if one.change.owner != other.change.owner and one.change.kind != other.change.kind:
            continue
        first, second = planned[one.change.number], planned[other.change.number]
        shared = [scenario for scenario in one.proved if scenario in other.proved]
        if _furthest(first) and _furthest(second):
            shared = [scenario for scenario in shared if scenario not in safe]
        if first.order and second.order and one.change.span == other.change.span:
            continue
        pairs += bool(shared)
        if pairs <= most:
            wanted.extend(Trial((first, second), scenario) for scenario in shared)
    answers = tried(asked, based, wanted, on_progress)
    covers: dict[tuple[int, int], Cover] = {}
    unsettled = 0
    for trial, answer in zip(wanted, answers, strict=True):
        numbers = trial.planned[0].change.number, trial.planned[1].change.number
        unsettled += isinstance(answer, Unsettled)
        if isinstance(answer, Broken):
            covers.setdefault(numbers, Cover(*numbers, answer))
    return Pairs(tuple(covers.values()), min(pairs, most), pairs, unsettled)


def _furthest(planned: Planned) -> bool:
    """Whether it takes away all the order that any change of its primitive does."""
    return planned.order and not planned.instead


def _safe_at_once(
    asked: Asked,
    based: Based,
    redundant: Iterable[Result],
    orders: Iterable[Planned],
    on_progress: OnProgress,
) -> set[str]:
    """The scenarios that are proved with all of their redundant order taken away."""
    proved = {result.change.number: set(result.proved) for result in redundant}
    trials: list[Trial] = []
    for scenario in dict.fromkeys(s for result in redundant for s in result.proved):
        own = tuple(each for each in orders if scenario in proved[each.change.number])
        if len(own) > 1:
            trials.append(Trial(own, scenario))
    answers = tried(asked, based, trials, on_progress)
    return {t.scenario for t, answer in zip(trials, answers, strict=True) if answer == "proved"}


# --- one change --------------------------------------------------------------------------


def show(name: str, request: Request, wanted: tuple[int, ...], on_progress: OnProgress) -> Shown:
    """What a change, or some together, lets happen.  Raises LoadError."""
    asked = ask(name, request)
    based = base(asked, on_progress)
    found = {each.change.number: each for each in based.planned}
    missing = [number for number in wanted if number not in found]
    if missing:
        hint = f"`prove needs {name}` numbers them, with the same selection"
        message = f"no change has the number {missing[0]}"
        diagnostic = Diagnostic("unknown-selection", message, None, (), hint)
        raise LoadError((diagnostic,), asked.program.sources)
    chosen = tuple(found[number] for number in wanted)
    touched = _touched(asked, based)
    trials = [
        Trial(chosen, scenario)
        for scenario, owners in touched.items()
        if any(edit.owner in owners for each in chosen for edit in each.edits)
    ]
    answers = tried(asked, based, trials, on_progress)
    changes = tuple(each.change for each in chosen)
    sources = asked.program.sources
    for answer in answers:
        if isinstance(answer, Broken):
            from prover.needs.witness import witness_of

            witness = witness_of(asked, based, chosen, answer)
            return Shown(changes, answer, witness, sources)
    for answer in answers:
        if isinstance(answer, Unsettled):
            return Shown(changes, None, None, sources, f"{answer.scenario}: {answer.why}")
    return Shown(changes, None, None, sources, "nothing breaks without it")
