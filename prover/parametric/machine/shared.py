"""The shared variables of a system, and the values that each of them has been found to take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from prover.graph.ir import Layout, TransitionTable
from prover.graph.values import POISON, Half, Location, Value, Word, apply
from prover.parametric.machine.points import Points
from prover.parametric.machine.values import value_text
from prover.parametric.system import Infinite

LIMIT = 64
"""So many values of one variable or register, beyond the program's constants, are a few."""

MARK = 1 << 30
"""Multiples of that in a count of references are kept apart (``counts.py``)."""

GONE, USED, FREE = 0, 1, 2
"""Whether a slot is in use.  FREE, of a typesafe pool: it is not, and its page is still there."""

Held: TypeAlias = "Value | frozenset[tuple[int, int]]"
"""What a variable holds: of ``stored`` a set of low and high bits."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One shared variable.

    ``kind`` is ``cell`` (``part`` is whole, low or high), ``life`` (GONE, USED, FREE), ``stored``
    (which bits completed updates have ever stored in a split word, those of the start left
    out), ``settled`` (what the last completed update left there), ``owned`` (1: somebody has the
    lock, and nobody else may), or of a count of references ``above`` (1: it is above zero),
    ``loose`` (how many of them are nobody's) and ``marks`` (how many multiples of 2^30 are in it,
    which these two are not about).
    """

    kind: str
    place: Location
    part: str = "whole"

    def __str__(self) -> str:
        match self.kind:
            case "cell":
                return str(self.place) if self.part == "whole" else f"{self.place}.{self.part}"
            case "life":
                return f"{self.place} in use"
            case "owned":
                return f"{self.place} taken"
            case "above":
                return f"{self.place} above zero"
            case "loose":
                return f"{self.place} nobody's"
            case "marks":
                return f"{self.place} marks"
            case "stored":
                return f"{self.place} ever whole"
            case _:
                return f"{self.place} settled"


@dataclass(slots=True)
class Variables:
    """All of them; a place that is not among them is a constant."""

    layout: Layout
    constants: frozenset[int]
    all: tuple[Variable, ...] = ()
    number: dict[Variable, int] = field(default_factory=dict[Variable, int])
    fixed: dict[Variable, Value] = field(default_factory=dict[Variable, Value])
    _values: list[list[Held]] = field(default_factory=list[list[Held]])
    _numbers: list[dict[Held, int]] = field(default_factory=list[dict[Held, int]])
    _images: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])

    def add(self, variable: Variable, start: Held) -> None:
        """A variable, with what it holds at the start."""
        self.number[variable] = len(self.all)
        self.all = (*self.all, variable)
        self._values.append([start])
        self._numbers.append({start: 0})

    def value(self, variable: int, number: int) -> Held:
        """The value of that number."""
        return self._values[variable][number]

    def found(self, variable: int) -> tuple[Held, ...]:
        """The values that a variable has been found to take."""
        return tuple(self._values[variable])

    def intern(self, variable: int, value: Held, *, image: bool = False) -> int:
        """The number of a value; a new one where it is new.

        ``image``: it is what another one becomes, and need not be one that there is.
        """
        numbers = self._numbers[variable]
        found = numbers.get(value)
        if found is None:
            found = numbers[value] = len(numbers)
            self._values[variable].append(value)
            if image:
                self._images.add((variable, found))
                return found
        elif image or (variable, found) not in self._images:
            return found
        self._images.discard((variable, found))
        self._limit(variable)
        return found

    def _limit(self, variable: int) -> None:
        values = self._values[variable]
        if len(values) <= LIMIT:
            return
        counted = sum(
            isinstance(v, int | Word | Half)
            and v not in self.constants
            and (variable, number) not in self._images
            for number, v in enumerate(values)
        )
        if counted > LIMIT:
            shown = ", ".join(value_text(v) for v in values[:3])
            raise Infinite(f"`{self.all[variable]}` takes ever more values: {shown}, ...")


def find_variables(
    layout: Layout,
    points: Points,
    tables: tuple[TransitionTable, ...],
    constants: frozenset[int],
    counts: frozenset[Location] = frozenset(),
    unread: frozenset[Location] = frozenset(),
) -> Variables:
    """The variables of a program: what is stored somewhere, what is allocated or freed.

    ``unread`` are cells that nobody reads: what is there at the start stands for all that is.
    """
    found = Variables(layout, constants)
    tabled = {table.location for table in tables}
    for name, region in layout.regions.items():
        if name in points.freed or region.pool in points.pools:
            found.add(Variable("life", Location(name, ())), GONE if region.pool else USED)
        for cell in region.cells:
            if cell.kind == "head":
                continue
            place = Location(name, cell.path)
            start = region.initial[cell.path]
            if place in counts:
                number = start if isinstance(start, int) else 0
                found.add(Variable("above", place), int(number > 0) if start != POISON else POISON)
                found.add(Variable("loose", place), number)
                if MARK in constants:
                    found.add(Variable("marks", place), 0)
                continue
            changes = place in points.stored and place not in unread
            for part, value in _parts(layout, start, split=cell.split):
                if changes:
                    found.add(Variable("cell", place, part), value)
                else:
                    found.fixed[Variable("cell", place, part)] = value
            if changes and cell.split:
                found.add(Variable("stored", place), frozenset())
            if cell.kind == "lock" and cell.type_name != "folio" and place in points.locked:
                found.add(Variable("owned", place), 0)
            if place in tabled and cell.split:
                found.add(Variable("settled", place), start)
    return found


def _parts(layout: Layout, value: Value, *, split: bool) -> Iterator[tuple[str, Value]]:
    """What each part of a cell holds."""
    if not split:
        yield "whole", value
    elif value == POISON:
        yield "low", POISON
        yield "high", POISON
    else:
        yield "low", apply(layout.space, "word_low", (), (value,))
        yield "high", apply(layout.space, "word_high", (), (value,))


def pairs_at_start(layout: Layout) -> Mapping[Location, tuple[int, int]]:
    """The bits of every word that holds one at the start."""
    return {
        Location(name, path): (value.low.bits, value.high.bits)
        for name, region in layout.regions.items()
        for path, value in region.initial.items()
        if isinstance(value, Word)
    }
