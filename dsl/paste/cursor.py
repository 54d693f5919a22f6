"""A place among the tokens of a body, and the words that C and the kernel have for types."""

from __future__ import annotations

import re
from typing import Final

from dsl.paste.tokens import Token, refusal
from dsl.paste.tree import TypeUse
from dsl.source import Span

MAX_DEPTH: Final = 120
"""How deep constructs may be nested: each is a few calls deep in here and in the checker."""
MAX_STARS: Final = 4

INT_WORDS: Final = frozenset("unsigned signed char short int long __signed__".split())
TAGS: Final = frozenset({"struct", "union", "enum"})
STORAGE: Final = frozenset(
    "const static extern volatile register auto inline restrict notrace asmlinkage noinline"
    " noinline_for_stack nokprobe_inline noinline_for_tracing".split()
)
PLAIN_TYPES: Final = frozenset(
    "void bool _Bool u8 u16 u32 u64 s8 s16 s32 s64 uint ulong ushort unchar float double".split()
)
_KERNEL_TYPE: Final = re.compile(r"__(?:[us](?:8|16|32|64)|[bl]e(?:16|32|64)|wsum|sum16|\w+_t)")
KEYWORDS: Final = frozenset(
    "if else while do for switch case default break continue return goto sizeof typeof"
    " __typeof__ asm __asm__ struct union enum typedef".split()
)


def is_kernel_type(text: str) -> bool:
    """Whether a word with two underscores before it is a type: ``__u32``, ``__poll_t``."""
    return _KERNEL_TYPE.fullmatch(text) is not None


