"""Locks: which lock, in which mode, and what happens to interrupts and softirqs around it."""

from __future__ import annotations

from collections.abc import Iterator

from dsl import protocol as p
from dsl.types import LockType, PointerType
from prover.graph import expressions as ex
from prover.graph.context import Meaning, Scope, Slot
from prover.graph.ir import (
    Acquire,
    Assign,
    Const,
    Downgrade,
    Enter,
    Expr,
    Havoc,
    Holds,
    IrqsDisabled,
    IsLocked,
    Leave,
    LockInit,
    MightSleep,
    Origin,
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
    "write_lock_nested": "exclusive",
    "mutex_lock_nested": "exclusive",
    "down_read_nested": "shared",
    "down_write_nested": "exclusive",
}
_KILLABLE = {
    "mutex_lock_killable": "exclusive",
    "mutex_lock_killable_nested": "exclusive",
    "down_read_killable": "shared",
    "down_read_killable_nested": "shared",
    "down_write_killable": "exclusive",
    "down_write_killable_nested": "exclusive",
    "folio_lock_killable": "exclusive",
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

_ASSERTED = {
    "lockdep_assert_held": ("any", True),
    "lockdep_assert_held_read": ("shared", True),
    "lockdep_assert_held_write": ("exclusive", True),
    "lockdep_assert_not_held": ("any", False),
}
"""Of each assertion the mode it asks about, and whether the lock must be held so."""

_EINTR = 4


def lock_meanings() -> Iterator[tuple[str, Meaning]]:
    """The meanings of this module's primitives."""
    for name in _INIT:
        yield name, _init
    for name, mode in (_ACQUIRE | _NESTED).items():
        yield name, _acquire(mode)
    for name, mode in _KILLABLE.items():
        yield name, _killable(mode)
    for name, mode in _TRY.items():
        yield name, _try(mode)
    for name, mode in _RELEASE.items():
        yield name, _release(mode)
    for name in _QUERY:
        yield name, _query
    yield "downgrade_write", _downgrade
    for name, (mode, wanted) in _ASSERTED.items():
        yield name, _assert_held(mode, wanted)
    for name, wanted in (("disabled", True), ("enabled", False)):
        yield f"lockdep_assert_irqs_{name}", _assert_off("interrupts are", wanted)
        stays = _assert_off("preemption is", wanted, or_preemption=True)
        yield f"lockdep_assert_preemption_{name}", stays
    for prefix, mode in (("spin", "exclusive"), ("read", "shared"), ("write", "exclusive")):
        for suffix, region in (("_irq", _Irq), ("_bh", _Bh)):
            yield f"{prefix}_lock{suffix}", _acquire(mode, region)
            yield f"{prefix}_unlock{suffix}", _release(mode, region)
        yield f"{prefix}_lock_irqsave", _acquire(mode, _Saved)
        yield f"{prefix}_unlock_irqrestore", _release(mode, _Saved)
    yield "spin_lock_irqsave_nested", _acquire("exclusive", _Saved)
    yield "spin_lock_bh_nested", _acquire("exclusive", _Bh)
    yield "spin_trylock_irq", _try("exclusive", _Irq)
    yield "spin_trylock_bh", _try("exclusive", _Bh)
    yield "spin_trylock_irqsave", _try("exclusive", _Saved)


# --- what happens to interrupts and softirqs around a lock ---------------------------------


class _Open:
    """Nothing happens to them."""

    def __init__(self, scope: Scope, call: p.CallPrimitive) -> None:
        self.scope, self.call = scope, call
        self.origin = scope.origin(call.span)

    def enter(self) -> None:
        """Before the lock is taken."""

    def leave(self) -> None:
        """After it is released, or was not got."""


class _Irq(_Open):
    """Interrupts off before, on after."""

    def enter(self) -> None:
        self.scope.builder.emit(SetIrq(ex.ONE, "", False, self.origin))

    def leave(self) -> None:
        self.scope.builder.emit(SetIrq(ex.ZERO, "", True, self.origin))


class _Saved(_Open):
    """Interrupts off before, as they were after."""

    def enter(self) -> None:
        flags = saved_flags(self.scope, self.call.arguments[1])
        self.scope.builder.emit(SetIrq(ex.ONE, flags.reg, False, self.origin))

    def leave(self) -> None:
        address = self.call.arguments[1]
        old = read(self.scope, saved_flags(self.scope, address), "plain", address.span)
        assert isinstance(old, ex.EXPRESSIONS), "flags are a number"
        self.scope.builder.emit(SetIrq(old, "", True, self.origin))


class _Bh(_Open):
    """Softirqs off before, on after."""

    def enter(self) -> None:
        self.scope.builder.emit(Enter("bh", self.origin))

    def leave(self) -> None:
        self.scope.builder.emit(Leave("bh", self.origin))


def saved_flags(scope: Scope, address: p.Expr) -> Slot:
    """The local that keeps the interrupt state."""
    assert isinstance(address, p.AddressOf), "flags are a local"
    found = place(scope, address.place)
    assert isinstance(found, Slot), "flags are a local number"
    return found


# --- locks -------------------------------------------------------------------------------


def _lock(scope: Scope, call: p.CallPrimitive) -> tuple[Expr, str]:
    """The lock's address and kind."""
    pointer = call.arguments[0]
    assert isinstance(pointer.type, PointerType) and isinstance(pointer.type.to, LockType)
    return value(scope, pointer), pointer.type.to.kind


def _init(scope: Scope, call: p.CallPrimitive) -> Expr:
    address, kind = _lock(scope, call)
    scope.builder.emit(LockInit(address, kind, scope.origin(call.span)))
    return ex.ZERO


def _subclass(scope: Scope, call: p.CallPrimitive) -> int:
    """The lockdep subclass of a ``_nested`` call, its last argument; -1 for a plain call."""
    if not call.primitive.endswith("_nested"):
        return -1
    subclass = value(scope, call.arguments[-1])
    assert isinstance(subclass, Const) and isinstance(subclass.value, int)
    return subclass.value


def _acquire(mode: str, region: type[_Open] = _Open) -> Meaning:
    """Takes the lock."""

    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        address, kind = _lock(scope, call)
        origin = scope.origin(call.span)
        region(scope, call).enter()
        scope.builder.emit(Acquire(address, kind, mode, _subclass(scope, call), origin))
        return ex.ZERO

    return meaning


def _killable(mode: str) -> Meaning:
    """Takes the lock and gives 0, or looks at it and gives -EINTR."""

    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        address, kind = _lock(scope, call)
        address = scope.keep(address, call.arguments[0].span)
        origin = scope.origin(call.span)
        builder = scope.builder
        killed, result = scope.temporary(), scope.temporary()
        gone, waits, done = (builder.name(n) for n in ("killed", "waits", "join"))
        builder.emit(Havoc(killed, 0, 1, origin))
        builder.branch(Reg(killed), gone, waits)
        builder.start(gone)
        builder.emit(MightSleep(origin))
        builder.emit(IsLocked(scope.temporary(), address, kind, origin))
        _give(scope, result, -_EINTR, done, origin)
        builder.start(waits)
        builder.emit(Acquire(address, kind, mode, _subclass(scope, call), origin))
        _give(scope, result, 0, done, origin)
        builder.start(done)
        return Reg(result)

    return meaning


def _give(scope: Scope, reg: str, number: int, done: str, origin: Origin) -> None:
    """One of the values a call may have; control goes on at ``done``."""
    scope.builder.emit(Assign(reg, Const(number), origin))
    scope.builder.jump(done)


def _try(mode: str, region: type[_Open] = _Open) -> Meaning:
    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        address, kind = _lock(scope, call)
        builder = scope.builder
        around = region(scope, call)
        around.enter()
        reg = scope.temporary()
        builder.emit(TryAcquire(reg, address, kind, mode, scope.origin(call.span)))
        if region is not _Open:
            refused, done = builder.name("refused"), builder.name("join")
            builder.branch(Reg(reg), done, refused)
            builder.start(refused)
            around.leave()
            builder.jump(done)
            builder.start(done)
        return Reg(reg)

    return meaning


def _release(mode: str, region: type[_Open] = _Open) -> Meaning:
    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        address, kind = _lock(scope, call)
        around = region(scope, call)
        scope.builder.emit(Release(address, kind, mode, scope.origin(call.span)))
        around.leave()
        return ex.ZERO

    return meaning


def _query(scope: Scope, call: p.CallPrimitive) -> Expr:
    address, kind = _lock(scope, call)
    reg = scope.temporary()
    scope.builder.emit(IsLocked(reg, address, kind, scope.origin(call.span)))
    return Reg(reg)


def _downgrade(scope: Scope, call: p.CallPrimitive) -> Expr:
    address, kind = _lock(scope, call)
    scope.builder.emit(Downgrade(address, kind, scope.origin(call.span)))
    return ex.ZERO


def _assert_held(mode: str, wanted: bool) -> Meaning:
    """What this thread holds is as it says; the lock itself is not touched."""

    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        address, kind = _lock(scope, call)
        reg = scope.temporary()
        scope.builder.emit(Holds(reg, address, kind, mode, scope.origin(call.span)))
        kind_of = {"shared": " for reading", "exclusive": " for writing"}.get(mode, "")
        said = f"the lock is not held{kind_of} here" if wanted else "the lock is held here"
        _claimed(scope, Reg(reg), wanted, said, call)
        return ex.ZERO

    return meaning


def _assert_off(what: str, wanted: bool, *, or_preemption: bool = False) -> Meaning:
    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        reg = scope.temporary()
        scope.builder.emit(IrqsDisabled(reg, scope.origin(call.span), or_preemption))
        said = f"{what} {'on' if wanted else 'off'} here"
        _claimed(scope, Reg(reg), wanted, said, call)
        return ex.ZERO

    return meaning


def _claimed(scope: Scope, fact: Expr, wanted: bool, said: str, call: p.CallPrimitive) -> None:
    """The check that a fact is as wanted; ``said`` is what is so where it is not."""
    condition = fact if wanted else scope.apply("!", fact)
    scope.check("lockdep-assert", condition, said, call.span)
