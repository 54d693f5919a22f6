"""An invariant of which one shared state is kept for all that are it with objects exchanged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from prover.parametric.certificate.table import Row, Table, bits, tabled
from prover.parametric.invariant import InRows, Invariant, View
from prover.parametric.system import Exchange, Label, Shared


@dataclass(frozen=True, slots=True)
class Folded:
    """An :class:`~prover.parametric.invariant.Invariant`: views of two, and what they become.

    ``kept`` has one shared state at least of those that ``exchanges`` (a group, but for the
    identity) lead to one another, with all its views.  That this stands for an invariant is for
    the checkers to find out (docs/soundness.md, "Slots that change places"): they look at what is
    kept, and have their own ways to what it becomes.  What is here is for those who want all.
    """

    kept: Table
    exchanges: tuple[Exchange, ...]
    _all: dict[Shared, tuple[Shared, Exchange | None]] = field(
        default_factory=dict[Shared, tuple[Shared, "Exchange | None"]]
    )

    def __post_init__(self) -> None:
        self._all.update((each, (each, None)) for each in self.kept.rows)
        for each in self.kept.rows:
            for exchange in self.exchanges:
                self._all.setdefault(exchange.shared(each), (each, exchange))

    @property
    def size(self) -> int:
        """How many local states a view has."""
        return self.kept.size

    def shared(self) -> Iterator[Shared]:
        """Every shared state, in ascending order."""
        yield from sorted(self._all)

    def views(self, shared: Shared) -> Iterator[View]:
        """The views of one shared state, in ascending order."""
        yield from Table(self.size, {shared: self._rows(shared)}).views(shared)

    def rows(self, shared: Shared) -> Iterator[tuple[tuple[int, ...], tuple[Label, ...], int]]:
        """The same as rows."""
        for (members, labels), mask in self._rows(shared).items():
            yield members, labels, mask

    def _rows(self, shared: Shared) -> dict[Row, int]:
        kept, exchange = self._all[shared]
        rows = self.kept.rows[kept]
        if exchange is None:
            return dict(rows)
        found: dict[Row, int] = {}
        for ((one,), (there, back)), mask in rows.items():
            first, labels = exchange.local(one), (exchange.label(there), exchange.label(back))
            for second in map(exchange.local, bits(mask)):
                pair, both = (first, second), labels
                if first > second or (first == second and labels[0] > labels[1]):
                    pair, both = (second, first), (labels[1], labels[0])
                row = Row(pair[:1], both)
                found[row] = found.get(row, 0) | 1 << pair[1]
        return found

    def __len__(self) -> int:
        """How many views there are in all."""
        rows = self.kept.rows
        number = {each: sum(mask.bit_count() for mask in rows[each].values()) for each in rows}
        return sum(number[kept] for kept, _ in self._all.values())


def count_of(invariant: Invariant) -> int:
    """How many views an invariant has."""
    return len(invariant) if isinstance(invariant, Folded) else len(tabled(invariant))


def folded(invariant: InRows, kept: Iterable[Shared], exchanges: tuple[Exchange, ...]) -> Folded:
    """An invariant with those shared states only that are to be kept."""
    rows = {
        shared: {Row(members, labels): mask for members, labels, mask in invariant.rows(shared)}
        for shared in kept
    }
    return Folded(Table(2, rows), exchanges)
