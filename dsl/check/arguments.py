"""Arguments of calls."""

from __future__ import annotations

from dsl import protocol as p
from dsl import syntax as s
from dsl.check.context import Body
from dsl.check.convert import coerce
from dsl.check.report import Skip
from dsl.check.task import refuse_without
from dsl.check.world import CURRENT, Signature
from dsl.diagnostic import Label


def expressions_only(body: Body, arguments: tuple[s.Expr | s.TypeName, ...]) -> list[s.Expr]:
    """The arguments of a call that takes no types."""
    found: list[s.Expr] = []
    for argument in arguments:
        if isinstance(argument, s.TypeName):
            body.report.fail("bad-argument", "a type is not a value", argument.span)
        found.append(argument)
    return found


def function_arguments(
    body: Body, expr: s.Call, callee: Signature, written: list[s.Expr]
) -> tuple[p.Expr, ...]:
    """The arguments, converted to the parameters' types; reports every wrong one."""
    if len(written) != len(callee.parameters):
        body.report.fail(
            "argument-count",
            f"`{callee.name}()` takes {counted(len(callee.parameters))}, not {len(written)}",
            expr.span,
            trail=(Label(callee.decl.name.span, "declared here"),),
        )
    arguments: list[p.Expr] = []
    if callee.task is not None:
        refuse_without(body, callee, expr.callee.span)
        written = [s.Ident(CURRENT, expr.callee.span), *written]
    for argument, (name, type_) in zip(written, callee.all_parameters, strict=True):
        try:
            checked = body.value(argument, type_)
            if type_ is not None:
                what = f"parameter `{name.text}` of `{callee.name}()`"
                arguments.append(coerce(body.report, checked, type_, what))
        except Skip:
            continue
    if len(arguments) != len(written):
        raise Skip
    return tuple(arguments)


def counted(count: int) -> str:
    """``1 argument``, ``2 arguments``."""
    return "1 argument" if count == 1 else f"{count or 'no'} arguments"
