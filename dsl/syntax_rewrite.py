"""Edits of the syntax tree; what does not change stays the same object."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar, cast

from dsl import syntax as s
from dsl.frozen import Frozen, fields_of, replace
from dsl.primitives import PRIMITIVES
from dsl.source import Span

_TAKE_FUNCTIONS = tuple(row.name for row in PRIMITIVES.values() if "function" in row.parameters)
"""Primitives that call a function by its name."""

Part = TypeVar("Part", bound=s.Block | s.Scenario | s.Final | s.Invariant)

Edit = Callable[[s.Labelled], tuple[s.Stmt, ...]]


def labels_in(stmt: s.Stmt) -> list[str]:
    """The labels of the statement and of those inside it, in the order of the text."""
    return [each.label.text for each in statements_in(stmt) if isinstance(each, s.Labelled)]


def statements_in(stmt: s.Stmt) -> Iterator[s.Stmt]:
    """The statement and those inside it, in the order of the text."""
    yield stmt
    match stmt:
        case s.Block(body):
            for each in body:
                yield from statements_in(each)
        case s.If(_, then, otherwise):
            yield from statements_in(then)
            if otherwise is not None:
                yield from statements_in(otherwise)
        case s.While() | s.DoWhile() | s.For() | s.ForEach() | s.Labelled():
            yield from statements_in(stmt.body)
        case s.Switch(_, cases):
            for case in cases:
                for each in case.body:
                    yield from statements_in(each)
        case s.ChooseStmt(branches):
            for branch in branches:
                yield from statements_in(branch)
        case _:
            pass


def edit_list(body: tuple[s.Stmt, ...], label: str, edit: Edit) -> tuple[s.Stmt, ...]:
    """The statements with the one labelled ``label`` replaced by what ``edit`` makes of it."""
    made: list[s.Stmt] = []
    for stmt in body:
        if isinstance(stmt, s.Labelled) and stmt.label.text == label:
            made.extend(edit(stmt))
        else:
            made.append(_inside(stmt, label, edit))
    return tuple(made)


def _one(stmt: s.Stmt, label: str, edit: Edit) -> s.Stmt:
    """The same where one statement must stand: braces around several, ``;`` for none."""
    made = edit_list((stmt,), label, edit)
    if len(made) == 1:
        return made[0]
    return s.Block(made, stmt.span) if made else s.Empty(stmt.span)


def _block(block: s.Block, label: str, edit: Edit) -> s.Block:
    return replace(block, body=edit_list(block.body, label, edit))


def _inside(stmt: s.Stmt, label: str, edit: Edit) -> s.Stmt:
    if label not in labels_in(stmt):
        return stmt
    match stmt:
        case s.Block():
            return _block(stmt, label, edit)
        case s.If(_, then, otherwise):
            other = None if otherwise is None else _one(otherwise, label, edit)
            return replace(stmt, then=_one(then, label, edit), otherwise=other)
        case s.While() | s.DoWhile() | s.For() | s.ForEach():
            return replace(stmt, body=_one(stmt.body, label, edit))
        case s.Labelled():
            return _labelled(stmt, label, edit)
        case s.Switch(_, cases):
            edited = (replace(case, body=edit_list(case.body, label, edit)) for case in cases)
            return replace(stmt, cases=tuple(edited))
        case s.ChooseStmt(branches):
            return replace(stmt, branches=tuple(_block(branch, label, edit) for branch in branches))
        case _:
            return stmt


def _labelled(stmt: s.Labelled, label: str, edit: Edit) -> s.Stmt:
    """``outer: inner: S`` with ``inner`` edited."""
    return replace(stmt, body=_one(stmt.body, label, edit))


def rename(part: Part, old: str, new: str) -> Part:
    """A piece of syntax with every use of the function ``old`` one of ``new``: calls, callbacks."""
    made = _rename(part, old, new)
    return made if isinstance(made, type(part)) else part


_FIELDS: dict[type[object], tuple[str, ...]] = {}
"""What :func:`_fields` has answered so far."""


def _fields(kind: type[object]) -> tuple[str, ...]:
    """The fields of a kind of syntax in which functions may be named."""
    found = _FIELDS.get(kind)
    if found is None:
        found = ()
        if issubclass(kind, Frozen) and not issubclass(kind, Span | s.Name | s.TypeName):
            found = fields_of(kind)
        _FIELDS[kind] = found
    return found


def _rename(part: object, old: str, new: str) -> object:
    if isinstance(part, tuple):
        items = cast("tuple[object, ...]", part)
        made = tuple(_rename(each, old, new) for each in items)
        return items if all(a is b for a, b in zip(made, items, strict=True)) else made
    changes: dict[str, object] = {}
    for name in _fields(type(part)):
        before: object = getattr(part, name)
        after = _rename(before, old, new)
        if after is not before:
            changes[name] = after
    if isinstance(part, s.Call | s.ForEach) and part.callee.text == old:
        changes["callee"] = replace(part.callee, text=new)
    if isinstance(part, s.Call) and part.callee.text in _TAKE_FUNCTIONS:
        arguments = cast("tuple[s.Expr, ...]", changes.get("arguments", part.arguments))
        if any(isinstance(each, s.Ident) and each.name == old for each in arguments):
            changes["arguments"] = tuple(_callback(each, old, new) for each in arguments)
    return replace(cast("s.Call", part), **changes) if changes else part  # type: ignore[arg-type]


def _callback(argument: s.Expr, old: str, new: str) -> s.Expr:
    if isinstance(argument, s.Ident) and argument.name == old:
        return replace(argument, name=new)
    return argument
