"""Macros put in place: ``expand(test, macros)`` leaves calls of :data:`syntax.OPERATIONS` only.

An argument takes the place of its parameter as an expression, as often as the body names it.
What comes from a macro's body has the span of the call in the test, so that whatever is said
about it points there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import assert_never

from dsl.diagnostic import DiagnosticError
from dsl.frozen import replace
from dsl.litmus.syntax import (
    AddressOf,
    Assign,
    Binary,
    Block,
    Call,
    Conditional,
    Declare,
    Deref,
    Evaluate,
    Expr,
    If,
    Litmus,
    Macro,
    Name,
    Number,
    Stmt,
    Unary,
)
from dsl.litmus.tokens import refusal
from dsl.source import Span

MAX_PARTS = 100_000
"""How many expressions and statements a test may have with its macros in place."""

MAX_HEIGHT = 200
"""How deeply an expression may be nested with its macros in place."""

MAX_CALLS = 20
"""How many macros may be in one another."""


@dataclass(frozen=True, slots=True)
class _Operation:
    """How many arguments an operation takes, and whether it has a value."""

    least: int
    most: int
    value: bool
    place: bool = False


_OPERATIONS: Mapping[str, _Operation] = {
    "__load": _Operation(1, 1, value=True, place=True),
    "__store": _Operation(2, 2, value=False, place=True),
    "__fence": _Operation(0, 0, value=False),
    "__xchg": _Operation(2, 2, value=True),
    "__cmpxchg": _Operation(3, 3, value=True),
    "__atomic_op": _Operation(3, 3, value=False),
    "__atomic_op_return": _Operation(3, 3, value=True),
    "__atomic_fetch_op": _Operation(3, 3, value=True),
    "__atomic_add_unless": _Operation(3, 3, value=True),
    "__lock": _Operation(1, 1, value=False),
    "__unlock": _Operation(1, 1, value=False),
    "__trylock": _Operation(1, 1, value=True),
    "__islocked": _Operation(1, 1, value=True),
    "__srcu": _Operation(1, 2, value=True),
}


@dataclass(frozen=True, slots=True)
class _Sized:
    """An expression, how many parts it has (what stands twice counted twice), and its height."""

    term: Expr
    size: int
    height: int


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where an expression stands: in the test, or in the body of a macro that is called.

    ``call`` is the span in the test of the outermost call; ``macros`` are those that are being
    put in place, outermost first.
    """

    bindings: Mapping[str, _Sized]
    call: Span | None
    macros: tuple[str, ...]

    def span(self, own: Span) -> Span:
        return own if self.call is None else self.call


_TEST = _Scope({}, None, ())


def expand(test: Litmus, macros: Mapping[str, Macro]) -> Litmus:
    """``test`` with operations only; raises :class:`dsl.diagnostic.DiagnosticError`."""
    expansion = _Expansion(macros)
    processes = tuple(
        replace(process, body=expansion.block(process.body, _TEST)) for process in test.processes
    )
    return replace(test, processes=processes)


