"""An invariant as rows of bits, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import NamedTuple, TypeAlias

from dsl.source import Span
from prover.parametric.invariant import InRows, Invariant, View
from prover.parametric.system import Label, Shared


class Row(NamedTuple):
    """All of a view but its last local state: the others, and the labels of all pairs."""

    locals: tuple[int, ...]
    labels: tuple[Label, ...]


Rows: TypeAlias = Mapping[Row, int]
"""For each row the last local states, as bits."""


@dataclass(frozen=True, slots=True)
class Table:
    """An :class:`~prover.parametric.invariant.Invariant`: for each shared state its rows."""

    size: int
    rows: Mapping[Shared, Rows]

    def shared(self) -> Iterator[Shared]:
        """Every shared state, in ascending order."""
        yield from sorted(self.rows)

    def views(self, shared: Shared) -> Iterator[View]:
        """The views of one shared state, in ascending order."""
        yield from sorted(
            ((*row.locals, last), row.labels)
            for row, mask in self.rows[shared].items()
            for last in bits(mask)
        )

    def locals(self, shared: Shared) -> frozenset[int]:
        """The local states that there are in one shared state."""
        mask, found = 0, set[int]()
        for row, lasts in self.rows[shared].items():
            found.update(row.locals)
            mask |= lasts
        return frozenset(found.union(bits(mask)))

    def __len__(self) -> int:
        """How many views there are in all."""
        return sum(mask.bit_count() for rows in self.rows.values() for mask in rows.values())


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why an invariant is refused: ``what`` in words, at the statement ``span``."""

    what: str
    span: Span | None = None


def bits(mask: int) -> Iterator[int]:
    """The numbers in a set of bits, in ascending order."""
    digits = bin(mask)[:1:-1]
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)


def tabled(invariant: Invariant) -> Table:
    """An invariant as a table."""
    if isinstance(invariant, Table):
        return invariant
    rows: dict[Shared, dict[Row, int]] = {}
    for shared in invariant.shared():
        of = rows.setdefault(shared, {})
        if isinstance(invariant, InRows):
            of.update(
                (Row(members, labels), mask) for members, labels, mask in invariant.rows(shared)
            )
            continue
        for members, labels in invariant.views(shared):
            row = Row(members[:-1], labels)
            of[row] = of.get(row, 0) | 1 << members[-1]
    return Table(invariant.size, rows)


def both_ways(rows: Rows) -> dict[int, dict[tuple[Label, Label], int]]:
    """Of views of two, for each local state its rows by their labels, there and back."""
    found: dict[int, dict[tuple[Label, Label], int]] = {}
    for ((one,), (there, back)), mask in rows.items():
        of = found.setdefault(one, {})
        of[there, back] = of.get((there, back), 0) | mask
        for other in bits(mask):
            of = found.setdefault(other, {})
            of[back, there] = of.get((back, there), 0) | 1 << one
    return found


def canonical(view: View) -> View:
    """The one order of a view: local states ascending, of equal ones the smallest labels first."""
    members, labels = view
    if len(members) == 2:
        turned = (members[::-1], labels[::-1])
        return min(view, turned)
    return min(reordered(view, order) for order in permutations(range(len(members))))


def reordered(view: View, order: tuple[int, ...]) -> View:
    """Those members of a view that ``order`` names, in that order."""
    members, labels = view
    size = len(members)
    return tuple(members[k] for k in order), tuple(
        labels[one * (size - 1) + other - (other > one)]
        for one in order
        for other in order
        if one != other
    )
