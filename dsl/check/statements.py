"""Statements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from dsl import protocol as p
from dsl import syntax as s
from dsl.check import expressions, iterators, labels
from dsl.check.constants import evaluate
from dsl.check.context import Around, Body, Scope
from dsl.check.convert import arithmetic, cast, coerce, promote, show, truth
from dsl.check.report import Skip
from dsl.check.typenames import resolve, with_lengths
from dsl.check.walk import deep
from dsl.diagnostic import Label
from dsl.source import Span
from dsl.types import (
    BOOL,
    INT,
    ArrayType,
    AtomicType,
    LockType,
    RcuHeadType,
    StructType,
    Type,
    VoidType,
)

LOOP = Around("loop")
SWITCH = Around("switch")


def statement(body: Body, stmt: s.Stmt) -> p.Stmt:
    """The checked statement; an empty block where it is wrong and has been reported."""
    try:
        body.count(stmt.span)
        return _statement(body, stmt)
    except Skip:
        return empty(stmt.span)


def empty(span: Span) -> p.Block:
    """Nothing."""
    return p.Block((), span)


def sequence(body: Body, statements: Iterable[s.Stmt], span: Span) -> p.Block:
    """Statements in the scope at hand."""
    return p.Block(tuple(body.statement(stmt) for stmt in statements), span)


def _statement(body: Body, stmt: s.Stmt) -> p.Stmt:
    match stmt:
        case s.Block(statements, span):
            return scoped(body, statements, span, inner=True)
        case s.Declare():
            return _declare(body, stmt)
        case s.ExprStmt(expr, span):
            asked = iterators.until(body, expr)
            if asked is not None:
                return iterators.for_each(body, asked)
            return p.Evaluate(_effect(body, expr), span)
        case s.Empty(span):
            return empty(span)
        case s.If():
            return _if(body, stmt)
        case s.While() | s.DoWhile() | s.For():
            return _loop(body, stmt)
        case s.ForEach():
            return iterators.for_each(body, stmt)
        case s.Switch():
            return _switch(body, stmt)
        case s.Break(span):
            return labels.leave(body, span)
        case s.Continue(span):
            return labels.resume(body, span)
        case s.Return():
            return _return(body, stmt)
        case s.Goto(label, span):
            return labels.goto(body, label, span)
        case s.Labelled(label, inner, span):
            name = labels.define(body, label)
            return p.Label(name, body.statement(inner), span)
        case s.ChooseStmt(branches, span):
            checked = tuple(
                scoped(body, branch.body, branch.span, inner=True) for branch in branches
            )
            return p.ChooseBranch(checked, span)
        case s.Yield(span):
            return iterators.run_block(body, span)
        case _:
            assert_never(stmt)


def scoped(body: Body, statements: Iterable[s.Stmt], span: Span, *, inner: bool = False) -> p.Block:
    """Statements in a scope of their own; ``inner`` to a function, which may come to it again."""
    outer = body.scope
    body.scope = Scope(outer)
    try:
        before = len(body.jumps.labels)
        found = sequence(body, statements, span)
        if inner and len(body.jumps.labels) > before:
            return p.Block((_anew(body.scope, found),), span)
        return found
    finally:
        body.scope = outer


def one(body: Body, stmt: s.Stmt) -> p.Stmt:
    """A branch or a loop's body: a scope of its own, with braces or without."""
    outer = body.scope
    body.scope = Scope(outer)
    try:
        return body.statement(stmt)
    finally:
        body.scope = outer


def _effect(body: Body, expr: s.Expr) -> p.Expr:
    """An expression for its effects; a cast to void says that the value is not wanted."""
    match expr:
        case s.Step():
            return expressions.step(body, expr, used=False)
        case s.Cast(s.TypeName("", "void", 0), operand):
            return body.value(operand)
        case _:
            found = body.value(expr)
            if isinstance(expr, s.Call) and isinstance(found, p.Cast):
                return found.operand
            return found


def _condition(body: Body, expr: s.Expr) -> p.Expr:
    return truth(body.report, body.value(expr, BOOL))


def _try_condition(body: Body, expr: s.Expr | None, span: Span) -> p.Expr:
    """A condition, or after a report a constant, so that the rest is still checked."""
    if expr is not None:
        try:
            return _condition(body, expr)
        except Skip:
            pass
    return p.Constant(1, BOOL, span)


def _declare(body: Body, stmt: s.Declare) -> p.Stmt:
    made: list[p.Stmt] = []
    for declarator in stmt.declarators:
        try:
            made.append(_declarator(body, stmt, declarator))
        except Skip:
            if declarator.name.text not in body.scope.names:
                body.bind(declarator.name, None)
    return made[0] if len(made) == 1 else p.Block(tuple(made), stmt.span)


def _declarator(body: Body, stmt: s.Declare, declarator: s.Declarator) -> p.Stmt:
    name = declarator.name
    if name.text in body.scope.spans:
        first = body.scope.spans[name.text]
        body.report.fail(
            "duplicate-name",
            f"`{name.text}` is declared twice in this block",
            name.span,
            trail=(Label(first, "first declared here"),),
        )
    body.bind(name, None)
    type_ = resolve(body.world, stmt.type, declarator.stars)
    local_type(body, with_lengths(type_, (1,) * len(declarator.lengths)), name)
    local = body.local(name.text, type_, name.span)
    # The name is in scope in its own initializer, as in C.
    body.bind(name, local)
    if declarator.init is None:
        return p.Declare(local, declarator.span)
    value = coerce(body.report, body.value(declarator.init, type_), type_, f"`{name.text}`")
    target = p.LocalPlace(local, type_, name.span)
    made = p.Evaluate(p.Assign(target, "", value, type_, declarator.span), declarator.span)
    if any(isinstance(part, p.LocalPlace) and part.local == local for part in deep(value)):
        return p.Block((p.Declare(local, declarator.span), made), declarator.span)
    return made


