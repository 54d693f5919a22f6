"""Terms over what the reads of a litmus test read, and their values.

For :mod:`prover.litmus.enumerate`.  Operators are C's on unbounded integers; addresses can be
compared, and 0 added to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, assert_never

Key: TypeAlias = tuple[int, int]
"""An event: its process (-1: the initial state) and its place there."""


@dataclass(frozen=True, slots=True)
class Nowhere:
    """A value that reads pass around in a circle, named by the first of them."""

    read: Key


Value: TypeAlias = int | str | Nowhere
"""A number, the name of a location for its address, or a value from nowhere."""


@dataclass(frozen=True, slots=True)
class Known:
    """A value that is known."""

    value: Value


@dataclass(frozen=True, slots=True)
class Read:
    """The value that an event reads."""

    event: Key


@dataclass(frozen=True, slots=True)
class Applied:
    """A C operator applied to terms."""

    op: str
    operands: tuple[Term, ...]


Term: TypeAlias = Known | Read | Applied


class Senseless(Exception):
    """What has no value: arithmetic on addresses or on values from nowhere, division by 0."""


def value_of(term: Term, read: Mapping[Key, Value]) -> Value | None:
    """The value of a term, None where it depends on a read that is not in ``read``."""
    match term:
        case Known(value=value):
            return value
        case Read(event=event):
            return read.get(event)
        case Applied(op=op, operands=operands):
            values = [value_of(operand, read) for operand in operands]
            known = [value for value in values if value is not None]
            return _apply(op, known) if len(known) == len(values) else None
        case _:
            assert_never(term)


def _apply(op: str, operands: Sequence[Value]) -> Value:
    if any(isinstance(operand, Nowhere) for operand in operands):
        raise Senseless
    if op in {"==", "!="}:
        return int((operands[0] == operands[1]) == (op == "=="))
    if op in {"!", "&&", "||"}:
        truths = [operand != 0 for operand in operands]
        return int({"!": not truths[0], "&&": all(truths), "||": any(truths)}[op])
    if op in {"+", "-"} and len(operands) == 2 and operands[1] == 0:
        return operands[0]
    if op == "+" and operands[0] == 0:
        return operands[-1]
    numbers = [operand for operand in operands if isinstance(operand, int)]
    if len(numbers) < len(operands):
        raise Senseless
    return _unary(op, numbers[0]) if len(numbers) == 1 else _binary(op, *numbers)


def _unary(op: str, a: int) -> int:
    return {"-": -a, "~": ~a, "+": a}[op]


def _binary(op: str, a: int, b: int) -> int:
    match op:
        case "+" | "-" | "*":
            return {"+": a + b, "-": a - b, "*": a * b}[op]
        case "&" | "|" | "^" | "&~":
            return {"&": a & b, "|": a | b, "^": a ^ b, "&~": a & ~b}[op]
        case "<" | "<=" | ">" | ">=":
            return int({"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op])
        case "<<" | ">>" if 0 <= b < 64:
            return a << b if op == "<<" else a >> b
        case "/" | "%" if b != 0:
            quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
            return quotient if op == "/" else a - b * quotient
        case _:
            raise Senseless


def equal(left: Term, right: Term) -> Term:
    """Whether two terms have one value."""
    return Applied("==", (left, right))


def negated(term: Term) -> Term:
    """Whether a term is 0."""
    return Applied("!", (term,))
