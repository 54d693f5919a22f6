"""The reading in rows says what the slow one says, of every term, definition and axiom."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import get_args

import pytest

from dsl.frozen import Frozen, fields_of
from prover.models import algebra as al
from prover.models.cat import load_model
from prover.models.concrete import Pairs, Structure, breach, defined, evaluate, members
from prover.models.rows import Meaning
from prover.models.sc import SC
from tests.litmus_engine.test_relations import (
    NONE,
    RELATIONS,
    SETS,
    recursive,
    some_events,
    some_relation,
)

EVENTS = (-2, -1, 0, 1, 2, 5, 9)
"""As in executions: initial writes are below zero, and what did not happen is left out."""


def some_pairs(rng: random.Random) -> Pairs:
    dense = rng.choice((0.05, 0.15, 0.3, 0.6))
    return frozenset((a, b) for a in EVENTS for b in EVENTS if rng.random() < dense)


def some_set(rng: random.Random) -> frozenset[int]:
    return frozenset(event for event in EVENTS if rng.random() < 0.4)


def some_structure(rng: random.Random) -> Structure:
    sets = {name: some_set(rng) for name in SETS}
    return Structure(frozenset(EVENTS), sets, {name: some_pairs(rng) for name in RELATIONS})


def members_of(meaning: Meaning, inside: al.Events) -> frozenset[int]:
    """The events of a set."""
    return frozenset(event for event, _ in meaning.evaluate(al.Identity(inside)))


def kinds(term: object) -> set[type]:
    """The kinds of which a term is made."""
    if not isinstance(term, Frozen):
        return set()
    return {type(term)}.union(*(kinds(getattr(term, name)) for name in fields_of(term)))


@pytest.mark.parametrize("seed", range(40))
def test_terms_and_sets(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(12):
        structure = some_structure(rng)
        meaning, term, inside = Meaning(NONE, structure), some_relation(rng, 4), some_events(rng, 4)
        assert meaning.evaluate(term) == evaluate(term, structure), term
        assert members_of(meaning, inside) == members(inside, structure), inside


def test_terms_of_every_kind_are_tried() -> None:
    rng = random.Random(0)
    tried = set[type]().union(*(kinds(some_relation(rng, 4)) for _ in range(480)))
    assert {*get_args(al.Relation), *get_args(al.Events)} <= tried


@pytest.mark.parametrize("seed", range(40))
def test_axioms(seed: int) -> None:
    rng = random.Random(1000 + seed)
    for shape in al.Shape:
        for negated in (False, True):
            axiom = al.Axiom("a", shape, some_relation(rng, 3), negated=negated)
            structure = some_structure(rng)
            model = al.MemoryModel("m", (), (axiom,), None)
            broken = ["a"] if breach(axiom, structure) is not None else []
            assert Meaning(model, structure).broken(model) == broken, axiom


@pytest.mark.parametrize("seed", range(40))
def test_definitions(seed: int) -> None:
    """One after the other, and some that go round: monotone ones, and others."""
    rng = random.Random(2000 + seed)
    (least,) = recursive(rng).definitions
    farther = al.Range(al.Sequence(al.Identity(al.Named("Z")), al.Base("r")))
    sets = al.Recursion((al.Definition("Z", al.Either(al.Named("B"), farther)),))
    circle = al.Recursion(
        (
            al.Definition("r", al.Union(some_relation(rng, 2), al.Base("r"))),
            al.Definition("A", al.Either(some_events(rng, 2), al.Named("A"))),
            al.Definition("s", some_relation(rng, 2)),
        ),
        monotone=False,
    )
    first, last = al.Definition("t", some_relation(rng, 3)), al.Definition("B", some_events(rng, 2))
    model = al.MemoryModel(
        "m", (sets, least, first, circle, last), (), al.Sequence(al.Base("t"), al.Base("f"))
    )
    structure = some_structure(rng)
    slow, meaning = defined(model, structure), Meaning(model, structure)
    for name in (*RELATIONS, "f", "g", "xb"):
        assert meaning.pairs(name) == slow.relations[name], name
    for name in (*SETS, "Z"):
        assert members_of(meaning, al.Named(name)) == slow.sets[name], name
    assert meaning.pairs("nothing of that name") == frozenset()


def test_equations_that_go_round_for_ever_are_left_where_they_close() -> None:
    """In each round one of the two gains something."""
    other = al.Complement(al.Base("p"))
    circle = al.Recursion((al.Definition("p", other), al.Definition("q", other)), monotone=False)
    model = al.MemoryModel("m", (circle,), (), None)
    structure = Structure(frozenset(EVENTS), {}, {})
    slow, meaning = defined(model, structure), Meaning(model, structure)
    assert {n: meaning.pairs(n) for n in "pq"} == {n: slow.relations[n] for n in "pq"}


def test_what_did_not_happen_is_related_to_nothing() -> None:
    structure = Structure(frozenset(EVENTS), {"A": frozenset((3,))}, {"r": frozenset(((0, 3),))})
    meaning = Meaning(NONE, structure)
    with pytest.raises(KeyError):
        meaning.evaluate(al.Base("r"))
    with pytest.raises(KeyError):
        members_of(meaning, al.Named("A"))


def _definitions(model: al.MemoryModel) -> list[al.Definition]:
    return [
        one
        for each in model.definitions
        for one in (each.members if isinstance(each, al.Recursion) else (each,))
    ]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", ["sc", "tso", "lkmm"])
def test_the_models_that_come_with_the_tool(name: str, seed: int) -> None:
    """All their names, over relations of whatever kind: a reading asks for no execution."""
    rng = random.Random(3000 + seed)
    model = SC if name == "sc" else load_model(name)
    terms = [str(each.term) for each in _definitions(model)]
    terms += [str(axiom.relation) for axiom in (*model.axioms, *model.flags)]
    words = {word.strip("[]()^+*?~-1") for text in terms for word in text.replace("(", " ").split()}
    relations = {word: some_pairs(rng) for word in sorted(words)}
    sets = defaultdict(frozenset[int], {word: some_set(rng) for word in sorted(words)})
    structure = Structure(frozenset(EVENTS), sets, relations)
    slow, meaning = defined(model, structure), Meaning(model, structure)
    own = [d.name for d in _definitions(model) if isinstance(d.term, al.Relation)]
    assert own or name == "sc"
    for each in own:
        assert meaning.pairs(each) == slow.relations[each], each
    broken = [axiom.name for axiom in model.axioms if breach(axiom, slow) is not None]
    assert meaning.broken(model) == broken
    for flag in model.flags:
        assert meaning.evaluate(flag.relation) == evaluate(flag.relation, slow)
