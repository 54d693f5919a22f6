"""What the parts of the encoder share: term literals, event literals, positions.

Positions: every event that matters has an integer ``p<n>``; in one execution the
events happen in the order of (position, descending number), which is a strict
total order because every comparison of two events is one atom or its negation.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from itertools import product

from prover.execution import skeleton as sk
from prover.execution.domains import Domains
from prover.execution.hazards import Hazard
from prover.execution.order import StaticOrder
from prover.execution.terms import (
    Allocated,
    And,
    Choice,
    Constant,
    Not,
    Operation,
    Or,
    Outcome,
    Phi,
    ReadValue,
    Row,
    Term,
    operands,
)
from prover.graph.values import Location, Pointer, Value, apply
from prover.smt.logic import FALSE, TRUE, Lit, Logic, neg

Table = dict[Value, Lit]
"""For one term: the literal that says it has each of its possible values."""


@dataclass(slots=True)
class Frame:
    """One query under construction.

    ``picks`` has for each read its sources (write accesses, INITIAL), each with the literal that
    says it is the one; only reads whose value is open are there, unless ``every_read``.
    ``effective`` and ``releases`` are what the functions of these names have said, by write access
    and by the event that takes a lock.  ``linear`` is what is written down without a
    clause for every two.
    """

    skeleton: sk.Skeleton
    domains: Domains
    order: StaticOrder
    hazards: tuple[tuple[Hazard, ...], ...]
    logic: Logic = field(default_factory=Logic)
    tables: dict[Term, Table] = field(default_factory=dict[Term, Table])
    positioned: dict[int, None] = field(default_factory=dict[int, None])
    same: dict[tuple[Term, Term], Lit] = field(default_factory=dict[tuple[Term, Term], Lit])
    locations: dict[Term, list[tuple[Location, Lit]]] = field(
        default_factory=dict[Term, list[tuple[Location, Lit]]]
    )
    picks: dict[int, list[tuple[int, Lit]]] = field(
        default_factory=dict[int, list[tuple[int, Lit]]]
    )
    every_read: bool = False
    linear: frozenset[str] = frozenset()
    _reached: dict[int, Lit] = field(default_factory=dict[int, Lit])
    _ok: dict[int, Lit] = field(default_factory=dict[int, Lit])
    effective: dict[int, Lit] = field(default_factory=dict[int, Lit])
    releases: dict[int, list[int]] = field(default_factory=dict[int, list[int]])

    def fork(self) -> Frame:
        """A frame that goes on from here by itself."""
        fork = copy(self)
        fork.logic = self.logic.fork()
        fork.tables = dict(self.tables)
        fork.positioned = dict(self.positioned)
        fork.same = dict(self.same)
        fork.locations = dict(self.locations)
        fork._reached = dict(self._reached)  # noqa: SLF001 - its own kind
        fork._ok = dict(self._ok)  # noqa: SLF001 - its own kind
        fork.effective = dict(self.effective)
        fork.releases = dict(self.releases)
        return fork

    # --- terms

    def table(self, term: Term) -> Table:
        """The literals of a term's values, made when they are first asked for."""
        found = self.tables.get(term)
        return self._make(term) if found is None else found

    def has(self, term: Term, value: Value) -> Lit:
        """Whether ``term`` has the value ``value``."""
        return self.table(term).get(value, FALSE)

    def holds(self, term: Term) -> Lit:
        """Whether a condition holds."""
        found = self.tables.get(term)
        return (self._make(term) if found is None else found).get(1, FALSE)

    def _make(self, term: Term) -> Table:
        """Makes a term's table, after those that it is made of."""
        rows, values = self.skeleton.rows, self.domains.values
        label, missing, waiting = self.logic.label, set[Term](), [term]
        while waiting:
            one = waiting.pop()
            if one in missing or one in self.tables:
                continue
            missing.add(one)
            if self._is_open(one):
                waiting += _operands(self.skeleton, rows[one])
        # Whatever a term is made of has a smaller number.
        for one in sorted(missing):
            if self._is_open(one):
                self.tables[one] = self._table_of(rows[one], values[one])
            else:
                self.tables[one] = dict.fromkeys(values[one], TRUE)
        self.logic.label = label
        return self.tables[term]

    def _is_open(self, term: Term) -> bool:
        """Whether a term's value is not known before anything is solved."""
        return len(self.domains.values[term]) > 1 or isinstance(self.skeleton.rows[term], Outcome)

    def _table_of(self, row: object, values: tuple[Value, ...]) -> Table:
        match row:
            case And(args=args):
                return _boolean(self.logic.all_of([self.holds(a) for a in args]))
            case Or(args=args):
                return _boolean(self.logic.any_of([self.holds(a) for a in args]))
            case Not(arg=arg):
                return _boolean(neg(self.holds(arg)))
            case Constant(value=value):
                return {value: TRUE}
            case ReadValue(access=access):
                return self._free(f"r{access}", values, total=False)
            case Choice(number=number):
                return self._free(f"c{number}", values, total=True)
            case Allocated(event=event):
                return self._free(f"a{event}", values, total=False)
            case Outcome(event=event, what=what):
                return _boolean(self._outcome(event, what))
            case Phi(arms=arms):
                return self._phi(arms, values)
            case Operation(op=op, params=params, args=args):
                return self._operation(op, params, args, values)
            case _:
                raise TypeError(row)

    def _free(self, name: str, values: tuple[Value, ...], *, total: bool) -> Table:
        """Literals for a term whose value is settled elsewhere: one variable per value."""
        if len(values) == 1:
            return {values[0]: TRUE}
        if len(values) == 2:
            lit = self.logic.variable(f"{name}v1")
            return {values[0]: neg(lit), values[1]: lit}
        lits = [self.logic.variable(f"{name}v{i}") for i in range(len(values))]
        self.logic.label = f"value {name}"
        if total:
            self.logic.exactly_one(lits)
        else:
            self.logic.at_most_one(lits)
        return dict(zip(values, lits, strict=True))

    def _outcome(self, event: int, what: str) -> Lit:
        """``ok`` follows from the guard and the violations; the others are variables."""
        if what == "steps":
            return self.logic.variable(f"s{event}")
        guard = self.holds(self.skeleton.events[event].guard)
        if guard == FALSE or isinstance(self.skeleton.events[event].action, sk.Spin):
            return guard if what == "ok" else FALSE
        if what == "ok":
            return self.logic.all_of((guard, neg(self.stops(event))))
        return self.logic.variable(f"{what[0]}{event}")

    def violates(self, event: int) -> Lit:
        """Whether a violation happens at ``event``; defined by :mod:`prover.smt.violations`."""
        if not self.risky(event):
            return FALSE
        return self.logic.variable(f"x{event}")

    def stops(self, event: int) -> Lit:
        """Whether a violation at ``event`` keeps its thread from going on."""
        return self.violates(event)

    def goes_on(self, event: int, what: Hazard | sk.LocalCheck) -> bool:
        """Whether a thread goes on after a hazard or a failed check of an event."""
        del event, what
        return False

    def risky(self, event: int) -> bool:
        """Whether anything can go wrong at an event."""
        if self.hazards[event]:
            return True
        checks = self.skeleton.events[event].checks
        return any(self.domains.may(check.bad) for check in checks)

    def _phi(self, arms: tuple[tuple[Term, Term], ...], values: tuple[Value, ...]) -> Table:
        # Of two values one is the negation of the other.
        parts: dict[Value, list[Lit]] = {
            v: [] for v in (values[:1] if len(values) == 2 else values)
        }
        for guard, term in arms:
            holds = self.holds(guard)
            if holds == FALSE:
                continue
            for value, lit in self.table(term).items():
                if value in parts:
                    parts[value].append(self.logic.all_of((holds, lit)))
        table = {value: self.logic.any_of(found) for value, found in parts.items()}
        if len(values) == 2:
            table[values[1]] = neg(table[values[0]])
        return table

    def _operation(
        self,
        op: str,
        params: tuple[str | int, ...],
        args: tuple[Term, ...],
        values: tuple[Value, ...],
    ) -> Table:
        """The operation tabulated over its operands' values."""
        space = self.skeleton.layout.space
        sets = [tuple(self.table(a).items()) for a in args]
        if len(args) == 2 and args[0] == args[1]:
            combos: Iterable[tuple[tuple[Value, Lit], ...]] = ((i, i) for i in sets[0])
        else:
            combos = product(*sets)
        parts: dict[Value, list[tuple[Lit, ...]]] = {value: [] for value in values}
        for combo in combos:
            try:
                result = apply(space, op, params, tuple(v for v, _ in combo))
            except TypeError:
                continue
            if result in parts:
                parts[result].append(tuple([lit for _, lit in combo]))

        def has(value: Value) -> Lit:
            return self.logic.any_of([self.logic.all_of(lits) for lits in parts[value]])

        if len(values) == 2:
            few = min(values, key=lambda v: len(parts[v]))
            lit = has(few)
            return {v: lit if v == few else neg(lit) for v in values}
        return {value: has(value) for value in values}

    # --- events

    def reached(self, event: int) -> Lit:
        """Whether control gets to an event."""
        found = self._reached.get(event)
        if found is None:
            found = self._reached[event] = self.holds(self.skeleton.events[event].guard)
        return found

    def ok(self, event: int) -> Lit:
        """Whether an event is reached and violates nothing that stops its thread."""
        found = self._ok.get(event)
        if found is None:
            found = self.reached(event)
            if found != FALSE:
                found = self.logic.all_of((found, neg(self.stops(event))))
            self._ok[event] = found
        return found

    def acts(self, event: int) -> Lit:
        """Whether an event is ok and not in vain."""
        return self.ok(event)

    def outcome(self, event: int, what: str) -> Lit:
        """The literal of an outcome; FALSE where the event is never reached."""
        if self.reached(event) == FALSE:
            return FALSE
        term = self.skeleton.term_of.get(Outcome(event, what))
        if term is not None:
            return self.holds(term)
        return self._outcome(event, what)

    def happened(self, event: int) -> Lit:
        """Whether an event took effect: ok, and granted if it is a blocking one."""
        if sk.is_blocking(self.skeleton, self.skeleton.events[event]):
            return self.outcome(event, "granted")
        return self.acts(event)

    def steps(self, event: int) -> Lit:
        """Whether an event took effect or went wrong."""
        return self.logic.any_of((self.happened(event), self.violates(event)))

    def before(self, a: int, b: int) -> Lit:
        """Whether ``a`` comes before ``b`` in the execution."""
        known = self.order.before(a, b)
        if known is not None:
            return TRUE if known else FALSE
        one, two = self.order.anchors[a][0], self.order.anchors[b][0]
        self.positioned[one] = None
        self.positioned[two] = None
        if one < two:
            return self.logic.atom(f"(< p{one} p{two})")
        return neg(self.logic.atom(f"(< p{two} p{one})"))

    def sooner(self, one: int, two: int) -> Lit:
        """Whether what goes wrong at ``one`` counts before what does at ``two``."""
        return self.before(one, two)

    def extent(self, event: int) -> tuple[str, str]:
        """The integers at which an event that stands at itself begins and is done."""
        self.positioned[event] = None
        return f"p{event}", f"p{event}"

    def called_after(self, event: int, wait: int) -> Lit:
        """Whether an event is done when a grace period or a barrier begins."""
        return self.before(event, wait)

    def given_before(self, alloc: int, event: int) -> Lit:
        """Whether an alloc has given its slot when an event comes."""
        return self.before(alloc, event)

    def coherent(self, a: int, b: int) -> Lit:
        """Whether ``a`` comes before ``b`` for the location that both access: co, rf, fr."""
        return self.before(a, b)

    def freed_twice(self, free: int, event: int) -> Lit:
        """Whether ``free`` comes before ``event``, a free too."""
        return self.before(free, event)

    def stored_before(self, update: int, event: int) -> Lit:
        """Whether an update is stored when an event begins."""
        return self.before(update, event)

    def after_free(self, free: int, event: int) -> Lit:
        """Whether ``event`` accesses what ``free`` has freed, given that it goes there."""
        return self.before(free, event)

    # --- locations

    def places(self, address: Term) -> list[tuple[Location, Lit]]:
        """The locations that an address may be, each with the literal of one pointer to it."""
        found = self.locations.get(address)
        if found is None:
            found = self.locations[address] = [
                (value.location, lit)
                for value, lit in self.table(address).items()
                if isinstance(value, Pointer) and value.base is not None
            ]
        return found

    def same_place(self, left: Term, right: Term) -> Lit:
        """Whether two addresses are one location."""
        found = self.same.get((left, right))
        if found is None:
            rights: dict[Location, list[Lit]] = {}
            for place, lit in self.places(right):
                rights.setdefault(place, []).append(lit)
            found = self.same[left, right] = self.logic.any_of(
                self.logic.all_of((lit, other))
                for place, lit in self.places(left)
                for other in rights.get(place, ())
            )
        return found

    def may_share(self, left: Term, right: Term) -> bool:
        """Whether two addresses can be one location."""
        return not self._cells(left).isdisjoint(self._cells(right))

    def _cells(self, address: Term) -> set[Location]:
        """The locations that an address may be."""
        values = self.domains.values[address]
        return {v.location for v in values if isinstance(v, Pointer) and v.base is not None}


def _operands(skeleton: sk.Skeleton, row: Row) -> tuple[Term, ...]:
    """The terms whose tables a row's is made of."""
    return (skeleton.events[row.event].guard,) if isinstance(row, Outcome) else operands(row)


def _boolean(lit: Lit) -> Table:
    """The table of a condition."""
    return {0: neg(lit), 1: lit}
