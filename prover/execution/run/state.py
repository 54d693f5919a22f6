"""The parts of the machine's state."""

from __future__ import annotations

from dataclasses import dataclass, field

from dsl.frozen import Frozen
from prover.execution.domains import Place, initial_value
from prover.graph.ir import Layout
from prover.graph.values import Allocation, Location, Pointer, Value


class NotAllowed(Exception):
    """A step that the rules do not allow here; says which."""


class Violation(Frozen, frozen=True):
    """The properties violated at an event: where several are, the author sees each."""

    properties: tuple[str, ...]
    event: int


class Change(Frozen, frozen=True):
    """One place written: what it held, what it holds."""

    place: Place
    old: Value
    new: Value


class Step(Frozen, frozen=True):
    """One event that happened, with what it read and wrote."""

    event: int
    thread: int
    reads: list[tuple[Place, Value]]
    writes: list[Change]


@dataclass(slots=True, eq=False)
class Section:
    """A section of ``kind`` begun at event ``start`` by ``thread``; of SRCU, of a ``domain``."""

    thread: int
    kind: str
    start: int
    domain: Location | None = None
    open: bool = True


@dataclass(slots=True)
class Memory:
    """What every place holds, and which life every object is in.

    ``freed`` has for each free slot of a typesafe pool the event that freed it last; ``gone``
    are those whose pages have been given back.
    """

    layout: Layout
    cells: dict[Place, Value] = field(default_factory=dict[Place, Value])
    ended: set[Allocation] = field(default_factory=set[Allocation])
    current: dict[str, Allocation] = field(default_factory=dict[str, Allocation])
    freed: dict[str, int] = field(default_factory=dict[str, int])
    gone: set[str] = field(default_factory=set[str])

    def peek(self, place: Place) -> Value | None:
        """What a place holds; None for pool memory never allocated."""
        found = self.cells.get(place)
        return initial_value(self.layout, place) if found is None else found

    def load(self, place: Place) -> Value:
        """What a place holds; it must hold something."""
        found = self.peek(place)
        if found is None:
            raise NotAllowed(f"{place[0]} holds nothing")
        return found

    def store(self, place: Place, value: Value) -> None:
        """A place gets a value."""
        self.cells[place] = value

    def alive(self, allocation: Allocation) -> bool:
        """Whether this life of the object has not ended, or its page is still there."""
        if self.layout.regions[allocation.object].typesafe:
            return allocation.object not in self.gone
        return allocation not in self.ended

    def allocated(self, allocation: Allocation) -> bool:
        """Whether a pointer to an object leads to one that may be freed."""
        if self.layout.regions[allocation.object].typesafe:
            return allocation.object in self.current
        return allocation not in self.ended

    def free_slots(self, pool: str) -> list[str]:
        """The slots of a pool that are in no life, in order."""
        regions = [r for r in self.layout.regions.values() if r.pool == pool]
        return [r.name for r in regions if r.name not in self.current]

    def begin_life(self, allocation: Allocation) -> None:
        """A slot is allocated."""
        self.current[allocation.object] = allocation
        self.freed.pop(allocation.object, None)
        self.gone.discard(allocation.object)

    def end_life(self, pointer: Value, event: int) -> None:
        """The object is freed by an event; nothing happens for NULL."""
        if isinstance(pointer, Pointer) and pointer.base is not None:
            self.ended.add(pointer.base)
            self.current.pop(pointer.base.object, None)
            self.freed[pointer.base.object] = event

    def give_back(self, pointer: Value, free: int) -> None:
        """The page of what an event freed is gone."""
        assert isinstance(pointer, Pointer)
        assert pointer.base is not None
        if self.freed.get(pointer.base.object) != free:
            raise NotAllowed(f"{pointer.base.object} has been given out again")
        self.gone.add(pointer.base.object)

    def is_cell(self, location: Location) -> bool:
        """Whether a location is a scalar, word, lock or head of its object."""
        region = self.layout.regions.get(location.object)
        return region is not None and any(c.path == location.path for c in region.cells)
