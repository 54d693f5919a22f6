"""Callbacks that interrupt an actor on its CPU and never let it go on.

``h<c>_<u>`` says that callback c, which never ends, began on the CPU of actor u while u took
softirqs, and that u has made no step since.  Only a deadlock can need that: everything else
that u and c can do they can do side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsl.frozen import Frozen
from prover.execution.interrupts import MASKS, may_be_interrupted, waiting_events
from prover.smt.frame import Frame
from prover.smt.logic import FALSE, Lit, neg

if TYPE_CHECKING:
    from prover.smt.waits import Section


class Hosting(Frozen, frozen=True):
    """That a callback stands still on an actor's CPU; ``begin`` is where the callback begins."""

    callback: int
    host: int
    begin: int
    lit: Lit


def hostings(frame: Frame) -> list[Hosting]:
    """Every callback that may have to wait, with every actor that it may interrupt."""
    threads = frame.skeleton.threads
    return [
        Hosting(c.number, u.number, c.events[0], frame.logic.variable(f"h{c.number}_{u.number}"))
        for c in threads
        if any(frame.reached(number) != FALSE for number in waiting_events(frame.skeleton, c))
        for u in threads
        if may_be_interrupted(frame.skeleton, u)
    ]


def encode_hostings(frame: Frame, found: list[Section], known: list[Hosting]) -> None:
    """A callback begins on one CPU at most, and only where softirqs are on."""
    for callback in sorted({h.callback for h in known}):
        frame.logic.label = f"thread {callback} runs on one CPU"
        frame.logic.at_most_one([h.lit for h in known if h.callback == callback])
    for hosting in known:
        frame.logic.label = f"thread {hosting.callback} interrupts thread {hosting.host}"
        # The deadlock is what the interruption is for: the callback is in it.
        frame.logic.clause(neg(hosting.lit), frame.logic.variable(f"b{hosting.callback}"))
        frame.logic.clause(neg(hosting.lit), frame.outcome(hosting.begin, "granted"))
        _softirqs_on(frame, hosting, found)
        _no_handler(frame, hosting)


def _softirqs_on(frame: Frame, hosting: Hosting, found: list[Section]) -> None:
    """The host has no open irq-off or bh-off section; all its steps lie before the callback."""
    for section in found:
        if section.thread == hosting.host and section.kind in MASKS:
            closed = (
                frame.logic.all_of((frame.ok(end), frame.holds(outer)))
                for end, outer in section.ends
            )
            frame.logic.clause(neg(hosting.lit), neg(section.begins), *closed)


def _no_handler(frame: Frame, hosting: Hosting) -> None:
    """No handler is running on the host where the callback begins."""
    for thread in frame.skeleton.threads:
        if thread.kind != "handler" or thread.host != hosting.host or len(thread.events) <= 2:
            continue
        begin, end = thread.events[0], thread.events[-1]
        over = frame.logic.all_of((frame.ok(end), frame.before(end, hosting.begin)))
        frame.logic.clause(
            neg(hosting.lit),
            neg(frame.outcome(begin, "granted")),
            neg(frame.before(begin, hosting.begin)),
            over,
        )


def interrupted(frame: Frame, known: list[Hosting], event: int) -> list[Lit]:
    """Why an event of an actor may not come: a callback has begun on its CPU before."""
    thread = frame.skeleton.events[event].thread
    return [
        frame.logic.all_of((h.lit, frame.before(h.begin, event))) for h in known if h.host == thread
    ]
