"""Compiling statements and whole bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from dsl import protocol as p
from dsl.interpreter import sections
from dsl.interpreter.code import Label, Op
from dsl.interpreter.emit import Emitter
from dsl.interpreter.values import UNSET, Violated, integer
from dsl.interpreter.work import Work
from dsl.source import Span
from dsl.types import VoidType


@dataclass(frozen=True, slots=True)
class Around:
    """Where ``break`` and ``continue`` go."""

    end: Label
    resume: Label | None


def function_body(e: Emitter, function: p.Function) -> None:
    """The whole body of a function or actor."""
    base = len(function.locals)
    _declare_labels(e, function.body)
    statement(e, function.body, base, Around(Label(), None))
    _return(e, -1, function.span, value=isinstance(function.result, VoidType))


def statement(e: Emitter, stmt: p.Stmt, base: int, around: Around) -> None:
    """One statement; registers from ``base`` on are free."""
    match stmt:
        case p.Block(body):
            for inner in body:
                statement(e, inner, base, around)
        case p.Evaluate(expr):
            e.expression(expr, base)
        case p.Declare(local, span):
            e.constant(UNSET, e.register(local), span)
        case p.If():
            _if(e, stmt, base, around)
        case p.Loop():
            _loop(e, stmt, base, around)
        case p.Switch():
            _switch(e, stmt, base, around)
        case p.Break(span):
            e.jump(around.end, span)
        case p.Continue(span):
            assert around.resume is not None
            e.jump(around.resume, span)
        case p.Return(value, span):
            if value is not None:
                e.expression(value, base)
            _return(e, -1 if value is None else base, span, value=True)
        case p.Goto(label, span):
            _goto(e, label, span)
        case p.Label(label, body, span):
            enter, again, header = e.names[label]
            e.here(enter)
            e.enter_loop(header, span)
            e.here(again)
            statement(e, body, base, around)
        case p.ChooseBranch():
            _choose(e, stmt, base, around)
        case _:
            assert_never(stmt)


def _declare_labels(e: Emitter, stmt: p.Stmt) -> None:
    match stmt:
        case p.Label(label, body):
            e.names[label] = (Label(), Label(), e.new_header())
            _declare_labels(e, body)
        case p.Block(body):
            for inner in body:
                _declare_labels(e, inner)
        case p.If(_, then, otherwise):
            _declare_labels(e, then)
            _declare_labels(e, otherwise)
        case p.Loop():
            for inner in (stmt.init, stmt.body, stmt.step):
                _declare_labels(e, inner)
        case p.Switch(_, cases):
            for _, _, block in cases:
                _declare_labels(e, block)
        case p.ChooseBranch(branches):
            for block in branches:
                _declare_labels(e, block)
        case _:
            pass


def _goto(e: Emitter, label: str, span: Span) -> None:
    """Forward into the label, or back over a counted edge."""
    enter, again, header = e.names[label]
    if enter.position < 0:
        e.jump(enter, span)
    else:
        e.back(header, again, span)


def _if(e: Emitter, stmt: p.If, base: int, around: Around) -> None:
    otherwise, end = Label(), Label()
    e.expression(stmt.condition, base)
    e.jump_if(False, base, otherwise, stmt.span)
    statement(e, stmt.then, base, around)
    e.jump(end, stmt.span)
    e.here(otherwise)
    statement(e, stmt.otherwise, base, around)
    e.here(end)


def _loop(e: Emitter, stmt: p.Loop, base: int, around: Around) -> None:
    head, resume, end = Label(), Label(), Label()
    header = e.new_header()
    statement(e, stmt.init, base, around)
    e.enter_loop(header, stmt.span)
    e.here(head)
    if stmt.test_first:
        e.expression(stmt.condition, base)
        e.jump_if(False, base, end, stmt.span)
    statement(e, stmt.body, base, Around(end, resume))
    e.here(resume)
    statement(e, stmt.step, base, around)
    if not stmt.test_first:
        e.expression(stmt.condition, base)
        e.jump_if(False, base, end, stmt.span)
    e.back(header, head, stmt.span)
    e.here(end)
    e.enter_loop(header, stmt.span)


def _switch(e: Emitter, stmt: p.Switch, base: int, around: Around) -> None:
    end = Label()
    labels = [Label() for _ in stmt.cases]
    table = {value: labels[i] for i, (values, _, _) in enumerate(stmt.cases) for value in values}
    fallback = next((labels[i] for i, case in enumerate(stmt.cases) if case[1]), end)
    e.expression(stmt.subject, base)

    def run(w: Work, _: int) -> None:
        w.pc = table.get(integer(w.registers[base]), fallback).position

    targets = (*labels, end)
    e.add(Op(run, stmt.span, reads=(base,), targets=targets, falls=False))
    for label, (_, _, block) in zip(labels, stmt.cases, strict=True):
        e.here(label)
        statement(e, block, base, Around(end, around.resume))
    e.here(end)


def _choose(e: Emitter, stmt: p.ChooseBranch, base: int, around: Around) -> None:
    end = Label()
    labels = tuple(Label() for _ in stmt.branches)
    choices = tuple(range(len(labels)))

    def run(w: Work, choice: int) -> None:
        w.pc = labels[choice].position
        w.note = f"takes branch {choice + 1}"

    op = Op(run, stmt.span, "choose", shared=True, fork=True, targets=labels, falls=False)
    op.choices = lambda _: choices
    e.add(op)
    for label, block in zip(labels, stmt.branches, strict=True):
        e.here(label)
        statement(e, block, base, around)
        e.jump(end, stmt.span)
    e.here(end)


def _return(e: Emitter, register: int, span: Span, *, value: bool) -> None:
    """Leaves the function, or ends the actor where nobody has called it."""

    def run(w: Work, _: int) -> None:
        if not w.lower:
            sections.end(w)
            return
        if not value:
            raise Violated("uninitialized")
        if w.update == len(w.lower):
            w.update = -1
        w.leave(w.registers[register] if register >= 0 else None)

    reads = (register,) if register >= 0 else ()
    e.add(Op(run, span, "ends", reads=reads, falls=False))
