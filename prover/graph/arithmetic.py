"""Operators and conversions on values, each in its type."""

from __future__ import annotations

from dsl.source import Span
from dsl.types import (
    U32,
    BoolType,
    EnumType,
    IntType,
    PointerType,
    StructType,
    Type,
    WordType,
)
from prover.graph import expressions as ex
from prover.graph.context import Scope
from prover.graph.ir import Apply, Const, Expr

_COMPARISONS = frozenset(["==", "!=", "<", "<=", ">", ">="])
_WITHIN_TYPE = frozenset(["&", "|", "^", ">>", "%"])
"""Operators whose result fits the type of operands that fit."""

SHIFT = "a shift out of"
"""How what is said of a shift without a result begins."""


def wrapped(scope: Scope, expr: Expr, type_: Type) -> Expr:
    """``expr`` brought into the range of an integer type."""
    if isinstance(type_, IntType):
        return scope.apply("wrap", expr, params=(type_.bits, int(type_.signed)))
    return expr


def arithmetic(scope: Scope, op: str, left: Expr, right: Expr, type_: Type) -> Expr:
    """``left op right`` in ``type_``."""
    found = scope.apply(op, left, right)
    if op in _COMPARISONS or op in _WITHIN_TYPE:
        return found
    return wrapped(scope, found, type_)


def converted(scope: Scope, operand: Expr, have: Type, to: Type) -> Expr:
    """``operand`` of type ``have`` as a value of type ``to``."""
    if have == to:
        return operand
    match have, to:
        case _, BoolType():
            return scope.apply("bool", operand)
        case WordType(), PointerType(to=StructType(name=struct)):
            return scope.apply("word_to_pointer", operand, params=(struct,))
        case WordType(), IntType():
            return wrapped(scope, scope.apply("word_bits", operand), to)
        case IntType(), WordType():
            return scope.apply("word_of_bits", operand)
        case IntType(), IntType() if have != U32 and _fits(have, to):
            return operand
        case BoolType(), IntType():
            return operand
        case EnumType(), IntType() if _fits(have.number, to):
            return operand
        case IntType() | EnumType(), IntType():
            return wrapped(scope, operand, to)
        case IntType(), EnumType() if have == U32:
            return wrapped(scope, operand, to.number)
        case IntType() | BoolType() | EnumType(), EnumType():
            return converted(scope, operand, have, to.number)
        case PointerType(), PointerType():
            return operand
        case _:
            raise AssertionError(f"no conversion from {have} to {to}")


def _fits(have: IntType, to: IntType) -> bool:
    """Whether every value of ``have`` is one of ``to``."""
    if have.signed == to.signed:
        return have.bits <= to.bits
    return to.signed and have.bits < to.bits


def check_operands(
    scope: Scope, op: str, left: Expr, right: Expr, types: tuple[Type, Type], span: Span
) -> None:
    """Check that ``left op right`` has a value: a division without one is an oops.

    ``types`` are that of the result and that of the right operand.
    """
    type_, amount = types
    if not isinstance(type_, IntType) or not isinstance(amount, IntType):
        return
    if op in ("/", "%"):
        if not isinstance(right, Const) or right.value == 0:
            scope.check("bug-on", scope.apply("!=", right, ex.ZERO), "division by zero", span)
        if type_.signed:
            _check_quotient(scope, left, right, type_, span)
    elif op in ("<<", ">>") and not _is_below(right, type_.bits):
        # C leaves it undefined, and machines differ: x86 shifts by the remainder.
        right_one = scope.apply("<", right, Const(type_.bits))
        if amount.signed:
            right_one = scope.apply("select", scope.apply("<", right, ex.ZERO), ex.ZERO, right_one)
        scope.check("bug-on", right_one, f"{SHIFT} {type_.bits} bits", span)


def _check_quotient(scope: Scope, left: Expr, right: Expr, type_: IntType, span: Span) -> None:
    """Check that this is not the one quotient that does not fit, nor its remainder: x86 traps."""
    least, minus_one = Const(-(1 << (type_.bits - 1))), Const(-1)
    others = ((left, least), (right, minus_one))
    if any(isinstance(side, Const) and side != bad for side, bad in others):
        return
    fits = scope.apply("!=", left, least)
    fits = scope.apply("select", scope.apply("==", right, minus_one), fits, ex.ONE)
    scope.check("bug-on", fits, f"the quotient has more than {type_.bits} bits", span)


def _is_below(number: Expr, limit: int) -> bool:
    """Whether a number is surely one from 0 up to a limit."""
    match number:
        case Const(value=int(value)):
            return 0 <= value < limit
        case Apply(op="&", args=args):
            return any(isinstance(arg, Const) and _is_below(arg, limit) for arg in args)
        case _:
            return ex.is_truth(number)


def check_object(scope: Scope, pointer: Expr, to: Type, span: Span) -> None:
    """Check that ``pointer`` is to a whole object, as the argument of a word's value must be.

    An object is what the word made of the pointer, whatever its flags, points at; the
    flags of a wild pointer are its own, so that two different ones cannot both give it back.
    """
    if isinstance(pointer, Const) and pointer.value != 0:
        return
    assert isinstance(to, StructType), "words hold addresses of structs"
    scope.check("null-pointer", scope.apply("!=", pointer, ex.ZERO), "a word is made of NULL", span)

    def same(flags: int) -> Expr:
        word = scope.apply("word_make", pointer, params=(flags,))
        return scope.apply("==", scope.apply("word_to_pointer", word, params=(to.name,)), pointer)

    whole = scope.apply("select", same(0), same(1), ex.ZERO)
    scope.check("wild-pointer", whole, "a word is made of a pointer to no object", span)
