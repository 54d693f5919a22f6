"""Exchanges by hand: each checker accepts symmetries, and refuses by itself what is none.

Of what is refused here one thing only is wrong: a condition that nothing else stands in for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from dsl.frozen import replace
from prover.parametric.certificate.checker import check
from prover.parametric.certificate.folded import Folded
from prover.parametric.certificate.mirrors import Mirrors, mirrors
from prover.parametric.certificate.table import Table, tabled
from prover.parametric.certificate.text import questions
from prover.parametric.invariant import View
from prover.parametric.system import IDLE, Label, Rule, Shared, Start
from prover.smt.none import first_yes
from tests.parametric.naive import Found, closed
from tests.parametric.toys import Toy, rule, wrong

Pair = tuple[int, int]


@dataclass(eq=False)
class Moves:
    """An exchange as tables: what is in none of them stays where it is, a region at -1 is gone."""

    locals: dict[int, int] = field(default_factory=dict[int, int])
    pairs: dict[Pair, Pair] = field(default_factory=dict[Pair, Pair])
    regions: dict[int, int] = field(default_factory=dict[int, int])
    guards: dict[int, int] = field(default_factory=dict[int, int])
    waits: dict[int, int] = field(default_factory=dict[int, int])
    changes: dict[int, int] = field(default_factory=dict[int, int])

    @property
    def inverse(self) -> Moves:
        tables = (self.locals, self.pairs, self.regions, self.guards, self.waits, self.changes)
        return Moves(*({after: one for one, after in table.items()} for table in tables))  # type: ignore[arg-type]

    def local(self, number: int) -> int:
        return self.locals.get(number, number)

    def pair(self, variable: int, value: int) -> Pair:
        return self.pairs.get((variable, value), (variable, value))

    def shared(self, shared: Shared) -> Shared:
        return tuple(value for _, value in sorted(self.pair(*each) for each in enumerate(shared)))

    def label(self, label: Label) -> Label:
        found = 0
        for region in range(label.bit_length()):
            after = self.regions.get(region, region)
            if label >> region & 1 and after >= 0:
                found |= 1 << after
        return found

    def guard(self, guard: int) -> int:
        return self.guards.get(guard, guard)

    def wait(self, wait: int) -> int:
        return self.waits.get(wait, wait)

    def change(self, change: int) -> int:
        return self.changes.get(change, change)


def all_of(*locals_: int) -> set[View]:
    """All views of two of these, without labels."""
    every = sorted({IDLE, *locals_})
    return {((one, two), (0, 0)) for one in every for two in every if one <= two}


def labelled(views: set[View], *more: View) -> set[View]:
    """The same with some that have labels."""
    return views | set(more)


def folded(of: dict[Shared, set[View]], *by: Moves) -> Folded:
    return Folded(tabled(Found(2, of)), by)


def by_formulas(system: Toy, proof: Folded | Table) -> bool:
    return first_yes(questions(system, proof), 60) is None


# --- the values of one variable -------------------------------------------------------------


def parted() -> tuple[Toy, Folded]:
    """An exchange that takes 1 of variable 1 to 1 of variable 2, and leaves 0 where it is.

    So it makes (2, 0, 1) of (1, 1, 0), and (1, 0, 1) of that: to there a rule leads from what
    (1, 0, 0) becomes, and goes wrong there.
    """
    system = Toy(
        Start((0, 0, 0), (1,), ()),
        ("", "a.one", "a.two"),
        (
            rule(1, 1, [(0, 0)], [(0, 1)]),
            rule(1, 1, [(0, 0)], [(0, 2)]),
            rule(1, 2, [(0, 1), (1, 0), (2, 0)], [(0, 2), (2, 1)]),
            rule(1, 2, [(0, 2), (1, 0), (2, 0)], [(0, 1), (2, 1)]),
            wrong(2, [(0, 1), (1, 0), (2, 1)]),
        ),
    )
    swap = Moves(pairs={(0, 1): (0, 2), (0, 2): (0, 1), (1, 1): (2, 1), (2, 1): (1, 1)})
    of: dict[Shared, set[View]] = {
        (0, 0, 0): all_of(1),
        (1, 0, 0): all_of(1),
        (1, 1, 0): all_of(1, 2),
    }
    return system, folded(of, swap)


def test_the_values_of_one_variable_stay_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Permutations of values alone are not enough: with the rest of what is asked this is no proof."""
    system, proof = parted()
    assert check(system, proof) is not None
    assert not by_formulas(system, proof)
    assert not by_formulas(system, tabled(proof))
    monkeypatch.setattr(Mirrors, "_keeps_variables", lambda *_: True)
    assert by_formulas(system, proof)


