"""What LKMM orders because a value is needed, and what keeps values from coming out of thin air."""

from __future__ import annotations

from prover.execution import skeleton as sk
from prover.execution.nodes import LOOSE, Node, touched
from prover.execution.terms import Term
from prover.smt.logic import FALSE, TRUE, Lit, neg
from prover.smt.weak.links import Link
from prover.smt.weak.numbers import Numbers


def dependencies(n: Numbers) -> None:
    """Addresses, data and control; loose accesses have and give none but for addresses."""
    writes = sk.by_event(n.frame.skeleton.writes)
    rfi: dict[int, list[Link]] = {}
    for link in n.com.rf:
        if link.source.thread == link.target.thread and link.source.order not in LOOSE:
            rfi.setdefault(link.source.number, []).append(link)
    ways: dict[tuple[int, int], dict[Lit, None]] = {}
    for node in n.nodes:
        event = n.frame.skeleton.events[node.event]
        address = touched(event)
        if address is not None:
            _depends(n, ways, node, address)
        if node.kind != "W" or node.order in LOOSE:
            continue
        terms = [address] if address is not None else []
        terms.extend(w.value for w in writes.get(node.event, ()))
        if isinstance(event.action, sk.SrcuEnd):
            terms.append(event.action.index)
        for term in (*terms, *event.surely):
            _depends(n, ways, node, term)
        for link in rfi.get(node.number, ()):
            for term in terms:
                _depends(n, ways, link.target, term, link.lit)
    for (source, target), lits in ways.items():
        no = neg(n.logic.any_of(lits))
        one, two = n.nodes[source].event, n.nodes[target].event
        n.logic.label = f"dependency of event {two} on event {one}"
        n.below(f"p{source}", f"p{target}", no, strict=True)
        if target in n.frame.phantoms:
            n.below(f"p{source}", f"k{target}", no, strict=True)


def _depends(
    n: Numbers,
    ways: dict[tuple[int, int], dict[Lit, None]],
    node: Node,
    term: Term,
    when: Lit = TRUE,
) -> None:
    """Notes that a node comes after the marked reads that a term is computed from."""
    for event, lit in n.sources.of(term).items():
        source = n.frame.nodes.read(event)
        if source is None or source.order in LOOSE or source.event == node.event:
            continue
        if source.order == "acquire" and n.frame.holds(source.active) == TRUE:
            # It comes before everything; an update or a trylock that failed acquires nothing.
            continue
        if source.thread == node.thread:
            there = n.logic.all_of((n.frame.there(source), lit, when))
            ways.setdefault((source.number, node.number), {})[there] = None


def not_from_nowhere(n: Numbers) -> None:
    """No value comes out of thin air: no circle of reads-from and of computing.

    Where all accesses of a circle are marked the model says so itself; ``oo<e>`` is for plain
    accesses, whose dependencies are no order.
    """
    frame = n.frame
    if all(node.order not in LOOSE for node in n.nodes):
        return
    n.logic.label = "no value from nowhere"
    writes = sk.by_event(frame.skeleton.writes)
    stores: dict[int, dict[int, Lit]] = {}
    for number, own in writes.items():
        event = frame.skeleton.events[number]
        terms = [*(w.value for w in own), *(w.when for w in own), *event.surely]
        address = touched(event)
        for term in (*terms, *(() if address is None else (address,))):
            for source, lit in n.sources.of(term).items():
                if source != number:
                    row = stores.setdefault(number, {})
                    row[source] = n.logic.any_of((row.get(source, FALSE), lit))
    for number, sources in stores.items():
        for source, lit in sources.items():
            n.below(f"oo{source}", f"oo{number}", neg(lit), strict=True)
    readers = {source for sources in stores.values() for source in sources}
    for link in n.com.rf:
        if link.source.event in stores and link.target.event in readers:
            one, two = f"oo{link.source.event}", f"oo{link.target.event}"
            n.below(one, two, neg(link.lit), strict=True)


def differ(n: Numbers) -> None:
    """Nodes of one thread between which prop may lead differ in position.

    Few executions need that to be said, and saying it is a good half of the solver's time: pairs
    are noted, and told apart where an answer has two level.
    """
    starts: dict[int, dict[int, Node]] = {}
    ends: dict[int, dict[int, Node]] = {}
    for link in (*n.com.fr, *n.com.co):
        if link.source.thread != link.target.thread:
            starts.setdefault(link.source.thread, {})[link.source.number] = link.source
    for link in (*n.com.rf, *n.com.handoffs):
        if link.source.thread != link.target.thread:
            ends.setdefault(link.target.thread, {})[link.target.number] = link.target
    for thread, first in starts.items():
        last = ends.get(thread, {})
        for a, b in sorted({(min(x, y), max(x, y)) for x in first for y in last if x != y}):
            n.frame.distinct.append((f"p{a}", f"p{b}"))
