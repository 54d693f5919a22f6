"""Which callbacks an rcu_barrier() waited for in a claimed execution.

Of one that somebody else queued it is open which came first.  Where a step that comes before the
barrier executed after it was queued, the barrier began after that and waited; else it did not wait,
and the steps that executed before it was queued are taken to come before.  The steps that come
before the barrier are those of its own thread, and all that a grace period that was over by then
has waited for: steps of readers, and what stood before grace periods.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prover.execution import skeleton as sk
from prover.execution.nodes import nodes
from prover.execution.order import StaticOrder
from prover.execution.weak.run import Run

EXCLUSIVE = (sk.Unlock, sk.Ended)
"""Events whose own stores do not stand before them."""

Precedences = Sequence[tuple[int, int]]
"""What grace periods put in order: before the first event of a pair, behind the second."""


def queued_before(
    run: Run, order: StaticOrder, queue: int, start: int, law: Precedences = ()
) -> bool:
    """Whether a callback was queued before a barrier began."""
    known = order.before(queue, start)
    if known is not None:
        return known
    later = (after > 0 for _, _, after in _steps(run, order, queue, start, law))
    return queue in ahead(run, order, start, law) or any(later)


def passed_over(
    run: Run, order: StaticOrder, queue: int, start: int, law: Precedences = ()
) -> Iterator[tuple[int, int]]:
    """The nodes before a barrier, with that of a callback that it did not wait for."""
    if order.before(queue, start) is None and not queued_before(run, order, queue, start, law):
        found = _steps(run, order, queue, start, law)
        yield from ((node, write) for node, write, after in found if after < 0)


def ahead(run: Run, order: StaticOrder, start: int, law: Precedences) -> Iterator[int]:
    """The events that come before a barrier, its look at a domain included: some of each thread."""
    thread, index = order.place[start]
    upto = {thread: index + 1}
    grown = True
    while grown:
        grown = False
        for one, two in law:
            (first, last), (behind, after) = order.place[one], order.place[two]
            last += not isinstance(run.skeleton.events[one].action, EXCLUSIVE)
            if after < upto.get(behind, 0) and last > upto.get(first, 0):
                upto[first] = last
                grown = True
    for number, many in upto.items():
        yield from run.skeleton.threads[number].events[:many]


def _steps(
    run: Run, order: StaticOrder, queue: int, start: int, law: Precedences
) -> Iterator[tuple[int, int, int]]:
    """Nodes before a barrier, with that of a callback's queue, and how much later they execute.

    None where nothing is claimed of when the callback was queued.
    """
    position = run.claim.position
    found = nodes(run.skeleton)
    write = found.write(queue)
    assert write is not None
    for event in ahead(run, order, start, law) if write.number in position else ():
        for node in found.of_event.get(event, ()) if event in run.happened else ():
            if node.kind != "F" and run.values.holds(node.when):
                after = position.get(node.number, 0) - position[write.number]
                yield node.number, write.number, after
