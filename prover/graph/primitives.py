"""What each primitive of :data:`dsl.primitives.PRIMITIVES` means, as instructions.

One table by name; its larger parts are in ``primitives_atomic``, ``primitives_bits``,
``primitives_deferred``, ``primitives_last_put`` and ``primitives_lock``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dsl import protocol as p
from prover.graph import expressions as ex
from prover.graph.context import Meaning, Scope
from prover.graph.ir import (
    Alloc,
    Assume,
    Enter,
    Expr,
    Fence,
    Free,
    GraceWait,
    Instr,
    IrqsDisabled,
    Leave,
    Mark,
    MightSleep,
    Origin,
    RcuBarrier,
    Reg,
    SetIrq,
)
from prover.graph.lower_expr import behind, condition, stable, value
from prover.graph.order import LOOP
from prover.graph.places import local_place, read, write
from prover.graph.primitives_atomic import atomic_meanings
from prover.graph.primitives_bits import bit_meanings
from prover.graph.primitives_deferred import call_rcu, kfree_rcu, smp_call_function
from prover.graph.primitives_last_put import last_put_meanings
from prover.graph.primitives_lock import lock_meanings, saved_flags
from prover.graph.primitives_refcount import refcount_meanings
from prover.graph.primitives_srcu import srcu_meanings
from prover.graph.task_state import SLEEPING, awake, normal_state_change


def meanings() -> dict[str, Meaning]:
    """The meaning of every primitive, by name."""
    rows: tuple[Iterator[tuple[str, Meaning]], ...] = (
        _access(),
        atomic_meanings(),
        bit_meanings(),
        refcount_meanings(),
        _barriers(),
        lock_meanings(),
        _rcu(),
        srcu_meanings(),
        _context(),
        _memory(),
        _checks(),
    )
    known = {
        name: awake(meaning) if name in SLEEPING else meaning
        for group in rows
        for name, meaning in group
    }
    return known | dict(last_put_meanings(known))


# --- access -----------------------------------------------------------------------------


def _reading(order: str) -> Meaning:
    """Reads the place that the argument points at."""

    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        found = read(scope, behind(scope, call.arguments[0]), order, call.span)
        assert isinstance(found, ex.EXPRESSIONS), "no place holds the address of a local"
        return found

    return meaning


def _writing(order: str) -> Meaning:
    """Writes the second argument to the place that the first points at."""

    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        pointer, new = call.arguments
        place = stable(scope, behind(scope, pointer), (new,), pointer.span)
        write(scope, place, value(scope, new), order, call.span)
        return ex.ZERO

    return meaning


def _assign_pointer(scope: Scope, call: p.CallPrimitive) -> Expr:
    """A release; WRITE_ONCE() of a constant NULL (include/linux/rcupdate.h), whose order nobody is
    to rely on.
    """
    lvalue, new = call.arguments
    place = stable(scope, behind(scope, lvalue), (new,), lvalue.span)
    stored = value(scope, new)
    write(scope, place, stored, "once" if stored == ex.ZERO else "release", call.span)
    return ex.ZERO


def _waiting(order: str) -> Meaning:
    """Reads the place that the first argument points at until the second holds."""

    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        pointer, until, holder = call.arguments
        assert isinstance(holder, p.Assign) and isinstance(holder.target, p.LocalPlace)
        place = stable(scope, behind(scope, pointer), (until,), pointer.span)
        held = local_place(scope, holder.target.local)
        head, done = scope.builder.name("until"), scope.builder.name("done")
        scope.builder.start_entered(head)
        scope.builder.emit(Mark(scope.owner, LOOP, scope.origin(call.span)))
        write(scope, held, read(scope, place, order, call.span), "plain", call.span)
        condition(scope, until, done, head)
        scope.builder.start(done)
        found = read(scope, held, "plain", call.span)
        assert isinstance(found, ex.EXPRESSIONS), "no place holds the address of a local"
        return found

    return meaning


def _access() -> Iterator[tuple[str, Meaning]]:
    for name in ("READ_ONCE", "rcu_dereference", "rcu_access_pointer"):
        yield name, _reading("once")
    yield "data_race", _reading("racy")
    yield "smp_load_acquire", _reading("acquire")
    for base in ("smp_cond_load", "atomic_cond_read"):
        yield f"{base}_acquire", _waiting("acquire")
        yield f"{base}_relaxed", _waiting("once")
    yield "WRITE_ONCE", _writing("once")
    yield "smp_store_release", _writing("release")
    yield "rcu_assign_pointer", _assign_pointer
    yield "smp_store_mb", _writing("mb")


# --- one instruction without operands -------------------------------------------------------


def _plain(make: Callable[[Origin], Instr]) -> Meaning:
    """One instruction that needs nothing but its origin."""

    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        scope.builder.emit(make(scope.origin(call.span)))
        return ex.ZERO

    return meaning


def _fence(kind: str) -> Meaning:
    return _plain(lambda origin: Fence(kind, origin))


def _barriers() -> Iterator[tuple[str, Meaning]]:
    for kind in (
        "smp_mb",
        "smp_rmb",
        "smp_wmb",
        "barrier",
        "smp_mb__before_atomic",
        "smp_mb__after_atomic",
        "smp_mb__after_spinlock",
        "smp_mb__after_unlock_lock",
        "smp_mb__after_srcu_read_unlock",
    ):
        yield kind, _fence(kind)


def _rcu() -> Iterator[tuple[str, Meaning]]:
    yield "rcu_read_lock", _plain(lambda origin: Enter("rcu", origin))
    yield "rcu_read_unlock", _plain(lambda origin: Leave("rcu", origin))
    yield "synchronize_rcu", _plain(GraceWait)
    yield "synchronize_rcu_expedited", _plain(GraceWait)
    yield "rcu_barrier", _plain(RcuBarrier)
    yield "call_rcu", call_rcu
    yield "kfree_rcu", kfree_rcu


def _context() -> Iterator[tuple[str, Meaning]]:
    yield "local_irq_disable", _plain(lambda origin: SetIrq(ex.ONE, "", False, origin))
    yield "local_irq_enable", _plain(lambda origin: SetIrq(ex.ZERO, "", True, origin))
    yield "local_irq_save", _irq_save
    yield "local_irq_restore", _irq_restore
    yield "preempt_disable", _plain(lambda origin: Enter("preempt", origin))
    yield "preempt_enable", _plain(lambda origin: Leave("preempt", origin))
    yield "local_bh_disable", _plain(lambda origin: Enter("bh", origin))
    yield "local_bh_enable", _plain(lambda origin: Leave("bh", origin))
    yield "might_sleep", _plain(MightSleep)
    yield "cond_resched", _plain(MightSleep)
    yield "debug_normal_state_change", normal_state_change
    yield "cpu_relax", _fence("barrier")
    yield "irqs_disabled", _irqs_disabled
    yield "smp_call_function", smp_call_function


def _irq_save(scope: Scope, call: p.CallPrimitive) -> Expr:
    flags = saved_flags(scope, call.arguments[0])
    scope.builder.emit(SetIrq(ex.ONE, flags.reg, False, scope.origin(call.span)))
    return ex.ZERO


def _irq_restore(scope: Scope, call: p.CallPrimitive) -> Expr:
    old = read(scope, saved_flags(scope, call.arguments[0]), "plain", call.arguments[0].span)
    assert isinstance(old, ex.EXPRESSIONS), "flags are a number"
    scope.builder.emit(SetIrq(old, "", True, scope.origin(call.span)))
    return ex.ZERO


def _irqs_disabled(scope: Scope, call: p.CallPrimitive) -> Expr:
    reg = scope.temporary()
    scope.builder.emit(IrqsDisabled(reg, scope.origin(call.span)))
    return Reg(reg)


# --- memory and checks ------------------------------------------------------------------------


def _memory() -> Iterator[tuple[str, Meaning]]:
    yield "alloc", _alloc
    yield "free", _free


def _alloc(scope: Scope, call: p.CallPrimitive) -> Expr:
    pool = call.arguments[0]
    assert isinstance(pool, p.PoolName), "alloc() takes a pool"
    reg = scope.temporary()
    scope.builder.emit(Alloc(reg, pool.name, scope.origin(call.span)))
    return Reg(reg)


def _free(scope: Scope, call: p.CallPrimitive) -> Expr:
    scope.builder.emit(Free(value(scope, call.arguments[0]), scope.origin(call.span)))
    return ex.ZERO


def _checks() -> Iterator[tuple[str, Meaning]]:
    yield "assert", _assert
    yield "assume", _assume
    for name in ("BUG_ON", "VM_BUG_ON"):
        yield name, _never("bug-on")
    yield "BUG", _bug
    for name in ("WARN_ON", "WARN_ON_ONCE", "VM_WARN_ON", "VM_WARN_ON_ONCE"):
        yield name, _never("warn-on")
    for name in ("likely", "unlikely"):
        yield name, _same


def _assert(scope: Scope, call: p.CallPrimitive) -> Expr:
    scope.check("assert", value(scope, call.arguments[0]), call.message, call.span)
    return ex.ZERO


def _assume(scope: Scope, call: p.CallPrimitive) -> Expr:
    scope.builder.emit(Assume(value(scope, call.arguments[0]), scope.origin(call.span)))
    return ex.ZERO


def _never(property_: str) -> Meaning:
    """The condition must not hold; the value is whether it does, for what branches on it waits."""

    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        found = value(scope, call.arguments[0])
        scope.check(property_, scope.apply("!", found), "", call.span)
        return scope.keep(scope.apply("bool", found), call.span)

    return meaning


def _bug(scope: Scope, call: p.CallPrimitive) -> Expr:
    scope.check("bug-on", ex.ZERO, "", call.span)
    return ex.ZERO


def _same(scope: Scope, call: p.CallPrimitive) -> Expr:
    return scope.apply("bool", value(scope, call.arguments[0]))
