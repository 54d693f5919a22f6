"""Which values each term can have, and which writes each read can read from.

A least fixed point over the whole skeleton: a read can give whatever a write to
one of its possible locations can store, unless the write is known to come later.
It over-approximates every execution: guards count only as "may hold".

A value's *depth* is the least number of stores on a chain of stores and loads
that computes it.  Under sequential consistency (and any model without values out
of thin air) no chain uses one store twice, so depths beyond the number of stores
are dropped; that keeps counters finite.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from types import MappingProxyType
from typing import TypeAlias

from prover.execution import skeleton as sk
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
    Term,
)
from prover.graph.ir import Layout
from prover.graph.values import (
    POISON,
    ZERO_WORD,
    AddressSpace,
    Location,
    Pointer,
    Value,
    apply,
)

MAX_VALUES = 600
"""The most values one term may have."""

MAX_PRODUCT = 50_000
"""The most operand combinations one operation may have."""

Made: TypeAlias = Mapping[Choice, tuple[int, ...]]
NOTHING: Made = MappingProxyType({})

Place = tuple[Location, str]
"""A location and the part of it: ``whole``, ``low``, ``high``, or ``shadow``: the value of the last
completed update of a split word."""


class DomainTooLarge(Exception):
    """Some value can be too many things to tabulate; says which event it belongs to."""


@dataclass(frozen=True, slots=True)
class Domains:
    """The possible values of each term, and the possible sources of each read.

    ``values[t]`` is empty for a term no execution evaluates.  ``sources[r]`` lists write
    access numbers, in order; ``starts[r]`` the places whose initial value the read may see.
    """

    values: tuple[tuple[Value, ...], ...]
    sources: tuple[tuple[int, ...], ...]
    starts: tuple[tuple[Place, ...], ...]

    def may(self, term: Term) -> bool:
        """Whether a condition can hold."""
        return 1 in self.values[term]


def analyse(
    skeleton: sk.Skeleton, order: StaticOrder, *, weak: bool = False, made: Made = NOTHING
) -> Domains:
    """The domains of a skeleton; ``weak``: under a weaker model than sequential consistency.

    ``made`` are what is left of some choices; with nothing left of one there is only what does not
    hang on it.
    """
    analysis = _Analysis(skeleton, order, weak=weak, made=made)
    analysis.run()
    return analysis.result()


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


class _Analysis:
    """The fixed point in progress."""

    def __init__(
        self, skeleton: sk.Skeleton, order: StaticOrder, *, weak: bool, made: Made
    ) -> None:
        self.skeleton = skeleton
        self.weak = weak
        self.made = made
        self.order = order
        self.values: list[dict[Value, int]] = [{} for _ in skeleton.rows]
        self.term_users: list[list[int]] = [[] for _ in skeleton.rows]
        self.write_users: list[list[int]] = [[] for _ in skeleton.rows]
        self.read_users: list[list[int]] = [[] for _ in skeleton.rows]
        self.write_places: list[dict[Place, None]] = [{} for _ in skeleton.writes]
        self.read_places: list[dict[Place, None]] = [{} for _ in skeleton.reads]
        self.writes_at: dict[Place, list[int]] = {}
        self.reads_at: dict[Place, list[int]] = {}
        self.read_terms: dict[int, int] = {}
        self.queue: list[int] = []
        self.queued: set[int] = set()
        self.next = 0
        self.apply = _memoised(skeleton.layout.space)
        self.limit = 1 + sum(
            not isinstance(skeleton.rows[w.value], Constant) for w in skeleton.writes
        )
        self._connect()

    def _connect(self) -> None:
        """Notes who depends on whom."""
        events = self.skeleton.events
        for number, row in enumerate(self.skeleton.rows):
            for argument in _arguments(row, events):
                self.term_users[argument].append(number)
            if isinstance(row, ReadValue):
                self.read_terms[row.access] = number
        for write in self.skeleton.writes:
            for term in {write.address, write.value, write.when, events[write.event].guard}:
                self.write_users[term].append(write.number)
        for read in self.skeleton.reads:
            for term in {read.address, events[read.event].guard}:
                self.read_users[term].append(read.number)

    def push(self, term: int) -> None:
        """A term is to be evaluated again."""
        # The first round comes to it anyway.
        if term < self.next and term not in self.queued:
            self.queued.add(term)
            heapq.heappush(self.queue, term)

    def run(self) -> None:
        """Evaluates the lowest term that may change until none does."""
        while self.queue or self.next < len(self.values):
            if self.queue:
                term = heapq.heappop(self.queue)
                self.queued.discard(term)
            else:
                term = self.next
                self.next += 1
            self._evaluate(term)

    def grow(self, term: int, new: Iterable[tuple[Value, int]]) -> None:
        """Adds values to a term; whoever uses it is told if that changed anything."""
        known = self.values[term]
        changed = False
        limit = self.limit
        for value, depth in new:
            if depth <= limit and depth < known.get(value, limit + 1):
                known[value] = depth
                changed = True
        if not changed:
            return
        if len(known) > MAX_VALUES:
            raise DomainTooLarge(f"a value can be more than {MAX_VALUES} things")
        for user in self.term_users[term]:
            self.push(user)
        for write in self.write_users[term]:
            self._visit_write(write)
        for read in self.read_users[term]:
            self._visit_read(read)

    def _may(self, term: Term) -> bool:
        return 1 in self.values[term]

    def _evaluate(self, term: int) -> None:
        """One term from its operands."""
        row = self.skeleton.rows[term]
        match row:
            case And(args=args):
                if len(self.values[term]) < 2:
                    self.grow(term, self._all(args))
            case Or(args=args):
                if len(self.values[term]) < 2:
                    self.grow(term, self._any(args))
            case Constant(value=value):
                self.grow(term, [(value, 0)])
            case Choice(low=low, high=high):
                if high - low >= MAX_VALUES:
                    raise DomainTooLarge(f"a choice of {high - low + 1} values")
                self.grow(term, [(value, 0) for value in self.made.get(row, range(low, high + 1))])
            case Outcome(event=event, what=what):
                if what == "steps" or self._may(self.skeleton.events[event].guard):
                    self.grow(term, [(0, 0), (1, 0)])
                else:
                    self.grow(term, [(0, 0)])
            case Allocated(event=event):
                self._evaluate_alloc(term, event)
            case Not(arg=arg):
                self.grow(term, [(1 - int(v == 1), d) for v, d in self.values[arg].items()])
            case Phi(arms=arms):
                for guard, value in arms:
                    if self._may(guard):
                        self.grow(term, list(self.values[value].items()))
            case Operation(op=op, params=params, args=args):
                self._evaluate_operation(term, op, params, args)
            case ReadValue():
                pass

    def _all(self, args: tuple[Term, ...]) -> list[tuple[Value, int]]:
        return self._decided(args, by=0)

    def _any(self, args: tuple[Term, ...]) -> list[tuple[Value, int]]:
        return self._decided(args, by=1)

    def _decided(self, args: tuple[Term, ...], by: int) -> list[tuple[Value, int]]:
        """The values of a connective that one operand ``by`` decides, 0 first."""
        some, every = False, True
        for arg in args:
            values = self.values[arg]
            some = some or by in values
            every = every and 1 - by in values
        found = ((by, some), (1 - by, every))
        return [(value, 0) for value, can in sorted(found) if can]

    def _evaluate_alloc(self, term: int, event: int) -> None:
        """An alloc gives 0 or a pointer to any slot."""
        action = self.skeleton.events[event].action
        assert isinstance(action, sk.Allocate)
        if not self._may(self.skeleton.events[event].guard):
            return
        regions = self.skeleton.layout.regions.values()
        lives = [sk.life(r, event) for r in regions if r.pool == action.pool]
        self.grow(term, [(0, 0), *((Pointer(life), 0) for life in lives)])

    def _evaluate_operation(
        self, term: int, op: str, params: tuple[str | int, ...], args: tuple[Term, ...]
    ) -> None:
        """Every combination of the operands' values."""
        sets = [self.values[a] for a in args]
        size = 1
        for s in sets:
            size *= len(s)
        if size <= 1:
            if size:
                values = tuple([value for s in sets for value in s])
                only = self.apply(op, params, values)
                if only is not None:
                    depth = max([d for s in sets for d in s.values()], default=0)
                    self.grow(term, ((only, depth),))
            return
        if size > MAX_PRODUCT:
            raise DomainTooLarge(f"an operation has {size} combinations of operands")
        found: dict[Value, int] = {}
        if len(args) == 2 and args[0] == args[1]:
            combos: Iterable[tuple[tuple[Value, int], ...]] = ((i, i) for i in sets[0].items())
        else:
            combos = product(*(s.items() for s in sets))
        for combo in combos:
            value = self.apply(op, params, tuple(v for v, _ in combo))
            if value is None:
                continue
            depth = max((d for _, d in combo), default=0)
            if depth < found.get(value, depth + 1):
                found[value] = depth
        self.grow(term, found.items())

    # --- memory

    def _places(self, address: Term, part: str) -> list[Place]:
        """The places an access may touch; wild and NULL pointers touch none."""
        return [
            (pointer.location, part)
            for pointer in self.values[address]
            if isinstance(pointer, Pointer) and pointer.base is not None
        ]

    def _visit_write(self, number: int) -> None:
        """A write's address, value or condition has grown."""
        write = self.skeleton.writes[number]
        if not (self._may(write.when) and self._may(self.skeleton.events[write.event].guard)):
            return
        places = self.write_places[number]
        for place in self._places(write.address, write.part):
            if place not in places:
                places[place] = None
                self.writes_at.setdefault(place, []).append(number)
        for place in places:
            for read in self.reads_at.get(place, ()):
                self._flow(number, read)

    def _visit_read(self, number: int) -> None:
        """A read's address or guard has grown."""
        read = self.skeleton.reads[number]
        if not self._may(self.skeleton.events[read.event].guard):
            return
        places = self.read_places[number]
        for place in self._places(read.address, read.part):
            if place in places:
                continue
            places[place] = None
            self.reads_at.setdefault(place, []).append(number)
            start = initial_value(self.skeleton.layout, place, weak=self.weak)
            if start is not None and number in self.read_terms:
                self.grow(self.read_terms[number], [(start, 0)])
            for write in list(self.writes_at.get(place, ())):
                self._flow(write, number)

    def _flow(self, write: int, read: int) -> None:
        """What ``write`` stores may be what ``read`` reads."""
        source, target = self.skeleton.writes[write], self.skeleton.reads[read]
        if read not in self.read_terms or self.order.before(source.event, target.event) is False:
            return
        values = self.values[source.value]
        self.grow(self.read_terms[read], [(v, d + 1) for v, d in values.items()])

    def result(self) -> Domains:
        """The fixed point."""
        sources: list[tuple[int, ...]] = []
        starts: list[tuple[Place, ...]] = []
        for read in self.skeleton.reads:
            found: dict[int, None] = {}
            begin: list[Place] = []
            for place in self.read_places[read.number]:
                for write in self.writes_at.get(place, ()):
                    event = self.skeleton.writes[write].event
                    if self.order.before(event, read.event) is not False:
                        found[write] = None
                if initial_value(self.skeleton.layout, place, weak=self.weak) is not None:
                    begin.append(place)
            sources.append(tuple(sorted(found)))
            starts.append(tuple(begin))
        return Domains(tuple(tuple(v) for v in self.values), tuple(sources), tuple(starts))


def _arguments(row: object, events: tuple[sk.Event, ...]) -> list[int]:
    """The terms that a row is computed from."""
    match row:
        case And(args=args) | Or(args=args) | Operation(args=args):
            return list(dict.fromkeys(args))
        case Not(arg=arg):
            return [arg]
        case Phi(arms=arms):
            return list(dict.fromkeys(t for arm in arms for t in arm))
        case Outcome(what="steps"):
            return []
        case Outcome(event=event) | Allocated(event=event):
            return [events[event].guard]
        case _:
            return []


Evaluator: TypeAlias = Callable[[str, tuple[str | int, ...], tuple[Value, ...]], Value | None]


def _memoised(space: AddressSpace) -> Evaluator:
    """:func:`apply` in one address space, remembered; None where the operands make no sense.

    Operands that make no sense (an integer where a pointer is wanted, poison) come from
    combinations that no execution has.
    """

    @cache
    def evaluate(op: str, params: tuple[str | int, ...], args: tuple[Value, ...]) -> Value | None:
        try:
            return apply(space, op, params, args)
        except TypeError:
            return None

    return evaluate
