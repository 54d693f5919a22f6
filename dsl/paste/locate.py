"""Finds a function in a C file: its head and the tokens of its body."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.paste.cursor import KEYWORDS, Cursor, Stuck, unbalanced
from dsl.paste.tokens import MAX_TOKENS, Token, Tokens, refusal
from dsl.paste.tree import Parameter, Signature, TypeUse
from dsl.source import Source, Span

MAX_BODY: Final = 20_000
MOST_FUNCTIONS: Final = 8
"""So many functions are taken at once: each is an actor, and they run beside each other."""

_NOT_HEADS: Final = KEYWORDS | {"__attribute__", "__aligned", "__printf", "__must_hold"}
_ANNOTATION: Final = re.compile(r"__\w+|[a-z]+_lock|\w*(?:init|exit)")


@dataclass(frozen=True, slots=True)
class Found:
    """A function: its head and the tokens of its body, braces included."""

    signature: Signature
    body: tuple[Token, ...]


def located(source: Source, tokens: Tokens, names: tuple[str, ...]) -> tuple[Found, ...]:
    """The definitions of all of ``names``, each of them once; errors if there are not."""
    if len(names) > MOST_FUNCTIONS:
        message = f"`prove new` takes at most {MOST_FUNCTIONS} functions, not {len(names)}"
        raise refusal("new-many", message, None, "name those that share what is at stake")
    found: dict[str, Found] = {}
    wrong: list[Diagnostic] = []
    for name in names:
        if name in found:
            head = found[name].signature
            span = Span(source.name, head.start, head.end)
            hint = "name it once: with no other function it is run beside itself"
            wrong += refusal("new-twice", f"`{name}` is named twice", span, hint).diagnostics
            continue
        try:
            found[name] = locate(source, tokens, name)
        except DiagnosticError as error:
            wrong += error.diagnostics
    if wrong:
        raise DiagnosticError(tuple(dict.fromkeys(wrong)))
    return tuple(found.values())


def locate(source: Source, tokens: Tokens, name: str) -> Found:
    """The definition of ``name``; an error if there is none."""
    for kept in (tokens.kept, tokens.every):
        for at, token in enumerate(kept):
            if token.text == name and token.kind == "name":
                opened = body_after(kept, at)
                if opened is not None:
                    return Found(_signature(source, kept, at), _body(source, kept, opened))
    names = sorted(heads(tokens))
    near = get_close_matches(name, names, n=1)
    hint = f"did you mean `{near[0]}`?" if near else "name a function that the file defines"
    raise refusal("new-no-function", f"`{source.name}` does not define `{name}`", None, hint)


def heads(tokens: Tokens) -> dict[str, int]:
    """The functions that the file defines, by name: the index of each in the kept tokens."""
    found: dict[str, int] = {}
    kept = tokens.kept
    depth = 0
    for at, token in enumerate(kept):
        if token.kind in {"open", "close"}:
            depth = max(0, depth + (1 if token.kind == "open" else -1))
        elif depth == 0 and token.kind == "name" and token.text not in _NOT_HEADS:
            if at + 1 < len(kept) and kept[at + 1].text == "(" and token.text not in found:
                if body_after(kept, at) is not None:
                    found[token.text] = at
    return found


def signature(source: Source, tokens: Tokens, at: int) -> Signature | None:
    """The head at an index of :func:`heads`, if it can be read."""
    try:
        return _signature(source, tokens.kept, at)
    except Exception as error:
        if isinstance(error, Stuck) or hasattr(error, "diagnostics"):
            return None
        raise


def _group_end(tokens: tuple[Token, ...], at: int, most: int = MAX_TOKENS) -> int | None:
    """Behind the parenthesis that closes the one at ``at``, if that is at most so far away."""
    depth = 0
    for end in range(at, min(len(tokens), at + most)):
        if tokens[end].text in {"{", "}", ";"}:
            return None
        if tokens[end].kind == "open":
            depth += 1
        elif tokens[end].kind == "close":
            depth -= 1
            if depth == 0:
                return end + 1
    return None


def body_after(tokens: tuple[Token, ...], at: int, most: int = MAX_TOKENS) -> int | None:
    """The index of the ``{`` if the name at ``at`` is the head of a definition."""
    if at + 1 >= len(tokens) or tokens[at + 1].text != "(" or at == 0:
        return None
    if tokens[at - 1].kind != "name" and tokens[at - 1].text != "*":
        return None
    if tokens[at - 1].text in KEYWORDS:
        return None
    end = _group_end(tokens, at + 1, most)
    while end is not None and end < len(tokens) and tokens[end].text != "{":
        # What may stand between: annotations such as __must_hold(x).
        if not _ANNOTATION.fullmatch(tokens[end].text):
            return None
        end += 1
        if end < len(tokens) and tokens[end].text == "(":
            end = _group_end(tokens, end, most)
    return end if end is not None and end < len(tokens) else None


def _body(source: Source, tokens: tuple[Token, ...], opened: int) -> tuple[Token, ...]:
    depth = 0
    for end in range(opened, len(tokens)):
        text = tokens[end].text
        depth += (text == "{") - (text == "}")
        if end - opened > MAX_BODY:
            span = Span(source.name, tokens[opened].start, tokens[opened].end)
            message = f"the function has more than {MAX_BODY} words and marks"
            raise refusal("too-large", message, span, "cut the function down")
        if depth == 0:
            return tokens[opened : end + 1]
    raise unbalanced(source.name, tokens[opened])


def _signature(source: Source, tokens: tuple[Token, ...], at: int) -> Signature:
    start = at
    while start > 0 and (tokens[start - 1].kind == "name" or tokens[start - 1].text == "*"):
        start -= 1
    end = _group_end(tokens, at + 1) or at + 2
    name = tokens[at]
    try:
        result = Cursor(source.name, tokens[start:at]).type() if start < at else _int(name)
    except Stuck:
        result = _int(name)
    parameters = _parameters(source, tokens[at + 1 : end])
    return Signature(name.text, result, parameters, tokens[start].start, tokens[end - 1].end)


def _int(name: Token) -> TypeUse:
    return TypeUse(("int",), 0, name.start, name.start)


def _parameters(source: Source, group: tuple[Token, ...]) -> tuple[Parameter, ...]:
    """The parameters between the parentheses of ``group``."""
    cursor = Cursor(source.name, group)
    close = cursor.closing()
    cursor.take()
    found: list[Parameter] = []
    while cursor.at < close:
        found.append(_parameter(cursor, close, len(found)))
        while cursor.at < close and cursor.peek() != ",":
            cursor.skip_group() if cursor.kind() == "open" else cursor.take()
        cursor.accept(",")
    if len(found) == 1 and found[0].type.words == ("void",) and not found[0].type.stars:
        return ()
    return tuple(found)


def _parameter(cursor: Cursor, close: int, number: int) -> Parameter:
    start = cursor.start
    unnamed = f"unnamed_{number}"
    try:
        if cursor.peek() == "...":
            return Parameter(unnamed, TypeUse(("int",), 0, start, start), "`...`")
        used = cursor.type()
    except Stuck as stuck:
        return Parameter(unnamed, TypeUse(("int",), 0, start, start), stuck.what)
    cursor.marks()
    if cursor.peek() == "(":
        name = next((t.text for t in cursor.tokens[cursor.at :] if t.kind == "name"), unnamed)
        return Parameter(name, used, "a pointer to a function")
    name = cursor.take().text if cursor.kind() == "name" and cursor.at < close else unnamed
    if cursor.peek() == "[":
        used = TypeUse(used.words, used.stars + 1, used.start, used.end, used.marks)
    return Parameter(name, used)
