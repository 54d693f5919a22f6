"""From a checked protocol to graphs: one per actor, claim and callback.

Functions are inlined, configuration names are constants, and what a constant
condition leaves out is not there::

    if (PAE == on)                      entry:
            WRITE_ONCE(p->low, 0);  =>      store once %p.low, 0
    else                                    jump ...
            *p = none;
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dsl import protocol as p
from dsl.check.notes import Notes
from dsl.diagnostic import DiagnosticError
from prover.graph.constants import Constants, scratch
from prover.graph.context import Obligation, Slot, refusal
from prover.graph.graphs import actor_graph, claim_graph
from prover.graph.ir import (
    ActorGraph,
    Cfg,
    DeclaredOrder,
    Expr,
    Layout,
    Program,
    TransitionRule,
    TransitionTable,
)
from prover.graph.kept import Setting
from prover.graph.layout import layout
from prover.graph.lower_expr import place
from prover.graph.lower_stmt import statement
from prover.graph.places import Memory
from prover.graph.primitives import meanings


def lower(protocol: p.Protocol, scenario: str, configuration: Mapping[str, str]) -> Program:
    """The program of one scenario in one configuration."""
    return lower_others(setting_of(protocol, scenario, configuration, 1), scenario, {})


def setting_of(
    protocol: p.Protocol, scenario: str, configuration: Mapping[str, str], bound: int
) -> Setting:
    """What all graphs of a program are made under."""
    memory = layout(protocol, scenario, configuration)
    run = protocol.scenarios[scenario].run
    instances = {name: _instances(name, count) for name, count in run}
    return Setting(protocol, configuration, instances, memory, bound)


def lower_others(
    setting: Setting, scenario: str, finished: Mapping[str, Cfg], notes: Notes | None = None
) -> Program:
    """The program of a scenario, where some actors have their graphs already.

    ``notes`` are what was noted of the functions of this and other protocols.
    """
    protocol, configuration, memory = setting.protocol, setting.configuration, setting.layout
    chosen = protocol.scenarios[scenario]
    obligation = Obligation(
        protocol,
        configuration,
        memory,
        setting.instances,
        meanings(),
        statement,
        notes=notes or Notes(),
    )
    return Program(
        tuple(_actors(obligation, finished)),
        memory,
        _transitions(protocol, configuration, memory),
        # Where there is no end nothing is claimed of it.
        _claims(
            obligation, "final", () if chosen.unbounded else (*protocol.finals, *chosen.finals)
        ),
        _claims(obligation, "invariant", (*protocol.invariants, *chosen.invariants)),
        tuple(_declared(protocol, order) for order in protocol.lock_orders),
    )


def _declared(protocol: p.Protocol, order: p.LockOrder) -> DeclaredOrder:
    line, _ = protocol.sources[order.span.file].line_column(order.span.start)
    said = f", {order.source}" if order.source else ""
    return DeclaredOrder(order.first, order.then, f"{order.span.file}:{line}{said}")


def _instances(actor: str, count: int) -> tuple[str, ...]:
    """``walker``, ``walker.2``, ..."""
    return tuple(actor if n == 1 else f"{actor}.{n}" for n in range(1, count + 1))


def _actors(obligation: Obligation, finished: Mapping[str, Cfg]) -> Iterator[ActorGraph]:
    for name, instances in obligation.instances.items():
        graph = finished.get(name) or actor_graph(obligation, obligation.protocol.actors[name])
        for number, instance in enumerate(instances):
            yield ActorGraph(instance, name, graph, number)


def _claims(obligation: Obligation, kind: str, claims: tuple[p.Claim, ...]) -> tuple[Cfg, ...]:
    return tuple(
        claim_graph(obligation, kind, number, claim) for number, claim in enumerate(claims, 1)
    )


# --- transitions -----------------------------------------------------------------------------


def _transitions(
    protocol: p.Protocol, configuration: Mapping[str, str], memory: Layout
) -> tuple[TransitionTable, ...]:
    constants = Constants(protocol, configuration, memory.words, memory.space)
    return tuple(
        TransitionTable(
            constants.location(table.place),
            table.word,
            tuple(_rule(protocol, configuration, memory, table, edge) for edge in table.edges),
            table.span,
        )
        for table in protocol.transitions
    )


def _rule(
    protocol: p.Protocol,
    configuration: Mapping[str, str],
    memory: Layout,
    table: p.Transition,
    edge: p.TransitionEdge,
) -> TransitionRule:
    """One edge, with the addresses of the locks it needs."""

    def lock(where: p.Place) -> Expr:
        scope = scratch(protocol, configuration, memory)
        scope.locals[table.before.number] = Slot("before", "before", False)
        found = place(scope, where)
        if scope.builder.holds_instructions or not isinstance(found, Memory):
            message = "a lock that an edge needs is named without reading memory"
            hint = "name it from an object, or from `before`"
            diagnostic = refusal("transition-holding-load", message, where.span, hint)
            raise DiagnosticError((diagnostic,))
        return found.address

    return TransitionRule(edge.before, edge.after, tuple(lock(where) for where in edge.holding))
