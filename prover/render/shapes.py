"""What a picture of a witness is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from prover.render.bars import Stretch
from prover.render.witness_rows import Row

FONT = 12
"""The size of the letters; all lengths are in the same units."""

LINE = 16
"""From one line of text to the next."""

MARGIN = 16
PAD = 6


def text_width(count: int) -> int:
    """The width of so many characters."""
    return (count * 29 + 3) // 4


def characters(width: int) -> int:
    """How many characters fit."""
    return width * 4 // 29


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """Where it ends."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """Where it ends."""
        return self.y + self.height

    def covers(self, other: Box) -> int:
        """How much of another it hides."""
        across = min(self.right, other.right) - max(self.x, other.x)
        down = min(self.bottom, other.bottom) - max(self.y, other.y)
        return max(across, 0) * max(down, 0)


@dataclass(frozen=True, slots=True)
class Head:
    """A thread: its title above, and its line from there to ``bottom``."""

    thread: int
    lines: tuple[str, ...]
    box: Box
    line: int
    bottom: int


@dataclass(frozen=True, slots=True)
class CallBox:
    """A function being run, around its steps."""

    thread: int
    depth: int
    function: str
    box: Box


@dataclass(frozen=True, slots=True)
class Bar:
    """What a thread holds or is in, along its lifeline; see ``Stretch``."""

    stretch: Stretch
    box: Box


@dataclass(frozen=True, slots=True)
class Step:
    """A row: its source text, what came of it, and whether the violation is here."""

    row: Row
    code: tuple[str, ...]
    facts: tuple[str, ...]
    verdict: str
    box: Box
    line: int

    @property
    def bad(self) -> bool:
        """Whether the violation happens here."""
        return bool(self.verdict)


Point: TypeAlias = tuple[int, int]
Curve: TypeAlias = tuple[Point, Point, Point, Point]
"""A Bezier curve."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """The edges from moment ``source`` to moment ``target``: their kinds, the chief one first.

    ``text`` is what the sentences say whose numbers stand in ``name``, "" where there is none.
    ``label`` is where the name goes.
    """

    kinds: tuple[str, ...]
    source: int
    target: int
    text: str
    name: str
    curve: Curve
    label: Box


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it.  ``top`` is where the columns begin, below the title; ``end`` where they end."""

    width: int
    height: int
    top: int
    end: int
    title: tuple[str, ...]
    shown: str
    heads: tuple[Head, ...]
    calls: tuple[CallBox, ...]
    bars: tuple[Bar, ...]
    steps: tuple[Step, ...]
    arrows: tuple[Arrow, ...]
    notes: tuple[str, ...]
