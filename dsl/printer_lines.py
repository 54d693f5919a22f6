"""Lines of output, with the comments and blank lines of the source around them."""

from __future__ import annotations

import re
from bisect import bisect_left

from dsl.printer_expressions import laid_out
from dsl.scan import Token
from dsl.source import Source
from dsl.syntax import Comment

_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")


class Lines:
    """Takes pieces of code in source order; puts each comment where it belongs.

    A comment alone on its line stays alone, before what follows it; one behind
    code stays behind it, at the same distance; one inside a piece of code goes
    before the piece.
    """

    def __init__(
        self, source: Source, comments: tuple[Comment, ...], tokens: tuple[Token, ...]
    ) -> None:
        self._text = source.text
        self._comments = comments
        self._tokens = tokens
        self._next = 0
        self._last = 0
        self._fresh = True
        self._lines: list[str] = []

    def text(self) -> str:
        """Everything, with the comments that are left."""
        self.comments_before(len(self._text), 0)
        return "".join(line + "\n" for line in self._lines)

    def put(self, start: int, end: int, text: str, tabs: int, comment_tabs: int = -1) -> None:
        """Write ``text``, which stands for the source from ``start`` to ``end``."""
        inner = tabs if comment_tabs < 0 else comment_tabs
        self.comments_before(start, inner)
        blank = self._blank_before(start)
        while self._comment_starts_before(end):
            self._own_line(self._take(), inner, blank)
            blank = False
        self._separate(blank)
        self._lines.extend(laid_out(text, tabs))
        self._last = max(self._last, end)
        self._trailing(tabs)

    def opened(self) -> None:
        """A bracket was just opened: no blank line follows."""
        self._fresh = True

    def close(self, start: int, end: int, text: str, tabs: int) -> None:
        """Write ``text``, which begins with a closing bracket: no blank line before it."""
        self.comments_before(start, tabs + 1)
        while self._comment_starts_before(end):
            self._own_line(self._take(), tabs + 1, blank=False)
        self._fresh = True
        self.put(start, end, text, tabs)

    def comments_before(self, start: int, tabs: int) -> None:
        """Write the comments that begin before ``start``, each on its own line."""
        while self._comment_starts_before(start):
            comment = self._take()
            self._own_line(comment, tabs, self._blank_before(comment.span.start))
            self._last = max(self._last, comment.span.end)
            self._trailing(tabs)

    def has_comment(self, start: int, end: int) -> bool:
        """Whether a comment begins between the two."""
        i = bisect_left(self._comments, start, key=lambda comment: comment.span.start)
        return i < len(self._comments) and self._comments[i].span.start < end

    # --- tokens -----------------------------------------------------------------

    def end_before(self, offset: int) -> int:
        """Where the last token that begins before ``offset`` ends."""
        i = self._index(offset)
        return self._tokens[i - 1].end if i else 0

    def start_after(self, offset: int) -> int:
        """Where the first token at or after ``offset`` begins."""
        i = self._index(offset)
        return self._tokens[i].start if i < len(self._tokens) else len(self._text)

    def start_of_last(self, offset: int, word: str) -> int:
        """Where the last token ``word`` that begins before ``offset`` begins."""
        for i in range(self._index(offset) - 1, -1, -1):
            if self._is(i, word):
                return self._tokens[i].start
        return offset

    def end_of_next(self, offset: int, word: str) -> int:
        """Where the first token ``word`` at or after ``offset`` ends."""
        for i in range(self._index(offset), len(self._tokens)):
            if self._is(i, word):
                return self._tokens[i].end
        return offset

    def _index(self, offset: int) -> int:
        return bisect_left(self._tokens, offset, key=lambda token: token.start)

    def _is(self, i: int, word: str) -> bool:
        token = self._tokens[i]
        return self._text[token.start : token.end] == word

    # --- comments ---------------------------------------------------------------

    def _comment_starts_before(self, offset: int) -> bool:
        return self._next < len(self._comments) and self._comments[self._next].span.start < offset

    def _take(self) -> Comment:
        self._next += 1
        return self._comments[self._next - 1]

    def _own_line(self, comment: Comment, tabs: int, blank: bool) -> None:
        self._separate(blank)
        self._lines.extend(_comment_lines(comment, tabs))

    def _trailing(self, tabs: int) -> None:
        """Append the comments that follow on the line that was just written."""
        while self._next < len(self._comments):
            comment = self._comments[self._next]
            gap = self._text[self._last : comment.span.start]
            if comment.span.start < self._last or gap.strip() or "\n" in gap:
                return
            first, *rest = _comment_lines(comment, tabs)
            self._lines[-1] += (gap or " ") + first.lstrip("\t")
            self._lines.extend(rest)
            self._next += 1
            self._last = comment.span.end

    # --- blank lines ------------------------------------------------------------

    def _blank_before(self, start: int) -> bool:
        return _BLANK_LINE.search(self._text, self._last, max(self._last, start)) is not None

    def _separate(self, blank: bool) -> None:
        if blank and not self._fresh and self._lines:
            self._lines.append("")
        self._fresh = False


def _comment_lines(comment: Comment, tabs: int) -> list[str]:
    """The comment at its indent; a line that begins with ``*`` is put one blank further in."""
    first, *rest = comment.text.split("\n")
    indent = "\t" * tabs
    lines = [indent + first.rstrip()]
    for line in rest:
        stripped = line.strip()
        lines.append(f"{indent} {stripped}" if stripped.startswith("*") else line.rstrip())
    return lines
