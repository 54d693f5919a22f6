"""Which callbacks an rcu_barrier() waited for in a claimed execution.

Of one that somebody else queued it is open which came first.  Where a step before the barrier
executed after it was queued, the barrier began after that and waited; else it did not wait, and
the steps that executed before it was queued are taken to come before.
"""

from __future__ import annotations

from collections.abc import Iterator

from prover.execution.nodes import nodes
from prover.execution.order import StaticOrder
from prover.execution.weak.run import Run


def queued_before(run: Run, order: StaticOrder, queue: int, start: int) -> bool:
    """Whether a callback was queued before a barrier began."""
    known = order.before(queue, start)
    return any(after > 0 for _, _, after in _steps(run, queue, start)) if known is None else known


def passed_over(run: Run, order: StaticOrder, queue: int, start: int) -> Iterator[tuple[int, int]]:
    """The nodes before a barrier, with that of a callback that it did not wait for."""
    if order.before(queue, start) is None and not queued_before(run, order, queue, start):
        yield from ((node, write) for node, write, after in _steps(run, queue, start) if after < 0)


def _steps(run: Run, queue: int, start: int) -> Iterator[tuple[int, int, int]]:
    """Nodes before a barrier, with that of a callback's queue, and how much later they execute.

    None where nothing is claimed of when the callback was queued.
    """
    skeleton, position = run.skeleton, run.claim.position
    found = nodes(skeleton)
    write = found.write(queue)
    assert write is not None
    own = skeleton.threads[skeleton.events[start].thread].events
    for event in own[: own.index(start)] if write.number in position else ():
        for node in found.of_event.get(event, ()) if event in run.happened else ():
            if node.kind != "F" and run.values.holds(node.when):
                after = position.get(node.number, 0) - position[write.number]
                yield node.number, write.number, after
