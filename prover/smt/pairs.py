"""Operations on sets and relations whose members are literals."""

from __future__ import annotations

from typing import TypeAlias

from prover.models.algebra import Relation, Sequence
from prover.smt.logic import FALSE, TRUE, Lit, Logic, neg
from prover.smt.possible import Rows, reach

Some: TypeAlias = dict[int, Lit]
"""A set: its events, each with the literal that it is one; FALSE is left out."""


class Pairs:
    """The operations, in one document; ``present`` has each event's literal that it happens."""

    def __init__(self, logic: Logic, present: Some) -> None:
        self.logic = logic
        self.present = present
        self._fresh = 0

    def diagonal(self) -> Rows:
        """Every event with itself."""
        return {event: {event: lit} for event, lit in self.present.items()}

    def everywhere(self) -> Rows:
        """Every pair of events."""
        everything = dict.fromkeys(self.present, TRUE)
        return self.product(everything, everything)

    def product(self, left: Some, right: Some) -> Rows:
        """Every event of one set with every event of another."""
        both = self.logic.all_of
        ends = {b: both((lit, self.present[b])) for b, lit in right.items()}
        return clean(
            {
                a: {b: both((lit, self.present[a], end)) for b, end in ends.items()}
                for a, lit in left.items()
            }
        )

    def union(self, left: Rows, right: Rows) -> Rows:
        """Pairs of either."""
        if not left or not right:
            return left or right
        either = self.logic.any_of
        found = {a: dict(row) for a, row in left.items()}
        for a, row in right.items():
            mine = found.setdefault(a, {})
            for b, lit in row.items():
                mine[b] = either((mine[b], lit)) if b in mine else lit
        return found

    def without(self, left: Rows, right: Rows) -> Rows:
        """Pairs of one that the other lacks."""
        both = self.logic.all_of
        found: Rows = {}
        for a, row in left.items():
            gone = right.get(a, {})
            found[a] = {b: both((lit, neg(gone.get(b, FALSE)))) for b, lit in row.items()}
        return clean(found)

    def common(self, left: Some, right: Some) -> Some:
        """Events of both sets."""
        both = self.logic.all_of
        found = {e: both((lit, right[e])) for e, lit in left.items() if e in right}
        return {e: lit for e, lit in found.items() if lit != FALSE}

    def starting(self, starts: Some, rows: Rows) -> Rows:
        """The pairs that start in a set."""
        both = self.logic.all_of
        found: Rows = {}
        for a, row in rows.items():
            start = starts.get(a, FALSE)
            if start == TRUE:
                found[a] = row
            elif start != FALSE:
                found[a] = {b: both((start, lit)) for b, lit in row.items()}
        return clean(found)

    def ending(self, rows: Rows, ends: Some) -> Rows:
        """The pairs that end in a set."""
        both = self.logic.all_of
        return clean(
            {
                a: {
                    b: lit if ends[b] == TRUE else both((lit, ends[b]))
                    for b, lit in row.items()
                    if b in ends
                }
                for a, row in rows.items()
            }
        )

    def compose(self, left: Rows, right: Rows) -> Rows:
        """One step of ``left``, then one of ``right``."""
        both, either = self.logic.all_of, self.logic.any_of
        found: Rows = {}
        if not right:
            return found
        for a, row in left.items():
            ways: dict[int, list[Lit]] = {}
            for b, first in row.items():
                after = right.get(b)
                if not after:
                    continue
                for c, second in after.items():
                    if first == TRUE:
                        ways.setdefault(c, []).append(second)
                    elif second in (TRUE, first):
                        ways.setdefault(c, []).append(first)
                    else:
                        ways.setdefault(c, []).append(both((first, second)))
            if ways:
                found[a] = {
                    c: lits[0] if len(lits) == 1 else either(lits) for c, lits in ways.items()
                }
        return clean(found)

    def closure(self, rows: Rows, *, generous: bool) -> Rows:
        """One or more steps."""
        if all(lit == TRUE for row in rows.values() for lit in row.values()):
            reached = reach(rows)
            return {a: dict.fromkeys(sorted(ends), TRUE) for a, ends in reached.items()}
        return self.generous_closure(rows) if generous else self.exact_closure(rows)

    def generous_closure(self, rows: Rows) -> Rows:
        """Variables that hold at least where a path leads."""
        reached = reach(rows)
        if all(not any(b in rows for b in row) for row in rows.values()):
            return rows
        logic = self.logic
        closed: Rows = {}
        for a, ends in reached.items():
            step = rows.get(a, {})
            closed[a] = {}
            for c in sorted(ends):
                ways = [b for b in step if b != c and c in reached.get(b, ())]
                if not ways and c in step:
                    closed[a][c] = step[c]
                else:
                    closed[a][c] = self.variable("t")
        logic.label = "closure"
        for a, row in closed.items():
            step = rows.get(a, {})
            for c, lit in row.items():
                if c in step and lit != step[c]:
                    logic.clause(neg(step[c]), lit)
            for b, first in step.items():
                for c, second in closed.get(b, {}).items():
                    if b != c or a == b:
                        logic.clause(neg(first), neg(second), row[c])
        return closed

    def exact_closure(self, rows: Rows) -> Rows:
        """By squaring: paths of at most 2, 4, 8, ... steps."""
        closed, length = rows, 1
        while length < len(self.present):
            longer = self.union(closed, self.compose(closed, closed))
            if longer == closed:
                break
            closed, length = longer, 2 * length
        return closed

    def variable(self, kind: str) -> Lit:
        """A Boolean of its own, whose name begins with ``kind``."""
        self._fresh += 1
        return self.logic.variable(f"{kind}{self._fresh}")


def inverse(rows: Rows) -> Rows:
    """Every pair turned round."""
    found: Rows = {}
    for a, row in rows.items():
        for b, lit in row.items():
            found.setdefault(b, {})[a] = lit
    return found


def clean(rows: Rows) -> Rows:
    """Without pairs that never are."""
    found: Rows = {}
    for a, row in rows.items():
        kept = {b: lit for b, lit in row.items() if lit != FALSE}
        if kept:
            found[a] = kept
    return found


def chain(relation: Relation) -> list[Relation]:
    """The links of a sequence, in order."""
    if isinstance(relation, Sequence):
        return [*chain(relation.left), *chain(relation.right)]
    return [relation]
