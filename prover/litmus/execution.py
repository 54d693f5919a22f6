"""One execution of a litmus test, put together without the solver: what a witness rests on.

The solver says which write each read reads from and how the writes to each location are
ordered.  Everything else follows and is computed here anew: values, which events happen,
dependencies, the final state.  The relations are then judged by the concrete reading.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations

from dsl.litmus import syntax as s
from prover.litmus.events import Choice, Constant, Event, Operation, Read, Test
from prover.litmus.values import Value, apply
from prover.models.algebra import MemoryModel
from prover.models.concrete import Breach, Pairs, Structure, breaches


class NotAnExecution(Exception):
    """What the solver said describes no execution: a bug."""


@dataclass(frozen=True, slots=True)
class Picked:
    """What was chosen: rf by read, the writes in one order that co follows, and what each
    read sees, for those whose values depend on themselves.
    """

    rf: Mapping[int, int]
    order: tuple[int, ...]
    values: Mapping[int, Value]


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution of ``test``.

    ``values`` has what each event reads or writes, ``places`` where; both only for events
    that happen.  ``final`` is the last value of each location.
    """

    test: Test
    happened: tuple[int, ...]
    values: Mapping[int, Value]
    places: Mapping[int, Value]
    rf: Mapping[int, int]
    co: Mapping[Value, tuple[int, ...]]
    terms: Mapping[int, Value]

    @property
    def final(self) -> dict[Value, Value]:
        """The last value of each location."""
        return {place: self.values[order[-1]] for place, order in self.co.items()}


class _Terms:
    """Terms evaluated on demand; a read's value is that of the write it reads from."""

    def __init__(self, test: Test, picked: Picked) -> None:
        self.test = test
        self.picked = picked
        self.known: dict[int, Value] = {}
        self.reading: set[int] = set()
        self._sources: dict[int, frozenset[int]] = {}

    def value(self, term: int) -> Value:
        """The value of a term."""
        if term not in self.known:
            self.known[term] = self._compute(term)
        return self.known[term]

    def _compute(self, term: int) -> Value:
        row = self.test.rows[term]
        match row:
            case Constant(value=value):
                return value
            case Read(event=event):
                return self._read(event)
            case Operation(op="&&", args=(left, _)) if self.value(left) == 0:
                # A guard inside a branch that is not taken: there is nothing to the right.
                return 0
            case Operation(op=op, args=args):
                return apply(op, tuple(self.value(a) for a in args))
            case Choice(arms=arms):
                for guard, arm in arms:
                    if self.value(guard) != 0:
                        return self.value(arm)
                raise NotAnExecution("no arm of a choice holds")

    def _read(self, event: int) -> Value:
        source = self.picked.rf.get(event)
        if source is None:
            return 0
        if event in self.reading:
            return self.picked.values.get(event, 0)
        self.reading.add(event)
        found = self.value(self.test.events[source].value)
        self.reading.discard(event)
        return found

    def sources(self, term: int) -> frozenset[int]:
        """The reads that a term's value depends on."""
        known = self._sources.get(term)
        if known is None:
            known = self._sources[term] = self._sources_of(term)
        return known

    def _sources_of(self, term: int) -> frozenset[int]:
        row = self.test.rows[term]
        match row:
            case Constant():
                return frozenset()
            case Read(event=event):
                return frozenset((event,))
            case Operation(args=args):
                return frozenset(source for a in args for source in self.sources(a))
            case Choice(arms=arms, depends=depends):
                number = next(n for n, (g, _) in enumerate(arms) if self.value(g) != 0)
                asked = [g for g, _ in arms[: number + 1]] if depends else []
                return frozenset(x for t in (*asked, arms[number][1]) for x in self.sources(t))


def execute(test: Test, picked: Picked) -> Execution:
    """The execution that was picked; raises NotAnExecution where it is none."""
    terms = _Terms(test, picked)
    happened = tuple(e.number for e in test.events if terms.value(e.guard) != 0)
    present = set(happened)
    values: dict[int, Value] = {}
    places: dict[int, Value] = {}
    for number in happened:
        event = test.events[number]
        if event.address >= 0:
            places[number] = terms.value(event.address)
        if event.value >= 0:
            values[number] = terms.value(event.value)
        elif event.kind == "R":
            values[number] = terms.value(test.reads[number])
    co: dict[Value, tuple[int, ...]] = {}
    for place in test.locations:
        own = [w for w in picked.order if w in present and places.get(w) == place]
        co[place] = tuple(own)
    rf = {read: source for read, source in picked.rf.items() if read in present}
    for number in happened:
        if test.events[number].kind == "R":
            source = rf.get(number, -1)
            if source not in present or places[source] != places[number]:
                raise NotAnExecution(f"read {number} reads from nowhere")
            if values[source] != values[number]:
                raise NotAnExecution(f"read {number} does not see what it reads from")
    return Execution(
        test,
        happened,
        values,
        places,
        rf,
        co,
        {t: terms.value(t) for t in sorted(set(test.registers.values()))},
    )


