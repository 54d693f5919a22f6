"""Bits of an array of unsigned longs: ``set_bit(70, &map[0])`` sets bit 6 of ``map[1]``."""

from __future__ import annotations

from dsl import protocol as p
from dsl.types import LONG, ArrayType, IntType

_WORD = 64


def bits_from(address: p.Expr) -> int:
    """How many bits an array of unsigned longs has from an address on; 0 of what is no such."""
    if not isinstance(address, p.AddressOf) or not isinstance(address.place, p.IndexPlace):
        return 0
    place = address.place
    if place.type != IntType(_WORD, False) or not isinstance(place.base.type, ArrayType):
        return 0
    first = place.index.value if isinstance(place.index, p.Constant) else 0
    return (place.base.type.length - first) * _WORD


def in_its_word(arguments: tuple[p.Expr, ...]) -> tuple[p.Expr, ...]:
    """The number of a bit and the address of a word, as those of the word that it is in.

    Where either is no constant and is made of more than locals, the bit is in the word given.
    """
    number, address = arguments
    if not bits_from(address):
        return arguments
    assert isinstance(address, p.AddressOf) and isinstance(address.place, p.IndexPlace)
    place = address.place
    if isinstance(number, p.Constant) and 0 <= number.value < _WORD:
        return arguments
    if not (_steady(number) and _steady(place.index)):
        return arguments
    index = _made("+", _long(place.index), _made("/", _long(number), _constant(number)))
    bit = _made("%", _long(number), _constant(number))
    word = p.IndexPlace(place.base, index, place.type, place.span)
    return bit, p.AddressOf(word, address.type, address.span)


def _steady(expr: p.Expr) -> bool:
    """Whether an expression may be worked out twice: it reads locals only, and changes nothing."""
    match expr:
        case p.Constant() | p.ConfigValue() | p.Read(place=p.LocalPlace()):
            return True
        case p.Unary(operand=inner) | p.Cast(operand=inner):
            return _steady(inner)
        case p.Binary(left=left, right=right):
            return _steady(left) and _steady(right)
        case _:
            return False


def _constant(number: p.Expr) -> p.Constant:
    return p.Constant(_WORD, LONG, number.span)


def _long(expr: p.Expr) -> p.Expr:
    if isinstance(expr, p.Constant):
        return p.Constant(expr.value, LONG, expr.span)
    return expr if expr.type == LONG else p.Cast(expr, LONG, expr.span)


def _made(op: str, left: p.Expr, right: p.Expr) -> p.Expr:
    """An operation on longs; of two constants their result."""
    if isinstance(left, p.Constant) and isinstance(right, p.Constant):
        one, two = left.value, right.value
        quotient = abs(one) // two if one >= 0 else -(-one // two)
        value = {"+": one + two, "/": quotient, "%": one - quotient * two}[op]
        return p.Constant(value, LONG, left.span)
    return p.Binary(op, left, right, LONG, left.span)
