"""Statements of litmus tests: declarations, assignments, calls and ``if``."""

from __future__ import annotations

from dsl.diagnostic import DiagnosticError
from dsl.litmus.cursor import Cursor
from dsl.litmus.expressions import expression, stars, starts_type, type_words
from dsl.litmus.syntax import Assign, Block, Call, Declare, Deref, Evaluate, If, Name, Stmt
from dsl.litmus.tokens import END, NAME, STATEMENT_WORDS

_LOOPS = frozenset({"while", "for", "do"})
_STORAGE = frozenset({"static", "extern", "typedef", "register", "inline"})
_LOOP_HINT = "write the rounds out one after the other, each under an `if` if need be"
_ASSIGNMENTS = frozenset({"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<="})


def block(cursor: Cursor, owner: str) -> Block:
    """``{ ... }``; ``owner`` says of what."""
    first = cursor.at
    cursor.expect("{", f" to open the body of {owner}")
    cursor.deeper()
    body: list[Stmt] = []
    while not cursor.take("}"):
        if cursor.kinds[cursor.at] == END:
            raise cursor.fail(
                "missing-brace",
                f"the body of {owner} is never closed",
                "add the `}`",
                "the file ends here",
            )
        _statement(cursor, body)
    cursor.depth -= 1
    return Block(tuple(body), cursor.span(first))


def _statement(cursor: Cursor, into: list[Stmt]) -> None:
    """The next statement, or what one line declares."""
    kind = cursor.kinds[cursor.at]
    if kind == ";":
        cursor.at += 1
    elif kind == "{":
        into.append(block(cursor, "a block"))
    elif kind == "if":
        into.append(_if(cursor))
    elif kind in STATEMENT_WORDS or kind in _STORAGE:
        raise _unsupported(cursor, kind)
    elif starts_type(cursor, cursor.at):
        _declarations(cursor, into)
    else:
        into.append(_simple(cursor))


def _unsupported(cursor: Cursor, kind: str) -> DiagnosticError:
    if kind == "else":
        hint = "put braces around the statements between the `if` and the `else`"
        return cursor.fail("else-without-if", "an `else` does not follow an `if`", hint)
    hint = "leave it out, or write what it does with `if`"
    if kind in _LOOPS:
        return cursor.fail(
            "not-in-litmus", f"litmus tests have no loops, such as `{kind}`", _LOOP_HINT
        )
    return cursor.fail("not-in-litmus", f"litmus tests have no `{kind}`", hint)


def _if(cursor: Cursor) -> If:
    first = cursor.at
    cursor.at += 1
    cursor.expect("(", " behind `if`")
    condition = expression(cursor)
    cursor.expect(")", " behind the condition")
    then = _branch(cursor)
    otherwise = Block((), cursor.span(cursor.at - 1))
    if cursor.take("else"):
        otherwise = _branch(cursor)
    return If(condition, then, otherwise, cursor.span(first))


def _branch(cursor: Cursor) -> Block:
    """A branch: a block, or one statement as a block of its own."""
    if cursor.kinds[cursor.at] == "{":
        return block(cursor, "a branch")
    if cursor.kinds[cursor.at] in {END, "}"}:
        raise cursor.expected("a statement", "write `{ }` for a branch that does nothing")
    first = cursor.at
    cursor.deeper()
    body: list[Stmt] = []
    _statement(cursor, body)
    cursor.depth -= 1
    return Block(tuple(body), cursor.span(first))


def _declarations(cursor: Cursor, into: list[Stmt]) -> None:
    """``int r0 = 1, *r1;``."""
    type_words(cursor)
    while True:
        stars(cursor)
        first = cursor.at
        name = cursor.name("the name of a register")
        if cursor.kinds[cursor.at] in {"[", "("}:
            what = "arrays" if cursor.kinds[cursor.at] == "[" else "functions"
            hint = "declare one register for each element, or write the calls out"
            raise cursor.fail("not-in-litmus", f"litmus tests have no {what}", hint)
        value = expression(cursor) if cursor.take("=") else None
        into.append(Declare(name, value, cursor.span(first)))
        if not cursor.take(","):
            break
    _semicolon(cursor, "declaration")


def _simple(cursor: Cursor) -> Assign | Evaluate:
    """An assignment, or a call."""
    first = cursor.at
    if cursor.kinds[first] == NAME and cursor.kinds[first + 1] == ":":
        hint = "litmus tests have no jumps: leave the label out"
        raise cursor.fail("not-in-litmus", "litmus tests have no labels", hint)
    left = expression(cursor)
    if cursor.take("="):
        if not isinstance(left, Name | Deref):
            cursor.at -= 1
            hint = "assign to a register, or to `*x`; write `==` to compare"
            raise cursor.fail("assignment-target", "what stands before `=` is no place", hint)
        value = expression(cursor)
        _semicolon(cursor, "assignment")
        return Assign(left, value, cursor.span(first))
    if cursor.kinds[cursor.at] in _ASSIGNMENTS:
        op = cursor.kinds[cursor.at]
        hint = f"write it out: `r0 = r0 {op[:-1]} ...;`"
        raise cursor.fail("not-in-litmus", f"litmus tests have no `{op}`", hint)
    if not isinstance(left, Call):
        hint = "assign it to a register: `r0 = ...;`"
        raise cursor.expected("`=`", hint)
    _semicolon(cursor, "call")
    return Evaluate(left, cursor.span(first))


def _semicolon(cursor: Cursor, behind: str) -> None:
    if not cursor.take(";"):
        found = cursor.texts[cursor.at][:30] or "the end of the file"
        cursor.at -= 1
        raise cursor.fail(
            "missing-semicolon",
            f"the {behind} does not end with `;`, but `{found}` follows",
            "add the `;`",
            "behind this",
        )