def meets(execution: Execution, condition: s.Condition) -> bool:
    """Whether the final state meets a condition."""
    match condition:
        case s.Equal(left=left, value=value):
            other = value if isinstance(value, int | str) else last_value(execution, value)
            return last_value(execution, left) == other
        case s.Conjunction(parts=parts):
            return all(meets(execution, part) for part in parts)
        case s.Disjunction(parts=parts):
            return any(meets(execution, part) for part in parts)
        case s.Negation(inner=inner):
            return not meets(execution, inner)
        case _:
            raise TypeError(condition)


def last_value(execution: Execution, what: s.FinalRegister | s.FinalLocation) -> Value | None:
    """What a register or a location holds at the end."""
    if isinstance(what, s.FinalLocation):
        return execution.final.get(what.name)
    term = execution.test.registers.get((what.process, what.name))
    return 0 if term is None else execution.terms[term]


def structure(execution: Execution) -> Structure:
    """The execution as relations see it."""
    test = execution.test
    events = [test.events[n] for n in execution.happened]
    relations: dict[str, Pairs] = {
        "po": frozenset(
            (a.number, b.number)
            for a, b in combinations(events, 2)
            if a.process == b.process and a.process >= 0
        ),
        "int": _pairs(events, lambda a, b: a == b or (a.process == b.process and a.process >= 0)),
        "ext": _pairs(events, lambda a, b: a != b and (a.process != b.process or a.process < 0)),
        "loc": _pairs(
            events,
            lambda a, b: (
                a.address >= 0
                and b.address >= 0
                and execution.places[a.number] == execution.places[b.number]
            ),
        ),
        "rmw": frozenset((e.partner, e.number) for e in events if e.partner >= 0),
        "rf": frozenset((source, read) for read, source in execution.rf.items()),
        "co": frozenset(p for order in execution.co.values() for p in combinations(order, 2)),
        "same-value": _pairs(
            events,
            lambda a, b: (
                a.number in execution.values
                and b.number in execution.values
                and execution.values[a.number] == execution.values[b.number]
            ),
        ),
    }
    relations |= _dependencies(execution, events)
    return Structure(frozenset(execution.happened), _sets(execution, events), relations)


def _pairs(events: list[Event], holds: Callable[[Event, Event], bool]) -> Pairs:
    return frozenset((a.number, b.number) for a in events for b in events if holds(a, b))


def _sets(execution: Execution, events: list[Event]) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    terms = _Terms(execution.test, Picked(execution.rf, (), execution.values))
    for event in events:
        for name in event.sets:
            found.setdefault(name, set()).add(event.number)
        for value, name in event.by_value:
            if execution.values[event.number] == value:
                found.setdefault(name, set()).add(event.number)
        for term, name in event.chosen:
            if terms.value(term) != 0:
                found.setdefault(name, set()).add(event.number)
    found["FW"] = {order[-1] for order in execution.co.values()}
    return {name: frozenset(members) for name, members in found.items()}


def _dependencies(execution: Execution, events: list[Event]) -> dict[str, Pairs]:
    picked = Picked(execution.rf, (), execution.values)
    terms = _Terms(execution.test, picked)
    found: dict[str, set[tuple[int, int]]] = {"addr": set(), "data": set(), "ctrl": set()}
    happened = set(execution.happened)
    for event in events:
        wanted = [("ctrl", c) for c in event.conditions]
        if event.address >= 0:
            wanted.append(("addr", event.address))
        if event.kind == "W":
            wanted.append(("data", event.value))
        for name, term in wanted:
            found[name].update((r, event.number) for r in terms.sources(term) if r in happened)
    return {name: frozenset(pairs) for name, pairs in found.items()}


def judged(execution: Execution, model: MemoryModel) -> tuple[Breach, ...]:
    """The axioms of a model that the execution breaks, by the concrete reading."""
    given = structure(execution)
    sets = defaultdict(frozenset[int], given.sets)
    return breaches(model, Structure(given.carrier, sets, given.relations))
