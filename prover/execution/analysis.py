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
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import product
from typing import TypeAlias

from prover.execution import skeleton as sk
from prover.execution.called import called
from prover.execution.domains import Domains, DomainTooLarge, Place, Worlds, initial_value
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
from prover.execution.whose import event_of
from prover.graph.values import (
    AddressSpace,
    Pointer,
    Value,
    apply,
)

MAX_VALUES = 600
"""The most values one term may have."""

_ADVICE = "let it depend on fewer actors, rounds or choices, or mask it (`& 0xff`)"

MAX_PRODUCT = 50_000
"""The most operand combinations one operation may have."""

_Possible: TypeAlias = tuple[Value, int, Worlds]
"""A value, its depth, and the worlds in which it is possible."""


def analyse(
    skeleton: sk.Skeleton,
    order: StaticOrder,
    *,
    weak: bool = False,
    switches: Sequence[Choice] = (),
) -> Domains:
    """The domains of a skeleton; ``weak``: under a weaker model than sequential consistency.

    Of ``switches``, choices between 0 and 1, at most one is 1.
    """
    analysis = _Analysis(skeleton, order, weak=weak, switches=switches)
    analysis.run()
    return analysis.result()


class _Analysis:
    """The fixed point in progress."""

    def __init__(
        self,
        skeleton: sk.Skeleton,
        order: StaticOrder,
        *,
        weak: bool,
        switches: Sequence[Choice],
    ) -> None:
        self.skeleton = skeleton
        self.weak = weak
        self.switches = {row: 2 << number for number, row in enumerate(switches)}
        self.everywhere = (2 << len(switches)) - 1
        self.order = order
        self.values: list[dict[Value, Worlds]] = [{} for _ in skeleton.rows]
        self.depths: list[dict[Value, int]] = [{} for _ in skeleton.rows]
        self.term_users: list[list[int]] = [[] for _ in skeleton.rows]
        self.write_users: list[list[int]] = [[] for _ in skeleton.rows]
        self.read_users: list[list[int]] = [[] for _ in skeleton.rows]
        self.write_places: list[dict[Place, Worlds]] = [{} for _ in skeleton.writes]
        self.read_places: list[dict[Place, Worlds]] = [{} for _ in skeleton.reads]
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

    def grow(self, term: int, new: Iterable[_Possible]) -> None:
        """Adds values to a term; whoever uses it is told if that changed anything."""
        known, depths = self.values[term], self.depths[term]
        changed = False
        limit = self.limit
        for value, depth, worlds in new:
            if depth > limit or not worlds:
                continue
            before = known.get(value, 0)
            if before | worlds != before:
                known[value] = before | worlds
                changed = True
            if depth < depths.get(value, limit + 1):
                depths[value] = depth
                changed = True
        if not changed:
            return
        if len(known) > MAX_VALUES:
            name, span = called(self.skeleton, Term(term), self._touched)
            message = f"{name} can have more than {MAX_VALUES} values"
            raise DomainTooLarge(message, span, _ADVICE)
        for user in self.term_users[term]:
            self.push(user)
        for write in self.write_users[term]:
            self._visit_write(write)
        for read in self.read_users[term]:
            self._visit_read(read)

    def _too_large(self, term: int, message: str) -> DomainTooLarge:
        """What is raised where a term can be too many things, with the statement it is of."""
        event = event_of(self.skeleton, Term(term))
        return DomainTooLarge(message, None if event is None else event.origin.span)

    def _touched(self, access: ReadValue | sk.WriteAccess) -> Iterable[Place]:
        """The places that an access is known to touch so far."""
        if isinstance(access, ReadValue):
            return self.read_places[access.access]
        return [place for place, _ in self._places(access.address, access.part, self.everywhere)]

    def _may(self, term: Term) -> Worlds:
        """The worlds in which a condition can hold."""
        return self.values[term].get(1, 0)

    def _known(self, term: Term) -> list[_Possible]:
        """What is known of a term."""
        depths = self.depths[term]
        return [(value, depths[value], worlds) for value, worlds in self.values[term].items()]

    def _evaluate(self, term: int) -> None:
        """One term from its operands."""
        row = self.skeleton.rows[term]
        match row:
            case And(args=args):
                self._decided(term, args, by=0)
            case Or(args=args):
                self._decided(term, args, by=1)
            case Constant(value=value):
                self.grow(term, [(value, 0, self.everywhere)])
            case Choice():
                self._evaluate_choice(term, row)
            case Outcome(event=event, what=what):
                may = self._may(self.skeleton.events[event].guard)
                may = self.everywhere if what == "steps" else may
                self.grow(term, [(0, 0, self.everywhere), (1, 0, may)])
            case Allocated(event=event):
                self._evaluate_alloc(term, event)
            case Not(arg=arg):
                self.grow(term, [(1 - int(v == 1), d, w) for v, d, w in self._known(arg)])
            case Phi(arms=arms):
                for guard, value in arms:
                    may = self._may(guard)
                    if may:
                        self.grow(term, [(v, d, w & may) for v, d, w in self._known(value)])
            case Operation(op=op, params=params, args=args):
                self._evaluate_operation(term, op, params, args)
            case ReadValue():
                pass

    def _decided(self, term: int, args: tuple[Term, ...], by: int) -> None:
        """A connective that one operand ``by`` decides; its values are 0 first."""
        known, everywhere = self.values[term], self.everywhere
        if known.get(0, 0) & known.get(1, 0) == everywhere:
            return
        some, every = 0, everywhere
        for arg in args:
            values = self.values[arg]
            some |= values.get(by, 0)
            every &= values.get(1 - by, 0)
        self.grow(term, sorted(((by, 0, some), (1 - by, 0, every))))

    def _evaluate_choice(self, term: int, row: Choice) -> None:
        """A choice gives anything in its bounds; a switch is 1 in one world."""
        if row.high - row.low >= MAX_VALUES:
            raise self._too_large(term, f"a choice of {row.high - row.low + 1} values")
        on = self.switches.get(row)
        if on is None:
            values = range(row.low, row.high + 1)
            self.grow(term, [(value, 0, self.everywhere) for value in values])
        else:
            self.grow(term, [(0, 0, self.everywhere & ~on), (1, 0, on)])

    def _evaluate_alloc(self, term: int, event: int) -> None:
        """An alloc gives 0 or a pointer to any slot."""
        action = self.skeleton.events[event].action
        assert isinstance(action, sk.Allocate)
        may = self._may(self.skeleton.events[event].guard)
        if not may:
            return
        regions = self.skeleton.layout.regions.values()
        lives = [sk.life(r, event) for r in regions if r.pool == action.pool]
        self.grow(term, [(0, 0, may), *((Pointer(life), 0, may) for life in lives)])

    def _evaluate_operation(
        self, term: int, op: str, params: tuple[str | int, ...], args: tuple[Term, ...]
    ) -> None:
        """Every combination of the operands' values."""
        sets = [self._known(a) for a in args]
        size = 1
        for s in sets:
            size *= len(s)
        if size == 0:
            return
        if size > MAX_PRODUCT:
            raise self._too_large(term, f"an operation has {size} combinations of operands")
        found: dict[Value, _Possible] = {}
        if len(args) == 2 and args[0] == args[1]:
            combos: Iterable[tuple[_Possible, ...]] = ((i, i) for i in sets[0])
        else:
            combos = product(*sets)
        for combo in combos:
            depth, worlds = 0, self.everywhere
            for _, d, w in combo:
                worlds &= w
                depth = max(depth, d)
            value = self.apply(op, params, tuple([v for v, _, _ in combo])) if worlds else None
            if value is None:
                continue
            known = found.get(value)
            if known is not None:
                depth, worlds = min(depth, known[1]), worlds | known[2]
            found[value] = (value, depth, worlds)
        self.grow(term, found.values())

    # --- memory

    def _places(self, address: Term, part: str, may: Worlds) -> Iterator[tuple[Place, Worlds]]:
        """The places an access may touch; wild and NULL pointers touch none."""
        for pointer, worlds in self.values[address].items():
            if isinstance(pointer, Pointer) and pointer.base is not None and worlds & may:
                yield (pointer.location, part), worlds & may

    def _visit_write(self, number: int) -> None:
        """A write's address, value or condition has grown."""
        write = self.skeleton.writes[number]
        may = self._may(write.when) & self._may(self.skeleton.events[write.event].guard)
        if not may:
            return
        places = self.write_places[number]
        for place, worlds in self._places(write.address, write.part, may):
            if place not in places:
                self.writes_at.setdefault(place, []).append(number)
            places[place] = places.get(place, 0) | worlds
        for place in list(places):
            for read in self.reads_at.get(place, ()):
                self._flow(number, read, place)

    def _visit_read(self, number: int) -> None:
        """A read's address or guard has grown."""
        read = self.skeleton.reads[number]
        may = self._may(self.skeleton.events[read.event].guard)
        if not may:
            return
        places = self.read_places[number]
        for place, worlds in list(self._places(read.address, read.part, may)):
            before = places.get(place, 0)
            if before | worlds == before:
                continue
            if not before:
                self.reads_at.setdefault(place, []).append(number)
            places[place] = before | worlds
            start = initial_value(self.skeleton.layout, place, weak=self.weak)
            if start is not None and number in self.read_terms:
                self.grow(self.read_terms[number], [(start, 0, before | worlds)])
            for write in list(self.writes_at.get(place, ())):
                self._flow(write, number, place)

    def _flow(self, write: int, read: int, place: Place) -> None:
        """What ``write`` stores at a place may be what ``read`` reads there."""
        source, target = self.skeleton.writes[write], self.skeleton.reads[read]
        if read not in self.read_terms or self.order.before(source.event, target.event) is False:
            return
        both = self.write_places[write][place] & self.read_places[read][place]
        if both:
            new = [(v, d + 1, w & both) for v, d, w in self._known(source.value)]
            self.grow(self.read_terms[read], new)

    def result(self) -> Domains:
        """The fixed point."""
        sources: list[tuple[int, ...]] = []
        starts: list[tuple[Place, ...]] = []
        for read in self.skeleton.reads:
            found: dict[int, None] = {}
            begin: list[Place] = []
            for place, worlds in self.read_places[read.number].items():
                for write in self.writes_at.get(place, ()):
                    event = self.skeleton.writes[write].event
                    met = self.write_places[write][place] & worlds
                    if met and self.order.before(event, read.event) is not False:
                        found[write] = None
                if initial_value(self.skeleton.layout, place, weak=self.weak) is not None:
                    begin.append(place)
            sources.append(tuple(sorted(found)))
            starts.append(tuple(begin))
        values = tuple(tuple(v) for v in self.values)
        return Domains(values, tuple(sources), tuple(starts), tuple(self.values))


def _arguments(row: Row, events: tuple[sk.Event, ...]) -> list[Term]:
    """The terms that what a row may be depends on, each once."""
    match row:
        case Outcome(what="steps"):
            return []
        case Outcome(event=event) | Allocated(event=event):
            return [events[event].guard]
        case _:
            return list(dict.fromkeys(operands(row)))


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
