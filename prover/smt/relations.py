"""The symbolic reading of relation terms: for each pair of events, the literal that it is related.

Two strengths.  Where only too many pairs could hurt (under an axiom that forbids them), closures
and recursive definitions are *generous*: variables that are at least the least fixed point, which
suffices, for the least itself is among the solver's choices.  Where too many pairs would help
(under a difference or a complement there), they are *exact*.  Under a question that wants a
pair to exist the two change places.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
from prover.smt.logic import FALSE, TRUE, Lit, Logic, neg

Rows: TypeAlias = dict[int, dict[int, Lit]]
"""A relation: from each event, the events it leads to, each with its literal; FALSE is left out."""

Some: TypeAlias = dict[int, Lit]
"""A set: its events, each with the literal that it is one; FALSE is left out."""

MAX_ROUNDS = 64
"""How often the equations of a recursion are applied where it must be exact."""


class NotExact(Exception):
    """A recursive definition is wanted exactly and takes more than :data:`MAX_ROUNDS` rounds."""


class Reading:
    """One model over the events of one query.

    ``present`` has the literal of each event that it is in the execution.  ``sets`` and
    ``relations`` are the execution's own; a set's literal is what makes a present event one of it,
    ``static`` relations' literals likewise, while other relations are of present events only.
    """

    def __init__(
        self,
        logic: Logic,
        model: MemoryModel,
        present: Some,
        sets: Mapping[str, Some],
        relations: Mapping[str, Rows],
        static: frozenset[str],
    ) -> None:
        self.logic = logic
        self.present = present
        self._sets: dict[str, Some] = dict(sets)
        self._rows: dict[tuple[str, bool], Rows] = {}
        self._static = static
        for name, rows in relations.items():
            self._rows[name, True] = self._rows[name, False] = rows
        self._terms: dict[str, Definition | Recursion] = {}
        for definition in model.definitions:
            names = (
                [m.name for m in definition.members]
                if isinstance(definition, Recursion)
                else [definition.name]
            )
            for name in names:
                self._terms[name] = definition
                if name in self._sets:
                    del self._sets[name]
                self._rows.pop((name, True), None)
                self._rows.pop((name, False), None)
        self._known: dict[tuple[Relation, bool], Rows] = {}
        self._fresh = 0

    # --- axioms and flags

    def require(self, axiom: Axiom) -> None:
        """Asserts that the execution fulfils an axiom."""
        logic = self.logic
        logic.label = axiom.name
        if axiom.negated:
            logic.clause(self.shown(axiom))
            return
        rows = self.rows(axiom.relation, generous=True)
        match axiom.shape:
            case Shape.EMPTY:
                for row in rows.values():
                    for lit in row.values():
                        logic.clause(neg(lit))
            case Shape.IRREFLEXIVE:
                for event, row in rows.items():
                    logic.clause(neg(row.get(event, FALSE)))
            case Shape.ACYCLIC:
                self._acyclic(axiom.name, rows)
            case _:
                assert_never(axiom.shape)

    def shown(self, flag: Axiom) -> Lit:
        """Whether the execution is as a flag (or a negated axiom) says."""
        logic = self.logic
        rows = self.rows(flag.relation, generous=not flag.negated)
        match flag.shape:
            case Shape.EMPTY:
                found = logic.any_of(lit for row in rows.values() for lit in row.values())
            case Shape.IRREFLEXIVE:
                found = logic.any_of(row.get(event, FALSE) for event, row in rows.items())
            case Shape.ACYCLIC:
                closed = self._exact_closure(self.rows(flag.relation, generous=False))
                found = logic.any_of(row.get(event, FALSE) for event, row in closed.items())
            case _:
                assert_never(flag.shape)
        return found if flag.negated else neg(found)

    def _acyclic(self, name: str, rows: Rows) -> None:
        """Positions that grow along every pair.  Pairs on no possible cycle need none."""
        logic = self.logic
        for component in components(rows):
            members = set(component)
            for a in component:
                for b, lit in rows.get(a, {}).items():
                    if b not in members:
                        continue
                    if a == b:
                        logic.clause(neg(lit))
                    else:
                        logic.clause(neg(lit), self.before(name, a, b))

    def before(self, order: str, a: int, b: int) -> Lit:
        """Whether a stands before b in a strict total order of its own name."""
        logic = self.logic
        one, two = (self.logic.number(f"{order}_{event}") for event in sorted((a, b)))
        lit = logic.atom(f"(< {one} {two})")
        return lit if a < b else neg(lit)

    # --- relations

    def rows(self, relation: Relation, *, generous: bool) -> Rows:
        """The pairs of a relation."""
        if isinstance(relation, Base):
            return self._base(relation.name, generous=generous)
        key = (relation, generous)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._rows_of(relation, generous=generous)
        return found

    def _base(self, name: str, *, generous: bool) -> Rows:
        found = self._rows.get((name, generous))
        if found is None:
            definition = self._terms[name]
            if isinstance(definition, Recursion):
                self._recursion(definition, generous=generous)
                found = self._rows[name, generous]
            else:
                assert isinstance(definition.term, Relation)
                found = self.rows(definition.term, generous=generous)
                self._rows[name, generous] = found
        return found

    def _rows_of(self, relation: Relation, *, generous: bool) -> Rows:
        match relation:
            case Base() | Nothing():
                return {}
            case Identity(events=events):
                members = self.events(events)
                both = self.logic.all_of
                return {
                    e: {e: lit}
                    for e, m in members.items()
                    if (lit := both((m, self.present[e]))) != FALSE
                }
            case Product(left=left, right=right):
                return self._product(self.events(left), self.events(right))
            case Union(left=left, right=right):
                return self._union(
                    self.rows(left, generous=generous), self.rows(right, generous=generous)
                )
            case Sequence():
                return self._sequence(relation, generous=generous)
            case Difference(left=left, right=right):
                rows = self.rows(left, generous=generous)
                return self._minus(rows, self.rows(right, generous=not generous)) if rows else rows
            case Intersection(left=left, right=right):
                return self._intersection(left, right, generous=generous)
            case Complement(inner=inner):
                return self._minus(self._all(), self.rows(inner, generous=not generous))
            case Inverse(inner=inner):
                return inverse(self.rows(inner, generous=generous))
            case Optional(inner=inner):
                return self._union(self.rows(inner, generous=generous), self._diagonal())
            case Plus(inner=inner):
                return self._closure(self.rows(inner, generous=generous), generous=generous)
            case Star(inner=inner):
                closed = self._closure(self.rows(inner, generous=generous), generous=generous)
                return self._union(closed, self._diagonal())
            case _:
                assert_never(relation)

    def _diagonal(self) -> Rows:
        return {event: {event: lit} for event, lit in self.present.items()}

    def _all(self) -> Rows:
        everything = dict.fromkeys(self.present, TRUE)
        return self._product(everything, everything)

    def _product(self, left: Some, right: Some) -> Rows:
        both = self.logic.all_of
        ends = {b: both((lit, self.present[b])) for b, lit in right.items()}
        return _clean(
            {
                a: {b: both((lit, self.present[a], end)) for b, end in ends.items()}
                for a, lit in left.items()
            }
        )

    def _union(self, left: Rows, right: Rows) -> Rows:
        if not left or not right:
            return left or right
        either = self.logic.any_of
        found = {a: dict(row) for a, row in left.items()}
        for a, row in right.items():
            mine = found.setdefault(a, {})
            for b, lit in row.items():
                mine[b] = either((mine[b], lit)) if b in mine else lit
        return found

    def _minus(self, left: Rows, right: Rows) -> Rows:
        both = self.logic.all_of
        found: Rows = {}
        for a, row in left.items():
            gone = right.get(a, {})
            found[a] = {b: both((lit, neg(gone.get(b, FALSE)))) for b, lit in row.items()}
        return _clean(found)

    def _intersection(self, left: Relation, right: Relation, *, generous: bool) -> Rows:
        """Pairs of both.  The sparser is read first, and a product is only looked up."""
        if isinstance(left, Base) and left.name in self._static:
            left, right = right, left
        if isinstance(left, Product):
            left, right = right, left
        rows = self.rows(left, generous=generous)
        if not rows:
            return rows
        both = self.logic.all_of
        if isinstance(right, Product):
            starts, ends = self.events(right.left), self.events(right.right)
            return _clean(
                {
                    a: {b: both((lit, starts[a], ends[b])) for b, lit in row.items() if b in ends}
                    for a, row in rows.items()
                    if a in starts
                }
            )
        others = self.rows(right, generous=generous)
        found: Rows = {}
        for a, row in rows.items():
            other = others.get(a)
            if other:
                found[a] = {b: both((lit, other[b])) for b, lit in row.items() if b in other}
        return _clean(found)

    # --- sequences

    def _sequence(self, relation: Sequence, *, generous: bool) -> Rows:
        """A chain, from the left; ``[S]`` filters, and ``r?`` and ``r*`` may also stay."""
        rows: Rows | None = None
        starts: Some = dict.fromkeys(self.present, TRUE)
        for link in chain(relation):
            if isinstance(link, Identity):
                members = self.events(link.events)
                if rows is None:
                    starts = self._both(starts, members)
                else:
                    rows = self._into(rows, members)
                continue
            if rows is None:
                rows = self._from(starts, self.rows(link, generous=generous))
            else:
                rows = self._step(rows, link, generous=generous)
            if not rows:
                return {}
        if rows is None:
            return {
                e: {e: lit}
                for e, m in starts.items()
                if (lit := self.logic.all_of((m, self.present[e]))) != FALSE
            }
        return rows

    def _step(self, rows: Rows, link: Relation, *, generous: bool) -> Rows:
        if isinstance(link, Optional):
            return self._union(rows, self._step(rows, link.inner, generous=generous))
        if isinstance(link, Star):
            inner = self.rows(link.inner, generous=generous)
            closed = self._closure(inner, generous=generous)
            return self._union(rows, self._compose(rows, closed))
        if isinstance(link, Union) and any(
            isinstance(part, Sequence | Optional | Star) for part in (link.left, link.right)
        ):
            return self._union(
                self._step(rows, link.left, generous=generous),
                self._step(rows, link.right, generous=generous),
            )
        if isinstance(link, Sequence):
            for part in chain(link):
                if isinstance(part, Identity):
                    rows = self._into(rows, self.events(part.events))
                else:
                    rows = self._step(rows, part, generous=generous)
            return rows
        return self._compose(rows, self.rows(link, generous=generous))

    def _both(self, left: Some, right: Some) -> Some:
        both = self.logic.all_of
        found = {e: both((lit, right[e])) for e, lit in left.items() if e in right}
        return {e: lit for e, lit in found.items() if lit != FALSE}

    def _from(self, starts: Some, rows: Rows) -> Rows:
        both = self.logic.all_of
        found: Rows = {}
        for a, row in rows.items():
            start = starts.get(a, FALSE)
            if start == TRUE:
                found[a] = row
            elif start != FALSE:
                found[a] = {b: both((start, lit)) for b, lit in row.items()}
        return _clean(found)

    def _into(self, rows: Rows, ends: Some) -> Rows:
        both = self.logic.all_of
        return _clean(
            {
                a: {
                    b: lit if ends[b] == TRUE else both((lit, ends[b]))
                    for b, lit in row.items()
                    if b in ends
                }
                for a, row in rows.items()
            }
        )

    def _compose(self, left: Rows, right: Rows) -> Rows:
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
        return _clean(found)

    # --- closures and recursion

    def _closure(self, rows: Rows, *, generous: bool) -> Rows:
        """One or more steps."""
        if all(lit == TRUE for row in rows.values() for lit in row.values()):
            reached = reach(rows)
            return {a: dict.fromkeys(sorted(ends), TRUE) for a, ends in reached.items()}
        return self._generous_closure(rows) if generous else self._exact_closure(rows)

    def _generous_closure(self, rows: Rows) -> Rows:
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
                    closed[a][c] = self._variable("t")
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

    def _exact_closure(self, rows: Rows) -> Rows:
        """By squaring: paths of at most 2, 4, 8, ... steps."""
        closed, length = rows, 1
        while length < len(self.present):
            longer = self._union(closed, self._compose(closed, closed))
            if longer == closed:
                break
            closed, length = longer, 2 * length
        return closed

    def _variable(self, kind: str) -> Lit:
        self._fresh += 1
        return self.logic.variable(f"{kind}{self._fresh}")

    def _recursion(self, recursion: Recursion, *, generous: bool) -> None:
        """Gives every name of a recursion its pairs."""
        relations = all(isinstance(m.term, Relation) for m in recursion.members)
        if generous and relations and recursion.monotone:
            self._at_least(recursion)
        else:
            self._in_rounds(recursion, generous=generous)

    def _at_least(self, recursion: Recursion) -> None:
        """Variables that hold at least where the least solution does."""
        may = self._possible(recursion)
        names = [m.name for m in recursion.members]
        made: dict[str, Rows] = {
            name: {a: {b: self._variable("u") for b in sorted(row)} for a, row in may[name].items()}
            for name in names
        }
        for name in names:
            self._rows[name, True] = made[name]
        self.logic.label = "recursion"
        for member in recursion.members:
            assert isinstance(member.term, Relation)
            for a, row in self.rows(member.term, generous=True).items():
                for b, lit in row.items():
                    self.logic.clause(neg(lit), made[member.name][a][b])

    def _possible(self, recursion: Recursion) -> dict[str, dict[int, set[int]]]:
        """Which pairs the least solution can have, whatever the execution."""
        scratch = _Possible(self)
        return scratch.least(recursion)

    def _in_rounds(self, recursion: Recursion, *, generous: bool) -> None:
        """The equations applied at once, from nothing, until nothing changes."""
        for member in recursion.members:
            self._assign(member, {}, generous=generous)
        for _ in range(MAX_ROUNDS):
            saved = dict(self._known)
            found = [self._meaning(member, generous=generous) for member in recursion.members]
            self._known = saved
            same = all(
                self._current(m, generous=generous) == f
                for m, f in zip(recursion.members, found, strict=True)
            )
            if same:
                return
            for member, meaning in zip(recursion.members, found, strict=True):
                self._assign(member, meaning, generous=generous)
        raise NotExact(recursion.members[0].name)

    def _current(self, member: Definition, *, generous: bool) -> Rows | Some:
        if isinstance(member.term, Relation):
            return self._rows[member.name, generous]
        return self._sets[member.name]

    def _assign(self, member: Definition, meaning: Rows | Some, *, generous: bool) -> None:
        if isinstance(member.term, Relation):
            self._rows[member.name, generous] = self._rows[member.name, not generous] = meaning  # type: ignore[assignment]
        else:
            self._sets[member.name] = meaning  # type: ignore[assignment]

    def _meaning(self, member: Definition, *, generous: bool) -> Rows | Some:
        if isinstance(member.term, Relation):
            return self.rows(member.term, generous=generous)
        return self.events(member.term)

    # --- sets

    def events(self, events: Events) -> Some:
        """The events of a set, given that they are present."""
        match events:
            case Named(name=name):
                return self._named(name)
            case Everything():
                return dict.fromkeys(self.present, TRUE)
            case Nobody():
                return {}
            case Either(left=left, right=right):
                one, two = self.events(left), self.events(right)
                lits = self.logic.any_of
                return {
                    e: lits((one.get(e, FALSE), two.get(e, FALSE)))
                    for e in sorted(one.keys() | two.keys())
                }
            case Both(left=left, right=right):
                return self._both(self.events(left), self.events(right))
            case Without(left=left, right=right):
                return self._lacking(self.events(left), self.events(right))
            case Others(inner=inner):
                return self._lacking(dict.fromkeys(self.present, TRUE), self.events(inner))
            case Domain(relation=relation):
                rows = self.rows(relation, generous=False)
                found = {a: self.logic.any_of(row.values()) for a, row in rows.items()}
                return {a: lit for a, lit in found.items() if lit != FALSE}
            case Range(relation=relation):
                rows = inverse(self.rows(relation, generous=False))
                found = {a: self.logic.any_of(row.values()) for a, row in rows.items()}
                return {a: lit for a, lit in found.items() if lit != FALSE}
            case _:
                assert_never(events)

    def _named(self, name: str) -> Some:
        found = self._sets.get(name)
        if found is None:
            definition = self._terms.get(name)
            if definition is None:
                return {}
            if isinstance(definition, Recursion):
                self._recursion(definition, generous=False)
                return self._sets[name]
            assert not isinstance(definition.term, Relation)
            found = self._sets[name] = self.events(definition.term)
        return found

    def _lacking(self, one: Some, two: Some) -> Some:
        both = self.logic.all_of
        found = {e: both((lit, neg(two.get(e, FALSE)))) for e, lit in one.items()}
        return {e: lit for e, lit in found.items() if lit != FALSE}


class _Possible:
    """Which pairs terms can have in any execution: the names of one recursion from below."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._names: dict[str, dict[int, set[int]]] = {}
        self._fixed: dict[Relation, dict[int, set[int]]] = {}

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
            found = self._fixed.get(relation)
            if found is None:
                rows = self._reading.rows(relation, generous=True)
                found = self._fixed[relation] = {a: set(row) for a, row in rows.items()}
            return found
        match relation:
            case Union(left=left, right=right):
                return _joined(self._pairs(left), self._pairs(right))
            case Sequence(left=left, right=right):
                after = self._pairs(right)
                made = {
                    a: {c for b in ends for c in after.get(b, ())}
                    for a, ends in self._pairs(left).items()
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
                return {a: set(self._reading.present) for a in self._reading.present}

    def _stay(self) -> dict[int, set[int]]:
        return {a: {a} for a in self._reading.present}


def _joined(one: dict[int, set[int]], two: dict[int, set[int]]) -> dict[int, set[int]]:
    return {a: one.get(a, set()) | two.get(a, set()) for a in sorted(one.keys() | two.keys())}


def chain(relation: Relation) -> list[Relation]:
    """The links of a sequence, in order."""
    if isinstance(relation, Sequence):
        return [*chain(relation.left), *chain(relation.right)]
    return [relation]


def inverse(rows: Rows) -> Rows:
    """Every pair turned round."""
    found: Rows = {}
    for a, row in rows.items():
        for b, lit in row.items():
            found.setdefault(b, {})[a] = lit
    return found


def _clean(rows: Rows) -> Rows:
    """Without pairs that never are."""
    found: Rows = {}
    for a, row in rows.items():
        kept = {b: lit for b, lit in row.items() if lit != FALSE}
        if kept:
            found[a] = kept
    return found


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
