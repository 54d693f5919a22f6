"""Source text and places in it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from hashlib import sha256

from dsl.frozen import Frozen


class Span(Frozen, frozen=True):
    """A half-open range of character offsets ``[start, end)`` in the file called ``file``.

    ``file`` is the name the user knows the file by: the path given on the
    command line, or the import string (``kernel/pgtable.khp``).
    """

    file: str
    start: int
    end: int

    def to(self, other: Span) -> Span:
        """The smallest span that covers both; both must be in one file."""
        return Span(self.file, min(self.start, other.start), max(self.end, other.end))


@dataclass(frozen=True, slots=True)
class Source:
    """One file's text, and the way from offsets to lines.  Lines and columns count from 1."""

    name: str
    text: str
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0]
        while (end := self.text.find("\n", starts[-1])) >= 0:
            starts.append(end + 1)
        object.__setattr__(self, "_starts", tuple(starts))

    def at(self, offset: int) -> str:
        """A place as messages name it: ``name:line``."""
        return f"{self.name}:{self.line_column(offset)[0]}"

    def line_column(self, offset: int) -> tuple[int, int]:
        """Line and column of ``offset``, both from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of line ``number`` (from 1), without its newline; empty past the end."""
        if not 1 <= number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start:] if end < 0 else self.text[start:end]


def sum_of(text: str) -> str:
    """What tells a text from others: its SHA-256, in hexadecimal digits."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
