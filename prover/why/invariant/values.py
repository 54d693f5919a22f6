"""Values of shared variables in words, with a letter for any one object of a pool."""

from __future__ import annotations

from dataclasses import dataclass, field

from prover.execution.wording import cell_at, value_text
from prover.graph.ir import Layout
from prover.graph.values import Half, Location
from prover.parametric.machine import Compiled
from prover.parametric.machine.shared import GONE, USED, Variable
from prover.parametric.machine.values import value_text as bare_text

LETTERS = ("X", "Y", "Z", "W", *(f"X{number}" for number in range(1000)))

OTHER = "another"
"""What stands for an object of the pool that is not meant."""


@dataclass(slots=True)
class Values:
    """The variables that are spoken of, and what their values are called.

    Of locks, and of what the proof keeps beside what the file has, nothing is said.
    """

    system: Compiled
    numbers: tuple[int, ...] = ()
    letter: str = ""
    _texts: dict[tuple[int, int, str], str] = field(default_factory=dict[tuple[int, int, str], str])

    def __post_init__(self) -> None:
        every = self.system.parts.variables.all
        self.letter = letter_of(self.system.parts.layout)
        self.numbers = tuple(n for n, variable in enumerate(every) if self._spoken(variable))

    def _spoken(self, variable: Variable) -> bool:
        if variable.kind == "life":
            return True
        cell = cell_at(self.system.parts.layout, variable.place)
        return variable.kind == "cell" and cell is not None and cell.kind != "lock"

    def name(self, variable: int, slot: str) -> str:
        """A variable, "" where it is one of an object of the pool that is not ``slot``."""
        found = self.system.parts.variables.all[variable]
        pool = self._pool(found.place.object)
        if pool and found.place.object != slot:
            return ""
        place = Location(self.letter, found.place.path) if pool else found.place
        if found.kind == "life":
            return str(place)
        return str(place) if found.part == "whole" else f"{place}.{found.part}"

    def text(self, variable: int, value: int, slot: str) -> str:
        """A value; ``slot`` is called by the letter."""
        key = (variable, value, slot)
        found = self._texts.get(key)
        if found is None:
            found = self._texts[key] = self._text(variable, value, slot)
        return found

    def _text(self, variable: int, value: int, slot: str) -> str:
        parts = self.system.parts
        what = parts.variables.all[variable]
        held = parts.variables.value(variable, value)
        if what.kind == "life":
            return self._life(what.place.object, held)
        if isinstance(held, frozenset):
            return bare_text(held)
        if isinstance(held, Half) and held.base is not None:
            text = f"{what.part} half of &{held.base.object}"
        else:
            text = value_text(parts.layout, held, cell_at(parts.layout, what.place))
            stale = bare_text(held).endswith("is over)")
            text = f"{text} (freed)" if stale else text
        return self._called(text, slot)

    def _life(self, name: str, held: object) -> str:
        """Whether an object is in use; if not, of a typesafe slot, whether its page is there."""
        if held == USED:
            return "in use"
        region = self.system.parts.layout.regions[name]
        return "gone" if region.typesafe and held == GONE else "free"

    def _called(self, text: str, slot: str) -> str:
        pool = self._pool(slot) if slot else ""
        if not pool:
            return text
        for name, region in self.system.parts.layout.regions.items():
            if region.pool == pool:
                text = text.replace(f"&{name}", f"&{self.letter}" if name == slot else f"{OTHER}")
        return text

    def _pool(self, name: str) -> str:
        region = self.system.parts.layout.regions.get(name)
        return "" if region is None else region.pool


def letter_of(layout: Layout) -> str:
    """What any one object of a pool is called: X, if no object of the file is."""
    return next(letter for letter in LETTERS if letter not in layout.regions)
