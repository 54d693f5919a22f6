"""Offsets in a text as the protocol's lines and characters, and back.

Lines end with a line feed, a carriage return, or both; characters are counted in the units that
server and client have agreed on, UTF-16 where nothing else is said.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from dsl.source import Span

Units: TypeAlias = Callable[[str], int]
"""How many units a text has."""

Range: TypeAlias = tuple[int, int, int, int]
"""Line and character of the start, and of the end, all from 0."""

_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_BEYOND: Final = re.compile("[\U00010000-\U0010ffff]")


def utf16(text: str) -> int:
    """How many 16-bit units a text has in UTF-16."""
    return len(text) + (0 if text.isascii() else len(_BEYOND.findall(text)))


def utf8(text: str) -> int:
    """How many bytes a text has in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


UNITS: Final[dict[str, Units]] = {"utf-16": utf16, "utf-8": utf8, "utf-32": len}
"""What a character is, by the name of the encoding."""


@dataclass(frozen=True, slots=True)
class Lines:
    """A text, by its lines."""

    text: str
    units: Units = utf16
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = (0, *(match.end() for match in _LINE_END.finditer(self.text)))
        object.__setattr__(self, "_starts", starts)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and character of an offset; one that is past the end is the end."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._starts, offset) - 1
        return line, self.units(self.text[self._starts[line] : offset])

    def range(self, span: Span) -> Range:
        """A span; one that is empty is of the character behind it, if there is one on the line."""
        start = self.position(span.start)
        end = self.position(max(span.start, span.end))
        if start == end:
            following = self.text[span.start : span.start + 1]
            if following and following not in "\r\n":
                end = self.position(span.start + 1)
        return (*start, *end)

    def offset(self, line: int, character: int) -> int:
        """The offset of a position; one that is nowhere is the nearest before it."""
        if line < 0:
            return 0
        if line >= len(self._starts):
            return len(self.text)
        start = self._starts[line]
        ending = _LINE_END.search(self.text, start)
        content = self.text[start : ending.start() if ending else len(self.text)]
        if self.units is len or content.isascii():
            return start + max(0, min(character, len(content)))
        passed = 0
        for index, one in enumerate(content):
            passed += self.units(one)
            if passed > character:
                return start + index
        return start + len(content)

    def everything(self) -> Range:
        """From the first character to the end."""
        return (0, 0, *self.position(len(self.text)))
