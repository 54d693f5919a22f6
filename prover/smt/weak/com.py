"""Communication under a weak memory model: rf, co and fr between nodes, as literals.

Coherence is one strict order of events (``co<e>``), so that fr and co between two events are
each one comparison.  Events of one thread at one place follow program order there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dsl.frozen import Frozen
from prover.execution import skeleton as sk
from prover.execution.execution import INITIAL
from prover.execution.nodes import Node
from prover.execution.terms import Term
from prover.smt.locks import Taking, conflict, taken, takings
from prover.smt.logic import FALSE, Lit, neg
from prover.smt.memory import effective, performs, same_location
from prover.smt.weak.frame import WeakFrame
from prover.smt.weak.links import Link
from prover.smt.weak.srcu import srcu_order, stores_that_look

LOCKING = (sk.Request, sk.Grant, sk.Try, sk.Unlock, sk.LockState)
"""Events that touch a lock."""


class Communication(Frozen, frozen=True):
    """``rf``, ``fr`` and ``co`` as links; ``handoffs`` lead from an unlock to a later lock."""

    rf: tuple[Link, ...]
    fr: tuple[Link, ...]
    co: tuple[Link, ...]
    handoffs: tuple[Link, ...]


def communication(frame: WeakFrame) -> Communication:
    """Everything that can communicate in some execution."""
    _program_order_at_one_place(frame)
    rf, co = list(_reads_from(frame)), [*_coherence(frame), *stores_that_look(frame)]
    fr = [*_from_reads(frame), *_own_overwrites(frame)]
    fr.extend(srcu_order(frame))
    handoffs = list(_handoffs(frame))
    looks = list(_looks(frame))
    rf.extend(link for what, link in looks if what == "rf")
    fr.extend(link for what, link in looks if what == "fr")
    rf.extend(_edges(frame))
    return Communication(tuple(rf), tuple(fr), tuple(co), tuple(handoffs))


# --- po-loc


def _program_order_at_one_place(frame: WeakFrame) -> None:
    """Events of one thread at one place are coherent in program order."""
    skeleton, logic = frame.skeleton, frame.logic
    accesses: dict[int, list[tuple[Term, str]]] = {}
    # A store to one half only looks at the other, and notes what the word has become: it is no
    # access of that half, or two halves would be one location.
    for read in skeleton.reads:
        if not (read.ghost and frame.nodes.of_event.get(read.event)):
            accesses.setdefault(read.event, []).append((read.address, read.part))
    for write in skeleton.writes:
        if write.part != "shadow":
            accesses.setdefault(write.event, []).append((write.address, write.part))
    for event in skeleton.events:
        if isinstance(event.action, LOCKING):
            accesses.setdefault(event.number, []).append((event.action.address, "whole"))
    logic.label = "program order at one place"
    for thread in skeleton.threads:
        seen: dict[str, dict[Term, int]] = {}
        for number in thread.events:
            if frame.reached(number) == FALSE:
                continue
            for address, part in dict.fromkeys(accesses.get(number, ())):
                earlier = seen.setdefault(part, {})
                for other, last in earlier.items():
                    if last == number:
                        continue
                    same = frame.same_place(other, address)
                    if same != FALSE:
                        logic.clause(neg(same), frame.coherence(last, number))
            for address, part in accesses.get(number, ()):
                seen[part][address] = number

    _created_at_one_place(frame, accesses)
    _handlers_at_one_place(frame, accesses)


def _created_at_one_place(frame: WeakFrame, accesses: dict[int, list[tuple[Term, str]]]) -> None:
    """What comes before a callback or a handler by its creation, or after it, is coherent so.

    The literal of coherence is a constant there; the integers, from which an execution is read,
    must agree with it.
    """
    skeleton, order = frame.skeleton, frame.order
    frame.logic.label = "creation order at one place"
    for thread in skeleton.threads:
        if order.parent[thread.number] < 0:
            continue
        for number in thread.events:
            for other in accesses if frame.reached(number) != FALSE else ():
                if order.place[other][0] == thread.number or number not in accesses:
                    continue
                known = order.created_before(other, number)
                if known is None or frame.reached(other) == FALSE:
                    continue
                same = _same_place(frame, accesses[other], accesses[number])
                if same != FALSE:
                    first = (other, number) if known else (number, other)
                    frame.logic.clause(neg(same), frame.coherence(*first))


def _handlers_at_one_place(frame: WeakFrame, accesses: dict[int, list[tuple[Term, str]]]) -> None:
    """A handler's accesses stand between those of its host."""
    logic = frame.logic
    for handler, gaps in frame.gaps.items():
        thread = frame.skeleton.threads[handler]
        for number in thread.events:
            for other in frame.skeleton.threads[thread.host].events:
                same = _same_place(frame, accesses.get(number, ()), accesses.get(other, ()))
                if same == FALSE:
                    continue
                index = frame.order.place[other][1]
                for k, lit in gaps:
                    first = (other, number) if index < k else (number, other)
                    logic.clause(neg(lit), neg(same), frame.coherence(*first))
    for (one, two), lit in frame.turns.items():
        for number in frame.skeleton.threads[one].events:
            for other in frame.skeleton.threads[two].events:
                same = _same_place(frame, accesses.get(number, ()), accesses.get(other, ()))
                if same != FALSE:
                    logic.clause(neg(lit), neg(same), frame.coherence(number, other))
                    logic.clause(lit, neg(same), frame.coherence(other, number))


