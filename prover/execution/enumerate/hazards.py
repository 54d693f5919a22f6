"""What may be wrong with an event by its values, and whether it is in a given order.

:func:`early` and :func:`late` split properties into those that are violated whatever the order
and those that depend on it; :func:`depends` then answers for the latter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prover.execution import skeleton as sk
from prover.execution.domains import initial_value
from prover.execution.enumerate.locks import folio_held, holds_at
from prover.execution.enumerate.order import ImpossibleError, Order
from prover.execution.enumerate.pages import is_over, pages_of, typesafe
from prover.execution.enumerate.values import needed
from prover.execution.hazards import LATE_PROPERTIES, PRECEDENCE, address_of, vias_of
from prover.execution.hazards_of_holders import HeldAtInit, held_at_init
from prover.execution.terms import ReadValue
from prover.graph.values import (
    POISON,
    Allocation,
    Half,
    Location,
    Pointer,
    Source,
    Value,
    Via,
    Wild,
    Word,
)

if TYPE_CHECKING:
    from prover.execution.enumerate.candidate import Candidate

RANK = {name: index for index, name in enumerate(PRECEDENCE)}
"""Of several properties violated at once the one with the lowest rank counts."""


@dataclass(frozen=True, slots=True)
class Suspects:
    """Properties violated for certain, and those whose violation depends on the order.

    ``checks`` are those of the certain ones that are the thread's own affair: of them each is
    reported, of the others the first.
    """

    certain: frozenset[str]
    possible: frozenset[str]
    checks: frozenset[str] = frozenset()

    def first(self) -> list[str]:
        """What the first violation can be, "" for none, by rank."""
        hazards = self.certain - self.checks
        sure = min((RANK[name] for name in hazards), default=len(RANK))
        maybe = [name for name in self.possible if RANK[name] < sure]
        names = sorted(maybe, key=RANK.__getitem__)
        if hazards:
            names.append(PRECEDENCE[sure])
        names.extend(sorted(self.checks, key=RANK.__getitem__))
        return names if self.certain else [*names, ""]


@dataclass(frozen=True, slots=True)
class Glimpse:
    """The bits that were taken for the value of the word at ``place``, in that life of it."""

    place: Source
    low: int
    high: int


def early(c: Candidate, event: sk.Event) -> Suspects:
    """What is judged before the event reads anything."""
    certain: set[str] = set()
    possible: set[str] = set()
    address = address_of(event)
    if address is not None:
        _pointer(c, event, needed(c.values, address), certain, possible)
    if isinstance(event.action, sk.Deallocate):
        _free(c, event, needed(c.values, event.action.pointer), certain, possible)
    checks = frozenset(_checks(c, event, late=False))
    return Suspects(frozenset(certain) | checks, frozenset(possible - certain), checks)


def late(c: Candidate, event: sk.Event) -> Suspects:
    """What is judged once the event has read."""
    certain: set[str] = set()
    possible: set[str] = set()
    for read in c.facts.reads.get(event.number, ()):
        if not read.ghost and c.values.leaves[ReadValue(read.number)] == POISON:
            certain.add("uninitialized")
    if any(_stored_glimpses(c, event)):
        possible.add("torn-value")
    if isinstance(event.action, sk.Unlock) and event.action.kind == "folio":
        possible.add("unlock-not-held")
    if any(_inits(c, event)):
        possible.add("lock-init-held")
    if any(_rivals(c, event)):
        possible.add("srcu-unbalanced")
    checks = frozenset(() if certain else _checks(c, event, late=True))
    return Suspects(frozenset(certain) | checks, frozenset(possible - certain), checks)


def _rivals(c: Candidate, event: sk.Event) -> Iterator[int]:
    """The other events that end the SRCU reader that an event ends."""
    if isinstance(event.action, sk.SrcuEnd):
        for other, when in event.action.rivals:
            if other in c.happened and needed(c.values, when) == 1:
                yield other


def _inits(c: Candidate, event: sk.Event) -> Iterator[HeldAtInit]:
    """The lock that an event sets up, if somebody can hold it."""
    if isinstance(event.action, sk.Access) and event.action.what == "lock-init":
        address = event.action.address
        yield from held_at_init(c.skeleton, address, [needed(c.values, address)])


def certain_late(c: Candidate, event: sk.Event) -> bool:
    """Whether a check that is judged last fails; only for events whose checks read nothing."""
    return any(_checks(c, event, late=True))


def _checks(c: Candidate, event: sk.Event, *, late: bool) -> Iterator[str]:
    for check in event.checks:
        if (check.property in LATE_PROPERTIES) == late and needed(c.values, check.bad) == 1:
            yield check.property


def _pointer(
    c: Candidate, event: sk.Event, value: Value, certain: set[str], possible: set[str]
) -> None:
    """An access through ``value``."""
    match value:
        case Pointer(base=None) | int():
            certain.add("null-pointer")
        case Wild(via=via):
            certain.add("wild-pointer")
            possible.update(_torn_suspect(c, via))
        case Pointer(base=base, via=via):
            assert base is not None
            possible.update(_torn_suspect(c, via))
            if not _is_cell(c, value.location):
                certain.add("wild-pointer")
            _life(c, event, base, "use-after-free", certain, possible)
        case _:
            certain.add("wild-pointer")


def _free(
    c: Candidate, event: sk.Event, value: Value, certain: set[str], possible: set[str]
) -> None:
    """A free of ``value``."""
    match value:
        case int():
            return
        case Pointer(base=base, path=path, via=via):
            possible.update(_torn_suspect(c, via))
            if base is None or path:
                certain.add("double-free")
            else:
                _life(c, event, base, "double-free", certain, possible)
        case Wild(via=via):
            possible.update(_torn_suspect(c, via))
            certain.add("double-free")
        case _:
            certain.add("double-free")


def _life(
    c: Candidate,
    event: sk.Event,
    base: Allocation,
    name: str,
    certain: set[str],
    possible: set[str],
) -> None:
    """A slot's life 0 is over before anything happens; others end at a free."""
    region = c.skeleton.layout.regions[base.object]
    if base.site == 0 and region.pool and not region.typesafe:
        certain.add(name)
    elif any(free != event.number for free in c.facts.frees):
        possible.add(name)


