"""Grace periods, ``rcu_barrier()`` and IPIs in a candidate.

The law of grace periods as sequential consistency reads it: a wait that starts while a section
is open does not end before the section has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prover.execution import skeleton as sk
from prover.execution.construct.strand import SPINNING
from prover.execution.enumerate.order import ImpossibleError, Order
from prover.execution.enumerate.values import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prover.execution.domains import Place
    from prover.execution.enumerate.candidate import Candidate
    from prover.execution.terms import Term


CONTEXTS = {"callback": "bh", "handler": "irq"}
"""The section that a thread of each kind is in from its start to its end."""


@dataclass(frozen=True, slots=True)
class Region:
    """A section from event ``start`` to event ``end`` (-1: it never ends).

    ``kind`` is rcu, irq, preempt, bh, lock or srcu, which has a ``domain``.
    """

    thread: int
    kind: str
    start: int
    end: int
    domain: Place | None = None


def find_regions(c: Candidate) -> list[Region]:
    """Every section that is begun; needs :attr:`Candidate.held`.

    A callback runs with softirqs off, a handler with interrupts off, from its start to its end.
    Sections in which nothing happens are left out: they may as well end as they start.
    """
    found: list[Region] = []
    for number in sorted(c.happened):
        event = c.skeleton.events[number]
        action = event.action
        if isinstance(action, sk.SectionStart) and c.values.holds(action.outer):
            found.append(Region(event.thread, action.kind, number, _end(c, number, action.kind)))
        if isinstance(action, sk.Begin):
            kind = CONTEXTS.get(c.skeleton.threads[event.thread].kind)
            if kind is not None:
                found.append(Region(event.thread, kind, number, _end(c, number, kind)))
    found.extend(
        Region(h.thread, "lock", h.taken, h.released) for h in c.held if h.kind in SPINNING
    )
    found.extend(_readers(c))
    return [one for one in found if one.kind in ("lock", "srcu") or not _empty(c, one)]


def _readers(c: Candidate) -> Iterator[Region]:
    """The readers of SRCU domains, each with the one event that ends it."""
    ends: dict[int, int] = {}
    for number in sorted(c.happened):
        action = c.skeleton.events[number].action
        if isinstance(action, sk.SrcuEnd):
            ends.update((s, number) for s, when in action.closes if c.values.holds(when))
    for number in sorted(c.happened):
        event = c.skeleton.events[number]
        if isinstance(event.action, sk.SrcuStart):
            domain = domain_at(c, event.action.address)
            yield Region(event.thread, "srcu", number, ends.get(number, -1), domain)


def domain_at(c: Candidate, address: Term | None) -> Place | None:
    """The SRCU domain at an address, None for RCU."""
    return None if address is None else place_of(c.values, address, "whole")


def _empty(c: Candidate, region: Region) -> bool:
    """Whether nothing that others can notice happens in a section that ends."""
    if region.end < 0:
        return False
    events = c.skeleton.threads[region.thread].events
    inside = events[c.facts.place[region.start][1] + 1 : c.facts.place[region.end][1]]
    return all(
        number not in c.happened or isinstance(c.skeleton.events[number].action, sk.Local)
        for number in inside
    )


def _end(c: Candidate, start: int, kind: str) -> int:
    """Where a section begun at ``start`` ends: its thread's first end of that kind, or its own."""
    thread, index = c.facts.place[start]
    events = c.skeleton.threads[thread].events
    for number in events[index + 1 :]:
        action = c.skeleton.events[number].action
        if number in c.happened and isinstance(action, sk.SectionEnd) and action.kind == kind:
            if c.values.holds(action.outer):
                return number
    ends = CONTEXTS.get(c.skeleton.threads[thread].kind) == kind and events[-1] in c.happened
    return events[-1] if ends else -1


def return_rules(c: Candidate, order: Order) -> None:
    """Raises ImpossibleError where an IPI's sender would not have waited for its handlers."""
    for number in c.happened:
        action = c.skeleton.events[number].action
        if isinstance(action, sk.IpiEnd):
            for handler in sk.waited_on(c.skeleton, action):
                if action.by < 0:
                    _after_end(c, order, handler, number)
                elif begun(c, handler):
                    order.require("return", c.skeleton.threads[handler].events[0], number)
                else:
                    raise ImpossibleError


def wait_rules(c: Candidate, order: Order) -> None:
    """Raises ImpossibleError where a wait would have been over too early."""
    found = c.regions
    for number in c.happened:
        event = c.skeleton.events[number]
        match event.action:
            case sk.GraceEnd(start=start):
                _grace(order, waited_for(c, start), start, number)
            case sk.BarrierEnd(start=start):
                for callback in queued_before(c, order, start):
                    _after_end(c, order, callback, number)
            case sk.Begin():
                thread = c.skeleton.threads[event.thread]
                if thread.kind in ("callback", "page"):
                    _grace(order, waited_for(c, thread.parent), thread.parent, number)
                elif thread.kind == "handler":
                    _interrupt(c, order, found, thread)
            case _:
                pass


