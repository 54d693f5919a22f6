"""Expressions of litmus tests: C's operators with C's precedences; casts are read and dropped.

The parser is written out because a litmus test should take about a millisecond: a generated one
needs several times as long.
"""

from __future__ import annotations

from dsl.litmus.cursor import Cursor
from dsl.litmus.syntax import (
    OPERATIONS,
    AddressOf,
    Binary,
    Call,
    Conditional,
    Deref,
    Expr,
    Name,
    Number,
    Unary,
)
from dsl.litmus.tokens import FOREIGN_WORDS, NAME, NUMBER, TYPE_WORDS

_STRENGTH = {
    "||": 1,
    "&&": 2,
    "|": 3,
    "^": 4,
    "&": 5,
    "==": 6,
    "!=": 6,
    "<": 7,
    "<=": 7,
    ">": 7,
    ">=": 7,
    "<<": 8,
    ">>": 8,
    "+": 9,
    "-": 9,
    "*": 10,
    "/": 10,
    "%": 10,
}
_OPERATIONS = frozenset(OPERATIONS)
_ARGUMENT_OPERATORS = ("+", "-", "&", "|", "^")
_POSTFIX = {
    "[": ("an index", "litmus tests have no arrays: use one location for each element"),
    "->": ("a field", "litmus tests have no fields: use one location for each field"),
    ".": ("a field", "litmus tests have no fields: use one location for each field"),
    "++": ("`++`", "write the addition out: `r0 = r0 + 1;`"),
    "--": ("`--`", "write the subtraction out: `r0 = r0 - 1;`"),
}


def expression(cursor: Cursor) -> Expr:
    """One whole expression, such as an argument or the right side of an assignment."""
    outer, cursor.operators = cursor.operators, 0
    found = _conditional(cursor)
    cursor.operators = outer
    return found


def starts_type(cursor: Cursor, at: int) -> bool:
    """Whether a type begins at the token ``at``."""
    kind = cursor.kinds[at]
    if kind in TYPE_WORDS:
        return True
    return (
        kind == NAME
        and cursor.texts[at].endswith("_t")
        and cursor.kinds[at + 1] in {NAME, "*", ")", *TYPE_WORDS}
    )


def type_words(cursor: Cursor) -> str:
    """The words of a type, without the asterisks that follow them."""
    words: list[str] = []
    if cursor.kinds[cursor.at] == "_Atomic" and cursor.kinds[cursor.at + 1] == "(":
        raise cursor.fail("not-in-litmus", "`_Atomic(...)` is not read", "write `atomic_t`")
    named = False
    while True:
        kind = cursor.kinds[cursor.at]
        if kind == "struct":
            cursor.at += 1
            words.append("struct " + cursor.name("the name of a struct"))
            named = True
        elif kind in TYPE_WORDS:
            words.append(kind)
            cursor.at += 1
            named = named or kind not in {"const", "volatile", "_Atomic"}
        elif kind == NAME and not named:
            words.append(cursor.name("a type"))
            named = True
        else:
            return " ".join(words)


def stars(cursor: Cursor) -> int:
    """How many asterisks stand here, with qualifiers between them."""
    count = 0
    while True:
        kind = cursor.kinds[cursor.at]
        if kind == "*":
            count += 1
        elif kind not in {"const", "volatile"}:
            return count
        cursor.at += 1


def _conditional(cursor: Cursor) -> Expr:
    first = cursor.at
    condition = _binary(cursor, 1)
    if cursor.kinds[cursor.at] != "?":
        return condition
    cursor.at += 1
    cursor.deeper()
    cursor.count_operator()
    then = _conditional(cursor)
    cursor.expect(":", " and what holds otherwise")
    otherwise = _conditional(cursor)
    cursor.depth -= 1
    return Conditional(condition, then, otherwise, cursor.span(first))


def _binary(cursor: Cursor, least: int) -> Expr:
    """Operands joined by operators at least as strong as ``least``."""
    first = cursor.at
    left = _unary(cursor)
    while True:
        op = cursor.kinds[cursor.at]
        strength = _STRENGTH.get(op, 0)
        if strength < least:
            return left
        cursor.at += 1
        cursor.count_operator()
        right = _binary(cursor, strength + 1)
        left = Binary(op, left, right, cursor.span(first))


