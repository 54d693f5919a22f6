"""Which callbacks may stand still on which actors' CPUs.

A callback runs in softirq context, on some CPU.  Where it has to wait for ever, the actor that
it interrupted waits with it.
"""

from __future__ import annotations

from collections.abc import Iterator

from prover.execution import skeleton as sk
from prover.execution.terms import Outcome, Term

MASKS = ("irq", "bh")
"""Kinds of section that keep softirqs off."""


def waiting_events(skeleton: sk.Skeleton, thread: sk.Thread) -> list[int]:
    """Where a callback may have to wait once it has begun; nowhere if it interrupts nobody.

    Callbacks of call_srcu() have a thread of their own.
    """
    if thread.kind != "callback" or domain_of(skeleton, thread) is not None:
        return []
    return [n for n in thread.events[1:] if sk.is_blocking(skeleton, skeleton.events[n])]


def domain_of(skeleton: sk.Skeleton, callback: sk.Thread) -> Term | None:
    """The SRCU domain that a callback belongs to, None for one of RCU."""
    action = skeleton.events[callback.parent].action
    return action.domain if isinstance(action, sk.Queue) else None


def may_be_interrupted(skeleton: sk.Skeleton, thread: sk.Thread) -> bool:
    """Whether a thread is an actor whose steps can be kept from it."""
    return thread.kind == "actor" and Outcome(thread.events[-1], "steps") in skeleton.term_of


def queued_ahead(skeleton: sk.Skeleton, callback: sk.Thread) -> Iterator[sk.Thread]:
    """The callbacks of call_srcu() that one which has not begun may stand behind.

    A CPU runs them one by one, in the order in which they were queued: those that its own thread
    has queued before, and whoever queued it.  Whether they are of its domain is not looked at.
    """
    if domain_of(skeleton, callback) is None:
        return
    own = skeleton.events[callback.parent].thread
    above = set(_creators(skeleton, own))
    events = skeleton.threads[own].events
    earlier = set(events[: events.index(callback.parent)])
    for other in skeleton.threads:
        if other.kind == "callback" and domain_of(skeleton, other) is not None:
            if other.parent in earlier or other.number in above:
                yield other


def _creators(skeleton: sk.Skeleton, thread: int) -> Iterator[int]:
    """A thread, and those that it comes from."""
    while thread >= 0:
        yield thread
        parent = skeleton.threads[thread].parent
        thread = skeleton.events[parent].thread if parent >= 0 else -1
