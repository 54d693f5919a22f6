"""The concrete reading in rows of bits: the same as :mod:`prover.models.concrete`, faster.

A relation has a row for each event: a bit for each event that it leads to.  For where what a model
says of one execution is asked again and again; the tests compare the two, name by name.

Where the slow reading takes a pair of what is no event of the execution as it comes, this one
raises KeyError: nothing is judged by what did not happen.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias, assert_never

from prover.models.algebra import (
    Axiom,
    Base,
    Both,
    Complement,
    Definition,
    Difference,
    Domain,
    Either,
    Events,
    Everything,
    Identity,
    Intersection,
    Inverse,
    MemoryModel,
    Named,
    Nobody,
    Nothing,
    Optional,
    Others,
    Plus,
    Product,
    Range,
    Recursion,
    Relation,
    Sequence,
    Shape,
    Star,
    Union,
    Without,
)
from prover.models.concrete import Pairs, Structure

Rows: TypeAlias = tuple[int, ...]
"""For each event, by its place among them, a bit for each that it leads to."""


class Meaning:
    """What a model says of one execution: its own names, and those that the execution has."""

    def __init__(self, model: MemoryModel, structure: Structure) -> None:
        self._events = tuple(sorted(structure.carrier))
        self._place = {event: place for place, event in enumerate(self._events)}
        self._all = (1 << len(self._events)) - 1
        self.structure = structure
        self._rows: dict[str, Rows] = {}
        self._sets: dict[str, int] = {}
        self._diagonal = tuple(1 << place for place in range(len(self._events)))
        for definition in model.definitions:
            if isinstance(definition, Recursion):
                self._least(definition)
            else:
                self._define(definition)
        if model.xb is not None:
            self._rows["xb"] = self._of(model.xb)

    def pairs(self, name: str) -> Pairs:
        """The pairs of a relation by its name; none where there is no such name."""
        if name not in self._rows and name not in self.structure.relations:
            return frozenset()
        return self._pairs(self._named(name))

    def evaluate(self, relation: Relation) -> Pairs:
        """The pairs that a term relates; KeyError for a name that there is not."""
        return self._pairs(self._of(relation))

    def holds(self, axiom: Axiom) -> bool:
        """Whether the execution keeps to an axiom."""
        rows = self._of(axiom.relation)
        match axiom.shape:
            case Shape.ACYCLIC:
                kept = not _loops(_closed(rows))
            case Shape.IRREFLEXIVE:
                kept = not _loops(rows)
            case Shape.EMPTY:
                kept = not any(rows)
            case _:
                assert_never(axiom.shape)
        return kept is not axiom.negated

    def broken(self, model: MemoryModel) -> list[str]:
        """The axioms of a model that the execution breaks, by their names."""
        return [axiom.name for axiom in model.axioms if not self.holds(axiom)]

    # --- terms

    def _of(self, relation: Relation) -> Rows:
        match relation:
            case Base(name=name):
                return self._named(name)
            case Nothing():
                return (0,) * len(self._events)
            case Identity(events=events):
                inside = self._members(events)
                return tuple(bit & inside for bit in self._diagonal)
            case Product(left=left, right=right):
                starts, ends = self._members(left), self._members(right)
                return tuple(ends if bit & starts else 0 for bit in self._diagonal)
            case Union(left=left, right=right):
                return tuple(map(int.__or__, self._of(left), self._of(right)))
            case Sequence(left=left, right=right):
                return _composed(self._of(left), self._of(right))
            case Difference(left=left, right=right):
                both = zip(self._of(left), self._of(right), strict=True)
                return tuple(one & ~other for one, other in both)
            case Intersection(left=left, right=right):
                return tuple(map(int.__and__, self._of(left), self._of(right)))
            case Complement(inner=inner):
                return tuple(self._all & ~row for row in self._of(inner))
            case Inverse(inner=inner):
                return _inverse(self._of(inner))
            case Optional(inner=inner):
                return tuple(map(int.__or__, self._of(inner), self._diagonal))
            case Plus(inner=inner):
                return _closed(self._of(inner))
            case Star(inner=inner):
                return tuple(map(int.__or__, _closed(self._of(inner)), self._diagonal))
            case _:
                assert_never(relation)

    def _members(self, events: Events) -> int:
        match events:
            case Named(name=name):
                return self._set(name)
            case Everything():
                return self._all
            case Nobody():
                return 0
            case Either(left=left, right=right):
                return self._members(left) | self._members(right)
            case Both(left=left, right=right):
                return self._members(left) & self._members(right)
            case Without(left=left, right=right):
                return self._members(left) & ~self._members(right)
            case Others(inner=inner):
                return self._all & ~self._members(inner)
            case Domain(relation=relation):
                rows = zip(self._diagonal, self._of(relation), strict=True)
                return sum(bit for bit, row in rows if row)
            case Range(relation=relation):
                found = 0
                for row in self._of(relation):
                    found |= row
                return found
            case _:
                assert_never(events)

    # --- names

    def _named(self, name: str) -> Rows:
        """A relation by its name; one that the execution has is put into rows once."""
        found = self._rows.get(name)
        if found is None:
            rows, place = [0] * len(self._events), self._place
            for a, b in self.structure.relations[name]:
                rows[place[a]] |= 1 << place[b]
            found = self._rows[name] = tuple(rows)
        return found

    def _set(self, name: str) -> int:
        found = self._sets.get(name)
        if found is None:
            bits = (1 << self._place[event] for event in self.structure.sets[name])
            found = self._sets[name] = sum(bits)
        return found

    def _pairs(self, rows: Iterable[int]) -> Pairs:
        named = zip(self._events, rows, strict=True)
        return frozenset((a, self._events[b]) for a, row in named for b in _places(row))

    # --- definitions

    def _define(self, definition: Definition) -> bool:
        """Gives one name its meaning; whether it has gained anything."""
        name, term = definition.name, definition.term
        if isinstance(term, Relation):
            rows, before = self._of(term), self._rows.get(name)
            self._rows[name] = rows
            nothing = (0,) * len(rows)
            return any(new & ~old for new, old in zip(rows, before or nothing, strict=True))
        events = self._members(term)
        gained = events & ~self._sets.get(name, 0)
        self._sets[name] = events
        return bool(gained)

    def _least(self, recursion: Recursion) -> None:
        """The solution, from nothing upwards, as ``concrete`` has it."""
        for member in recursion.members:
            if isinstance(member.term, Relation):
                self._rows[member.name] = (0,) * len(self._events)
            else:
                self._sets[member.name] = 0
        seen = set[tuple[object, ...]]()
        gained = True
        while gained:
            gains = [self._define(member) for member in recursion.members]
            gained = any(gains)
            if not recursion.monotone:
                state = tuple(
                    self._rows[m.name] if isinstance(m.term, Relation) else self._sets[m.name]
                    for m in recursion.members
                )
                gained = gained and state not in seen
                seen.add(state)


def _places(row: int) -> Iterable[int]:
    """The places of the bits of a row, the lowest first."""
    while row:
        low = row & -row
        yield low.bit_length() - 1
        row ^= low


def _composed(left: Rows, right: Rows) -> Rows:
    """One step of ``left``, then one of ``right``."""
    found: list[int] = []
    leads = sum(1 << place for place, row in enumerate(right) if row)
    for row in left:
        rest, there = row & leads, 0
        while rest:
            low = rest & -rest
            there |= right[low.bit_length() - 1]
            rest ^= low
        found.append(there)
    return tuple(found)


def _closed(rows: Rows) -> Rows:
    """One or more steps (Warshall, "A theorem on Boolean matrices", JACM 1962)."""
    found = list(rows)
    for place in range(len(found)):
        bit = 1 << place
        if found[place]:
            # What it leads to by way of itself it leads to anyway.
            beyond = found[place]
            found = [row | beyond if row & bit else row for row in found]
    return tuple(found)


def _inverse(rows: Rows) -> Rows:
    found = [0] * len(rows)
    for place, row in enumerate(rows):
        for target in _places(row):
            found[target] |= 1 << place
    return tuple(found)


def _loops(rows: Rows) -> bool:
    """Whether anything leads to itself."""
    return any(row >> place & 1 for place, row in enumerate(rows))