class _Expansion:
    """One test's expansion; ``_parts`` counts what it has become so far."""

    def __init__(self, macros: Mapping[str, Macro]) -> None:
        self._macros = macros
        self._parts = 0

    # --- statements ---

    def block(self, block: Block, scope: _Scope) -> Block:
        return Block(tuple(self._statement(s, scope) for s in block.body), scope.span(block.span))

    def _statement(self, stmt: Stmt, scope: _Scope) -> Stmt:
        span = scope.span(stmt.span)
        self._count(1, span)
        match stmt:
            case Declare(name=name, value=value):
                if scope.macros:
                    raise _own_name(name, scope, span)
                return Declare(name, None if value is None else self._whole(value, scope), span)
            case Assign(target=target, value=value):
                place = self._whole(target, scope)
                if not isinstance(place, Name | Deref):
                    hint = "pass `*x` or a register"
                    raise refusal("not-a-place", "a value is assigned to", span, "here", hint)
                return Assign(place, self._whole(value, scope), span)
            case Evaluate(value=value):
                return self._evaluated(value, scope, span)
            case If(condition=condition, then=then, otherwise=otherwise):
                return If(
                    self._whole(condition, scope),
                    self.block(then, scope),
                    self.block(otherwise, scope),
                    span,
                )
            case Block():
                return self.block(stmt, scope)
            case _:
                assert_never(stmt)

    def _evaluated(self, value: Expr, scope: _Scope, span: Span) -> Stmt:
        """A call for what it does: a macro may be statements here."""
        macro = self._macros.get(value.name) if isinstance(value, Call) else None
        if isinstance(value, Call) and (macro is None or macro.result is None):
            if macro is None:
                return Evaluate(self._operation(value, scope, wanted=False).term, span)
            inner = self._enter(value, macro, scope)
            return Block(tuple(self._statement(s, inner) for s in macro.statements), span)
        return Evaluate(self._whole(value, scope), span)

    # --- expressions ---

    def _whole(self, expr: Expr, scope: _Scope) -> Expr:
        found = self._expr(expr, scope)
        self._count(found.size, scope.span(expr.span))
        return found.term

    def _expr(self, expr: Expr, scope: _Scope) -> _Sized:
        span = scope.span(expr.span)
        match expr:
            case Number(value=value):
                return _Sized(Number(value, span), 1, 1)
            case Name(name=name):
                return scope.bindings.get(name) or _free(name, scope, span)
            case AddressOf(name=name):
                return _address(scope.bindings.get(name), name, span)
            case Deref(pointer=pointer):
                inner = self._expr(pointer, scope)
                return self._sized(Deref(inner.term, span), inner)
            case Unary(op=op, operand=operand):
                inner = self._expr(operand, scope)
                return self._sized(Unary(op, inner.term, span), inner)
            case Binary(op=op, left=left, right=right):
                one, two = self._expr(left, scope), self._expr(right, scope)
                return self._sized(Binary(op, one.term, two.term, span), one, two)
            case Conditional(condition=condition, then=then, otherwise=otherwise):
                asked = self._expr(condition, scope)
                one, two = self._expr(then, scope), self._expr(otherwise, scope)
                term = Conditional(asked.term, one.term, two.term, span)
                return self._sized(term, asked, one, two)
            case Call():
                return self._call(expr, scope)
            case _:
                assert_never(expr)

    def _call(self, call: Call, scope: _Scope) -> _Sized:
        """A call whose value is used."""
        macro = self._macros.get(call.name)
        if macro is None:
            return self._operation(call, scope, wanted=True)
        if macro.result is None:
            raise _no_value(call.name, scope.span(call.span))
        return self._expr(macro.result, self._enter(call, macro, scope))

    def _operation(self, call: Call, scope: _Scope, *, wanted: bool) -> _Sized:
        """A call of what is no macro: it must be one of the operations."""
        span = scope.span(call.span)
        operation = _OPERATIONS.get(call.name)
        if operation is None:
            raise self._unknown(call.name, span)
        if not operation.least <= len(call.arguments) <= operation.most:
            raise _wrong_count(call.name, len(call.arguments), operation.most, span)
        if wanted and not operation.value:
            raise _no_value(call.name, span)
        arguments = tuple(self._expr(argument, scope) for argument in call.arguments)
        if operation.place and not isinstance(arguments[0].term, Deref):
            name = scope.macros[0] if scope.macros else call.name
            message = f"what `{name}` accesses is a value, not a place"
            raise refusal("not-a-place", message, span, "here", "pass `*x`, not `x`")
        term = Call(call.name, tuple(a.term for a in arguments), span, call.tags)
        return self._sized(term, *arguments)

    # --- calls of macros ---

    def _enter(self, call: Call, macro: Macro, scope: _Scope) -> _Scope:
        """The scope of a macro's body in this call."""
        span = scope.span(call.span)
        if len(call.arguments) != len(macro.parameters):
            raise _wrong_count(call.name, len(call.arguments), len(macro.parameters), span)
        if call.tags:
            hint = "tags in braces belong to operations, such as `__load{ONCE}`"
            raise refusal("syntax", f"`{call.name}` takes no tag", span, "here", hint)
        if macro.name in scope.macros:
            path = " -> ".join((*scope.macros, macro.name))
            hint = "define it without itself"
            message = f"the macro `{macro.name}` leads to itself: {path}"
            raise refusal("macro-recursion", message, span, "called here", hint)
        if len(scope.macros) >= MAX_CALLS:
            message = f"more than {MAX_CALLS} macros are in one another"
            raise refusal("too-deep", message, span, "called here", "write some of them out")
        arguments = (self._expr(argument, scope) for argument in call.arguments)
        bindings = dict(zip(macro.parameters, arguments, strict=True))
        return _Scope(bindings, span, (*scope.macros, macro.name))

    def _unknown(self, name: str, span: Span) -> DiagnosticError:
        near = get_close_matches(name, sorted(self._macros), n=1, cutoff=0.75)
        hint = f"did you mean `{near[0]}`?" if near else "use a primitive of the memory model"
        message = f"the memory model has no primitive `{name}`"
        return refusal("unknown-primitive", message, span, "called here", hint)

    # --- limits ---

    def _sized(self, term: Expr, *parts: _Sized) -> _Sized:
        size = 1 + sum(part.size for part in parts)
        height = 1 + max((part.height for part in parts), default=0)
        if height > MAX_HEIGHT:
            message = (
                f"an expression is nested more than {MAX_HEIGHT} deep with its macros in place"
            )
            hint = "assign a part of it to a register first"
            raise refusal("too-deep", message, term.span, "here", hint)
        if size > MAX_PARTS:
            raise _too_large(term.span)
        return _Sized(term, size, height)

    def _count(self, parts: int, span: Span) -> None:
        self._parts += parts
        if self._parts > MAX_PARTS:
            raise _too_large(span)


