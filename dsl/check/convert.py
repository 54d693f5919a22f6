"""Conversions between types, made explicit as :class:`dsl.protocol.Cast`."""

from __future__ import annotations

from typing import assert_never

from dsl import protocol as p
from dsl.check.report import Report
from dsl.source import Span
from dsl.types import (
    BOOL,
    INT,
    U64,
    VOID,
    ArrayType,
    AtomicType,
    BoolType,
    ConfigType,
    EnumType,
    IntType,
    LockType,
    PointerType,
    RcuHeadType,
    StructType,
    Type,
    VoidType,
    WordType,
)

LOCK_TYPES = {
    "spinlock": "spinlock_t",
    "rwlock": "rwlock_t",
    "mutex": "struct mutex",
    "rwsem": "struct rw_semaphore",
    "folio": "folio_lock_t",
    "srcu": "struct srcu_struct",
}
"""How each kind of lock is written."""

NULL_TYPE = PointerType(VOID)
"""The type of ``NULL`` before it is known what it is compared with or assigned to."""

_INT_NAMES = {
    (8, True): "s8",
    (8, False): "u8",
    (16, True): "s16",
    (16, False): "u16",
    (32, True): "int",
    (32, False): "u32",
    (64, True): "long",
    (64, False): "u64",
}


def show(type_: Type) -> str:
    """The type as an author would write it."""
    match type_:
        case VoidType():
            return "void"
        case BoolType():
            return "bool"
        case IntType(bits, signed):
            return _INT_NAMES[bits, signed]
        case EnumType(name):
            return f"enum {name}"
        case ConfigType(name):
            return f"config {name}"
        case PointerType(to):
            inner = show(to)
            return inner + ("*" if inner.endswith("*") else " *")
        case StructType(name):
            return f"struct {name}"
        case ArrayType(element, length):
            return f"{show(element)} [{length}]"
        case WordType(name) | AtomicType(name):
            return name
        case LockType(kind):
            return LOCK_TYPES[kind]
        case RcuHeadType():
            return "struct rcu_head"
        case _:
            assert_never(type_)


def arithmetic(type_: Type) -> bool:
    """Whether values of the type take part in arithmetic."""
    return isinstance(type_, IntType | BoolType | EnumType)


def scalar(type_: Type) -> bool:
    """Whether one access reads or writes the whole value (words included)."""
    return arithmetic(type_) or isinstance(type_, PointerType | WordType)


def promote(type_: Type) -> IntType:
    """C's integer promotion; only for arithmetic types."""
    if isinstance(type_, EnumType):
        return type_.number
    if isinstance(type_, IntType) and type_.bits >= INT.bits:
        return type_
    return INT


def common(left: Type, right: Type) -> IntType:
    """The type in which two arithmetic operands meet: the wider, unsigned on a tie."""
    a, b = promote(left), promote(right)
    if a.bits != b.bits:
        return a if a.bits > b.bits else b
    return a if not a.signed else b


def wrap(value: int, type_: Type) -> int:
    """``value`` as the type represents it."""
    match type_:
        case BoolType():
            return int(value != 0)
        case IntType(bits, signed):
            value &= (1 << bits) - 1
            return value - (1 << bits) if signed and value >> (bits - 1) else value
        case EnumType():
            return wrap(value, type_.number)
        case _:
            return value


def cast(expr: p.Expr, type_: Type) -> p.Expr:
    """``expr`` as a value of ``type_``; no node where nothing changes, constants folded."""
    if expr.type == type_:
        return expr
    if isinstance(expr, p.Constant):
        if arithmetic(type_):
            return p.Constant(wrap(expr.value, type_), type_, expr.span)
        if isinstance(type_, PointerType) and expr.value == 0:
            return p.Constant(0, type_, expr.span)
    if isinstance(type_, BoolType) and local_address(expr):
        return p.Constant(1, BOOL, expr.span)
    if isinstance(type_, BoolType) and isinstance(expr, p.Cast) and expr.operand.type == BOOL:
        return expr.operand
    return p.Cast(expr, type_, expr.span)


def local_address(expr: p.Expr) -> bool:
    """Whether the value is the address of a local (never NULL)."""
    return isinstance(expr, p.AddressOf) and isinstance(expr.place, p.LocalPlace)


