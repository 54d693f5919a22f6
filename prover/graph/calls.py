"""Calls of functions: the body in place of the call.

Each call has registers of its own, ``touch_pte.2.lo``.  A parameter that is
never assigned and whose argument cannot change meanwhile is its argument.
"""

from __future__ import annotations

from collections.abc import Sequence

from dsl import protocol as p
from dsl.types import VoidType, WordType
from prover.graph import expressions as ex
from prover.graph.arms import arms_of
from prover.graph.context import Fixed, Graph, Leaving, LocalAddress, Lowered, Scope
from prover.graph.ir import Assign, Const, Expr, Frame, Reg
from prover.graph.places import forget, local_place, write
from prover.graph.walk import facts_of

_FIXED_SIZE = 5
"""The largest argument put in place of its parameter; the bound keeps sums of sums small."""


def scope_of(
    graph: Graph, function: p.Function, frames: tuple[Frame, ...], prefix: str, update: int
) -> Scope:
    """A scope for the body of ``function``."""
    obligation = graph.obligation
    facts = facts_of(
        obligation.protocol.functions, obligation.known_facts, obligation.notes, function
    )
    leaving = Leaving(graph.builder.name("return"), f"{prefix}return", facts.tail)
    arms = obligation.notes.of(arms_of, function)
    return Scope(graph, function.name, prefix, facts, frames, update, leaving, arms=arms)


def forget_skipped(scope: Scope, function: p.Function) -> None:
    """Give no value to the locals whose initializer a jump may leave out."""
    for local in function.locals:
        if local.number in scope.facts.skipped:
            forget(scope, local_place(scope, local), local.span)


def call(scope: Scope, expr: p.CallFunction, arguments: Sequence[Lowered]) -> Expr:
    """The result of a call; 0 for a function without one."""
    if not scope.builder.alive():
        return ex.ZERO
    function = scope.obligation.protocol.functions[expr.function]
    number = scope.graph.next_call()
    frames = (*scope.frames, Frame(function.name, expr.span, number))
    update = number if function.kind == "update" and not scope.update else scope.update
    prefix = f"{function.name}.{number}."
    inner = scope_of(scope.graph, function, frames, prefix, update)
    for parameter, argument, written in zip(
        function.parameters, arguments, expr.arguments, strict=True
    ):
        if _is_fixed(inner, parameter, argument):
            inner.locals[parameter.number] = Fixed(argument)
        else:
            target = local_place(inner, parameter)
            write(scope, target, argument, "plain", written.span)
    forget_skipped(inner, function)
    scope.obligation.statement(inner, function.body)
    if isinstance(function.result, VoidType):
        scope.builder.start(inner.leaving.block)
        return ex.ZERO
    if not inner.leaving.tail:
        _falls_off(inner, function)
    scope.builder.start(inner.leaving.block)
    return _result(inner.leaving)


def _falls_off(inner: Scope, function: p.Function) -> None:
    """The end of a body that should have returned a value before."""
    message = f"`{function.name}()` ends without a return here"
    inner.check("uninitialized", ex.ZERO, message, function.span)
    inner.builder.emit(Assign(inner.leaving.result, ex.UNKNOWN, inner.origin(function.span)))


def _is_fixed(inner: Scope, parameter: p.Local, argument: Lowered) -> bool:
    """Whether the parameter is its argument for as long as the call runs."""
    if parameter.number in inner.facts.assigned:
        return isinstance(argument, LocalAddress)
    if isinstance(parameter.type, WordType) and parameter.number in inner.facts.halved:
        return False
    if isinstance(argument, LocalAddress | Const):
        return True
    changing = inner.graph.addressed
    return ex.size(argument) <= _FIXED_SIZE and changing.isdisjoint(ex.registers(argument))


def _result(leaving: Leaving) -> Expr:
    """The value of a call that has returned: without a register if there is only one."""
    returned = leaving.returned
    if len(returned) == 1 and (leaving.tail or isinstance(returned[0], Const)):
        return returned[0]
    return Reg(leaving.result)
