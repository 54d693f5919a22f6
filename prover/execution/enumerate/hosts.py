"""Callbacks that stand still on the CPU of an actor: which ones on whose, and what that takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING

from prover.execution import skeleton as sk
from prover.execution.enumerate.order import ImpossibleError, Order
from prover.execution.enumerate.waits import begun, ended
from prover.execution.interrupts import MASKS, may_be_interrupted, waiting_events

if TYPE_CHECKING:
    from prover.execution.enumerate.candidate import Candidate


def may_be_hosting(c: Candidate, actor: sk.Thread) -> bool:
    """Whether a callback may yet stand still on an actor's CPU, as far as is known."""
    if not may_be_interrupted(c.skeleton, actor):
        return False
    return any(
        callback.number in c.stuck or c.cursor[callback.number] < len(callback.events)
        for callback in c.skeleton.threads
        if waiting_events(c.skeleton, callback)
        # Who stands still queues nothing more.
        and (callback.parent in c.happened or callback.parent not in actor.events)
    )


def hostings(c: Candidate) -> Iterator[Mapping[int, int]]:
    """Every choice of actors that stand still, each with the callback on its CPU.

    An actor that can go on by itself no more, for another reason, needs no callback.
    """
    threads = c.skeleton.threads
    callbacks = [
        t.number
        for t in threads
        if t.number in c.stuck and begun(c, t.number) and waiting_events(c.skeleton, t)
    ]
    actors = [
        t.number
        for t in threads
        if may_be_interrupted(c.skeleton, t)
        and t.number not in c.stuck
        and not ended(c, t.number)
        and not any(number in c.violated for number in t.events)
    ]
    for choice in product((None, *actors), repeat=len(callbacks)):
        found = {u: b for b, u in zip(callbacks, choice, strict=True) if u is not None}
        if len(found) == sum(u is not None for u in choice):
            yield found


def host_rules(c: Candidate, order: Order) -> None:
    """Raises ImpossibleError where a callback did not begin on the CPU of its host.

    The host made its last step before, took softirqs then, and no handler ran on it.
    """
    for host, callback in c.hosted.items():
        begin = c.skeleton.threads[callback].events[0]
        for number in c.skeleton.threads[host].events:
            if number in c.happened:
                order.require("interrupt", number, begin)
        if any(r.thread == host and r.kind in MASKS and r.end < 0 for r in c.regions):
            raise ImpossibleError
        for thread in c.skeleton.threads:
            runs = thread.kind == "handler" and thread.host == host and begun(c, thread.number)
            if runs and len(thread.events) > 2 and order.before("irq", thread.events[0], begin):
                if not ended(c, thread.number):
                    raise ImpossibleError
                order.require("irq", thread.events[-1], begin)
