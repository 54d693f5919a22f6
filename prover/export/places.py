"""Memory as the locations of a litmus test: every cell has a name, ``m.pmd`` is ``m_pmd``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from dsl.litmus.tokens import FINAL_WORDS, FOREIGN_WORDS, STATEMENT_WORDS, TYPE_WORDS
from dsl.source import Span
from prover.export.refusals import POINTER, VALUE, refuse
from prover.graph.ir import Cell, Layout, Region
from prover.graph.values import Location, Pointer, Value, Word, word_bits

_RESERVED: Final = (
    TYPE_WORDS
    | STATEMENT_WORDS
    | FOREIGN_WORDS
    | FINAL_WORDS
    | frozenset({"bad", "not", "true", "false", "and", "or"})
)
_TAKEN: Final = re.compile(r"[rP][0-9]+|.*_t")
"""What registers, processes and types are called."""

_ATOMIC: Final = frozenset({"atomic_t", "atomic_long_t", "refcount_t"})
_LARGEST: Final = 1 << 63


@dataclass(frozen=True, slots=True)
class Place:
    """One location: its name in the test, and what it is."""

    name: str
    cell: Cell
    start: Value
    ghost: bool

    @property
    def atomic(self) -> bool:
        """Whether it is an ``atomic_t`` or of its kind."""
        return self.cell.type_name in _ATOMIC

    @property
    def type(self) -> str:
        """What a parameter points at, with the asterisks of the parameter."""
        if self.cell.kind == "lock":
            return "spinlock_t *"
        if self.atomic:
            return "atomic_t *"
        return "int **" if self.cell.pointer else "int *"


@dataclass(frozen=True, slots=True)
class Places:
    """All memory of one obligation, in order of declaration."""

    by_location: Mapping[Location, Place]
    by_name: Mapping[str, Place]

    def sorted(self, names: Iterable[str]) -> list[Place]:
        """The places of these names in order of declaration."""
        wanted = set(names)
        return [place for name, place in self.by_name.items() if name in wanted]

    def at(self, pointer: Pointer, span: Span) -> Place:
        """The one cell that ``pointer`` leads to; refuses a pointer to several."""
        if pointer.base is None:
            hint = "assert that the pointer is not NULL, and leave the access out"
            raise refuse(POINTER, "this is an access through NULL", span, hint)
        where = pointer.location
        found = [
            place
            for location, place in self.by_location.items()
            if location.object == where.object and location.path[: len(where.path)] == where.path
        ]
        if len(found) != 1:
            message = (
                f"a litmus test has no pointer to `{where}`, which is {len(found)} locations"
                if found
                else f"a litmus test has no place for `{where}`"
            )
            hint = "only what has one scalar, word or lock in it can be pointed to"
            raise refuse(POINTER, message, span, hint)
        return found[0]

    def constant(self, value: Value, span: Span) -> int | str:
        """A value as a number, or as the name of the location whose address it is."""
        match value:
            case int():
                return self._number(value, span)
            case Pointer(base=base) if base is not None:
                return self.at(value, span).name
            case Word(low=low, high=high) if low.base is None and high.base is None:
                return self._number(word_bits(value), span)
            case _:
                message = "a litmus test has no such value: an address in a word, a part of one"
                message += ", or a pointer to nothing"
                hint = "store numbers, or pointers to single locations"
                raise refuse(VALUE, message, span, hint)

    @staticmethod
    def _number(value: int, span: Span) -> int:
        if not -_LARGEST <= value < _LARGEST:
            message = f"the number {value} is too large for a litmus test"
            raise refuse(VALUE, message, span, "use a smaller number")
        return value


def places(layout: Layout) -> Places:
    """Every cell of the static objects, with a name of its own."""
    by_location: dict[Location, Place] = {}
    by_name: dict[str, Place] = {}
    for region in layout.regions.values():
        if region.pool:
            continue
        for cell in region.cells:
            if cell.kind == "head":
                continue
            name = _free_name(region, cell, by_name)
            place = Place(name, cell, region.initial.get(cell.path, 0), region.ghost)
            by_location[Location(region.name, cell.path)] = by_name[name] = place
    return Places(by_location, by_name)


def _free_name(region: Region, cell: Cell, taken: Mapping[str, Place]) -> str:
    """``m_pmd`` for ``m.pmd``, with a number behind it if that means something else already."""
    plain = "_".join(str(part) for part in (*region.name.split("."), *cell.path))
    name, number = plain, 1
    while name in taken or name in _RESERVED or _TAKEN.fullmatch(name):
        number += 1
        name = f"{plain}_{number}"
    return name
