"""The symbolic reading of relation terms equals the concrete one, whatever the execution."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from prover.models.algebra import (
    ACYCLIC,
    EMPTY,
    IRREFLEXIVE,
    Axiom,
    Base,
    Both,
    Complement,
    Definition,
    Difference,
    Domain,
    Either,
    Events,
    Everything,
    Identity,
    Intersection,
    Inverse,
    MemoryModel,
    Named,
    Nobody,
    Nothing,
    Optional,
    Others,
    Plus,
    Product,
    Range,
    Recursion,
    Relation,
    Sequence,
    Shape,
    Star,
    Union,
    Without,
)
from prover.models.concrete import Structure, breach, defined, evaluate, members
from prover.smt.backends.z3 import Session
from prover.smt.logic import FALSE, TRUE, Lit, Logic, neg
from prover.smt.possible import Rows
from prover.smt.relations import Reading
from prover.smt.reply import Sat

EVENTS = range(5)
RELATIONS = ("r", "s", "t")
SETS = ("A", "B")


def some_events(rng: random.Random, depth: int) -> Events:
    kind = rng.randrange(10 if depth else 4)
    match kind:
        case 0 | 1:
            return Named(rng.choice(SETS))
        case 2:
            return Everything()
        case 3:
            return Nobody()
        case 4:
            return Either(some_events(rng, depth - 1), some_events(rng, depth - 1))
        case 5:
            return Both(some_events(rng, depth - 1), some_events(rng, depth - 1))
        case 6:
            return Without(some_events(rng, depth - 1), some_events(rng, depth - 1))
        case 7:
            return Others(some_events(rng, depth - 1))
        case 8:
            return Domain(some_relation(rng, depth - 1))
        case _:
            return Range(some_relation(rng, depth - 1))


def some_relation(rng: random.Random, depth: int) -> Relation:
    kind = rng.randrange(14 if depth else 4)
    match kind:
        case 0 | 1 | 2:
            return Base(rng.choice(RELATIONS))
        case 3:
            return Nothing()
        case 4:
            return Identity(some_events(rng, depth - 1))
        case 5:
            return Product(some_events(rng, depth - 1), some_events(rng, depth - 1))
        case 6:
            return Union(some_relation(rng, depth - 1), some_relation(rng, depth - 1))
        case 7 | 8:
            return Sequence(some_relation(rng, depth - 1), some_relation(rng, depth - 1))
        case 9:
            return Difference(some_relation(rng, depth - 1), some_relation(rng, depth - 1))
        case 10:
            return Intersection(some_relation(rng, depth - 1), some_relation(rng, depth - 1))
        case 11:
            return Complement(some_relation(rng, depth - 1))
        case 12:
            return Inverse(some_relation(rng, depth - 1))
        case _:
            return rng.choice((Optional, Plus, Star))(some_relation(rng, depth - 1))


class Open:
    """An execution of which nothing is known but the names: every pair is a variable.

    With ``forward`` pairs lead from lower to higher numbers only.
    """

    def __init__(self, model: MemoryModel, *, forward: bool = False) -> None:
        self.logic = logic = Logic()
        self.present = {e: logic.variable(f"e{e}") for e in EVENTS}
        self.sets = {name: {e: logic.variable(f"m{name}{e}") for e in EVENTS} for name in SETS}
        self.relations: dict[str, Rows] = {
            name: {
                a: {
                    b: logic.all_of(
                        (self.present[a], self.present[b], logic.variable(f"{name}{a}_{b}"))
                    )
                    for b in EVENTS
                    if a < b or not forward
                }
                for a in EVENTS
            }
            for name in RELATIONS
        }
        self.reading = Reading(logic, model, self.present, self.sets, self.relations, frozenset())


class Valued:
    """A random value for every variable of a document, and what its nodes are worth then."""

    def __init__(self, logic: Logic, rng: random.Random, dense: float) -> None:
        self.keys = {node: key for key, node in logic.index.items() if node}
        self.worth: dict[int, bool] = {TRUE: True}
        self.rng = rng
        self.dense = dense

    def lit(self, lit: Lit) -> bool:
        if lit < 0:
            return not self.lit(neg(lit))
        if lit not in self.worth:
            key = self.keys[lit]
            if isinstance(key, str):
                self.worth[lit] = self.rng.random() < (0.8 if key[0] == "e" else self.dense)
            else:
                op, parts = key
                values = [self.lit(part) for part in sorted(parts)]
                self.worth[lit] = all(values) if op == "and" else any(values)
        return self.worth[lit]

    def pairs(self, rows: Rows) -> frozenset[tuple[int, int]]:
        return frozenset((a, b) for a, row in rows.items() for b, x in row.items() if self.lit(x))

    def structure(self, given: Open) -> Structure:
        carrier = frozenset(e for e, lit in given.present.items() if self.lit(lit))
        sets: Mapping[str, frozenset[int]] = {
            name: frozenset(e for e in carrier if self.lit(row[e]))
            for name, row in given.sets.items()
        }
        relations = {name: self.pairs(rows) for name, rows in given.relations.items()}
        return Structure(carrier, sets, relations)


NONE = MemoryModel("none", (), (), None)


@pytest.mark.parametrize("seed", range(150))
def test_terms_read_the_same_both_ways(seed: int) -> None:
    rng = random.Random(seed)
    given = Open(NONE)
    term = some_relation(rng, 4)
    rows = given.reading.rows(term, mode="exact")
    for dense in (0.1, 0.3, 0.6):
        valued = Valued(given.logic, rng, dense)
        structure = valued.structure(given)
        assert valued.pairs(rows) == evaluate(term, structure), term


@pytest.mark.parametrize("seed", range(60))
def test_sets_read_the_same_both_ways(seed: int) -> None:
    rng = random.Random(1000 + seed)
    given = Open(NONE)
    term = some_events(rng, 4)
    found = given.reading.events(term)
    valued = Valued(given.logic, rng, 0.3)
    structure = valued.structure(given)
    inside = frozenset(e for e, lit in found.items() if valued.lit(lit))
    assert inside & structure.carrier == members(term, structure), term


A, B, R, S = Named("A"), Named("B"), Base("r"), Base("s")
CHAINS: tuple[Relation, ...] = (
    Sequence(Identity(A), Identity(B)),
    Sequence(Sequence(Identity(A), Identity(B)), Identity(A)),
    Sequence(Identity(A), R),
    Sequence(R, Identity(B)),
    Sequence(Sequence(Identity(A), R), Sequence(Identity(B), S)),
    Sequence(Identity(A), Optional(R)),
    Sequence(R, Optional(Sequence(Identity(A), S))),
    Sequence(R, Star(S)),
    Sequence(R, Union(Sequence(S, Identity(B)), Optional(R))),
    Sequence(Identity(Nobody()), R),
    Intersection(Product(A, B), R),
    Intersection(R, Product(B, A)),
)


@pytest.mark.parametrize("term", CHAINS, ids=range(len(CHAINS)))
def test_chains_read_the_same_both_ways(term: Relation) -> None:
    rng = random.Random(7)
    for dense in (0.1, 0.3, 0.6):
        given = Open(NONE)
        rows = given.reading.rows(term, mode="exact")
        valued = Valued(given.logic, rng, dense)
        structure = valued.structure(given)
        assert valued.pairs(rows) == evaluate(term, structure), term


@pytest.mark.parametrize("seed", range(10))
def test_a_recursive_set_is_the_least_one(seed: int) -> None:
    """What is reached from A over r, and over s from what that reaches."""
    rng = random.Random(6000 + seed)
    reached = Either(A, Range(Sequence(Identity(Named("Z")), R)))
    farther = Range(Sequence(Identity(Named("Z")), S))
    model = MemoryModel(
        "m", (Recursion((Definition("Z", reached), Definition("Y", farther))),), (), None
    )
    given = Open(model, forward=True)
    found = {name: given.reading.events(Named(name)) for name in ("Z", "Y")}
    valued = Valued(given.logic, rng, 0.25)
    structure = valued.structure(given)
    inside = {
        n: frozenset(e for e, lit in row.items() if valued.lit(lit)) for n, row in found.items()
    }
    wanted = defined(model, structure)
    for name in ("Z", "Y"):
        assert inside[name] & structure.carrier == wanted.sets[name]


STAYING: tuple[Relation, ...] = (
    Union(Base("t"), Optional(Sequence(Base("f"), R))),
    Union(Identity(A), Sequence(Star(Base("f")), R)),
    Union(R, Sequence(Base("f"), Optional(Base("f")))),
    Union(Base("t"), Inverse(Optional(Intersection(Base("f"), R)))),
)


@pytest.mark.parametrize("term", STAYING, ids=range(len(STAYING)))
def test_a_recursion_may_stay_where_it_is(term: Relation) -> None:
    model = MemoryModel("m", (Recursion((Definition("f", term),)),), (), None)
    answers: set[bool] = set()
    for seed in range(6):
        axiom = Axiom("a", EMPTY, Difference(Base("f"), Base("s")))
        if seed % 2:
            axiom = Axiom("a", IRREFLEXIVE, Intersection(Base("f"), Base("s")))
        given = Open(model)
        structure = fixed(random.Random(7000 + seed), given, 0.3 if seed % 2 else 0.8)
        given.reading.require(axiom)
        expected = breach(axiom, defined(model, structure)) is None
        assert satisfiable(given.logic) == expected, seed
        answers.add(expected)
    assert answers == {True, False}


def fixed(rng: random.Random, given: Open, dense: float) -> Structure:
    """One execution, asserted in the document."""
    valued = Valued(given.logic, rng, dense)
    structure = valued.structure(given)
    for node, key in sorted(valued.keys.items()):
        if isinstance(key, str) and key[0] in "emrst":
            lit = Lit(node)
            given.logic.clause(lit if valued.lit(lit) else neg(lit))
    return structure


def satisfiable(logic: Logic) -> bool:
    text = "\n".join(["(set-logic QF_IDL)", *logic.lines, *logic.assertions]) + "\n"
    return isinstance(Session(text, 20.0).ask("true", values=False), Sat)


@pytest.mark.parametrize("seed", range(120))
def test_an_axiom_holds_where_the_concrete_reading_says_so(seed: int) -> None:
    rng = random.Random(2000 + seed)
    shape = rng.choice((ACYCLIC, IRREFLEXIVE, EMPTY))
    axiom = Axiom("a", shape, some_relation(rng, 3), negated=rng.random() < 0.2)
    given = Open(NONE)
    structure = fixed(rng, given, rng.choice((0.05, 0.15, 0.3)))
    given.reading.require(axiom)
    assert satisfiable(given.logic) == (breach(axiom, structure) is None), axiom


@pytest.mark.parametrize("seed", range(120))
def test_a_flag_is_raised_where_the_concrete_reading_says_so(seed: int) -> None:
    rng = random.Random(3000 + seed)
    flag = Axiom("f", rng.choice(list(Shape)), some_relation(rng, 3), negated=rng.random() < 0.8)
    given = Open(NONE)
    structure = fixed(rng, given, rng.choice((0.05, 0.15, 0.3)))
    given.logic.clause(given.reading.shown(flag))
    assert satisfiable(given.logic) == (breach(flag, structure) is None), flag


def recursive(rng: random.Random) -> MemoryModel:
    """A monotone recursion of two names over r, s and t."""
    f, g = Base("f"), Base("g")

    def term() -> Relation:
        parts: list[Relation] = [rng.choice((f, g, Base("r"), Base("s"))) for _ in range(3)]
        whole = rng.choice(
            (
                Union(Base("r"), Sequence(parts[0], parts[1])),
                Union(Identity(Named("A")), Sequence(Sequence(parts[0], Base("s")), parts[1])),
                Union(Intersection(parts[0], Base("t")), Inverse(parts[1])),
                Union(Sequence(parts[0], Plus(parts[1])), Base("t")),
            )
        )
        assert isinstance(whole, Relation)
        return whole

    least = Recursion((Definition("f", term()), Definition("g", term())))
    return MemoryModel("m", (least,), (), None)


@pytest.mark.parametrize("seed", range(60))
def test_a_recursion_is_the_least_where_it_must_not_hold(seed: int) -> None:
    rng = random.Random(4000 + seed)
    model = recursive(rng)
    axiom = Axiom("a", rng.choice((IRREFLEXIVE, EMPTY)), Intersection(Base("f"), Base("g")))
    given = Open(model)
    structure = fixed(rng, given, 0.1)
    given.reading.require(axiom)
    expected = breach(axiom, defined(model, structure)) is None
    assert satisfiable(given.logic) == expected


@pytest.mark.parametrize("seed", range(60))
def test_a_recursion_is_the_least_under_a_difference_too(seed: int) -> None:
    rng = random.Random(5000 + seed)
    model = recursive(rng)
    flag = Axiom("f", EMPTY, Difference(Base("t"), Base("f")), negated=True)
    given = Open(model)
    structure = fixed(rng, given, 0.15)
    given.logic.clause(given.reading.shown(flag))
    expected = breach(flag, defined(model, structure)) is None
    assert satisfiable(given.logic) == expected


def test_some_axioms_hold_and_some_do_not() -> None:
    """The questions above have both answers."""
    answers: set[bool] = set()
    for seed in range(40):
        rng = random.Random(2000 + seed)
        given = Open(NONE)
        axiom = Axiom("a", ACYCLIC, some_relation(rng, 3))
        answers.add(breach(axiom, fixed(rng, given, 0.15)) is None)
    assert answers == {True, False}


def test_nothing_is_false_and_everything_true() -> None:
    given = Open(NONE)
    assert given.reading.rows(Nothing(), mode="exact") == {}
    assert FALSE not in given.reading.events(Everything()).values()