# --- one thing that is wrong ------------------------------------------------------------------

COPIES = {(0, 1): (0, 2), (0, 2): (0, 1)}
"""Variable 0 is 1 or 2: which of two copies something is of; 0 is of none."""
BEGIN = (rule(1, 1, [(0, 0)], [(0, 1)]), rule(1, 1, [(0, 0)], [(0, 2)]))
"""Who begins says of which copy it is."""
NAMES = ("", "a.one", "a.two", "a.three", "a.four", "a.five")


def system(*rules: Rule, many: tuple[int, ...] = (1,), **more: Any) -> Toy:
    """A system with some rules beside those with which it begins."""
    return Toy(Start((0,), many, ()), NAMES, (*BEGIN, *rules), **more)


def right() -> tuple[Toy, Folded]:
    """Whoever comes is 2 in one copy, and 3 in the other, of which nothing is kept."""
    toy = system(rule(1, 2, [(0, 1)]), rule(1, 3, [(0, 2)]))
    swap = Moves(locals={2: 3, 3: 2}, pairs=COPIES)
    return toy, folded({(0,): all_of(1), (1,): all_of(1, 2)}, swap)


def with_regions() -> tuple[Toy, Folded]:
    """Who is 2 has region 0, and who is 3 region 1; 4 waits for the one, or the other."""
    toy = system(
        rule(1, 2, [(0, 1)]),
        rule(1, 3, [(0, 2)]),
        rule(1, 4, [(0, 1)], begins=0),
        rule(1, 4, [(0, 2)], begins=1),
        rule(2, 1, [(0, 1)], ended=1),
        rule(3, 1, [(0, 2)], ended=2),
        rule(4, 1, over=True),
        waits=({2: 1}, {3: 2}),
    )
    swap = Moves(locals={2: 3, 3: 2}, pairs=COPIES, regions={0: 1, 1: 0}, waits={0: 1, 1: 0})
    views = labelled(all_of(1, 2, 4), ((2, 4), (0, 1)))
    return toy, folded({(0,): all_of(1), (1,): views}, swap)


def with_who_is_never_there() -> tuple[Toy, Folded]:
    """What a wait would be for in 2, who is not in the table, need not be exchanged."""
    toy = Toy(
        Start((0, 0, 0), (1,), ()),
        NAMES,
        (*BEGIN, rule(1, 4, [(0, 1)], begins=0), rule(1, 4, [(0, 2)], begins=0)),
        waits=({2: 1},),
    )
    swap = Moves(pairs=COPIES, regions={0: -1})
    return toy, folded({(0, 0, 0): all_of(1), (1, 0, 0): all_of(1, 4)}, swap)


def to_what_is_not_kept() -> tuple[Toy, Folded]:
    """Whoever says of which copy it is, is 2 or 3 from then on."""
    table = (rule(1, 2, [(0, 0)], [(0, 1)]), rule(1, 3, [(0, 0)], [(0, 2)]))
    toy = Toy(Start((0,), (1,), ()), NAMES, table)
    swap = Moves(locals={2: 3, 3: 2}, pairs=COPIES)
    return toy, folded({(0,): all_of(1), (1,): all_of(1, 2)}, swap)


@pytest.mark.parametrize(
    "make", [right, to_what_is_not_kept, with_regions, with_who_is_never_there]
)
@pytest.mark.parametrize("by", ["rules", "formulas"])
def test_copies_of_which_one_is_kept(make: Callable[[], tuple[Toy, Folded]], by: str) -> None:
    toy, proof = make()
    assert closed(toy, Found(2, {each: set(proof.views(each)) for each in proof.shared()}))
    assert (check(toy, proof) is None) if by == "rules" else by_formulas(toy, proof)


def nobody_becomes_somebody() -> tuple[Toy, Folded]:
    """Whose label is gone with the reader in one copy, has it in the other."""
    toy = system(
        rule(2, IDLE, [(0, 1)]),
        rule(2, 3, [(0, 2)]),
        rule(4, 5, [(0, 1)], begins=0),
        rule(4, 5, [(0, 2)], begins=0),
        many=(1, 2, 4),
        waits=({2: 1},),
    )
    swap = Moves(locals={IDLE: 3, 3: IDLE}, pairs=COPIES)
    views = labelled(all_of(1, 2, 3, 4, 5), ((2, 5), (0, 1)))
    return toy, folded({(0,): all_of(1, 2, 3, 4), (1,): views}, swap)


