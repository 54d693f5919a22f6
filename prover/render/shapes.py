"""What a picture of a witness is made of."""

from __future__ import annotations

from dataclasses import dataclass

from prover.render.bars import Stretch
from prover.render.witness_table import Row


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


@dataclass(frozen=True, slots=True)
class Arrow:
    """An edge from moment ``source`` to moment ``target``, as a Bezier curve of four points.

    ``number`` is that of its sentence below the picture, 0 if it has none.
    """

    kind: str
    source: int
    target: int
    text: str
    number: int
    curve: tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]

    @property
    def middle(self) -> tuple[int, int]:
        """Where its name stands."""
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = self.curve
        return (x0 + 3 * x1 + 3 * x2 + x3) // 8, (y0 + 3 * y1 + 3 * y2 + y3) // 8


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
