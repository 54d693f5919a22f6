"""The trusted checker: what is closed it accepts, whatever is taken out of that it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import pytest

from dsl.frozen import replace
from prover.parametric.certificate.checker import _Views, check
from prover.parametric.certificate.table import tabled
from prover.parametric.invariant import View
from prover.parametric.system import IDLE, Shared, Start
from tests.parametric.many_toys import random_toy
from tests.parametric.naive import Found, closed, exact, naive
from tests.parametric.toys import TOYS, Toy, interrupt, rule

INTERRUPT = pytest.param(interrupt, marks=pytest.mark.soak)
SIZED = [
    *((toy, 2) for toy in TOYS),
    *((toy, 3) for toy in TOYS[:5]),
    pytest.param(interrupt, 3, marks=pytest.mark.soak),
]


@cache
def proof(toy, size: int) -> Found:
    found = naive(toy(), size)
    assert found is not None
    return found


def both(system: Toy, found: Found) -> bool:
    """Whether it is accepted: of pairs the two ways of looking must say the same."""
    said = check(system, found) is None
    if found.size == 2 and said:
        assert _Views(system, tabled(found)).wrong() is None
    return said


@pytest.mark.parametrize(("toy", "size"), SIZED)
def test_toys_are_proved(toy, size) -> None:
    assert both(toy(), proof(toy, size))


@pytest.mark.parametrize("toy", TOYS)
def test_toys_need_two(toy) -> None:
    """One by one, actors are not known to be apart: the search with k = 1 finds no proof."""
    assert naive(toy(), 1) is None
    locals_: dict[Shared, set[View]] = {
        s: {((m,), ()) for v, _ in views for m in v} for s, views in proof(toy, 2).of.items()
    }
    assert check(toy(), Found(1, locals_)) is not None


def test_one_by_one() -> None:
    """Where actors do not need each other k = 1 does; two of an actor that is alone are nobody."""
    alone = Toy(
        Start((0,), (1,), (3,)),
        ("", "a.one", "a.two", "b.one", "b.two"),
        (
            rule(1, 2, [(0, 0)]),
            rule(2, 1),
            rule(3, 4, writes=[(0, 1)], guard=0),
            rule(4, IDLE, guard=0),
        ),
        guards=(frozenset({3, 4}),),
        singles={3: 0, 4: 0},
    )
    found = naive(alone, 1)
    assert found is not None
    assert check(alone, found) is None
    for shared, views in found.of.items():
        for view in views:
            assert check(alone, Found(1, {**found.of, shared: views - {view}})) is not None


@pytest.mark.parametrize(("toy", "size"), SIZED)
def test_nothing_can_be_taken_away(toy, size) -> None:
    """The least invariant lies in all others: no view, shared state or local state is too much."""
    found = proof(toy, size)
    for shared, views in found.of.items():
        ordered = sorted(views)
        for view in ordered if size == 2 else Random(1).sample(ordered, min(2, len(ordered))):
            assert not both(toy(), Found(size, {**found.of, shared: views - {view}}))
    for less in without(found):
        assert not both(toy(), less)


def without(found: Found) -> Iterator[Found]:
    for shared in found.of:
        yield Found(found.size, {s: v for s, v in found.of.items() if s != shared})
    for local in {m for views in found.of.values() for v in views for m in v[0]}:
        left = {s: {v for v in views if local not in v[0]} for s, views in found.of.items()}
        yield Found(found.size, left)


def lies(toy: Toy) -> Iterator[tuple[str, Toy]]:
    """The system as a search with an error would see it."""
    for number, guard in enumerate(toy.guards):
        more = guard | set(range(1, len(toy.names)))
        yield (
            "guard too strong",
            replace(toy, guards=(*toy.guards[:number], more, *toy.guards[number + 1 :])),
        )
    for number, wait in enumerate(toy.waits):
        for longer in (
            dict.fromkeys(range(1, len(toy.names)), 4),
            {k: v | 4 for k, v in wait.items()},
        ):
            yield (
                "waits for ever",
                replace(toy, waits=(*toy.waits[:number], longer, *toy.waits[number + 1 :])),
            )
        yield (
            "label forgotten",
            replace(toy, waits=(*toy.waits[:number], {}, *toy.waits[number + 1 :])),
        )
        for local in wait:
            one = {k: v for k, v in wait.items() if k != local}
            yield (
                "label of one",
                replace(toy, waits=(*toy.waits[:number], one, *toy.waits[number + 1 :])),
            )
    if toy.changes:
        yield "broadcast forgotten", replace(toy, changes=({},) * len(toy.changes))
        for local in toy.changes[0]:
            others = {k: v for k, v in toy.changes[0].items() if k != local}
            yield "broadcast to all but one", replace(toy, changes=(others, *toy.changes[1:]))
    if toy.awaiting:
        yield "a callback does not wait", replace(toy, awaiting={})
    for number, each in enumerate(toy.table[:12]):
        less: dict[str, Any] = {
            "ended": 0,
            "over": False,
            "begins": -1,
            "spawned": (),
            "writes": (),
        }
        for part, value in less.items():
            if getattr(each, part) != value:
                rules = (
                    *toy.table[:number],
                    replace(each, **{part: value}),
                    *toy.table[number + 1 :],
                )
                yield f"no {part}", replace(toy, table=rules)
        yield "no rule", replace(toy, table=(*toy.table[:number], *toy.table[number + 1 :]))


WRONG_KINDS = {
    "lock": {"no rule", "no writes"},
    "shared_lock": {"guard too strong", "no rule", "no writes"},
    "grace": {"label forgotten", "label of one", "waits for ever", "no begins"},
    "callback": {"a callback does not wait", "no spawned", "label forgotten"},
    "stale": {"broadcast forgotten", "broadcast to all but one"},
    "interrupt": {"label forgotten", "label of one", "no begins"},
}
"""Errors of a search, by hand: after each of them the rest is no invariant of the toy."""


@pytest.mark.parametrize("toy", [*TOYS[:5], INTERRUPT])
def test_what_a_wrong_search_finds_is_refused(toy) -> None:
    """Nothing is violated in these: what is refused is refused because it is not closed."""
    system = replace(toy(), table=tuple(each for each in toy().table if each.violated is None))
    refused = set()
    for name, lie in lies(system):
        found = naive(lie, 2)
        assert found is not None
        said = both(system, found)
        assert said == closed(system, found), name
        if not said:
            refused.add(name)
    assert refused >= WRONG_KINDS[toy.__name__]


def look_at(seeds: range) -> tuple[int, int, int]:
    """Random systems, with what right and wrong searches find: whatever is accepted is safe."""
    proved = wrong = stopped = 0
    for seed in seeds:
        toy = random_toy(seed)
        right = naive(toy, 2)
        tried = [] if right is None else [right]
        if right is not None:
            assert both(toy, right), seed
            proved += 1
            tried += without(right)
        tried += [found for _, lie in lies(toy) if (found := naive(lie, 2)) is not None]
        accepted = False
        for found in tried:
            if both(toy, found):
                assert closed(toy, found), seed
                accepted = True
            else:
                wrong += 1
        for number in (1, 2, 3, 4) if accepted else ():
            safe = exact(toy, number, 500)
            assert safe is not False, seed
            stopped += safe is None
    return proved, wrong, stopped


def test_random_systems() -> None:
    proved, wrong, _ = look_at(range(10))
    assert proved > 5
    assert wrong > 50


@pytest.mark.soak
@pytest.mark.parametrize("part", range(10))
def test_many_random_systems(part: int) -> None:
    look_at(range(1000 + 100 * part, 1100 + 100 * part))
