"""Calls: of functions, of named values of words, ``choose()`` and ``container_of()``."""

from __future__ import annotations

from itertools import islice

from dsl import protocol as p
from dsl import syntax as s
from dsl.check import forall, primitive_calls, words
from dsl.check.arguments import expressions_only, function_arguments
from dsl.check.constants import evaluate
from dsl.check.context import MAX_STATEMENTS, Body, Given, Scope
from dsl.check.convert import arithmetic, coerce, show, wrap
from dsl.check.places import field_type
from dsl.check.report import Skip, did_you_mean
from dsl.check.typenames import resolve
from dsl.check.undecided import refuse_undecided
from dsl.check.walk import deep
from dsl.check.world import Signature
from dsl.diagnostic import Label
from dsl.primitives import PRIMITIVES, SYNONYMS, signature
from dsl.types import (
    BOOL,
    INT,
    BoolType,
    EnumType,
    IntType,
    PointerType,
    StructType,
    Type,
    WordType,
)

MAX_CHOICES = 256
"""``choose()`` without a range picks among at most so many values."""


def call(body: Body, expr: s.Call, expected: Type | None) -> p.Expr:
    """What ``callee(arguments)`` is."""
    name = expr.callee.text
    # A named value is told by its parentheses: `table(table)` is fine.
    if body.scope.find(name)[0] and not body.words_with(name):
        return body.report.fail(
            "not-a-function", f"`{name}` is a local here, not a function", expr.callee.span
        )
    if name == "choose":
        return _choose(body, expr, expected)
    if name == "container_of":
        return _container_of(body, expr)
    if name == "forall_actors":
        return forall.forall_actors(body, expr)
    world = body.world
    wanted = isinstance(expected, WordType) and expected.name in body.words_with(name)
    if name in world.functions and not wanted:
        return _function(body, expr, world.functions[name])
    primitive = None if wanted else signature(name)
    if primitive is not None:
        return primitive_calls.call(body, expr, primitive)
    if body.words_with(name):
        return _word(body, expr, expected)
    refuse_undecided(body, expr.callee)
    if name in world.ordinary:
        what = world.ordinary[name][0]
        return body.report.fail(
            "not-a-function", f"`{name}` is a name of a {what}, not of a function", expr.callee.span
        )
    known = [*world.functions, *PRIMITIVES, *SYNONYMS, *world.value_words, "choose", "container_of"]
    return body.report.fail(
        "unknown-name", f"no function `{name}()`", expr.callee.span, did_you_mean(name, known)
    )


def _function(body: Body, expr: s.Call, callee: Signature) -> p.Expr:
    if callee.kind == "iterator":
        return body.report.fail(
            "iterator-call",
            f"`{callee.name}` is a block macro: a block must follow it",
            expr.span,
            f"write `{callee.name}(...) {{ ... }}`",
        )
    if body.claim:
        return _inline(body, expr, callee)
    written = expressions_only(body, expr.arguments)
    arguments = function_arguments(body, expr, callee, written)
    if callee.result is None:
        raise Skip
    return p.CallFunction(callee.name, arguments, callee.result, expr.span)


def _inline(body: Body, expr: s.Call, callee: Signature) -> p.Expr:
    """A call in a claim: the value that the function returns, with the arguments put in.

    Claims are judged in one moment, so only a function that is one ``return`` can stand there.
    """
    match callee.decl.body.body:
        case (s.Return(returned),) if returned is not None:
            pass
        case _:
            return body.report.fail(
                "impure-claim",
                f"`{callee.name}()` does more than return a value",
                expr.span,
                "a claim calls only functions whose body is one `return`",
                (Label(callee.decl.name.span, "declared here"),),
            )
    if callee.name in body.inlining:
        return body.report.fail(
            "recursion", f"`{callee.name}()` calls itself", callee.decl.name.span
        )
    arguments = function_arguments(body, expr, callee, expressions_only(body, expr.arguments))
    if callee.result is None:
        raise Skip
    scope, active = body.scope, body.inlining
    body.scope, body.inlining = Scope(None), (*active, callee.name)
    for (name, _), argument in zip(callee.all_parameters, arguments, strict=True):
        body.bind(name, Given(argument, _size(argument)))
    try:
        result = body.value(returned, callee.result)
        return coerce(body.report, result, callee.result, f"the result of `{callee.name}()`")
    finally:
        body.scope, body.inlining = scope, active


