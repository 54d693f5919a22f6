"""Block macros: an iterator's body is put in place of its use.

``iterator each(T **x, ...) { A; yield; B; }`` used as ``each(&v, ...) { C; }``
becomes ``{ params = ...; A'; { C; } .after: ; B'; } .end: ;``.  The parameters are
fresh locals, except that ``x`` stands for ``&v``; ``continue`` in C goes to
``.after``, ``break`` to ``.end``.  Names in the iterator never meet those around its use.
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl import protocol as p
from dsl import syntax as s
from dsl.check.arguments import function_arguments
from dsl.check.context import Alias, Around, Body, Frame, Scope
from dsl.check.convert import local_address
from dsl.check.library import refuse_unimported
from dsl.check.report import Skip, did_you_mean
from dsl.check.world import Signature
from dsl.diagnostic import Label
from dsl.source import Span
from dsl.syntax_rewrite import statements_in
from dsl.types import BOOL, VOID, PointerType

STATE = "debug_normal_state_change"
"""Who waits says by it that the task is about to sleep; where the iterator ends it runs."""


def for_each(body: Body, stmt: s.ForEach) -> p.Stmt:
    """The use of a block macro."""
    callee = _iterator(body, stmt)
    _refuse_recursion(body, callee, stmt.callee.span)
    if body.world.too_large:
        raise Skip
    call = s.Call(stmt.callee, stmt.arguments, stmt.callee.span)
    try:
        arguments = function_arguments(body, call, callee, list(stmt.arguments))
    except Skip:
        _block_alone(body, stmt)
        raise
    prefix = f".{callee.name}.{body.expansions}"
    body.expansions += 1
    frame = Frame(
        callee.name, prefix, f"{prefix}.end", stmt.body, body.scope, body.around, body.frame
    )
    scope, made = _parameters(body, callee, arguments, stmt.span)
    inner = _in_frame(body, frame, scope, callee.decl.body)
    parts: list[p.Stmt] = [*made, inner]
    if frame.end in frame.jumped:
        body.jumps.labels[frame.end] = stmt.span
        parts.append(p.Label(frame.end, p.Block((), stmt.span), stmt.span))
    if _sets_state(callee.decl.body):
        arguments_of = (p.Constant(0, BOOL, stmt.span),)
        running = p.CallPrimitive(STATE, arguments_of, "", (), VOID, stmt.span)
        parts.append(p.Evaluate(running, stmt.span))
    return p.Block(tuple(parts), stmt.span)


def _sets_state(stmt: s.Stmt) -> bool:
    """Whether an iterator says itself that the task is about to sleep."""
    return any(
        isinstance(each, s.ExprStmt)
        and isinstance(each.expr, s.Call)
        and each.expr.callee.text == STATE
        for each in statements_in(stmt)
    )


def until(body: Body, expr: s.Expr) -> s.ForEach | None:
    """``wait_event(&wq, condition);`` as the use of a block macro that the condition leaves.

    None for what is no call of an iterator with one argument more than it has parameters.
    """
    if not isinstance(expr, s.Call) or expr.callee.text not in body.world.functions:
        return None
    callee = body.world.functions[expr.callee.text]
    if callee.kind != "iterator" or len(expr.arguments) != len(callee.decl.parameters) + 1:
        return None
    *arguments, condition = expr.arguments
    if isinstance(condition, s.TypeName):
        return None
    leave = s.If(condition, s.Break(condition.span), None, condition.span)
    given = tuple(a for a in arguments if not isinstance(a, s.TypeName))
    return s.ForEach(expr.callee, given, s.Block((leave,), condition.span), expr.span)


def _iterator(body: Body, stmt: s.ForEach) -> Signature:
    name = stmt.callee.text
    iterators = {n: f for n, f in body.world.functions.items() if f.kind == "iterator"}
    if name in iterators:
        return iterators[name]
    _block_alone(body, stmt)
    if name in body.world.ordinary:
        what = body.world.ordinary[name][0]
        return body.report.fail(
            "not-an-iterator",
            f"`{name}` is a {what}, not a block macro",
            stmt.callee.span,
            "a call ends in `;`, only an iterator is followed by a block",
        )
    refuse_unimported(body.report, name, f"{name}()", stmt.callee.span)
    return body.report.fail(
        "unknown-name", f"no iterator `{name}`", stmt.callee.span, did_you_mean(name, iterators)
    )


def _block_alone(body: Body, stmt: s.ForEach) -> None:
    """Check the block although the macro is wrong."""
    around, scope = body.around, body.scope
    body.around, body.scope = (*around, Around("loop")), Scope(scope)
    body.statement(stmt.body)
    body.around, body.scope = around, scope


def _refuse_recursion(body: Body, callee: Signature, span: Span) -> None:
    frame = body.frame
    while frame is not None:
        if frame.iterator == callee.name:
            body.report.fail(
                "recursion",
                f"the iterator `{callee.name}` uses itself",
                span,
                trail=(Label(callee.decl.name.span, "declared here"),),
            )
        frame = frame.outer


def _parameters(
    body: Body, callee: Signature, arguments: tuple[p.Expr, ...], span: Span
) -> tuple[Scope, list[p.Stmt]]:
    """The scope of the iterator's body, and the assignments of its parameters."""
    scope = Scope(None)
    made: list[p.Stmt] = []
    for (name, _), argument in zip(callee.all_parameters, arguments, strict=True):
        type_ = argument.type
        scope.spans[name.text] = name.span
        if (
            isinstance(argument, p.AddressOf)
            and isinstance(argument.place, p.LocalPlace)
            and isinstance(type_, PointerType)
            and local_address(argument)
        ):
            scope.names[name.text] = Alias(name.text, argument.place.local, type_)
            continue
        local = body.local(name.text, type_, name.span)
        scope.names[name.text] = local
        target = p.LocalPlace(local, type_, name.span)
        assign = p.Assign(target, "", argument, type_, argument.span)
        made.append(p.Evaluate(assign, span))
    return scope, made


