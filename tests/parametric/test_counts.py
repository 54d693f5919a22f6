"""Counts of which only parts are kept: what they allow, what they refuse, errors planted in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from dsl.check import check
from dsl.imports import load_text
from dsl.protocol import Protocol
from prover.graph.values import Location, Value
from prover.parametric.invariant import Safe, Suspect
from prover.parametric.machine import Compiled, counts
from prover.parametric.machine import parts as parts_module
from prover.parametric.machine.parts import Parts
from prover.parametric.machine.ranges import (
    Range,
    ranged,
    taken_as,
    unused,
)
from prover.parametric.machine.shared import MARK
from prover.parametric.machine.work import Work, Wrong
from prover.parametric.search import Limits, search
from prover.parametric.search.exact import explore
from prover.parametric.search.step import Configuration, after, configuration, steps, view_of
from prover.parametric.system import IDLE, Infinite, Refused
from tests.anynumber.themes import THEMES, generate
from tests.parametric.comparing import system
from tests.parametric.counting import (
    MARKED,
    TEXTS,
    UNMARKED,
    UNWAITED,
    USERS,
    crowd,
    many,
    protocol,
)

CROWD = 8
"""More actors than that are not looked at."""

# --- what is counted ------------------------------------------------------------------------------


def test_a_count_is_two_variables_and_parts() -> None:
    found = many(USERS)
    assert found.counts() == ("only.ref",)
    assert {"only.ref above zero", "only.ref nobody's"} <= set(found.variables())
    assert isinstance(search(found, 2, Limits()), Safe)
    texts = [found.local_text(local) for local in found.all_locals()]
    assert any("has 1 of only.ref" in text for text in texts)
    keys = [found.local_key(local) for local in found.all_locals()]
    assert len(set(keys)) == len(keys)


def test_a_count_with_a_mark_is_proved() -> None:
    found = many(MARKED)
    assert found.counts() == ("n",)
    assert isinstance(search(found, 2, Limits()), Safe)
    assert found.counts() == ("n, multiples of 2^30 apart,",)
    for wrong in (UNMARKED, UNWAITED):
        assert isinstance(search(many(wrong), 2, Limits()), Suspect)


def test_without_counting_views_do_not_see_who_has_a_reference() -> None:
    assert isinstance(search(many(USERS, counting=False), 2, Limits()), Suspect)


@pytest.mark.parametrize(
    "text",
    [
        "actor user { atomic_inc(&n); } scenario s { run user; forever; }",
        "actor user { atomic_inc(&n); } scenario s { run user *; invariant atomic_read(&n) < 2; }",
        "actor user { atomic_inc(&n); } scenario s { run user *; init { n = -1; } }",
        "actor user { owned++; } scenario s { run user *; }",
    ],
)
def test_what_is_no_count(text: str) -> None:
    assert many(text).counts() == ()


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("atomic_and(1, &n);", "in `&`"),
        ("int r = atomic_read(&n); atomic_cmpxchg(&n, 5, r + 1);", "not counted up or down"),
        ("atomic_set(&n, -1);", "is set to -1"),
        ("int r = atomic_read(&n); atomic_add(r, &n);", "not counted up or down"),
        ("owned = atomic_read(&n);", "where it must be known"),
    ],
)
def test_what_is_refused(body: str, what: str) -> None:
    text = f"actor user {{ atomic_inc(&n); {body} }} scenario s {{ run user *; init {{ n = 1; }} }}"
    found = many(text)
    with pytest.raises(Refused) as caught:
        explore(found, crowd(found, 1), 50)
    assert what in caught.value.what


def test_a_number_that_grows_has_no_end() -> None:
    loop = "while (xchg(&owned, 1)) r = r + 1; if (r == 3) atomic_dec(&n);"
    body = f"atomic_inc(&n); int r = atomic_read(&n); {loop}"
    found = many(f"actor user {{ {body} }} scenario s {{ run user *; }}")
    with pytest.raises(Infinite) as caught:
        explore(found, crowd(found, 2), 1000)
    assert "takes ever more values" in caught.value.what


# --- against numbers of actors --------------------------------------------------------------------


def generated() -> list[Protocol]:
    """Protocols of the themes that count references."""
    kinds = [
        n for n, theme in enumerate(THEMES) if theme.__name__ in ("references", "lookups", "marked")
    ]
    seeds = [seed + n for seed in range(0, 4 * len(THEMES), len(THEMES)) for n in kinds]
    return [check(load_text("t.khp", generate(seed).text, None, ())) for seed in seeds]


def violated(found: Protocol, *, counting: bool) -> set[tuple[int, str]]:
    """What one, and what two of each actor violate by the rules.

    A rule that needs somebody else who has a part is looked at only where there is one.
    """
    scenario = found.scenarios["s"]
    names = frozenset(scenario.many)
    rules = system(found, many=names, forever=scenario.forever, counting=counting)
    return {(n, name) for n in (1, 2) for name in shown(rules, crowd(rules, n), 1200)}


def shown(rules: Compiled, actors: tuple[int, ...], most: int) -> Iterator[str]:
    """The properties that so many actors violate, as far as ``most`` configurations tell."""
    none = tuple((0,) * len(actors) for _ in actors)
    first = Configuration(rules.start.shared, actors, none)
    known, todo = {first}, [first]
    while todo:
        here = todo.pop(0)
        for mover, rule in steps(rules, here):
            needed = rules.needs(rule)
            others = [local for n, local in enumerate(here.actors) if n != mover]
            if needed >= 0 and not any(rules.forbids(needed, each) for each in others):
                continue
            if rule.violated is not None:
                yield from rule.violated.properties
                continue
            following = after(rules, rule, here, mover)
            there = [n for n, local in enumerate(following.actors) if local != IDLE]
            state = configuration(following.shared, view_of(following, there))
            if state not in known and len(known) < most and len(there) <= CROWD:
                known.add(state)
                todo.append(state)


TRUE = [(each, violated(each, counting=False)) for each in (*map(protocol, TEXTS), *generated())]
"""Protocols, and what is violated where the counts themselves are kept."""


def lost() -> list[set[tuple[int, str]]]:
    """What the rules with parts miss; a put of what somebody else has ends a run of theirs."""
    found: list[set[tuple[int, str]]] = []
    for each, true in TRUE:
        with suppress(Infinite, Refused):
            said = violated(each, counting=True)
            found.append({(n, name) for n, name in true - said if (n, "refcount") not in said})
    return found


def test_nothing_is_lost() -> None:
    assert sum(bool(true) for _, true in TRUE) >= 8
    assert not any(lost())
    assert len(lost()) == len(TRUE)


def _known(work: Work, place: Location) -> int:
    loose = work.look("loose", place)
    assert isinstance(loose, int)
    return loose + work.references(place)


def _alone(work: Work, place: Location) -> Value:
    work.guard = work.parts.guard(place, "reference")
    return _known(work, place) if work.look("above", place) == 1 else 0


def _never_alone(work: Work, place: Location) -> Value:
    if work.look("above", place) == 0:
        return 0
    return Range(_known(work, place) + 1, MARK - 1, 0, unused(work.registers))  # type: ignore[return-value]


def _doubled(work: Work, place: Location, number: int) -> None:
    REFER(work, place, number + (number > work.references(place)))


def _kept(work: Work, place: Location, number: int) -> None:
    work.refer(place, number)
    work.write(place, "whole", 0, "loose")
    work.write(place, "whole", int(number > 0), "above")


def _closed(op: str, params: object, args: tuple[object, ...]) -> Value:
    found: object = ranged(op, params, args)  # type: ignore[arg-type]
    if op in ("==", "!=") and isinstance(found, Range):
        return int(op == "!=")
    return found  # type: ignore[return-value]


def _everybody(parts: Parts, guard: int, other: int) -> bool:
    of_count = parts.guards[guard][1] == "reference" and other != IDLE
    return of_count or FORBIDS(parts, guard, other)


def _never_short(work: Work, place: Location, *values: Value) -> None:
    with suppress(Wrong):
        CHANGE(work, place, *values)


FORBIDS, CHANGE, REFER, MEETS = Parts.forbids, counts.change, Work.refer, counts.meets


def _no_marks(_work: Work, _place: Location) -> int:
    return 0


def _put_only(work: Work, instr: Any) -> bool:
    if isinstance(work.any_value(instr.when), Range):
        one, two = map(work.any_value, instr.when.args)
        work.registers = taken_as(work.registers, one, two, equal=True)
        return True
    return MEETS(work, instr)


def _put_never(work: Work, instr: Any) -> bool:
    if isinstance(work.any_value(instr.when), Range):
        one, two = map(work.any_value, instr.when.args)
        work.registers = taken_as(work.registers, one, two, equal=instr.when.op == "!=")
        return False
    return MEETS(work, instr)


PLANTED: tuple[tuple[str, object, str, object], ...] = (
    ("nobody else has a part", counts, "look", _alone),
    ("somebody else has a part", counts, "look", _never_alone),
    ("who takes a reference has two", Work, "refer", _doubled),
    ("a count that is set leaves others their parts", counts, "put", _kept),
    ("a test that is left open fails", parts_module, "ranged", _closed),
    ("everybody has a part", Parts, "forbids", _everybody),
    ("what somebody else has is put in silence", counts, "change", _never_short),
    ("marks are not seen", counts, "_marks", _no_marks),
    ("a compare-and-exchange does not fail", counts, "meets", _put_only),
    ("one of a number that is not known fails", counts, "meets", _put_never),
    ("two reads give the same", counts, "unused", lambda _: 0),
)


@pytest.mark.parametrize(("name", "where", "what", "wrong"), PLANTED)
def test_planted_errors_are_noticed(
    name: str, where: object, what: str, wrong: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, what, wrong)
    assert any(lost()), name
