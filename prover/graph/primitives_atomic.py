"""Read-modify-writes: ``xchg``, ``cmpxchg``, ``atomic_*`` and ``refcount_*``.

Most atomics are rows of a table: how the new value is computed from the old
one, when it is written, what the call gives, and the order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dsl import protocol as p
from dsl.frozen import Frozen
from dsl.source import Span
from dsl.types import AtomicType, IntType, PointerType, Type
from prover.graph import expressions as ex
from prover.graph.arithmetic import arithmetic
from prover.graph.context import LocalAddress, Meaning, Scope
from prover.graph.ir import Const, Expr, Fence, Reg, Rmw
from prover.graph.lower_expr import behind, stable, value
from prover.graph.places import Memory, PlaceRef, assigned, read, write

_SUFFIXES = {"": "full", "_acquire": "acquire", "_release": "release", "_relaxed": "relaxed"}

Update = Callable[[Scope, Expr, Expr, Type], Expr]
"""The new value, of the old one and the operand."""
Test = Callable[[Scope, Expr, Expr, Type], Expr]
"""A condition on the old value and the operand."""


# --- one step on memory -------------------------------------------------------------------


def step(
    scope: Scope,
    place: PlaceRef,
    new: Callable[[Expr], Expr],
    when: Callable[[Expr], Expr],
    order: str,
    span: Span,
    *,
    looks: str = "",
) -> Expr:
    """The old value at ``place``, which becomes ``new`` of it where ``when`` of it holds.

    ``looks``: where it does not, nothing has been tried, as :class:`Rmw` has it.
    """
    if not isinstance(place, Memory):
        return _local_step(scope, place, new, when, span)
    if place.part != "whole":
        message = "an atomic update of one half of a word is not supported"
        scope.refuse("rmw-of-half", message, span, "update the whole word")
        return ex.ZERO
    reg = scope.temporary()
    old = Reg(reg)
    origin = scope.origin(span)
    made = Rmw(reg, place.address, new(old), when(old), order, place.word, origin, looks)
    scope.builder.emit(made)
    return old


def _local_step(
    scope: Scope,
    place: PlaceRef,
    new: Callable[[Expr], Expr],
    when: Callable[[Expr], Expr],
    span: Span,
) -> Expr:
    """The same on a local, which nobody else sees."""
    found = read(scope, place, "plain", span)
    assert not isinstance(found, LocalAddress), "no place holds the address of a local"
    old = scope.keep(found, span)
    write(scope, place, scope.apply("select", when(old), new(old), old), "plain", span)
    return old


def always(_: Expr) -> Expr:
    """The condition of an update that is always made."""
    return ex.ONE


# --- exchange -----------------------------------------------------------------------------


def _xchg(order: str) -> Meaning:
    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        pointer, written = call.arguments
        place = stable(scope, behind(scope, pointer), (written,), pointer.span)
        new = value(scope, written)
        return step(scope, place, lambda _: new, always, order, call.span)

    return meaning


def _cmpxchg(order: str) -> Meaning:
    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        pointer, old, new = call.arguments
        place = stable(scope, behind(scope, pointer), (old, new), pointer.span)
        expected, wanted = _two(scope, old, new)
        return _exchange(scope, place, expected, wanted, order, call.span)

    return meaning


def _two(scope: Scope, first: p.Expr, second: p.Expr) -> tuple[Expr, Expr]:
    """Two values, the first unaffected by the second."""
    left = scope.keep(value(scope, first), first.span)
    return left, value(scope, second)


def _exchange(
    scope: Scope, place: PlaceRef, expected: Expr, new: Expr, order: str, span: Span
) -> Expr:
    """The old value; ``new`` is written where it equals ``expected``."""
    return step(
        scope, place, lambda _: new, lambda old: scope.apply("==", old, expected), order, span
    )


def _try_cmpxchg(order: str) -> Meaning:
    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        pointer, address, new = call.arguments
        place = stable(scope, behind(scope, pointer), (address, new), pointer.span)
        local = behind(scope, address)
        wanted = scope.keep(value(scope, new), new.span)
        found = read(scope, local, "plain", address.span)
        assert not isinstance(found, LocalAddress), "the expected value is no local's address"
        expected = scope.keep(found, address.span)
        old = _exchange(scope, place, expected, wanted, order, call.span)
        done = scope.keep(scope.apply("==", old, expected), call.span)
        before = assigned(scope, local, expected)
        assert not isinstance(before, LocalAddress), "the expected value is no local's address"
        kept = scope.apply("select", done, before, old)
        write(scope, local, kept, "plain", call.span)
        return done

    return meaning


# --- counters -----------------------------------------------------------------------------


class Row(Frozen, frozen=True):
    """One atomic: its new value, when that is written, what the call gives, and the order.

    ``operand`` is the constant operand where the call has none; ``first`` tells that
    the operand stands before the pointer.  ``acquires``: where the result is true the
    call orders what follows after it.  ``warns``: where refcount_t warns and saturates.
    """

    update: Update
    result: Test
    order: str
    operand: int | None = None
    when: Test | None = None
    first: bool = True
    acquires: bool = False
    warns: Test | None = None


def counter(row: Row) -> Meaning:
    """The meaning of one row."""

    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        pointer, extra = _pointer_first(row, call.arguments)
        type_ = _counter_type(pointer)
        place, operands = _arguments(scope, row, pointer, extra)
        amount = Const(row.operand) if row.operand is not None else operands[0]
        limit = operands[-1] if operands else amount
        when = row.when
        old = step(
            scope,
            place,
            lambda old: row.update(scope, old, amount, type_),
            always if when is None else lambda old: when(scope, old, limit, type_),
            row.order,
            call.span,
            looks="" if when is None else "always",
        )
        if row.warns is not None:
            scope.check(
                "refcount", scope.apply("!", row.warns(scope, old, amount, type_)), "", call.span
            )
        given = row.result(scope, old, limit if when is not None else amount, type_)
        return _acquired(scope, given, call.span) if row.acquires else given

    return meaning


def _pointer_first(row: Row, arguments: tuple[p.Expr, ...]) -> tuple[p.Expr, tuple[p.Expr, ...]]:
    """The pointer, and the other arguments in order."""
    position = len(arguments) - 1 if row.first else 0
    return arguments[position], arguments[:position] + arguments[position + 1 :]


def _arguments(
    scope: Scope, row: Row, pointer: p.Expr, extra: tuple[p.Expr, ...]
) -> tuple[PlaceRef, list[Expr]]:
    """Place and operands, evaluated in the order of the call."""
    if row.first:
        operands = [scope.keep(value(scope, expr), expr.span) for expr in extra]
        return behind(scope, pointer), operands
    place = stable(scope, behind(scope, pointer), extra, pointer.span)
    return place, [scope.keep(value(scope, expr), expr.span) for expr in extra]


def _counter_type(pointer: p.Expr) -> IntType:
    assert isinstance(pointer.type, PointerType) and isinstance(pointer.type.to, AtomicType)
    return IntType(pointer.type.to.bits, True)


def _acquired(scope: Scope, given: Expr, span: Span) -> Expr:
    """``given``, where it is true followed by what orders later accesses after the update.

    A control dependency orders later stores, ``smp_rmb()`` later loads; the kernel's
    ``smp_acquire__after_ctrl_dep()`` is no more.
    """
    kept = scope.keep(given, span)
    acquired, done = scope.builder.name("acquired"), scope.builder.name("join")
    scope.builder.branch(kept, acquired, done)
    scope.builder.start(acquired)
    scope.builder.emit(Fence("smp_rmb", scope.origin(span)))
    scope.builder.jump(done)
    scope.builder.start(done)
    return kept


def _op(op: str) -> Update:
    return lambda scope, old, amount, type_: arithmetic(scope, op, old, amount, type_)


def _andnot(scope: Scope, old: Expr, amount: Expr, _type: Type) -> Expr:
    return scope.apply("&", old, scope.apply("~", amount))


UPDATES: dict[str, Update] = {
    "add": _op("+"),
    "sub": _op("-"),
    "and": _op("&"),
    "or": _op("|"),
    "xor": _op("^"),
    "andnot": _andnot,
}


def _old(_scope: Scope, old: Expr, _amount: Expr, _type: Type) -> Expr:
    return old


def gives_nothing(_scope: Scope, _old: Expr, _amount: Expr, _type: Type) -> Expr:
    """The result of a call that has none."""
    return ex.ZERO


def _new(update: Update) -> Test:
    return update


def new_is(update: Update, op: str) -> Test:
    """Whether the new value is ``op`` zero."""
    return lambda scope, old, amount, type_: scope.apply(
        op, update(scope, old, amount, type_), ex.ZERO
    )


def _old_is_not(scope: Scope, old: Expr, limit: Expr, _type: Type) -> Expr:
    return scope.apply("!=", old, limit)


def _old_is_positive(scope: Scope, old: Expr, _limit: Expr, _type: Type) -> Expr:
    return scope.apply(">", old, ex.ZERO)


def old_is_not_zero(scope: Scope, old: Expr, _limit: Expr, _type: Type) -> Expr:
    """Whether there was anything to count."""
    return scope.apply("!=", old, ex.ZERO)


def _rows() -> Iterator[tuple[str, Row]]:
    add, sub = UPDATES["add"], UPDATES["sub"]
    for op, update in UPDATES.items():
        yield f"atomic_{op}", Row(update, gives_nothing, "noreturn")
        for suffix, order in _SUFFIXES.items():
            yield f"atomic_fetch_{op}{suffix}", Row(update, _old, order)
            if op in ("add", "sub"):
                yield f"atomic_{op}_return{suffix}", Row(update, _new(update), order)
    for op, update in (("inc", add), ("dec", sub)):
        yield f"atomic_{op}", Row(update, gives_nothing, "noreturn", 1)
        for suffix, order in _SUFFIXES.items():
            yield f"atomic_{op}_return{suffix}", Row(update, _new(update), order, 1)
            yield f"atomic_fetch_{op}{suffix}", Row(update, _old, order, 1)
    yield "atomic_inc_and_test", Row(add, new_is(add, "=="), "full", 1)
    yield "atomic_dec_and_test", Row(sub, new_is(sub, "=="), "full", 1)
    yield "atomic_sub_and_test", Row(sub, new_is(sub, "=="), "full")
    for suffix, order in _SUFFIXES.items():
        yield f"atomic_add_negative{suffix}", Row(add, new_is(add, "<"), order)
    yield "atomic_add_unless", Row(add, _old_is_not, "full", when=_old_is_not, first=False)
    yield "atomic_fetch_add_unless", Row(add, _old, "full", when=_old_is_not, first=False)
    for name, update, test in (
        ("atomic_inc_unless_negative", add, old_is(">=")),
        ("atomic_dec_unless_positive", sub, old_is("<=")),
    ):
        yield name, Row(update, test, "full", 1, test)
    yield "atomic_inc_not_zero", Row(add, old_is_not_zero, "full", 1, old_is_not_zero)
    yield "atomic_dec_if_positive", Row(sub, _minus_one, "full", 1, _old_is_positive)


def old_is(op: str) -> Test:
    """Whether the old value is ``op`` zero."""
    return lambda scope, old, _amount, _type: scope.apply(op, old, ex.ZERO)


def _minus_one(scope: Scope, old: Expr, _limit: Expr, type_: Type) -> Expr:
    """The old value less one, also where it was not written."""
    return arithmetic(scope, "-", old, ex.ONE, type_)


# --- plain reads and writes of counters ------------------------------------------------------


def _read_counter(order: str) -> Meaning:
    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        found = read(scope, behind(scope, call.arguments[0]), order, call.span)
        assert not isinstance(found, LocalAddress), "a counter is a number"
        return found

    return meaning


def _set_counter(order: str) -> Meaning:
    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        pointer, number = call.arguments
        place = stable(scope, behind(scope, pointer), (number,), pointer.span)
        write(scope, place, value(scope, number), order, call.span)
        return ex.ZERO

    return meaning


def atomic_meanings() -> Iterator[tuple[str, Meaning]]:
    """The meanings of this module's primitives."""
    for suffix, order in _SUFFIXES.items():
        for prefix in ("", "atomic_"):
            yield f"{prefix}xchg{suffix}", _xchg(order)
            yield f"{prefix}cmpxchg{suffix}", _cmpxchg(order)
            yield f"{prefix}try_cmpxchg{suffix}", _try_cmpxchg(order)
    for name, row in _rows():
        yield name, counter(row)
    yield "atomic_read", _read_counter("once")
    yield "atomic_read_acquire", _read_counter("acquire")
    yield "refcount_read", _read_counter("once")
    for prefix in ("atomic", "refcount"):
        yield f"{prefix}_set", _set_counter("once")
        yield f"{prefix}_set_release", _set_counter("release")
