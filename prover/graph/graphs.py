"""Whole graphs: actors' bodies, callbacks, handlers and claims."""

from __future__ import annotations

from dsl import protocol as p
from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.source import Span
from prover.graph import expressions as ex
from prover.graph.calls import forget_skipped, scope_of
from prover.graph.context import Fixed, Graph, Leaving, Obligation, Scope, Slot
from prover.graph.ir import INSTANCE, Cfg, Check, End, Frame, Reg
from prover.graph.lower_expr import value
from prover.graph.order import without_stale_loop_marks
from prover.graph.places import local_place
from prover.graph.task_state import set_state
from prover.graph.uninitialized import drop_needless_checks
from prover.graph.walk import Facts

_NONE: frozenset[int] = frozenset()
NO_FACTS = Facts(_NONE, _NONE, _NONE, _NONE, _NONE, {}, tail=False)
"""Of what is no function."""


def start(graph: Graph) -> str:
    """Open the first block."""
    entry = graph.builder.name("entry")
    graph.builder.start_entered(entry)
    return entry


def finish(graph: Graph, entry: str) -> Cfg:
    """The graph, without what control cannot reach; raises what could not be lowered."""
    graph.builder.end(End())
    cfg = graph.builder.finish(graph.name, entry)
    refused: list[Diagnostic] = []
    for block, diagnostic in graph.refused:
        if block in cfg.blocks and diagnostic not in refused:
            refused.append(diagnostic)
    if refused:
        raise DiagnosticError(tuple(refused))
    return drop_needless_checks(without_stale_loop_marks(cfg))


def actor_graph(obligation: Obligation, actor: p.Function, *, states: bool = False) -> Cfg:
    """The graph of an actor's body; ``states``: its task's state is known to be set in it."""
    graph = Graph(actor.name, obligation, states=states)
    entry = start(graph)
    scope = scope_of(graph, actor, (), "", 0)
    if states:
        set_state(scope, ex.ZERO, actor.span)
    for instance in actor.parameters:
        scope.locals[instance.number] = Fixed(Reg(INSTANCE))
    forget_skipped(scope, actor)
    obligation.statement(scope, actor.body)
    graph.builder.start(scope.leaving.block)
    if graph.stated and not states:
        return actor_graph(obligation, actor, states=True)
    return finish(graph, entry)


def function_graph(outer: Scope, function: p.Function, site: Span) -> tuple[Cfg, str]:
    """The graph that runs ``function`` later or elsewhere, and the register of its parameter.

    The register is "" for a function without parameters.
    """
    callbacks = (*outer.graph.callbacks, function.name)
    graph = Graph(function.name, outer.obligation, callbacks)
    entry = start(graph)
    number = graph.next_call()
    frames = (Frame(function.name, site, number),)
    update = number if function.kind == "update" else 0
    scope = scope_of(graph, function, frames, f"{function.name}.{number}.", update)
    parameter = ""
    for local in function.parameters:
        bound = local_place(scope, local)
        assert isinstance(bound, Slot), "a callback's parameter is a pointer"
        parameter = bound.reg
    forget_skipped(scope, function)
    outer.obligation.statement(scope, function.body)
    graph.builder.start(scope.leaving.block)
    return finish(graph, entry), parameter


def claim_graph(obligation: Obligation, kind: str, number: int, claim: p.Claim) -> Cfg:
    """The graph that judges a ``final`` or ``invariant``: loads, branches, and its own checks."""
    graph = Graph(f"{kind}.{number}", obligation)
    entry = start(graph)
    scope = bare_scope(graph)
    scope.judging = Check(kind, ex.ONE, claim.message, scope.origin(claim.span))
    scope.check(kind, value(scope, claim.condition), claim.message, claim.span)
    return finish(graph, entry)


def bare_scope(graph: Graph) -> Scope:
    """A scope outside of functions."""
    return Scope(graph, graph.name, "", NO_FACTS, (), 0, Leaving("", "", False))
