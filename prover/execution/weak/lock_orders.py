"""Orders of lock classes in a claimed execution, and the circles that they make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from prover.execution import skeleton as sk
from prover.execution.lock_facts import LockOrderEdge
from prover.execution.nodes import Nodes
from prover.execution.run.locking import reaches
from prover.execution.terms import Term
from prover.execution.weak.run import Run
from prover.graph.values import Pointer
from prover.models.concrete import Pairs

MOST = 4
"""Of more orders that hang on when a folio was unlocked only one, or all, are tried together."""


def lock_edges(run: Run) -> list[LockOrderEdge]:
    """The orders in which lock classes were taken, or may have been."""
    return [edge for edge in _recorded(run) if _unlocks(run, edge) is not None]


def circles(run: Run, found: Nodes) -> Iterator[tuple[int, Pairs]]:
    """The acquires that have a part in a circle, with the orders between nodes that it assumes."""
    sure: list[LockOrderEdge] = []
    open_: list[tuple[LockOrderEdge, Pairs]] = []
    for edge in _recorded(run):
        unlocks = _unlocks(run, edge)
        if unlocks is None:
            continue
        also = _later(found, edge.event, unlocks)
        if also:
            open_.append((edge, also))
        else:
            sure.append(edge)
    sizes = range(len(open_) + 1) if len(open_) <= MOST else (0, 1, len(open_))
    said: set[int] = set()
    for size in sizes:
        for some in combinations(open_, size):
            edges = [*sure, *(edge for edge, _ in some)]
            also = frozenset[tuple[int, int]]().union(*(pairs for _, pairs in some))
            for number in _closing(run, edges):
                if also or number not in said:
                    said.add(number)
                    yield number, also


def _closing(run: Run, edges: Sequence[LockOrderEdge]) -> list[int]:
    known = (*dict.fromkeys((edge.held, edge.taken) for edge in edges), *run.skeleton.declared)
    closing = (edge.event for edge in edges if reaches(known, edge.taken, edge.held))
    return list(dict.fromkeys(closing))


def _recorded(run: Run) -> list[LockOrderEdge]:
    """The orders by what each thread has taken and let go itself."""
    edges = run.skeleton.lock_edges
    return [e for e in edges if e.event in run.reached and run.values.surely(e.when)]


def _later(found: Nodes, moment: int, unlocks: Sequence[int]) -> Pairs:
    """That an acquire comes before unlocks: they are not over when it begins."""
    first = found.first(moment)
    ends = [found.last(unlock) for unlock in unlocks]
    if first is None:
        return frozenset()
    return frozenset((first.number, end.number) for end in ends if end is not None)


def _unlocks(run: Run, edge: LockOrderEdge) -> list[int] | None:
    """The unlocks by others that must not come before an acquire for its order to be there.

    None where it is not: the thread has not locked the folio, or has unlocked it itself.
    """
    if edge.folio is None:
        return []
    thread = run.skeleton.threads[run.skeleton.events[edge.event].thread]
    index = {number: at for at, number in enumerate(thread.events)}
    rank = run.claim.coherence
    changes = sorted(_changes(run, edge.folio), key=lambda e: (rank.get(e, 0), -e))
    own = [e for e in changes if index.get(e, len(index)) < index[edge.event] and _takes(run, e)]
    if not own:
        return None
    taking = max(own, key=lambda e: index[e])
    later = changes[changes.index(taking) + 1 :]
    ends = next((e for e in later if not _takes(run, e)), None)
    if ends is None:
        return []
    if ends in index:
        return None if index[ends] < index[edge.event] else []
    return [ends]


def _takes(run: Run, event: int) -> bool:
    return not isinstance(run.skeleton.events[event].action, sk.Unlock)


def _changes(run: Run, folio: Term) -> Iterator[int]:
    """The events that take a folio lock or let it go."""
    place = run.values.value(folio)
    for number in run.happened:
        action = run.skeleton.events[number].action
        if not isinstance(action, sk.Grant | sk.Try | sk.Unlock) or action.kind != "folio":
            continue
        if isinstance(action, sk.Try) and not run.claim.decisions.taken.get(number, False):
            continue
        pointer = run.values.value(action.address)
        if isinstance(pointer, Pointer) and isinstance(place, Pointer):
            if pointer.location == place.location:
                yield number
