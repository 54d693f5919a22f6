"""The concrete reading of a memory model with sets as bits, for many small executions."""

from __future__ import annotations

from collections.abc import Mapping

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
from tests.weak.orders import bits

Rows = tuple[int, ...]
"""For each event those it is related to, as bits."""


class Judge:
    """Judges executions by one model."""

    def __init__(self, model: MemoryModel) -> None:
        self.model = model

    def allows(self, structure: Structure) -> bool:
        """Whether every axiom holds."""
        reading = _Reading(structure)
        reading.define(self.model)
        return all(reading.holds(axiom) for axiom in self.model.axioms)

    def flagged(self, structure: Structure) -> Pairs:
        """The pairs for which a flag is raised."""
        reading = _Reading(structure)
        reading.define(self.model)
        found: set[tuple[int, int]] = set()
        for flag in self.model.flags:
            for a, row in enumerate(reading.rows(flag.relation)):
                found.update((reading.names[a], reading.names[b]) for b in bits(row))
        return frozenset(found)


class _Reading:
    """One execution; events are numbered from 0."""

    def __init__(self, structure: Structure) -> None:
        self.names = sorted(structure.carrier)
        index = {name: i for i, name in enumerate(self.names)}
        self.size = len(self.names)
        self.all = (1 << self.size) - 1
        self.own: Rows = tuple(1 << i for i in range(self.size))
        self.structure = structure
        self.index: Mapping[int, int] = index
        self.relations: dict[str, Rows] = {}
        self.sets: dict[str, int] = {}

    def define(self, model: MemoryModel) -> None:
        """Gives the names of a model their meaning."""
        for definition in model.definitions:
            if isinstance(definition, Recursion):
                self._least(definition)
            else:
                self._define(definition)

    def _define(self, definition: Definition) -> bool:
        term = definition.term
        if isinstance(term, Relation):
            rows = self.rows(term)
            changed = rows != self.relations.get(definition.name)
            self.relations[definition.name] = rows
            return changed
        mask = self.mask(term)
        changed = mask != self.sets.get(definition.name)
        self.sets[definition.name] = mask
        return changed

    def _least(self, recursion: Recursion) -> None:
        for member in recursion.members:
            if isinstance(member.term, Relation):
                self.relations[member.name] = (0,) * self.size
            else:
                self.sets[member.name] = 0
        changed = True
        while changed:
            changes = [self._define(member) for member in recursion.members]
            changed = any(changes)

    def holds(self, axiom: Axiom) -> bool:
        """Whether an axiom holds."""
        rows = self.rows(axiom.relation)
        match axiom.shape:
            case Shape.EMPTY:
                broken = any(rows)
            case Shape.IRREFLEXIVE:
                broken = any(row >> i & 1 for i, row in enumerate(rows))
            case Shape.ACYCLIC:
                broken = any(row >> i & 1 for i, row in enumerate(_closed(rows)))
        return broken == axiom.negated

    def _base(self, name: str) -> Rows:
        found = self.relations.get(name)
        if found is None:
            rows = [0] * self.size
            for a, b in self.structure.relations[name]:
                rows[self.index[a]] |= 1 << self.index[b]
            found = self.relations[name] = tuple(rows)
        return found

    def rows(self, term: Relation) -> Rows:
        """The pairs of a term."""
        match term:
            case Base(name=name):
                return self._base(name)
            case Nothing():
                return (0,) * self.size
            case Identity(events=events):
                mask = self.mask(events)
                return tuple(mask & one for one in self.own)
            case Product(left=left, right=right):
                mask, ends = self.mask(left), self.mask(right)
                return tuple(ends if mask & one else 0 for one in self.own)
            case Union(left=left, right=right):
                return tuple(a | b for a, b in zip(self.rows(left), self.rows(right), strict=True))
            case Intersection(left=left, right=right):
                return tuple(a & b for a, b in zip(self.rows(left), self.rows(right), strict=True))
            case Difference(left=left, right=right):
                return tuple(a & ~b for a, b in zip(self.rows(left), self.rows(right), strict=True))
            case Sequence(left=Identity(events=events), right=right):
                mask = self.mask(events)
                return tuple(
                    row if mask & one else 0
                    for one, row in zip(self.own, self.rows(right), strict=True)
                )
            case Sequence(left=left, right=Identity(events=events)):
                mask = self.mask(events)
                return tuple(row & mask for row in self.rows(left))
            case Sequence(left=left, right=right):
                return _composed(self.rows(left), self.rows(right))
            case Complement(inner=inner):
                return tuple(self.all & ~row for row in self.rows(inner))
            case Inverse(inner=inner):
                return self._inverse(self.rows(inner))
            case Optional(inner=inner):
                return tuple(a | b for a, b in zip(self.rows(inner), self.own, strict=True))
            case Plus(inner=inner):
                return _closed(self.rows(inner))
            case Star(inner=inner):
                closed = _closed(self.rows(inner))
                return tuple(a | b for a, b in zip(closed, self.own, strict=True))
            case _:
                raise TypeError(term)

    def mask(self, events: Events) -> int:
        """The events of a set."""
        match events:
            case Named(name=name):
                found = self.sets.get(name)
                if found is None:
                    found = sum(1 << self.index[e] for e in self.structure.sets[name])
                    self.sets[name] = found
                return found
            case Everything():
                return self.all
            case Nobody():
                return 0
            case Either(left=left, right=right):
                return self.mask(left) | self.mask(right)
            case Both(left=left, right=right):
                return self.mask(left) & self.mask(right)
            case Without(left=left, right=right):
                return self.mask(left) & ~self.mask(right)
            case Others(inner=inner):
                return self.all & ~self.mask(inner)
            case Domain(relation=relation):
                return sum(1 << i for i, row in enumerate(self.rows(relation)) if row)
            case Range(relation=relation):
                found = 0
                for row in self.rows(relation):
                    found |= row
                return found
            case _:
                raise TypeError(events)

    def _inverse(self, rows: Rows) -> Rows:
        found = [0] * self.size
        for a, row in enumerate(rows):
            for b in bits(row):
                found[b] |= 1 << a
        return tuple(found)


def _composed(left: Rows, right: Rows) -> Rows:
    found: list[int] = []
    for row in left:
        ends = 0
        for middle in bits(row):
            ends |= right[middle]
        found.append(ends)
    return tuple(found)


def _closed(rows: Rows) -> Rows:
    """One or more steps."""
    found = list(rows)
    for middle, one in enumerate(1 << i for i in range(len(found))):
        reach = found[middle]
        for a, row in enumerate(found):
            if row & one:
                found[a] = row | reach
    return tuple(found)
