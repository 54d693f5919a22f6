"""Slots of pools that change places: what becomes of everything that a system numbers.

A *permutation* says of some slots which become which.  What holds the address of one, or bits of
it, holds those of the other afterwards; who has a lock, a reader or a part of a count in it has
one there.  Of half a word that stands by itself nothing says which half it is, so what it becomes
is a guess, as it is of an integer with the bits of an address.  Nothing rests on that: whether
the exchange is a symmetry is found out by comparing rules, not by how it was made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from dsl.frozen import replace
from prover.graph.ir import Layout
from prover.graph.values import (
    ADDRESS_MASK,
    Allocation,
    Half,
    Location,
    Pointer,
    Source,
    Value,
    Via,
    Wild,
    Word,
)
from prover.parametric.machine.local import Local, Region, freed_name
from prover.parametric.machine.parts import Parts
from prover.parametric.machine.shared import Held
from prover.parametric.system import IDLE, Label, Shared

Permutation: TypeAlias = Mapping[str, str]
"""For each slot that goes elsewhere the one whose place it takes."""

Entry = TypeVar("Entry")

HALF = 0xFFFF_FFFF
FLAGS = ~ADDRESS_MASK & HALF
"""The bits of a low half that are of no address."""


@dataclass(slots=True)
class Values:
    """What becomes of values.

    ``apart``: each half of an address becomes one half.  Where two slots share one, so must those
    that they become.
    """

    layout: Layout
    slots: Permutation
    apart: bool = True
    _low: dict[int, int] = field(default_factory=dict[int, int])
    _high: dict[int, int] = field(default_factory=dict[int, int])
    _whole: dict[int, int] = field(default_factory=dict[int, int])

    def __post_init__(self) -> None:
        for name, (address, _) in self.layout.space.objects.items():
            after, _ = self.layout.space.objects[self.slots.get(name, name)]
            for halves, one, two in (
                (self._low, address & HALF, after & HALF),
                (self._high, address >> 32, after >> 32),
            ):
                self.apart = self.apart and halves.setdefault(one, two) == two
            self._whole[address] = after

    def name(self, name: str) -> str:
        """An object."""
        return self.slots.get(name, name)

    def place(self, place: Location) -> Location:
        """A place; that of a reader whose object was freed, too."""
        if place.object in self.slots:
            return Location(self.slots[place.object], place.path)
        for slot, other in self.slots.items():
            if place.object == freed_name(slot):
                return Location(freed_name(other), place.path)
        return place

    def low(self, bits: int) -> int:
        """The bits of a low half."""
        address = bits & ~FLAGS
        return self._low.get(address, address) | bits & FLAGS

    def high(self, bits: int) -> int:
        """The bits of a high half."""
        return self._high.get(bits, bits)

    def value(self, value: Value) -> Value:
        """A value, of which nothing says which half of a word it is."""
        match value:
            case Pointer(base=base, path=path, via=via):
                return Pointer(self._base(base), path, self._via(via))
            case Word(low=low, high=high):
                return Word(self.half(low, "low"), self.half(high, "high"))
            case Half():
                return self.half(value, "whole")
            case Wild(low=low, high=high, path=path, via=via):
                return Wild(self.low(low), self.high(high), path, self._via(via))
            case int() if value & ADDRESS_MASK:
                address = value & ADDRESS_MASK
                return self._whole.get(address, address) | value & ~ADDRESS_MASK
            case _:
                return value

    def half(self, half: Half, part: str) -> Half:
        """Half a word; ``part`` is low, high, or whole: it is not known which."""
        bits = self.low(half.bits) if part != "high" else half.bits
        if part == "high" or (part == "whole" and bits == half.bits):
            bits = self.high(half.bits)
        origin = None if half.origin is None else self._source(half.origin)
        return Half(bits, self._base(half.base), origin)

    def _base(self, base: Allocation | None) -> Allocation | None:
        if base is None or base.object not in self.slots:
            return base
        return Allocation(self.slots[base.object], base.site)

    def _source(self, source: Source) -> Source:
        """A word in one life of its object."""
        base = self._base(source.base)
        assert base is not None
        return Source(base, source.path)

    def _via(self, via: Via | None) -> Via | None:
        if via is None:
            return None
        sources = tuple(map(self._source, via.sources))
        return Via(sources, self.low(via.low), self.high(via.high))


@dataclass(slots=True, eq=False, repr=False)
class Exchange:
    """What becomes of variables, local states and all else that rules name by numbers.

    ``inverse`` is the one that leads back.
    """

    parts: Parts
    values: Values
    inverse: Exchange = field(init=False)
    _variables: tuple[int, ...] = ()
    _values: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    _locals: dict[int, int] = field(default_factory=lambda: {IDLE: IDLE})
    _labels: dict[Label, Label] = field(default_factory=lambda: {0: 0})

    def __post_init__(self) -> None:
        variables, place = self.parts.variables, self.values.place
        self.inverse = self
        self._variables = tuple(
            variables.number[replace(each, place=place(each.place))] for each in variables.all
        )

    # --- the shared state

    def shared(self, shared: Shared) -> Shared:
        """A shared state."""
        found = list(shared)
        for variable, value in enumerate(shared):
            found[self._variables[variable]] = self._value(variable, value)
        return tuple(found)

    def pair(self, variable: int, value: int) -> tuple[int, int]:
        """A variable with one of its values."""
        return self._variables[variable], self._value(variable, value)

    def _value(self, variable: int, number: int) -> int:
        key = variable, number
        found = self._values.get(key)
        if found is None:
            held = self.parts.variables.value(variable, number)
            after = self._held(self.parts.variables.all[variable].kind, variable, held)
            found = self.parts.variables.intern(self._variables[variable], after, image=True)
            self._values[key] = found
        return found

    def _held(self, kind: str, variable: int, held: Held) -> Held:
        if isinstance(held, frozenset):
            return frozenset((self.values.low(low), self.values.high(high)) for low, high in held)
        part = self.parts.variables.all[variable].part
        if isinstance(held, Half):
            return self.values.half(held, part)
        return self.values.value(held) if kind in ("cell", "settled") else held

    # --- local states

    def local(self, number: int) -> int:
        """A local state."""
        found = self._locals.get(number)
        if found is None:
            found = self.parts.locals.number(self.image(self.parts.locals.all[number]))
            self._locals[number] = found
        return found

    def image(self, local: Local) -> Local:
        """A local state that may have no number yet."""
        value, place = self.values.value, self.values.place
        halves = (
            half._replace(
                place=place(half.place),
                low=None if half.low is None else self._half(half.low, "low"),
                high=None if half.high is None else self._half(half.high, "high"),
            )
            for half in local.halves
        )
        return local._replace(
            body=self._body(local.body),
            registers=tuple((name, value(held)) for name, held in local.registers),
            held=_sorted(lock._replace(place=place(lock.place)) for lock in local.held),
            readers=_sorted(each._replace(place=place(each.place)) for each in local.readers),
            halves=_sorted(halves),
            wait=-1 if local.wait < 0 else self.wait(local.wait),
            domain=None if local.domain is None else place(local.domain),
            counted=_sorted((place(where), count) for where, count in local.counted),
        )

    def _half(self, half: Value, part: str) -> Value:
        return self.values.half(half, part) if isinstance(half, Half) else self.values.value(half)

    def _body(self, body: int) -> int:
        """A graph: the page of a typesafe slot has one of its own."""
        for slot, number in self.parts.pages.items():
            if number == body:
                return self.parts.pages[self.values.name(slot)]
        return body

    # --- what rules name by numbers

    def label(self, label: Label) -> Label:
        """A set of regions."""
        found = self._labels.get(label)
        if found is None:
            regions = (region for region, bit in self.parts.bits.items() if bit & label)
            found = self._labels[label] = self.parts.label([self._region(each) for each in regions])
        return found

    def _region(self, region: Region) -> Region:
        kind, of = region
        for slot, other in self.values.slots.items():
            if of.startswith((slot, freed_name(slot))):
                return kind, other + of[len(slot) :]
        return region

    def guard(self, guard: int) -> int:
        """A guard."""
        if guard < 0:
            return guard
        place, mode, asked = self.parts.guards[guard]
        return self.parts.guard(self.values.place(place), mode, asked)

    def wait(self, wait: int) -> int:
        """A wait."""
        if wait < 0:
            return wait
        kind, domain, targets = self.parts.waits[wait]
        return self.parts.wait(kind, None if domain is None else self.values.place(domain), targets)

    def change(self, change: int) -> int:
        """A broadcast."""
        if change < 0:
            return change
        kind, what = self.parts.changes[change]
        return self.parts.change(kind, self.values.place(what))


def _sorted(found: Iterator[Entry]) -> tuple[Entry, ...]:
    """In the order that local states have such things in."""
    return tuple(sorted(found, key=str))