def _size(argument: p.Expr) -> int:
    """How many parts an argument has; no need to count beyond the limit."""
    return sum(1 for _ in islice(deep(argument), MAX_STATEMENTS + 1))


def _word(body: Body, expr: s.Call, expected: Type | None) -> p.Expr:
    if len(expr.arguments) != 1:
        return body.report.fail(
            "argument-count", f"the value `{expr.callee.text}` takes 1 argument", expr.span
        )
    argument = expressions_only(body, expr.arguments)[0]
    return words.word_value(body, expr.callee.text, argument, expr.span, expected)


def _choose(body: Body, expr: s.Call, expected: Type | None) -> p.Expr:
    written = expressions_only(body, expr.arguments)
    if len(written) == 2:
        return _choose_range(body, expr, written, expected)
    if written:
        return body.report.fail(
            "argument-count",
            "`choose()` takes no arguments, or a lowest and a highest value",
            expr.span,
        )
    match expected:
        case BoolType():
            return p.Choose(0, 1, BOOL, expr.span)
        case EnumType(name):
            values = sorted(set(body.world.enums.get(name, {}).values()))
            if values and values[-1] - values[0] + 1 == len(values) <= MAX_CHOICES:
                return p.Choose(values[0], values[-1], expected, expr.span)
            return body.report.fail(
                "choose-range",
                f"the values of enum {name} are not one range",
                expr.span,
                "use `choose { ... } or { ... }` with one assignment for each",
            )
        case IntType(bits, signed) if 1 << bits <= MAX_CHOICES:
            low = -(1 << (bits - 1)) if signed else 0
            return p.Choose(low, low + (1 << bits) - 1, expected, expr.span)
        case _:
            what = f"any {show(expected)}" if expected is not None else "any value"
            return body.report.fail(
                "choose-range",
                f"`choose()` of {what} has no small range",
                expr.span,
                "give the range: `choose(low, high)`",
            )


def _choose_range(body: Body, expr: s.Call, written: list[s.Expr], expected: Type | None) -> p.Expr:
    type_ = expected if expected is not None and arithmetic(expected) else INT
    bounds: list[int] = []
    for bound in written:
        known = evaluate(body.value(bound))
        if known is None:
            body.report.fail("not-constant", "the range of `choose()` is constant", bound.span)
        if wrap(known, type_) != known:
            body.report.fail("constant-range", f"{known} does not fit in {show(type_)}", bound.span)
        bounds.append(known)
    low, high = bounds
    if low > high:
        return body.report.fail(
            "choose-range", f"the range from {low} to {high} is empty", expr.span
        )
    return p.Choose(low, high, type_, expr.span)


def _container_of(body: Body, expr: s.Call) -> p.Expr:
    usage = "write `container_of(pointer, struct s, field)`"
    if len(expr.arguments) != 3:
        return body.report.fail(
            "argument-count", "`container_of()` takes 3 arguments", expr.span, usage
        )
    pointer, type_name, member = expr.arguments
    if isinstance(pointer, s.TypeName) or not isinstance(type_name, s.TypeName):
        return body.report.fail("bad-argument", "not what container_of() takes", expr.span, usage)
    if not isinstance(member, s.Ident):
        return body.report.fail("bad-argument", "this must be a field's name", member.span, usage)
    type_ = resolve(body.world, type_name)
    if not isinstance(type_, StructType):
        return body.report.fail(
            "bad-argument", f"{show(type_)} is not a struct", type_name.span, usage
        )
    wanted = PointerType(field_type(body, type_.name, s.Name(member.name, member.span)))
    what = f"the first argument of container_of() for field `{member.name}`"
    checked = coerce(body.report, body.value(pointer, wanted), wanted, what)
    return p.ContainerOf(checked, type_.name, member.name, PointerType(type_), expr.span)