def an_actor_that_there_is_one_of() -> tuple[Toy, Folded]:
    """Who comes is another actor in one of the copies."""
    toy, proof = right()
    return replace(toy, singles={3: 0}), proof


def broken_where_nothing_is_kept() -> tuple[Toy, Folded]:
    toy, proof = right()
    return replace(toy, bad=frozenset({(2,)})), proof


def other_views() -> tuple[Toy, Folded]:
    """From either copy one comes to (3,), where it was forgotten that it can be as 3."""
    toy = system(
        rule(1, 2, [(0, 1)], [(0, 3)]),
        rule(1, 3, [(0, 2)], [(0, 3)]),
    )
    swap = Moves(locals={2: 3, 3: 2}, pairs=COPIES)
    return toy, folded({(0,): all_of(1), (1,): all_of(1), (3,): all_of(1, 2)}, swap)


def spawned_that_do_not_wait() -> tuple[Toy, Folded]:
    """Who is spawned in one copy waits, and in the other does not."""
    toy = system(
        rule(1, 1, [(0, 1)], spawned=(4,)),
        rule(1, 1, [(0, 2)], spawned=(5,)),
        many=(1, 2),
        waits=({2: 1},),
        awaiting={4: 0},
    )
    swap = Moves(locals={4: 5, 5: 4}, pairs=COPIES)
    views = all_of(1, 2, 4) - {((2, 4), (0, 0))} | {((2, 4), (0, 1))}
    return toy, folded({(0,): all_of(1, 2), (1,): views}, swap)


def spawned_that_wait_for_nobody() -> tuple[Toy, Folded]:
    """Who is spawned in the other copy waits, but for nobody."""
    toy, proof = spawned_that_do_not_wait()
    (swap,) = proof.exchanges
    assert isinstance(swap, Moves)
    waiting = replace(toy, waits=(*toy.waits, {}), awaiting={4: 0, 5: 1})
    return waiting, Folded(proof.kept, (replace(swap, waits={0: 1, 1: 0}),))


def some_of_three_kept() -> tuple[Toy, Folded]:
    """Two of three copies are kept, and one of these has somebody more."""
    toy = system(rule(1, 1, [(0, 0)], [(0, 3)]))
    turn = Moves(pairs={(0, 1): (0, 2), (0, 2): (0, 3), (0, 3): (0, 1)})
    of: dict[Shared, set[View]] = {(0,): all_of(1), (1,): all_of(1), (2,): all_of(1, 5)}
    return toy, folded(of, turn, turn.inverse)


def no_group() -> tuple[Toy, Folded]:
    """Three change places in a circle, and the way back is not there."""
    toy = system(many=(1, 2, 3, 4))
    turn = Moves(locals={2: 3, 3: 4, 4: 2})
    return toy, folded({(k,): all_of(1, 2, 3, 4) for k in range(3)}, turn)


def regions_that_nobody_waits_for() -> tuple[Toy, Folded]:
    """Some label keeps 2 from going on, and is gone in the other copy."""
    toy = system(rule(2, 4, [(0, 1)], over=True), rule(2, 4, [(0, 2)], over=True), many=(1,))
    swap = Moves(pairs=COPIES, regions={0: -1})
    views = all_of(1, 2, 4) | all_of(1, 3) | {((2, 3), (1, 0))}
    return toy, folded({(0,): all_of(1), (1,): views}, swap)


def a_region_that_ends_becomes_one_that_is_waited_for() -> tuple[Toy, Folded]:
    """Who goes on ends what nobody waits for, and in the other copy what is waited for."""
    toy = system(
        rule(2, 3, [(0, 1)], ended=2),
        rule(2, 3, [(0, 2)], ended=1),
        rule(4, 5, [(0, 1)], begins=0),
        rule(4, 5, [(0, 2)], begins=0),
        many=(1, 2, 4),
        waits=({2: 1, 3: 1},),
    )
    views = all_of(1, 2, 3, 4, 5)
    for one in (2, 3):
        views = views - {((one, 5), (0, 0))} | {((one, 5), (0, 1))}
    swap = Moves(pairs=COPIES, regions={1: 0})
    return toy, folded({(0,): all_of(1, 2, 4), (1,): views}, swap)


