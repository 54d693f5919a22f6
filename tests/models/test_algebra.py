"""Relation terms as text."""

from __future__ import annotations

import pytest

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
    parts,
    sequence,
    union,
)
from prover.models.sc import SC

R, S, T = Base("r"), Base("s"), Base("t")

TEXTS = [
    (R, "r"),
    (Identity(Named("M")), "[M]"),
    (Product(Named("W"), Named("R")), "W * R"),
    (union(R, S, T), "r | s | t"),
    (Union(R, Union(S, T)), "r | (s | t)"),
    (sequence(R, S, T), "r ; s ; t"),
    (Union(Sequence(R, S), T), "r ; s | t"),
    (Sequence(Union(R, S), T), "(r | s) ; t"),
    (Sequence(R, Difference(S, T)), "r ; s \\ t"),
    (Difference(Sequence(R, S), T), "(r ; s) \\ t"),
    (Difference(R, Intersection(S, T)), "r \\ s & t"),
    (Intersection(R, Product(Named("W"), Named("W"))), "r & W * W"),
    (Complement(R), "~r"),
    (Complement(Inverse(R)), "~r^-1"),
    (Inverse(Complement(R)), "(~r)^-1"),
    (Intersection(Complement(R), S), "~r & s"),
    (Optional(Union(R, S)), "(r | s)?"),
    (Star(Plus(R)), "r^+^*"),
    (Sequence(Identity(Named("UL")), Plus(R)), "[UL] ; r^+"),
]


@pytest.mark.parametrize(("relation", "text"), TEXTS, ids=[text for _, text in TEXTS])
def test_a_term_prints_as_cat(relation: Relation, text: str) -> None:
    assert str(relation) == text


def test_different_terms_print_differently() -> None:
    assert len({text for _, text in TEXTS}) == len({relation for relation, _ in TEXTS})


def test_axioms_and_models_print_as_cat() -> None:
    assert str(SC) == (
        '"sc"\nlet xb = po | rf | co | fr\nacyclic po | rf | co | fr as sequential-consistency\n'
    )
    model = MemoryModel(
        "toy",
        (Definition("fre", Intersection(Base("fr"), Base("ext"))),),
        (Axiom("a", IRREFLEXIVE, Base("fre")), Axiom("b", EMPTY, Sequence(R, S))),
        union(Base("fre"), Base("co")),
    )
    assert str(model).splitlines() == [
        '"toy"',
        "let fre = fr & ext",
        "let xb = fre | co",
        "irreflexive fre as a",
        "empty r ; s as b",
    ]
    assert str(Axiom("c", ACYCLIC, R)) == "acyclic r as c"


def test_the_parts_of_a_union_are_what_it_contains_whole() -> None:
    assert parts(SC.xb or R) == {"po", "rf", "co", "fr"}
    assert parts(union(R, Sequence(S, T), Intersection(S, T))) == {"r"}