def _unary(cursor: Cursor) -> Expr:
    first = cursor.at
    kind = cursor.kinds[first]
    if kind == NAME:
        return _named(cursor)
    if kind == NUMBER:
        value = cursor.number()
        return Number(value, cursor.span(first))
    if kind == "(":
        return _parenthesis(cursor)
    if kind in {"*", "-", "!", "~", "+", "&"}:
        cursor.at += 1
        cursor.deeper()
        found = _prefixed(cursor, kind, first)
        cursor.depth -= 1
        return found
    if kind in FOREIGN_WORDS or kind in {"++", "--"}:
        hint = "write the number or the operation out"
        raise cursor.fail("not-in-litmus", f"litmus tests have no `{kind}`", hint)
    raise cursor.expected("an expression", "write a register, a number, `*x` or a call")


def _prefixed(cursor: Cursor, op: str, first: int) -> Expr:
    """What follows an operator before an operand."""
    if op == "-" and cursor.kinds[cursor.at] == NUMBER:
        value = cursor.number()
        return Number(-value, cursor.span(first))
    if op == "&":
        name = cursor.name("the name of a location")
        return AddressOf(name, cursor.span(first))
    operand = _unary(cursor)
    if op == "*":
        return Deref(operand, cursor.span(first))
    return operand if op == "+" else Unary(op, operand, cursor.span(first))


def _parenthesis(cursor: Cursor) -> Expr:
    """``(e)``, or a cast, which changes no value that litmus tests have."""
    cursor.at += 1
    cursor.deeper()
    if starts_type(cursor, cursor.at):
        type_words(cursor)
        stars(cursor)
        cursor.expect(")", " behind the type of a cast")
        found = _unary(cursor)
    else:
        found = _conditional(cursor)
        cursor.expect(")", " to close the bracket")
        _refuse_postfix(cursor)
    cursor.depth -= 1
    return found


def _named(cursor: Cursor) -> Expr:
    """A name, or a call."""
    first = cursor.at
    name = cursor.texts[first]
    cursor.at = first + 1
    kind = cursor.kinds[first + 1]
    if kind == "(" or (kind == "{" and name in _OPERATIONS):
        cursor.deeper()
        tags = _tags(cursor) if kind == "{" else ()
        arguments = _arguments(cursor, name) if cursor.take("(") else ()
        cursor.depth -= 1
        _refuse_postfix(cursor)
        return Call(name, arguments, cursor.span(first), tags)
    _refuse_postfix(cursor)
    return Name(name, cursor.span(first))


def _tags(cursor: Cursor) -> tuple[str, ...]:
    """``{ONCE}``, ``{rcu-lock}``: behind the name of an operation."""
    cursor.at += 1
    tags: list[str] = []
    while True:
        tag = cursor.name("a tag")
        while cursor.take("-"):
            tag += "-" + cursor.name("the rest of the tag")
        tags.append(tag)
        if not cursor.take(","):
            break
    cursor.expect("}", " behind the tag")
    return tuple(tags)


def _arguments(cursor: Cursor, name: str) -> tuple[Expr, ...]:
    """The arguments of a call, behind its bracket; those of an operation may be operators."""
    if cursor.take(")"):
        return ()
    arguments: list[Expr] = []
    while True:
        operator = _operator(cursor) if name in _OPERATIONS else None
        arguments.append(operator or _conditional(cursor))
        if not cursor.take(","):
            break
    cursor.expect(")", f" behind the arguments of `{name}`")
    return tuple(arguments)


def _operator(cursor: Cursor) -> Name | None:
    """``+`` as an argument, or ``&~``."""
    first = cursor.at
    op = cursor.kinds[first]
    if op not in _ARGUMENT_OPERATORS:
        return None
    inverted = op == "&" and cursor.kinds[first + 1] == "~"
    if cursor.kinds[first + 1 + inverted] != ",":
        return None
    cursor.at = first + 1 + inverted
    return Name(op + "~" * inverted, cursor.span(first))


def _refuse_postfix(cursor: Cursor) -> None:
    found = _POSTFIX.get(cursor.kinds[cursor.at])
    if found is not None:
        what, hint = found
        raise cursor.fail("not-in-litmus", f"litmus tests have no {what.replace('an ', '')}", hint)
