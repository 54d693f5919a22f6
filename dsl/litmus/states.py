r"""The initial state of a litmus test, and conditions on its final state.

Of the operators of conditions ``~`` binds tightest, then ``=>``, ``/\`` and ``\/``.
"""

from __future__ import annotations

import re

from dsl.litmus.cursor import Cursor
from dsl.litmus.expressions import stars, starts_type, type_words
from dsl.litmus.syntax import (
    Condition,
    Conjunction,
    Disjunction,
    Equal,
    FinalLocation,
    FinalRegister,
    Initial,
    Negation,
)
from dsl.litmus.tokens import NAME, NUMBER
from dsl.source import Span

_PROCESS = re.compile(r"P([0-9]{1,6})")
_ARRAY_HINT = "litmus tests have no arrays here: use one location for each element"


# --- the initial state --------------------------------------------------------------------


def initial_state(cursor: Cursor) -> tuple[Initial, ...]:
    """``{ x = 1; int y; 0:r1 = x; ... }``."""
    cursor.expect("{", " to open the initial state")
    items: list[Initial] = []
    while not cursor.take("}"):
        if cursor.take(";"):
            continue
        items.append(_initial(cursor))
        if cursor.kinds[cursor.at] != "}":
            cursor.expect(";", " or `}` behind an initial value")
    return tuple(items)


def _initial(cursor: Cursor) -> Initial:
    first = cursor.at
    kind, after = cursor.kinds[first], cursor.kinds[first + 1]
    named = kind == NAME and after in {NAME, "*", NUMBER, "["}
    written = ""
    if starts_type(cursor, first) or (named and not _array(cursor, first)):
        written = type_words(cursor)
    pointers = stars(cursor)
    written = " ".join(part for part in (written, "*" * pointers) if part)
    process, name = _owned(cursor, "the name of a location")
    if cursor.kinds[cursor.at] == "[":
        raise cursor.fail("not-in-litmus", "litmus tests have no arrays", _ARRAY_HINT)
    value = _initial_value(cursor) if cursor.take("=") else 0
    return Initial(process, name, value, written, cursor.span(first))


def _array(cursor: Cursor, at: int) -> bool:
    """``a[2]``, not ``int [a]``."""
    return cursor.kinds[at + 1] == "[" and cursor.kinds[at + 2] == NUMBER


def _initial_value(cursor: Cursor) -> int | str:
    if cursor.texts[cursor.at] == "ATOMIC_INIT":
        cursor.at += 1
        cursor.expect("(", " behind `ATOMIC_INIT`")
        value = _address_or_number(cursor)
        cursor.expect(")", " behind the value")
        return value
    if cursor.kinds[cursor.at] == "{":
        raise cursor.fail("not-in-litmus", "litmus tests have no arrays", _ARRAY_HINT)
    return _address_or_number(cursor)


def _address_or_number(cursor: Cursor) -> int | str:
    if cursor.take("&"):
        return cursor.name("the name of a location")
    if cursor.kinds[cursor.at] == NAME:
        return cursor.name("the name of a location")
    return cursor.signed()


def _owned(cursor: Cursor, what: str) -> tuple[int, str]:
    """``0:r1``, ``P0:r1``, ``x`` or ``[x]``, with the process, -1 for a location."""
    if cursor.take("["):
        name = cursor.name("the name of a location")
        cursor.expect("]", " behind the name")
        return -1, name
    if cursor.kinds[cursor.at] == NUMBER:
        process = cursor.number()
        cursor.expect(":", " between a process and its register")
        return process, cursor.name("the name of a register")
    match = _PROCESS.fullmatch(cursor.texts[cursor.at])
    if match is not None and cursor.kinds[cursor.at + 1] == ":":
        cursor.at += 2
        return int(match[1]), cursor.name("the name of a register")
    return -1, cursor.name(what)


# --- conditions ---------------------------------------------------------------------------


def place(cursor: Cursor) -> FinalRegister | FinalLocation:
    """What a condition or ``locations`` names."""
    process, name = _owned(cursor, "a register such as `0:r1`, or a location,")
    if cursor.kinds[cursor.at] == "[":
        raise cursor.fail("not-in-litmus", "litmus tests have no arrays", _ARRAY_HINT)
    return FinalLocation(name) if process < 0 else FinalRegister(process, name)


def condition(cursor: Cursor) -> Condition:
    r"""A condition down to its loosest operator, ``\/``."""
    parts = [_conjunction(cursor)]
    while cursor.take("\\/"):
        parts.append(_conjunction(cursor))
    return parts[0] if len(parts) == 1 else Disjunction(tuple(parts))


def _conjunction(cursor: Cursor) -> Condition:
    parts = [_implication(cursor)]
    while cursor.take("/\\"):
        parts.append(_implication(cursor))
    return parts[0] if len(parts) == 1 else Conjunction(tuple(parts))


def _implication(cursor: Cursor) -> Condition:
    left = _atom(cursor)
    if not cursor.take("=>"):
        return left
    cursor.deeper()
    right = _implication(cursor)
    cursor.depth -= 1
    return Disjunction((Negation(left), right))


def _atom(cursor: Cursor) -> Condition:
    text = cursor.texts[cursor.at]
    if text in {"~", "not"}:
        cursor.at += 1
        cursor.deeper()
        inner = _atom(cursor)
        cursor.depth -= 1
        return Negation(inner)
    if text == "(":
        cursor.at += 1
        cursor.deeper()
        inner = condition(cursor)
        cursor.depth -= 1
        cursor.expect(")", " to close the bracket", "join conditions by `/\\` or `\\/`")
        return inner
    if text in {"true", "false"}:
        cursor.at += 1
        return Conjunction(()) if text == "true" else Disjunction(())
    return _comparison(cursor)


def _comparison(cursor: Cursor) -> Condition:
    first = cursor.at
    left = place(cursor)
    op = cursor.kinds[cursor.at]
    if op not in {"=", "==", "!=", "<>"}:
        raise cursor.expected("`=`", "write a value behind it: `0:r1=1`")
    cursor.at += 1
    value = _value(cursor)
    equal = Equal(left, value, cursor.span(first))
    return equal if op in {"=", "=="} else Negation(equal)


def _value(cursor: Cursor) -> int | str | FinalRegister | FinalLocation:
    """A number, an address, or what another place holds: ``0:r1``, ``*x``, ``[x]``."""
    at = cursor.at
    kind, after = cursor.kinds[at], cursor.kinds[at + 1]
    if kind == "[" or cursor.take("*"):
        return place(cursor)
    if after == ":" and (kind == NUMBER or _PROCESS.fullmatch(cursor.texts[at])):
        return place(cursor)
    if kind in {"{", "("} or (kind == NAME and after == "["):
        raise cursor.fail("not-in-litmus", "litmus tests have no arrays", _ARRAY_HINT)
    return _address_or_number(cursor)


def registers(found: Condition | None) -> list[tuple[FinalRegister, Span]]:
    """The registers that a condition names, in order, each with where."""
    match found:
        case None:
            return []
        case Equal(left=left, value=value, span=span):
            return [(p, span) for p in (left, value) if isinstance(p, FinalRegister)]
        case Negation(inner=inner):
            return registers(inner)
        case Conjunction(parts=parts) | Disjunction(parts=parts):
            return [pair for part in parts for pair in registers(part)]
