"""SRCU domains as memory, under a weak model."""

from __future__ import annotations

from collections.abc import Iterator

from prover.execution import skeleton as sk
from prover.execution.nodes import Node, looks_and_stores
from prover.execution.terms import Term
from prover.smt.logic import FALSE
from prover.smt.memory import effective, performs, same_location
from prover.smt.weak.frame import WeakFrame
from prover.smt.weak.links import Link


def srcu_order(frame: WeakFrame) -> Iterator[Link]:
    """Fr and co of one thread at an SRCU domain: a read of it begins a reader, a store ends it.

    Between threads they order nothing: what a reader's start reads can always be chosen so.
    """
    for thread in frame.skeleton.threads:
        earlier: list[tuple[Node, Term]] = []
        for number in thread.events:
            action = frame.skeleton.events[number].action
            if not isinstance(action, sk.SrcuStart | sk.SrcuEnd):
                continue
            if frame.reached(number) == FALSE:
                continue
            node = frame.nodes.of_event[number][0]
            for other, domain in earlier if node.kind == "W" else ():
                same = frame.same_place(domain, action.address)
                lit = frame.logic.all_of((frame.there(other), frame.there(node), same))
                if lit != FALSE:
                    yield Link(other, node, lit)
            earlier.append((node, action.address))


def stores_that_look(frame: WeakFrame) -> Iterator[Link]:
    """Co between the stores that set a domain up or down and those that only look whether it is.

    Ending a reader is a store to the domain, and so is setting it down: each comes after the
    store that it sees, and before those that it does not.
    """
    logic, skeleton = frame.logic, frame.skeleton
    for number in frame.picks:
        read = skeleton.reads[number]
        own = frame.nodes.write(read.event)
        if own is None or not looks_and_stores(skeleton.events[read.event]):
            continue
        there = performs(frame, read.event)
        for write in skeleton.writes:
            other = frame.nodes.write(write.event)
            if other is None or write.event == read.event:
                continue
            same = same_location(frame, write.number, read)
            both = logic.all_of((there, effective(frame, write.number), same))
            for one, two in ((other, own), (own, other)) if both != FALSE else ():
                lit = logic.all_of((both, frame.coherent(one.event, two.event)))
                if lit != FALSE:
                    yield Link(one, two, lit)
