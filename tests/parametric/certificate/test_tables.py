"""Invariants as rows of bits, whole and folded: what is in them."""

from __future__ import annotations

import pytest

from prover.parametric.certificate.folded import Folded, count_of, folded
from prover.parametric.certificate.table import Row, Table, canonical, tabled
from prover.parametric.invariant import View
from prover.parametric.system import Shared
from tests.parametric.certificate.test_exchanges import COPIES, Moves
from tests.parametric.naive import Found

SWAP = Moves(locals={2: 3, 3: 2}, pairs=COPIES, regions={0: 1, 1: 0})
VIEWS: set[View] = {
    ((0, 2), (0, 0)),
    ((2, 2), (0, 0)),
    ((2, 2), (0, 1)),
    ((2, 3), (0, 0)),
    ((2, 3), (1, 0)),
    ((2, 4), (2, 1)),
    ((3, 4), (0, 3)),
    ((4, 4), (0, 1)),
    ((4, 4), (1, 2)),
    ((4, 4), (1, 1)),
    ((4, 4), (3, 3)),
}
"""Some of each kind: of two, of one twice, with labels that are told apart or not."""
OF: dict[Shared, set[View]] = {(0,): {((0, 0), (0, 0))}, (1,): VIEWS}


def exchanged(view: View) -> View:
    members, labels = view
    return canonical((tuple(map(SWAP.local, members)), tuple(map(SWAP.label, labels))))


def test_local_states_are_those_in_any_place() -> None:
    table = Table(
        3, {(0,): {Row((1, 2), (0,) * 6): 1 << 3 | 1 << 5}, (1,): {Row((4, 4), (0,) * 6): 2}}
    )
    assert table.locals((0,)) == {1, 2, 3, 5}
    assert table.locals((1,)) == {1, 4}


def test_a_table_has_the_views_that_it_was_made_of() -> None:
    table = tabled(Found(2, OF))
    assert tabled(table) is table
    assert list(table.shared()) == [(0,), (1,)]
    assert {shared: list(table.views(shared)) for shared in OF} == {
        shared: sorted(views) for shared, views in OF.items()
    }
    assert len(table) == count_of(table) == count_of(Found(2, OF)) == 1 + len(VIEWS)


def test_what_is_folded_has_the_views_of_what_it_becomes() -> None:
    whole = Folded(tabled(Found(2, OF)), (SWAP,))
    assert whole.size == 2
    assert list(whole.shared()) == [(0,), (1,), (2,)]
    assert list(whole.views((1,))) == sorted(VIEWS)
    assert list(whole.views((2,))) == sorted(map(exchanged, VIEWS))
    assert len(whole) == count_of(whole) == 1 + 2 * len(VIEWS)
    unfolded = tabled(whole)
    assert {each: set(unfolded.views(each)) for each in unfolded.shared()} == {
        **OF,
        (2,): set(map(exchanged, VIEWS)),
    }


def test_some_shared_states_are_kept() -> None:
    whole = Folded(tabled(Found(2, OF)), (SWAP,))
    less = folded(whole, [(2,), (0,)], (SWAP,))
    assert less.kept.size == 2
    assert set(less.kept.rows) == {(0,), (2,)}
    assert tabled(less) == tabled(whole)


@pytest.mark.parametrize(
    ("view", "first"),
    [
        (((3, 2), (1, 2)), ((2, 3), (2, 1))),
        (((2, 2), (2, 1)), ((2, 2), (1, 2))),
        (((3, 2, 1), (1, 2, 3, 4, 5, 6)), ((1, 2, 3), (6, 5, 4, 3, 2, 1))),
        (((2, 2, 1), (0, 1, 0, 0, 0, 0)), ((1, 2, 2), (0, 0, 0, 0, 1, 0))),
        (((7,), ()), ((7,), ())),
    ],
)
def test_the_first_order_of_a_view(view: View, first: View) -> None:
    assert canonical(view) == first
    assert canonical(first) == first
