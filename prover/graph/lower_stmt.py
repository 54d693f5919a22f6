"""Statements: control flow becomes blocks, in the order of the source."""

from __future__ import annotations

from typing import assert_never

from dsl import protocol as p
from prover.graph.context import Scope
from prover.graph.ir import Assign, Const, Havoc, Mark, Reg
from prover.graph.lower_expr import condition, discard, value
from prover.graph.order import LOOP
from prover.graph.places import forget, local_place
from prover.graph.walk import has_label

COPY = "~"
"""What stands between a label and the number of its copy; no name of a protocol has it."""


def statement(scope: Scope, stmt: p.Stmt) -> None:
    """Lower ``stmt``, unless control can get neither to it nor into it."""
    if not scope.builder.alive() and not has_label(stmt):
        return
    match stmt:
        case p.Block(body=body):
            for inner in body:
                statement(scope, inner)
        case p.Evaluate(expr=expr):
            discard(scope, expr)
        case p.Declare(local=local, span=span):
            forget(scope, local_place(scope, local), span)
        case p.If():
            _if(scope, stmt)
        case p.Loop():
            _loop(scope, stmt)
        case p.Switch():
            _switch(scope, stmt)
        case p.Break():
            scope.builder.jump(scope.breaks[-1])
        case p.Continue():
            scope.builder.jump(scope.continues[-1])
        case p.Return():
            _return(scope, stmt)
        case p.Goto(label=label):
            scope.builder.jump(_block_of(scope, label))
        case p.Label():
            _label(scope, stmt)
        case p.ChooseBranch():
            _choose(scope, stmt)
        case _:
            assert_never(stmt)


def _if(scope: Scope, stmt: p.If) -> None:
    builder = scope.builder
    then, otherwise, join = builder.name("then"), builder.name("else"), builder.name("fi")
    condition(scope, stmt.condition, then, otherwise, scope.arms.get(id(stmt), ()))
    builder.start(then)
    statement(scope, stmt.then)
    builder.jump(join)
    builder.start(otherwise)
    statement(scope, stmt.otherwise)
    builder.start(join)


def _mark_loop(scope: Scope, stmt: p.Loop | p.Label) -> None:
    """Mark a block that may turn out to be a loop's header."""
    scope.builder.emit(Mark(scope.owner, LOOP, scope.origin(stmt.span)))


def _loop(scope: Scope, stmt: p.Loop) -> None:
    builder = scope.builder
    head, body = builder.name("loop"), builder.name("body")
    step, done = builder.name("step"), builder.name("done")
    statement(scope, stmt.init)
    builder.start_entered(head)
    _mark_loop(scope, stmt)
    if stmt.test_first:
        condition(scope, stmt.condition, body, done)
    builder.start(body)
    scope.breaks.append(done)
    scope.continues.append(step)
    statement(scope, stmt.body)
    scope.breaks.pop()
    scope.continues.pop()
    builder.start(step)
    statement(scope, stmt.step)
    if stmt.test_first:
        builder.jump(head)
    else:
        condition(scope, stmt.condition, head, done)
    builder.start(done)


def _switch(scope: Scope, stmt: p.Switch) -> None:
    builder = scope.builder
    subject = scope.keep(value(scope, stmt.subject), stmt.subject.span)
    bodies = [builder.name("case") for _ in stmt.cases]
    done = builder.name("done")
    default = done
    for block, (values, is_default, _) in zip(bodies, stmt.cases, strict=True):
        default = block if is_default else default
        for number in values:
            other = builder.name("test")
            origin = scope.origin(stmt.subject.span)
            equal = scope.apply("==", subject, Const(number))
            builder.branch(equal, block, other, origin, scope.arms.get(id(stmt), ()))
            builder.start(other)
    builder.jump(default)
    scope.breaks.append(done)
    for block, (_, _, body) in zip(bodies, stmt.cases, strict=True):
        builder.start(block)
        statement(scope, body)
    scope.breaks.pop()
    builder.start(done)


def _return(scope: Scope, stmt: p.Return) -> None:
    leaving = scope.leaving
    if stmt.value is not None:
        given = value(scope, stmt.value)
        if scope.builder.alive():
            leaving.returned.append(given)
        if leaving.tail:
            return
        scope.builder.emit(Assign(leaving.result, given, scope.origin(stmt.span)))
    scope.builder.jump(leaving.block)


def _block_of(scope: Scope, label: str) -> str:
    """The block that ``label`` starts."""
    if label not in scope.labels:
        scope.labels[label] = scope.builder.name(label.lstrip(".") or "label")
    return scope.labels[label]


def _label(scope: Scope, stmt: p.Label) -> None:
    scope.builder.start_entered(_block_of(scope, stmt.label))
    _mark_loop(scope, stmt)
    if not stmt.label.startswith("."):
        name = stmt.label.partition(COPY)[0]
        scope.builder.emit(Mark(scope.owner, name, scope.origin(stmt.span)))
    statement(scope, stmt.body)


def _choose(scope: Scope, stmt: p.ChooseBranch) -> None:
    builder = scope.builder
    branches = [builder.name("choice") for _ in stmt.branches]
    join = builder.name("chosen")
    reg = scope.temporary()
    if len(branches) > 1:
        builder.emit(Havoc(reg, 0, len(branches) - 1, scope.origin(stmt.span)))
    for index, block in enumerate(branches[:-1]):
        other = builder.name("or")
        builder.branch(scope.apply("==", Reg(reg), Const(index)), block, other)
        builder.start(other)
    builder.jump(branches[-1])
    for block, body in zip(branches, stmt.branches, strict=True):
        builder.start(block)
        statement(scope, body)
        builder.jump(join)
    builder.start(join)
