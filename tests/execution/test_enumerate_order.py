"""The partial order that the enumerator decides as far as its rules ask."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prover.execution.enumerate.order import ImpossibleError, Order, completions

SIZE = 5
events = st.integers(0, SIZE - 1)
edges = st.lists(st.tuples(events, events), max_size=8)
deterministic = settings(derandomize=True, max_examples=80, deadline=None)


def _linear(order: Order) -> set[tuple[int, ...]]:
    """The total orders that contain a partial one."""
    return {
        line
        for line in permutations(range(SIZE))
        if all(
            line.index(one) < line.index(two)
            for one in range(SIZE)
            for two in range(SIZE)
            if order.has(one, two)
        )
    }


@deterministic
@given(pairs=edges)
def test_an_edge_is_refused_just_where_it_closes_a_cycle(pairs: list[tuple[int, int]]) -> None:
    order = Order.of(SIZE)
    for one, two in pairs:
        before = _linear(order)
        wanted = {line for line in before if line.index(one) < line.index(two)}
        assert order.add(one, two) == bool(wanted)
        assert _linear(order) == (wanted or before)


@deterministic
@given(pairs=edges, asked=edges)
def test_completions_answer_every_question_in_every_way(
    pairs: list[tuple[int, int]], asked: list[tuple[int, int]]
) -> None:
    order = Order.of(SIZE)
    for one, two in pairs:
        order.add(one, two)

    def judge(trial: Order) -> tuple[bool, ...]:
        return tuple(trial.before("test", one, two) for one, two in asked)

    found = list(completions(order, judge))
    lines = [_linear(completed) for completed, _ in found]
    assert set().union(*lines) == _linear(order)
    assert sum(map(len, lines)) == len(_linear(order))
    for completed, answers in found:
        for line in _linear(completed):
            assert answers == tuple(line.index(one) < line.index(two) for one, two in asked)


def test_a_requirement_that_cannot_be_met_ends_an_execution() -> None:
    order = Order.of(3)
    order.require("test", 0, 1)
    order.require("test", 1, 2)
    with pytest.raises(ImpossibleError):
        order.require("test", 2, 0)

    def judge(trial: Order) -> bool:
        trial.require("test", 2, 0)
        return True

    assert list(completions(order, judge)) == []


def test_only_what_is_asked_is_decided() -> None:
    found = list(completions(Order.of(4), lambda trial: trial.before("test", 0, 1)))
    assert sorted((list(o.decided), answer) for o, answer in found) == [
        ([("test", 0, 1)], True),
        ([("test", 1, 0)], False),
    ]
