"""The words of a C file, before any preprocessor: ``tokens(source)``.

Comments are passed over, directives become one token each.  Of ``#if ... #else ... #endif``
the first branch counts (the second of ``#if 0``); the others are skipped regions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dsl.diagnostic import Diagnostic, DiagnosticError, Label
from dsl.source import Source, Span

MAX_TOKENS = 400_000
MAX_NAME = 200
MAX_CONDITIONS = 64
"""How deep ``#if`` may be nested."""

_TOKEN = re.compile(
    r"""
    (?P<directive>^[ \t]*\#(?:/\*(?:.*?\*/|.*)|\\\r?\n|[^\n])*)
  | (?P<space>(?:[ \t\r\n\f\v]|\\\r?\n)+)
  | (?P<comment>//(?:\\\r?\n|[^\n])*|/\*.*?\*/)
  | (?P<open_comment>/\*)
  | (?P<name>[A-Za-z_$][A-Za-z0-9_$]*)
  | (?P<number>\.?[0-9](?:[eEpP][+-]|[A-Za-z0-9_.])*)
  | (?P<string>"(?:[^"\\\n]|\\.)*"?)
  | (?P<char>'(?:[^'\\\n]|\\.)*'?)
  | (?P<open>[({\[])
  | (?P<close>[)}\]])
  | (?P<mark>\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^~!<>=?:;,.])
  | (?P<odd>.)
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word or mark; ``kind`` is a group of the pattern."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Region:
    """What the preprocessor is asked to decide: a directive, or a branch that is not kept."""

    start: int
    end: int
    skipped: bool


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens that count, all tokens, and what lies between them."""

    kept: tuple[Token, ...]
    every: tuple[Token, ...]
    regions: tuple[Region, ...]
    directives: tuple[Token, ...]


def tokens(source: Source) -> Tokens:
    """The tokens of ``source``."""
    found: list[Token] = []
    for match in _TOKEN.finditer(source.text):
        kind = match.lastgroup or "odd"
        if kind in {"space", "comment"}:
            continue
        if kind == "open_comment":
            raise refusal(
                "unterminated-comment",
                "a comment that begins with `/*` is never closed",
                Span(source.name, match.start(), match.end()),
                "close it with `*/`",
            )
        if kind == "name" and match.end() - match.start() > MAX_NAME:
            span = Span(source.name, match.start(), match.end())
            message = f"a name has more than {MAX_NAME} characters"
            raise refusal("too-large", message, span, "take it out of the file")
        found.append(Token(kind, match.group(), match.start(), match.end()))
        if len(found) > MAX_TOKENS:
            span = Span(source.name, match.start(), match.end())
            message = f"the file has more than {MAX_TOKENS} words and marks"
            raise refusal("too-large", message, span, "cut the file down to the function")
    return _conditions(found, source.name)


def words_of(token: Token) -> tuple[str, ...]:
    """What a token consists of: itself; of a directive the words of it, without comments."""
    if token.kind != "directive":
        return (token.text,)
    found = _TOKEN.finditer(token.text.strip()[1:])
    words = (m.group() for m in found if m.lastgroup not in {"space", "comment", "open_comment"})
    return ("#", *words)


def refusal(code: str, message: str, span: Span | None, hint: str) -> DiagnosticError:
    """The error that ends the work on a file."""
    label = Label(span, "here") if span else None
    return DiagnosticError((Diagnostic(code, message, label, hint=hint),))


def _conditions(found: list[Token], name: str) -> Tokens:
    """Follows ``#if``: each frame says whether its branch is kept, and whether one was already."""
    kept: list[Token] = []
    every: list[Token] = []
    regions: list[Region] = []
    directives: list[Token] = []
    frames: list[tuple[bool, bool]] = []
    skipped_from = -1
    for token in found:
        if token.kind != "directive":
            every.append(token)
            if all(here for here, _ in frames):
                kept.append(token)
            continue
        directives.append(token)
        before = all(here for here, _ in frames)
        _enter(frames, token.text)
        if len(frames) > MAX_CONDITIONS:
            span = Span(name, token.start, token.end)
            message = f"`#if` in `#if`, more than {MAX_CONDITIONS} deep"
            raise refusal("too-large", message, span, "take this part of the file out")
        after = all(here for here, _ in frames)
        if not before and after:
            regions.append(Region(skipped_from, token.start, skipped=True))
        if before or after:
            regions.append(Region(token.start, token.end, skipped=False))
        if before and not after:
            skipped_from = token.end
    return Tokens(tuple(kept), tuple(every), tuple(regions), tuple(directives))


def _enter(frames: list[tuple[bool, bool]], text: str) -> None:
    """One directive's effect on the frames."""
    words = text.strip()[1:].split()
    match words[:1]:
        case ["if"]:
            here = words[1:] != ["0"]
            frames.append((here, here))
        case ["ifdef" | "ifndef"]:
            frames.append((True, True))
        case ["elif" | "elifdef" | "else"] if frames:
            _, had = frames[-1]
            frames[-1] = (not had, True)
        case ["endif"] if frames:
            frames.pop()
        case _:
            pass
