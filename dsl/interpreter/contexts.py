"""Compiling RCU, interrupt and preemption primitives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dsl import protocol as p
from dsl.interpreter import lock_calls, sections
from dsl.interpreter.emit import Emitter
from dsl.interpreter.state import Frame
from dsl.interpreter.values import UNSET, truth
from dsl.interpreter.work import Work
from dsl.types import RcuHeadType

Meaning = Callable[[Emitter, p.CallPrimitive, int], None]


def _region(run: Callable[[Work], None], inside: Callable[[Work], bool]) -> Meaning:
    def meaning(e: Emitter, expr: p.CallPrimitive, _: int) -> None:
        e.region(run, expr.span, expr.primitive, irq=False, inside=inside)

    return meaning


def _go_on(_: Work, __: int) -> None:
    """The wait is over: nothing else happens."""


def _wait(e: Emitter, expr: p.CallPrimitive, over: Callable[[Work, int], None] = _go_on) -> None:
    """Goes on once there is nothing left to wait for."""
    e.shared(
        over,
        expr.span,
        f"{expr.primitive} (return)",
        choices=sections.still_waiting,
        blockers=sections.waited_for,
    )
    e.code.ops[-1].local_if = lambda w: not w.waiting


def _synchronize(e: Emitter, expr: p.CallPrimitive, _: int) -> None:
    e.shared(lambda w, _: sections.begin_grace_period(w), expr.span, expr.primitive)
    _wait(e, expr)


def _barrier(e: Emitter, expr: p.CallPrimitive, _: int) -> None:
    e.shared(lambda w, _: sections.begin_barrier(w), expr.span, expr.primitive)
    _wait(e, expr)


def callback_frame(w: Work, number: int, *arguments: int) -> Frame:
    """A first frame of a body, with the stepping actor's registers as its arguments."""
    code = w.program.codes[number]
    values = [w.registers[r] for r in arguments]
    registers = (*values, *(UNSET for _ in range(code.registers - len(values))))
    return Frame(number, 0, registers, -1, ())


def _call_rcu(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    head, function = expr.arguments
    assert isinstance(function, p.FunctionName)
    kind = e.layout.kind(RcuHeadType())
    number = e.callback(function.name, expr.span, kind, worker=False)
    e.expression(head, dst)
    e.shared(
        lambda w, _: sections.call_rcu(w, w.registers[dst], kind, callback_frame(w, number, dst)),
        expr.span,
        expr.primitive,
        reads=(dst,),
    )
    e.code.ops[-1].starts = function.name


def _kfree_rcu(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    """Frees after a grace period; nothing for NULL, as the kernel's macro."""
    number, kind = e.deferred_free(expr.span), e.layout.kind(RcuHeadType())
    e.expression(expr.arguments[0], dst)
    e.expression(expr.arguments[1], dst + 1)

    def run(w: Work, _: int) -> None:
        if w.registers[dst] != 0:
            frame = callback_frame(w, number, dst)
            sections.call_rcu(w, w.registers[dst + 1], kind, frame)

    e.shared(run, expr.span, expr.primitive, reads=(dst, dst + 1))


def _smp_call_function(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    function, wait = expr.arguments
    assert isinstance(function, p.FunctionName)
    number, targets = e.numbers[function.name], expr.actors
    e.expression(wait, dst)

    def run(w: Work, _: int) -> None:
        frame = callback_frame(w, number)
        sections.send_ipi(w, frame, targets, wait=truth(w.registers[dst]))

    e.shared(run, expr.span, expr.primitive, reads=(dst,))
    e.code.ops[-1].starts = function.name
    _wait(e, expr, lambda w, _: sections.sent(w))


def _save(e: Emitter, expr: p.CallPrimitive, _: int) -> None:
    lock_calls.irq_save(e, expr, expr.arguments[0])


def _restore(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    lock_calls.irq_restore(e, expr, expr.arguments[0], dst)


def _might_sleep(e: Emitter, expr: p.CallPrimitive, _: int) -> None:
    e.local(sections.might_sleep, expr.span)


def _cond_resched(e: Emitter, expr: p.CallPrimitive, _: int) -> None:
    e.local(sections.may_resched, expr.span)


def _normal_state_change(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    e.expression(expr.arguments[0], dst)

    def run(w: Work) -> None:
        w.asleep = truth(w.registers[dst])

    e.local(run, expr.span, (dst,))


def _irqs_disabled(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    e.compute(lambda w: int(w.irqs_off), dst, expr.span)


CONTEXTS: Mapping[str, Meaning] = MappingProxyType(
    {
        "rcu_read_lock": _region(sections.rcu_lock, lambda w: w.nesting > 0),
        "rcu_read_unlock": _region(sections.rcu_unlock, lambda w: w.nesting != 1),
        "preempt_disable": _region(sections.preempt_disable, lambda w: w.preempt > 0),
        "preempt_enable": _region(sections.preempt_enable, lambda w: w.preempt != 1),
        "local_bh_disable": lambda e, expr, _: lock_calls.bh_off(e, expr),
        "local_bh_enable": lambda e, expr, _: lock_calls.bh_on(e, expr),
        "local_irq_disable": lambda e, expr, _: lock_calls.irq_off(e, expr),
        "local_irq_enable": lambda e, expr, _: lock_calls.irq_on(e, expr),
        "local_irq_save": _save,
        "local_irq_restore": _restore,
        "irqs_disabled": _irqs_disabled,
        "might_sleep": _might_sleep,
        "cond_resched": _cond_resched,
        "debug_normal_state_change": _normal_state_change,
        "synchronize_rcu": _synchronize,
        "synchronize_rcu_expedited": _synchronize,
        "rcu_barrier": _barrier,
        "call_rcu": _call_rcu,
        "kfree_rcu": _kfree_rcu,
        "smp_call_function": _smp_call_function,
    }
)
"""How each of these primitives is compiled."""
