"""The symbolic reading of relation terms: for each pair of events, the literal that it is related.

Three strengths.  Under an axiom that forbids pairs a term may have too many (``over``): closures
and recursions are variables that are at least the least fixed point, and the least itself is
among the solver's choices.  Under a question that wants a pair to exist a term may have too few
(``under``).  A difference or a complement turns one into the other; what is both is ``exact``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias, assert_never, cast

from prover.models import algebra as al
from prover.smt.logic import FALSE, TRUE, Lit, Logic, neg
from prover.smt.pairs import Pairs, Some, chain, clean, inverse
from prover.smt.possible import Possible, Rows, components

Mode: TypeAlias = Literal["over", "under", "exact"]

MODES: tuple[Mode, ...] = ("over", "under", "exact")
OPPOSITE: Mapping[Mode, Mode] = {"over": "under", "under": "over", "exact": "exact"}

MAX_ROUNDS = 64
"""How often the equations of a recursion are applied where it must be exact."""


class NotExact(Exception):
    """A recursive definition is wanted exactly and takes more than :data:`MAX_ROUNDS` rounds."""


class Reading(Pairs):
    """One model over the events of one query.

    ``present`` has the literal of each event that it is in the execution.  ``sets`` and
    ``relations`` are the execution's own; a set's literal is what makes a present event one of it,
    ``static`` relations' literals likewise, while other relations are of present events only.
    ``late`` makes relations that are only wanted by few models.
    """

    def __init__(
        self,
        logic: Logic,
        model: al.MemoryModel,
        present: Some,
        sets: Mapping[str, Some],
        relations: Mapping[str, Rows],
        static: frozenset[str],
        late: Mapping[str, Callable[[], Rows]] | None = None,
    ) -> None:
        super().__init__(logic, present)
        self._sets: dict[str, Some] = dict(sets)
        self._rows: dict[tuple[str, Mode], Rows] = {}
        self._static = static
        for name, rows in relations.items():
            self._rows.update({(name, mode): rows for mode in MODES})
        self._late = dict(late or {})
        self._terms: dict[str, al.Definition | al.Recursion] = {}
        for definition in model.definitions:
            names = (
                [m.name for m in definition.members]
                if isinstance(definition, al.Recursion)
                else [definition.name]
            )
            for name in names:
                self._terms[name] = definition
                if name in self._sets:
                    del self._sets[name]
                for mode in MODES:
                    self._rows.pop((name, mode), None)
        # By identity: the terms live as long as the model, and to hash one is to walk through it.
        self._known: dict[tuple[int, Mode], Rows] = {}
        self._orders = 0

    # --- axioms and flags

    def require(self, axiom: al.Axiom) -> None:
        """Asserts that the execution fulfils an axiom."""
        logic = self.logic
        logic.label = axiom.name
        if axiom.negated:
            logic.clause(self.shown(axiom))
            return
        rows = self.rows(axiom.relation, mode="over")
        match axiom.shape:
            case al.Shape.EMPTY:
                for row in rows.values():
                    for lit in row.values():
                        logic.clause(neg(lit))
            case al.Shape.IRREFLEXIVE:
                for event, row in rows.items():
                    logic.clause(neg(row.get(event, FALSE)))
            case al.Shape.ACYCLIC:
                self._acyclic(rows)
            case _:
                assert_never(axiom.shape)

    def shown(self, flag: al.Axiom) -> Lit:
        """Whether the execution is as a flag (or a negated axiom) says."""
        logic = self.logic
        rows = self.rows(flag.relation, mode="under" if flag.negated else "over")
        match flag.shape:
            case al.Shape.EMPTY:
                found = logic.any_of(lit for row in rows.values() for lit in row.values())
            case al.Shape.IRREFLEXIVE:
                found = logic.any_of(row.get(event, FALSE) for event, row in rows.items())
            case al.Shape.ACYCLIC:
                closed = self.exact_closure(self.rows(flag.relation, mode="exact"))
                found = logic.any_of(row.get(event, FALSE) for event, row in closed.items())
            case _:
                assert_never(flag.shape)
        return found if flag.negated else neg(found)

    def _acyclic(self, rows: Rows) -> None:
        """Positions that grow along every pair.  Pairs on no possible cycle need none.

        They have names of their own: two axioms may have one name, and it may be any.
        """
        logic = self.logic
        self._orders += 1
        name = f"a{self._orders}"
        for component in components(rows):
            members = set(component)
            for a in component:
                for b, lit in rows.get(a, {}).items():
                    if b not in members:
                        continue
                    if a == b:
                        logic.clause(neg(lit))
                    else:
                        logic.clause(neg(lit), logic.before(name, a, b))

    # --- relations

    def rows(self, relation: al.Relation, *, mode: Mode) -> Rows:
        """The pairs of a relation."""
        if isinstance(relation, al.Base):
            return self._base(relation.name, mode=mode)
        key = (id(relation), mode)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._rows_of(relation, mode=mode)
        return found

    def _base(self, name: str, *, mode: Mode) -> Rows:
        found = self._rows.get((name, mode))
        if found is None and name in self._late and name not in self._terms:
            found = self._late[name]()
            self._rows.update({(name, each): found for each in MODES})
        elif found is None:
            definition = self._terms[name]
            if isinstance(definition, al.Recursion):
                self._recursion(definition, mode=mode)
                found = self._rows[name, mode]
            else:
                assert isinstance(definition.term, al.Relation)
                found = self.rows(definition.term, mode=mode)
                self._rows[name, mode] = found
        return found

    def _rows_of(self, relation: al.Relation, *, mode: Mode) -> Rows:
        match relation:
            case al.Base() | al.Nothing():
                return {}
            case al.Identity(events=events):
                members = self.events(events)
                both = self.logic.all_of
                return {
                    e: {e: lit}
                    for e, m in members.items()
                    if (lit := both((m, self.present[e]))) != FALSE
                }
            case al.Product(left=left, right=right):
                return self.product(self.events(left), self.events(right))
            case al.Union(left=left, right=right):
                return self.union(self.rows(left, mode=mode), self.rows(right, mode=mode))
            case al.Sequence():
                return self._sequence(relation, mode=mode)
            case al.Difference(left=left, right=right):
                rows = self.rows(left, mode=mode)
                return self.without(rows, self.rows(right, mode=OPPOSITE[mode])) if rows else rows
            case al.Intersection(left=left, right=right):
                return self._intersection(left, right, mode=mode)
            case al.Complement(inner=inner):
                return self.without(self.everywhere(), self.rows(inner, mode=OPPOSITE[mode]))
            case al.Inverse(inner=inner):
                return inverse(self.rows(inner, mode=mode))
            case al.Optional(inner=inner):
                return self.union(self.rows(inner, mode=mode), self.diagonal())
            case al.Plus(inner=inner):
                return self.closure(self.rows(inner, mode=mode), generous=mode == "over")
            case al.Star(inner=inner):
                closed = self.closure(self.rows(inner, mode=mode), generous=mode == "over")
                return self.union(closed, self.diagonal())
            case _:
                assert_never(relation)

    def _intersection(self, left: al.Relation, right: al.Relation, *, mode: Mode) -> Rows:
        """Pairs of both.  The sparser is read first, and a product is only looked up."""
        if isinstance(left, al.Base) and left.name in self._static:
            left, right = right, left
        if isinstance(left, al.Product):
            left, right = right, left
        rows = self.rows(left, mode=mode)
        if not rows:
            return rows
        both = self.logic.all_of
        if isinstance(right, al.Product):
            starts, ends = self.events(right.left), self.events(right.right)
            return clean(
                {
                    a: {b: both((lit, starts[a], ends[b])) for b, lit in row.items() if b in ends}
                    for a, row in rows.items()
                    if a in starts
                }
            )
        others = self.rows(right, mode=mode)
        found: Rows = {}
        for a, row in rows.items():
            other = others.get(a)
            if other:
                found[a] = {b: both((lit, other[b])) for b, lit in row.items() if b in other}
        return clean(found)

    # --- sequences

    def _sequence(self, relation: al.Sequence, *, mode: Mode) -> Rows:
        """A chain, from the left; ``[S]`` filters, and ``r?`` and ``r*`` may also stay."""
        rows: Rows | None = None
        starts: Some = dict.fromkeys(self.present, TRUE)
        for link in chain(relation):
            if isinstance(link, al.Identity):
                members = self.events(link.events)
                if rows is None:
                    starts = self.common(starts, members)
                    if not starts:
                        return {}
                else:
                    rows = self.ending(rows, members)
                continue
            if rows is None:
                rows = self.starting(starts, self.rows(link, mode=mode))
            else:
                rows = self._step(rows, link, mode=mode)
            if not rows:
                return {}
        if rows is None:
            return {
                e: {e: lit}
                for e, m in starts.items()
                if (lit := self.logic.all_of((m, self.present[e]))) != FALSE
            }
        return rows

    def _step(self, rows: Rows, link: al.Relation, *, mode: Mode) -> Rows:
        if isinstance(link, al.Optional):
            return self.union(rows, self._step(rows, link.inner, mode=mode))
        if isinstance(link, al.Star):
            inner = self.rows(link.inner, mode=mode)
            closed = self.closure(inner, generous=mode == "over")
            return self.union(rows, self.compose(rows, closed))
        if isinstance(link, al.Union) and any(
            isinstance(part, al.Sequence | al.Optional | al.Star)
            for part in (link.left, link.right)
        ):
            return self.union(
                self._step(rows, link.left, mode=mode),
                self._step(rows, link.right, mode=mode),
            )
        if isinstance(link, al.Sequence):
            for part in chain(link):
                if isinstance(part, al.Identity):
                    rows = self.ending(rows, self.events(part.events))
                else:
                    rows = self._step(rows, part, mode=mode)
            return rows
        return self.compose(rows, self.rows(link, mode=mode))

    # --- closures and recursion

    def _recursion(self, recursion: al.Recursion, *, mode: Mode) -> None:
        """Gives every name of a recursion its pairs."""
        relations = all(isinstance(m.term, al.Relation) for m in recursion.members)
        if mode == "over" and relations and recursion.monotone:
            self._at_least(recursion)
        else:
            self._in_rounds(recursion)

    def _at_least(self, recursion: al.Recursion) -> None:
        """Variables that hold at least where the least solution does."""
        may = self._possible(recursion)
        names = [m.name for m in recursion.members]
        made: dict[str, Rows] = {
            name: {a: {b: self.variable("u") for b in sorted(row)} for a, row in may[name].items()}
            for name in names
        }
        for name in names:
            self._rows[name, "over"] = made[name]
        self.logic.label = "recursion"
        for member in recursion.members:
            assert isinstance(member.term, al.Relation)
            for a, row in self.rows(member.term, mode="over").items():
                for b, lit in row.items():
                    self.logic.clause(neg(lit), made[member.name][a][b])

    def _possible(self, recursion: al.Recursion) -> dict[str, dict[int, set[int]]]:
        """Which pairs the least solution can have, whatever the execution."""
        return Possible(self.present, self.rows).least(recursion)

    def _in_rounds(self, recursion: al.Recursion) -> None:
        """The equations one after another, from nothing, until nothing changes."""
        for member in recursion.members:
            self._assign(member, {})
        for _ in range(MAX_ROUNDS):
            changed = False
            for member in recursion.members:
                # What was made of the names' last meanings is not to be used again.
                saved = dict(self._known)
                found = self._meaning(member)
                self._known = saved
                changed = changed or found != self._current(member)
                self._assign(member, found)
            if not changed:
                return
        raise NotExact(f"{recursion.members[0].name}: no end after {MAX_ROUNDS} rounds")

    def _current(self, member: al.Definition) -> Rows | Some:
        if isinstance(member.term, al.Relation):
            return self._rows[member.name, "exact"]
        return self._sets[member.name]

    def _assign(self, member: al.Definition, meaning: Rows | Some) -> None:
        if isinstance(member.term, al.Relation):
            rows = cast("Rows", meaning)
            self._rows.update({(member.name, mode): rows for mode in MODES})
        else:
            self._sets[member.name] = cast("Some", meaning)

    def _meaning(self, member: al.Definition) -> Rows | Some:
        if isinstance(member.term, al.Relation):
            return self.rows(member.term, mode="exact")
        return self.events(member.term)

    # --- sets

    def events(self, events: al.Events) -> Some:
        """The events of a set, given that they are present."""
        match events:
            case al.Named(name=name):
                return self._named(name)
            case al.Everything():
                return dict.fromkeys(self.present, TRUE)
            case al.Nobody():
                return {}
            case al.Either(left=left, right=right):
                one, two = self.events(left), self.events(right)
                lits = self.logic.any_of
                return {
                    e: lits((one.get(e, FALSE), two.get(e, FALSE)))
                    for e in sorted(one.keys() | two.keys())
                }
            case al.Both(left=left, right=right):
                return self.common(self.events(left), self.events(right))
            case al.Without(left=left, right=right):
                return self._lacking(self.events(left), self.events(right))
            case al.Others(inner=inner):
                return self._lacking(dict.fromkeys(self.present, TRUE), self.events(inner))
            case al.Domain(relation=relation):
                rows = self.rows(relation, mode="exact")
                found = {a: self.logic.any_of(row.values()) for a, row in rows.items()}
                return {a: lit for a, lit in found.items() if lit != FALSE}
            case al.Range(relation=relation):
                rows = inverse(self.rows(relation, mode="exact"))
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
            if isinstance(definition, al.Recursion):
                self._recursion(definition, mode="exact")
                return self._sets[name]
            assert not isinstance(definition.term, al.Relation)
            found = self._sets[name] = self.events(definition.term)
        return found

    def _lacking(self, one: Some, two: Some) -> Some:
        both = self.logic.all_of
        found = {e: both((lit, neg(two.get(e, FALSE)))) for e, lit in one.items()}
        return {e: lit for e, lit in found.items() if lit != FALSE}
