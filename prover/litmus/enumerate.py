"""The candidate executions of a litmus test, one by one: slow, obvious, what others are held to.

The way of herd (Alglave, Maranget, Tautschnig, "Herding cats", TOPLAS 2014): each path through
each process gives events whose values are terms over what its reads read; each choice of a write
for every read is solved for the values; each order of the writes to a location completes it.

What breaks coherence (SC per location) or atomicity (two updates of what one write wrote) is left
out unless asked for with ``coherent=False``: most choices do, and hardly a model allows them.

Values that cycle: where reads only copy each other in a circle, they have a value that equals no
other (herd's symbolic constant); where the circle computes, decides a branch or makes an
address, the candidate is discarded.  Locks need no special care: a lock reads 0 and writes 1, an
unlock writes 0, and atomicity and coherence do the rest (lock.cat's constraints follow).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias, assert_never

from dsl.litmus.syntax import (
    Condition,
    Conjunction,
    Disjunction,
    Equal,
    FinalLocation,
    FinalRegister,
    Litmus,
    Negation,
)
from prover.litmus.enumerate_facts import Fact, among, sets_of
from prover.litmus.enumerate_terms import Key, Known, Nowhere, Read, Senseless, Value, value_of
from prover.litmus.enumerate_walk import Event, Held, Path, Walk
from prover.models.algebra import MemoryModel
from prover.models.concrete import Structure, breaches, flagged

Source: TypeAlias = Mapping[Key, Event]
"""The write that each read reads from."""


class TooLarge(Exception):
    """The test has more candidates than were allowed."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One execution that no model has judged yet.

    Event i of ``structure`` is ``facts[i]``; ``final`` has the registers under their process,
    the locations under process -1.
    """

    facts: tuple[Fact, ...]
    structure: Structure
    final: Mapping[tuple[int, str], Value]


# --- candidates ---------------------------------------------------------------------------


def candidates(
    test: Litmus, limit: int = 1_000_000, *, coherent: bool = True
) -> Iterator[Candidate]:
    """Every candidate execution; :class:`TooLarge` after looking at ``limit`` choices.

    ``test`` has operations only: macros are in place.
    """
    initial = _initial_writes(test)
    looked = 0
    for paths in product(*_paths(test)):
        events = (*initial, *(event for path in paths for event in path.events))
        for sources in _sources(events, paths, coherent=coherent):
            looked += 1
            if looked > limit:
                raise TooLarge
            facts = _solved(events, sources, paths, frozenset(_locations(test)))
            if facts is None:
                continue
            registers = _registers(paths, facts)
            if registers is None:
                continue
            for order in _orders(facts, sources, coherent=coherent):
                looked += 1
                if looked > limit:
                    raise TooLarge
                yield _candidate(paths, facts, sources, order, registers)


def _locations(test: Litmus) -> list[str]:
    named = {parameter.name for process in test.processes for parameter in process.parameters}
    for item in test.initial:
        if item.process < 0:
            named.add(item.name)
        if isinstance(item.value, str):
            named.add(item.value)
    return sorted(named)


def _initial_writes(test: Litmus) -> tuple[Event, ...]:
    values = {item.name: item.value for item in test.initial if item.process < 0}
    return tuple(
        Event(
            (-1, number),
            frozenset(("W", "IW")),
            address=Known(name),
            value=Known(values.get(name, 0)),
        )
        for number, name in enumerate(_locations(test))
    )


def _paths(test: Litmus) -> list[list[Path]]:
    return [
        Walk(process).block(
            process.body,
            Path(
                process.number,
                {
                    item.name: Held(Known(item.value))
                    for item in test.initial
                    if item.process == process.number
                },
            ),
        )
        for process in test.processes
    ]


def _sources(
    events: tuple[Event, ...], paths: tuple[Path, ...], *, coherent: bool
) -> Iterator[Source]:
    """Each choice of a write for every read, without those that are plainly elsewhere or later."""
    reads = [event for event in events if "R" in event.sets]
    writes = [event for event in events if "W" in event.sets]
    choices = [
        [
            write
            for write in writes
            if not (coherent and write.key[0] == read.key[0] and write.key > read.key)
            and not _plainly_apart(write, read)
            and not _plainly_untaken(write, read, paths)
        ]
        for read in reads
    ]
    updates = {read for path in paths for kind, read, _ in path.links if kind == "rmw"}
    for chosen in product(*choices):
        sources = {read.key: write for read, write in zip(reads, chosen, strict=True)}
        if coherent and len({sources[read].key for read in updates}) < len(updates):
            continue
        yield sources


def _plainly_apart(a: Event, b: Event) -> bool:
    return isinstance(a.address, Known) and isinstance(b.address, Known) and a.address != b.address


def _plainly_untaken(write: Event, read: Event, paths: tuple[Path, ...]) -> bool:
    """Whether what is written alone says that the path to the read is not taken."""
    if not isinstance(write.value, Known):
        return False
    claims = [claim for path in paths if path.process == read.key[0] for claim in path.claims]
    try:
        return any(value_of(claim, {read.key: write.value.value}) == 0 for claim in claims)
    except Senseless:
        return True


def _solved(
    events: tuple[Event, ...],
    sources: Source,
    paths: tuple[Path, ...],
    places: frozenset[str],
) -> tuple[Fact, ...] | None:
    """The events with their values, None where the choice of sources contradicts itself."""
    try:
        read = _read_values(sources)
        if read is None or not all(
            value_of(claim, read) not in {0, None} for path in paths for claim in path.claims
        ):
            return None
        facts = tuple(_fact(event, read) for event in events)
    except Senseless:
        return None
    where = {fact.event.key: fact.location for fact in facts}
    if any(fact.event.address is not None and fact.location not in places for fact in facts):
        return None
    if any(where[reader] != where[write.key] for reader, write in sources.items()):
        return None
    return facts


def _read_values(sources: Source) -> dict[Key, Value] | None:
    """What each read reads, in rounds, from those whose sources are known onwards."""
    read: dict[Key, Value] = {}
    while len(read) < len(sources):
        before = len(read)
        for reader, write in sources.items():
            assert write.value is not None
            value = value_of(write.value, read)
            if value is not None:
                read[reader] = value
        if len(read) == before:
            circle = _circle(sources, read)
            if not circle:
                return None
            read.update(dict.fromkeys(circle, Nowhere(min(circle))))
    return read


def _circle(sources: Source, read: Mapping[Key, Value]) -> list[Key]:
    """Reads without a value that copy each other in a circle; none: []."""
    for start in sorted(sources.keys() - read.keys()):
        way = [start]
        while True:
            stored = sources[way[-1]].value
            if not isinstance(stored, Read):
                break
            if stored.event in way:
                return way[way.index(stored.event) :]
            way.append(stored.event)
    return []


def _fact(event: Event, read: Mapping[Key, Value]) -> Fact:
    address = None if event.address is None else value_of(event.address, read)
    value = None if event.value is None else value_of(event.value, read)
    return Fact(event, address if isinstance(address, str) else None, value)


def _registers(
    paths: tuple[Path, ...], facts: tuple[Fact, ...]
) -> dict[tuple[int, str], Value] | None:
    """What the registers hold at the end, None where one holds what has no value."""
    read = {fact.event.key: fact.value for fact in facts if "R" in fact.event.sets}
    known = {key: value for key, value in read.items() if value is not None}
    final: dict[tuple[int, str], Value] = {}
    try:
        for path in paths:
            for name, held in path.registers.items():
                value = value_of(held.term, known)
                assert value is not None
                final[path.process, name] = value
    except Senseless:
        return None
    return final


def _orders(
    facts: tuple[Fact, ...], sources: Source, *, coherent: bool
) -> Iterator[list[list[int]]]:
    """Each order of the writes to every location, the initial one first."""
    by_process: dict[str, dict[int, list[int]]] = {}
    for number, fact in enumerate(facts):
        if "W" in fact.event.sets and fact.location is not None:
            of_place = by_process.setdefault(fact.location, {})
            of_place.setdefault(fact.event.key[0], []).append(number)
    places = {name: list(of_place.values()) for name, of_place in by_process.items()}
    choices: list[list[list[int]]] = []
    for place, (first, *others) in places.items():
        here = [fact for fact in facts if fact.location == place]
        lists = others if coherent else [[one] for together in others for one in together]
        orders = ([*first, *rest] for rest in _merged(lists))
        choices.append(
            [one for one in orders if not coherent or _coherent(one, facts, here, sources)]
        )
    for order in product(*choices):
        yield list(order)


def _merged(lists: list[list[int]]) -> Iterator[list[int]]:
    """Every way to put lists together that keeps each one's order."""
    remaining = [one for one in lists if one]
    if not remaining:
        yield []
    for number, (first, *rest) in enumerate(remaining):
        others = [*remaining[:number], rest, *remaining[number + 1 :]]
        for merged in _merged(others):
            yield [first, *merged]


