"""What each term can be, and where each read can read from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from dsl.frozen import Frozen
from dsl.source import Span
from prover.execution.terms import Term
from prover.graph.ir import Layout
from prover.graph.values import POISON, ZERO_WORD, Location, Value, apply

Worlds: TypeAlias = int
"""Worlds as a set of bits: 0 is that with no switch on, n + 1 that with the nth."""

Place = tuple[Location, str]
"""A location and the part of it: ``whole``, ``low``, ``high``, or ``shadow``: the value of the last
completed update of a split word."""


class DomainTooLarge(Exception):
    """Some value can be too many things to tabulate; ``span`` is the statement it is of.

    ``advice`` is what its author can do about it.
    """

    def __init__(self, message: str, span: Span | None = None, advice: str = "") -> None:
        super().__init__(message)
        self.span = span
        self.advice = advice


class Domains(Frozen, frozen=True):
    """The possible values of each term, and the possible sources of each read.

    ``values[t]`` is empty for a term no execution evaluates.  ``sources[r]`` lists write
    access numbers, in order; ``starts[r]`` the places whose initial value the read may see.
    ``worlds[t]`` says of each value in which worlds it is possible.
    """

    values: tuple[tuple[Value, ...], ...]
    sources: tuple[tuple[int, ...], ...]
    starts: tuple[tuple[Place, ...], ...]
    worlds: tuple[Mapping[Value, Worlds], ...]

    def may(self, term: Term) -> bool:
        """Whether a condition can hold."""
        return 1 in self.values[term]

    def of(self, term: Term) -> Iterable[Value]:
        """The values of a term."""
        return self.values[term]

    def within(self, world: int) -> World:
        """What can be in one world."""
        return World(self, 1 << world)


class World(Frozen, frozen=True):
    """What can be in one world."""

    domains: Domains
    bit: Worlds

    def may(self, term: Term) -> bool:
        """Whether a condition can hold."""
        return bool(self.domains.worlds[term].get(1, 0) & self.bit)

    def of(self, term: Term) -> Iterable[Value]:
        """The values of a term."""
        return (value for value, worlds in self.domains.worlds[term].items() if worlds & self.bit)


def initial_value(layout: Layout, place: Place, *, weak: bool = False) -> Value | None:
    """What a place holds at the start; None for what is no cell.

    Memory of a pool that is not typesafe has a start only under a ``weak`` memory model: before
    anybody sees the first allocation it is poison.
    """
    location, part = place
    region = layout.regions.get(location.object)
    if region is None:
        return None
    if region.pool and not region.typesafe:
        if not weak or location.path not in region.initial:
            return None
        return ZERO_WORD if part == "shadow" else POISON
    value = region.initial.get(location.path)
    if value == POISON:
        return ZERO_WORD if part == "shadow" else POISON
    if value is None or part in ("whole", "shadow"):
        return value
    half: Value = apply(layout.space, f"word_{part}", (), (value,))
    return half
