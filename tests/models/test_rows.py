"""The reading in rows says what the slow one says, of every term, definition and axiom."""

from __future__ import annotations

from collections import defaultdict
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.frozen import Frozen, fields_of
from prover.models import algebra as al
from prover.models.cat import load_model
from prover.models.concrete import Structure, breach, defined, evaluate, members
from prover.models.rows import Reading
from prover.models.sc import SC

EVENTS = (-2, -1, 0, 1, 2, 5, 9)
NAMES = ("r", "s", "t")
SETS = ("A", "B")

events = st.sampled_from(EVENTS)
pairs = st.frozensets(st.tuples(events, events), max_size=14)
structures = st.builds(
    lambda found, sets: Structure(
        frozenset(EVENTS), dict(zip(SETS, sets, strict=True)), dict(zip(NAMES, found, strict=True))
    ),
    st.tuples(*(pairs for _ in NAMES)),
    st.tuples(*(st.frozensets(events) for _ in SETS)),
)
deterministic = settings(derandomize=True, max_examples=60, deadline=None)

BARE = al.MemoryModel("bare", (), (), None)

sets: st.SearchStrategy[al.Events] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(SETS).map(al.Named),
        st.builds(al.Everything),
        st.builds(al.Nobody),
        *(st.builds(kind, sets, sets) for kind in (al.Either, al.Both, al.Without)),
        st.builds(al.Others, sets),
        st.builds(al.Domain, terms),
        st.builds(al.Range, terms),
    )
)
terms: st.SearchStrategy[al.Relation] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(NAMES).map(al.Base),
        st.builds(al.Nothing),
        st.builds(al.Identity, sets),
        st.builds(al.Product, sets, sets),
        *(
            st.builds(kind, terms, terms)
            for kind in (al.Union, al.Sequence, al.Difference, al.Intersection)
        ),
        *(
            st.builds(kind, terms)
            for kind in (al.Complement, al.Inverse, al.Optional, al.Plus, al.Star)
        ),
    )
)


def test_terms_of_every_kind_are_drawn() -> None:
    seen: set[type] = set()

    @settings(derandomize=True, max_examples=300, deadline=None, database=None)
    @given(term=terms)
    def draw(term: al.Relation) -> None:
        pending: list[object] = [term]
        while pending:
            part = pending.pop()
            seen.add(type(part))
            pending += (
                [getattr(part, n) for n in fields_of(part)] if isinstance(part, Frozen) else []
            )

    draw()
    assert {*get_args(al.Relation), *get_args(al.Events)} <= seen


@deterministic
@given(structure=structures, term=terms)
def test_a_relation(structure: Structure, term: al.Relation) -> None:
    assert Reading(BARE, structure).evaluate(term) == evaluate(term, structure)


@deterministic
@given(structure=structures, term=sets)
def test_a_set(structure: Structure, term: al.Events) -> None:
    assert Reading(BARE, structure).members(term) == members(term, structure)


@deterministic
@given(
    structure=structures,
    term=terms,
    shape=st.sampled_from(al.Shape),
    negated=st.booleans(),
)
def test_an_axiom(structure: Structure, term: al.Relation, shape: al.Shape, negated: bool) -> None:
    axiom = al.Axiom("a", shape, term, negated=negated)
    assert Reading(BARE, structure).holds(axiom) == (breach(axiom, structure) is None)


@deterministic
@given(structure=structures, first=terms, second=sets, third=terms, monotone=st.booleans())
def test_definitions(
    structure: Structure, first: al.Relation, second: al.Events, third: al.Relation, monotone: bool
) -> None:
    """One after the other, and some that go round, whether they are monotone or not."""
    circle = al.Recursion(
        (
            al.Definition("r", al.Union(first, al.Sequence(al.Base("r"), al.Base("t")))),
            al.Definition("A", al.Either(second, al.Named("A"))),
            al.Definition("s", third if not monotone else al.Union(al.Base("r"), al.Base("s"))),
        ),
        monotone=False,
    )
    model = al.MemoryModel("m", (al.Definition("t", third), circle), (), xb=al.Base("t"))
    slow, fast = defined(model, structure), Reading(model, structure)
    for name in (*NAMES, "xb"):
        assert fast.pairs(name) == slow.relations[name]
    for name in SETS:
        assert fast.members(al.Named(name)) == slow.sets[name]


@pytest.mark.parametrize("name", ["sc", "tso", "lkmm"])
@settings(derandomize=True, max_examples=10, deadline=None)
@given(data=st.data())
def test_the_models_that_come_with_the_tool(name: str, data: st.DataObject) -> None:
    """All their names, over relations of whatever kind: a reading asks for no execution."""
    model = SC if name == "sc" else load_model(name)
    own = [m.name for d in model.definitions for m in _members(d)]
    asked = defaultdict[str, frozenset[tuple[int, int]]](frozenset)
    kinds = defaultdict[str, frozenset[int]](frozenset)
    text = " ".join(str(m.term) for d in model.definitions for m in _members(d))
    text += " ".join(str(axiom.relation) for axiom in (*model.axioms, *model.flags))
    words = {word.strip("()[]^+*?~-1") for word in text.replace("(", " ").replace("[", " ").split()}
    for word in sorted(words):
        asked[word] = data.draw(pairs)
        kinds[word] = data.draw(st.frozensets(events))
    structure = Structure(frozenset(EVENTS), kinds, asked)
    slow, fast = defined(model, structure), Reading(model, structure)
    relations = [n for n in own if n in slow.relations]
    assert relations or name == "sc"
    for each in relations:
        assert fast.pairs(each) == slow.relations[each], each
    broken = [axiom.name for axiom in model.axioms if breach(axiom, slow) is not None]
    assert fast.broken(model) == broken
    for flag in model.flags:
        assert fast.evaluate(flag.relation) == evaluate(flag.relation, slow)


def _members(definition: al.Definition | al.Recursion) -> tuple[al.Definition, ...]:
    return definition.members if isinstance(definition, al.Recursion) else (definition,)
