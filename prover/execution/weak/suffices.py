"""Which barriers would make an execution impossible: asked of the model, with them in it.

A barrier of all CPUs between two steps does not always help: what it keeps in order may not be
what the execution hangs on.  So advice is given only of barriers with which the model forbids the
execution, all else being as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import product

from dsl.frozen import replace
from prover.execution.nodes import Node
from prover.execution.weak.time import EXECUTES, Allowed, Edge, Timeline
from prover.models.rows import Meaning


def sufficient(case: Allowed, places: Sequence[Edge]) -> tuple[tuple[Edge, ...], bool]:
    """The places (a step, and a later one of its thread) at which smp_mb() would help.

    True: at each of them by itself; False: only at all of them together.  None at all where not
    even barriers at all places make the execution impossible.
    """
    alone = tuple(place for place in places if _forbidden(case, (place,)))
    if alone:
        return alone, True
    if not _forbidden(case, places):
        return (), False
    kept = list(places)
    for place in places:
        rest = [each for each in kept if each != place]
        if _forbidden(case, rest):
            kept = rest
    return tuple(kept), False


def _forbidden(case: Allowed, places: Collection[Edge]) -> bool:
    """Whether the model forbids the execution with smp_mb() at some places."""
    structure = case.meaning.structure
    po = structure.relations["po"]
    strong = set(structure.relations["law"])
    for a, b in places:
        first = {n.number for n in case.nodes.of_event.get(a, ())}
        last = {n.number for n in case.nodes.of_event.get(b, ())}
        first |= {before for before, node in po if node in first}
        last |= {behind for node, behind in po if node in last}
        strong.update(product(_accesses(case, first), _accesses(case, last)))
    relations = {**structure.relations, "law": frozenset(strong)}
    changed = replace(structure, relations=relations)
    return bool(Meaning(case.asked, changed).broken(case.asked))


def _accesses(case: Allowed, numbers: Collection[int]) -> list[int]:
    """The reads and writes among some nodes of the execution."""
    there = case.meaning.structure.carrier
    return [n for n in numbers if n in there and n >= 0 and case.nodes.nodes[n].kind != "F"]


def parts(
    case: Allowed, time: Timeline, circle: Collection[Edge], a: int, b: int
) -> tuple[str, str] | None:
    """Of two steps of one thread the parts by which a circle comes to the one and leaves the other.

    ``R`` for what an update reads, ``W`` for what it writes, nothing for what is no update.  None
    where the model keeps them in order, and where neither step is an update.
    """
    into = next(edge for edge in circle if edge[1] == a)
    out = next(edge for edge in circle if edge[0] == b)
    memory = time.memory
    first = _part(case, a, reads=into in memory.reads, writes=into in _stores(time, misses=True))
    last = _part(case, b, reads=out in memory.misses, writes=out in _stores(time, misses=False))
    if not first or not last or not (_updates(case, a) or _updates(case, b)):
        return None
    if any(_before(case, one, other) for one, other in product(first, last)):
        return None
    return _named(case, a, first), _named(case, b, last)


def _stores(time: Timeline, *, misses: bool) -> set[Edge]:
    """The edges that lead to a store, or from one."""
    memory = time.memory
    return {*memory.overwrites, *(memory.misses if misses else memory.reads)}


def _part(case: Allowed, event: int, *, reads: bool, writes: bool) -> list[Node]:
    """The nodes of an event by which an edge can come or go; all where it is of another kind."""
    found = case.nodes.of_event.get(event, ())
    kinds = "R" * reads + "W" * writes or "RWF"
    return [n for n in found if n.kind in kinds and n.number in case.meaning.structure.carrier]


def _updates(case: Allowed, event: int) -> bool:
    """Whether a step is an atomic that reads and writes."""
    found = [n for n in case.nodes.of_event.get(event, ()) if n.role == "rmw"]
    return {"R", "W"} <= {n.kind for n in found}


def _named(case: Allowed, event: int, nodes: Sequence[Node]) -> str:
    """The part that some nodes of an event are."""
    kinds = {node.kind for node in nodes}
    return min(kinds) if _updates(case, event) and len(kinds) == 1 else ""


def _before(case: Allowed, one: Node, other: Node) -> bool:
    """Whether the model puts one node before another."""
    pairs = [pair for name in EXECUTES[case.model] for pair in case.meaning.pairs(name)]
    leads: dict[int, set[int]] = {}
    for a, b in pairs:
        leads.setdefault(a, set()).add(b)
    pending, found = [one.number], set[int]()
    while pending:
        for target in leads.get(pending.pop(), set()) - found:
            found.add(target)
            pending.append(target)
    return other.number in found