class Stuck(Exception):
    """What comes next is not followed."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(what)
        self.code = code
        self.what = what


class Cursor:
    """Tokens with a position; brackets are known to match."""

    def __init__(self, file: str, tokens: tuple[Token, ...]) -> None:
        self.tokens = tokens
        self.at = 0
        self._file = file
        self._depth = 0
        self.partner = partners(file, tokens)

    def peek(self, ahead: int = 0) -> str:
        """The text of a token to come; empty behind the last."""
        at = self.at + ahead
        return self.tokens[at].text if at < len(self.tokens) else ""

    def kind(self, ahead: int = 0) -> str:
        """The kind of a token to come."""
        at = self.at + ahead
        return self.tokens[at].kind if at < len(self.tokens) else ""

    def take(self) -> Token:
        """The next token, which is passed."""
        if self.at >= len(self.tokens):
            raise Stuck("syntax", "the text ends here")
        self.at += 1
        return self.tokens[self.at - 1]

    def accept(self, text: str) -> bool:
        """Passes the next token if it is ``text``."""
        if self.peek() == text and self.kind() != "string":
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> Token:
        """Passes ``text``."""
        if self.peek() != text:
            raise Stuck("syntax", f"`{text}` is not where it is looked for")
        return self.take()

    @property
    def start(self) -> int:
        """Where the next token begins."""
        at = min(self.at, len(self.tokens) - 1)
        return self.tokens[at].start if self.at < len(self.tokens) else self.end

    @property
    def end(self) -> int:
        """Where the last token that was passed ends."""
        return self.tokens[self.at - 1].end if self.at else 0

    def closing(self) -> int:
        """The index of the bracket that closes the next token."""
        return self.partner[self.at]

    def skip_group(self) -> None:
        """Passes a bracket and all up to the one that closes it."""
        self.at = self.partner[self.at] + 1

    def deeper(self) -> None:
        """One construct inside another; ends in an error where it goes on for too long."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            span = Span(self._file, self.start, self.start + 1)
            message = f"constructs are nested more than {MAX_DEPTH} deep"
            raise refusal("too-deep", message, span, "take the inner part out of the function")

    def shallower(self) -> None:
        """Out of it again."""
        self._depth -= 1

    # --- types ------------------------------------------------------------------

    def is_mark(self, ahead: int = 0) -> bool:
        """Whether the token is a word beside a type: a storage class or an annotation."""
        text = self.peek(ahead)
        if self.kind(ahead) != "name" or text in KEYWORDS:
            return False
        if text in STORAGE or text == "__attribute__":
            return True
        following = self.peek(ahead + 1)
        beside = self.kind(ahead + 1) == "name" or following in {"*", ";", "=", ",", ")", "(", "["}
        return text.startswith("__") and not _KERNEL_TYPE.fullmatch(text) and beside

    def marks(self) -> list[tuple[int, int]]:
        """The words beside a type, passed; each with its arguments."""
        found: list[tuple[int, int]] = []
        while self.is_mark():
            token = self.take()
            if self.peek() == "(":
                self.skip_group()
            if token.text != "const":
                found.append((token.start, self.end))
        return found

    def type(self) -> TypeUse:
        """A type with its stars."""
        start = self.start
        found = self.marks()
        words, end = self._base(found)
        stars = 0
        while self.peek() == "*" or (self.is_mark() and self.peek() != "("):
            if self.accept("*"):
                stars += 1
            else:
                found.extend(self.marks())
            if stars > MAX_STARS:
                raise Stuck("too-deep", f"more than {MAX_STARS} `*` in a row")
        return TypeUse(words, stars, start, end, tuple(found))

    def _base(self, found: list[tuple[int, int]]) -> tuple[tuple[str, ...], int]:
        """The words of the base type, and where they end."""
        text = self.peek()
        if text in {"typeof", "__typeof__"}:
            raise Stuck("unsupported", "`typeof`: write the type out")
        if text in TAGS:
            words = [self.take().text]
            if self.kind() != "name":
                raise Stuck("anonymous-type", "a type without a name")
            words.append(self.take().text)
        elif text in INT_WORDS:
            words = [self.take().text]
            found.extend(self.marks())
            while self.peek() in INT_WORDS:
                words.append(self.take().text)
                found.extend(self.marks())
        elif self.kind() == "name" and text not in KEYWORDS:
            words = [self.take().text]
        else:
            raise Stuck("syntax", "no type")
        end = self.end
        found.extend(self.marks())
        if self.peek() == "{":
            raise Stuck("unsupported", "a type declared in the function")
        return tuple(words), end

    def at_declaration(self) -> bool:
        """Whether a declaration begins here."""
        text, then = self.peek(), self.peek(1)
        if self.kind() != "name" or (text in KEYWORDS and text not in TAGS | {"typeof"}):
            return False
        if text in TAGS or text in INT_WORDS or text in PLAIN_TYPES or text in STORAGE:
            return True
        if text in {"typeof", "__typeof__"}:
            return True
        if then == "*":
            ahead = 1
            while self.peek(ahead) == "*" or self.is_mark(ahead):
                ahead += 1
            return self.kind(ahead) == "name" and self.peek(ahead + 1) in {"=", ";", ",", "["}
        return self.kind(1) == "name" and then not in KEYWORDS

    def at_type(self) -> bool:
        """Whether a type, and no value, begins here (behind a parenthesis or a comma)."""
        text = self.peek()
        if self.kind() != "name":
            return False
        if text in TAGS or text in INT_WORDS or text in PLAIN_TYPES or text == "const":
            return True
        if not (text.endswith("_t") or _KERNEL_TYPE.fullmatch(text)):
            return False
        return self.peek(1) in {")", "*", ","}


_CLOSES: Final = {")": "(", "]": "[", "}": "{"}


def partners(file: str, tokens: tuple[Token, ...]) -> dict[int, int]:
    """Which bracket closes which, by index; an error where they do not match."""
    found: dict[int, int] = {}
    stack: list[int] = []
    for at, token in enumerate(tokens):
        if token.kind == "open":
            stack.append(at)
        elif token.kind == "close":
            if not stack or tokens[stack[-1]].text != _CLOSES[token.text]:
                raise unbalanced(file, token)
            found[stack.pop()] = at
    if stack:
        raise unbalanced(file, tokens[stack[-1]])
    return found


def unbalanced(file: str, token: Token) -> Exception:
    """The error of a bracket without a partner."""
    return refusal(
        "new-unbalanced",
        f"the `{token.text}` here has no partner",
        Span(file, token.start, token.end),
        "of `#if ... #else` only the first branch is read: each branch must be whole",
    )
