"""The values of constant expressions."""

from __future__ import annotations

from dsl import protocol as p
from dsl.check.convert import arithmetic, wrap


def evaluate(expr: p.Expr) -> int | None:
    """The value of a constant arithmetic expression, None if it is not one."""
    if not arithmetic(expr.type):
        return None
    match expr:
        case p.Constant(value):
            return value
        case p.Cast(operand, type_):
            inner = evaluate(operand)
            return None if inner is None else wrap(inner, type_)
        case p.Unary(op, operand, type_):
            inner = evaluate(operand)
            return None if inner is None else wrap(_unary(op, inner), type_)
        case p.Logical(op, left, right):
            first, second = evaluate(left), evaluate(right)
            if first is None or second is None:
                return None
            return int(bool(first and second) if op == "&&" else bool(first or second))
        case p.Conditional(condition, then, otherwise):
            chosen = evaluate(condition)
            return None if chosen is None else evaluate(then if chosen else otherwise)
        case p.Binary(op, left, right, type_):
            first, second = evaluate(left), evaluate(right)
            if first is None or second is None:
                return None
            if op in ("/", "%") and second == -1 and wrap(-first, type_) != -first:
                return None
            result = _binary(op, first, second)
            return None if result is None else wrap(result, type_)
        case _:
            return None


def _unary(op: str, value: int) -> int:
    match op:
        case "!":
            return int(value == 0)
        case "~":
            return ~value
        case _:
            return -value


def _binary(op: str, a: int, b: int) -> int | None:
    if op in ("/", "%"):
        if b == 0:
            return None
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return quotient if op == "/" else a - quotient * b
    if op in ("<<", ">>"):
        if not 0 <= b < 64:
            return None
        return a << b if op == "<<" else a >> b
    table = {
        "+": a + b,
        "-": a - b,
        "*": a * b,
        "&": a & b,
        "|": a | b,
        "^": a ^ b,
        "==": int(a == b),
        "!=": int(a != b),
        "<": int(a < b),
        "<=": int(a <= b),
        ">": int(a > b),
        ">=": int(a >= b),
    }
    return table[op]


def folded(expr: p.Expr) -> p.Expr:
    """``expr`` as a :class:`dsl.protocol.Constant` where it is constant arithmetic."""
    value = evaluate(expr)
    return expr if value is None else p.Constant(value, expr.type, expr.span)


def is_constant(expr: p.Expr) -> bool:
    """Whether the expression has its value before anything runs."""
    match expr:
        case p.Constant():
            return True
        case p.AddressOf(place):
            return is_constant_place(place)
        case p.WordMake(_, _, argument):
            return argument is None or is_constant(argument)
        case p.Cast(operand):
            return is_constant(operand)
        case _:
            return evaluate(expr) is not None


def is_constant_place(place: p.Place) -> bool:
    """Whether the place is reached from a global object by fields and constant indices."""
    match place:
        case p.ObjectPlace():
            return True
        case p.FieldPlace(base):
            return is_constant_place(base)
        case p.IndexPlace(base, index):
            return is_constant_place(base) and evaluate(index) is not None
        case _:
            return False


def show_place(place: p.Place) -> str:
    """A constant place as an author would write it, ``m.ptes[1]``."""
    match place:
        case p.ObjectPlace(name):
            return name
        case p.FieldPlace(base, field):
            return f"{show_place(base)}.{field}"
        case p.IndexPlace(base, index):
            return f"{show_place(base)}[{evaluate(index)}]"
        case p.LocalPlace(local):
            return local.name
        case p.DerefPlace():
            return "*"
