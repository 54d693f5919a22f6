"""The rules of a candidate in one order, and which violations can be its first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from prover.execution import skeleton as sk
from prover.execution.enumerate.claims import broken_finals, broken_invariants
from prover.execution.enumerate.hazards import confirm, frees_of
from prover.execution.enumerate.hosts import host_rules
from prover.execution.enumerate.locks import folio_held_by, location, lock_rules
from prover.execution.enumerate.order import ImpossibleError, Order
from prover.execution.enumerate.pages import page_rules
from prover.execution.enumerate.stuck import deadlocks, standing
from prover.execution.enumerate.waits import ended, return_rules, wait_rules
from prover.execution.lock_facts import LockOrderEdge
from prover.execution.order import BEFORE_ALL

if TYPE_CHECKING:
    from prover.execution.enumerate.candidate import Candidate

TOGETHER = -1
"""The event of a violation that belongs to several."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The violations that can be the first, as (property, event), and how the threads stand."""

    first: frozenset[tuple[str, int]]
    statuses: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Bad:
    """A violation: the events that come before it, as bits, and when it comes.

    ``moment`` is (event, 0) for one at an event, (event, 1) for one right after it.
    """

    name: str
    event: int
    before: int
    moment: tuple[int, int]


def judge(c: Candidate, order: Order) -> Verdict:
    """Raises ImpossibleError where the rules exclude a candidate."""
    host_rules(c, order)
    still = standing(c, order)
    return_rules(c, order)
    lock_rules(c, order)
    wait_rules(c, order)
    _lives(c, order)
    page_rules(c, order)
    for number in (*c.happened, *c.violated):
        confirm(c, order, c.skeleton.events[number])
    bad = [*_at_events(c, order), *_claimed(c, order)]
    inverted = [_extent(order, cycle) for cycle in _class_cycles(c, order)]
    locked = deadlocks(c, order, still)
    first = {(one.name, one.event) for one in bad if _can_be_first(one, bad, inverted)}
    if any(_undisturbed(extent, bad, []) for extent in inverted):
        first.add(("lock-order", TOGETHER))
    if any(_undisturbed(extent, bad, inverted) for extent in locked):
        first.add(("deadlock", TOGETHER))
    if not (bad or inverted or locked) and all(_over(c, t) for t in c.cursor):
        first.update(("final", TOGETHER) for _ in broken_finals(c))
    return Verdict(frozenset(first), _statuses(c))


# --- lives of pool slots ---------------------------------------------------------------------


def _lives(c: Candidate, order: Order) -> None:
    """A slot has one life at a time; alloc fails only where no slot is free."""
    lives = list(c.allocated.items())
    for position, (one, slot) in enumerate(lives):
        for two, other in lives[position + 1 :]:
            if slot == other:
                early, late = (one, two) if order.before("life", one, two) else (two, one)
                _require_end(c, order, slot, early, late)
    for number in c.happened:
        action = c.skeleton.events[number].action
        if isinstance(action, sk.Allocate) and number not in c.allocated:
            for region in c.skeleton.layout.regions.values():
                if region.pool == action.pool and not _in_use(c, order, region.name, number):
                    raise ImpossibleError


def _require_end(c: Candidate, order: Order, slot: str, alloc: int, moment: int) -> None:
    """The life begun at ``alloc`` has ended before ``moment``."""
    region = c.skeleton.layout.regions[slot]
    frees = frees_of(c, sk.life(region, alloc))
    if region.typesafe:
        if not any(_ends(order, free, alloc, moment) for free in frees):
            raise ImpossibleError
        return
    if not frees:
        raise ImpossibleError
    order.require("life", frees[0], moment)


def _ends(order: Order, free: int, alloc: int, moment: int) -> bool:
    """Whether a free comes between an alloc and ``moment``."""
    return order.before("life", alloc, free) and order.before("life", free, moment)


def _in_use(c: Candidate, order: Order, slot: str, moment: int) -> bool:
    """Whether a slot is in a life when ``moment`` comes."""
    region = c.skeleton.layout.regions[slot]
    return any(
        order.before("life", event, moment)
        and not any(
            _ends(order, free, event, moment) for free in frees_of(c, sk.life(region, event))
        )
        for event, taken in c.allocated.items()
        if taken == slot
    )


# --- violations ------------------------------------------------------------------------------


