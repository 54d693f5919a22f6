"""What is known of one variant's program holds for another's only where they are alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsl.check import check
from dsl.files import library_root
from dsl.frozen import fields_of, replace
from dsl.imports import load
from prover.execution.construct.program import build
from prover.execution.skeleton import Event, Skeleton
from prover.graph import compile_program
from prover.graph.kept import Kept
from prover.pipeline.decide import decide_group
from prover.pipeline.limits import Limits
from prover.pipeline.obligations import Task, tasks
from prover.pipeline.round import Rounds, same_events
from prover.verdict import Request

ROOT = Path(__file__).parents[2] / "protocols"
LIMITS = Limits(60, 4096, 4, explain=False)


@pytest.mark.parametrize("name", ["pae_tear.khp", "weak_order.khp"])
def test_same_decisions(name: str) -> None:
    """Verdicts, witnesses and what is reached, with and without what is known of others."""
    path = ROOT / name
    program = load(path, (library_root(),))
    base = check(program)
    groups: dict[object, list[Task]] = {}
    for task in tasks(base, Request(files=(str(path),))):
        o = task.obligation
        groups.setdefault((o.scenario, o.variant, o.configuration), []).append(task)
    shared: dict[object, Rounds] = {}
    for members in groups.values():
        first = members[0].obligation
        protocol = check(program, first.variant, base) if first.variant else base
        asked = [(task.obligation, task.expected) for task in members]
        rounds = shared.setdefault(first.configuration, Rounds())
        alone = decide_group(protocol, asked, LIMITS)
        beside = decide_group(protocol, asked, LIMITS, Kept(), rounds)
        for (_, one), (_, other) in zip(alone, beside, strict=True):
            assert one.verdict == other.verdict
            assert one.asserts == other.asserts
            assert one.unreached == other.unreached
            assert (one.unmarked, one.dead) == (other.unmarked, other.dead)
            assert one.suppressed == other.suppressed


def _skeleton(scenario: str, variant: str, pae: str) -> Skeleton:
    protocol = check(load(ROOT / "retract.khp", (library_root(),)), variant)
    return build(compile_program(protocol, scenario, {"PAE": pae}, 1))


def test_a_variant_of_another_configuration_is_the_scenario_as_it_is() -> None:
    """One word has no halves: nothing tells the variant from the scenario there, but its lines."""
    base = _skeleton("walk_fault", "", "off")
    variant = _skeleton("walk_fault", "halves_wrong_order", "off")
    assert variant != base
    assert same_events(variant, base)
    assert not same_events(
        _skeleton("walk_fault", "halves_wrong_order", "on"), _skeleton("walk_fault", "", "on")
    )


def test_whatever_an_event_does_tells_it_from_others() -> None:
    """Changing any part of an event but its statement makes another program."""
    base = _skeleton("walk_populate", "", "on")
    number = next(n for n, e in enumerate(base.events) if e.checks and e.controls and e.surely)
    event = base.events[number]
    last = base.events[-1]
    different = next(e for e in base.events if e.action != event.action)
    changes: dict[str, Any] = {
        "number": event.number + 1,
        "thread": event.thread + 1,
        "guard": last.guard if last.guard != event.guard else base.events[0].guard,
        "action": different.action,
        "checks": (),
        "anchor": event.anchor - 1,
        "rank": event.rank + 1,
        "controls": (),
        "surely": (),
    }
    assert set(fields_of(Event)) == {*changes, "origin"}
    for name, value in changes.items():
        events = list(base.events)
        events[number] = replace(event, **{name: value})
        assert not same_events(replace(base, events=tuple(events)), base), name
    assert same_events(base, base)


def test_labels_may_be_fewer_but_not_others() -> None:
    """A variant that drops a labelled call still has all the labels it has."""
    base = _skeleton("walk_populate", "", "off")
    assert len(base.marks) > 1
    assert same_events(replace(base, marks=base.marks[1:]), base)
    assert not same_events(base, replace(base, marks=base.marks[1:]))
    moved = replace(base.marks[0], guard=base.marks[-1].guard)
    if moved != base.marks[0]:
        assert not same_events(replace(base, marks=(moved, *base.marks[1:])), base)