def _coherent(order: list[int], facts: tuple[Fact, ...], here: list[Fact], sources: Source) -> bool:
    """Whether each process sees the location move forwards only, its own writes included."""
    rank = {facts[one].event.key: i for i, one in enumerate(order)}
    seen: dict[int, int] = {}
    for event in (fact.event for fact in here if fact.event.key[0] >= 0):
        if event.sets & {"R", "W"}:
            writes = "W" in event.sets
            now = rank[event.key if writes else sources[event.key].key]
            if now < seen.get(event.key[0], 0) + writes:
                return False
            seen[event.key[0]] = now
    return True


# --- structures ---------------------------------------------------------------------------


def _candidate(
    paths: tuple[Path, ...],
    facts: tuple[Fact, ...],
    sources: Source,
    order: list[list[int]],
    registers: Mapping[tuple[int, str], Value],
) -> Candidate:
    number = {fact.event.key: i for i, fact in enumerate(facts)}
    final = dict(registers)
    for writes in order:
        last = facts[writes[-1]]
        assert last.location is not None and last.value is not None
        final[-1, last.location] = last.value
    links = [link for path in paths for link in path.links]
    relations = {
        **among(facts),
        **{
            name: frozenset((number[a], number[b]) for kind, a, b in links if kind == name)
            for name in ("addr", "data", "ctrl", "rmw")
        },
        "rf": frozenset((number[write.key], number[read]) for read, write in sources.items()),
        "co": frozenset(
            (a, b) for writes in order for i, a in enumerate(writes) for b in writes[i + 1 :]
        ),
    }
    sets = sets_of(facts)
    sets["FW"] = frozenset(writes[-1] for writes in order)
    return Candidate(facts, Structure(frozenset(range(len(facts))), sets, relations), final)


