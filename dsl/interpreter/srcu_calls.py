"""Compiling the SRCU primitives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dsl import protocol as p
from dsl.interpreter import locks, sections, srcu
from dsl.interpreter.contexts import callback_frame
from dsl.interpreter.emit import Emitter
from dsl.interpreter.values import Value
from dsl.interpreter.work import Work
from dsl.types import RcuHeadType

Meaning = Callable[[Emitter, p.CallPrimitive, int], None]


def _on_domain(run: Callable[[Work, Value], None], *, sleeps: bool = False) -> Meaning:
    """One step that gets the domain; ``sleeps``: where nobody may it is a violation."""

    def meaning(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
        e.expression(expr.arguments[0], dst)
        if sleeps:
            e.local(sections.might_sleep, expr.span)
        e.shared(lambda w, _: run(w, w.registers[dst]), expr.span, expr.primitive, reads=(dst,))

    return meaning


def _init(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    kind = e.layout.kind(srcu.DOMAIN)
    _on_domain(lambda w, ref: locks.initialize(w, ref, kind), sleeps=True)(e, expr, dst)


def _enter(anybody: bool) -> Meaning:
    def meaning(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
        e.expression(expr.arguments[0], dst)

        def run(w: Work, _: int) -> None:
            w.registers[dst] = srcu.enter(w, w.registers[dst], anybody=anybody)

        e.shared(run, expr.span, expr.primitive, reads=(dst,), writes=dst)

    return meaning


def _leave(anybody: bool) -> Meaning:
    def meaning(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
        e.expression(expr.arguments[0], dst)
        e.expression(expr.arguments[1], dst + 1)
        e.shared(
            lambda w, _: srcu.leave(w, w.registers[dst], w.registers[dst + 1], anybody=anybody),
            expr.span,
            expr.primitive,
            reads=(dst, dst + 1),
        )

    return meaning


def _waiting(begin: Callable[[Work, Value], None]) -> Meaning:
    """A wait: it looks at the domain before and after."""

    def meaning(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
        _on_domain(begin)(e, expr, dst)
        e.shared(
            lambda _, __: None,
            expr.span,
            f"{expr.primitive} (return)",
            choices=sections.still_waiting,
            blockers=sections.waited_for,
        )
        e.code.ops[-1].local_if = lambda w: not w.waiting
        e.shared(
            lambda w, _: srcu.touch(w, w.registers[dst]),
            expr.span,
            f"{expr.primitive} (domain)",
            reads=(dst,),
        )

    return meaning


def _call_srcu(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    domain, head, function = expr.arguments
    assert isinstance(function, p.FunctionName)
    kind = e.layout.kind(RcuHeadType())
    number = e.callback(function.name, expr.span, kind, worker=True)
    e.expression(domain, dst)
    e.expression(head, dst + 1)

    def run(w: Work, _: int) -> None:
        ref, given = w.registers[dst], w.registers[dst + 1]
        frame = callback_frame(w, number, dst + 1, dst)
        srcu.call_srcu(w, ref, given, kind, frame)

    e.shared(run, expr.span, expr.primitive, reads=(dst, dst + 1))
    e.code.ops[-1].starts = function.name


SRCU_CALLS: Mapping[str, Meaning] = MappingProxyType(
    {
        "init_srcu_struct": _init,
        "cleanup_srcu_struct": _on_domain(srcu.clean_up, sleeps=True),
        "srcu_read_lock": _enter(False),
        "srcu_down_read": _enter(True),
        "srcu_read_unlock": _leave(False),
        "srcu_up_read": _leave(True),
        "synchronize_srcu": _waiting(srcu.begin_grace_period),
        "synchronize_srcu_expedited": _waiting(srcu.begin_grace_period),
        "flush_translations": _waiting(srcu.begin_flush),
        "srcu_barrier": _waiting(srcu.begin_barrier),
        "call_srcu": _call_srcu,
    }
)
"""How each SRCU primitive is compiled."""
