"""Data races: two accesses of one place, one plain, one a store, that nothing keeps apart (LKMM).

As in lkmm.cat: a store before a store must reach it (ww-vis), and the plain ones count as reads
too, since the compiler may make updates of them (``k<n>`` is where such a read would execute); a
store before a read must reach it (wr-vis); a read before a store must be over when it
executes (rw-xbstar).  Two accesses race where positions are possible in which that is not so.

Memory that alloc() and free() set, locks and ghost state take no part: lifetimes have a check of
their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from prover.execution import skeleton as sk
from prover.execution.execution import INITIAL
from prover.execution.nodes import Node
from prover.smt.logic import FALSE, Lit
from prover.smt.memory import effective
from prover.smt.weak.frame import WeakFrame

RACING = ("access", "rmw")
"""Roles of the nodes that can race."""


def races(frame: WeakFrame) -> dict[int, Lit]:
    """For each event, the literal that an access of it races with an earlier event's."""
    found: dict[int, list[Lit]] = {}
    for one, two, lit in _pairs(frame):
        found.setdefault(max(one.event, two.event), []).append(lit)
        frame.racing.update({one.thread: None, two.thread: None})
    lits = {event: frame.logic.any_of(parts) for event, parts in sorted(found.items())}
    return {event: lit for event, lit in lits.items() if lit != FALSE}


def _pairs(frame: WeakFrame) -> Iterator[tuple[Node, Node, Lit]]:
    """Every two accesses that can race, with the literal that they do."""
    skeleton = frame.skeleton
    writes = [w for w in skeleton.writes if w.part != "shadow" and _takes_part(frame, w.event, "W")]
    reads = [r for r in skeleton.reads if not r.ghost and _takes_part(frame, r.event, "R")]
    for i, write in enumerate(writes):
        if effective(frame, write.number) == FALSE:
            continue
        node = frame.nodes.write(write.event)
        assert node is not None
        for read in reads:
            other = frame.nodes.read(read.event)
            if other is not None and _apart(node, other) and write.part == read.part:
                same = frame.same_place(write.address, read.address)
                both = frame.logic.all_of(
                    (effective(frame, write.number), frame.there(other), same)
                )
                if both != FALSE:
                    late = _arrives_late(frame, node, other, read.number)
                    race = _with_read(frame, node, other, late)
                    yield node, other, frame.logic.all_of((both, race))
        for later in writes[i + 1 :]:
            other = frame.nodes.write(later.event)
            if other is not None and _apart(node, other) and write.part == later.part:
                same = frame.same_place(write.address, later.address)
                parts = (effective(frame, write.number), effective(frame, later.number), same)
                both = frame.logic.all_of(parts)
                if both != FALSE:
                    yield node, other, frame.logic.all_of((both, _of_stores(frame, node, other)))


def _takes_part(frame: WeakFrame, event: int, kind: str) -> bool:
    action = frame.skeleton.events[event].action
    if not isinstance(action, sk.Access) or action.what not in ("load", "store", "rmw"):
        return False
    node = frame.nodes.read(event) if kind == "R" else frame.nodes.write(event)
    return node is not None and node.role in RACING and frame.reached(event) != FALSE


def _apart(one: Node, two: Node) -> bool:
    """Whether two nodes are of different processors, one is plain, and no author knows of it."""
    orders = (one.order, two.order)
    return one.thread != two.thread and "plain" in orders and "racy" not in orders


def _arrives_late(frame: WeakFrame, write: Node, read: Node, number: int) -> Lit:
    """Whether a store may not have reached a read's thread by the time of the read.

    What a marked read reads has arrived just then, and all that was before it: one that is level
    with it is late only where it is itself what is read.  What a plain read reads keeps nothing.
    """
    arrives, reads = f"v{read.thread}_{write.number}", f"p{read.number}"
    level = frame.most(reads, arrives)
    if read.order == "plain":
        return level
    stores = frame.skeleton.writes
    picks = frame.picks.get(number, ())
    own = [lit for store, lit in picks if store != INITIAL and stores[store].event == write.event]
    here = frame.logic.all_of((frame.logic.any_of(own), level))
    return frame.logic.any_of((frame.less(reads, arrives), here))


def _with_read(frame: WeakFrame, write: Node, read: Node, late: Lit) -> Lit:
    """Whether a store and a read of one place race, whichever comes first."""
    logic = frame.logic
    executes, reads = f"p{write.number}", f"p{read.number}"
    after = logic.all_of((frame.coherent(read.event, write.event), frame.less(executes, reads)))
    before = logic.all_of(
        (frame.coherent(write.event, read.event), late, frame.most(executes, reads))
    )
    return logic.any_of((after, before))


def _of_stores(frame: WeakFrame, one: Node, two: Node) -> Lit:
    """Whether two stores to one place race."""
    return frame.logic.any_of((_in_order(frame, one, two), _in_order(frame, two, one)))


def _in_order(frame: WeakFrame, one: Node, two: Node) -> Lit:
    """Whether a store races with one that is coherent after it."""
    arrives = f"v{two.thread}_{one.number}"
    ways = [frame.most(f"p{two.number}", arrives)]
    if one.order == "plain":
        ways.append(frame.less(f"p{two.number}", _phantom(frame, one)))
    if two.order == "plain":
        ways.append(frame.most(_phantom(frame, two), arrives))
    first = frame.coherent(one.event, two.event)
    return frame.logic.all_of((first, frame.logic.any_of(ways)))


def _phantom(frame: WeakFrame, node: Node) -> str:
    """Where a plain store would read, did the compiler make an update of it."""
    frame.phantoms[node.number] = None
    return f"k{node.number}"
