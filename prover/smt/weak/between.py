"""What communication puts in order: rf, co and fr, locks handed over, lives of objects."""

from __future__ import annotations

from collections.abc import Iterator

from prover.execution import skeleton as sk
from prover.execution.hazards import address_of
from prover.execution.nodes import LOOSE, Node, touched
from prover.graph.values import Pointer
from prover.smt.logic import FALSE, TRUE, Lit, neg
from prover.smt.weak.frame import WeakFrame
from prover.smt.weak.links import Link
from prover.smt.weak.numbers import Numbers


def communicate(n: Numbers) -> None:
    """rf, co and fr."""
    n.logic.label = "communication"
    for link in n.com.rf:
        n.logic.label = "communication"
        _read_from(n, link)
    for begun, waited, lit in n.frame.taken:
        one, two = n.frame.nodes.read(begun), n.frame.nodes.read(waited)
        assert one is not None
        assert two is not None
        n.logic.label = f"event {waited} after event {begun}"
        n.below(n.executes(one), n.executes(two), neg(lit), strict=True)
    n.logic.label = "communication"
    for link in (*n.com.fr, *n.com.co):
        one, two = link.source, link.target
        if not n.lkmm:
            n.below(n.executes(one), n.executes(two), neg(link.lit), strict=True)
        elif one.thread != two.thread:
            n.below(n.executes(one), n.arrives(two, one.thread), neg(link.lit))
        elif one.order not in LOOSE and two.order not in LOOSE:
            n.below(n.executes(one), n.executes(two), neg(link.lit), strict=True)


def _read_from(n: Numbers, link: Link) -> None:
    """A read from another thread: the write has reached it, with all that was before it."""
    one, two, no = link.source, link.target, neg(link.lit)
    if one.thread == two.thread:
        return
    if two.role in ("ipi", "barrier"):
        n.logic.label = f"event {two.event} after event {one.event}"
    n.below(n.executes(one), n.executes(two), no, strict=True)
    if two.thread in n.threads:
        n.below(n.arrives(one, two.thread), n.executes(two), no)
    for t, name in n.cumulated.get(two.number, {}).items():
        n.below(n.arrives(one, t), name, no)
    if two.role == "rmw":
        _continue(n, one, two, no)


def _continue(n: Numbers, one: Node, read: Node, no: Lit) -> None:
    """What a fence brought before a write is also before the updates that read it."""
    write = n.frame.nodes.write(read.event)
    if write is None:
        return
    gone = neg(n.frame.there(write))
    for t in n.threads:
        n.below(n.brought(one, t), n.brought(write, t), no, gone)


def hand_over(n: Numbers) -> None:
    """From an unlock to a later lock."""
    for link in n.com.handoffs:
        one, two, no = link.source, link.target, neg(link.lit)
        n.logic.label = f"lock handed over from event {one.event} to event {two.event}"
        if one.thread != two.thread:
            _read_from(n, link)
        _continue(n, one, two, no)
        for t in n.threads:
            passed = n.handed.get((one.number, t), "")
            bound = n.handed.get((two.number, t), "")
            if passed and bound:
                n.below(passed, bound, no)
    n.logic.label = "locks"
    for bound, there, locks in n.fences_after_lock:
        for link in n.com.handoffs:
            if link.target in locks and link.source.event in n.before_unlock:
                everything, spread = n.before_unlock[link.source.event]
                for name in (everything, *spread.values()):
                    n.below(name, bound, neg(link.lit), neg(there))


def land(n: Numbers) -> None:
    """A store that lands after a free: coherent after it, where it had not yet arrived.

    Nor has what is coherent after the store: it overwrites what the free does, too.
    """
    frame = n.frame
    overwriting = _overwriting(n) if frame.landings else {}
    for (free, event), lit in frame.landings.items():
        write, end = frame.nodes.write(event), frame.nodes.write(free)
        assert write is not None
        assert end is not None
        thread = end.thread
        n.logic.label = f"the store of event {event} lands after the free of event {free}"
        n.logic.clause(neg(lit), frame.most(n.executes(end), n.arrives(write, thread)))
        n.logic.clause(neg(lit), frame.coherence(free, event))
        for other, later in overwriting.get(event, ()):
            if other.thread != thread:
                arrives = frame.most(n.executes(end), n.arrives(other, thread))
                n.logic.clause(neg(lit), neg(later), arrives)
    for free in dict.fromkeys(free for free, _ in frame.landings):
        _coherent_before_free(n, free)


