"""All orders of coherence that a run without order can have.

Coherence is one strict order of events, a wide access or an update being one event, in which
po-loc, rf and fr lead forward: only what two events do to one place has to be decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from prover.execution import skeleton as sk
from prover.execution.domains import Place
from prover.execution.execution import INITIAL
from prover.execution.weak.run import Run
from prover.graph.values import Pointer

LOCKING = (sk.Request, sk.Grant, sk.Try, sk.Unlock, sk.LockState)

Order = dict[int, int]
"""For each event the set of those after it, as bits."""


@dataclass(slots=True)
class Graph:
    """A transitive order of events that grows; a copy for each way it can grow."""

    after: Order = field(default_factory=Order)
    before: Order = field(default_factory=Order)

    def copy(self) -> Graph:
        """An independent copy."""
        return Graph(dict(self.after), dict(self.before))

    def leads(self, a: int, b: int) -> bool:
        """Whether ``a`` is before ``b``."""
        return bool(self.after.get(a, 0) >> b & 1)

    def add(self, a: int, b: int) -> bool:
        """Puts ``a`` before ``b``; whether that can be."""
        if a == b or self.leads(b, a):
            return False
        if self.leads(a, b):
            return True
        firsts = self.before.get(a, 0) | 1 << a
        lasts = self.after.get(b, 0) | 1 << b
        for event in bits(firsts):
            self.after[event] = self.after.get(event, 0) | lasts
        for event in bits(lasts):
            self.before[event] = self.before.get(event, 0) | firsts
        return True


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


@dataclass(frozen=True, slots=True)
class Uses:
    """What the events of a run do to places: by place the events that write, those that read."""

    writers: Mapping[Place, list[int]]
    readers: Mapping[Place, list[tuple[int, int]]]
    """Each reader with the event it reads from (INITIAL: none)."""
    locking: Mapping[tuple[object, str], list[int]]


def uses(run: Run) -> Uses:
    """What a run does to memory and locks."""
    skeleton = run.skeleton
    writers: dict[Place, list[int]] = {}
    readers: dict[Place, list[tuple[int, int]]] = {}
    locking: dict[tuple[object, str], list[int]] = {}
    for number, place in run.write_places.items():
        writers.setdefault(place, []).append(skeleton.writes[number].event)
    for number, place in run.read_places.items():
        source = run.claim.rf.get(number, INITIAL)
        event = INITIAL if source == INITIAL else skeleton.writes[source].event
        readers.setdefault(place, []).append((skeleton.reads[number].event, event))
    for number in sorted(run.happened | run.in_vain):
        action = skeleton.events[number].action
        if isinstance(action, LOCKING):
            pointer = run.values.value(action.address)
            assert isinstance(pointer, Pointer)
            locking.setdefault((pointer.location, action.kind), []).append(number)
    return Uses(writers, readers, locking)


def _start(run: Run, found: Uses) -> Graph | None:
    """Program order at each place, and what reads say."""
    graph, place_of = Graph(), _positions(run)
    groups = [
        *(
            {*found.writers.get(p, ()), *(r for r, _ in found.readers.get(p, ()))}
            for p in {**found.writers, **found.readers}
        ),
        *map(set, found.locking.values()),
    ]
    for group in groups:
        for a, b in combinations(sorted(group), 2):
            one, two = place_of[a], place_of[b]
            if one[0] == two[0] and not graph.add(*((a, b) if one[1] < two[1] else (b, a))):
                return None
    for place, readers in found.readers.items():
        for reader, source in readers:
            if source != INITIAL and not graph.add(source, reader):
                return None
            for writer in found.writers.get(place, ()):
                if source == INITIAL and writer != reader and not graph.add(reader, writer):
                    return None
    return graph


def _positions(run: Run) -> dict[int, tuple[int, tuple[int, ...]]]:
    """The processor of each event, and where it stands there."""
    found: dict[int, tuple[int, tuple[int, ...]]] = {}
    claim = run.claim
    for thread in run.skeleton.threads:
        handler = thread.kind == "handler"
        gap, turn = claim.gaps.get(thread.number, 0), claim.turn(thread.number)
        for index, number in enumerate(thread.events):
            where = (gap, 0, turn, thread.number, index) if handler else (index, 1)
            found[number] = (thread.host if handler else thread.number, where)
    return found


def coherences(run: Run) -> Iterator[dict[int, int]]:
    """Every rank of events that the places of a run allow, one for each way to be coherent."""
    found = uses(run)
    graph = _start(run, found)
    if graph is None:
        return
    pairs: dict[tuple[int, int], None] = {}
    for writers in found.writers.values():
        pairs.update(dict.fromkeys(combinations(sorted(writers), 2)))
    asked = _asked(run)
    for (location, kind), events in found.locking.items():
        kept = [e for e in events if (location, kind) in asked or not _is_request(run, e)]
        pairs.update(dict.fromkeys(combinations(kept, 2)))
    for whole in _decided(graph, list(pairs)):
        if _from_reads(whole, found):
            yield _ranks(whole, run)


def _asked(run: Run) -> set[tuple[object, str]]:
    """The locks whose requests matter: readers stand behind writers, a trylock sees who waits."""
    found: set[tuple[object, str]] = set()
    for number in run.happened:
        action = run.skeleton.events[number].action
        if not isinstance(action, sk.Try | sk.Grant):
            continue
        if isinstance(action, sk.Grant) and (action.mode != "shared" or action.request < 0):
            continue
        pointer = run.values.value(action.address)
        assert isinstance(pointer, Pointer)
        found.add((pointer.location, action.kind))
    return found


def _is_request(run: Run, event: int) -> bool:
    return isinstance(run.skeleton.events[event].action, sk.Request)


def _decided(graph: Graph, pairs: list[tuple[int, int]]) -> Iterator[Graph]:
    """Every way to put pairs in order."""
    for index, (a, b) in enumerate(pairs):
        if graph.leads(a, b) or graph.leads(b, a):
            continue
        for one, two in ((a, b), (b, a)):
            copy = graph.copy()
            if copy.add(one, two):
                yield from _decided(copy, pairs[index + 1 :])
        return
    yield graph


def _from_reads(graph: Graph, found: Uses) -> bool:
    """Adds what reads say of later writes; whether that can be."""
    for place, readers in found.readers.items():
        for reader, source in readers:
            for writer in found.writers.get(place, ()) if source != INITIAL else ():
                later = writer not in (source, reader) and graph.leads(source, writer)
                if later and not graph.add(reader, writer):
                    return False
    return True


def _ranks(graph: Graph, run: Run) -> dict[int, int]:
    """Ranks that follow the order; all of them differ."""
    everything = range(len(run.skeleton.events))
    order = sorted(everything, key=lambda e: (graph.before.get(e, 0).bit_count(), e))
    return {event: rank for rank, event in enumerate(order)}
