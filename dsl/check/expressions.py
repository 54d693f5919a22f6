"""Expressions: names, literals, and the way to the operators, places and calls."""

from __future__ import annotations

from typing import assert_never

from dsl import protocol as p
from dsl import syntax as s
from dsl.check import calls, operators, own, places, words
from dsl.check.context import Alias, Body, Given
from dsl.check.convert import NULL_TYPE, config_use, explicit
from dsl.check.report import Skip
from dsl.check.typenames import resolve
from dsl.source import Span
from dsl.types import BOOL, INT, U64, IntType, PointerType, Type, VoidType, WordType

_LITERAL_TYPES = (IntType(32, True), IntType(32, False), IntType(64, True), IntType(64, False))


def value(body: Body, expr: s.Expr, expected: Type | None) -> p.Expr:
    """The checked expression; see :meth:`dsl.check.context.Body.value`."""
    match expr:
        case s.Number():
            return number(expr)
        case s.String(_, span):
            return body.report.fail("bad-operand", "a string is only a message", span)
        case s.Ident(name, span):
            return _name(body, name, span, expected)
        case s.Unary("&", operand, span):
            return _address(body, operand, span)
        case s.Unary("*") | s.Member() | s.Index():
            return places.read(body, body.place(expr), expr.span)
        case s.Unary():
            return operators.unary(body, expr)
        case s.Binary():
            return operators.binary(body, expr)
        case s.Conditional():
            return operators.conditional(body, expr, expected)
        case s.Assign():
            return operators.assign(body, expr)
        case s.Step():
            return step(body, expr, used=True)
        case s.Call():
            return calls.call(body, expr, expected)
        case s.Cast():
            return _cast(body, expr)
        case s.Braces(_, span):
            return body.report.fail(
                "bad-initializer",
                "braces only initialize global objects",
                span,
                "assign the fields one by one",
            )
        case _:
            assert_never(expr)


def number(expr: s.Number) -> p.Expr:
    """A literal, in the first type that C would try and that holds it; the parser bounds it."""
    text = expr.text.lower()
    digits = text.rstrip("ul")
    suffix = text[len(digits) :]
    hexadecimal = digits.startswith("0x") or (len(digits) > 1 and digits.startswith("0"))
    for type_ in _LITERAL_TYPES:
        if type_.signed and "u" in suffix:
            continue
        if not type_.signed and not hexadecimal and "u" not in suffix:
            continue
        if type_.bits == 32 and "l" in suffix:
            continue
        if expr.value < 1 << (type_.bits - type_.signed):
            return p.Constant(expr.value, type_, expr.span)
    return p.Constant(expr.value, U64, expr.span)


def _name(body: Body, name: str, span: Span, expected: Type | None) -> p.Expr:
    bound, binding = body.scope.find(name)
    if bound and isinstance(binding, Alias):
        return p.AddressOf(
            p.LocalPlace(binding.local, binding.local.type, span), binding.type, span
        )
    if bound and isinstance(binding, Given):
        body.count(span, binding.size)
        return binding.expr
    world = body.world
    if bound or name in world.objects:
        return places.read(body, body.place(s.Ident(name, span)), span)
    if name == "NULL":
        return p.Constant(0, NULL_TYPE, span)
    if name in ("true", "false"):
        return p.Constant(int(name == "true"), BOOL, span)
    if name in world.members:
        enum = world.members[name]
        if name not in world.enums.get(enum, {}):
            raise Skip
        return p.Constant(world.enums[enum][name], INT, span)
    if name in world.object_decls:
        return body.report.fail("not-constant", f"`{name}` has no value before anything runs", span)
    if name in world.ordinary and not _is_value(body, name, expected):
        return _not_a_value(body, name, span)
    return words.word_value(body, name, None, span, expected)


def _is_value(body: Body, name: str, expected: Type | None) -> bool:
    return isinstance(expected, WordType) and expected.name in body.words_with(name)


def _not_a_value(body: Body, name: str, span: Span) -> p.Expr:
    what = body.world.ordinary[name][0]
    if what == "config":
        return config_use(body.report, name, span)
    hint = f"call it: `{name}(...)`" if what in ("function", "update") else ""
    return body.report.fail(
        "bad-operand", f"`{name}` is a name of a {what}, not a value", span, hint
    )


def _address(body: Body, operand: s.Expr, span: Span) -> p.Expr:
    if isinstance(operand, s.Ident) and operand.name in body.world.functions:
        if not body.scope.find(operand.name)[0]:
            return body.report.fail(
                "not-supported",
                "function pointers are not part of the language",
                span,
                "call_rcu() and smp_call_function() take the function's name",
            )
    place = body.place(operand)
    own.refuse_address(body, place, span)
    if isinstance(place, p.DerefPlace):
        return place.pointer
    return p.AddressOf(place, PointerType(place.type), span)


def step(body: Body, expr: s.Step, used: bool) -> p.Expr:
    """``++x`` and ``--x`` as compound assignments; ``x++`` only where its value is not used."""
    if used and not expr.prefix:
        return body.report.fail(
            "postfix-value",
            f"the value of a postfix `{expr.op}` is not supported",
            expr.span,
            f"step in a statement of its own, or write `{expr.op}` in front",
        )
    target = body.place(expr.target)
    places.whole_value(body, target.type, expr.target.span)
    one = p.Constant(1, IntType(32, True), expr.span)
    return operators.compound(body, expr, target, expr.op[0], one)


def _cast(body: Body, expr: s.Cast) -> p.Expr:
    to = resolve(body.world, expr.type)
    operand = body.value(expr.operand, to)
    if isinstance(to, VoidType):
        return body.report.fail(
            "bad-cast", "a cast to void is only a statement of its own", expr.span
        )
    return explicit(body.report, operand, to, expr.span)
