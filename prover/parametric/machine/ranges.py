"""Numbers of which only bounds are known: what is read of a count of references (``counts.py``).

They are computed with as far as they go; a test that they leave open goes both ways, and what it
comes to is known of these numbers up to the end of the step (``taken_as``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from dsl.frozen import replace
from prover.graph.values import Value, truth
from prover.parametric.system import Refused

WHOLE = 32
"""Types of so many bits have all counts in them."""

Registers: TypeAlias = dict[str, Value]

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


Exactly: TypeAlias = tuple[int | None, int]
"""A number, as (None, it), or what a read has given, as (the read, so much more)."""


@dataclass(frozen=True, slots=True)
class Range:
    """An integer that is not known but for its bounds, both of them included.

    ``shift``: it is what one read of a count has given, and so much more; None: it is not known
    to be that.  ``of`` tells apart the reads that an actor still has something of.  ``unlike``:
    something else that it is known not to be.
    """

    low: int
    high: int
    shift: int | None = None
    of: int = 0
    unlike: Exactly | None = None


def ranged(op: str, params: Sequence[str | int], args: Sequence[object]) -> Value:
    """The value of an operation of which one operand at least is a range."""
    known = [bounds_of(arg) for arg in args]
    if op in COMPARISONS:
        return _compared(op, *known)
    if op == "+":
        return _sum(known[0], known[1])
    if op == "-":
        return _sum(known[0], _negated(known[1]))
    if op == "&":
        return _masked(*known)
    if op in ("!", "bool"):
        holds = decided(known[0])
        return _either() if holds is None else int(holds == (op == "bool"))
    if op in ("&&", "||"):
        truths, deciding = [decided(each) for each in known], op == "||"
        if deciding in truths:
            return int(deciding)
        return _either() if None in truths else int(not deciding)
    if op == "wrap":
        bits, signed = int(params[0]), bool(params[1])
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        if low <= known[0].low and known[0].high <= high:
            return as_value(known[0])
        if bits >= WHOLE and low <= known[0].low <= high and known[0].shift is not None:
            # Any number, where it is too many; as long as it is a count it is not (``counts.py``).
            return as_value(replace(known[0], low=low, high=high))
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


def lasting(registers: Iterable[tuple[str, Value]]) -> tuple[tuple[str, Value], ...]:
    """Registers as they are once the step is over: reads in the order in which they are found.

    Of what a read has given nothing is known but bounds, so the first that is of it has shift 0.
    """
    reads: dict[int, tuple[int, int]] = {}
    return tuple([(name, _lasts(value, reads)) for name, value in registers])


def _lasts(found: object, reads: dict[int, tuple[int, int]]) -> Value:
    if not isinstance(found, Range):
        return cast("Value", found)
    if found.shift is None:
        return as_value(Range(found.low, found.high))
    number, first = reads.setdefault(found.of, (len(reads), found.shift))
    return as_value(Range(found.low, found.high, found.shift - first, number))


def unused(registers: Mapping[str, Value]) -> int:
    """What tells a read apart from those that registers have something of."""
    found = [cast("object", value) for value in registers.values()]
    return 1 + max((each.of for each in found if isinstance(each, Range)), default=-1)


def taken_as(registers: Mapping[str, Value], one: object, two: object, *, equal: bool) -> Registers:
    """Registers where two numbers, of which one at least is not known, are taken as equal, or not.

    That is for what the same step does next, which looks at them again.
    """
    if isinstance(one, Range) and one.shift is not None:
        return {name: _told(value, one, two, equal=equal) for name, value in registers.items()}
    if isinstance(two, Range) and two.shift is not None:
        return {name: _told(value, two, one, equal=equal) for name, value in registers.items()}
    return dict(registers)


def _told(found: object, one: Range, other: object, *, equal: bool) -> Value:
    """What a value is, once something of the read that ``one`` is of has been compared."""
    assert one.shift is not None
    if not isinstance(found, Range) or found.shift is None or found.of != one.of:
        return cast("Value", found)
    by = found.shift - one.shift
    if not equal:
        return as_value(found if by else replace(found, unlike=_exactly(other)))
    bounds = bounds_of(other)
    if bounds.low == bounds.high:
        exact = bounds.low + by
        return exact if found.low <= exact <= found.high else as_value(found)
    if bounds.shift is None:
        return as_value(found)
    low, high = found.low, found.high
    if _agree(found, one):
        low, high = bounds.low + by, bounds.high + by
    return as_value(Range(low, high, bounds.shift + by, bounds.of))


def _agree(one: Range, two: Range) -> bool:
    """Whether two numbers are of one read, and neither may have been too many for its type."""
    if one.shift is None or two.shift is None or one.of != two.of:
        return False
    return one.low - one.shift == two.low - two.shift


def _exactly(value: object) -> Exactly | None:
    match value:
        case Range(shift=int() as shift, of=of):
            return of, shift
        case int():
            return None, value
        case _:
            return None


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
    shift, of = None, 0
    if one.shift is not None and two.low == two.high:
        shift, of = one.shift + two.low, one.of
    elif two.shift is not None and one.low == one.high:
        shift, of = two.shift + one.low, two.of
    return as_value(Range(one.low + two.low, one.high + two.high, shift, of))


def _masked(one: Range, two: Range) -> Value:
    """Bits of a number that are the same throughout its bounds."""
    bits, found = (one, two) if one.low == one.high else (two, one)
    mask = bits.low
    if bits.low == bits.high and mask > 0 and found.low >= 0:
        below = (mask & -mask).bit_length() - 1
        if found.low >> below == found.high >> below:
            return found.low & mask
    raise Refused("a number read from a count of references, in `&`")


def _compared(op: str, one: Range, two: Range) -> Value:
    if _agree(one, two):
        one, two = replace(one, high=one.low), replace(two, high=two.low)
    if op in (">", ">="):
        return _compared("<" if op == ">" else "<=", two, one)
    if op == "!=":
        equal: object = _compared("==", one, two)
        return _either() if isinstance(equal, Range) else int(not equal)
    if op == "==":
        if one.high < two.low or two.high < one.low or _differ(one, two) or _differ(two, one):
            return 0
        return 1 if one.low == one.high == two.low == two.high else _either()
    if one.high < two.low or (op == "<=" and one.high <= two.low):
        return 1
    return 0 if two.high < one.low or (op == "<" and two.high <= one.low) else _either()


def _differ(one: Range, two: Range) -> bool:
    """Whether a number is known not to be another one."""
    exactly = (None, two.low) if two.low == two.high else _exactly(two)
    return one.unlike is not None and one.unlike == exactly