def _overwriting(n: Numbers) -> dict[int, list[tuple[Node, Lit]]]:
    """For each event the stores that may be coherent after its own, with the literals of that."""
    found: dict[int, list[tuple[Node, Lit]]] = {}
    for link in n.com.co:
        found.setdefault(link.source.event, []).append((link.target, link.lit))
    for link in n.com.handoffs:
        taken = n.frame.nodes.write(link.target.event)
        if taken is not None:
            found.setdefault(link.source.event, []).append((taken, link.lit))
    return found


def _coherent_before_free(n: Numbers, free: int) -> None:
    """What a processor did with an object before it frees it is coherent before that."""
    frame = n.frame
    n.logic.label = f"coherence before the free of event {free}"
    for number, lit in _touched_before(frame, frame.skeleton.events[free]):
        n.logic.clause(neg(lit), frame.coherence(number, free))


def end_of_life(n: Numbers) -> None:
    """A free overwrites the object: it comes after what its own processor did there before.

    That is what lkmm.cat has as ``overwrite & int``: a handler and its host are one program.
    """
    frame = n.frame
    for event in frame.skeleton.events:
        write = frame.nodes.write(event.number)
        if not isinstance(event.action, sk.Deallocate) or write is None:
            continue
        n.logic.label = f"free {event.number} after what its processor did there"
        for number, lit in _touched_before(frame, event):
            last = frame.nodes.last(number)
            for node in frame.nodes.of_event[number]:
                if node.order not in LOOSE and (node is last or node.kind == "R"):
                    gone = neg(frame.there(node))
                    n.below(n.executes(node), n.executes(write), neg(lit), gone, strict=True)


def _touched_before(frame: WeakFrame, free: sk.Event) -> Iterator[tuple[int, Lit]]:
    """What its processor did before to what a free frees: the events, with the literal of each."""
    assert isinstance(free.action, sk.Deallocate | sk.GiveBack)
    regions = frame.skeleton.layout.regions
    freed = {
        value.base: lit
        for value, lit in frame.table(free.action.pointer).items()
        if isinstance(value, Pointer)
        and value.base is not None
        and not value.path
        # A typesafe pool's free leaves the object as it is.
        and not regions[value.base.object].typesafe
    }
    thread, index = frame.order.place[free.number]
    own = frame.skeleton.threads[thread].events[:index]
    for number, earlier in (*((n, TRUE) for n in own), *_around(frame, free.number)):
        event = frame.skeleton.events[number]
        address = address_of(event) if event.thread == thread else touched(event)
        if address is None or number not in frame.nodes.of_event or earlier == FALSE:
            continue
        both = (
            frame.logic.all_of((earlier, lit, freed[value.base]))
            for value, lit in frame.table(address).items()
            if isinstance(value, Pointer) and value.base in freed
        )
        touches = frame.logic.any_of(both)
        if touches != FALSE:
            yield number, touches


def _around(frame: WeakFrame, free: int) -> Iterator[tuple[int, Lit]]:
    """What handlers and their host ran before a free on its processor, in other threads."""
    for thread in frame.skeleton.threads:
        for number in thread.events:
            earlier = frame.in_program(number, free)
            if earlier is None:
                break
            if frame.reached(number) != FALSE:
                yield number, earlier


def reuse(n: Numbers) -> None:
    """From a free to the alloc that gives the object again: as from a release to an acquire."""
    for free, alloc, lit in n.reuses:
        source, target = n.frame.nodes.write(free), n.frame.nodes.read(alloc)
        assert source is not None
        assert target is not None
        n.logic.label = f"alloc {alloc} after free {free}"
        everything, spread = n.before_unlock[free]
        n.below(everything, n.executes(source), neg(lit), strict=True)
        n.below(n.executes(source), n.executes(target), neg(lit), strict=True)
        for t, name in spread.items():
            if t == target.thread:
                n.below(name, n.executes(target), neg(lit))
            own = n.cumulated.get(target.number, {}).get(t)
            if own is not None:
                n.below(name, own, neg(lit))
