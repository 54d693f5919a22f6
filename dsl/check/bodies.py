"""Bodies of functions and actors, and expressions outside of functions."""

from __future__ import annotations

from dsl import protocol as p
from dsl import syntax as s
from dsl.check import expressions, iterators, own, places, statements
from dsl.check.constants import evaluate
from dsl.check.context import MAX_DEPTH, Body
from dsl.check.flow import falls_off
from dsl.check.labels import resolve_gotos
from dsl.check.world import Signature, World
from dsl.source import Span
from dsl.types import VOID, Type, VoidType


class Checked(Body):
    """A body whose three judgements are those of the language."""

    def value(self, expr: s.Expr, expected: Type | None = None) -> p.Expr:
        """See :func:`dsl.check.expressions.value`."""
        self._enter(expr.span)
        try:
            return expressions.value(self, expr, expected)
        finally:
            self.depth -= 1

    def place(self, expr: s.Expr) -> p.Place:
        """See :func:`dsl.check.places.place`."""
        self._enter(expr.span)
        try:
            return places.place(self, expr)
        finally:
            self.depth -= 1

    def statement(self, statement: s.Stmt) -> p.Stmt:
        """See :func:`dsl.check.statements.statement`."""
        self._enter(statement.span)
        try:
            return statements.statement(self, statement)
        finally:
            self.depth -= 1

    def _enter(self, span: Span) -> None:
        if self.depth >= MAX_DEPTH:
            self.too_large(span)
        self.depth += 1


def constant(world: World, expr: s.Expr, what: str) -> int:
    """The value of a constant expression; ``what`` names it in the diagnostic."""
    value = evaluate(Checked(world).value(expr))
    if value is None:
        return world.report.fail("not-constant", f"{what} must be a constant number", expr.span)
    return value


def constant_in(world: World, expr: s.Expr, what: str, low: int, high: int) -> int:
    """The value of a constant expression between ``low`` and ``high``."""
    value = constant(world, expr, what)
    if not low <= value <= high:
        world.report.fail(
            "constant-range", f"{what} is {value}, but {low} to {high} is allowed", expr.span
        )
    return value


def function(world: World, signature: Signature) -> p.Function | None:
    """The checked function; None for an iterator, or where the signature is wrong."""
    decl = signature.decl
    body = Checked(world, signature.result or VOID, decl.name)
    reported = len(world.report.found)
    if signature.kind == "iterator":
        iterators.alone(body, signature)
        resolve_gotos(body)
        return None
    parameters = _parameters(body, signature)
    block = statements.scoped(body, decl.body.body, decl.body.span)
    resolve_gotos(body)
    if signature.result is None or None in parameters:
        return None
    # A wrong `return` has been left out: judge only what is whole.
    whole = len(world.report.found) == reported
    if whole and not isinstance(signature.result, VoidType) and falls_off(block):
        world.report.error(
            "missing-return",
            f"`{decl.name.text}` can end without returning a value",
            decl.name.span,
            "end every path with `return ...;`",
        )
    known = tuple(local for local in parameters if local is not None)
    return _finish(body, signature.kind, known, signature.result, block, decl.span)


def actor(world: World, decl: s.ActorDecl) -> p.Function:
    """An actor's body as a function; the one with state of its own gets which instance it is."""
    body = Checked(world, VOID, decl.name)
    instance = own.at_hand(body, decl)
    block = statements.scoped(body, decl.body.body, decl.body.span)
    resolve_gotos(body)
    return _finish(body, "actor", instance, VOID, block, decl.span)


def _parameters(body: Body, signature: Signature) -> tuple[p.Local | None, ...]:
    found: list[p.Local | None] = []
    for name, type_ in signature.all_parameters:
        local = None if type_ is None else body.local(name.text, type_, name.span)
        body.bind(name, local)
        found.append(local)
    return tuple(found)


def _finish(
    body: Body,
    kind: str,
    parameters: tuple[p.Local, ...],
    result: Type,
    block: p.Block,
    span: Span,
) -> p.Function:
    labels = tuple(body.jumps.written)
    return p.Function(body.name, kind, parameters, result, tuple(body.locals), block, labels, span)