def _is_cell(c: Candidate, location: Location) -> bool:
    region = c.skeleton.layout.regions.get(location.object)
    return region is not None and any(cell.path == location.path for cell in region.cells)


def _torn_suspect(c: Candidate, via: Via | None) -> Iterator[str]:
    """Torn, unless the bits were there from the start."""
    if any(_glimpses(c, via)):
        yield "torn-value"


def _glimpses(c: Candidate, via: Via | None) -> Iterator[Glimpse]:
    """The places that must have held the bits of ``via``, but for those that did at the start."""
    for place in () if via is None else via.sources:
        assert via is not None
        start = initial_value(c.skeleton.layout, (place.location, "whole"))
        bits = (via.low, via.high)
        if not isinstance(start, Word) or (start.low.bits, start.high.bits) != bits:
            yield Glimpse(place, *bits)


def _stored_glimpses(c: Candidate, event: sk.Event) -> Iterator[Glimpse]:
    """Where the words that an event stores were read, if that matters."""
    for word in c.facts.stored.get(event.number, ()):
        if needed(c.values, word.when) == 1:
            for via in vias_of(needed(c.values, word.value), word.present):
                yield from _glimpses(c, via)


# --- in an order -----------------------------------------------------------------------------


def depends(c: Candidate, order: Order, event: sk.Event, name: str, *, after: bool) -> bool:
    """Whether a property of :attr:`Suspects.possible` is violated; ``after`` the event has read."""
    match name:
        case "torn-value":
            seen = list(_stored_glimpses(c, event)) if after else list(used_glimpses(c, event))
            return any(not _stored_before(c, order, one, event.number) for one in seen)
        case "use-after-free" | "double-free":
            return any(is_over(c, order, f, event) for f in ends_of(c, event))
        case "unlock-not-held":
            return not folio_held(c, order, event)
        case "lock-init-held":
            return any(
                one.value.location == held.lock and holds_at(order, held, event.number)
                for one in _inits(c, event)
                for held in c.held
            )
        case "srcu-unbalanced":
            return any(order.before("reader", o, event.number) for o in _rivals(c, event))
        case _:
            raise AssertionError(name)