def _at_events(c: Candidate, order: Order) -> Iterator[_Bad]:
    for number, name in c.violated.items():
        yield _Bad(name, number, order.earlier[number], (number, 0))


def _claimed(c: Candidate, order: Order) -> Iterator[_Bad]:
    for number in broken_invariants(c, order):
        if number == BEFORE_ALL:
            yield _Bad("invariant", number, 0, (number, 1))
        else:
            yield _Bad("invariant", number, order.earlier[number] | 1 << number, (number, 1))


def _comes_before(one: _Bad, two: _Bad) -> bool:
    """Whether a violation comes before another in every order."""
    if one.moment[0] == BEFORE_ALL:
        return two.moment[0] != BEFORE_ALL
    return bool(two.before >> one.moment[0] & 1) and one.moment != two.moment


def _can_be_first(one: _Bad, bad: list[_Bad], inverted: list[int]) -> bool:
    """Whether nothing has to be violated before it."""
    if any(_comes_before(other, one) for other in bad):
        return False
    return not any(extent & ~one.before == 0 for extent in inverted)


def _undisturbed(extent: int, bad: list[_Bad], inverted: list[int]) -> bool:
    """Whether the events of ``extent`` can all happen before anything is violated."""
    if any(one.moment[0] == BEFORE_ALL or extent >> one.moment[0] & 1 for one in bad):
        return False
    return not any(other & ~extent == 0 for other in inverted)


def _extent(order: Order, events: tuple[int, ...]) -> int:
    """Events with everything that comes before them."""
    mask = 0
    for event in events:
        mask |= order.earlier[event] | 1 << event
    return mask


def _class_cycles(c: Candidate, order: Order) -> Iterator[tuple[int, ...]]:
    """Cycles of lock classes, each as the acquires that closed it."""
    recorded = [
        edge
        for edge in c.skeleton.lock_edges
        if edge.event in c.happened and c.values.holds(edge.when)
    ]
    declared = c.skeleton.declared.keys()
    if any(_cycles(sorted(declared | {(edge.held, edge.taken) for edge in recorded}))):
        recorded = [edge for edge in recorded if _still_held(c, order, edge)]
    edges: dict[tuple[str, str], list[int]] = {}
    for edge in recorded:
        edges.setdefault((edge.held, edge.taken), []).append(edge.event)
    for cycle in _cycles(sorted(declared | edges.keys())):
        yield from product(*(edges[pair] for pair in cycle if pair not in declared))


def _still_held(c: Candidate, order: Order, edge: LockOrderEdge) -> bool:
    """Whether a folio that the thread has locked was not unlocked by another before an acquire."""
    if edge.folio is None:
        return True
    lock, thread = location(c, edge.folio), c.skeleton.events[edge.event].thread
    return lock is not None and folio_held_by(c, order, lock, edge.event, thread)


def _cycles(edges: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """The simple cycles of a small graph, each from its smallest class on."""
    paths = [[edge] for edge in edges]
    while paths:
        path = paths.pop()
        start, end = path[0][0], path[-1][1]
        if start == end:
            yield path
            continue
        visited = {held for held, _ in path}
        paths.extend(
            [*path, (held, taken)]
            for held, taken in edges
            if held == end and (taken == start or (taken > start and taken not in {*visited, end}))
        )


# --- how threads stand -------------------------------------------------------------------------


def _over(c: Candidate, thread: int) -> bool:
    """Whether a thread has ended or never came to be."""
    parent = c.skeleton.threads[thread].parent
    if c.skeleton.threads[thread].kind == "page":
        return True
    return ended(c, thread) or (parent >= 0 and parent not in c.happened)


def _statuses(c: Candidate) -> tuple[tuple[str, str], ...]:
    cut = {p.thread for p in c.skeleton.cuts if c.values.surely(p.guard)}
    found: list[tuple[str, str]] = []
    for number in c.cursor:
        thread = c.skeleton.threads[number]
        if thread.kind == "page":
            continue
        if ended(c, number):
            status = "ended"
        elif any(n in c.violated for n in thread.events):
            status = "violated"
        elif number in c.stuck or number in c.frozen:
            status = "blocked"
        elif number in cut:
            status = "cut"
        elif thread.parent >= 0 and thread.parent not in c.happened:
            continue
        else:
            status = "stopped"
        found.append((thread.name, status))
    return tuple(found)
