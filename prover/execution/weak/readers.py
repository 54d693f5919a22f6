"""SRCU readers as a weak memory model sees them: a read of the domain, and a store to it.

Between threads these order nothing: what a reader's start reads, and in which order stores to
the domain are coherent, can always be chosen so.  Within a thread each comes before the
stores behind it, as at any place.  What sets the domain up or down comes before the end of a
reader that sees it, and after one that does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prover.execution import skeleton as sk
from prover.execution.domains import Place
from prover.execution.nodes import Node, Nodes, looks_and_stores
from prover.execution.weak.run import Run


def add_readers(
    run: Run,
    there: Iterable[Node],
    start: Callable[[Place], int],
    rf: dict[Place | None, set[tuple[int, int]]],
    users: dict[Place, set[int]],
    writes: dict[Place, list[tuple[tuple[int, int], int]]],
) -> None:
    """Puts a place for each pair of them into what a model sees of memory."""
    for one, two, place in _pairs(run, there):
        users[place] = {one.number, two.number}
        writes[place] = [((1, 0), two.number)]
        if one.kind == "W":
            writes[place].append(((0, 0), one.number))
        else:
            rf[place] = {(start(place), one.number)}


def add_stores_that_look(
    run: Run,
    nodes: Nodes,
    there: Iterable[Node],
    users: dict[Place, set[int]],
    writes: dict[Place, list[tuple[tuple[int, int], int]]],
) -> None:
    """Puts a place for each store that looks at a domain, with what sets it up or down.

    It stands where it looks: behind the store that it sees.
    """
    numbers = {node.number for node in there}
    for number, place in run.read_places.items():
        read = run.skeleton.reads[number]
        node = nodes.write(read.event)
        if node is None or node.number not in numbers:
            continue
        if not looks_and_stores(run.skeleton.events[read.event]):
            continue
        others = run.in_coherence(
            [
                write
                for write, where in run.write_places.items()
                if where == place and run.skeleton.writes[write].event != read.event
            ]
        )
        source = run.source(read)
        behind = others.index(source) + 1 if source in others else 0
        own: Place = ((place, node.number), "srcu")  # type: ignore[assignment]
        writes[own] = [((behind, 0), node.number)]
        for rank, write in enumerate(others):
            other = nodes.write(run.skeleton.writes[write].event)
            if other is not None and other.number in numbers:
                writes[own].append(((rank + (rank >= behind), 0), other.number))
        users[own] = {n for _, n in writes[own]}


def _pairs(run: Run, there: Iterable[Node]) -> Iterator[tuple[Node, Node, Place]]:
    """Each node at a domain, each store behind it there, and a place for just these two."""
    seen: dict[tuple[object, int], list[Node]] = {}
    for node in there:
        event = run.skeleton.events[node.event]
        if not isinstance(event.action, sk.SrcuStart | sk.SrcuEnd):
            continue
        pointer = run.values.value(event.action.address)
        earlier = seen.setdefault((pointer, event.thread), [])
        for other in earlier if node.kind == "W" else ():
            place: Place = ((pointer, other.number, node.number), "srcu")  # type: ignore[assignment]
            yield other, node, place
        earlier.append(node)
