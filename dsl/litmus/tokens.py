"""Words and marks of litmus tests and macro files, with comments left out.

Comments are ``/* */``, ``//`` and, outside of code, ``(* *)``, which nest.  In code ``(*`` is an
opening parenthesis before an asterisk, as in ``READ_ONCE(*x)``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dsl.diagnostic import Diagnostic, DiagnosticError, Label
from dsl.files import MAX_BYTES
from dsl.scan import MAX_TOKENS
from dsl.source import Source, Span

END = "end"
NAME = "name"
NUMBER = "number"

TYPE_WORDS = frozenset(
    "void char short int long unsigned signed struct const volatile bool _Bool _Atomic "
    "__int128 u8 u16 u32 u64 s8 s16 s32 s64".split()
)
"""Words that a type consists of, beside names that end in ``_t``."""

STATEMENT_WORDS = frozenset(
    "if else while for do goto switch case default break continue return asm".split()
)
FOREIGN_WORDS = frozenset("sizeof typeof union enum static extern typedef register inline".split())
FINAL_WORDS = frozenset("exists forall final locations filter observed with".split())
"""Words that begin a part of the question; in code they are names like any other."""

_LOOK_AHEAD = 3

_WORDS = TYPE_WORDS | STATEMENT_WORDS | FOREIGN_WORDS | FINAL_WORDS

_TOKEN = re.compile(
    r"""
    (?:[ \t\r\n\f\v]+|//[^\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/)*
    (?:
      (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<number>[0-9][A-Za-z0-9_]*)
    | (?P<mark>\(\*|/\*|/\\|\\/|<<=|>>=|[-+*/%&|^]=|\+\+|--|->|<<|>>|<=|>=|==|!=|<>|=>|&&|\|\|
        |[-+*/%&|^~!<>=?:;,.(){}\[\]])
    | (?P<end>\Z)
    | (?P<bad>.)
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_NESTED = re.compile(r"\(\*|\*\)")
_HEADER = re.compile(
    r"(?P<language>[A-Za-z0-9_]+)[ \t]+(?P<name>[-+A-Za-z0-9_/.\[\]]+)[ \t\r]*"
    r"(?:\([^)\n]*\)[ \t\r]*)?"
    r'(?:\n?[ \t]*"[^"]*"[ \t\r]*)?;?'
)
_BLANK = re.compile(r"(?:[ \t\r\n]+|//[^\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/)+")
_LINE = re.compile(r"[^\n{]+")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Parallel sequences: kind (marks and words of the language are their own), text, and where it
    begins.  They end with as many of kind ``end`` as are looked at together.
    """

    file: str
    kinds: list[str]
    texts: list[str]
    starts: list[int]


def refusal(code: str, message: str, span: Span, label: str, hint: str) -> DiagnosticError:
    """The error that says one thing about one place."""
    return DiagnosticError((Diagnostic(code, message, Label(span, label), hint=hint),))


def macro_tokens(source: Source) -> Tokens:
    """The tokens of a macro file: code throughout."""
    _check_size(source)
    return _Scan(source).run(0, code=True)


def litmus_tokens(source: Source) -> tuple[str, Tokens]:
    """A test's name from its first line, and the tokens from the initial state on."""
    _check_size(source)
    scan = _Scan(source)
    name, start = _header(source, scan)
    return name, scan.run(start, code=False)


def _check_size(source: Source) -> None:
    if len(source.text) > MAX_BYTES:
        raise refusal(
            "too-large",
            f"the file has more than {MAX_BYTES} characters",
            Span(source.name, 0, 0),
            "too large",
            "split it",
        )


def _header(source: Source, scan: _Scan) -> tuple[str, int]:
    """The name, and where the brace of the initial state stands."""
    text = source.text
    at = scan.behind_comments(0)
    match = _HEADER.match(text, at)
    if match is None or match["language"] != "C":
        line = text[at : at + 80].split("\n", 1)[0].rstrip()
        other = "" if match is None else f"; this one is for {match['language'][:30]}"
        raise refusal(
            "litmus-header",
            f"a litmus test begins with `C` and its name{other}",
            Span(source.name, at, at + len(line)),
            "the first line",
            "write `C name` on the first line; only tests in C are read",
        )
    at = match.end()
    while True:
        at = scan.behind_comments(at)
        if text.startswith("{", at):
            return match["name"], at
        line_match = _LINE.match(text, at)
        if line_match is None:
            end = len(text.rstrip())
            raise refusal(
                "syntax",
                "the test has no initial state",
                Span(source.name, end, end),
                "the file ends here",
                "write `{}` below the first line if everything begins as 0",
            )
        at = line_match.end()


class _Scan:
    """One pass over one file."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._text = source.text
        self._kinds: list[str] = []
        self._texts: list[str] = []
        self._starts: list[int] = []

    def run(self, at: int, *, code: bool) -> Tokens:
        text, match_at = self._text, _TOKEN.match
        kinds, texts, starts = self._kinds, self._texts, self._starts
        depth = groups = 0
        while True:
            match = match_at(text, at)
            assert match is not None
            kind = match.lastgroup or "bad"
            word, at = match[kind], match.end()
            start = at - len(word)
            if kind == "mark":
                if word == "(*":
                    if not (code or (depth and groups)):
                        at = self._behind_nested(start)
                        continue
                    word, at = "(", start + 1
                elif word == "{":
                    depth += 1
                elif word == "}":
                    depth = max(0, depth - 1)
                    groups += depth == 0
                elif word == "/*":
                    raise self._open_comment(start, "*/")
                kind = word
            elif kind == "name":
                if word in _WORDS and (not depth or word not in FINAL_WORDS):
                    kind = word
            elif kind == "bad":
                raise self._bad_character(start, word)
            if kind == END:
                ends = [END] * _LOOK_AHEAD
                more = [""] * _LOOK_AHEAD, [start] * _LOOK_AHEAD
                return Tokens(self._source.name, kinds + ends, texts + more[0], starts + more[1])
            kinds.append(kind)
            texts.append(word)
            starts.append(start)
            if len(kinds) > MAX_TOKENS:
                raise self._refusal(
                    "too-large",
                    f"the file has more than {MAX_TOKENS} words and marks",
                    start,
                    at,
                    "split it",
                )

    def behind_comments(self, at: int) -> int:
        """Where the first text from ``at`` on is that is no space and no comment."""
        while True:
            match = _BLANK.match(self._text, at)
            at = at if match is None else match.end()
            if self._text.startswith("(*", at):
                at = self._behind_nested(at)
            elif self._text.startswith("/*", at):
                raise self._open_comment(at, "*/")
            elif match is None:
                return at

    def _behind_nested(self, start: int) -> int:
        depth = 0
        for match in _NESTED.finditer(self._text, start):
            depth += 1 if match[0] == "(*" else -1
            if depth == 0:
                return match.end()
        raise self._open_comment(start, "*)")

    def _open_comment(self, start: int, close: str) -> DiagnosticError:
        opening = self._text[start : start + 2]
        return self._refusal(
            "unterminated-comment",
            f"a comment that begins with `{opening}` is never closed",
            start,
            start + 2,
            f"close it with `{close}`",
        )

    def _bad_character(self, start: int, word: str) -> DiagnosticError:
        shown = f"`{word}`" if word.isprintable() else f"the character U+{ord(word):04X}"
        hint = "delete it" if word.isascii() else "use ASCII outside of comments"
        return self._refusal("bad-character", f"{shown} means nothing here", start, start + 1, hint)

    def _refusal(self, code: str, message: str, start: int, end: int, hint: str) -> DiagnosticError:
        return refusal(code, message, Span(self._source.name, start, end), "here", hint)
