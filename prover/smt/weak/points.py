"""Handlers that do nothing, under LKMM: each is a point somewhere in its host's program.

An IPI that is only waited for is one.  What its host did before is below it and what the host does
after it above, so a choice between all places need not be made for each name that a place has:
every integer that the host puts somewhere is below the handler *if that runs later*, which is one
literal for all places from there on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prover.execution import skeleton as sk
from prover.smt.logic import Lit, neg
from prover.smt.weak.numbers import Numbers
from prover.smt.weak.strand import Point, Strand
from prover.smt.weak.waits import sides


def points(numbers: Numbers, handlers: Sequence[sk.Thread]) -> list[Point]:
    """The handlers of one host, none of which does anything."""
    found: list[Point] = []
    for handler in handlers:
        begin = numbers.frame.nodes.read(handler.events[0])
        assert begin is not None
        runs = numbers.frame.outcome(handler.events[0], "granted")
        found.append(Point(handler.number, begin, runs, *sides(numbers.frame, handler)))
    return found


def enter(
    numbers: Numbers, strand: Strand, handler: int, host: Strand, matters: Callable[[str], bool]
) -> None:
    """What stands before a handler: all that its host has put there, one by one."""
    logic, label = numbers.logic, numbers.logic.label
    (own,) = (point for point in host.hosted.points if point.thread == handler)
    for key, top in host.named.items():
        if matters(key):
            for places, name, when, logic.label in top.pushed:
                strand.named[key].push(name, logic.all_of((when, own.after(places))))
    logic.label = label


def above(numbers: Numbers, strand: Strand, here: str, *, strict: bool) -> None:
    """An integer is above the handlers that have run."""
    for point in strand.hosted.points:
        no: tuple[Lit, Lit] = neg(point.runs), neg(point.before(strand.hosted.places))
        numbers.below(numbers.executes(point.begin), here, *no, strict=strict)


def spread_to(numbers: Numbers, strand: Strand, thread: int) -> str:
    """When what stands here has reached a thread; also what handlers have brought."""
    top = strand.spread[thread]
    top.push_points(
        (
            numbers.cumulates(point.begin, thread),
            numbers.logic.all_of((point.runs, point.before(strand.hosted.places))),
        )
        for point in strand.hosted.points
    )
    return top.name()
