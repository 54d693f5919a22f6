"""SRCU: readers of a domain, and what waits for them."""

from __future__ import annotations

from collections.abc import Iterator

from dsl import protocol as p
from prover.graph import expressions as ex
from prover.graph.context import Meaning, Scope
from prover.graph.ir import (
    Expr,
    GraceWait,
    LockInit,
    MightSleep,
    RcuBarrier,
    Reg,
    SrcuEnter,
    SrcuLeave,
)
from prover.graph.lower_expr import in_order, value
from prover.graph.primitives_deferred import call_rcu


def srcu_meanings() -> Iterator[tuple[str, Meaning]]:
    """The meanings of this module's primitives."""
    yield "init_srcu_struct", _init(gone=False)
    yield "cleanup_srcu_struct", _init(gone=True)
    yield "srcu_read_lock", _enter(anybody=False)
    yield "srcu_down_read", _enter(anybody=True)
    yield "srcu_read_unlock", _leave(anybody=False)
    yield "srcu_up_read", _leave(anybody=True)
    yield "synchronize_srcu", _synchronize
    yield "synchronize_srcu_expedited", _synchronize
    yield "flush_translations", _flush
    yield "srcu_barrier", _barrier
    yield "call_srcu", call_rcu


def _init(*, gone: bool) -> Meaning:
    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        address = value(scope, call.arguments[0])
        # One allocates, the other flushes work: kernel/rcu/srcutree.c.
        scope.builder.emit(MightSleep(scope.origin(call.span)))
        scope.builder.emit(LockInit(address, "srcu", scope.origin(call.span), gone))
        return ex.ZERO

    return meaning


def _enter(*, anybody: bool) -> Meaning:
    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        address = value(scope, call.arguments[0])
        reg = scope.temporary()
        scope.builder.emit(SrcuEnter(reg, address, anybody, scope.origin(call.span)))
        return Reg(reg)

    return meaning


def _leave(*, anybody: bool) -> Meaning:
    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        address, index = in_order(scope, call.arguments)
        assert isinstance(address, ex.EXPRESSIONS)
        assert isinstance(index, ex.EXPRESSIONS)
        scope.builder.emit(SrcuLeave(address, index, anybody, scope.origin(call.span)))
        return ex.ZERO

    return meaning


def _synchronize(scope: Scope, call: p.CallPrimitive) -> Expr:
    domain = value(scope, call.arguments[0])
    scope.builder.emit(GraceWait(scope.origin(call.span), domain))
    return ex.ZERO


def _flush(scope: Scope, call: p.CallPrimitive) -> Expr:
    domain = value(scope, call.arguments[0])
    scope.builder.emit(GraceWait(scope.origin(call.span), domain, sleeps=False))
    return ex.ZERO


def _barrier(scope: Scope, call: p.CallPrimitive) -> Expr:
    domain = value(scope, call.arguments[0])
    scope.builder.emit(RcuBarrier(scope.origin(call.span), domain))
    return ex.ZERO