def _address(bound: _Sized | None, name: str, span: Span) -> _Sized:
    """``&X``, also where X is a parameter for which a place was passed."""
    match bound:
        case None:
            return _Sized(AddressOf(name, span), 1, 1)
        case _Sized(term=Name(name=passed)):
            return _Sized(AddressOf(passed, span), 1, 1)
        case _Sized(term=Deref(pointer=pointer)):
            return _Sized(pointer, bound.size - 1, bound.height - 1)
        case _:
            hint = "pass `*x`, not a value"
            raise refusal("not-a-place", "the address of a value is asked for", span, "here", hint)


def _free(name: str, scope: _Scope, span: Span) -> _Sized:
    """A name that is no parameter of a macro; in a macro's body only operators are."""
    if scope.macros and name.isidentifier():
        raise _own_name(name, scope, span)
    return _Sized(Name(name, span), 1, 1)


def _own_name(name: str, scope: _Scope, span: Span) -> DiagnosticError:
    message = f"the macro `{scope.macros[-1]}` names `{name}`, which is none of its parameters"
    hint = "macros have no registers of their own: pass one"
    return refusal("unknown-name", message, span, "called here", hint)


def _wrong_count(name: str, found: int, wanted: int, span: Span) -> DiagnosticError:
    plural = "" if wanted == 1 else "s"
    message = f"`{name}` takes {wanted} argument{plural}, not {found}"
    return refusal("argument-count", message, span, "called here", "pass as many as it takes")


def _no_value(name: str, span: Span) -> DiagnosticError:
    hint = "write the call as a statement of its own"
    return refusal("no-value", f"`{name}` has no value", span, "used here", hint)


def _too_large(span: Span) -> DiagnosticError:
    message = f"the test has more than {MAX_PARTS} parts with its macros in place"
    return refusal("too-large", message, span, "here", "write a smaller test")