def _same_place(
    frame: WeakFrame, one: Iterable[tuple[Term, str]], two: Iterable[tuple[Term, str]]
) -> Lit:
    """Whether two events' accesses go to one place."""
    return frame.logic.any_of(
        frame.same_place(address, place)
        for address, part in one
        for place, other_part in two
        if part == other_part
    )


# --- accesses


def _reads_from(frame: WeakFrame) -> Iterator[Link]:
    """rf: the source that each read picks."""
    for number, picks in frame.picks.items():
        read = frame.skeleton.reads[number]
        target = frame.nodes.read(read.event)
        if read.ghost or target is None:
            continue
        for write, lit in picks:
            if write != INITIAL:
                source = frame.nodes.write(frame.skeleton.writes[write].event)
                if source is not None and source.event != target.event:
                    yield Link(source, target, lit)


def _from_reads(frame: WeakFrame) -> Iterator[Link]:
    """fr: a read, and a write that is coherent after it."""
    logic, skeleton = frame.logic, frame.skeleton
    for number in frame.picks:
        read = skeleton.reads[number]
        source = frame.nodes.read(read.event)
        if read.ghost or source is None:
            continue
        # Also where poison was read, which ends the thread.
        there = performs(frame, read.event)
        for write in frame.domains.sources[number]:
            access = skeleton.writes[write]
            target = frame.nodes.write(access.event)
            if target is None or access.event == read.event:
                continue
            parts = (there, effective(frame, write), same_location(frame, write, read))
            lit = logic.all_of((*parts, frame.coherent(read.event, access.event)))
            if lit != FALSE:
                yield Link(source, target, lit)


def _own_overwrites(frame: WeakFrame) -> Iterator[Link]:
    """Fr within a thread: a read, and a later write of the same thread to the same place."""
    logic, skeleton = frame.logic, frame.skeleton
    writes: dict[int, list[sk.WriteAccess]] = {}
    for write in skeleton.writes:
        writes.setdefault(skeleton.events[write.event].thread, []).append(write)
    for read in skeleton.reads:
        source = frame.nodes.read(read.event)
        if read.ghost or source is None or frame.reached(read.event) == FALSE:
            continue
        for write in writes.get(skeleton.events[read.event].thread, ()):
            target = frame.nodes.write(write.event)
            if target is None or write.event <= read.event or write.part != read.part:
                continue
            parts = (
                frame.there(source),
                effective(frame, write.number),
                frame.same_place(read.address, write.address),
            )
            lit = logic.all_of(parts)
            if lit != FALSE:
                yield Link(source, target, lit)


def _coherence(frame: WeakFrame) -> Iterator[Link]:
    """co: of two writes to one place the one that is coherent before."""
    logic, skeleton = frame.logic, frame.skeleton
    writes = [
        w for w in skeleton.writes if effective(frame, w.number) != FALSE and w.part != "shadow"
    ]
    for i, one in enumerate(writes):
        source = frame.nodes.write(one.event)
        if source is None:
            continue
        for two in writes[i + 1 :]:
            target = frame.nodes.write(two.event)
            if target is None or one.part != two.part or one.event == two.event:
                continue
            same = frame.same_place(one.address, two.address)
            if same == FALSE:
                continue
            both = logic.all_of((effective(frame, one.number), effective(frame, two.number), same))
            for a, b in ((source, target), (target, source)):
                lit = logic.all_of((both, frame.coherent(a.event, b.event)))
                if lit != FALSE:
                    yield Link(a, b, lit)


