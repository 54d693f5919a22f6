"""Constant expressions: initial values and places known before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsl import protocol as p
from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.source import Span
from prover.graph.context import Graph, Obligation, Scope, refusal
from prover.graph.graphs import bare_scope, start
from prover.graph.ir import Const, Expr, Layout, WordKind
from prover.graph.lower_expr import place, value
from prover.graph.places import Memory
from prover.graph.values import AddressSpace, Location, Pointer, Value, apply


@dataclass(frozen=True, slots=True)
class Constants:
    """Evaluates constant expressions of one obligation."""

    protocol: p.Protocol
    configuration: Mapping[str, str]
    words: Mapping[str, WordKind]
    space: AddressSpace

    def value(self, expr: p.Expr) -> Value:
        """The value of ``expr``."""
        return known(value(self._scope(), expr), expr.span)

    def location(self, where: p.Place) -> tuple[Location, str]:
        """The location of ``where``, and the part of it: ``whole``, ``low`` or ``high``."""
        found = place(self._scope(), where)
        assert isinstance(found, Memory), "locals have no location"
        pointer = known(found.address, where.span)
        if not isinstance(pointer, Pointer) or pointer.base is None:
            raise DiagnosticError((_not_constant(where.span),))
        return pointer.location, found.part

    def with_half(self, word: Value, part: str, half: Value) -> Value:
        """``word`` with one half replaced."""
        low = half if part == "low" else apply(self.space, "word_low", (), (word,))
        high = half if part == "high" else apply(self.space, "word_high", (), (word,))
        return apply(self.space, "word_join", (), (low, high))

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
