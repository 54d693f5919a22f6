"""Syntax errors in words: from where the parser stopped to a diagnostic.

Also the way to go on after one: :func:`chunks` cuts a file into its top-level
declarations, so that a mistake in one does not hide those in the next.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from dsl.diagnostic import Diagnostic, Label
from dsl.frozen import Frozen
from dsl.scan import Scan, Token
from dsl.source import Source, Span
from dsl.syntax_hints import BUILTIN_TYPES, HINTS, Site


class Failure(Frozen, frozen=True):
    """Where the parser stopped, and what it could have taken.

    ``kind`` and ``expected`` name tokens by their spelling (``;``, ``if``) or, if
    they have many, by terminal (``NAME``); ``$END`` is the end of the text.
    """

    start: int
    end: int
    kind: str
    expected: frozenset[str]


_STARTERS = frozenset(
    "actor config import iterator models pool scenario static typedef update variant word".split()
)


def chunks(scanned: Scan) -> Iterator[tuple[int, int]]:
    """The extent of each top-level declaration, guessed from brackets and ``;``.

    A word that can only begin a declaration, at the start of a line, begins one
    even inside brackets: there a ``}`` is missing.
    """
    text, tokens = scanned.text, scanned.tokens
    begin = 0
    stack: list[str] = []
    for i, token in enumerate(tokens):
        word = text[token.start : token.end]
        if stack and _begins_declaration(text, tokens, i):
            yield begin, token.start
            begin = token.start
            stack.clear()
        if token.kind == "open":
            stack.append(word)
        elif token.kind == "close":
            _close(stack, word)
        after = tokens[i + 1] if i + 1 < len(tokens) else None
        closes = word == "}" and not (after and text[after.start : after.end] == ";")
        if not stack and (word == ";" or closes):
            yield begin, token.end
            begin = token.end
    if tokens and tokens[-1].start >= begin:
        yield begin, len(text)


def _close(stack: list[str], mark: str) -> None:
    """``}`` closes the last ``{`` and all that is open in it, another mark only its like."""
    if mark == "}" and "{" in stack:
        while stack.pop() != "{":
            pass
    elif stack and (stack[-1], mark) in (("(", ")"), ("[", "]")):
        stack.pop()


def _begins_declaration(text: str, tokens: tuple[Token, ...], i: int) -> bool:
    token = tokens[i]
    if token.kind != "name" or (token.start and text[token.start - 1] != "\n"):
        return False
    word = text[token.start : token.end]
    words = [text[t.start : t.end] for t in tokens[i + 1 : i + 7]]
    if word in _STARTERS:
        return bool(words) and tokens[i + 1].kind in ("name", "string")
    if word not in BUILTIN_TYPES and not word.endswith("_t"):
        return False
    if word == "struct" and words[1:2] == ["{"]:
        return True
    head = _first_mark(words)
    return head >= 1 and words[head : head + 1] == ["("]


def _first_mark(words: list[str]) -> int:
    """How many names and stars stand before the first other token."""
    for i, word in enumerate(words):
        if not (word[0].isalpha() or word[0] in "_*"):
            return i
    return len(words)


def explain(failure: Failure, source: Source, scanned: Scan, start: int) -> Diagnostic:
    """What to tell the author, who began the failed declaration at ``start``."""
    site = _site(failure, source, scanned, start)
    for hint in HINTS:
        diagnostic = hint(site)
        if diagnostic is not None:
            return diagnostic
    expected = _in_words(failure.expected)
    if failure.kind == "$END":
        message = f"the text ends where {expected} should stand"
        return Diagnostic(
            "syntax", message, Label(site.previous, f"{expected} expected after this")
        )
    message = f"`{site.word}` does not fit here: {expected} should stand here"
    return Diagnostic("syntax", message, Label(site.here, f"expected {expected}"))


def _site(failure: Failure, source: Source, scanned: Scan, start: int) -> Site:
    text = scanned.text
    first = bisect_left(scanned.tokens, start, key=lambda t: t.start)
    at = bisect_left(scanned.tokens, failure.start, key=lambda t: t.start)
    before = scanned.tokens[first:at]
    previous = before[-1] if before else None
    here = Span(source.name, failure.start, failure.end)
    return Site(
        source=source,
        here=here,
        previous=Span(source.name, previous.start, previous.end) if previous else here,
        kind=failure.kind,
        word=_short(text[failure.start : failure.end]),
        expected=failure.expected,
        before=tuple(text[t.start : t.end] for t in before[-3:]),
        after=tuple(text[t.start : t.end] for t in scanned.tokens[at + 1 : at + 3]),
        tokens=before,
    )


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "..."


_TYPE = frozenset({"struct", "enum", "INT_WORD", "BUILTIN", "void", "TYPE_NAME", "const"})
_EXPRESSION = frozenset("NUMBER STRING NAME choose ( ! ~ - + * & ++ --".split())
_STATEMENT = (
    _TYPE
    | _EXPRESSION
    | frozenset("{ ; if while do for switch break continue return goto yield".split())
)
_OPERATOR = frozenset(
    "|| && | ^ & == != < > <= >= << >> + - * / % ? . -> [ ( ++ --"
    " = += -= *= /= %= &= |= ^= <<= >>=".split()
)
_GROUPS: tuple[tuple[str, str, frozenset[str]], ...] = (
    (
        "a declaration",
        "typedef",
        frozenset({*_STARTERS, *_TYPE, "STATIC", "INLINE"})
        | frozenset("ghost transition lock_order invariant final inline $END".split()),
    ),
    ("a statement", "return", _STATEMENT),
    ("an expression", "NUMBER", _EXPRESSION),
    ("a type", "BUILTIN", _TYPE),
    ("an operator", "%", _OPERATOR),
)
"""What to call a set of tokens: said if the second is among them; stands for all of the third."""

_SINGLE: dict[str, str] = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": "a string",
    "TYPE_NAME": "a type name that ends in _t",
    "PROPERTY": "a property such as use-after-free",
    "INT_WORD": "an integer type",
    "INLINE": "`inline`",
    "$END": "the end of the file",
}


def _in_words(expected: frozenset[str]) -> str:
    """``a name, `;` or an operator``."""
    left = set(expected)
    parts: list[str] = []
    for words, sign, members in _GROUPS:
        if sign in left:
            parts.append(words)
            left -= members
    parts.extend(sorted(_SINGLE.get(kind, f"`{kind}`") for kind in left))
    parts = list(dict.fromkeys(parts))[:8] or ["nothing more"]
    if len(parts) == 1:
        return parts[0]
    return f"{', '.join(parts[:-1])} or {parts[-1]}"
