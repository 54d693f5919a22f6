"""SRCU readers as a weak memory model sees them: a read of the domain, and a store to it.

Between threads these order nothing: what a reader's start reads, and in which order stores to
the domain are coherent, can always be chosen so.  Within a thread each comes before the
stores behind it, as at any place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prover.execution import skeleton as sk
from prover.execution.domains import Place
from prover.execution.nodes import Node
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
