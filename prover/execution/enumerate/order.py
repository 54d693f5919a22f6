"""A partial order of events that grows by decisions.

Rules are judged over a partial order as if it were total: where they ask for the order of two
events that is still open, :class:`Undecided` is raised, and :func:`completions` judges again
with either answer.  So just as much is ordered as some rule depends on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

Found = TypeVar("Found")


class ImpossibleError(Exception):
    """No execution looks like this."""


class UndecidedError(Exception):
    """A rule depends on the order of two events that is open; ``kind`` says which rule."""

    def __init__(self, kind: str, one: int, two: int) -> None:
        super().__init__(kind, one, two)
        self.kind, self.one, self.two = kind, one, two


@dataclass(slots=True)
class Order:
    """A strict partial order.

    ``after[n]`` and ``earlier[n]`` are the sets of events that come after and before event n,
    as bits; ``decided`` the pairs that rules chose, with the kind of rule.
    """

    after: list[int]
    earlier: list[int]
    decided: dict[tuple[str, int, int], None] = field(
        default_factory=dict[tuple[str, int, int], None]
    )

    @classmethod
    def of(cls, size: int) -> Order:
        """Events 0..size-1 without any order."""
        return cls([0] * size, [0] * size)

    def copy(self) -> Order:
        """An independent copy."""
        return Order(list(self.after), list(self.earlier), dict(self.decided))

    def has(self, one: int, two: int) -> bool:
        """Whether ``one`` comes before ``two`` whatever is decided yet."""
        return bool(self.after[one] >> two & 1)

    def add(self, one: int, two: int) -> bool:
        """Puts ``one`` before ``two``; False, and no change, where that closes a cycle."""
        if one == two or self.has(two, one):
            return False
        if self.has(one, two):
            return True
        ends = self.after[two] | 1 << two
        starts = self.earlier[one] | 1 << one
        for event in bits(starts):
            self.after[event] |= ends
        for event in bits(ends):
            self.earlier[event] |= starts
        return True

    def before(self, kind: str, one: int, two: int) -> bool:
        """Whether ``one`` comes before ``two``; raises UndecidedError where that is open."""
        if self.has(one, two):
            return True
        if one == two or self.has(two, one):
            return False
        raise UndecidedError(kind, one, two)

    def require(self, kind: str, one: int, two: int) -> None:
        """Puts ``one`` before ``two``; raises ImpossibleError where it cannot come before."""
        if not self.add(one, two):
            raise ImpossibleError
        self.decided[kind, one, two] = None


def bits(mask: int) -> Iterator[int]:
    """The positions of the ones in ``mask``, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def completions(order: Order, judge: Callable[[Order], Found]) -> Iterator[tuple[Order, Found]]:
    """Every way to decide what ``judge`` asks, with what it finds then."""
    pending = [order]
    while pending:
        start = pending.pop()
        trial = start.copy()
        try:
            found = judge(trial)
        except ImpossibleError:
            continue
        except UndecidedError as open_:
            for one, two in ((open_.two, open_.one), (open_.one, open_.two)):
                decided = start.copy()
                if decided.add(one, two):
                    decided.decided[open_.kind, one, two] = None
                    pending.append(decided)
            continue
        yield trial, found
