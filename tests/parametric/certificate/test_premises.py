"""What the lemma takes for granted of rules is looked at; and what the search finds is accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement, product

import pytest

from dsl.frozen import replace
from prover.parametric.certificate.checker import check
from prover.parametric.certificate.table import canonical, tabled
from prover.parametric.invariant import Safe, Suspect, View
from prover.parametric.search import Limits, search
from prover.parametric.system import IDLE, Start
from tests.parametric.certificate.test_checkers import SIZED, proof
from tests.parametric.many_toys import pool, random_toy
from tests.parametric.naive import Found, naive
from tests.parametric.toys import Toy, callback, grace, lock, rule, shared_lock, stale

BROKEN: dict[str, tuple[Callable[[], Toy], Callable[[Toy], Toy]]] = {
    "a guard forbids": (
        shared_lock,
        lambda toy: replace(toy, guards=(toy.guards[0] | {IDLE}, toy.guards[1])),
    ),
    "a wait is for": (grace, lambda toy: replace(toy, waits=({**toy.waits[0], IDLE: 1},))),
    "one that appears with it": (
        callback,
        lambda toy: replace(toy, waits=({**toy.waits[0], 6: 1},)),
    ),
    "a broadcast makes an actor": (stale, lambda toy: replace(toy, changes=({IDLE: 1},))),
    "has a rule": (lock, lambda toy: replace(toy, table=(*toy.table, rule(IDLE, IDLE)))),
    "makes another actor": (grace, lambda toy: replace(toy, singles={5: 0, 6: 1, 7: 0, 10: 0})),
    "spawns an actor that": (callback, lambda toy: replace(toy, singles={5: 0, 8: 0, 6: 1, 7: 1})),
    "a rule spawns": (callback, lambda toy: replace(toy, singles={5: 0, 8: 0, 6: 0, 7: 0})),
    "a broadcast makes another actor": (stale, lambda toy: replace(toy, singles={5: 0})),
    "more than one of": (
        grace,
        lambda toy: replace(toy, start=Start((0, 0), (1, 8, 6), (5,))),
    ),
}


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.parametrize("size", [1, 2])
def test_rules_that_no_proof_is_of(what: str, size: int) -> None:
    """The invariant may be as large as it likes: all there is, together with all."""
    make, change = BROKEN[what]
    toy = change(make())
    system = replace(toy, table=tuple(each for each in toy.table if each.violated is None))
    of = {
        shared: set(everything(range(len(toy.names)), size))
        for shared in product(range(3), repeat=len(toy.start.shared))
    }
    wrong = check(system, Found(size, of))
    assert wrong is not None
    assert what in wrong.what


def everything(locals_: range, size: int) -> Iterator[View]:
    """Every view of these local states, with no labels or that of the one region there is."""
    for members in combinations_with_replacement(locals_, size):
        for labels in product((0, 1), repeat=size * (size - 1)):
            yield canonical((members, labels))


@pytest.mark.parametrize(("toy", "size"), SIZED)
def test_the_search_finds_the_least(toy, size) -> None:
    found = search(toy(), size, Limits())
    assert isinstance(found, Safe)
    assert tabled(found.invariant) == tabled(proof(toy, size))
    assert check(toy(), found.invariant) is None


def test_the_search_on_random_systems() -> None:
    for seed in range(40):
        toy = random_toy(seed)
        found = search(toy, 2, Limits())
        right = naive(toy, 2)
        if right is None:
            assert isinstance(found, Suspect), seed
        else:
            assert isinstance(found, Safe), seed
            assert tabled(found.invariant) == tabled(right), seed


@pytest.mark.parametrize("waits", [True, False])
def test_a_larger_one(waits: bool) -> None:
    toy = pool(2, waits=waits)
    found = search(toy, 2, Limits())
    assert isinstance(found, Safe)
    assert len(tabled(found.invariant)) > 500
    assert check(toy, found.invariant) is None
