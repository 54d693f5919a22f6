"""Compiling calls of primitives: the meaning of every name of :mod:`dsl.primitives`.

:data:`MEANINGS` is the table; the families are filled in by the modules for
atomics, locks and contexts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dsl import protocol as p
from dsl.interpreter import contexts, lifetimes, lock_calls, places, srcu_calls
from dsl.interpreter.atomics import ATOMICS
from dsl.interpreter.code import Label
from dsl.interpreter.emit import Emitter
from dsl.interpreter.exchanges import EXCHANGES
from dsl.interpreter.last_puts import LAST_PUTS
from dsl.interpreter.state import STOPPED
from dsl.interpreter.values import Violated, truth
from dsl.interpreter.work import Work
from dsl.types import PointerType, Type

Meaning = Callable[[Emitter, p.CallPrimitive, int], None]


def primitive(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    """``dst = name(arguments)``."""
    MEANINGS[expr.primitive](e, expr, dst)


def pointee(expr: p.Expr) -> Type:
    """The type of the place that an address argument points at."""
    assert isinstance(expr.type, PointerType)
    return expr.type.to


def _read(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    e.expression(expr.arguments[0], dst)
    places.load(e, pointee(expr.arguments[0]), dst, expr.span, expr.primitive)


def _write(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    e.expression(expr.arguments[0], dst)
    e.expression(expr.arguments[1], dst + 1)
    places.store(e, pointee(expr.arguments[0]), dst, dst + 1, expr.span, expr.primitive)


def _until(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    """Reads again and again until the condition holds for what was read."""
    pointer, condition, holder = expr.arguments
    assert isinstance(holder, p.Assign) and isinstance(holder.target, p.LocalPlace)
    held, part = e.register(holder.target.local), e.use(dst + 1)
    again, done, header = Label(), Label(), e.new_header()
    e.expression(pointer, dst)
    e.enter_loop(header, expr.span)
    e.here(again)
    e.move(dst, part, expr.span)
    places.load(e, pointee(pointer), part, expr.span, expr.primitive)
    e.move(part, held, expr.span)
    e.expression(condition, part)
    e.jump_if(True, part, done, expr.span)
    e.back(header, again, expr.span)
    e.here(done)
    e.move(held, dst, expr.span)


def _fence(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    """Under sequential consistency a fence does nothing."""


def _same(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    e.expression(expr.arguments[0], dst)


def _failing(kind: str, wanted: bool) -> Meaning:
    """A check that is violated unless the condition is ``wanted``."""

    def emit(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
        e.expression(expr.arguments[0], dst)

        def check(w: Work) -> None:
            if truth(w.registers[dst]) is not wanted:
                raise Violated(kind)

        e.local(check, expr.span, (dst,))

    return emit


def _bug(e: Emitter, expr: p.CallPrimitive, _: int) -> None:
    def fail(_: Work) -> None:
        raise Violated("bug-on")

    e.local(fail, expr.span)


def _assume(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    e.expression(expr.arguments[0], dst)

    def check(w: Work) -> None:
        if not truth(w.registers[dst]):
            w.status = STOPPED

    e.local(check, expr.span, (dst,))


_READS = "READ_ONCE rcu_dereference rcu_access_pointer data_race smp_load_acquire"
_WRITES = "WRITE_ONCE rcu_assign_pointer smp_store_mb smp_store_release"
_FENCES = (
    "smp_mb smp_rmb smp_wmb barrier smp_mb__before_atomic smp_mb__after_atomic "
    "smp_mb__after_spinlock smp_mb__after_unlock_lock smp_mb__after_srcu_read_unlock cpu_relax"
)
_WARNINGS = "WARN_ON WARN_ON_ONCE VM_WARN_ON VM_WARN_ON_ONCE"


def _meanings() -> Mapping[str, Meaning]:
    table: dict[str, Meaning] = {}
    for names, meaning in (
        (_READS, _read),
        (_WRITES, _write),
        ("smp_cond_load_acquire smp_cond_load_relaxed", _until),
        ("atomic_cond_read_acquire atomic_cond_read_relaxed", _until),
        (_FENCES, _fence),
        ("likely unlikely", _same),
        ("assert", _failing("assert", True)),
        ("BUG_ON VM_BUG_ON", _failing("bug-on", False)),
        (_WARNINGS, _failing("warn-on", False)),
        ("BUG", _bug),
        ("assume", _assume),
    ):
        table.update((name, meaning) for name in names.split())
    for family in (
        ATOMICS,
        LAST_PUTS,
        EXCHANGES,
        lock_calls.LOCK_CALLS,
        contexts.CONTEXTS,
        srcu_calls.SRCU_CALLS,
        lifetimes.LIFETIMES,
    ):
        table.update(family)
    return MappingProxyType(table)


MEANINGS = _meanings()
"""How each primitive is compiled, by name."""
