"""Bit operations: one bit of an integer in memory, in one step."""

from __future__ import annotations

from collections.abc import Iterator

from dsl import protocol as p
from dsl.source import Span
from dsl.types import IntType, PointerType
from prover.graph import expressions as ex
from prover.graph.arithmetic import arithmetic
from prover.graph.context import LocalAddress, Meaning, Scope
from prover.graph.ir import Const, Expr
from prover.graph.lower_expr import behind, value
from prover.graph.places import read, write
from prover.graph.primitives_atomic import always, step


def _bit(op: str, order: str) -> Meaning:
    """One bit set (``|``), cleared (``&``) or flipped (``^``); gives whether it was set before."""

    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        number, pointer = call.arguments
        bit = scope.keep(value(scope, number), number.span)
        type_ = _pointee(pointer)
        place = behind(scope, pointer)
        mask = _mask(scope, bit, type_, number.span)
        operand = scope.apply("~", mask) if op == "&" else mask

        def new(old: Expr) -> Expr:
            return arithmetic(scope, op, old, operand, type_)

        def clear(old: Expr) -> Expr:
            return scope.apply("!", scope.apply("&", old, mask))

        # atomic_bitops.txt: where the bit is set already, test_and_set_bit_lock() orders nothing;
        # asm-generic/bitops/lock.h has only looked then, where x86 has an instruction.
        locks = call.primitive == "test_and_set_bit_lock"
        when, looks = (clear, "generic") if locks else (always, "")
        old = step(scope, place, new, when, order, call.span, looks=looks)
        return scope.apply("bool", scope.apply("&", old, mask))

    return meaning


def _two_steps(op: str, first: str, second: str) -> Meaning:
    """The same as a read and a write that others may come between."""

    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        number, pointer = call.arguments
        bit = scope.keep(value(scope, number), number.span)
        type_ = _pointee(pointer)
        place = behind(scope, pointer)
        mask = _mask(scope, bit, type_, number.span)
        found = read(scope, place, first, call.span)
        assert not isinstance(found, LocalAddress), "a flag word is a number"
        old = scope.keep(found, call.span)
        operand = scope.apply("~", mask) if op == "&" else mask
        write(scope, place, arithmetic(scope, op, old, operand, type_), second, call.span)
        return scope.apply("bool", scope.apply("&", old, mask))

    return meaning


def _test_bit(order: str) -> Meaning:
    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        number, pointer = call.arguments
        bit = scope.keep(value(scope, number), number.span)
        place = behind(scope, pointer)
        mask = _mask(scope, bit, _pointee(pointer), number.span)
        found = read(scope, place, order, call.span)
        assert not isinstance(found, LocalAddress), "a flag word is a number"
        return scope.apply("bool", scope.apply("&", found, mask))

    return meaning


def _pointee(pointer: p.Expr) -> IntType:
    assert isinstance(pointer.type, PointerType) and isinstance(pointer.type.to, IntType)
    return pointer.type.to


def _mask(scope: Scope, bit: Expr, type_: IntType, span: Span) -> Expr:
    """The number with one bit set; a bit outside of ``type_`` is in other memory."""
    inside = scope.apply(
        "select",
        scope.apply(">=", bit, ex.ZERO),
        scope.apply("<", bit, Const(type_.bits)),
        ex.ZERO,
    )
    if ex.constant_truth(inside) is not True:
        scope.check("wild-pointer", inside, "", span)
    return arithmetic(scope, "<<", ex.ONE, bit, type_)


_BITS = {
    "set_bit": ("|", "noreturn"),
    "clear_bit": ("&", "noreturn"),
    "change_bit": ("^", "noreturn"),
    "clear_bit_unlock": ("&", "release"),
    "test_and_set_bit": ("|", "full"),
    "test_and_clear_bit": ("&", "full"),
    "test_and_change_bit": ("^", "full"),
    "test_and_set_bit_lock": ("|", "acquire"),
}


def bit_meanings() -> Iterator[tuple[str, Meaning]]:
    """The meanings of this module's primitives."""
    for name, (op, order) in _BITS.items():
        yield name, _bit(op, order)
    for name, op in (("set_bit", "|"), ("clear_bit", "&"), ("change_bit", "^")):
        yield f"__{name}", _two_steps(op, "plain", "plain")
        yield f"__test_and_{name}", _two_steps(op, "plain", "plain")
    yield "__clear_bit_unlock", _two_steps("&", "once", "release")
    yield "test_bit", _test_bit("once")
    yield "test_bit_acquire", _test_bit("acquire")
