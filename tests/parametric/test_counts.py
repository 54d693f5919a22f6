"""Counts of which only parts are kept: what they allow, what they refuse, errors planted in them."""

from __future__ import annotations

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
from prover.parametric.machine.ranges import COMPARISONS, Range, chosen, decided, ranged
from prover.parametric.machine.work import Work, Wrong
from prover.parametric.search import Limits, search
from prover.parametric.search.exact import explore
from prover.parametric.system import IDLE, Infinite, Refused
from tests.anynumber.themes import THEMES, generate
from tests.parametric.comparing import system

HEAD = """models sc;
struct object { refcount_t ref; int value; struct rcu_head rcu; };
struct object only = { .value = 1 };
struct object *shared = &only;
int owned = 1;
atomic_t n;
"""

USERS = """
static void put(struct object *o)
{
	if (refcount_dec_and_test(&o->ref)) { rcu_assign_pointer(shared, NULL); kfree_rcu(o, rcu); }
}
actor owner { if (xchg(&owned, 0)) put(&only); }
actor user {
	rcu_read_lock();
	struct object *o = rcu_dereference(shared);
	bool got = o && refcount_inc_not_zero(&o->ref);
	rcu_read_unlock();
	if (!got) return;
	assert(READ_ONCE(o->value) == 1, "still there");
	put(o);
}
scenario s { run owner, user *; forever; init { only.ref = 1; } }
"""


def protocol(text: str) -> Protocol:
    return check(load_text("t.khp", HEAD + text, None, ()))


def many(text: str, *, counting: bool = True) -> Compiled:
    found = protocol(text)
    scenario = found.scenarios["s"]
    names = frozenset(scenario.many)
    return system(found, many=names, forever=scenario.forever, counting=counting)


def crowd(found: Compiled, number: int) -> tuple[int, ...]:
    return (*found.start.single, *(local for local in found.start.many for _ in range(number)))


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
        ("int r = atomic_read(&n); atomic_cmpxchg(&n, r, r + 1);", "not counted up or down"),
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


# --- ranges ---------------------------------------------------------------------------------------

SOME: Any = Range(2, 9, 0)


def of(op: str, *args: object, params: tuple[str | int, ...] = ()) -> object:
    """An operation on ranges."""
    return ranged(op, params, args)


def test_ranges_are_computed_with() -> None:
    assert of("+", SOME, 1) == Range(3, 10, 1)
    assert of("-", SOME, 2) == Range(0, 7, -2)
    assert of("+", 1, SOME) == Range(3, 10, 1)
    assert of("-", 5, SOME) == Range(-4, 3)
    assert of("+", SOME, SOME) == Range(4, 18)
    assert of("wrap", SOME, params=(32, 1)) == SOME
    with pytest.raises(Refused):
        of("wrap", SOME, params=(3, 1))
    with pytest.raises(Refused):
        of("*", SOME, 2)


@pytest.mark.parametrize("op", COMPARISONS)
def test_comparisons_are_right_or_open(op: str) -> None:
    bounds = [Range(low, high) for low in range(-2, 3) for high in range(low, 3)]
    for one in bounds:
        for two in bounds:
            said = of(op, one, two)
            true = {
                eval(f"{a} {op} {b}")  # noqa: S307 - of numbers made here
                for a in range(one.low, one.high + 1)
                for b in range(two.low, two.high + 1)
            }
            if isinstance(said, Range):
                assert (said.low, said.high) == (0, 1)
            else:
                assert true == {bool(said)}


def test_conditions_and_choices() -> None:
    assert [decided(Range(*each)) for each in ((1, 2), (-2, -1), (0, 0), (0, 1), (-1, 1))] == [
        *(True, True, False, None, None)
    ]
    either: Any = Range(0, 1)
    assert chosen(either, 1, 0) == either
    assert chosen(SOME, 7, 8) == 7
    assert chosen(0, 7, SOME) == SOME
    assert of("!", SOME) == 0
    assert of("bool", Range(0, 3)) == either


# --- against numbers of actors --------------------------------------------------------------------

LEFT = """
actor user { if (refcount_inc_not_zero(&only.ref)) WRITE_ONCE(owned, 0); }
actor putter { if (xchg(&owned, 1) == 0 && refcount_dec_and_test(&only.ref)) free(&only); }
scenario s { run user *, putter *; init { only.ref = 1; owned = 0; } }
"""
"""Whoever comes may put what another has taken and left."""

