"""Where control goes in a body, and what a statement may change: questions about its syntax."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Final, TypeAlias, cast, get_args

from dsl.paste.guards import MAY_FAIL, WORDS
from dsl.paste.tree import (
    Assign,
    Block,
    Call,
    Case,
    Declarator,
    Declare,
    DoWhile,
    Expr,
    ExprStmt,
    For,
    ForEach,
    If,
    Jump,
    LabelStmt,
    Member,
    Name,
    Num,
    Odd,
    OddStmt,
    Paren,
    Postfix,
    Prefix,
    Return,
    Stmt,
    Switch,
    While,
)

Node: TypeAlias = Expr | Stmt | Declarator


_PARTS: Final = {
    kind: tuple(f.name for f in fields(kind) if f.type not in {"int", "str", "bool"})
    for kind in (*get_args(Expr), *get_args(Stmt), Declarator)
}
"""The fields of each kind of node that others may be in."""


def nodes(node: object) -> Iterator[Node]:
    """A node and all that is in it, in no order."""
    stack = [node]
    while stack:
        found = stack.pop()
        if isinstance(found, tuple):
            stack.extend(cast("tuple[object, ...]", found))
        elif type(found) in _PARTS:
            found = cast("Node", found)
            yield found
            stack.extend(getattr(found, name) for name in _PARTS[type(found)])


def called(expr: object) -> str:
    """The name of the function or macro that is called; empty if that is not one."""
    match expr:
        case Call(Name(text)):
            return text
        case _:
            return ""


# --- control ------------------------------------------------------------------------


def falls(stmt: Stmt) -> bool:
    """Whether control may come out at the end of a statement; yes where that is not known."""
    match stmt:
        case Return():
            return False
        case Jump(word):
            return word == ";"
        case ExprStmt(expr):
            return called(expr) != "return_ptr"
        case Block(body):
            return _sequence(body)
        case If(_, then, otherwise):
            return falls(then) or otherwise is None or falls(otherwise)
        case While(condition, body):
            return not _always(condition) or leaves(body, "break")
        case DoWhile(body, condition):
            if leaves(body, "break"):
                return True
            return not _always(condition) and (falls(body) or leaves(body, "continue"))
        case For(_, condition, _, body):
            endless = condition is None or _always(condition)
            return not endless or leaves(body, "break")
        case ForEach(call, body):
            return not _runs(call) or falls(body) or jumps(body)
        case Switch(_, body):
            inside = body.body if isinstance(body, Block) else ()
            every = any(isinstance(s, Case) and s.value is None for s in inside)
            return not every or falls(body) or leaves(body, "break")
        case _:
            return True


def _runs(call: Call) -> bool:
    """Whether a block macro is one that runs its block once, come what may."""
    match call.arguments:
        case (Name(name), *_) if called(call) == "scoped_guard":
            return not name.endswith(MAY_FAIL)
        case _:
            return False


def _sequence(body: tuple[Stmt, ...]) -> bool:
    alive = True
    for stmt in body:
        if not alive and any(isinstance(n, LabelStmt | Case) for n in nodes(stmt)):
            alive = True
        alive = alive and falls(stmt)
    return alive


def _always(condition: Expr) -> bool:
    match condition:
        case Num(text) | Name(text):
            return text in {"1", "true"}
        case _:
            return False


def leaves(stmt: Stmt, word: str) -> bool:
    """Whether a ``break`` or ``continue`` in the body of a loop is one of that loop; yes of
    what is not followed.
    """
    match stmt:
        case Jump(text):
            return text == word
        case Block(body):
            return any(leaves(s, word) for s in body)
        case If(_, then, otherwise):
            return leaves(then, word) or (otherwise is not None and leaves(otherwise, word))
        case Switch(_, body):
            return word == "continue" and leaves(body, word)
        case _:
            return isinstance(stmt, OddStmt)


def jumps(stmt: Stmt) -> bool:
    """Whether a ``break`` or a ``continue`` is one of the loop that this is the body of."""
    return leaves(stmt, "break") or leaves(stmt, "continue")


# --- what changes -------------------------------------------------------------------


def changed(stmts: tuple[Stmt, ...], text: str) -> tuple[set[str], str]:
    """The names that statements may change or declare anew, and the text that is not followed."""
    found: set[str] = set()
    odd: list[str] = []
    for node in nodes(stmts):
        match node:
            case Assign(_, Name(name), _):
                found.add(name)
            case Prefix("&" | "++" | "--", Name(name)) | Postfix(_, Name(name)):
                found.add(name)
            case ForEach(call, _) if called(call) not in WORDS:
                found.update(a.text for a in call.arguments if isinstance(a, Name))
            case Call(Name("swap" | "get_user" | "__get_user"), arguments):
                found.update(a.text for a in arguments if isinstance(a, Name))
            case Declare(_, declarators):
                found.update(d.name for d in declarators)
            case Odd() | OddStmt():
                odd.append(text[node.start : node.end])
            case _:
                pass
    return found, "\n".join(odd)


def steady(expr: Expr, locals_: set[str]) -> set[str] | None:
    """The locals that a pointer is made from, if nothing but these can change it."""
    match expr:
        case Paren(inner):
            return steady(inner, locals_)
        case Name("current"):
            return set()
        case Name(text) if text in locals_:
            return {text}
        case Prefix("&", operand):
            return _place(operand, locals_)
        case _:
            return None


def _place(expr: Expr, locals_: set[str]) -> set[str] | None:
    """The same of the address of an object."""
    match expr:
        case Paren(inner):
            return _place(inner, locals_)
        case Name(text):
            return {text}
        case Member(base, _, arrow):
            return steady(base, locals_) if arrow else _place(base, locals_)
        case _:
            return None


def mentions(text: str, names: set[str]) -> bool:
    """Whether a text has one of the names as a word."""
    return any(re.search(rf"\b{re.escape(name)}\b", text) for name in names)
