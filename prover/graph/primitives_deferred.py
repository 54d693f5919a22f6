"""What runs later or elsewhere: RCU callbacks and inter-processor interrupts."""

from __future__ import annotations

from collections.abc import Collection

from dsl import protocol as p
from dsl.frozen import replace
from dsl.types import PointerType, StructType
from prover.graph import expressions as ex
from prover.graph.context import Graph, Scope
from prover.graph.graphs import finish, function_graph, start
from prover.graph.instructions import with_body, written
from prover.graph.ir import (
    Apply,
    Assign,
    CallRcu,
    Cfg,
    Expr,
    Free,
    HeadLook,
    Ipi,
    IrqsDisabled,
    Jump,
    Load,
    Origin,
    Reg,
    Store,
)
from prover.graph.lower_expr import in_order, value
from prover.graph.places import member

_HEAD = "head"

_STEPS = ("field", "index", "container_of")
"""Operations that lead from a pointer to another place in the same object."""


def call_rcu(scope: Scope, call: p.CallPrimitive) -> Expr:
    """Queues the function's graph; its parameter is the address of the head.

    ``call_srcu()`` has the domain before these.
    """
    if not scope.builder.alive():
        return ex.ZERO
    *domain, head, name = call.arguments
    assert isinstance(name, p.FunctionName), "call_rcu() takes a function's name"
    if name.name in scope.graph.callbacks:
        message = f"`{name.name}()` queues itself again, so its callbacks have no end"
        scope.refuse("recursive-callback", message, call.span)
        return ex.ZERO
    addresses = [a for a in in_order(scope, (*domain, head)) if isinstance(a, ex.EXPRESSIONS)]
    place, address = addresses[0] if domain else None, addresses[-1]
    function = scope.obligation.protocol.functions[name.name]
    callback, parameter = function_graph(scope, function, call.span)
    origin = scope.origin(call.span)
    if not _surely_used(callback, parameter):
        callback = _found_by_head(callback, HeadLook(Reg(parameter), origin))
    instr = CallRcu(address, callback, parameter, address, f"{name.name}()", origin, place)
    scope.builder.emit(instr)
    return ex.ZERO


def _surely_used(callback: Cfg, parameter: str) -> bool:
    """Whether a callback, before any branch, uses what its head is in: then it need not be said."""
    known, passed, block = {parameter}, set[str](), callback.blocks[callback.entry]
    while True:
        for instr in block.body:
            if isinstance(instr, Load | Store) and _is_within(instr.address, known):
                return True
            leads = isinstance(instr, Assign) and _is_within(instr.expr, known)
            known.discard(written(instr))
            if isinstance(instr, Assign) and leads:
                known.add(instr.reg)
        passed.add(block.name)
        if not isinstance(block.terminator, Jump) or block.terminator.target in passed:
            return False
        block = callback.blocks[block.terminator.target]


def _is_within(expr: Expr, known: Collection[str]) -> bool:
    """Whether an expression is an address in the object that the registers ``known`` lead to.

    What only depends on such an address, as an index does, is another object's.
    """
    while isinstance(expr, Apply) and expr.op in _STEPS:
        expr = expr.args[0]
    return isinstance(expr, Reg) and expr.name in known


def _found_by_head(callback: Cfg, look: HeadLook) -> Cfg:
    """The callback with a look at its head first, which RCU takes it off its list by."""
    entry = callback.blocks[callback.entry]
    blocks = {**callback.blocks, entry.name: with_body(entry, (look, *entry.body))}
    return replace(callback, blocks=blocks)


def kfree_rcu(scope: Scope, call: p.CallPrimitive) -> Expr:
    """Queues a graph that frees the object around the head; nothing for NULL."""
    pointer, head = call.arguments
    builder = scope.builder
    start_of = scope.keep(value(scope, pointer), call.span)
    queues, done = builder.name("some"), builder.name("join")
    builder.branch(start_of, queues, done, scope.origin(call.span))
    builder.start(queues)
    assert isinstance(head, p.AddressOf) and isinstance(pointer.type, PointerType)
    steps = _steps(head.place)
    address = start_of
    for struct, step in steps:
        address = member(scope, address, struct, step)
    callback = _freeing(scope, steps, scope.origin(call.span))
    scope.builder.emit(
        CallRcu(address, callback, _HEAD, address, "kfree_rcu()", scope.origin(call.span))
    )
    builder.jump(done)
    builder.start(done)
    return ex.ZERO


def _steps(place: p.Place) -> tuple[tuple[str, str], ...]:
    """The fields from the object to its head, each with its struct."""
    if not isinstance(place, p.FieldPlace):
        return ()
    assert isinstance(place.base.type, StructType), "a head is in a struct"
    return (*_steps(place.base), (place.base.type.name, place.field))


def _freeing(scope: Scope, steps: tuple[tuple[str, str], ...], origin: Origin) -> Cfg:
    """The graph that frees the object ``steps`` around ``%head``."""
    graph = Graph("kfree_rcu", scope.obligation)
    entry = start(graph)
    pointer: Expr = Reg(_HEAD)
    for struct, step in reversed(steps):
        pointer = member(scope, pointer, struct, step, outwards=True)
    graph.builder.emit(Free(pointer, origin))
    return finish(graph, entry)


def smp_call_function(scope: Scope, call: p.CallPrimitive) -> Expr:
    """Interrupts the named actors, or every other one.

    Where none of those named runs in this scenario nobody is interrupted, but
    that interrupts are off, or that this is an interrupt, stays an error.
    """
    if not scope.builder.alive():
        return ex.ZERO
    name, wait = call.arguments
    assert isinstance(name, p.FunctionName), "smp_call_function() takes a function's name"
    waits = value(scope, wait)
    instances = scope.obligation.instances
    targets = tuple(one for actor in call.actors for one in instances.get(actor, ()))
    origin = scope.origin(call.span)
    if call.actors and not targets:
        reg = scope.temporary()
        scope.builder.emit(IrqsDisabled(reg, origin))
        allowed = ex.ZERO if scope.graph.callbacks else scope.apply("!", Reg(reg))
        scope.check("ipi-irqs-off", allowed, "", call.span)
        return ex.ZERO
    if name.name in scope.graph.callbacks:
        message = f"`{name.name}()` interrupts others to run itself, without end"
        scope.refuse("recursive-callback", message, call.span)
        return ex.ZERO
    function = scope.obligation.protocol.functions[name.name]
    handler, _ = function_graph(scope, function, call.span)
    scope.builder.emit(Ipi(targets, handler, waits, f"{name.name}()", origin))
    return ex.ZERO
