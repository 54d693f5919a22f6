"""Numbers of which only bounds are known: what is read of a count of references (``counts.py``).

They are computed with as far as they go; a test that they leave open goes both ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from prover.graph.values import Value, truth
from prover.parametric.system import Refused

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


@dataclass(frozen=True, slots=True)
class Range:
    """An integer that is not known but for its bounds, both of them included.

    ``shift``: it is what this very step has read of a count, and so much more; None: it is not
    known to be that.
    """

    low: int
    high: int
    shift: int | None = None


def ranged(op: str, params: Sequence[str | int], args: Sequence[object]) -> Value:
    """The value of an operation of which one operand at least is a range."""
    known = [bounds_of(arg) for arg in args]
    if op in COMPARISONS:
        return _compared(op, *known)
    if op == "+":
        return _sum(known[0], known[1])
    if op == "-":
        return _sum(known[0], _negated(known[1]))
    if op in ("!", "bool"):
        holds = decided(known[0])
        return _either() if holds is None else int(holds == (op == "bool"))
    if op == "wrap":
        bits, signed = int(params[0]), bool(params[1])
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        if low <= known[0].low and known[0].high <= high:
            return as_value(known[0])
    raise Refused(f"a number read from a count of references, in `{op}`")


def chosen(condition: object, then: Value, otherwise: Value) -> Value:
    """What ``select`` gives where the condition, or what it chooses from, is a range."""
    if not isinstance(condition, Range):
        return then if truth(cast("Value", condition)) else otherwise
    holds = decided(condition)
    if holds is not None:
        return then if holds else otherwise
    one, two = bounds_of(then), bounds_of(otherwise)
    return as_value(Range(min(one.low, two.low), max(one.high, two.high)))


def decided(found: Range) -> bool | None:
    """Whether a range counts as true, None where it may or may not."""
    if found.low > 0 or found.high < 0:
        return True
    return False if found.low == found.high else None


def lasting(value: Value) -> Value:
    """A value as it is once the step is over: a count may be another by then."""
    found: object = value
    return as_value(replace(found, shift=None)) if isinstance(found, Range) else value


def is_range(value: object) -> bool:
    """Whether a value is not known but for its bounds."""
    return isinstance(value, Range)


def as_value(found: Range) -> Value:
    """A range where values are asked for."""
    return cast("Value", found)


def _either() -> Value:
    return as_value(Range(0, 1))


def bounds_of(value: object) -> Range:
    """The bounds of a number, known or not.  Raises Refused for what is no number."""
    match value:
        case Range():
            return value
        case int():
            return Range(value, value)
        case _:
            raise Refused("a number read from a count of references, with what is no number")


def _negated(found: Range) -> Range:
    """Of what was read itself no more than its bounds is known, once it is taken off something."""
    return Range(-found.high, -found.low)


def _sum(one: Range, two: Range) -> Value:
    shift = None
    if one.shift is not None and two.low == two.high:
        shift = one.shift + two.low
    elif two.shift is not None and one.low == one.high:
        shift = two.shift + one.low
    return as_value(Range(one.low + two.low, one.high + two.high, shift))


def _compared(op: str, one: Range, two: Range) -> Value:
    if op in (">", ">="):
        return _compared("<" if op == ">" else "<=", two, one)
    if op == "!=":
        equal: object = _compared("==", one, two)
        return _either() if isinstance(equal, Range) else int(not equal)
    if op == "==":
        if one.high < two.low or two.high < one.low:
            return 0
        return 1 if one.low == one.high == two.low == two.high else _either()
    if one.high < two.low or (op == "<=" and one.high <= two.low):
        return 1
    return 0 if two.high < one.low or (op == "<" and two.high <= one.low) else _either()
