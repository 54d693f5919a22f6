"""Edits of a text, and the way back from a place in the result to the place it came from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """``text`` in place of ``[start, end)``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Edited:
    """The result; ``pieces`` are starts in it with the place each came from, and if verbatim."""

    text: str
    pieces: tuple[tuple[int, int, bool], ...]

    def origin(self, offset: int) -> int:
        """Where in the old text the character at ``offset`` came from."""
        at = bisect_right(self.pieces, offset, key=lambda piece: piece[0]) - 1
        start, origin, verbatim = self.pieces[max(at, 0)]
        return origin + offset - start if verbatim else origin


def apply(text: str, start: int, end: int, edits: Iterable[Edit]) -> Edited:
    """``text[start:end]`` with the edits made; of two that overlap the one that begins first."""
    result: list[str] = []
    pieces: list[tuple[int, int, bool]] = []
    at, size = start, 0
    for edit in sorted(edits, key=lambda e: (e.start, -e.end)):
        if edit.start < at or edit.end > end:
            continue
        pieces.append((size, at, True))
        result.append(text[at : edit.start])
        size += edit.start - at
        pieces.append((size, edit.start, False))
        result.append(edit.text)
        size += len(edit.text)
        at = edit.end
    pieces.append((size, at, True))
    result.append(text[at:end])
    return Edited("".join(result), tuple(pieces))


def plain(text: str) -> str:
    """``text`` in printable ASCII, tabs and line ends kept."""
    return "".join(c if " " <= c <= "~" or c in "\t\n" else "?" for c in text.replace("\r", ""))


def quoted(text: str) -> str:
    """``text`` on one line, fit for a comment."""
    joined = " ".join(plain(text.replace("\\\n", " ")).split())
    return joined.replace("*/", "* /").replace("/*", "/ *").rstrip("\\")