def confirm(c: Candidate, order: Order, event: sk.Event) -> None:
    """Raises ImpossibleError unless the event violates just what the candidate says."""
    number = event.number
    found = c.violated.get(number, "")
    suspects = early(c, event)
    if number in c.read_first or not found:
        if number in c.read_first:
            hazards = suspects.certain - suspects.checks
            suspects = Suspects(hazards, suspects.possible)
        _expect(c, order, event, suspects, "", after=False)
        _expect(c, order, event, late(c, event), found, after=True)
    else:
        _expect(c, order, event, suspects, found, after=False)


def _expect(
    c: Candidate, order: Order, event: sk.Event, suspects: Suspects, wanted: str, *, after: bool
) -> None:
    """The first violation of one stage is ``wanted`` ("" for none)."""
    for name in suspects.first():
        if name == "" or name in suspects.certain:
            if wanted != name and wanted not in suspects.checks:
                raise ImpossibleError
            return
        if name in {"use-after-free", "double-free"} and name != wanted and not typesafe(c, event):
            for free in ends_of(c, event):
                order.require("life", event.number, free)
        elif depends(c, order, event, name, after=after) != (name == wanted):
            raise ImpossibleError
        if name == wanted:
            return


def ends_of(c: Candidate, event: sk.Event) -> list[int]:
    """The frees that end the life of what an event touches or frees."""
    action = event.action
    term = action.pointer if isinstance(action, sk.Deallocate) else address_of(event)
    if term is None:
        return []
    pointer = c.values.value(term)
    if not isinstance(pointer, Pointer) or pointer.base is None:
        return []
    if typesafe(c, event) and not isinstance(action, sk.Deallocate):
        return pages_of(c, pointer.base.object)
    return [free for free in frees_of(c, pointer.base) if free != event.number]


def frees_of(c: Candidate, base: Allocation) -> list[int]:
    """The events that free an allocation."""
    found: list[int] = []
    for free in c.facts.frees:
        action = c.skeleton.events[free].action
        assert isinstance(action, sk.Deallocate)
        if free in c.happened:
            freed = c.values.value(action.pointer)
            if isinstance(freed, Pointer) and freed.base == base and not freed.path:
                found.append(free)
    return found


def used_glimpses(c: Candidate, event: sk.Event) -> Iterator[Glimpse]:
    """Where the pointer that an event goes through was read."""
    action = event.action
    term = action.pointer if isinstance(action, sk.Deallocate) else address_of(event)
    if term is not None:
        value = c.values.value(term)
        if isinstance(value, Pointer | Wild):
            yield from _glimpses(c, value.via)


def stores_of(c: Candidate, glimpse: Glimpse) -> Iterator[int]:
    """The events of the completed updates that stored these bits there."""
    for update in c.skeleton.updates:
        if update.event not in c.happened or not c.values.holds(update.when):
            continue
        pointer = c.values.value(update.address)
        halves = [c.values.value(term) for term in (update.low, update.high)]
        found = tuple(half.bits for half in halves if isinstance(half, Half))
        if isinstance(pointer, Pointer) and pointer.base is not None:
            if (pointer.source, found) == (glimpse.place, (glimpse.low, glimpse.high)):
                yield update.event
    life = glimpse.place.base
    if c.skeleton.layout.regions[life.object].zeroed and (glimpse.low, glimpse.high) == (0, 0):
        yield from (n for n, slot in c.allocated.items() if Allocation(slot, n) == life)


def _stored_before(c: Candidate, order: Order, glimpse: Glimpse, moment: int) -> bool:
    """Whether the bits were there before ``moment`` by a completed update."""
    return any(order.before("update", event, moment) for event in stores_of(c, glimpse))
