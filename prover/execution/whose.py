"""Which event a term belongs to: the first that needs its value."""

from __future__ import annotations

from prover.execution import skeleton as sk
from prover.execution.hazards import address_of
from prover.execution.terms import ReadValue, Term, operands


def event_of(skeleton: sk.Skeleton, term: Term) -> sk.Event | None:
    """The read that gives a term, else the first event that something made of it is for.

    None for what no event needs.
    """
    row = skeleton.rows[term]
    if isinstance(row, ReadValue):
        return skeleton.events[skeleton.reads[row.access].event]
    needed: dict[Term, int] = {}
    for event in skeleton.events:
        address = address_of(event)
        roots = [event.guard, *(check.bad for check in event.checks)]
        roots += [] if address is None else [address]
        for root in roots:
            needed.setdefault(root, event.number)
    for write in skeleton.writes:
        needed.setdefault(write.value, write.event)
        needed.setdefault(write.when, write.event)
    made = {term}
    # Whatever a term is made of has a smaller number.
    for later in range(term, len(skeleton.rows)):
        if later in made or not made.isdisjoint(operands(skeleton.rows[later])):
            made.add(Term(later))
    found = [needed[one] for one in made if one in needed]
    return skeleton.events[min(found)] if found else None
