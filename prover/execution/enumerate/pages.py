"""Slots of typesafe pools in a candidate: their pointers are of no life, and their pages may go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prover.execution import skeleton as sk
from prover.execution.enumerate.order import ImpossibleError, Order
from prover.execution.hazards import address_of
from prover.graph.values import Pointer

if TYPE_CHECKING:
    from prover.execution.enumerate.candidate import Candidate


def typesafe(c: Candidate, event: sk.Event) -> bool:
    """Whether an event touches, or frees, a slot of a typesafe pool."""
    slot = slot_of(c, event)
    return bool(slot) and c.skeleton.layout.regions[slot].typesafe


def slot_of(c: Candidate, event: sk.Event) -> str:
    """The object that an event touches or frees, "" for none."""
    action = event.action
    term = action.pointer if isinstance(action, sk.Deallocate | sk.GiveBack) else address_of(event)
    pointer = None if term is None else c.values.value(term)
    return pointer.base.object if isinstance(pointer, Pointer) and pointer.base else ""


def pages_of(c: Candidate, slot: str) -> list[int]:
    """The events that give back the page of a slot."""
    events = c.skeleton.events
    return [
        page for page in c.facts.pages if page in c.happened and slot_of(c, events[page]) == slot
    ]


def is_over(c: Candidate, order: Order, end: int, event: sk.Event) -> bool:
    """Whether what a free, or a page given back, has ended is still over when an event comes."""
    if not order.before("life", end, event.number):
        return False
    return not typesafe(c, event) or not _again(c, order, slot_of(c, event), end, event.number)


def _again(c: Candidate, order: Order, slot: str, one: int, two: int) -> bool:
    """Whether a slot is given out between two events."""
    return any(
        order.before("life", one, alloc) and order.before("life", alloc, two)
        for alloc, taken in c.allocated.items()
        if taken == slot and alloc not in (one, two)
    )


def page_rules(c: Candidate, order: Order) -> None:
    """Raises ImpossibleError where a page goes though its slot has been given out again."""
    for page in c.facts.pages:
        if page not in c.happened:
            continue
        event = c.skeleton.events[page]
        assert isinstance(event.action, sk.GiveBack)
        if _again(c, order, slot_of(c, event), event.action.free, page):
            raise ImpossibleError