# --- outcomes -----------------------------------------------------------------------------


def holds(condition: Condition, final: Mapping[tuple[int, str], Value]) -> bool:
    """Whether a final state fulfils a condition; a register that was never set holds 0."""
    match condition:
        case Equal(left=left, value=value):
            return _held(left, final) == _held(value, final)
        case Conjunction(parts=parts):
            return all(holds(part, final) for part in parts)
        case Disjunction(parts=parts):
            return any(holds(part, final) for part in parts)
        case Negation(inner=inner):
            return not holds(inner, final)
        case _:
            assert_never(condition)


def _held(side: object, final: Mapping[tuple[int, str], Value]) -> object:
    """What a side of a comparison stands for: a place's content, or itself."""
    match side:
        case FinalRegister(process=process, name=name):
            return final.get((process, name), 0)
        case FinalLocation(name=name):
            return final.get((-1, name), 0)
        case _:
            return side


@dataclass(frozen=True, slots=True)
class Outcomes:
    """herd's observation: Never, Sometimes or Always, how many executions fulfil the condition and
    how many do not, and the flags that some execution has, in the model's order.
    """

    verdict: str
    positive: int
    negative: int
    flags: tuple[str, ...]


def outcomes(
    test: Litmus, model: MemoryModel, limit: int = 1_000_000, *, coherent: bool = True
) -> Outcomes:
    """What the model says of a test; executions that the filter leaves out do not count."""
    positive = negative = 0
    flags: set[str] = set()
    for candidate in candidates(test, limit, coherent=coherent):
        if test.filter is not None and not holds(test.filter, candidate.final):
            continue
        if breaches(model, candidate.structure):
            continue
        flags.update(flagged(model, candidate.structure))
        if holds(test.condition, candidate.final):
            positive += 1
        else:
            negative += 1
    verdict = "Never" if not positive else "Sometimes" if negative else "Always"
    ordered = tuple(flag.name for flag in model.flags if flag.name in flags)
    return Outcomes(verdict, positive, negative, ordered)
