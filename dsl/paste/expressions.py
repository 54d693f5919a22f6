"""Expressions of C, by precedence; what is not followed becomes :class:`Odd`."""

from __future__ import annotations

from typing import Final

from dsl.paste.cursor import KEYWORDS, Cursor, Stuck
from dsl.paste.tree import (
    Assign,
    Binary,
    Call,
    Cast,
    Char,
    Comma,
    Conditional,
    Expr,
    Index,
    Member,
    Name,
    Num,
    Odd,
    Paren,
    Postfix,
    Prefix,
    Text,
    TypeUse,
)

_LEVELS: Final = (
    {"||"},
    {"&&"},
    {"|"},
    {"^"},
    {"&"},
    {"==", "!="},
    {"<", ">", "<=", ">="},
    {"<<", ">>"},
    {"+", "-"},
    {"*", "/", "%"},
)
_STRENGTH: Final = {op: level for level, ops in enumerate(_LEVELS) for op in ops}
_ASSIGN: Final = frozenset("= += -= *= /= %= &= |= ^= <<= >>=".split())
_PREFIX: Final = frozenset("! ~ - + * & ++ --".split())
_LONGEST: Final = 100
"""The most operators of one chain: each is one level of the tree."""


def expression(cursor: Cursor) -> Expr:
    """An expression, commas included."""
    first = assignment(cursor)
    if cursor.peek() != ",":
        return first
    parts = [first]
    while cursor.accept(","):
        parts.append(assignment(cursor))
    return Comma(tuple(parts), first.start, cursor.end)


def assignment(cursor: Cursor) -> Expr:
    """An expression without commas outside of brackets."""
    cursor.deeper()
    try:
        left = _conditional(cursor)
        if cursor.peek() in _ASSIGN and cursor.kind() == "mark":
            op = cursor.take().text
            value = initializer(cursor) if op == "=" else assignment(cursor)
            return Assign(op, left, value, left.start, cursor.end)
        return left
    finally:
        cursor.shallower()


def initializer(cursor: Cursor) -> Expr:
    """What may stand behind ``=``: braces are not followed."""
    if cursor.peek() == "{":
        start, at = cursor.start, cursor.at
        try:
            parts = _fields(cursor, cursor.closing())
        except Stuck:
            parts = ()
        cursor.at = at
        cursor.skip_group()
        return Odd("compound-literal", "braces with values", start, cursor.end, parts)
    return assignment(cursor)


def _fields(cursor: Cursor, close: int) -> tuple[tuple[str, Expr], ...]:
    """``.field = value, ...`` up to the brace at ``close``."""
    cursor.take()
    found: list[tuple[str, Expr]] = []
    while cursor.at < close:
        cursor.expect(".")
        name = cursor.take().text
        cursor.expect("=")
        found.append((name, assignment(cursor)))
        if cursor.at < close:
            cursor.expect(",")
    return tuple(found)


def _conditional(cursor: Cursor) -> Expr:
    condition = _binary(cursor, 0)
    if not cursor.accept("?"):
        return condition
    then = None if cursor.peek() == ":" else expression(cursor)
    cursor.expect(":")
    cursor.deeper()
    otherwise = _conditional(cursor)
    cursor.shallower()
    return Conditional(condition, then, otherwise, condition.start, cursor.end)


def _binary(cursor: Cursor, weakest: int) -> Expr:
    left = _unary(cursor)
    for _ in range(_LONGEST):
        op = cursor.peek()
        level = _STRENGTH.get(op, -1) if cursor.kind() == "mark" else -1
        if level < weakest:
            return left
        cursor.take()
        cursor.deeper()
        right = _binary(cursor, level + 1)
        cursor.shallower()
        left = Binary(op, left, right, left.start, cursor.end)
    raise Stuck("too-deep", f"more than {_LONGEST} operators in a row")


def _unary(cursor: Cursor) -> Expr:
    cursor.deeper()
    try:
        return _prefixed(cursor)
    finally:
        cursor.shallower()