SET = """
actor user {
	if (!refcount_inc_not_zero(&only.ref)) return;
	refcount_set(&only.ref, 1);
	if (refcount_dec_and_test(&only.ref)) assert(READ_ONCE(owned) == 0, "last");
}
scenario s { run user *; init { only.ref = 1; } }
"""
"""A count that is set while others have a part of it."""

AGAIN = """
pool struct object objects[1];
struct object *table;
actor maker {
	struct object *o = alloc(objects);
	if (!o) return;
	refcount_set(&o->ref, 1);
	if (xchg(&owned, 0)) { free(o); return; }
	if (refcount_dec_and_test(&o->ref)) assert(READ_ONCE(owned) == 1, "second life");
	free(o);
}
scenario s { run maker *; forever; }
"""
"""A second life of an object whose first ended with a reference to it."""

SECOND = """
actor user {
	if (!refcount_inc_not_zero(&only.ref)) return;
	assert(!(refcount_read(&only.ref) == 3), "three");
	refcount_dec(&only.ref);
}
scenario s { run user *; init { only.ref = 1; } }
"""
"""A number that takes two at once."""

STOLEN = """
actor owner { if (xchg(&owned, 0)) refcount_dec_and_test(&only.ref); }
actor user {
	if (!refcount_inc_not_zero(&only.ref)) return;
	WRITE_ONCE(only.value, 2);
	while (READ_ONCE(only.value) != 4) cpu_relax();
}
actor putter {
	if (cmpxchg(&only.value, 2, 3) != 2) return;
	refcount_dec_and_test(&only.ref);
	assert(refcount_read(&only.ref) > 0, "some");
	WRITE_ONCE(only.value, 4);
}
scenario s { run owner, user *, putter *; init { only.ref = 1; } }
"""
"""What one has taken, and has still, another puts as the last."""

TEXTS = (USERS, LEFT, SET, AGAIN, SECOND, STOLEN)


def generated() -> list[Protocol]:
    """Protocols of the themes that count references."""
    kinds = [n for n, theme in enumerate(THEMES) if theme.__name__ in ("references", "lookups")]
    seeds = [seed + n for seed in range(0, 6 * len(THEMES), len(THEMES)) for n in kinds]
    return [check(load_text("t.khp", generate(seed).text, None, ())) for seed in seeds]


def violated(found: Protocol, *, counting: bool) -> set[tuple[int, str]]:
    """What one, and what two of each actor violate by the rules."""
    scenario = found.scenarios["s"]
    names = frozenset(scenario.many)
    rules = system(found, many=names, forever=scenario.forever, counting=counting)
    every = ((n, explore(rules, crowd(rules, n), 1200, crowd=8)) for n in (1, 2))
    return {(n, name) for n, each in every for name in each.violations}


TRUE = [(each, violated(each, counting=False)) for each in (*map(protocol, TEXTS), *generated())]
"""Protocols, and what is violated where the counts themselves are kept."""


def lost() -> list[set[tuple[int, str]]]:
    """What the rules with parts miss; a put of what somebody else has ends a run of theirs."""
    found: list[set[tuple[int, str]]] = []
    for each, true in TRUE:
        with suppress(Infinite):
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
    return Range(_known(work, place) + 1, counts.MOST, 0) if work.look("above", place) == 1 else 0  # type: ignore[return-value]


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


def _never_short(work: Work, place: Location, old: Value, new: Value) -> None:
    with suppress(Wrong):
        CHANGE(work, place, old, new)


FORBIDS, CHANGE, REFER = Parts.forbids, counts.change, Work.refer

PLANTED: tuple[tuple[str, object, str, object], ...] = (
    ("nobody else has a part", counts, "look", _alone),
    ("somebody else has a part", counts, "look", _never_alone),
    ("who takes a reference has two", Work, "refer", _doubled),
    ("a count that is set leaves others their parts", counts, "put", _kept),
    ("a test that is left open fails", parts_module, "ranged", _closed),
    ("everybody has a part", Parts, "forbids", _everybody),
    ("what somebody else has is put in silence", counts, "change", _never_short),
)


@pytest.mark.parametrize(("name", "where", "what", "wrong"), PLANTED)
def test_planted_errors_are_noticed(
    name: str, where: object, what: str, wrong: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, what, wrong)
    assert any(lost()), name
