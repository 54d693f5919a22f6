"""In which order to tell the steps of an execution under a weak memory model.

What the model puts in order comes first, then what reads from what and what overwrites what, then
as much of program order as that leaves.  So an execution that some interleaving explains is told
as one; in any other some step stands before one that precedes it in its program, or a read misses
a store that stands above it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice, pairwise

from dsl.frozen import Frozen
from prover.execution import skeleton as sk
from prover.execution.domains import Place
from prover.execution.execution import INITIAL
from prover.execution.nodes import LOOKERS, Nodes
from prover.execution.weak.law import Law
from prover.execution.weak.run import Run
from prover.execution.weak.structure import Builder
from prover.graph.values import Pointer
from prover.models.algebra import MemoryModel
from prover.models.rows import Meaning

EXECUTES = {"lkmm": ("hb", "pb"), "tso": ("ghb",)}
"""The relations of each model that say what is done before what."""

OPENS = (sk.Begin, sk.SectionStart, sk.GraceStart, sk.BarrierStart)
"""Steps that belong to what follows them."""

Edge = tuple[int, int]
"""Two events, the first of them first."""


class Allowed(Frozen, frozen=True):
    """An execution that ``model`` allows; ``meaning`` has the model's relations over its nodes.

    ``asked`` is the model as protocols ask it.
    """

    run: Run
    nodes: Nodes
    builder: Builder
    meaning: Meaning
    model: str
    asked: MemoryModel

    @property
    def trailing(self) -> frozenset[int]:
        """Steps that no memory model knows: they go with the step before them."""
        return frozenset(
            e.number
            for e in self.run.skeleton.events
            if self.nodes.first(e.number) is None and not isinstance(e.action, OPENS)
        )


class PartialOrder:
    """An order that grows by the pairs that do not contradict it."""

    def __init__(self, events: Iterable[int]) -> None:
        self._behind = dict.fromkeys(events, 0)
        """For each event a bit for each that comes behind it."""

    def add(self, a: int, b: int) -> bool:
        """Puts ``a`` before ``b`` unless it is behind it; whether it is before it now."""
        if self.before(a, b):
            return True
        if a == b or self.before(b, a):
            return False
        gained = self._behind[b] | 1 << b
        for event, behind in self._behind.items():
            if event == a or behind >> a & 1:
                self._behind[event] = behind | gained
        return True

    def before(self, a: int, b: int) -> bool:
        """Whether ``a`` comes before ``b``."""
        return bool(self._behind[a] >> b & 1)

    def copy(self) -> PartialOrder:
        """The order as it is now."""
        found = PartialOrder(())
        found._behind = dict(self._behind)
        return found


class Communication(Frozen, frozen=True):
    """What happened at the places of memory, from event to event.

    ``reads``: from a store to what reads it; ``overwrites``: from a store to the next one;
    ``misses``: from a read to the first store that it does not see.
    """

    reads: tuple[Edge, ...]
    overwrites: tuple[Edge, ...]
    misses: tuple[Edge, ...]


class Timeline(Frozen, frozen=True):
    """``events`` in the order to tell them.

    ``sure`` is what the model puts in order.  ``causes`` are the pairs without which the second
    would not be as it is.  ``programs`` has what each processor ran, in the order of its program.
    """

    events: tuple[int, ...]
    sure: PartialOrder
    causes: tuple[Edge, ...]
    programs: tuple[tuple[int, ...], ...]
    memory: Communication


def timeline(case: Allowed, bad: Collection[int], last: Collection[int] = ()) -> Timeline:
    """The order in which to tell an execution that goes wrong at ``bad``, what is ``last`` last."""
    run = case.run
    programs = _programs(run, bad)
    told = [event for program in programs for event in program]
    order = PartialOrder(told)
    known = set(told)
    memory = communication(run, ghost=False)
    hidden = communication(run, ghost=True)

    def add(edges: Iterable[Edge]) -> list[Edge]:
        return [(a, b) for a, b in edges if {a, b} <= known and order.add(a, b)]

    causes = add(_executes(case))
    sure = order.copy()
    causes += add(between(case, "rf"))
    causes += add(memory.reads)
    causes += add(_rules(run))
    trailing = case.trailing
    add(_ties(programs, trailing, run))
    add(_locks(run))
    add(memory.overwrites)
    add(memory.misses)
    causes += add(hidden.reads)
    add((*hidden.overwrites, *hidden.misses))
    add(_looks(run, told))
    add((e, waits) for waits in sorted(last) for e in told if e not in last)
    add(_same_place(run, programs))
    add((a, b) for a, b in _by_distance(programs) if b not in trailing)
    events = _linear(run, order, programs, trailing)
    return Timeline(events, sure, tuple(causes), programs, memory)


def _programs(run: Run, bad: Collection[int]) -> tuple[tuple[int, ...], ...]:
    """What each processor ran, a handler between two steps of its host.

    Who waits for a lock may do so in what was freed: then the step it stands at is told.
    """
    found: dict[int, list[tuple[tuple[int, ...], int]]] = {}
    for thread in run.skeleton.threads:
        handler = thread.kind == "handler"
        gap = run.claim.gaps.get(thread.number, 0)
        for index, event in enumerate(thread.events):
            if event in run.happened or event in run.violated or event in bad:
                turn = run.claim.turn(thread.number)
                key = (gap, 0, turn, thread.number, index) if handler else (index, 1)
                host = thread.processor
                found.setdefault(host, []).append((key, event))
    return tuple(tuple(event for _, event in sorted(own)) for _, own in sorted(found.items()))


def communication(run: Run, *, ghost: bool) -> Communication:
    """What happened in memory, or in ghost state."""
    regions = run.skeleton.layout.regions
    writes: dict[Place, list[int]] = {}
    for number, place in run.write_places.items():
        if place[1] != "shadow" and regions[place[0].object].ghost == ghost:
            writes.setdefault(place, []).append(number)
    of = run.skeleton.writes
    overwrites: list[Edge] = []
    for place, own in writes.items():
        writes[place] = run.in_coherence(own)
        events = [of[w].event for w in writes[place]]
        overwrites.extend(pairwise(events))
    reads: list[Edge] = []
    misses: list[Edge] = []
    for number, place in run.read_places.items():
        read = run.skeleton.reads[number]
        if regions[place[0].object].ghost != ghost or place[1] == "shadow":
            continue
        source = run.source(read)
        later = writes.get(place, [])
        if source != INITIAL:
            reads.append((of[source].event, read.event))
            later = later[later.index(source) + 1 :]
        # An update does not miss its own store.
        later = [w for w in later if of[w].event != read.event]
        if later:
            misses.append((read.event, of[later[0]].event))
    if not ghost:
        misses.extend(_missed_locks(run))
    return Communication(
        *(tuple(sorted({(a, b) for a, b in e if a != b})) for e in (reads, overwrites, misses))
    )


def _executes(case: Allowed) -> Iterator[Edge]:
    """What the model puts in order, from event to event."""
    for name in EXECUTES[case.model]:
        yield from between(case, name)


def between(case: Allowed, name: str) -> Iterator[Edge]:
    """A relation of the model, from event to event."""
    of = case.nodes.nodes
    for a, b in sorted(case.meaning.pairs(name)):
        if a >= 0 and b >= 0 and of[a].event != of[b].event:
            yield of[a].event, of[b].event


def _rules(run: Run) -> Iterator[Edge]:
    """What starting threads, waiting for them, and grace periods put in order."""
    law = Law(run)
    for thread in run.skeleton.threads:
        if thread.parent >= 0:
            yield thread.parent, thread.events[0]
    yield from sorted(law.edges())
    yield from sorted(law.precedences())


def _ties(
    programs: tuple[tuple[int, ...], ...], trailing: frozenset[int], run: Run
) -> Iterator[Edge]:
    """What no memory model knows stays with what it stands beside."""
    events = run.skeleton.events
    for program in programs:
        for a, b in pairwise(program):
            if b in trailing or isinstance(events[a].action, OPENS):
                yield a, b


def _missed_locks(run: Run) -> Iterator[Edge]:
    """Unlocks that did not find a folio locked, with the first store that they have not seen."""
    for own in _in_turn(run):
        for index, number in enumerate(own):
            later = (e for e in own[index + 1 :] if _stores(run, e))
            if number in run.in_vain:
                yield from ((number, store) for store in islice(later, 1))


def _stores(run: Run, number: int) -> bool:
    """Whether an event took a lock or let it go."""
    action = run.skeleton.events[number].action
    if number in run.in_vain or isinstance(action, sk.LockState):
        return False
    return not isinstance(action, sk.Try) or bool(run.claim.decisions.taken.get(number, False))


def _locks(run: Run) -> Iterator[Edge]:
    """The order in which each lock was taken and let go."""
    for own in _in_turn(run):
        yield from pairwise(own)


def _in_turn(run: Run) -> Iterator[list[int]]:
    """What happened to each lock, in order."""
    found: dict[object, list[int]] = {}
    for number in sorted(run.happened | run.in_vain):
        action = run.skeleton.events[number].action
        if isinstance(action, sk.Grant | sk.Try | sk.Unlock | sk.LockState):
            pointer = run.values.value(action.address)
            assert isinstance(pointer, Pointer)
            found.setdefault(pointer.location, []).append(number)
    for own in found.values():
        yield sorted(own, key=lambda e: (run.claim.coherence.get(e, 0), -e))


def _looks(run: Run, told: list[int]) -> Iterator[Edge]:
    """Claims look at the end of everything."""
    threads, events = run.skeleton.threads, run.skeleton.events
    claims = [e for e in told if threads[events[e].thread].kind in LOOKERS]
    yield from ((e, claim) for e in told if e not in claims for claim in claims)


def _same_place(run: Run, programs: tuple[tuple[int, ...], ...]) -> Iterator[Edge]:
    """Program order between accesses to one place."""
    places: dict[int, set[object]] = {}
    for number, place in run.read_places.items():
        places.setdefault(run.skeleton.reads[number].event, set()).add(place[0])
    for number, place in run.write_places.items():
        places.setdefault(run.skeleton.writes[number].event, set()).add(place[0])
    for a, b in _by_distance(programs):
        if places.get(a, set()) & places.get(b, set()):
            yield a, b


def _by_distance(programs: tuple[tuple[int, ...], ...]) -> Iterator[Edge]:
    """Program order, neighbours first."""
    for distance in range(1, max(map(len, programs), default=0)):
        for program in programs:
            yield from zip(program, program[distance:], strict=False)


def _linear(
    run: Run,
    order: PartialOrder,
    programs: tuple[tuple[int, ...], ...],
    trailing: frozenset[int],
) -> tuple[int, ...]:
    """The events in order; a thread goes on as long as it can."""
    left = {event: index for index, event in enumerate(e for p in programs for e in p)}
    follows = {(a, b) for p in programs for a, b in pairwise(p) if b in trailing}
    before = {b: {a for a in left if order.before(a, b)} for b in left}
    done: list[int] = []
    last = thread = -1
    while left:
        ready = [e for e in left if not before[e] & left.keys()]
        last = min(
            ready,
            key=lambda e: (
                (last, e) not in follows,
                run.skeleton.events[e].thread != thread,
                left[e],
            ),
        )
        thread = run.skeleton.events[last].thread
        done.append(last)
        del left[last]
    return tuple(done)
