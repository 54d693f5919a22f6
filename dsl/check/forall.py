"""``forall_actors(walker, condition)`` in claims: the condition of each instance that runs.

It is put in place as a conjunction, with ``walker.seen`` the state of one instance after another::

    forall_actors(walker, walker.seen <= 1)   =>   walker.seen[0] <= 1 && walker.seen[1] <= 1
"""

from __future__ import annotations

from itertools import islice
from typing import cast

from dsl import protocol as p
from dsl import syntax as s
from dsl.check.arguments import expressions_only
from dsl.check.context import MAX_STATEMENTS, Body
from dsl.check.convert import truth
from dsl.check.report import did_you_mean
from dsl.check.walk import deep
from dsl.frozen import Frozen, fields_of
from dsl.source import Span
from dsl.types import BOOL, INT

_NAME = "forall_actors"
_USAGE = f"write `{_NAME}(actor, condition)`"


def is_quantified(part: object) -> bool:
    """Whether a written condition has a `forall_actors()` in it."""
    pending = [part]
    while pending:
        top = pending.pop()
        if isinstance(top, s.Call) and top.callee.text == _NAME:
            return True
        if isinstance(top, tuple):
            pending.extend(cast("tuple[object, ...]", top))
        elif isinstance(top, Frozen) and not isinstance(top, Span):
            pending.extend(getattr(top, name) for name in fields_of(top))
    return False


def forall_actors(body: Body, expr: s.Call) -> p.Expr:
    """The conjunction over the instances that run; true where none does."""
    actor, condition = _arguments(body, expr)
    if not body.claim:
        body.report.fail(
            "bad-forall",
            f"`{_NAME}()` is for claims: what all actors do is seen from outside",
            expr.span,
            "use it in `final` or `invariant`",
        )
    name = actor.name
    if name not in body.world.actors:
        body.report.fail(
            "unknown-name",
            f"no actor `{name}`",
            actor.span,
            did_you_mean(name, body.world.actors),
        )
    if name not in body.run:
        body.report.fail(
            "bad-forall",
            f"this scenario runs no `{name}`: the claim would say nothing",
            actor.span,
            "run the actor, or leave the claim out",
        )
    if name in body.instances:
        body.report.fail(
            "bad-forall",
            f"`{name}` stands for one instance here already",
            actor.span,
            "the inner `forall_actors()` takes another actor",
        )
    whole: p.Expr = p.Constant(1, BOOL, expr.span)
    for number in range(body.run[name]):
        body.instances[name] = p.Constant(number, INT, expr.span)
        try:
            part = truth(body.report, body.value(condition, BOOL))
        finally:
            del body.instances[name]
        body.count(expr.span, sum(1 for _ in islice(deep(part), MAX_STATEMENTS + 1)))
        whole = part if number == 0 else p.Logical("&&", whole, part, BOOL, expr.span)
    return whole


def _arguments(body: Body, expr: s.Call) -> tuple[s.Ident, s.Expr]:
    if len(expr.arguments) != 2:
        body.report.fail("argument-count", f"`{_NAME}()` takes 2 arguments", expr.span, _USAGE)
    actor, condition = expressions_only(body, expr.arguments)
    if not isinstance(actor, s.Ident):
        body.report.fail("bad-argument", "this must be an actor's name", actor.span, _USAGE)
    return actor, condition
