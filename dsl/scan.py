"""The lexical look over a file before it is parsed: comments, limits, and what is no token.

Everything here is one pass over the text without recursion, so a hostile file
is turned away before the parser builds anything from it.
"""

from __future__ import annotations

import re

from dsl.diagnostic import Diagnostic, Label
from dsl.files import MAX_BYTES
from dsl.frozen import Frozen
from dsl.source import Source, Span
from dsl.syntax import Comment

MAX_TOKENS = 200_000
MAX_NESTING = 200
MAX_NUMBER = 2**64 - 1
MAX_REPORTS = 20

_TOKEN = re.compile(
    r"""
    (?P<space>(?:[ \t\n]|\r\n)+)
  | (?P<comment>//[^\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/)
  | (?P<open_comment>/\*)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<number>[0-9][A-Za-z0-9_.]*)
  | (?P<string>"(?:[^"\\\n]|\\[^\n])*")
  | (?P<open_string>"[^\n]*)
  | (?P<hash>\#(?:[^\n\\]|\\\n|\\)*)
  | (?P<character>'(?:[^'\\\n]|\\[^\n])*'|')
  | (?P<open>[({\[])
  | (?P<close>[)}\]])
  | (?P<mark><<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^~!<>=?:;,.])
  | (?P<bad>[^\W\d_][^\W_]*|.)
    """,
    re.VERBOSE | re.DOTALL,
)

_NUMBER = re.compile(
    r"(?P<digits>0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)"
    r"(?:[uU](?:[lL]|ll|LL)?|(?:[lL]|ll|LL)[uU]?)?"
)
_FLOAT = re.compile(r"[0-9]+(?:\.[0-9]*)?(?:[eE][0-9]*)?[fFlL]?")

_UNSUPPORTED: dict[str, str] = {
    "asm": "say what the instruction does with a primitive, such as smp_mb()",
    "auto": "write the type out",
    "double": "protocols have integers only",
    "extern": "leave it out: a name may be used before its declaration",
    "float": "protocols have integers only",
    "register": "leave it out",
    "restrict": "leave it out",
    "sizeof": "write the number; pools give out objects: alloc(pool)",
    "typeof": "write the type out",
    "union": "use a struct, or a word with named values",
    "volatile": "use READ_ONCE() and WRITE_ONCE() at the accesses",
    "_Atomic": "use atomic_t and the atomic_ functions",
}


class Token(Frozen, frozen=True):
    """One token: ``kind`` is name, number, string, open, close or mark."""

    kind: str
    start: int
    end: int


class Scan(Frozen, frozen=True):
    """What the look found.

    ``text`` has the length of the source, with everything that was complained
    about and is no token blanked out; ``fatal`` says that parsing it is of no use.
    """

    text: str
    tokens: tuple[Token, ...]
    comments: tuple[Comment, ...]
    diagnostics: tuple[Diagnostic, ...]
    fatal: bool


def number_value(text: str) -> int | None:
    """The value of an integer literal, or None if ``text`` is none (or too long to be one)."""
    match = _NUMBER.fullmatch(text)
    if match is None or len(text) > 80:
        return None
    digits = match["digits"]
    base = {"0x": 16, "0b": 2}.get(digits[:2].lower(), 8 if digits[0] == "0" else 10)
    return int(digits, base)


def scan(source: Source) -> Scan:
    """Split ``source`` into tokens and comments, and complain about all that is neither."""
    if len(source.text) > MAX_BYTES or len(source.text.encode("utf-8", "replace")) > MAX_BYTES:
        return _refuse(source, _too_large(source))
    return _Scanner(source).run()


def _too_large(source: Source) -> Diagnostic:
    return Diagnostic(
        "too-large",
        f"the file has more than {MAX_BYTES} bytes",
        Label(Span(source.name, 0, 0), "a protocol file is at most 1 MiB"),
        hint="split the protocol into files and import them",
    )


def _refuse(source: Source, diagnostic: Diagnostic) -> Scan:
    return Scan(source.text, (), (), (diagnostic,), fatal=True)