def _anew(scope: Scope, stmt: p.Stmt) -> p.Stmt:
    """A statement, its scope's locals without a value each time: jumps leave initializers out."""
    found = (binding for binding in scope.names.values() if isinstance(binding, p.Local))
    declared = tuple(p.Declare(local, local.span) for local in found)
    return p.Block((*declared, stmt), stmt.span) if declared else stmt


def local_type(body: Body, type_: Type, name: s.Name) -> None:
    """Refuse the types that no local or parameter can have."""
    if isinstance(type_, StructType | ArrayType | LockType | AtomicType | RcuHeadType):
        what = "an array" if isinstance(type_, ArrayType) else show(type_)
        body.report.fail(
            "local-aggregate",
            f"`{name.text}`: {what} cannot be a local",
            name.span,
            "declare a global object, or use a local for each field",
        )
    if isinstance(type_, VoidType):
        body.report.fail("void-type", f"`{name.text}` cannot be void", name.span)


def _if(body: Body, stmt: s.If) -> p.Stmt:
    condition = _try_condition(body, stmt.condition, stmt.condition.span)
    then = one(body, stmt.then)
    otherwise = empty(stmt.span) if stmt.otherwise is None else one(body, stmt.otherwise)
    return p.If(condition, then, otherwise, stmt.span)


def _loop(body: Body, stmt: s.While | s.DoWhile | s.For) -> p.Stmt:
    outer, around = body.scope, body.around
    body.scope = Scope(outer)
    try:
        init: p.Stmt = empty(stmt.span)
        step: p.Stmt = empty(stmt.span)
        if isinstance(stmt, s.For) and stmt.init is not None:
            init = body.statement(stmt.init)
        condition = _try_condition(body, stmt.condition, stmt.span)
        if isinstance(stmt, s.For) and stmt.step is not None:
            step = body.statement(s.ExprStmt(stmt.step, stmt.step.span))
        body.around = (*around, LOOP)
        inner = one(body, stmt.body)
        test_first = not isinstance(stmt, s.DoWhile)
        return p.Loop(init, condition, test_first, step, inner, stmt.span)
    finally:
        body.scope, body.around = outer, around


def _switch(body: Body, stmt: s.Switch) -> p.Stmt:
    subject: p.Expr = p.Constant(0, INT, stmt.subject.span)
    try:
        subject = body.value(stmt.subject)
        if not arithmetic(subject.type):
            body.report.fail(
                "type-mismatch",
                f"a switch needs a number, not {show(subject.type)}",
                stmt.subject.span,
            )
    except Skip:
        subject = p.Constant(0, INT, stmt.subject.span)
    seen: dict[int | None, Span] = {}
    outer, around = body.scope, body.around
    body.scope, body.around = Scope(outer), (*around, SWITCH)
    try:
        cases = tuple(_case(body, case, subject.type, seen) for case in stmt.cases)
        return _anew(body.scope, p.Switch(subject, cases, stmt.span))
    finally:
        body.scope, body.around = outer, around


def _case(
    body: Body, case: s.Case, type_: Type, seen: dict[int | None, Span]
) -> tuple[tuple[int, ...], bool, p.Block]:
    values: list[int] = []
    for written in case.values:
        try:
            found = body.value(written, type_)
            known = evaluate(cast(found, promote(type_)) if arithmetic(found.type) else found)
            if known is None:
                body.report.fail("not-constant", "a case is a constant", written.span)
            _distinct(body, known, str(known), written.span, seen)
            values.append(known)
        except Skip:
            continue
    if case.default:
        _distinct(body, None, "default", case.span, seen)
    return tuple(values), case.default, sequence(body, case.body, case.span)


def _distinct(
    body: Body, key: int | None, shown: str, span: Span, seen: dict[int | None, Span]
) -> None:
    if key in seen:
        body.report.error(
            "duplicate-case",
            f"this switch has `{shown}` twice",
            span,
            trail=(Label(seen[key], "first here"),),
        )
    seen.setdefault(key, span)


def _return(body: Body, stmt: s.Return) -> p.Stmt:
    if body.frame is not None:
        return iterators.leave_iterator(body, stmt)
    result = body.result
    if result is None:
        if stmt.value is not None:
            body.value(stmt.value)
        raise Skip
    if isinstance(result, VoidType):
        if stmt.value is not None:
            body.report.fail(
                "return-value",
                f"`{body.name}` returns nothing",
                stmt.value.span,
                "leave the value out; if it is the next statement, `return` has no `;`",
            )
        return p.Return(None, stmt.span)
    if stmt.value is None:
        return body.report.fail(
            "return-value",
            f"`{body.name}` returns {show(result)}",
            stmt.span,
            "give the value: `return ...;`",
        )
    value = coerce(
        body.report,
        body.value(stmt.value, result),
        result,
        f"the result of `{body.name}`",
        "return-value",
    )
    return p.Return(value, stmt.span)
