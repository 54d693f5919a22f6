"""The questions for the solver: no to all of them exactly where the lemma holds."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from dsl.frozen import replace
from prover.parametric.certificate.classes import NOBODY, classes
from prover.parametric.certificate.diagram import Diagram, bit_vector
from prover.parametric.certificate.document import renumbered
from prover.parametric.certificate.table import canonical, tabled
from prover.parametric.certificate.text import questions
from prover.parametric.system import IDLE, Start
from prover.smt.none import first_yes
from prover.smt.reply import GaveUp, Sat
from tests.parametric.certificate.test_checkers import both, lies, proof, without
from tests.parametric.many_toys import pool, random_toy
from tests.parametric.naive import Found, closed, naive
from tests.parametric.toys import TOYS, Toy, grace, rule, stale


def accepted(system: Toy, found: Found) -> bool:
    said = first_yes(questions(system, found), 60)
    assert said is None or said[1] == Sat({}), said
    return said is None


@pytest.mark.parametrize(("toy", "size"), [*((toy, 2) for toy in TOYS), (stale, 3), (grace, 3)])
def test_toys_are_proved(toy, size) -> None:
    assert accepted(toy(), proof(toy, size))


def some_changes(found: Found, number: int, chance: Random) -> list[Found]:
    """The invariant without a view, without a shared state, without a local state."""
    every = [(shared, view) for shared in sorted(found.of) for view in sorted(found.of[shared])]
    views = [
        Found(found.size, {**found.of, shared: found.of[shared] - {view}})
        for shared, view in chance.sample(every, min(number, len(every)))
    ]
    rest = list(without(found))
    return views + chance.sample(rest, min(number, len(rest)))


@pytest.mark.parametrize("toy", TOYS)
def test_what_is_taken_out_is_missed(toy) -> None:
    for less in some_changes(proof(toy, 2), 2, Random(2)):
        assert not accepted(toy(), less)


@pytest.mark.soak
@pytest.mark.parametrize("toy", TOYS)
@pytest.mark.parametrize("size", [2, 3])
def test_whatever_is_taken_out_is_missed(toy, size) -> None:
    for less in some_changes(proof(toy, size), 10_000, Random(size)):
        assert not accepted(toy(), less)


def same_as_the_lemma(toy: Toy, number: int, chance: Random) -> tuple[int, int]:
    """What wrong searches find: asked of the solver, the trusted checker, and the lemma itself."""
    system = replace(
        toy, table=tuple(each for each in toy.table if each.violated is None), bad=frozenset()
    )
    counts = [0, 0]
    right = naive(system, 2)
    assert right is not None
    every = list(lies(system))
    tried = [naive(lie, 2) for _, lie in chance.sample(every, min(number, len(every)))]
    for found in [right, *some_changes(right, number // 3, chance), *tried]:
        assert found is not None
        said = accepted(system, found)
        assert said == closed(system, found)
        assert said or not both(system, found)
        counts[said] += 1
    return counts[0], counts[1]


@pytest.mark.parametrize("toy", TOYS[:5])
def test_errors_of_a_search_are_found(toy) -> None:
    refused, right = same_as_the_lemma(toy(), 3, Random(1))
    assert refused > 1
    assert right > 0


def test_random_systems() -> None:
    counts = [same_as_the_lemma(random_toy(seed), 3, Random(seed)) for seed in range(4)]
    assert sum(refused for refused, _ in counts) > 4
    assert sum(right for _, right in counts) >= 4


@pytest.mark.soak
@pytest.mark.parametrize("part", range(10))
def test_many_random_systems(part: int) -> None:
    for seed in range(1000 + 20 * part, 1020 + 20 * part):
        same_as_the_lemma(random_toy(seed), 20, Random(seed))


@pytest.mark.soak
@pytest.mark.parametrize("toy", TOYS)
def test_all_errors_of_a_search_are_found(toy) -> None:
    same_as_the_lemma(toy(), 10_000, Random(1))


@pytest.mark.parametrize("toy", TOYS)
def test_violations_are_asked_about(toy) -> None:
    """The invariant of a protocol that is not safe is closed, and refused by one question."""
    system = toy()
    harmless = replace(system, table=tuple(e for e in system.table if e.violated is None))
    found = naive(harmless, 2)
    assert found is not None
    worse = replace(system, bad=frozenset(list(found.of)[:1]))
    said = first_yes(questions(worse, found), 60)
    assert said == ("safety", Sat({}))


def test_one_by_one() -> None:
    """Views of one actor have no labels; two of an actor that is alone are not side by side."""
    system = Toy(
        Start((0,), (1,), (3,)),
        ("", "a.one", "a.two", "b.one", "b.two"),
        (rule(1, 2, [(0, 0)]), rule(2, 1), rule(3, 4, writes=[(0, 1)]), rule(4, IDLE)),
        singles={3: 0, 4: 0},
    )
    found = naive(system, 1)
    assert found is not None
    assert accepted(system, found)
    assert not any(accepted(system, less) for less in some_changes(found, 99, Random(1)))


def test_a_broadcast_to_where_nobody_is() -> None:
    """What it would make of others has a number beyond all that there are."""
    system = Toy(
        Start((0,), (1,), ()),
        ("", "a.one", "a.two", *(f"a.{k}" for k in range(3, 41))),
        (rule(1, 2, [(0, 0)], [(0, 1)], change=0), rule(2, IDLE, [(0, 1)])),
        changes=({2: 40},),
    )
    found = naive(system, 2)
    assert found is not None
    assert accepted(system, found)
    assert not accepted(system, Found(2, {s: v for s, v in found.of.items() if s == (1,)}))


def test_equal_questions_are_equal_texts() -> None:
    found = naive(pool(1), 2)
    assert found is not None
    assert list(questions(pool(1), found)) == list(questions(pool(1), found))
    assert all(text.isascii() for each in questions(pool(1), found) for text in each)


def test_a_question_is_asked_once_and_goals_do_not_stay() -> None:
    both = [
        ("a", "(declare-const a Bool)", "(assert (and a (not a)))"),
        ("b", "", "(assert false)"),
    ]
    again = ("again", "", both[0][2])
    assert first_yes([*both, again], 10) is None
    assert first_yes([*both, again, ("yes", "", "(assert a)")], 10) == ("yes", Sat({}))


def test_time_is_limited() -> None:
    found = proof(TOYS[0], 2)
    said = first_yes(questions(TOYS[0](), found), 0)
    assert said == ("initiation", GaveUp("timeout after 0 s"))


@pytest.mark.parametrize(("toy", "size"), [*((toy, 2) for toy in TOYS), (stale, 3), (grace, 3)])
def test_classes_tell_all_views(toy, size) -> None:
    """Of any local states, in any order, under any labels that there are."""
    table = tabled(proof(toy, size))
    for shared in table.shared():
        views = set(table.views(shared))
        found = classes(table.rows[shared], size)
        every = sorted(table.locals(shared) | {len(toy().names)})
        labels = sorted({labels for _, labels in views})
        for some in product(every, repeat=size):
            of = tuple(found.of.get(each, NOBODY) for each in some)
            for each in labels:
                assert ((of, each) in found.views) == (canonical((some, each)) in views)


@pytest.mark.parametrize("toy", TOYS)
def test_views_of_one_shape_are_the_same_classes(toy) -> None:
    table = tabled(proof(toy, 2))
    number = len(toy().names)
    turned = [IDLE, *Random(3).sample(range(1, number), number - 1)]
    other = renumbered(
        table,
        dict(enumerate(turned)),
        [{each: each for each in range(9)} for _ in toy().start.shared],
        {region: region for region in range(9)},
    )
    for shared in table.shared():
        assert classes(table.rows[shared], 2).views == classes(other.rows[shared], 2).views


@pytest.mark.parametrize("toy", TOYS)
def test_questions_are_told_apart(toy) -> None:
    """By name; and nothing is asserted but goals, so none is answered by what another one says."""
    every = list(questions(toy(), proof(toy, 2)))
    assert len({name for name, _, _ in every}) == len(every)
    assert not any("(assert" in definitions for _, definitions, _ in every)


@pytest.mark.parametrize("seed", range(6))
def test_diagrams_are_their_tables(seed: int) -> None:
    chance = Random(seed)
    high, low = chance.randint(1, 3), chance.randint(0, 3)
    width = high + low
    values = {
        number: bit_vector(chance.randrange(4), 2)
        for number in range(1 << width)
        if chance.random() < 0.7
    }
    term = Diagram(width, "#b11").of(values, [("a", high), ("b", low)][: 1 + (low > 0)])
    declared = f"(declare-const a (_ BitVec {high}))(declare-const b (_ BitVec {max(1, low)}))"
    wrong = [
        f"(and (= a {bit_vector(number >> low, high)})"
        f" (= b {bit_vector(number & (1 << low) - 1, max(1, low))})"
        f" (not (= {term} {values.get(number, '#b11')})))"
        for number in range(1 << width)
    ]
    assert first_yes([("table", declared, f"(assert (or {' '.join(wrong)}))")], 10) is None


def test_what_does_not_matter_is_not_in_a_diagram() -> None:
    given = [("a", 1), ("b", 2)]
    assert Diagram(3, "no").of(dict.fromkeys(range(8), "yes"), given) == "yes"
    term = Diagram(3, "no").of(dict.fromkeys((2, 3, 6, 7), "yes"), given)
    assert term == "(let ((b1 (= ((_ extract 1 1) b) #b1)))\n(let ((n0 (ite b1 yes no)))\nn0))"
