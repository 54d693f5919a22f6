"""Every definition of a function in a C file, as the words that it consists of.

::

    #ifdef CONFIG_A
    static int f(void) { return 1; }      one definition, under `#ifdef CONFIG_A`
    #else
    #define f() 0                         another, under `#else`
    #endif

Comments and white space are no words; directives are, so that both branches of an ``#if`` in a
body count.  Brackets are followed branch by branch: `#else` goes on from where `#if` began.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

from dsl.paste.cursor import KEYWORDS, unbalanced
from dsl.paste.locate import MAX_BODY, body_after
from dsl.paste.tokens import Token, Tokens, refusal, words_of
from dsl.source import Source, Span

_MAX_HEAD: Final = 2_000
_MAX_PLACES: Final = 2_000
"""How many places may look like the head of one function: hostile files have no end of them."""

_NEVER: Final = "# if 0"
"""What stands under this, and not under its `#else`, is no definition."""

_OPENS: Final = frozenset({"if", "ifdef", "ifndef"})
_TURNS: Final = frozenset({"elif", "elifdef", "elifndef", "else"})


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition: its place, its words with the place of each, what it stands under."""

    start: int
    end: int
    words: tuple[tuple[str, int], ...]
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _File:
    """A file's words, and all of them with the directives between."""

    source: Source
    every: tuple[Token, ...]
    directives: tuple[Token, ...]
    merged: tuple[Token, ...]
    starts: tuple[int, ...]


def definitions(source: Source, tokens: Tokens, name: str) -> tuple[Definition, ...]:
    """The definitions of ``name``, functions and macros with arguments, in their order."""
    merged = tuple(sorted((*tokens.every, *tokens.directives), key=lambda token: token.start))
    starts = tuple(token.start for token in merged)
    file = _File(source, tokens.every, tokens.directives, merged, starts)
    macro = re.compile(rf"\s*#\s*define\s+{re.escape(name)}\(")
    places = [(token.start, token.end) for token in file.directives if macro.match(token.text)]
    places += _functions(file, name)
    found = (_definition(file, start, end) for start, end in sorted(places))
    return tuple(one for one in found if _NEVER not in one.conditions)


def _definition(file: _File, start: int, end: int) -> Definition:
    first, last = bisect_left(file.starts, start), bisect_left(file.starts, end)
    words = tuple(
        (word, token.start) for token in file.merged[first:last] for word in words_of(token)
    )
    return Definition(start, end, words, _conditions(file, start))


def _conditions(file: _File, place: int) -> tuple[str, ...]:
    """The directives that decide whether what stands at ``place`` counts, outermost first."""
    found: list[str] = []
    for directive in file.directives:
        if directive.start >= place:
            break
        kind = _kind(directive)
        if kind in _OPENS:
            found.append(" ".join(words_of(directive)))
        elif kind in _TURNS and found:
            found[-1] += " " + " ".join(words_of(directive))
        elif kind == "endif" and found:
            found.pop()
    return tuple(found)


def _kind(directive: Token) -> str:
    match = re.match(r"\s*#\s*(\w+)", directive.text)
    return match[1] if match else ""


def _functions(file: _File, name: str) -> list[tuple[int, int]]:
    """Where the functions called ``name`` begin and end."""
    found: list[tuple[int, int]] = []
    places = 0
    for at, token in enumerate(file.every):
        if token.kind != "name" or token.text != name or not _like_head(file.every, at):
            continue
        places += 1
        if places > _MAX_PLACES:
            span = Span(file.source.name, token.start, token.end)
            message = f"more than {_MAX_PLACES} places look like a definition of `{name}`"
            raise refusal("too-large", message, span, "check that it is the file that is meant")
        opened = body_after(file.every, at, _MAX_HEAD)
        if opened is not None:
            end = _closing(file, bisect_left(file.starts, file.every[opened].start))
            found.append((_start(file, at), end))
    return found


def _like_head(tokens: tuple[Token, ...], at: int) -> bool:
    """Whether a type, or at least a word, stands before the name, and ``(`` behind it."""
    if at == 0 or at + 1 >= len(tokens) or tokens[at + 1].text != "(":
        return False
    before = tokens[at - 1]
    return before.text == "*" or (before.kind == "name" and before.text not in KEYWORDS)


def _start(file: _File, at: int) -> int:
    """Where the head begins whose name is at ``at``: with its type, in the same branch."""
    start = at
    while start > 0:
        before = file.every[start - 1]
        if before.kind != "name" and before.text != "*":
            break
        index = bisect_left(file.starts, file.every[start].start)
        if file.merged[index - 1].kind == "directive":
            break
        start -= 1
    return file.every[start].start


def _closing(file: _File, opened: int) -> int:
    """Behind the ``}`` that closes the ``{`` at ``opened``, of all tokens."""
    depth = 0
    frames: list[int] = []
    other = 0
    for token in file.merged[opened : opened + MAX_BODY]:
        kind = _kind(token) if token.kind == "directive" else ""
        if other:
            # The branch beside the one in which the function began.
            other += (kind in _OPENS) - (kind == "endif")
        elif kind in _OPENS:
            frames.append(depth)
        elif kind in _TURNS:
            if frames:
                depth = frames[-1]
            else:
                other = 1
        elif kind == "endif" and frames:
            frames.pop()
        elif not kind:
            depth += (token.text == "{") - (token.text == "}")
            if depth <= 0:
                return token.end
    if len(file.merged) > opened + MAX_BODY:
        span = Span(file.source.name, file.merged[opened].start, file.merged[opened].end)
        message = f"the function has more than {MAX_BODY} words and marks, or is never closed"
        raise refusal("too-large", message, span, "check the brackets of the file")
    raise unbalanced(file.source.name, file.merged[opened])
