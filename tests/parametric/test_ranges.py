"""Numbers of which only bounds are known."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from prover.parametric.machine.ranges import (
    COMPARISONS,
    Range,
    chosen,
    decided,
    lasting,
    ranged,
    taken_as,
)
from prover.parametric.system import Refused

SOME: Any = Range(2, 9, 0)


def of(op: str, *args: object, params: tuple[str | int, ...] = ()) -> object:
    """An operation on ranges."""
    return ranged(op, params, args)


def test_ranges_are_computed_with() -> None:
    assert of("+", SOME, 1) == Range(3, 10, 1)
    assert of("-", SOME, 2) == Range(0, 7, -2)
    assert of("+", 1, SOME) == Range(3, 10, 1)
    assert of("-", 5, SOME) == Range(-4, 3)
    assert of("+", SOME, SOME) == Range(4, 18)
    assert of("wrap", SOME, params=(32, 1)) == SOME
    for unknown in (SOME, Range(2, 99)):
        with pytest.raises(Refused):
            of("wrap", unknown, params=(3, 1))
    assert of("wrap", Range(9, 1 << 31, 0), params=(32, 1)) == Range(-(1 << 31), (1 << 31) - 1, 0)
    with pytest.raises(Refused):
        of("wrap", Range(9, 1 << 31), params=(32, 1))
    with pytest.raises(Refused):
        of("*", SOME, 2)


def test_what_one_read_has_given_is_the_same() -> None:
    one, more, other = Range(2, 9, 0, 0), Range(3, 10, 1, 0), Range(2, 9, 0, 1)
    assert [of(op, one, more) for op in ("==", "<", "<=", ">", "!=")] == [0, 1, 1, 0, 1]
    assert of("==", one, one) == 1
    assert of("==", one, other) == Range(0, 1)
    assert of("-", more, 1) == one
    either: Any = {"a": one, "b": more, "c": other, "d": 7}
    same: Any = taken_as(either, one, other, equal=True)
    assert same == {"a": other, "b": Range(3, 10, 1, 1), "c": other, "d": 7}
    known: Any = taken_as(either, one, 4, equal=True)
    assert known == {"a": 4, "b": 5, "c": other, "d": 7}
    apart: Any = taken_as(either, one, other, equal=False)
    assert of("==", apart["a"], other) == of("==", other, apart["a"]) == 0
    assert of("==", apart["b"], other) == Range(0, 1)
    assert of("==", taken_as(either, 4, other, equal=False)["c"], 4) == 0
    kept: Any = (("a", one), ("b", more), ("c", other), ("d", 7))
    assert lasting(sorted(apart.items())) == kept
    shifted: Any = (("a", Range(3, 10, 1, 5)), ("b", Range(2, 9, 0, 5)), ("c", Range(0, 1)))
    named: Any = (("a", Range(3, 10, 0, 0)), ("b", Range(2, 9, -1, 0)), ("c", Range(0, 1)))
    assert lasting(shifted) == named


def test_bits_that_are_the_same_throughout() -> None:
    for mask in (1, 4, 5, 6, 8):
        for low in range(20):
            for high in range(low, 20):
                true = {each & mask for each in range(low, high + 1)}
                with suppress(Refused):
                    assert {of("&", Range(low, high), mask)} == true
    assert of("&", Range(0x40000002, 0x7FFFFFFF), 0x40000000) == 0x40000000
    assert of("&", 0x40000000, Range(1, 0x3FFFFFFF)) == 0
    with pytest.raises(Refused):
        of("&", Range(-3, -2), 4)


@pytest.mark.parametrize("op", COMPARISONS)
def test_comparisons_are_right_or_open(op: str) -> None:
    bounds = [Range(low, high) for low in range(-2, 3) for high in range(low, 3)]
    for one in bounds:
        for two in bounds:
            said = of(op, one, two)
            true = {
                eval(f"{a} {op} {b}")  # noqa: S307 - of numbers made here
                for a in range(one.low, one.high + 1)
                for b in range(two.low, two.high + 1)
            }
            if isinstance(said, Range):
                assert (said.low, said.high) == (0, 1)
            else:
                assert true == {bool(said)}


def test_conditions_and_choices() -> None:
    assert [decided(Range(*each)) for each in ((1, 2), (-2, -1), (0, 0), (0, 1), (-1, 1))] == [
        *(True, True, False, None, None)
    ]
    either: Any = Range(0, 1)
    assert chosen(either, 1, 0) == either
    assert chosen(SOME, 7, 8) == 7
    assert chosen(0, 7, SOME) == SOME
    assert of("!", SOME) == 0
    assert of("bool", Range(0, 3)) == either
