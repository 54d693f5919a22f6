"""Claims in a candidate: invariants after each step that writes, final conditions in the end."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from prover.execution import skeleton as sk
from prover.execution.domains import Place, initial_value
from prover.execution.enumerate.order import Order
from prover.execution.enumerate.stuck import final_value
from prover.execution.enumerate.values import place_of
from prover.execution.evaluate import Unknown
from prover.execution.order import BEFORE_ALL
from prover.execution.terms import Outcome, ReadValue
from prover.graph.values import POISON, Value

if TYPE_CHECKING:
    from prover.execution.enumerate.candidate import Candidate


def broken_finals(c: Candidate) -> list[int]:
    """The threads of the final conditions that do not hold."""
    return [
        t.number
        for t in c.skeleton.threads
        if t.kind == "final" and not _holds(c, t, partial(final_value, c))
    ]


def broken_invariants(c: Candidate, order: Order) -> list[int]:
    """The events after which an invariant does not hold; BEFORE_ALL for the initial state."""
    found: list[int] = []
    for thread in c.skeleton.threads:
        if thread.kind != "invariant":
            continue
        anchor = c.skeleton.events[thread.events[0]].anchor
        if anchor == BEFORE_ALL:
            look = partial(initial_value, c.skeleton.layout)
        elif anchor in c.happened:
            look = partial(_value_after, c, order, anchor)
        else:
            continue
        if not _holds(c, thread, look):
            found.append(anchor)
    return found


def _value_after(c: Candidate, order: Order, moment: int, place: Place) -> Value | None:
    """What a place holds right after an event."""
    for write in reversed(c.co.get(place, ())):
        event = c.skeleton.writes[write].event
        if event == moment or order.before("claim", event, moment):
            return c.written[write]
    return initial_value(c.skeleton.layout, place)


def _holds(c: Candidate, claim: sk.Thread, look: Callable[[Place], Value | None]) -> bool:
    """Whether a claim holds; one that reads poison or through NULL does not."""
    values = c.values.copy()
    try:
        for number in claim.events:
            event = c.skeleton.events[number]
            if not values.holds(event.guard):
                continue
            for read in c.facts.reads.get(number, ()):
                place = place_of(values, read.address, read.part)
                value = None if place is None else look(place)
                if value is None or value == POISON:
                    return False
                values.settle(ReadValue(read.number), value)
            if any(values.holds(check.bad) for check in event.checks):
                return False
            values.settle(Outcome(number, "ok"), 1)
    except (Unknown, TypeError):
        return False
    return True