def waited_for(c: Candidate, start: int) -> tuple[Region, ...]:
    """The sections of the kind that a grace period begun at ``start`` waits for."""
    action = c.skeleton.events[start].action
    assert isinstance(action, sk.GraceStart | sk.Queue | sk.Deallocate)
    domain = None if isinstance(action, sk.Deallocate) else domain_at(c, action.domain)
    return tuple(region for region in c.regions if region.domain == domain)


def _grace(order: Order, found: tuple[Region, ...], start: int, end: int) -> None:
    """A grace period from ``start`` to ``end`` against every section."""
    for region in found:
        if region.end >= 0 and order.has(region.end, end):
            continue
        if region.end < 0:
            order.require("section", start, region.start)
        elif order.before("section", region.start, start):
            order.require("section", region.end, end)


def queued_before(c: Candidate, order: Order, start: int) -> list[int]:
    """The callbacks queued when the ``rcu_barrier()`` of event ``start`` is called."""
    found: list[int] = []
    begun = c.skeleton.events[start].action
    assert isinstance(begun, sk.BarrierStart)
    domain = domain_at(c, begun.domain)
    for number in sorted(c.happened):
        action = c.skeleton.events[number].action
        if not isinstance(action, sk.Queue) or domain_at(c, action.domain) != domain:
            continue
        if order.before("barrier", number, start):
            found.append(action.callback)
    return found


def ended(c: Candidate, thread: int) -> bool:
    """Whether a thread has run to its end."""
    return c.skeleton.threads[thread].events[-1] in c.happened


def begun(c: Candidate, thread: int) -> bool:
    """Whether a thread has started."""
    return c.skeleton.threads[thread].events[0] in c.happened


def _after_end(c: Candidate, order: Order, thread: int, event: int) -> None:
    """An event comes after the end of a thread."""
    if not ended(c, thread):
        raise ImpossibleError
    order.require("return", c.skeleton.threads[thread].events[-1], event)


# --- interrupts ------------------------------------------------------------------------------


def _interrupt(c: Candidate, order: Order, found: tuple[Region, ...], handler: sk.Thread) -> None:
    """A handler runs outside its host's irq-off regions, and nothing else runs there meanwhile."""
    begin = handler.events[0]
    for region in found:
        if region.thread == handler.host and region.kind == "irq":
            if region.end < 0:
                order.require("irq", begin, region.start)
            elif order.before("irq", region.start, begin):
                order.require("irq", region.end, begin)
    for other in c.skeleton.threads:
        alike = other.kind == "handler" and other.host == handler.host
        idle = len(handler.events) == len(other.events) == 2
        if alike and other.number > handler.number and begun(c, other.number) and not idle:
            _one_by_one(c, order, handler, other)
    if len(handler.events) > 2:
        _alone(c, order, handler)


def _last(c: Candidate, handler: sk.Thread) -> int:
    """Where a handler stops standing in others' way: at its end, or where all is over; else -1."""
    over = [n for n in handler.events if n in c.violated]
    return handler.events[-1] if handler.events[-1] in c.happened else next(iter(over), -1)


def _one_by_one(c: Candidate, order: Order, one: sk.Thread, two: sk.Thread) -> None:
    """Two handlers of one host do not overlap."""
    last_one, last_two = _last(c, one), _last(c, two)
    if last_one < 0 and last_two < 0:
        raise ImpossibleError
    first = last_two < 0 or (last_one >= 0 and order.before("irq", one.events[0], two.events[0]))
    last, begin = (last_one, two.events[0]) if first else (last_two, one.events[0])
    order.require("irq", last, begin)


def _alone(c: Candidate, order: Order, handler: sk.Thread) -> None:
    """The host makes no step while a handler runs on it."""
    begin, last = handler.events[0], _last(c, handler)
    for number in c.skeleton.threads[handler.host].events:
        if number not in c.violated and (number not in c.happened or _silent(c, number)):
            continue
        if last < 0:
            order.require("irq", number, begin)
        elif not order.before("irq", number, begin):
            order.require("irq", last, number)


def _silent(c: Candidate, number: int) -> bool:
    """Whether an event that happened could as well have happened right after the one before."""
    event = c.skeleton.events[number]
    if c.skeleton.threads[event.thread].kind != "actor":
        return False
    return isinstance(event.action, sk.Begin | sk.Local | sk.Ended)
