"""Claims made wrong in what is waited for, where handlers run, and what allocs give."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product

from dsl.frozen import replace
from prover.execution import skeleton as sk
from prover.execution.claim import Claim
from prover.execution.execution import INITIAL
from prover.execution.weak.law import Law, Section
from prover.graph.values import Pointer
from tests.weak.right import Right
from tests.weak.wrong import (
    OF_MEMORY,
    OF_ORDER,
    THIN_AIR,
    Corruption,
    allocated,
    deciding,
    in_program_order,
)
from tests.weak.wrong_locks import OF_LOCKS

# --- waits


def without(claim: Claim, *events: int) -> Claim:
    """The claim in which some waits are not over."""
    return replace(claim, granted=claim.granted - {*events})


def blocking(right: Right, thread: sk.Thread) -> list[int]:
    """Where a thread has waited once it had begun."""
    return [e for e in thread.events[1:] if e in right.claim.granted & right.run.happened]


def awaited(right: Right) -> Iterator[sk.Thread]:
    """The handlers and callbacks that somebody has waited for."""
    events, threads = right.skeleton.events, right.skeleton.threads
    for number in sorted(right.run.happened):
        match events[number].action:
            case sk.IpiEnd(by=by) as action if by < 0:
                yield from (threads[handler] for handler in sk.waited_on(right.skeleton, action))
            case sk.BarrierEnd(start=start):
                begun = events[start].action
                assert isinstance(begun, sk.BarrierStart)
                for thread in threads:
                    if thread.kind == "callback" and in_program_order(right, thread.parent, start):
                        queue = events[thread.parent].action
                        assert isinstance(queue, sk.Queue)
                        if domain(right, queue.domain) == domain(right, begun.domain):
                            yield thread
            case _:
                pass


def domain(right: Right, address: object) -> object:
    """The SRCU domain at an address; None for RCU."""
    return None if address is None else right.run.values.value(address)  # type: ignore[arg-type]


def waited_for_but_never_begun(right: Right) -> Iterator[Claim]:
    """Waiting for a handler or a callback is over once it has run, or has begun for the next IPI."""
    for thread in (*awaited(right), *begun_for_the_next(right)):
        yield without(right.claim, *thread.events)


def begun_for_the_next(right: Right) -> Iterator[sk.Thread]:
    """The handlers that have begun, as the same CPU was to be interrupted once more."""
    for number in sorted(right.run.happened):
        action = right.skeleton.events[number].action
        if isinstance(action, sk.IpiEnd) and action.by >= 0:
            for handler in sk.waited_on(right.skeleton, action):
                yield right.skeleton.threads[handler]


def barrier_that_misses_a_callback(right: Right) -> Iterator[Claim]:
    """A barrier waits for what was queued before a release that was acquired before it."""
    early = min(right.claim.position.values(), default=0) - 1
    stores = [n.number for n in right.nodes.nodes if n.role == "access" and n.order == "once"]
    for thread in _queued_by_others(right):
        claim = without(right.claim, *thread.events)
        yield claim
        # One step before the barrier is late, others are not.
        yield replace(claim, position={**claim.position, **dict.fromkeys(stores, early)})


def barrier_behind_a_grace_period_that_misses_a_callback(right: Right) -> Iterator[Claim]:
    """A barrier waits for what was queued in a section that a grace period before it waited for."""
    late = max(right.claim.position.values(), default=0) + 1
    happened = right.run.happened
    graces = [e for e in right.skeleton.events if isinstance(e.action, sk.GraceEnd)]
    starts = [e.number for e in right.skeleton.events if isinstance(e.action, sk.BarrierStart)]
    for thread, grace, start in product(right.skeleton.threads, graces, starts):
        assert isinstance(grace.action, sk.GraceEnd)
        if thread.kind != "callback" or not in_program_order(right, grace.number, start):
            continue
        for section in Law(right.run).sections():
            came = {thread.parent, thread.events[-1], start} <= happened
            inside = in_program_order(right, section.start, thread.parent)
            first = right.claim.first.get((section.start, grace.action.start), False)
            if came and inside and first and in_program_order(right, thread.parent, section.end):
                claim = without(right.claim, *thread.events)
                yield claim
                for node in right.nodes.of_event[thread.parent]:
                    yield replace(claim, position={**claim.position, node.number: late})


def barrier_said_to_be_early(right: Right) -> Iterator[Claim]:
    """The same, and it is said to begin before the callback was queued."""
    late = max(right.claim.position.values(), default=0) + 1
    for thread in _queued_by_others(right):
        claim = without(right.claim, *thread.events)
        for node in right.nodes.of_event[thread.parent]:
            yield replace(claim, position={**claim.position, node.number: late})


def _queued_by_others(right: Right) -> Iterator[sk.Thread]:
    """Callbacks queued before a release that is acquired before a barrier."""
    events = right.skeleton.events
    for barrier in right.skeleton.events:
        if (
            not isinstance(barrier.action, sk.BarrierEnd)
            or barrier.number not in right.run.happened
        ):
            continue
        for thread in right.skeleton.threads:
            if thread.kind != "callback" or thread.events[-1] not in right.run.happened:
                continue
            for read in right.skeleton.reads:
                source = right.claim.rf.get(read.number, INITIAL)
                if source == INITIAL or not in_program_order(
                    right, read.event, barrier.action.start
                ):
                    continue
                store = right.skeleton.writes[source].event
                orders = [getattr(events[e].action, "order", "") for e in (store, read.event)]
                if orders == ["release", "acquire"] and in_program_order(
                    right, thread.parent, store
                ):
                    yield thread


def goes_on_and_never_came_there(right: Right) -> Iterator[Claim]:
    """Who waits no more has come to where it waited."""
    for thread in right.skeleton.threads:
        for event in blocking(right, thread):
            for earlier in thread.events[: thread.events.index(event)]:
                if earlier in right.claim.granted:
                    yield without(right.claim, earlier)


def waited_for_but_never_ended(right: Right) -> Iterator[Claim]:
    """Waiting for a handler or a callback is over once it has come to its end."""
    for thread in awaited(right):
        for event in blocking(right, thread):
            yield without(right.claim, event)


def section_that_never_ends(right: Right) -> Iterator[Claim]:
    """A grace period does not end before a section that began before it."""
    law = Law(right.run)
    for start, end, where in waits(right):
        for section in law.sections():
            if not delays(section, where) or right.order.before(end, section.start):
                continue
            own = right.skeleton.threads[section.thread].events
            inside = [
                e
                for e in blocking(right, right.skeleton.threads[section.thread])
                if own.index(section.start) < own.index(e)
                and (section.end not in own or own.index(e) < own.index(section.end))
            ]
            if section.thread == right.skeleton.events[end].thread:
                continue
            for event in inside:
                claim = without(right.claim, event)
                yield replace(claim, first={**claim.first, (section.start, start): True})


def waits(right: Right) -> Iterator[tuple[int, int, object]]:
    """Grace periods that are over: where each began, what it kept waiting, of which domain."""
    for event in right.skeleton.events:
        match event.action:
            case sk.GraceStart(end=end, domain=where) if end in right.run.happened:
                yield event.number, end, domain(right, where)
            case sk.Queue(callback=callback, domain=where) if event.number in right.run.happened:
                begin = right.skeleton.threads[callback].events[0]
                if begin in right.run.happened:
                    yield event.number, begin, domain(right, where)
            case _:
                pass


def delays(section: Section, where: object) -> bool:
    """Whether a grace period of a domain, or of RCU, waits for a section."""
    if where is None:
        return section.kind != "srcu"
    assert isinstance(where, Pointer)
    return section.kind == "srcu" and section.domain == where.location


# --- handlers


def handlers(right: Right) -> list[sk.Thread]:
    """The handlers that have run."""
    threads = right.skeleton.threads
    return [t for t in threads if t.kind == "handler" and t.events[0] in right.run.happened]


def handler_where_interrupts_are_off(right: Right) -> Iterator[Claim]:
    """A handler runs where its host takes interrupts."""
    for thread in handlers(right):
        own = right.skeleton.threads[thread.host].events
        for section in Law(right.run).sections():
            if section.thread == thread.host and section.kind == "irq":
                start, end = own.index(section.start), own.index(section.end)
                for gap in {start + 1, end}:
                    yield replace(right.claim, gaps={**right.claim.gaps, thread.number: gap})


def handler_that_runs_nowhere(right: Right) -> Iterator[Claim]:
    """A handler that has run did so somewhere."""
    for thread in handlers(right):
        gaps = {h: gap for h, gap in right.claim.gaps.items() if h != thread.number}
        yield replace(right.claim, gaps=gaps)


def host_goes_on_in_a_handler(right: Right) -> Iterator[Claim]:
    """While a handler runs its host does not."""
    for thread in handlers(right):
        host = right.skeleton.threads[thread.host].events
        gap = right.claim.gaps[thread.number]
        for event in blocking(right, thread):
            if any(e in right.run.happened for e in host[gap:]):
                yield without(right.claim, event)


def handler_in_a_handler(right: Right) -> Iterator[Claim]:
    """A handler begins once the one before it on its CPU has ended."""
    claim = right.claim
    for one, two in permutations(handlers(right), 2):
        if one.host != two.host:
            continue
        for event in blocking(right, one):
            host = right.skeleton.threads[one.host].events
            for gap in range(len(host)):
                steps = claim.steps - {*host[gap:]}
                for later in (gap, gap + 1):
                    gaps = {**claim.gaps, one.number: gap, two.number: later}
                    pair = min(one.number, two.number), max(one.number, two.number)
                    turns = {**claim.turns, pair: one.number < two.number}
                    yield replace(without(claim, event), steps=steps, gaps=gaps, turns=turns)


# --- pools


def slot_given_twice(right: Right) -> Iterator[Claim]:
    """A slot is given again once it has been freed."""
    regions = right.skeleton.layout.regions
    events = right.skeleton.events
    positions = right.claim.position.values()
    early, late = min(positions, default=0) - 3, max(positions, default=0) + 1
    for (one, slot), (two, _) in permutations(allocated(right).items(), 2):
        assert slot.base is not None
        region = regions[slot.base.object]
        if events[one].thread == events[two].thread or region.pool != pool(right, two):
            continue
        frees = [e.number for e in events if isinstance(e.action, sk.Deallocate)]
        position = dict(right.claim.position)
        for event, place in ((one, early), (two, early + 2), *((f, late) for f in frees)):
            for index, node in enumerate(right.nodes.of_event[event]):
                position[node.number] = place + index
        given = Pointer(sk.life(region, two), ())
        yield replace(deciding(right.claim, slots={two: given}), position=position)


def slot_given_twice_at_once(right: Right) -> Iterator[Claim]:
    """The same, of two that keep it, where neither alloc comes before the other."""
    regions = right.skeleton.layout.regions
    for (one, slot), other in product(allocated(right).items(), right.skeleton.events):
        assert slot.base is not None
        region, two = regions[slot.base.object], other.number
        level = isinstance(other.action, sk.Allocate) and two in right.run.happened
        if not level or other.thread == right.skeleton.events[one].thread or region.typesafe:
            continue
        if region.pool != pool(right, two) or any(
            isinstance(e.action, sk.Deallocate) for e in right.skeleton.events
        ):
            continue
        position = dict(right.claim.position)
        for index in range(2):
            for event in (one, two):
                position[right.nodes.of_event[event][index].number] = index
        given = Pointer(sk.life(region, two), ())
        yield replace(deciding(right.claim, slots={two: given}), position=position)


def pool(right: Right, alloc: int) -> str:
    """The pool of an alloc."""
    action = right.skeleton.events[alloc].action
    assert isinstance(action, sk.Allocate)
    return action.pool


def alloc_that_overlooks_a_slot(right: Right) -> Iterator[Claim]:
    """An alloc fails where there is no slot; there was one."""
    for alloc in allocated(right):
        old = right.claim.decisions
        slots = {other: slot for other, slot in old.slots.items() if other != alloc}
        yield replace(right.claim, decisions=replace(old, slots=slots))


def alloc_of_another_pool(right: Right) -> Iterator[Claim]:
    """An alloc gives a slot of its pool."""
    for alloc in allocated(right):
        for region in right.skeleton.layout.regions.values():
            if region.pool != pool(right, alloc):
                given = Pointer(sk.life(region, alloc), ())
                yield deciding(right.claim, slots={alloc: given})


def alloc_of_an_old_life(right: Right) -> Iterator[Claim]:
    """An alloc begins a life of its own."""
    for one, two in permutations(allocated(right).items(), 2):
        assert two[1].base is not None
        region = right.skeleton.layout.regions[two[1].base.object]
        if not region.typesafe:
            yield deciding(right.claim, slots={one[0]: two[1]})


def page_of_a_slot_in_use(right: Right) -> Iterator[Claim]:
    """The page of a slot is not given back once the slot has been given out again."""
    late = max(right.claim.position.values(), default=0) + 1
    for event in right.skeleton.events:
        if not isinstance(event.action, sk.GiveBack):
            continue
        free, thread = event.action.free, right.skeleton.threads[event.thread]
        for alloc in allocated(right):
            if in_program_order(right, free, alloc) and free in right.run.happened:
                (node,) = right.nodes.of_event[event.number]
                yield replace(
                    right.claim,
                    granted=right.claim.granted | {thread.events[0]},
                    position={**right.claim.position, node.number: late},
                )


OF_WAITS = (
    Corruption(waited_for_but_never_begun, "was not waited for", THIN_AIR),
    Corruption(barrier_that_misses_a_callback, "was not waited for", THIN_AIR),
    Corruption(
        barrier_behind_a_grace_period_that_misses_a_callback, "was not waited for", THIN_AIR
    ),
    Corruption(barrier_said_to_be_early, "axiom (happens-before|total-store-order)", THIN_AIR),
    Corruption(goes_on_and_never_came_there, "goes on and is not reached", THIN_AIR),
    Corruption(waited_for_but_never_ended, "was not waited for", THIN_AIR),
    Corruption(section_that_never_ends, "never ended", f"was not waited for|{THIN_AIR}"),
    Corruption(handler_where_interrupts_are_off, "runs with interrupts off"),
    Corruption(handler_that_runs_nowhere, "runs nowhere"),
    Corruption(host_goes_on_in_a_handler, "goes on while", f"was not waited for|{THIN_AIR}"),
    Corruption(handler_in_a_handler, "begins while", f"goes on while|{THIN_AIR}"),
)
OF_POOLS = (
    Corruption(
        slot_given_twice, "has two lives at once|is given out twice", f"overlooks|{THIN_AIR}"
    ),
    Corruption(slot_given_twice_at_once, "has two lives at once", THIN_AIR),
    Corruption(alloc_that_overlooks_a_slot, "overlooks a free slot", f"not reached|{THIN_AIR}"),
    Corruption(alloc_of_another_pool, "is no slot", f"overlooks|not reached|{THIN_AIR}"),
    Corruption(alloc_of_an_old_life, "is no slot", f"overlooks|{THIN_AIR}"),
    Corruption(page_of_a_slot_in_use, "has been given out again"),
)

CORRUPTIONS = (*OF_MEMORY, *OF_ORDER, *OF_LOCKS, *OF_WAITS, *OF_POOLS)
"""All of them."""
