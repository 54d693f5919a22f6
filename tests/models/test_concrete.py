"""The concrete reading: the laws of relations, and closures against the naive ones."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prover.models.algebra import (
    ACYCLIC,
    EMPTY,
    IRREFLEXIVE,
    Axiom,
    Base,
    Complement,
    Definition,
    Difference,
    Identity,
    Intersection,
    Inverse,
    MemoryModel,
    Named,
    Optional,
    Plus,
    Product,
    Relation,
    Sequence,
    Star,
    Union,
)
from prover.models.concrete import Pairs, Structure, breach, breaches, cycle, evaluate
from prover.models.sc import SC

SIZE = 5
R, S, T = Base("r"), Base("s"), Base("t")

events = st.integers(0, SIZE - 1)
relations = st.frozensets(st.tuples(events, events), max_size=9)
subsets = st.frozensets(events)
structures = st.builds(
    lambda r, s, t, a, b: Structure(
        frozenset(range(SIZE)), {"A": a, "B": b}, {"r": r, "s": s, "t": t}
    ),
    relations,
    relations,
    relations,
    subsets,
    subsets,
)
deterministic = settings(derandomize=True, max_examples=60, deadline=None)

LAWS: dict[str, tuple[Relation, Relation]] = {
    "sequence associates": (Sequence(R, Sequence(S, T)), Sequence(Sequence(R, S), T)),
    "sequence distributes": (Sequence(R, Union(S, T)), Union(Sequence(R, S), Sequence(R, T))),
    "inverse of a sequence": (Inverse(Sequence(R, S)), Sequence(Inverse(S), Inverse(R))),
    "inverse twice": (Inverse(Inverse(R)), R),
    "complement twice": (Complement(Complement(R)), R),
    "de Morgan": (Complement(Union(R, S)), Intersection(Complement(R), Complement(S))),
    "difference": (Difference(R, S), Intersection(R, Complement(S))),
    "plus unfolds": (Plus(R), Union(R, Sequence(R, Plus(R)))),
    "star is plus or staying": (Star(R), Optional(Plus(R))),
    "plus from star": (Plus(R), Sequence(R, Star(R))),
    "star twice": (Star(Star(R)), Star(R)),
    "inverse of plus": (Inverse(Plus(R)), Plus(Inverse(R))),
    "star of a union": (Star(Union(R, S)), Star(Sequence(Star(R), Star(S)))),
    "guards on both sides": (
        Sequence(Identity(Named("A")), Sequence(R, Identity(Named("B")))),
        Intersection(R, Product(Named("A"), Named("B"))),
    ),
    "guards join": (
        Sequence(Identity(Named("A")), Identity(Named("B"))),
        Intersection(Identity(Named("A")), Identity(Named("B"))),
    ),
    "from-reads": (Sequence(Inverse(R), S), Inverse(Sequence(Inverse(S), R))),
}


@pytest.mark.parametrize("law", LAWS)
@deterministic
@given(structure=structures)
def test_laws(law: str, structure: Structure) -> None:
    left, right = LAWS[law]
    assert evaluate(left, structure) == evaluate(right, structure)


def _warshall(pairs: Pairs) -> Pairs:
    closed = set(pairs)
    for via in range(SIZE):
        for one in range(SIZE):
            for two in range(SIZE):
                if (one, via) in closed and (via, two) in closed:
                    closed.add((one, two))
    return frozenset(closed)


@deterministic
@given(structure=structures)
def test_closure_is_that_of_warshall(structure: Structure) -> None:
    assert evaluate(Plus(R), structure) == _warshall(structure.relations["r"])


@deterministic
@given(pairs=relations)
def test_a_cycle_is_one_and_is_found_if_there_is_one(pairs: Pairs) -> None:
    found = cycle(pairs)
    reflexive = any(one == two for one, two in _warshall(pairs))
    assert bool(found) == reflexive
    if found:
        assert all(step in pairs for step in pairwise((*found, found[0])))
        assert len(set(found)) == len(found)
        assert found[0] == min(found)


@deterministic
@given(pairs=relations)
def test_a_cycle_is_a_shortest_one(pairs: Pairs) -> None:
    found = cycle(pairs)
    power, length = pairs, 1
    while found and not any(one == two for one, two in power):
        power = frozenset((a, d) for a, b in power for c, d in pairs if b == c)
        length += 1
    assert not found or len(found) == length


def _structure(**named: Pairs) -> Structure:
    return Structure(frozenset(range(SIZE)), {}, named)


def test_each_shape_of_axiom_says_what_breaks_it() -> None:
    loop = _structure(r=frozenset({(3, 1), (1, 2), (2, 3), (4, 4)}))
    line = _structure(r=frozenset({(1, 2), (2, 3)}))
    for shape, in_loop, in_line in (
        (ACYCLIC, (4,), None),
        (IRREFLEXIVE, (4,), None),
        (EMPTY, (1, 2), (1, 2)),
    ):
        axiom = Axiom("a", shape, R)
        found = breach(axiom, loop)
        assert found is not None
        assert (found.axiom, found.events) == (axiom, in_loop)
        found = breach(axiom, line)
        assert (found and found.events) == in_line


def test_definitions_may_use_those_before_them() -> None:
    model = MemoryModel(
        "toy",
        (Definition("two", Sequence(R, R)), Definition("four", Sequence(Base("two"), Base("two")))),
        (Axiom("short", EMPTY, Base("four")), Axiom("xb", ACYCLIC, Base("xb"))),
        Union(R, Base("two")),
    )
    four = frozenset({(0, 1), (1, 2), (2, 3), (3, 4)})
    assert [b.axiom.name for b in breaches(model, _structure(r=four))] == ["short"]
    assert breaches(model, _structure(r=four - {(3, 4)})) == ()
    assert [b.axiom.name for b in breaches(model, _structure(r=frozenset({(0, 0)})))] == [
        "short",
        "xb",
    ]


def test_a_name_without_meaning_is_an_error() -> None:
    with pytest.raises(KeyError):
        evaluate(Base("nothing"), _structure(r=frozenset()))


def test_sequential_consistency_forbids_what_store_buffering_needs() -> None:
    # 0: W x, 1: R y = 0, 2: W y, 3: R x = 0 (x and y start as 0)
    po, none = frozenset({(0, 1), (2, 3)}), frozenset[tuple[int, int]]()
    both = _structure(po=po, rf=none, co=none, fr=frozenset({(1, 2), (3, 0)}))
    (found,) = breaches(SC, both)
    assert found.events == (0, 1, 2, 3)
    one = _structure(po=po, rf=frozenset({(0, 3)}), co=none, fr=frozenset({(1, 2)}))
    assert breaches(SC, one) == ()
