"""The values of litmus tests, and C's operators on them."""

from __future__ import annotations

from typing import TypeAlias

Value: TypeAlias = int | str
"""An integer, or the address of the location of that name."""


MAX_BITS = 64
"""Numbers stay below 2 to this, and above minus that."""


class Impossible(Exception):
    """An operation on these values has no result, such as a division by 0."""


class TooLarge(Exception):
    """A number would need more than :data:`MAX_BITS` bits."""


def apply(op: str, args: tuple[Value, ...]) -> Value:
    """A C operator on values.  Addresses can be compared, and moved by 0."""
    if len(args) == 1:
        return _unary(op, args[0])
    left, right = args
    if op == "&&":
        return int(_truth(left) and _truth(right))
    if op == "||":
        return int(_truth(left) or _truth(right))
    if op in ("==", "!="):
        return int((left == right) == (op == "=="))
    if isinstance(left, int) and isinstance(right, int):
        result = _arithmetic(op, left, right)
        if result.bit_length() > MAX_BITS:
            raise TooLarge(f"a number needs more than {MAX_BITS} bits")
        return result
    if op in ("+", "-", "|", "^") and right == 0:
        return left
    if op in ("+", "|", "^") and left == 0:
        return right
    if op in ("-", "^") and left == right:
        return 0
    if op == "&" and 0 in (left, right):
        return 0
    raise Impossible


def _unary(op: str, arg: Value) -> Value:
    if op == "!":
        return int(not _truth(arg))
    if isinstance(arg, str):
        raise Impossible
    return {"-": -arg, "~": ~arg}.get(op, arg)


def _truth(value: Value) -> bool:
    return value != 0


def _arithmetic(op: str, left: int, right: int) -> int:
    match op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/" | "%":
            if right == 0:
                raise Impossible
            quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
            return quotient if op == "/" else left - quotient * right
        case "&":
            return left & right
        case "|":
            return left | right
        case "^":
            return left ^ right
        case "&~":
            return left & ~right
        case "<<" | ">>":
            if not 0 <= right < 64:
                raise Impossible
            return left << right if op == "<<" else left >> right
        case "<":
            return int(left < right)
        case "<=":
            return int(left <= right)
        case ">":
            return int(left > right)
        case ">=":
            return int(left >= right)
        case _:
            raise Impossible
