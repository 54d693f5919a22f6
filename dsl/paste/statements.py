"""Statements of C; what is not followed becomes :class:`OddStmt`, and the next one is read on."""

from __future__ import annotations

from dsl.paste.cursor import KEYWORDS, Cursor, Stuck
from dsl.paste.expressions import expression, initializer
from dsl.paste.tree import (
    Block,
    Call,
    Case,
    Comma,
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
    Name,
    OddStmt,
    Return,
    Stmt,
    Switch,
    While,
)


def block(cursor: Cursor) -> Block:
    """``{ ... }``."""
    start = cursor.start
    close = cursor.closing()
    cursor.expect("{")
    body: list[Stmt] = []
    while cursor.at < close:
        body.append(statement(cursor))
    cursor.at = close
    cursor.take()
    return Block(tuple(body), start, cursor.end)


def statement(cursor: Cursor) -> Stmt:
    """One statement, whatever it takes: at least one token is passed."""
    start, at = cursor.start, cursor.at
    cursor.deeper()
    try:
        return _statement(cursor)
    except Stuck as stuck:
        cursor.at = at
        _skip(cursor)
        return OddStmt(stuck.code, stuck.what, start, cursor.end)
    finally:
        cursor.shallower()


def _skip(cursor: Cursor) -> None:
    """Behind the next ``;``, or the ``}`` of the first block, whichever comes first."""
    last = ":" if cursor.peek() in {"case", "default"} else ";"
    while cursor.peek() not in {"", "}"}:
        if cursor.kind() == "open":
            braces = cursor.peek() == "{"
            cursor.skip_group()
            if braces and cursor.peek() not in {";", ",", ")", "while", "else", "="}:
                return
        elif cursor.take().text == last:
            return


def _statement(cursor: Cursor) -> Stmt:
    start, text = cursor.start, cursor.peek()
    if cursor.kind() == "name" and cursor.peek(1) == ":" and text not in KEYWORDS:
        cursor.take()
        cursor.take()
        return LabelStmt(text, start, cursor.end)
    match text:
        case "{":
            return block(cursor)
        case ";" | "break" | "continue":
            cursor.take()
            if text != ";":
                cursor.expect(";")
            return Jump(text, start, cursor.end)
        case "if" | "while" | "switch" | "do" | "for":
            return _structured(cursor, text)
        case "case" | "default":
            return _case(cursor, text)
        case "return":
            cursor.take()
            value = None if cursor.peek() == ";" else expression(cursor)
            cursor.expect(";")
            return Return(value, start, cursor.end)
        case "goto":
            cursor.take()
            if cursor.kind() != "name":
                raise Stuck("unsupported", "a computed goto")
            cursor.take()
            cursor.expect(";")
            return Jump("goto", start, cursor.end)
        case "asm" | "__asm__":
            raise Stuck("unsupported", "assembly")
        case _:
            return declaration(cursor) if cursor.at_declaration() else _expression(cursor)


def _structured(cursor: Cursor, word: str) -> Stmt:
    start = cursor.start
    cursor.take()
    if word == "do":
        body = statement(cursor)
        tail = cursor.start
        cursor.expect("while")
        condition, _ = _condition(cursor)
        cursor.expect(";")
        return DoWhile(body, condition, tail, start, cursor.end)
    if word == "for":
        return _for(cursor, start)
    condition, head = _condition(cursor)
    if word == "switch" and cursor.peek() != "{":
        raise Stuck("syntax", "a switch without a block")
    body = statement(cursor)
    if word == "while":
        return While(condition, body, head, start, cursor.end)
    if word == "switch":
        return Switch(condition, body, head, start, cursor.end)
    otherwise = statement(cursor) if cursor.accept("else") else None
    return If(condition, body, otherwise, head, start, cursor.end)


def _condition(cursor: Cursor) -> tuple[Expr, int]:
    """``(condition)`` and where it ends."""
    cursor.expect("(")
    found = expression(cursor)
    cursor.expect(")")
    return found, cursor.end


def _for(cursor: Cursor, start: int) -> For:
    cursor.expect("(")
    init: Declare | ExprStmt | None = None
    if not cursor.accept(";"):
        if cursor.at_declaration():
            init = declaration(cursor)
        else:
            first = expression(cursor)
            cursor.expect(";")
            init = ExprStmt(first, first.start, cursor.end)
    condition = None if cursor.peek() == ";" else expression(cursor)
    cursor.expect(";")
    step = None if cursor.peek() == ")" else expression(cursor)
    cursor.expect(")")
    head = cursor.end
    return For(init, condition, step, statement(cursor), head, start, cursor.end)


def _case(cursor: Cursor, word: str) -> Case:
    start = cursor.start
    cursor.take()
    value = None
    if word == "case":
        value = expression(cursor)
        if cursor.accept("..."):
            expression(cursor)
            cursor.expect(":")
            return Case(value, range=True, start=start, end=cursor.end)
    cursor.expect(":")
    return Case(value, range=False, start=start, end=cursor.end)


def declaration(cursor: Cursor) -> Declare:
    """``type name = value, ...;``."""
    start = cursor.start
    static = cursor.peek() == "static"
    used = cursor.type()
    # The stars of the first name were read with the type.
    stars = used.stars
    found: list[Declarator] = []
    while True:
        found.append(_declarator(cursor, stars))
        if not cursor.accept(","):
            break
        stars = 0
        while cursor.accept("*"):
            stars += 1
    cursor.expect(";")
    return Declare(used, tuple(found), static, start, cursor.end)


def _declarator(cursor: Cursor, stars: int) -> Declarator:
    start = cursor.start
    cursor.marks()
    if cursor.peek() == "(":
        raise Stuck("function-pointer", "a pointer to a function or an array")
    if cursor.kind() != "name":
        raise Stuck("syntax", "no name is declared")
    name = cursor.take().text
    if cursor.peek() == "(":
        raise Stuck("prototype", "a function declared in a function")
    lengths: list[Expr | None] = []
    while cursor.accept("["):
        lengths.append(None if cursor.peek() == "]" else expression(cursor))
        cursor.expect("]")
    found = tuple(cursor.marks())
    init = initializer(cursor) if cursor.accept("=") else None
    return Declarator(name, stars, tuple(lengths), init, found, start, cursor.end)


def _expression(cursor: Cursor) -> Stmt:
    """An expression and its ``;``, or a block macro."""
    found = expression(cursor)
    if cursor.accept(";"):
        return ExprStmt(found, found.start, cursor.end)
    last = found.parts[-1] if isinstance(found, Comma) else found
    if isinstance(last, Call) and isinstance(last.callee, Name) and found is last:
        if cursor.peek() in {"}", ""}:
            raise Stuck("missing-semicolon", "a macro without `;`")
        return ForEach(last, statement(cursor), found.start, cursor.end)
    raise Stuck("syntax", "this is read neither as a statement nor as a declaration")