def is_null(expr: p.Expr) -> bool:
    """Whether the expression is a null pointer constant: ``NULL`` or ``0``."""
    if not isinstance(expr, p.Constant) or expr.value != 0:
        return False
    return expr.type == NULL_TYPE or isinstance(expr.type, IntType)


def truth(report: Report, expr: p.Expr) -> p.Expr:
    """``expr`` as a condition."""
    type_ = expr.type
    if arithmetic(type_) or isinstance(type_, PointerType | WordType):
        return cast(expr, BOOL)
    if isinstance(type_, ConfigType):
        config_use(report, type_.name, expr.span)
    return report.fail(
        "type-mismatch",
        f"a condition needs a number, a pointer or a word, not {show(type_)}",
        expr.span,
    )


def config_use(report: Report, name: str, span: Span) -> p.Expr:
    """Refuse a config name that is not compared with one of its values."""
    return report.fail(
        "config-use",
        f"config `{name}` can only be compared with one of its values",
        span,
        f"write `{name} == value`",
    )


def coerce(
    report: Report, expr: p.Expr, to: Type, what: str, code: str = "type-mismatch"
) -> p.Expr:
    """``expr`` converted to ``to`` as C does without a cast; ``what`` names the receiver."""
    have = expr.type
    if have == to and scalar(to):
        return expr
    if arithmetic(have) and arithmetic(to):
        return cast(expr, to)
    if isinstance(to, PointerType) and is_null(expr):
        return p.Constant(0, to, expr.span)
    if isinstance(to, BoolType) and isinstance(have, PointerType | WordType):
        return cast(expr, to)
    if isinstance(have, ConfigType):
        return config_use(report, have.name, expr.span)
    if isinstance(have, VoidType):
        return report.fail(code, f"{what} is {show(to)}, but this has no value", expr.span)
    return report.fail(
        code, f"{what} is {show(to)}, but this is {show(have)}", expr.span, _mismatch_hint(expr, to)
    )


def _mismatch_hint(expr: p.Expr, to: Type) -> str:
    have = expr.type
    if isinstance(to, WordType) and arithmetic(have):
        return f"use a named value of {to.name}, or cast: `({to.name})...`"
    if isinstance(have, WordType) and arithmetic(to):
        return "cast the word to its bits: `(u64)...`"
    if isinstance(have, WordType) and isinstance(to, PointerType):
        return f"cast the word to the object it points at: `({show(to)})...`"
    if isinstance(to, PointerType) and to.to == have:
        return "take its address with `&`"
    if isinstance(have, PointerType) and have.to == to:
        return "dereference it with `*`"
    if isinstance(have, PointerType) and isinstance(to, PointerType):
        return "pointers to different types do not mix; see `container_of()`"
    return ""


def explicit(report: Report, expr: p.Expr, to: Type, span: Span) -> p.Expr:
    """``(to)expr``: the conversions that :class:`dsl.protocol.Cast` documents."""
    have = expr.type
    if have == to and scalar(to):
        return expr
    if arithmetic(to) and arithmetic(have):
        return p.Cast(expr, to, span) if not isinstance(expr, p.Constant) else cast(expr, to)
    if isinstance(to, BoolType) and isinstance(have, PointerType | WordType):
        return cast(expr, to)
    if isinstance(have, WordType) and isinstance(to, IntType):
        return cast(p.Cast(expr, U64, span), to)
    if isinstance(have, WordType) and isinstance(to, PointerType) and isinstance(to.to, StructType):
        return p.Cast(expr, to, span)
    if isinstance(to, WordType) and arithmetic(have):
        return p.Cast(cast(expr, U64), to, span)
    if isinstance(to, PointerType) and is_null(expr):
        return p.Constant(0, to, span)
    if isinstance(have, ConfigType):
        return config_use(report, have.name, expr.span)
    return report.fail(
        "bad-cast", f"no cast from {show(have)} to {show(to)}", span, _cast_hint(have, to)
    )


def _cast_hint(have: Type, to: Type) -> str:
    if isinstance(have, PointerType) and isinstance(to, PointerType):
        return "use `container_of()` to go from a field to its struct"
    if isinstance(to, PointerType):
        return "only a word holds an address: cast the whole word"
    return ""
