"""Compiling the lock primitives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dsl import protocol as p
from dsl.interpreter import locks, sections
from dsl.interpreter.emit import Emitter
from dsl.interpreter.values import truth
from dsl.interpreter.work import Work
from dsl.types import LockType

Meaning = Callable[[Emitter, p.CallPrimitive, int], None]


def _kind(e: Emitter, lock_kind: str) -> int:
    return e.layout.kind(LockType(lock_kind))


def flags_register(e: Emitter, expr: p.Expr) -> int:
    """The register of the local that keeps the interrupt state."""
    assert isinstance(expr, p.AddressOf) and isinstance(expr.place, p.LocalPlace)
    return e.register(expr.place.local)


def irq_off(e: Emitter, expr: p.CallPrimitive) -> None:
    """Interrupts off, from now on."""
    e.region(sections.irq_disable, expr.span, expr.primitive, irq=True, inside=lambda w: w.irqs_off)


def irq_on(e: Emitter, expr: p.CallPrimitive) -> None:
    """Interrupts on; a violation if they are."""
    e.region(
        sections.irq_enable, expr.span, expr.primitive, irq=True, inside=lambda w: not w.irqs_off
    )


def irq_save(e: Emitter, expr: p.CallPrimitive, flags: p.Expr) -> None:
    """Interrupts off, and what they were in ``flags``."""
    e.compute(lambda w: int(w.irqs_off), flags_register(e, flags), expr.span)
    irq_off(e, expr)


def irq_restore(e: Emitter, expr: p.CallPrimitive, flags: p.Expr, dst: int) -> None:
    """Interrupts as ``flags`` says."""
    assert isinstance(flags, p.AddressOf)
    e.expression(p.Read(flags.place, flags.place.type, expr.span), dst)
    e.region(
        lambda w: sections.irq_set(w, off=truth(w.registers[dst])),
        expr.span,
        expr.primitive,
        irq=True,
        inside=lambda w: not w.irqs_off or truth(w.registers[dst]),
    )
    e.code.ops[-1].reads = (dst,)


def bh_off(e: Emitter, expr: p.CallPrimitive) -> None:
    """Softirqs off; nests."""
    e.region(sections.bh_disable, expr.span, expr.primitive, irq=False, inside=lambda w: w.bh > 0)


def bh_on(e: Emitter, expr: p.CallPrimitive) -> None:
    """Softirqs on again at the outermost."""
    e.region(sections.bh_enable, expr.span, expr.primitive, irq=False, inside=lambda w: w.bh != 1)


def _acquire(lock_kind: str, mode: str, context: str) -> Meaning:
    """A blocking acquisition; a sleeping lock's request is a step of its own."""

    def meaning(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
        kind = _kind(e, lock_kind)
        e.expression(expr.arguments[0], dst)
        subclass = 0
        if context == "nested":
            level = expr.arguments[1]
            assert isinstance(level, p.Constant)
            subclass = level.value
        if context == "irq":
            irq_off(e, expr)
        elif context == "irqsave":
            irq_save(e, expr, expr.arguments[1])
        elif context == "bh":
            bh_off(e, expr)
        if lock_kind in locks.QUEUED:
            e.shared(
                lambda w, _: locks.request(w, w.registers[dst], kind, lock_kind, mode),
                expr.span,
                f"{expr.primitive} (request)",
                reads=(dst,),
            )
        e.shared(
            lambda w, _: locks.grant(w, w.registers[dst], kind, lock_kind, mode, subclass),
            expr.span,
            expr.primitive,
            choices=lambda w: locks.grant_choices(w, w.registers[dst], kind, lock_kind, mode),
            blockers=lambda w: locks.grant_blockers(w, w.registers[dst], kind, lock_kind, mode),
            reads=(dst,),
        )

    return meaning


def _release(lock_kind: str, mode: str, context: str) -> Meaning:
    def meaning(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
        kind = _kind(e, lock_kind)
        e.expression(expr.arguments[0], dst)
        e.shared(
            lambda w, _: locks.release(w, w.registers[dst], kind, lock_kind, mode),
            expr.span,
            expr.primitive,
            reads=(dst,),
        )
        if lock_kind == "mutex":
            # mutex-design.rst: the unlock may touch the lock after it has let it go.
            e.shared(
                lambda w, _: locks.touch(w, w.registers[dst], kind),
                expr.span,
                expr.primitive,
                reads=(dst,),
            )
        if context == "irq":
            irq_on(e, expr)
        elif context == "irqsave":
            irq_restore(e, expr, expr.arguments[1], dst)
        elif context == "bh":
            bh_on(e, expr)

    return meaning


def _try(lock_kind: str, mode: str) -> Meaning:
    def meaning(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
        kind = _kind(e, lock_kind)
        e.expression(expr.arguments[0], dst)

        def run(w: Work, choice: int) -> None:
            ref = w.registers[dst]
            w.registers[dst] = locks.try_lock(w, ref, kind, lock_kind, mode, choice)
            w.note = "succeeds" if choice else "fails"

        e.shared(
            run,
            expr.span,
            expr.primitive,
            choices=lambda w: locks.try_choices(w, w.registers[dst], kind, lock_kind, mode),
            reads=(dst,),
            writes=dst,
        )

    return meaning


def _init(lock_kind: str) -> Meaning:
    def meaning(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
        kind = _kind(e, lock_kind)
        e.expression(expr.arguments[0], dst)
        e.shared(
            lambda w, _: locks.initialize(w, w.registers[dst], kind),
            expr.span,
            expr.primitive,
            reads=(dst,),
        )

    return meaning


def _is_locked(lock_kind: str) -> Meaning:
    def meaning(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
        kind = _kind(e, lock_kind)
        e.expression(expr.arguments[0], dst)

        def run(w: Work, _: int) -> None:
            w.registers[dst] = locks.is_locked(w, w.registers[dst], kind)

        e.shared(run, expr.span, expr.primitive, reads=(dst,), writes=dst)

    return meaning


def _lock_calls() -> Mapping[str, Meaning]:
    table: dict[str, Meaning] = {}
    for suffix, context in (("", ""), ("_irq", "irq"), ("_bh", "bh")):
        table[f"spin_lock{suffix}"] = _acquire("spinlock", "w", context)
        table[f"spin_unlock{suffix}"] = _release("spinlock", "w", context)
    table["spin_lock_irqsave"] = _acquire("spinlock", "w", "irqsave")
    table["spin_unlock_irqrestore"] = _release("spinlock", "w", "irqsave")
    table["spin_lock_nested"] = _acquire("spinlock", "w", "nested")
    table["mutex_lock"] = _acquire("mutex", "w", "")
    table["mutex_unlock"] = _release("mutex", "w", "")
    table["mutex_lock_nested"] = _acquire("mutex", "w", "nested")
    table["folio_lock"] = _acquire("folio", "w", "")
    table["folio_unlock"] = _release("folio", "w", "")
    for name, mode in (("read", "r"), ("write", "w")):
        table[f"{name}_lock"] = _acquire("rwlock", mode, "")
        table[f"{name}_unlock"] = _release("rwlock", mode, "")
        table[f"{name}_trylock"] = _try("rwlock", mode)
        table[f"down_{name}"] = _acquire("rwsem", mode, "")
        table[f"up_{name}"] = _release("rwsem", mode, "")
        table[f"down_{name}_nested"] = _acquire("rwsem", mode, "nested")
        table[f"down_{name}_trylock"] = _try("rwsem", mode)
    for name, lock_kind in (("spin", "spinlock"), ("mutex", "mutex"), ("folio", "folio")):
        table[f"{name}_trylock"] = _try(lock_kind, "w")
        asked = "folio_test_locked" if name == "folio" else f"{name}_is_locked"
        table[asked] = _is_locked(lock_kind)
    table["rwsem_is_locked"] = _is_locked("rwsem")
    for name, lock_kind in (
        ("spin_lock_init", "spinlock"),
        ("rwlock_init", "rwlock"),
        ("mutex_init", "mutex"),
        ("init_rwsem", "rwsem"),
    ):
        table[name] = _init(lock_kind)
    return MappingProxyType(table)


LOCK_CALLS = _lock_calls()
"""How each lock primitive is compiled."""
