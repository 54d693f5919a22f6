"""The lexical look over a model before it is parsed: comments, limits, words left out.

One pass without recursion, so that a hostile file is turned away early.
"""

from __future__ import annotations

import re

from dsl.diagnostic import Diagnostic, DiagnosticError, Label
from dsl.files import MAX_BYTES
from dsl.source import Source, Span

MAX_WORDS = 50_000
MAX_BRACKETS = 100

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n\f]+)
  | (?P<line>(?://|\#)[^\n]*)
  | (?P<comment>\(\*)
  | (?P<string>"[^"]*")
  | (?P<open_string>")
  | (?P<word>_?[A-Za-z][A-Za-z0-9_.-]*(?:'[0-9]*)?)
  | (?P<tag>'[A-Za-z_][A-Za-z0-9_.-]*)
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<mark>\|\||\+\+|\^[ \t\r\n]*-1|\^[*+?]|->|[|;\\&*~+?=,_0])
  | (?P<bad>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_MARK = re.compile(r"\(\*|\*\)")

UNSUPPORTED: dict[str, str] = {
    "begin": "write `(`",
    "call": "write the condition itself: `empty a \\ b`",
    "compat": "leave it out",
    "debug": "leave it out",
    "default": "leave it out",
    "do": "leave it out",
    "end": "write `)`",
    "forall": "write the condition itself",
    "from": "the engine makes rf and co: use the relations",
    "fun": "give the function a name: `let f(x) = e`",
    "match": "write the relation itself",
    "procedure": "write the conditions where they are called",
    "subset": "write `empty a \\ b`",
    "undefined_unless": "write a flag: `flag ~empty e as name`",
    "when": "leave the condition out",
    "yield": "leave it out",
}
"""Words of herd's language that are refused, with what to write instead."""


def blanked(source: Source) -> str:
    """The text with spaces for its comments; :class:`DiagnosticError` where it cannot be one."""
    text = source.text
    if len(text) > MAX_BYTES:
        raise _refusal(source, 0, 0, "too-large", f"the file has more than {MAX_BYTES} bytes")
    pieces: list[str] = []
    depth = words = at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            break
        kind, end = found.lastgroup, found.end()
        if kind == "comment":
            end = _comment_end(source, at)
        if kind in ("line", "comment"):
            pieces.append("".join("\n" if c == "\n" else " " for c in text[at:end]))
        else:
            pieces.append(found.group())
            words += kind != "space"
            depth += (kind == "open") - (kind == "close")
            _check(source, kind, found.group(), at, end)
        if words > MAX_WORDS or depth > MAX_BRACKETS:
            what = f"brackets are nested more than {MAX_BRACKETS} deep"
            if words > MAX_WORDS:
                what = f"the file has more than {MAX_WORDS} words and marks"
            raise _refusal(source, at, end, "model-too-large", what, "name parts with `let`")
        at = end
    return "".join(pieces)


def _comment_end(source: Source, start: int) -> int:
    """Where the comment that opens at ``start`` ends, with those inside it."""
    depth = 0
    for mark in _COMMENT_MARK.finditer(source.text, start):
        depth += 1 if mark.group() == "(*" else -1
        if depth == 0:
            return mark.end()
    what = "a comment that begins with `(*` is never closed"
    raise _refusal(source, start, start + 2, "model-comment", what, "close it with `*)`")


def _check(source: Source, kind: str | None, text: str, start: int, end: int) -> None:
    if kind == "word" and text in UNSUPPORTED:
        what = f"`{text}` is not supported"
        raise _refusal(source, start, end, "model-unsupported", what, UNSUPPORTED[text])
    if kind == "open_string":
        what = "a string is never closed"
        raise _refusal(source, start, end, "model-string", what, 'close it with `"`')
    if kind == "bad":
        shown = f"`{text}`" if text.isprintable() else f"the character U+{ord(text):04X}"
        what = f"{shown} means nothing here"
        raise _refusal(source, start, end, "model-character", what, "delete it")


def _refusal(
    source: Source, start: int, end: int, code: str, what: str, hint: str = ""
) -> DiagnosticError:
    label = Label(Span(source.name, start, end), "here")
    return DiagnosticError((Diagnostic(code, what, label, hint=hint),))
