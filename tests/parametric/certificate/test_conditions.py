"""What single conditions of the checkers are for: small systems by hand, right and wrong ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dsl.frozen import replace
from prover.parametric.certificate.checker import check, refused
from prover.parametric.certificate.table import Wrong, tabled
from prover.parametric.certificate.text import Texts, kind_of, questions
from prover.parametric.invariant import Invariant, View
from prover.parametric.system import IDLE, Rule, Start
from prover.smt.none import first_yes
from tests.parametric.naive import Found, closed, naive
from tests.parametric.toys import HERE, Toy, grace, lock, rule, turned, wrong

Checker = Callable[[Toy, Invariant], bool]


def by_rules(system: Toy, invariant: Invariant) -> bool:
    """The trusted checker."""
    return check(system, invariant) is None


def by_formulas(system: Toy, invariant: Invariant) -> bool:
    """The questions for z3."""
    return first_yes(questions(system, invariant), 60) is None


BOTH = pytest.mark.parametrize("accepts", [by_rules, by_formulas])


def proof(system: Toy, size: int) -> Found:
    found = naive(system, size)
    assert found is not None
    return found


# --- views of three ---------------------------------------------------------------------------


def permits(*, inside: int) -> Toy:
    """Two may be inside at a time: variable 0 is how many are."""
    outside = 3 - inside
    return Toy(
        Start((0,), (outside,), ()),
        ("", "a.one", "a.two"),
        (
            *(rule(outside, inside, [(0, k)], [(0, k + 1)]) for k in (0, 1)),
            *(rule(inside, outside, [(0, k + 1)], [(0, k)]) for k in (0, 1)),
            wrong(inside, [(0, 0)]),
        ),
    )


@BOTH
@pytest.mark.parametrize("inside", [1, 2])
def test_who_stands_by_is_seen_with_the_actor_by_all_views(accepts: Checker, inside: int) -> None:
    """That three are not inside only views of three say, of the actor and two who stand by."""
    assert accepts(permits(inside=inside), proof(permits(inside=inside), 3))


@BOTH
@pytest.mark.parametrize("turn", [False, True])
def test_of_several_who_wait_one_goes_on(accepts: Checker, turn: bool) -> None:
    """The others wait for whom they waited, whatever their numbers."""
    system = Toy(
        Start((0,), (1, 2), ()),
        ("", "r.in", "w.out", "w.waits", "r.out", "w.waits for nobody"),
        (
            rule(1, 4, ended=1),
            rule(2, 3, begins=0),
            rule(3, 2, over=True),
            rule(2, 5, begins=1),
            rule(5, 2, over=True),
        ),
        waits=({1: 1}, {}),
    )
    system = turned(system) if turn else system
    found = proof(system, 3)
    assert accepts(system, found)
    ((shared, views),) = found.of.items()
    for view in sorted(views) if accepts is by_rules else sorted(views)[::10]:
        assert not accepts(system, Found(3, {shared: views - {view}}))


# --- who is never beside nobody ---------------------------------------------------------------

ONE: set[View] = {((0, 0), (0, 0)), ((0, 1), (0, 0))}
"""Views of one who is alone, and of nobody."""


def stands_by_what_cannot_be() -> tuple[Toy, Found]:
    """3 and 4 are together, and nobody else is with 4: what it leads to has none but these."""
    system = Toy(
        Start((0,), (), (1,)),
        ("", "a.one", "", "b.three", "b.four"),
        (rule(4, 4, [(0, 0)], [(0, 1)]),),
        singles={1: 0},
    )
    two: set[View] = {((3, 4), (0, 0)), ((3, 3), (0, 0))}
    return system, Found(2, {(0,): ONE | two | {((0, 3), (0, 0))}, (1,): two})


def waits_for_ever() -> tuple[Toy, Found]:
    """Whoever is with 2 keeps it waiting: what it would be then need not be there."""
    system = Toy(
        Start((0,), (), (1,)),
        ("", "a.one", "b.two", "b.three", "b.four"),
        (rule(2, 4, over=True),),
        singles={1: 0},
    )
    return system, Found(2, {(0,): ONE | {((2, 3), (1, 0))}})


def changed_while_one_begins_to_wait() -> tuple[Toy, Found]:
    """What 2 becomes is in no view, and nobody waits for it."""
    system = Toy(
        Start((0,), (), (1,)),
        ("", "a.one", "b.two", "b.three"),
        (rule(1, 1, begins=0, change=0),),
        waits=({},),
        changes=({2: 3},),
        singles={1: 0},
    )
    return system, Found(2, {(0,): ONE | {((1, 2), (0, 0))}})


@pytest.mark.parametrize(
    ("make", "accepted"),
    [
        (stands_by_what_cannot_be, True),
        (waits_for_ever, True),
        # Who has nobody else beside it takes no step with others: this refuses more than it must.
        (changed_while_one_begins_to_wait, False),
    ],
)
@BOTH
def test_who_is_never_beside_nobody(
    accepts: Checker, make: Callable[[], tuple[Toy, Found]], accepted: bool
) -> None:
    system, found = make()
    assert closed(system, found)
    assert accepts(system, found) == accepted


# --- views of one -----------------------------------------------------------------------------


@BOTH
def test_who_waits_and_is_alone_goes_on(accepts: Checker) -> None:
    """With views of one nobody has labels: a wait is over, whoever stands by."""
    system = Toy(
        Start((0,), (1, 2), ()),
        ("", "a.wait", "b.stays"),
        (rule(1, 1, [(0, 0)], [(0, 1)], over=True),),
    )
    found = proof(system, 1)
    assert accepts(system, found)
    assert not accepts(system, Found(1, {**found.of, (1,): found.of[1,] - {((2,), ())}}))


# --- what is violated -------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_shared_state_that_is_broken(accepts: Checker, size: int) -> None:
    system = Toy(Start((0,), (1,), ()), ("", "a.one"), (rule(1, 1, [(0, 0)], [(0, 1)]),))
    assert accepts(system, proof(system, size))
    assert not accepts(replace(system, bad=frozenset({(1,)})), proof(system, size))


@BOTH
@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_rule_that_is_violated(accepts: Checker, size: int) -> None:
    system = Toy(Start((0,), (1,), ()), ("", "a.one"), (rule(1, 1, [(0, 0)], [(0, 1)]),))
    assert not accepts(
        replace(system, table=(*system.table, wrong(1, [(0, 1)]))), proof(system, size)
    )


@BOTH
def test_nobody_has_labels_with_who_is_away(accepts: Checker) -> None:
    """A view that says so is of no configuration: who stands by is not looked for in it."""
    system = Toy(Start((0,), (), (1,)), ("", "a.one", "", "b.three"), (rule(1, 1),), singles={1: 0})
    with_nobody: set[View] = {((1, 3), (0, 0)), ((0, 3), (0, 1))}
    assert accepts(system, Found(2, {(0,): ONE | with_nobody}))


@BOTH
def test_who_has_labels_only_is_beside_nobody_too(accepts: Checker) -> None:
    """The view of 2 with nobody else has no label, and is one of its own."""
    system = Toy(
        Start((0,), (), (1, 3)),
        ("", "a.one", "a.two", "b.three"),
        (rule(1, 2, begins=0),),
        waits=({3: 1},),
        singles={1: 0, 2: 0, 3: 1},
    )
    found = proof(system, 2)
    assert {view for view in found.of[0,] if 2 in view[0]} == {((0, 2), (0, 0)), ((2, 3), (1, 0))}
    assert accepts(system, found)
    assert not accepts(system, Found(2, {(0,): found.of[0,] - {((0, 2), (0, 0))}}))


# --- who stands by, and who is spawned --------------------------------------------------------


@BOTH
@pytest.mark.parametrize("size", [1, 2, 3])
def test_two_who_stand_by_are_changed_by_a_broadcast(accepts: Checker, size: int) -> None:
    """In the shared state that there is, and all of them."""
    system = Toy(
        Start((0,), (1, 2), ()),
        ("", "a.one", "b.two", "b.three"),
        (rule(1, 1, change=0),),
        changes=({2: 3},),
    )
    found = proof(system, size)
    assert accepts(system, found)
    every = next(view for view in found.of[0,] if set(view[0]) == {3})
    assert not accepts(system, Found(size, {(0,): found.of[0,] - {every}}))


@BOTH
@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("spawned", [(2, 3), (3, 2), (3, 3), (2, 2, 3), (3, 2, 2)])
def test_all_who_are_spawned_are_together(
    accepts: Checker, size: int, spawned: tuple[int, ...]
) -> None:
    """Once only: so nobody else is there."""
    system = Toy(
        Start((0,), (), (1,)),
        ("", "a.one", "c.two", "c.three"),
        (rule(1, IDLE, [(0, 0)], [(0, 1)], spawned=spawned),),
        singles={1: 0},
    )
    found = proof(system, size)
    assert accepts(system, found)
    for view in found.of[1,]:
        assert not accepts(system, Found(size, {**found.of, (1,): found.of[1,] - {view}}))


@BOTH
@pytest.mark.parametrize("size", [2, 3])
def test_who_is_spawned_waits_for_who_spawned_it(accepts: Checker, size: int) -> None:
    """As it is after the step: there is one at a time that is waited for."""
    system = Toy(
        Start((0,), (1,), ()),
        ("", "a.one", "a.two", "c.waits", "c.done"),
        (
            rule(1, 2, [(0, 0)], [(0, 1)], spawned=(3,)),
            rule(2, 1, [(0, 1)], [(0, 0)], ended=1),
            rule(3, 4, over=True),
        ),
        waits=({2: 1},),
        awaiting={3: 0},
    )
    found = proof(system, size)
    assert accepts(system, found)
    less = {shared: {view for view in of if not any(view[1])} for shared, of in found.of.items()}
    assert less != found.of
    assert not accepts(system, Found(size, less))


# --- what is said -----------------------------------------------------------------------------


def test_the_start_that_is_missing_is_told() -> None:
    found = proof(lock(), 2)
    for members, told in (((0, 0), "no actor"), ((0, 1), "a.out"), ((1, 1), "a.out, a.out")):
        said = check(lock(), Found(2, {**found.of, (0, 0): found.of[0, 0] - {(members, (0, 0))}}))
        assert said is not None
        assert said.what == f"not every start is in it: {told}"


def test_a_step_that_leads_out_is_shown_where_it_stands() -> None:
    found = proof(lock(), 2)
    said = check(lock(), Found(2, {s: v for s, v in found.of.items() if s == (0, 0)}))
    assert said == Wrong("a step of a.out leads out of it (v0 = v0 0, v1 = v1 0)", HERE)
    shown = refused(said, "a.cert").primary
    assert shown is not None
    assert shown.span == HERE
    assert refused(Wrong("not every start is in it"), "a.cert").primary is None


KINDS: tuple[tuple[Rule, str], ...] = (
    (rule(1, 1), "local"),
    (rule(1, 1, writes=[(0, 0)]), "local"),
    (rule(1, 1, writes=[(0, 1)]), "update"),
    (rule(1, 1, guard=0), "guarded"),
    (rule(1, 1, guard=0, begins=0), "wait"),
    (rule(1, 1, guard=0, over=True), "wait"),
    (rule(1, 1, begins=0, change=0), "broadcast"),
    (rule(1, 1, change=0, spawned=(1,)), "spawn"),
)


@pytest.mark.parametrize(("one", "name"), KINDS)
def test_a_question_is_called_by_the_most_that_rules_do(one: Rule, name: str) -> None:
    found = kind_of(one, (0,))
    assert found.name == name
    assert found.after == ((1,) if name == "update" else (0,))
    assert found.change == one.change


def test_questions_say_where_rules_lead() -> None:
    names = [each.name for each in questions(lock(), proof(lock(), 2))]
    assert names[:3] == [
        "initiation",
        "safety",
        "update from shared state 0 to 1",
    ]
    assert "local in shared state 0" in [
        each.name for each in questions(grace(), proof(grace(), 2))
    ]
    less = Found(2, {s: v for s, v in proof(lock(), 2).of.items() if s == (0, 0)})
    assert [each.name for each in questions(lock(), less)][2:] == [
        "update from shared state 0 to none"
    ]


def test_labels_are_as_wide_as_all_regions_that_there_may_be() -> None:
    """In the table, ended, or waited for: in who is there, or is after a step."""
    system = Toy(
        Start((0,), (1,), ()),
        ("", "a.one", "a.two", "a.after", "a.spawned", "a.changed"),
        (rule(1, 3, begins=0), rule(1, 1, ended=1 << 2, change=0, spawned=(4,))),
        waits=({1: 1 << 3, 3: 1 << 4, 4: 1 << 5, 5: 1 << 6}, {2: 1 << 7}),
        changes=({1: 5},),
        awaiting={4: 1},
    )
    found = Found(2, {(0,): {((1, 2), (1 << 1, 0)), ((0, 1), (0, 0))}})
    assert Texts(system, tabled(found))._regions() == 0b11111110
    waits = system.waits
    assert Texts(replace(system, waits=(waits[0], {})), tabled(found))._regions() == 0b01111110
