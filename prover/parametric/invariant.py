"""What a search has found: which local states there are together in which shared state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

from dsl.source import Span
from prover.parametric.system import Label, Rule, Shared, Violated

View: TypeAlias = tuple[tuple[int, ...], tuple[Label, ...]]
"""k local states in ascending order, and the labels of their ordered pairs.

The labels are those of (0, 1), (0, 2), ..., (1, 0), (1, 2), ...: k * (k - 1) of them.  Of the
orders of equal local states the one with the smallest labels is taken.
"""


class Invariant(Protocol):
    """A set of views of one size for each shared state, closed under the rules."""

    @property
    def size(self) -> int:
        """How many local states a view has: k."""
        ...

    def shared(self) -> Iterator[Shared]:
        """Every shared state, in ascending order."""
        ...

    def views(self, shared: Shared) -> Iterator[View]:
        """The views of one shared state, in ascending order."""
        ...


@runtime_checkable
class InRows(Protocol):
    """An invariant that has its views in rows."""

    def rows(self, shared: Shared) -> Iterator[tuple[tuple[int, ...], tuple[Label, ...], int]]:
        """All of some views but the last local state, with the labels; the last ones, as bits.

        No two have the same local states and labels.
        """
        ...


@dataclass(frozen=True, slots=True)
class Move:
    """One step on the way to a violation: the rule, and the shared state that it leads to."""

    rule: Rule
    shared: Shared


@dataclass(frozen=True, slots=True)
class Suspect:
    """Something goes wrong in the abstraction: in truth too, or not.

    ``actors`` are the actors that its views say take part, by name with how many of each, those
    that act last first;
    ``moves`` the rules that led there, the first first, which need not fit one another in
    any one run.
    """

    violated: Violated
    actors: tuple[tuple[str, int], ...]
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Safe:
    """Nothing goes wrong in the abstraction: ``invariant`` says why.

    ``stuck`` is a set of actors that may wait for each other for ever, as far as the abstraction
    can tell; None: no number of actors is ever in a deadlock.
    """

    invariant: Invariant
    stuck: Suspect | None = None


@dataclass(frozen=True, slots=True)
class Endless:
    """The search was given up: ``why`` in words, ``span`` the statement that it stands for."""

    why: str
    span: Span | None = None