# --- locks


def _unlocks(frame: WeakFrame) -> list[tuple[sk.Event, sk.Unlock]]:
    return [
        (event, event.action)
        for event in frame.skeleton.events
        if isinstance(event.action, sk.Unlock) and frame.reached(event.number) != FALSE
    ]


def _handoffs(frame: WeakFrame) -> Iterator[Link]:
    """From each unlock to each conflicting lock of the same lock that comes later."""
    logic = frame.logic
    found = takings(frame)
    for event, action in _unlocks(frame):
        source = frame.nodes.write(event.number)
        assert source is not None
        for taking in found:
            if taking.kind != action.kind or not conflict(taking.mode, action.mode):
                continue
            same = frame.same_place(taking.address, action.address)
            target = frame.nodes.read(taking.event)
            if same == FALSE or target is None:
                continue
            lit = logic.all_of(
                (
                    frame.acts(event.number),
                    taken(frame, taking),
                    same,
                    frame.coherent(event.number, taking.event),
                )
            )
            if lit != FALSE:
                yield Link(source, target, lit)


def _looks(frame: WeakFrame) -> Iterator[tuple[str, Link]]:
    """What a trylock refused, a look at a lock, an unlock of a folio read; what overwrites it."""
    logic = frame.logic
    found = takings(frame)
    unlocks = _unlocks(frame)
    for event in frame.skeleton.events:
        action = event.action
        if not isinstance(action, sk.Try | sk.Unlock | sk.LockState):
            continue
        node = frame.nodes.read(event.number)
        there = _looks_only(frame, event)
        if node is None or there == FALSE:
            continue
        writes = list(_stores(frame, action, event.number, found, unlocks))
        for write, lit in writes:
            later = logic.all_of((there, lit, frame.coherent(event.number, write.event)))
            if later != FALSE:
                yield "fr", Link(node, write, later)
            earlier = frame.coherent(write.event, event.number)
            hidden = [
                logic.all_of(
                    (
                        other_lit,
                        frame.coherent(write.event, other.event),
                        frame.coherent(other.event, event.number),
                    )
                )
                for other, other_lit in writes
                if other.event != write.event
            ]
            source = logic.all_of((there, lit, earlier, *(neg(h) for h in hidden)))
            if source != FALSE:
                yield "rf", Link(write, node, source)


def _looks_only(frame: WeakFrame, event: sk.Event) -> Lit:
    """Whether an event looks at a lock without taking it; an unlock of a folio lock does too."""
    if frame.reached(event.number) == FALSE:
        return FALSE
    match event.action:
        case sk.Unlock(kind="folio"):
            return performs(frame, event.number)
        case sk.Try():
            taken = frame.outcome(event.number, "taken")
            return frame.logic.all_of((frame.ok(event.number), neg(taken)))
        case sk.LockState():
            return frame.ok(event.number)
        case _:
            return FALSE


def _stores(
    frame: WeakFrame,
    action: sk.Try | sk.Unlock | sk.LockState,
    event: int,
    found: list[Taking],
    unlocks: list[tuple[sk.Event, sk.Unlock]],
) -> Iterator[tuple[Node, Lit]]:
    """The stores to a lock, each with the literal that it is made."""
    for taking in found:
        node = frame.nodes.write(taking.event)
        if isinstance(frame.skeleton.events[taking.event].action, sk.Unlock):
            continue  # a Downgrade: one of the unlocks
        if taking.kind == action.kind and taking.event != event and node is not None:
            same = frame.same_place(taking.address, action.address)
            lit = frame.logic.all_of((taken(frame, taking), same))
            if lit != FALSE:
                yield node, lit
    for other, unlock in unlocks:
        node = frame.nodes.write(other.number)
        if unlock.kind == action.kind and other.number != event and node is not None:
            same = frame.same_place(unlock.address, action.address)
            lit = frame.logic.all_of((frame.acts(other.number), same))
            if lit != FALSE:
                yield node, lit


# --- orders that are no memory


def _edges(frame: WeakFrame) -> Iterator[Link]:
    """IPIs and rcu_barrier(): a release read by an acquire."""
    for one, two, lit in frame.edges:
        source, target = frame.nodes.write(one), frame.nodes.read(two)
        assert source is not None
        assert target is not None
        if lit != FALSE:
            yield Link(source, target, lit)
