"""All changes in one query say what each says by itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from prover.execution.construct.program import build
from prover.execution.skeleton import Skeleton
from prover.graph import compile_program
from prover.graph.walk import actors_of, reached
from prover.needed import Broken
from prover.needs.answer import needs
from prover.needs.at_once import AtOnce
from prover.needs.edits import edited
from prover.needs.family import family
from prover.needs.plan import Planned
from prover.needs.probe import Kept, Prober, Same
from prover.needs.run import Asked, Based, ask, base
from prover.pipeline.limits import Limits
from prover.verdict import Request

HERE = Path(__file__).parent
CASES = sorted((HERE / "cases").glob("*.khp"))
RETRACT = HERE.parents[1] / "protocols" / "retract.khp"
LIMITS = Limits(60, 2048, 8, explain=False)


def asked_about(path: Path, scenario: str = "") -> tuple[Asked, Based]:
    request = Request((str(path),), scenario=scenario or None, jobs=1)
    asked = ask(str(path), request)
    return asked, base(asked, lambda _: None)


def touching(asked: Asked, based: Based, scenario: str) -> list[Planned]:
    owners = set(reached(asked.protocol, actors_of(asked.protocol, scenario)))
    return [
        each
        for each in based.planned
        if not each.instead and any(edit.owner in owners for edit in each.edits)
    ]


def at_once(asked: Asked, based: Based, scenario: str) -> AtOnce:
    bounds = {c: based.bounds[scenario, c] for c in asked.scenarios[scenario]}
    return AtOnce(asked.protocol, scenario, asked.models, LIMITS, bounds)


def compare(asked: Asked, based: Based) -> Iterator[object]:
    """Compares every answer with that of a program of its own; gives those that were answered."""
    prober = Prober(asked.protocol, asked.models, LIMITS, based.bounds)
    for scenario in based.proved:
        configurations = asked.scenarios[scenario]
        changes = touching(asked, based, scenario)
        answers = at_once(asked, based, scenario).alone(changes)
        proved = [each for each in changes if answers[each.change.number] == "proved"]
        for each in changes:
            answer = answers[each.change.number]
            alone = prober.probe(each.edits, scenario, configurations)
            match answer:
                case "proved":
                    assert isinstance(alone, Kept), each
                case "same":
                    assert isinstance(alone, Same), each
                case Broken(configuration=configuration, properties=properties):
                    assert isinstance(alone, Broken), each
                    assert configuration == alone.configuration, each
                    assert set(properties) <= set(alone.properties), each
                case _:
                    continue
            yield answer
        pairs, settled = at_once(asked, based, scenario).together(proved)
        broken = {(two.one, two.other): two.broken for two in pairs}
        for one, other in combinations(proved, 2):
            key = one.change.number, other.change.number
            if one.order and other.order and one.change.span == other.change.span:
                continue
            if not settled.issuperset(key):
                continue
            edits = [*one.edits, *other.edits]
            both = prober.probe(edits, scenario, configurations)
            assert isinstance(both, Broken) == (key in broken), key
            yield broken.get(key)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_one_query_says_what_each_change_and_pair_says_by_itself(path: Path) -> None:
    asked, based = asked_about(path)
    answered = list(compare(asked, based))
    # In `control` a check is what orders: there every change must be tried by itself.
    assert answered or path.stem == "control"


@pytest.mark.parametrize("scenario", ["gup_populate"])
def test_one_query_says_it_of_a_part_of_the_founding_protocol(scenario: str) -> None:
    asked, based = asked_about(RETRACT, scenario)
    answered = list(compare(asked, based))
    assert len(answered) > 20
    assert any(isinstance(each, Broken) for each in answered)


def shape(skeleton: Skeleton) -> list[tuple[object, ...]]:
    """The events of a skeleton, without the numbers of terms."""
    return [
        (e.thread, type(e.action), e.origin.span, [c.property for c in e.checks])
        for e in skeleton.events
    ]


@pytest.mark.parametrize(
    ("scenario", "part"),
    [
        # Every third change; the others are soak.
        pytest.param(scenario, part, marks=pytest.mark.soak if part else ())
        for scenario in ("uffd_copy", "exit")
        for part in range(3)
    ],
)
def test_with_one_switch_on_the_program_is_that_of_its_change(scenario: str, part: int) -> None:
    asked, based = asked_about(RETRACT, scenario)
    changes = touching(asked, based, scenario)
    made = family(asked.protocol, changes)
    assert len(made.switches) > 40
    numbers = {number: name for name, number in made.switches.items()}
    for configuration in asked.scenarios[scenario]:
        bound = based.bounds[scenario, configuration]
        for each in changes[part::3]:
            on = dict.fromkeys(made.switches, "off")
            on[numbers[each.change.number]] = "on"
            setting = {**dict(configuration), **on}
            one = build(compile_program(made.protocol, scenario, setting, bound))
            changed = edited(asked.protocol, each.edits)
            other = build(compile_program(changed, scenario, dict(configuration), bound))
            assert shape(one) == shape(other), each
            assert len(one.reads) == len(other.reads)
            assert len(one.writes) == len(other.writes)


def test_where_a_change_breaks_is_told_of_every_scenario_only_where_that_is_wanted() -> None:
    path = next(path for path in CASES if path.stem == "publish")
    request = Request((str(path),), jobs=1)
    some = needs(str(path), request, 50, lambda _: None)
    every = needs(str(path), request, 50, lambda _: None, every=True)
    verdicts = [(result.change, result.verdict) for result in some.results]
    assert verdicts == [(result.change, result.verdict) for result in every.results]
    for one, other in zip(some.results, every.results, strict=True):
        assert set(one.broken) <= set(other.broken)