def _in_frame(body: Body, frame: Frame, scope: Scope, block: s.Block) -> p.Stmt:
    """The iterator's body, checked in its own scope, with its own loops and labels."""
    body.scope, body.around, body.frame = scope, (), frame
    try:
        return body.statement(block)
    finally:
        body.scope, body.around, body.frame = frame.scope, frame.around, frame.outer


def run_block(body: Body, span: Span) -> p.Stmt:
    """``yield``: the block of the use, in the place where it was written."""
    frame = body.frame
    if frame is None:
        return body.report.fail(
            "misplaced-yield",
            "`yield` outside of an iterator",
            span,
            "only the body of an iterator runs a block",
        )
    if frame.block is None:
        return p.Block((), span)
    after = f"{frame.prefix}.after"
    marker = Around("block", after, frame.end)
    mine = (body.scope, body.around, body.frame)
    body.scope, body.around, body.frame = (
        Scope(frame.scope),
        (*frame.around, marker),
        frame.outer,
    )
    try:
        block = body.statement(frame.block)
    finally:
        body.scope, body.around, body.frame = mine
    frame.jumped.update(marker.jumped)
    if after not in marker.jumped:
        return block
    body.jumps.labels[after] = span
    return p.Block((block, p.Label(after, p.Block((), span), span)), span)


def leave_iterator(body: Body, stmt: s.Return) -> p.Stmt:
    """``return;`` of the iterator itself: the iteration is over."""
    assert body.frame is not None
    if stmt.value is not None:
        return body.report.fail(
            "return-value",
            f"the iterator `{body.frame.iterator}` returns nothing",
            stmt.value.span,
            "leave the value out: `return;` ends the iteration",
        )
    body.frame.jumped.add(body.frame.end)
    return p.Goto(body.frame.end, stmt.span)


def alone(body: Body, callee: Signature) -> None:
    """Check an iterator by itself: what is wrong with it whether or not it is used."""
    yields = list(_yields(callee.decl.body))
    if not yields:
        body.report.error(
            "misplaced-yield",
            f"the iterator `{callee.name}` has no `yield`",
            callee.decl.name.span,
            "write `yield;` where the block of the use runs",
        )
    for extra in yields[1:]:
        body.report.error(
            "misplaced-yield",
            f"the iterator `{callee.name}` has a second `yield`",
            extra.span,
            "the block is put in place once",
            (Label(yields[0].span, "the first one"),),
        )
    prefix = f".{callee.name}"
    frame = Frame(callee.name, prefix, f"{prefix}.end", None, body.scope, (), None)
    scope = Scope(None)
    for name, type_ in callee.all_parameters:
        scope.spans[name.text] = name.span
        scope.names[name.text] = None if type_ is None else body.local(name.text, type_, name.span)
    _in_frame(body, frame, scope, callee.decl.body)


def _yields(stmt: s.Stmt) -> Iterator[s.Yield]:
    match stmt:
        case s.Yield():
            yield stmt
        case s.Block(inner):
            for each in inner:
                yield from _yields(each)
        case s.If(_, then, otherwise):
            yield from _yields(then)
            if otherwise is not None:
                yield from _yields(otherwise)
        case s.While() | s.DoWhile() | s.For() | s.ForEach() | s.Labelled():
            yield from _yields(stmt.body)
        case s.Switch(_, cases):
            for case in cases:
                for each in case.body:
                    yield from _yields(each)
        case s.ChooseStmt(branches):
            for branch in branches:
                yield from _yields(branch)
        case _:
            pass