class _Scanner:
    """The state of one pass over one file."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._tokens: list[Token] = []
        self._comments: list[Comment] = []
        self._diagnostics: list[Diagnostic] = []
        self._blank: list[tuple[int, int]] = []
        self._depth = 0
        self._fatal = False

    def run(self) -> Scan:
        for match in _TOKEN.finditer(self._source.text):
            kind = match.lastgroup or "bad"
            if kind == "space":
                continue
            self._take(kind, match.start(), match.end(), match.group())
            self._fatal = self._fatal or len(self._diagnostics) >= MAX_REPORTS
            if self._fatal:
                break
        return Scan(
            self._blanked(),
            tuple(self._tokens),
            tuple(self._comments),
            tuple(self._diagnostics),
            self._fatal,
        )

    def _take(self, kind: str, start: int, end: int, text: str) -> None:
        match kind:
            case "comment":
                self._comments.append(Comment(text.rstrip(), Span(self._source.name, start, end)))
                self._check_characters(start, text)
            case "string":
                self._token(kind, start, end)
                self._check_characters(start, text)
            case "name":
                self._token(kind, start, end)
                # `double-free` is the name of a property, not a type.
                if text in _UNSUPPORTED and not self._source.text.startswith("-free", end):
                    self._unsupported(start, end, text)
            case "number":
                self._token(kind, start, end)
                self._number(start, end, text)
            case "open" | "close":
                self._token(kind, start, end)
                self._bracket(kind, start, end)
            case "mark":
                self._token(kind, start, end)
            case _:
                self._complain(kind, start, end, text)

    def _token(self, kind: str, start: int, end: int) -> None:
        self._tokens.append(Token(kind, start, end))
        if len(self._tokens) > MAX_TOKENS:
            hint = "split the protocol into files and import them"
            message = f"the file has more than {MAX_TOKENS} words and marks"
            self._report("too-large", message, start, end, "one too many", hint)
            self._fatal = True

    def _bracket(self, kind: str, start: int, end: int) -> None:
        self._depth = self._depth + 1 if kind == "open" else max(0, self._depth - 1)
        if self._depth > MAX_NESTING:
            message = f"brackets are nested more than {MAX_NESTING} deep"
            hint = "move the inner part into a function"
            self._report("too-deep", message, start, end, "one too many", hint)
            self._fatal = True

    def _number(self, start: int, end: int, text: str) -> None:
        value = number_value(text)
        if value is not None and value <= MAX_NUMBER:
            return
        digits = _NUMBER.fullmatch(text) is not None
        if digits:
            hint = "the largest is 18446744073709551615 (0xffffffffffffffff)"
            self._report(
                "number-too-large",
                "the number needs more than 64 bits",
                start,
                end,
                "too large",
                hint,
            )
        elif _FLOAT.fullmatch(text) and ("." in text or "e" in text.lower()):
            hint = "count in a smaller unit"
            self._report(
                "float-number",
                "there are no floating-point numbers",
                start,
                end,
                "not an integer",
                hint,
            )
        else:
            hint = "write 17, 0x11, 021 or 0b10001, with U, L or UL behind it if need be"
            self._report(
                "bad-number", f"`{_short(text)}` is not a number", start, end, "not a number", hint
            )

    def _unsupported(self, start: int, end: int, text: str) -> None:
        self._report(
            "unsupported",
            f"`{text}` is not part of the language",
            start,
            end,
            "C only",
            _UNSUPPORTED[text],
        )

    def _complain(self, kind: str, start: int, end: int, text: str) -> None:
        match kind:
            case "open_comment":
                message, hint = (
                    "a comment that begins with `/*` is never closed",
                    "close it with `*/`",
                )
                self._report("unterminated-comment", message, start, end, "opened here", hint)
                self._fatal = True
            case "open_string":
                message = "a string is not closed on its line"
                end = start + len(text.rstrip())
                self._report(
                    "unterminated-string", message, start, end, "opened here", 'close it with `"`'
                )
            case "hash":
                self._preprocessor(start, end, text)
            case "character":
                hint = "write its number"
                self._report(
                    "character-literal", "there are no character literals", start, end, "here", hint
                )
            case _:
                self._bad_character(start, text)
        self._blank.append((start, end))

    def _preprocessor(self, start: int, end: int, text: str) -> None:
        words = text[1:].split()
        word = words[0] if words else ""
        hints = {
            "include": 'import another protocol file: import "kernel/mm.khp";',
            "define": "use an enum for numbers and a function for code",
            "if": "use config and an `if` in the body",
            "ifdef": "use config and an `if` in the body",
            "ifndef": "use config and an `if` in the body",
        }
        hint = hints.get(word, "leave the line out")
        first_line = start + len(text.split("\n", 1)[0].rstrip())
        self._report(
            "preprocessor",
            f"there is no preprocessor: `#{_short(word)}`",
            start,
            min(end, first_line),
            "C only",
            hint,
        )

    def _bad_character(self, start: int, text: str) -> None:
        shown = _shown(text)
        if _is_hidden(text):
            message = f"the file contains {shown}, which cannot be seen"
            self._report("bad-character", message, start, start + 1, shown, "delete it")
            return
        hint = "letters outside ASCII may stand in comments and messages only"
        if text.isascii():
            hint = "delete it"
        message, end = f"{shown} means nothing here", start + len(text)
        self._report("bad-character", message, start, end, "not part of the language", hint)

    def _check_characters(self, start: int, text: str) -> None:
        if text.isascii() and text.isprintable():
            return
        for i, character in enumerate(text):
            line_end = text[i : i + 2] == "\r\n" or character in "\t\n"
            # The `\r` of a line that ends in `\r\n` is the last of a `//` comment.
            if line_end or (
                character == "\r" and self._source.text[start + i + 1 : start + i + 2] == "\n"
            ):
                continue
            if _is_hidden(character):
                self._bad_character(start + i, character)
                return

    def _report(self, code: str, message: str, start: int, end: int, label: str, hint: str) -> None:
        span = Span(self._source.name, start, end)
        self._diagnostics.append(Diagnostic(code, message, Label(span, label), hint=hint))

    def _blanked(self) -> str:
        text = self._source.text
        if not self._blank:
            return text
        pieces: list[str] = []
        last = 0
        for start, end in self._blank:
            pieces.append(text[last:start])
            pieces.append("".join("\n" if c == "\n" else " " for c in text[start:end]))
            last = end
        pieces.append(text[last:])
        return "".join(pieces)


def _is_hidden(character: str) -> bool:
    """Control characters, and those that reorder or hide text around them."""
    return not (character.isprintable() or character == " ")


def _shown(character: str) -> str:
    if _is_hidden(character):
        return f"the character U+{ord(character):04X}"
    return f"`{_short(character)}`"


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:30] + "..."