def _prefixed(cursor: Cursor) -> Expr:
    start, text = cursor.start, cursor.peek()
    if cursor.kind() == "mark" and text == "&&":
        raise Stuck("unsupported", "the address of a label")
    if cursor.kind() == "mark" and text in _PREFIX:
        cursor.take()
        return Prefix(text, _unary(cursor), start, cursor.end)
    if text == "sizeof" or (text in {"_Alignof", "__alignof__"}):
        cursor.take()
        if cursor.peek() == "(":
            cursor.skip_group()
        else:
            _unary(cursor)
        return Odd("unsupported", f"`{text}`", start, cursor.end)
    if text == "(":
        return _parenthesis(cursor)
    return _postfix(cursor, _primary(cursor))


def _parenthesis(cursor: Cursor) -> Expr:
    """A cast, a compound literal, a statement as an expression, or an expression in brackets."""
    start, close = cursor.start, cursor.closing()
    cursor.take()
    if cursor.peek() == "{":
        cursor.at = close + 1
        return Odd("unsupported", "a block as an expression", start, cursor.end)
    if cursor.peek() in {"typeof", "__typeof__"}:
        cursor.at = close + 1
        _unary(cursor)
        return Odd("unsupported", "`typeof`", start, cursor.end)
    if cursor.at_type():
        used = cursor.type()
        if cursor.at != close:
            cursor.at = close
            cursor.take()
            _unary(cursor)
            return Odd("function-pointer", "a cast to this type", start, cursor.end)
        cursor.expect(")")
        if cursor.peek() == "{":
            cursor.skip_group()
            return Odd("compound-literal", "braces with values", start, cursor.end)
        operand = _unary(cursor)
        return Cast(used, operand, start, cursor.end)
    inner = expression(cursor)
    cursor.expect(")")
    return _postfix(cursor, Paren(inner, start, cursor.end))


def _primary(cursor: Cursor) -> Expr:
    start, kind, text = cursor.start, cursor.kind(), cursor.peek()
    match kind:
        case "name" if text not in KEYWORDS:
            cursor.take()
            return Name(text, start, cursor.end)
        case "number":
            cursor.take()
            return Num(text, start, cursor.end)
        case "char":
            cursor.take()
            return Char(text, start, cursor.end)
        case "string":
            while cursor.kind() == "string":
                cursor.take()
                if cursor.kind() == "name" and cursor.kind(1) == "string":
                    cursor.take()
            return Text(start, cursor.end)
        case _:
            raise Stuck("syntax", f"`{text}` where a value should be")


def _postfix(cursor: Cursor, base: Expr) -> Expr:
    for _ in range(_LONGEST):
        text = cursor.peek()
        if text == "(":
            base = _call(cursor, base)
        elif text == "[":
            cursor.take()
            index = expression(cursor)
            cursor.expect("]")
            base = Index(base, index, base.start, cursor.end)
        elif text in {".", "->"}:
            cursor.take()
            if cursor.kind() != "name":
                raise Stuck("syntax", "a field should follow")
            field = cursor.take().text
            base = Member(base, field, text == "->", base.start, cursor.end)
        elif text in {"++", "--"}:
            cursor.take()
            base = Postfix(text, base, base.start, cursor.end)
        else:
            return base
    raise Stuck("too-deep", f"more than {_LONGEST} operators in a row")


def _call(cursor: Cursor, callee: Expr) -> Call:
    opened, close = cursor.start, cursor.closing()
    cursor.take()
    arguments: list[Expr | TypeUse] = []
    while cursor.at < close:
        arguments.append(_argument(cursor, close))
        if cursor.at < close:
            cursor.expect(",")
    cursor.expect(")")
    return Call(callee, tuple(arguments), opened, callee.start, cursor.end)


def _argument(cursor: Cursor, close: int) -> Expr | TypeUse:
    """One argument; where it is no value and no type, all up to the next comma."""
    start, at = cursor.start, cursor.at
    try:
        found = cursor.type() if cursor.at_type() else assignment(cursor)
        if cursor.at == close or cursor.peek() == ",":
            return found
    except Stuck:
        pass
    cursor.at = at
    while cursor.at < close and cursor.peek() != ",":
        if cursor.kind() == "open":
            cursor.skip_group()
        else:
            cursor.take()
    return Odd("syntax", "an argument that is no value", start, max(cursor.end, start))
