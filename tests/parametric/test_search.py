"""What the searches find, against every configuration of so many actors."""

from __future__ import annotations

from itertools import combinations_with_replacement

import pytest

from prover.parametric.invariant import Endless, Safe, Suspect
from prover.parametric.search import Limits, search
from prover.parametric.search.exact import explore
from prover.parametric.search.folding import Folding
from prover.parametric.search.limits import Overrun
from prover.parametric.search.pairs import Pairs
from prover.parametric.search.sets import Sets
from prover.parametric.search.step import views_of
from tests.parametric.random_toys import random_toy
from tests.parametric.toys import Toy

SEEDS = 48
MOST = 5
"""Configurations of more actors, after many have been spawned, take long to look at."""

FEW = 60
"""So many views of three are looked at; a search that finds more is given up."""


def everything(found: Pairs | Sets) -> dict[object, list[object]]:
    """Every view of every shared state."""
    return {shared: list(found.views(shared)) for shared in found.shared()}


def crowds(system: Toy, most: int) -> list[tuple[int, ...]]:
    """The actors of every instance with at most so many."""
    start = system.start
    return [
        (*start.single, *crowd)
        for count in range(most + 1 - len(start.single))
        for crowd in combinations_with_replacement(start.many, count)
    ]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_pairs_are_views_of_two(seed: int) -> None:
    """Two ways to compute the same."""
    system = random_toy(seed)
    fast, slow = Pairs(system, Limits(), Folding(system)), Sets(system, 2, Limits(views=300))
    try:
        one, other = fast.run(), slow.run()
    except Overrun:
        return
    assert (one is None) == (other is None)
    if one is None:
        assert everything(fast) == everything(slow)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_number_of_actors_does_more(seed: int) -> None:
    """Whatever so many actors reach is in the views; what they violate is suspected."""
    system = random_toy(seed)
    for size in (1, 2, 3):
        limits = Limits(views=FEW) if size == 3 else Limits()
        found = Sets(system, size, limits) if size != 2 else Pairs(system, limits, Folding(system))
        try:
            wrong = found.run()
        except Overrun:
            continue
        known = {shared: set(found.views(shared)) for shared in found.shared()}
        for actors in crowds(system, 3):
            exact = explore(system, actors, 300)
            if wrong is None:
                assert not exact.violations
                for here in exact.configurations:
                    if len(here.actors) > MOST:
                        continue
                    assert known[here.shared].issuperset(views_of(here, size))


def test_larger_views_say_no_more() -> None:
    """What k proves, k + 1 proves."""
    shares = {1: 0, 2: 0, 3: 0}
    for seed in range(SEEDS):
        system = random_toy(seed)
        safe = [isinstance(search(system, size, Limits()), Safe) for size in (1, 2)]
        larger = search(system, 3, Limits(views=FEW))
        safe.append(safe[1] if isinstance(larger, Endless) else isinstance(larger, Safe))
        assert safe == sorted(safe)
        for size, proved in enumerate(safe, 1):
            shares[size] += proved
    assert 0 < shares[1] < shares[2] <= shares[3] < SEEDS


def test_a_suspect_tells_how() -> None:
    """Its moves lead from the start, one shared state after another."""
    for seed in range(SEEDS):
        found = search(random_toy(seed), 2, Limits())
        if isinstance(found, Suspect):
            assert found.moves
            assert found.moves[-1].rule.violated == found.violated
            assert sum(count for _, count in found.actors) >= 1
