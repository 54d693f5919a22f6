"""Which pairs relations can have in any execution, and what that says of paths and cycles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from prover.models.algebra import (
    Base,
    Complement,
    Difference,
    Intersection,
    Inverse,
    Optional,
    Plus,
    Recursion,
    Relation,
    Sequence,
    Star,
    Union,
)
from prover.smt.logic import Lit

Rows: TypeAlias = dict[int, dict[int, Lit]]
"""A relation: from each event, the events it leads to, each with its literal; FALSE is left out."""


class Possible:
    """Which pairs terms can have in any execution: the names of one recursion from below."""

    def __init__(self, present: Iterable[int], rows: Callable[..., Rows]) -> None:
        self._present = tuple(present)
        self._rows = rows
        self._names: dict[str, dict[int, set[int]]] = {}
        self._fixed: dict[int, dict[int, set[int]]] = {}

    def least(self, recursion: Recursion) -> dict[str, dict[int, set[int]]]:
        """The least solution, with everything that is only possible taken as there."""
        self._names = {m.name: {} for m in recursion.members}
        while True:
            found = {
                m.name: self._pairs(m.term)
                for m in recursion.members
                if isinstance(m.term, Relation)
            }
            if found == self._names:
                return found
            self._names = found

    def _mentions(self, relation: Relation) -> bool:
        match relation:
            case Base(name=name):
                return name in self._names
            case Union() | Sequence() | Difference() | Intersection():
                return self._mentions(relation.left) or self._mentions(relation.right)
            case Complement() | Inverse() | Optional() | Plus() | Star():
                return self._mentions(relation.inner)
            case _:
                return False

    def _pairs(self, relation: Relation) -> dict[int, set[int]]:
        if isinstance(relation, Base) and relation.name in self._names:
            return self._names[relation.name]
        if not self._mentions(relation):
            found = self._fixed.get(id(relation))
            if found is None:
                rows = self._rows(relation, mode="over")
                found = self._fixed[id(relation)] = {a: set(row) for a, row in rows.items()}
            return found
        match relation:
            case Union(left=left, right=right):
                return _joined(self._pairs(left), self._pairs(right))
            case Sequence(left=left, right=right):
                before = self._pairs(left)
                if not before:
                    return before
                after = self._pairs(right)
                made = {
                    a: {c for b in ends for c in after.get(b, ())} for a, ends in before.items()
                }
                return {a: ends for a, ends in made.items() if ends}
            case Difference(left=left):
                return self._pairs(left)
            case Intersection(left=left, right=right):
                one, two = self._pairs(left), self._pairs(right)
                met = {a: ends & two.get(a, set()) for a, ends in one.items()}
                return {a: ends for a, ends in met.items() if ends}
            case Inverse(inner=inner):
                turned: dict[int, set[int]] = {}
                for a, ends in self._pairs(inner).items():
                    for b in ends:
                        turned.setdefault(b, set()).add(a)
                return turned
            case Optional(inner=inner):
                return _joined(self._pairs(inner), self._stay())
            case Plus(inner=inner):
                return reach(self._pairs(inner))
            case Star(inner=inner):
                return _joined(reach(self._pairs(inner)), self._stay())
            case _:
                return {a: set(self._present) for a in self._present}

    def _stay(self) -> dict[int, set[int]]:
        return {a: {a} for a in self._present}


def _joined(one: dict[int, set[int]], two: dict[int, set[int]]) -> dict[int, set[int]]:
    return {a: one.get(a, set()) | two.get(a, set()) for a in sorted(one.keys() | two.keys())}


def reach(rows: Mapping[int, Iterable[int]]) -> dict[int, set[int]]:
    """Where one or more steps can lead from each event."""
    found: dict[int, set[int]] = {}
    for start in rows:
        seen: set[int] = set()
        stack = list(rows[start])
        while stack:
            event = stack.pop()
            if event not in seen:
                seen.add(event)
                stack.extend(rows.get(event, ()))
        found[start] = seen
    return found


def components(rows: Mapping[int, Mapping[int, Lit]]) -> list[list[int]]:
    """The sets of events that lie on common cycles (a pair to itself is one), in order."""
    reached = reach(rows)
    done: set[int] = set()
    found: list[list[int]] = []
    for event in sorted(reached):
        if event in done or event not in reached[event]:
            continue
        ring = [e for e in sorted(reached[event]) if event in reached.get(e, ())]
        done.update(ring)
        found.append(ring)
    return found
