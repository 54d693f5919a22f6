"""Lock order: classes of locks that are taken in a circle, each under the one before."""

from __future__ import annotations

from collections.abc import Collection

from prover.execution.declared import reached
from prover.execution.terms import Term
from prover.smt.frame import Frame
from prover.smt.locks import still_held
from prover.smt.logic import FALSE, Lit
from prover.smt.query import QueryTooLarge

MAX_CYCLE = 8
"""The longest cycle of lock classes that is looked for, in orders that are taken."""


def lock_order(frame: Frame) -> dict[int, Lit]:
    """For each acquire, whether it closes a cycle of lock classes with what was taken before."""
    logic = frame.logic
    edges: dict[tuple[str, str], list[tuple[int, Lit]]] = {}
    folios: dict[tuple[str, str], list[tuple[int, Term]]] = {}
    for edge in frame.skeleton.lock_edges:
        if frame.domains.may(edge.when):
            pair = (edge.held, edge.taken)
            edges.setdefault(pair, []).append((edge.event, frame.holds(edge.when)))
            if edge.folio is not None:
                folios.setdefault(pair, []).append((len(edges[pair]) - 1, edge.folio))
    declared = frame.skeleton.declared.keys()
    found: dict[int, list[Lit]] = {}
    circles = cycles(sorted(edges.keys() | declared), declared)
    for pair in dict.fromkeys(pair for cycle in circles for pair in cycle):
        for at, folio in folios.get(pair, ()):
            event, lit = edges[pair][at]
            edges[pair][at] = event, logic.all_of((lit, still_held(frame, folio, event)))
    for cycle in circles:
        for pair in cycle:
            # An order that is declared was there before: no event closes a cycle by it.
            for event, lit in () if pair in declared else edges[pair]:
                earlier = (
                    logic.any_of(_by_then(frame, other, event, seen) for other, seen in edges[rest])
                    for rest in cycle
                    if rest != pair and rest not in declared
                )
                found.setdefault(event, []).append(logic.all_of((lit, *earlier)))
    closing = {event: logic.any_of(lits) for event, lits in sorted(found.items())}
    return {event: lit for event, lit in closing.items() if lit != FALSE}


def _by_then(frame: Frame, other: int, event: int, seen: Lit) -> Lit:
    """Whether an edge was there when ``event`` took its lock."""
    return seen if other == event else frame.logic.all_of((seen, frame.before(other, event)))


def cycles(
    edges: list[tuple[str, str]], declared: Collection[tuple[str, str]] = ()
) -> list[tuple[tuple[str, str], ...]]:
    """The simple cycles of a small graph, each once, shortest first.

    Of edges that are ``declared`` no two follow each other, as one stands for both: what two such
    edges lead to, one does.  They do not count for the length.  Raises :class:`QueryTooLarge` where
    a cycle may be longer than :data:`MAX_CYCLE`.
    """
    found: list[tuple[tuple[str, str], ...]] = []
    nodes = sorted({node for edge in edges for node in edge})

    def extend(start: str, path: list[tuple[str, str]], length: int) -> None:
        here = path[-1][1] if path else start
        for target in targets[here]:
            edge = (here, target)
            known = edge in declared
            if known and path and path[-1] in declared:
                continue
            if target == start:
                if not (known and path and path[0] in declared):
                    found.append((*path, edge))
            elif all(target != a for a, _ in path):
                if length + (not known) >= MAX_CYCLE:
                    raise QueryTooLarge(f"lock classes in a circle of more than {MAX_CYCLE}")
                extend(start, [*path, edge], length + (not known))

    for node in nodes:
        # Each cycle is found from the first of its nodes.
        later = [edge for edge in edges if min(edge) >= node]
        back = {node} | reached((then, first) for first, then in later).get(node, set())
        targets = {n: sorted(b for a, b in later if a == n and b in back) for n in back}
        extend(node, [], 0)
    return sorted(found, key=lambda c: (len(c), c))
