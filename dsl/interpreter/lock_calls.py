"""Compiling the lock primitives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dsl import protocol as p
from dsl.interpreter import locks, memory, sections
from dsl.interpreter.code import Label, Op
from dsl.interpreter.emit import Emitter
from dsl.interpreter.values import Violated, truth
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


def _acquire(lock_kind: str, mode: str, context: str = "") -> Meaning:
    """A blocking acquisition."""

    def meaning(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
        e.expression(expr.arguments[0], dst)
        _before(e, expr, context)
        _blocking(e, expr, dst, lock_kind, mode)

    return meaning


def _before(e: Emitter, expr: p.CallPrimitive, context: str) -> None:
    """What goes off before the lock is taken."""
    if context == "irq":
        irq_off(e, expr)
    elif context == "irqsave":
        irq_save(e, expr, expr.arguments[1])
    elif context == "bh":
        bh_off(e, expr)


def _after(e: Emitter, expr: p.CallPrimitive, context: str, dst: int) -> None:
    """What comes on again after the lock is given back; ``dst`` is free."""
    if context == "irq":
        irq_on(e, expr)
    elif context == "irqsave":
        irq_restore(e, expr, expr.arguments[1], dst)
    elif context == "bh":
        bh_on(e, expr)


def _blocking(e: Emitter, expr: p.CallPrimitive, dst: int, lock_kind: str, mode: str) -> None:
    """Takes the lock at ``dst``; a request that others can notice is a step of its own."""
    kind = _kind(e, lock_kind)
    subclass = 0
    if expr.primitive.endswith("_nested"):
        level = expr.arguments[-1]
        assert isinstance(level, p.Constant)
        subclass = level.value
    if lock_kind in locks.QUEUED:
        e.shared(
            lambda w, _: locks.request(w, w.registers[dst], kind, lock_kind, mode),
            expr.span,
            f"{expr.primitive} (request)",
            reads=(dst,),
        )
        if lock_kind == "rwlock" and mode == "r":
            e.code.ops[-1].local_if = locks.in_interrupt
    e.shared(
        lambda w, _: locks.grant(
            w, w.registers[dst], kind, lock_kind, mode, subclass, comes=e.sections or e.interrupts
        ),
        expr.span,
        expr.primitive,
        choices=lambda w: locks.grant_choices(w, w.registers[dst], kind, lock_kind, mode),
        blockers=lambda w: locks.grant_blockers(w, w.registers[dst], kind, lock_kind, mode),
        reads=(dst,),
    )


def _killable(lock_kind: str, mode: str) -> Meaning:
    """A signal may end it at once, with -EINTR (-4); otherwise an acquisition, and 0."""

    def meaning(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
        kind, end = _kind(e, lock_kind), Label()
        e.expression(expr.arguments[0], dst)
        result = e.use(dst + 1)

        def signal(w: Work, choice: int) -> None:
            w.registers[result] = -4 if choice else 0
            if choice:
                locks.give_up(w, w.registers[dst], kind)
                w.note = "killed"
                w.pc = end.position

        op = Op(signal, expr.span, f"{expr.primitive} (signal)", shared=True, targets=(end,))
        op.choices, op.reads, op.writes = (lambda _: (0, 1)), (dst,), result
        e.add(op)
        _blocking(e, expr, dst, lock_kind, mode)
        e.here(end)
        e.move(result, dst, expr.span)

    return meaning


def _release(lock_kind: str, mode: str, context: str = "") -> Meaning:
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
                lambda w, _: memory.touch(w, w.registers[dst], kind),
                expr.span,
                expr.primitive,
                reads=(dst,),
            )
        _after(e, expr, context, dst)

    return meaning


def _try(lock_kind: str, mode: str, context: str = "") -> Meaning:
    def meaning(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
        kind = _kind(e, lock_kind)
        e.expression(expr.arguments[0], dst)
        if lock_kind == "mutex":
            e.local(sections.must_be_task, expr.span)
        _before(e, expr, context)

        def run(w: Work, choice: int) -> None:
            ref = w.registers[dst]
            w.registers[dst] = locks.try_lock(w, ref, kind, lock_kind, mode, choice)
            w.note = "succeeds" if choice else "fails"

        e.shared(
            run,
            expr.span,
            expr.primitive,
            choices=lambda w: locks.try_choices(w, w.registers[dst], kind, lock_kind, mode),
            lasting=lambda w: locks.try_lasting(w, w.registers[dst], kind, lock_kind, mode),
            reads=(dst,),
            writes=dst,
        )
        if context:
            end = Label()
            e.jump_if(True, dst, end, expr.span)
            _after(e, expr, context, dst + 1)
            e.here(end)

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


def _downgrade(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    kind = _kind(e, "rwsem")
    e.expression(expr.arguments[0], dst)
    e.shared(
        lambda w, _: locks.downgrade(w, w.registers[dst], kind),
        expr.span,
        expr.primitive,
        reads=(dst,),
    )


def _asserts(holds: Callable[[Work, int], bool], wanted: bool) -> Meaning:
    """A claim of the actor about itself; ``holds`` is asked with the register of the argument."""

    def meaning(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
        for argument in expr.arguments:
            e.expression(argument, dst)

        def check(w: Work) -> None:
            if holds(w, dst) is not wanted:
                raise Violated("lockdep-assert")

        e.local(check, expr.span, (dst,) if expr.arguments else ())

    return meaning


def _holding(mode: str) -> Callable[[Work, int], bool]:
    return lambda w, register: locks.holds(w, w.registers[register], mode)


def _assertions() -> Mapping[str, Meaning]:
    return {
        "lockdep_assert_held": _asserts(_holding(""), True),
        "lockdep_assert_held_read": _asserts(_holding("r"), True),
        "lockdep_assert_held_write": _asserts(_holding("w"), True),
        "lockdep_assert_not_held": _asserts(_holding(""), False),
        "lockdep_assert_irqs_disabled": _asserts(lambda w, _: w.irqs_off, True),
        "lockdep_assert_irqs_enabled": _asserts(lambda w, _: w.irqs_off, False),
        "lockdep_assert_preemption_disabled": _asserts(lambda w, _: sections.stays(w), True),
        "lockdep_assert_preemption_enabled": _asserts(lambda w, _: sections.stays(w), False),
    }


def _lock_calls() -> Mapping[str, Meaning]:
    table: dict[str, Meaning] = dict(_assertions())
    table["downgrade_write"] = _downgrade
    for prefix, lock_kind, mode in (
        ("spin", "spinlock", "w"),
        ("read", "rwlock", "r"),
        ("write", "rwlock", "w"),
    ):
        for suffix, context in (("", ""), ("_irq", "irq"), ("_bh", "bh")):
            table[f"{prefix}_lock{suffix}"] = _acquire(lock_kind, mode, context)
            table[f"{prefix}_unlock{suffix}"] = _release(lock_kind, mode, context)
        table[f"{prefix}_lock_irqsave"] = _acquire(lock_kind, mode, "irqsave")
        table[f"{prefix}_unlock_irqrestore"] = _release(lock_kind, mode, "irqsave")
    table["spin_lock_nested"] = _acquire("spinlock", "w")
    table["spin_lock_bh_nested"] = _acquire("spinlock", "w", "bh")
    table["spin_lock_irqsave_nested"] = _acquire("spinlock", "w", "irqsave")
    table["write_lock_nested"] = _acquire("rwlock", "w")
    for context in ("irq", "irqsave", "bh"):
        table[f"spin_trylock_{context}"] = _try("spinlock", "w", context)
    for name, lock_kind, mode in (
        ("mutex_lock", "mutex", "w"),
        ("down_read", "rwsem", "r"),
        ("down_write", "rwsem", "w"),
    ):
        table[name] = table[f"{name}_nested"] = _acquire(lock_kind, mode)
        table[f"{name}_killable"] = table[f"{name}_killable_nested"] = _killable(lock_kind, mode)
    table["mutex_unlock"] = _release("mutex", "w")
    table["folio_lock"] = _acquire("folio", "w")
    table["folio_lock_killable"] = _killable("folio", "w")
    table["folio_unlock"] = _release("folio", "w")
    for name, mode in (("read", "r"), ("write", "w")):
        table[f"{name}_trylock"] = _try("rwlock", mode)
        table[f"up_{name}"] = _release("rwsem", mode)
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