def regions_of_who_is_elsewhere() -> tuple[Toy, Folded]:
    """What is waited for has two regions become one, but nobody who has them is ever there."""
    toy = system(
        rule(1, 4, [(0, 1)], begins=0),
        rule(1, 4, [(0, 2)], begins=1),
        waits=({5: 2}, {5: 1}),
    )
    swap = Moves(pairs=COPIES, regions={1: 0}, waits={0: 1, 1: 0})
    return toy, folded({(0,): all_of(1), (1,): all_of(1, 4), (3,): all_of(5)}, swap)


WRONG: tuple[tuple[str, Callable[[], tuple[Toy, Folded]], bool], ...] = (
    ("two things become one", parted, False),
    ("two things become one", regions_that_nobody_waits_for, False),
    ("two things become one", a_region_that_ends_becomes_one_that_is_waited_for, False),
    ("two things become one", regions_of_who_is_elsewhere, True),
    ("who is not there becomes somebody", nobody_becomes_somebody, False),
    ("another actor than a.two", an_actor_that_there_is_one_of, True),
    ("an invariant does not hold", broken_where_nothing_is_kept, False),
    ("a shared state is kept with other views", other_views, False),
    ("a shared state is kept with other views", some_of_three_kept, True),
    ("a wait tells a.two apart", spawned_that_wait_for_nobody, False),
    ("the rules of a.one are others", spawned_that_do_not_wait, False),
    ("two exchanges, one after the other, are none", no_group, True),
)
"""What is said, and whether what is folded is a proof nevertheless."""


@pytest.mark.parametrize(("what", "make", "nevertheless"), WRONG)
def test_the_trusted_checker_refuses(
    what: str, make: Callable[[], tuple[Toy, Folded]], nevertheless: bool
) -> None:
    wrong = check(*make())
    assert wrong is not None
    assert wrong.what == f"not everything can change places as it says: {what}"
    assert (check(make()[0], tabled(make()[1])) is None) <= nevertheless


@pytest.mark.parametrize(("what", "make", "nevertheless"), WRONG)
def test_the_formulas_refuse(
    what: str, make: Callable[[], tuple[Toy, Folded]], nevertheless: bool
) -> None:
    said = first_yes(questions(*make()), 60)
    assert said is not None, what
    assert said[0] == "symmetry"
    assert by_formulas(make()[0], tabled(make()[1])) == nevertheless


@pytest.mark.parametrize(("what", "make", "nevertheless"), WRONG)
def test_what_it_would_stand_for(
    what: str, make: Callable[[], tuple[Toy, Folded]], nevertheless: bool
) -> None:
    """Of most of these it is no invariant: whoever accepted them would be wrong."""
    toy, proof = make()
    of = {each: set(proof.views(each)) for each in proof.shared()}
    assert closed(toy, Found(2, of)) == nevertheless, what


def test_what_is_no_permutation_stands_for_nothing() -> None:
    """So the question is a yes, whatever is kept."""
    toy, proof = right()
    toward = (Moves(locals={IDLE: 3}),)
    assert list(Mirrors(toy, proof.kept, toward).wrong()) == [0, 1]
    assert list(Mirrors(toy, Table(2, {}), toward).wrong()) == [0]


def test_views_of_one_are_not_folded() -> None:
    toy, proof = right()
    one: dict[Shared, set[View]] = {(0,): {((0,), ()), ((1,), ())}}
    one[1,] = one[0,] | {((2,), ())}
    of_one = Folded(tabled(Found(1, one)), proof.exchanges)
    wrong = check(toy, of_one)
    assert wrong is not None
    assert wrong.what.endswith("its views are not of two")
    said = first_yes(questions(toy, of_one), 60)
    assert said is not None
    assert said[0] == "symmetry"


def test_labels_are_as_wide_as_all_that_regions_become() -> None:
    found = mirrors(*with_regions())
    assert found.regions(0) == 0
    assert found.regions(1) == found.regions(2) == found.regions(3) == 3


def test_questions_say_which_image_rules_lead_to() -> None:
    names = [each.name for each in questions(*right())]
    assert names == [
        "initiation",
        "safety",
        "symmetry",
        "update from shared state 0 to 1",
        "update from shared state 0 to what 1 becomes",
        "local in shared state 1",
    ]
