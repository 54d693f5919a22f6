"""Locks: which lock, in which mode, and what happens to interrupts and softirqs around it."""

from __future__ import annotations

from collections.abc import Iterator

from dsl import protocol as p
from dsl.types import LockType, PointerType
from prover.graph import expressions as ex
from prover.graph.context import Meaning, Scope, Slot
from prover.graph.ir import (
    Acquire,
    Const,
    Enter,
    Expr,
    IsLocked,
    Leave,
    LockInit,
    Reg,
    Release,
    SetIrq,
    TryAcquire,
)
from prover.graph.lower_expr import place, value
from prover.graph.places import read

_INIT = ("spin_lock_init", "rwlock_init", "mutex_init", "init_rwsem")
_ACQUIRE = {
    "spin_lock": "exclusive",
    "read_lock": "shared",
    "write_lock": "exclusive",
    "mutex_lock": "exclusive",
    "down_read": "shared",
    "down_write": "exclusive",
    "folio_lock": "exclusive",
}
_NESTED = {
    "spin_lock_nested": "exclusive",
    "mutex_lock_nested": "exclusive",
    "down_read_nested": "shared",
    "down_write_nested": "exclusive",
}
_TRY = {
    "spin_trylock": "exclusive",
    "read_trylock": "shared",
    "write_trylock": "exclusive",
    "mutex_trylock": "exclusive",
    "down_read_trylock": "shared",
    "down_write_trylock": "exclusive",
    "folio_trylock": "exclusive",
}
_RELEASE = {
    "spin_unlock": "exclusive",
    "read_unlock": "shared",
    "write_unlock": "exclusive",
    "mutex_unlock": "exclusive",
    "up_read": "shared",
    "up_write": "exclusive",
    "folio_unlock": "exclusive",
}
_QUERY = ("spin_is_locked", "mutex_is_locked", "rwsem_is_locked", "folio_test_locked")


def lock_meanings() -> Iterator[tuple[str, Meaning]]:
    """The meanings of this module's primitives."""
    for name in _INIT:
        yield name, _init
    for name, mode in _ACQUIRE.items():
        yield name, _acquire(mode)
    for name, mode in _NESTED.items():
        yield name, _acquire(mode)
    for name, mode in _TRY.items():
        yield name, _try(mode)
    for name, mode in _RELEASE.items():
        yield name, _release(mode)
    for name in _QUERY:
        yield name, _query
    yield "spin_lock_irq", _lock_irq
    yield "spin_unlock_irq", _unlock_irq
    yield "spin_lock_irqsave", _lock_irqsave
    yield "spin_unlock_irqrestore", _unlock_irqrestore
    yield "spin_lock_bh", _lock_bh
    yield "spin_unlock_bh", _unlock_bh


def saved_flags(scope: Scope, address: p.Expr) -> Slot:
    """The local that keeps the interrupt state."""
    assert isinstance(address, p.AddressOf), "flags are a local"
    found = place(scope, address.place)
    assert isinstance(found, Slot), "flags are a local number"
    return found


def _lock(scope: Scope, call: p.CallPrimitive) -> tuple[Expr, str]:
    """The lock's address and kind."""
    pointer = call.arguments[0]
    assert isinstance(pointer.type, PointerType) and isinstance(pointer.type.to, LockType)
    return value(scope, pointer), pointer.type.to.kind


def _init(scope: Scope, call: p.CallPrimitive) -> Expr:
    address, kind = _lock(scope, call)
    scope.builder.emit(LockInit(address, kind, scope.origin(call.span)))
    return ex.ZERO


def _acquire(mode: str) -> Meaning:
    """Takes the lock; a second argument is the lockdep subclass."""

    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        address, kind = _lock(scope, call)
        nested = -1
        if len(call.arguments) > 1:
            subclass = value(scope, call.arguments[1])
            assert isinstance(subclass, Const) and isinstance(subclass.value, int)
            nested = subclass.value
        scope.builder.emit(Acquire(address, kind, mode, nested, scope.origin(call.span)))
        return ex.ZERO

    return meaning


def _try(mode: str) -> Meaning:
    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        address, kind = _lock(scope, call)
        reg = scope.temporary()
        scope.builder.emit(TryAcquire(reg, address, kind, mode, scope.origin(call.span)))
        return Reg(reg)

    return meaning


def _release(mode: str) -> Meaning:
    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        address, kind = _lock(scope, call)
        scope.builder.emit(Release(address, kind, mode, scope.origin(call.span)))
        return ex.ZERO

    return meaning


def _query(scope: Scope, call: p.CallPrimitive) -> Expr:
    address, kind = _lock(scope, call)
    reg = scope.temporary()
    scope.builder.emit(IsLocked(reg, address, kind, scope.origin(call.span)))
    return Reg(reg)


# --- with interrupts or softirqs: off before the lock is taken, on after it is released ----------


def _lock_irq(scope: Scope, call: p.CallPrimitive) -> Expr:
    address, kind = _lock(scope, call)
    origin = scope.origin(call.span)
    scope.builder.emit(SetIrq(ex.ONE, "", False, origin))
    scope.builder.emit(Acquire(address, kind, "exclusive", -1, origin))
    return ex.ZERO


def _unlock_irq(scope: Scope, call: p.CallPrimitive) -> Expr:
    address, kind = _lock(scope, call)
    origin = scope.origin(call.span)
    scope.builder.emit(Release(address, kind, "exclusive", origin))
    scope.builder.emit(SetIrq(ex.ZERO, "", True, origin))
    return ex.ZERO


def _lock_irqsave(scope: Scope, call: p.CallPrimitive) -> Expr:
    address, kind = _lock(scope, call)
    flags = saved_flags(scope, call.arguments[1])
    origin = scope.origin(call.span)
    scope.builder.emit(SetIrq(ex.ONE, flags.reg, False, origin))
    scope.builder.emit(Acquire(address, kind, "exclusive", -1, origin))
    return ex.ZERO


def _unlock_irqrestore(scope: Scope, call: p.CallPrimitive) -> Expr:
    address, kind = _lock(scope, call)
    old = read(scope, saved_flags(scope, call.arguments[1]), "plain", call.arguments[1].span)
    assert isinstance(old, ex.EXPRESSIONS), "flags are a number"
    origin = scope.origin(call.span)
    scope.builder.emit(Release(address, kind, "exclusive", origin))
    scope.builder.emit(SetIrq(old, "", False, origin))
    return ex.ZERO


def _lock_bh(scope: Scope, call: p.CallPrimitive) -> Expr:
    address, kind = _lock(scope, call)
    origin = scope.origin(call.span)
    scope.builder.emit(Enter("bh", origin))
    scope.builder.emit(Acquire(address, kind, "exclusive", -1, origin))
    return ex.ZERO


def _unlock_bh(scope: Scope, call: p.CallPrimitive) -> Expr:
    address, kind = _lock(scope, call)
    origin = scope.origin(call.span)
    scope.builder.emit(Release(address, kind, "exclusive", origin))
    scope.builder.emit(Leave("bh", origin))
    return ex.ZERO
