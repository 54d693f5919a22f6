"""Where the parser of litmus tests stands, and what it says when it cannot go on."""

from __future__ import annotations

from dsl.diagnostic import DiagnosticError
from dsl.litmus.tokens import END, NAME, NUMBER, Tokens, refusal
from dsl.scan import MAX_NUMBER, number_value
from dsl.source import Span

MAX_DEPTH = 64
"""How deeply brackets, operators before operands, and statements may be nested, together."""

MAX_OPERATORS = 100
"""How many operators one expression may have."""


class Cursor:
    """A place in the tokens of one file; all that is parsed is taken from here in order."""

    __slots__ = ("at", "depth", "file", "kinds", "operators", "starts", "texts")

    def __init__(self, tokens: Tokens) -> None:
        self.file = tokens.file
        self.kinds = tokens.kinds
        self.texts = tokens.texts
        self.starts = tokens.starts
        self.at = 0
        self.depth = 0
        self.operators = 0

    def take(self, kind: str) -> bool:
        """Goes on if the next token is of this kind."""
        if self.kinds[self.at] == kind:
            self.at += 1
            return True
        return False

    def expect(self, kind: str, why: str, hint: str = "") -> None:
        """Goes on behind a token of this kind, which must be there; ``why`` follows "expected"."""
        if self.kinds[self.at] != kind:
            raise self.expected(f"`{kind}`{why}", hint or f"write `{kind}` there")
        self.at += 1

    def name(self, what: str) -> str:
        """The name that must stand here; ``what`` says of what."""
        at = self.at
        if self.kinds[at] != NAME:
            raise self.expected(what, "write a name, such as `x` or `r0`")
        self.at = at + 1
        return self.texts[at]

    def number(self) -> int:
        """The value of the number that stands here."""
        text = self.texts[self.at]
        value = number_value(text)
        if value is None:
            hint = "write 17 or 0x11"
            raise self.fail("bad-number", f"`{_short(text)}` is not a number", hint)
        if text[0] == "0" and text.isdecimal() and len(text) > 1:
            hint = "leave out the zeros in front, or write it as 0x..."
            raise self.fail("octal-number", f"`{_short(text)}` is octal in C", hint)
        if value > MAX_NUMBER:
            hint = "the largest is 0xffffffffffffffff"
            raise self.fail("number-too-large", "the number needs more than 64 bits", hint)
        self.at += 1
        return value

    def signed(self) -> int:
        """A number, perhaps with a minus before it."""
        negative = self.take("-")
        if self.kinds[self.at] != NUMBER:
            raise self.expected("a number", "write a number, such as 1")
        value = self.number()
        return -value if negative else value

    def deeper(self) -> None:
        """One level down; whoever goes down comes up by lowering ``depth``."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            hint = "assign a part of it to a register first"
            raise self.fail("too-deep", f"this is nested more than {MAX_DEPTH} deep", hint)

    def count_operator(self) -> None:
        """One more operator in this expression."""
        self.operators += 1
        if self.operators > MAX_OPERATORS:
            hint = "assign a part of it to a register first"
            message = f"the expression has more than {MAX_OPERATORS} operators"
            raise self.fail("too-large", message, hint)

    def span(self, first: int) -> Span:
        """From the token ``first`` to the last one taken."""
        last = self.at - 1
        return Span(self.file, self.starts[first], self.starts[last] + len(self.texts[last]))

    def here(self) -> Span:
        """The next token."""
        start = self.starts[self.at]
        return Span(self.file, start, start + len(self.texts[self.at]))

    def fail(self, code: str, message: str, hint: str, label: str = "here") -> DiagnosticError:
        """The error that complains about the next token."""
        return refusal(code, message, self.here(), label, hint)

    def expected(self, what: str, hint: str) -> DiagnosticError:
        """The error that says what should stand here."""
        found = "the file ends" if self.kinds[self.at] == END else f"found `{self._found()}`"
        return self.fail("syntax", f"{what} expected, but {found}", hint, "not expected")

    def _found(self) -> str:
        return _short(self.texts[self.at])


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:30] + "..."
