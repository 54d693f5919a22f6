"""Constant expressions: initial values and places known before anything runs."""

from __future__ import annotations

from collections.abc import Mapping

from dsl import protocol as p
from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.frozen import Frozen
from dsl.source import Span
from prover.graph.context import Graph, Obligation, Scope, refusal
from prover.graph.graphs import bare_scope, start
from prover.graph.ir import Const, Expr, Layout, WordKind
from prover.graph.lower_expr import place, value
from prover.graph.places import Memory
from prover.graph.values import AddressSpace, Location, Pointer, Value


class Constants(Frozen, frozen=True):
    """Evaluates constant expressions of one obligation."""

    protocol: p.Protocol
    configuration: Mapping[str, str]
    words: Mapping[str, WordKind]
    space: AddressSpace

    def value(self, expr: p.Expr) -> Value:
        """The value of ``expr``."""
        return known(value(self._scope(), expr), expr.span)

    def location(self, where: p.Place) -> Location:
        """The location of ``where``."""
        found = place(self._scope(), where)
        assert isinstance(found, Memory) and found.part == "whole", "it is all of a cell"
        pointer = known(found.address, where.span)
        if not isinstance(pointer, Pointer) or pointer.base is None:
            raise DiagnosticError((_not_constant(where.span),))
        return pointer.location

    def _scope(self) -> Scope:
        return scratch(self.protocol, self.configuration, Layout({}, self.words, self.space))


def scratch(protocol: p.Protocol, configuration: Mapping[str, str], memory: Layout) -> Scope:
    """A scope for expressions outside of any graph that is kept."""
    obligation = Obligation(protocol, configuration, memory, {}, {}, _no_statement)
    graph = Graph("", obligation)
    start(graph)
    return bare_scope(graph)


def _no_statement(_scope: Scope, _stmt: p.Stmt) -> None:
    raise AssertionError("a constant calls no function")


def known(expr: Expr, span: Span) -> Value:
    """The value of a folded expression."""
    if not isinstance(expr, Const):
        raise DiagnosticError((_not_constant(span),))
    return expr.value


def _not_constant(span: Span) -> Diagnostic:
    return refusal("not-constant", "this value is not known before anything runs", span)
