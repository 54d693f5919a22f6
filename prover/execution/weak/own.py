"""What one processor ran: a thread, and between its steps the handlers that interrupted it."""

from __future__ import annotations

from prover.execution import skeleton as sk
from prover.execution.nodes import LOOSE, Nodes
from prover.execution.weak.run import Run

Step = tuple[int, int, int]
"""Which step of the host, whether it is one (1) or a handler's before it (0), and which handler."""


def step_of(run: Run, event: int) -> Step:
    """Where an event stands in the program of its processor."""
    thread = run.skeleton.threads[run.skeleton.events[event].thread]
    if thread.kind == "handler":
        return run.claim.gaps.get(thread.number, 0), 0, run.claim.turn(thread.number)
    return thread.events.index(event), 1, 0


def ran_before(run: Run, one: sk.Event, two: sk.Event) -> bool | None:
    """Whether an event comes before another in what the processor of both ran, None elsewhere."""
    threads = run.skeleton.threads
    if threads[one.thread].processor != threads[two.thread].processor:
        return None
    if one.thread == two.thread:
        return one.number < two.number
    return step_of(run, one.number) < step_of(run, two.number)


def may_sink(run: Run, nodes: Nodes, event: sk.Event, into: sk.Event) -> bool:
    """Whether the compiler may move a plain access past where the handler of ``into`` comes.

    It sees the actor, not who interrupts it; a handler is over when it returns.
    """
    kinds = (run.skeleton.threads[e.thread].kind for e in (event, into))
    own = nodes.of_event.get(event.number, ())
    return [k == "handler" for k in kinds] == [False, True] and any(n.order in LOOSE for n in own)
