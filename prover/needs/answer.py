"""The whole answer: changes alone, then pairs; or one change with what it lets happen."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from itertools import combinations

from dsl.diagnostic import Diagnostic
from dsl.frozen import replace
from dsl.imports import LoadError
from prover.graph.walk import actors_of, reached
from prover.needed import Broken, Cover, Needs, Pairs, Result, Shown, Unsettled
from prover.needs.plan import Planned
from prover.needs.run import (
    Answer,
    Asked,
    Based,
    OnProgress,
    Trial,
    alone_at_once,
    ask,
    base,
    together_at_once,
    tried,
)
from prover.verdict import Request

WAVE = 2
"""So many scenarios are looked at before what they show is left out of the next ones."""


def needs(
    name: str,
    request: Request,
    most_pairs: int,
    on_progress: OnProgress,
    *,
    every: bool = False,
) -> Needs:
    """What the proofs of the file need.  Nothing is raised for what is wrong with it.

    ``every``: each scenario that a change breaks is wanted, not just one.
    """
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
        every=every,
    )
    results = _alone(asked, based, on_progress, every=every)
    pairs = _together(asked, based, results, most_pairs, on_progress)
    return replace(whole, results=results, pairs=pairs, seconds=time.monotonic() - start)


def _touched(asked: Asked, based: Based) -> dict[str, set[str]]:
    """The functions that each proved scenario reaches."""
    protocol = asked.protocol
    return {name: set(reached(protocol, actors_of(protocol, name))) for name in based.proved}


def _alone(
    asked: Asked, based: Based, on_progress: OnProgress, *, every: bool
) -> tuple[Result, ...]:
    """Every change by itself; those behind a stronger one only where that one is not proved."""
    touched = _touched(asked, based)
    wanted = {
        scenario: [each for each in based.planned if any(e.owner in owners for e in each.edits)]
        for scenario, owners in touched.items()
    }
    first = {s: [each for each in own if not each.instead] for s, own in wanted.items()}
    answers = _in_waves(asked, based, first, on_progress, every=every)
    bearing = {number for (number, _), answer in answers.items() if isinstance(answer, Broken)}
    further = {
        scenario: [
            each
            for each in own
            if each.instead in bearing
            and not isinstance(answers.get((each.instead, scenario)), str)
        ]
        for scenario, own in wanted.items()
    }
    answers |= _in_waves(asked, based, further, on_progress, every=every)
    made: list[Result] = []
    for each in based.planned:
        own = {
            scenario: answers[each.change.number, scenario]
            for scenario in based.proved
            if (each.change.number, scenario) in answers
        }
        made.append(_result(each, own))
    return tuple(each for each in made if each.broken or each.proved or each.unsettled)


def _in_waves(
    asked: Asked,
    based: Based,
    wanted: Mapping[str, Iterable[Planned]],
    on_progress: OnProgress,
    *,
    every: bool,
) -> dict[tuple[int, str], Answer]:
    """What becomes of each scenario with the changes wanted, small scenarios first.

    What breaks one is not tried in those of a later wave, unless ``every`` is wanted.  A wave has
    always as many scenarios, so that the answer does not depend on how many workers there are.
    """
    answers: dict[tuple[int, str], Answer] = {}
    order = sorted(wanted, key=lambda scenario: (based.sizes[scenario], scenario))
    size = len(order) if every else WAVE
    bearing: set[int] = set()
    for start in range(0, len(order), size or 1):
        wave = {
            scenario: [each for each in wanted[scenario] if each.change.number not in bearing]
            for scenario in order[start : start + size]
        }
        wave = {scenario: changes for scenario, changes in wave.items() if changes}
        planned = {each.change.number: each for own in wave.values() for each in own}
        found = alone_at_once(asked, based, wave, on_progress)
        apart = [Trial((planned[key[0]],), key[1]) for key, what in found.items() if what is None]
        answers |= {key: what for key, what in found.items() if what is not None}
        answers |= dict(_keyed(apart, tried(asked, based, apart, on_progress)))
        bearing |= {number for (number, _), what in answers.items() if isinstance(what, Broken)}
    return answers


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
    """Pairs of changes that are redundant alone.

    Where they cannot all be asked about at once, only pairs of one function, or of one kind, are
    tried, at most ``most`` of them.
    """
    planned = {each.change.number: each for each in based.planned}
    redundant = [result for result in results if result.redundant]
    own = {
        scenario: [planned[r.change.number] for r in redundant if scenario in r.proved]
        for scenario in based.proved
    }
    own = {scenario: changes for scenario, changes in own.items() if len(changes) > 1}
    at_once = together_at_once(asked, based, own, on_progress)
    covers: dict[tuple[int, int], Cover] = {}
    left: dict[tuple[int, int, str], None] = {}
    for scenario, (pairs, _) in at_once.items():
        for two in pairs:
            if two.broken is None:
                left[two.one, two.other, scenario] = None
            else:
                key = two.one, two.other
                covers.setdefault(key, Cover(*key, two.broken))
    total, untried, wanted = 0, 0, list[Trial]()
    for one, other in combinations(redundant, 2):
        first, second = planned[one.change.number], planned[other.change.number]
        shared = [scenario for scenario in one.proved if scenario in other.proved]
        if not shared or (first.order and second.order and one.change.span == other.change.span):
            # Two steps of one primitive cannot both be made.
            continue
        total += 1
        numbers = one.change.number, other.change.number
        apart = [
            scenario
            for scenario in shared
            if not at_once[scenario][1].issuperset(numbers) or (*numbers, scenario) in left
        ]
        alike = one.change.owner == other.change.owner or one.change.kind == other.change.kind
        if apart and alike and most:
            most -= 1
            wanted.extend(Trial((first, second), scenario) for scenario in apart)
        else:
            untried += bool(apart)
    unsettled = 0
    answers = tried(asked, based, wanted, on_progress)
    for trial, answer in zip(wanted, answers, strict=True):
        numbers = trial.planned[0].change.number, trial.planned[1].change.number
        unsettled += isinstance(answer, Unsettled)
        if isinstance(answer, Broken):
            covers.setdefault(numbers, Cover(*numbers, answer))
    ordered = tuple(covers[key] for key in sorted(covers))
    return Pairs(ordered, total - untried, total, unsettled)


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
