"""What can go wrong at each event, as far as the domains tell.

A hazard is a way an event may violate a default property.  The encoder turns
each into a condition; an event without hazards and without live checks is
simply ok whenever it is reached.  Where several hold at once, the first
property in :data:`PRECEDENCE` is the violation.
"""

from __future__ import annotations

from typing import TypeAlias

from dsl.frozen import Frozen
from prover.execution import skeleton as sk
from prover.execution.domains import Domains, initial_value
from prover.execution.hazards_of_holders import HOLDERS, OfHolders, of_holders
from prover.execution.order import StaticOrder
from prover.execution.terms import ReadValue, Term
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
    origins_of,
)

PRECEDENCE = (
    "sleep-in-atomic",
    "ipi-irqs-off",
    "assert",
    "bug-on",
    "warn-on",
    "lockdep-assert",
    "refcount",
    "null-pointer",
    "torn-value",
    "wild-pointer",
    "use-after-free",
    "double-free",
    "uninitialized",
    "self-deadlock",
    "unlock-not-held",
    "lock-init-held",
    "transition",
    "lock-held-at-end",
    "rcu-unbalanced",
    "srcu-unbalanced",
    "irq-unbalanced",
    "preempt-unbalanced",
    "final",
    "invariant",
)
"""Which property an event violates when several conditions hold at once: the first."""


class Null(Frozen, frozen=True):
    """``term`` has the value ``value``, an address in NULL."""

    term: Term
    value: Value
    property: str = "null-pointer"


class WildAccess(Frozen, frozen=True):
    """``term`` has the value ``value``, a pointer to no object of its type or to no cell."""

    term: Term
    value: Value
    property: str = "wild-pointer"


class Torn(Frozen, frozen=True):
    """``term`` has the value ``value``, got from bits that no completed update has stored yet.

    ``updates`` are the indices in ``Skeleton.updates`` that may have stored them.
    """

    term: Term
    value: Value
    via: Via
    place: Source
    updates: tuple[int, ...]
    property: str = "torn-value"


class TornStore(Frozen, frozen=True):
    """Like :class:`Torn`, for a word that is stored: judged once the event has read."""

    term: Term
    value: Value
    via: Via
    place: Source
    updates: tuple[int, ...]
    when: Term
    property: str = "torn-value"


class Freed(Frozen, frozen=True):
    """``term`` points into an allocation that event ``free`` may have freed before."""

    term: Term
    value: Value
    free: int
    freed: tuple[Value, ...]
    property: str = "use-after-free"


class Uninitialized(Frozen, frozen=True):
    """``term``, what a read access gave, is poison."""

    term: Term
    value: Value
    property: str = "uninitialized"


class BadFree(Frozen, frozen=True):
    """``term`` has the value ``value``, which is not the start of an allocation."""

    term: Term
    value: Value
    property: str = "double-free"


class DoubleFree(Frozen, frozen=True):
    """``term`` points to an allocation that event ``free`` may have freed before."""

    term: Term
    value: Value
    free: int
    freed: tuple[Value, ...]
    property: str = "double-free"


LATE_KINDS = (TornStore, Uninitialized, *HOLDERS)
"""Hazards judged after an event has read what it reads; the others come before."""

LATE_PROPERTIES = frozenset(PRECEDENCE[PRECEDENCE.index("uninitialized") :])
"""Properties whose checks are judged after an event has read what it reads."""

Hazard: TypeAlias = (
    Null | WildAccess | Torn | TornStore | Freed | Uninitialized | BadFree | DoubleFree | OfHolders
)


class _Context(Frozen, frozen=True):
    """What the search for hazards looks at."""

    skeleton: sk.Skeleton
    domains: Domains
    order: StaticOrder
    frees: tuple[tuple[int, Term], ...]
    pages: tuple[tuple[int, Term], ...]
    cells: frozenset[Location]
    reads: dict[int, list[sk.ReadAccess]]
    stored: dict[int, list[sk.StoredWord]]


def hazards(
    skeleton: sk.Skeleton, domains: Domains, order: StaticOrder
) -> tuple[tuple[Hazard, ...], ...]:
    """The hazards of every event, by event number."""
    reads, stored = sk.by_event(skeleton.reads), sk.by_event(skeleton.stored)
    live = [event for event in skeleton.events if domains.may(event.guard)]
    frees, pages = (
        tuple((e.number, e.action.pointer) for e in live if isinstance(e.action, kind))
        for kind in (sk.Deallocate, sk.GiveBack)
    )
    cells = frozenset(
        Location(region.name, cell.path)
        for region in skeleton.layout.regions.values()
        for cell in region.cells
    )
    context = _Context(skeleton, domains, order, frees, pages, cells, reads, stored)
    return tuple(
        tuple(_of_event(context, event)) if domains.may(event.guard) else ()
        for event in skeleton.events
    )


def _of_event(context: _Context, event: sk.Event) -> list[Hazard]:
    """The hazards of one event."""
    found: list[Hazard] = []
    if event.anchor != event.number:
        return _of_claim(context, event)
    address = address_of(event)
    if address is not None:
        found.extend(_of_pointer(context, event, address))
    if isinstance(event.action, sk.Deallocate):
        found.extend(_of_free(context, event, event.action.pointer))
    found.extend(of_holders(context.skeleton, context.domains, context.order, event))
    for read in context.reads.get(event.number, ()):
        term = context.skeleton.term_of.get(ReadValue(read.number))
        if read.ghost or term is None:
            continue
        if POISON in context.domains.values[term]:
            found.append(Uninitialized(term, POISON))
    for word in context.stored.get(event.number, ()):
        found.extend(_of_stored(context, event, word))
    return found


def _of_claim(context: _Context, event: sk.Event) -> list[Hazard]:
    """A claim that looks through NULL or a wild pointer, or at poison, does not hold."""
    kind = context.skeleton.threads[event.thread].kind
    found: list[Hazard] = []
    address = address_of(event)
    for value in () if address is None else context.domains.values[address]:
        assert address is not None
        if not (isinstance(value, Pointer) and value.base and value.location in context.cells):
            found.append(WildAccess(address, value, kind))
    for read in context.reads.get(event.number, ()):
        term = context.skeleton.term_of.get(ReadValue(read.number))
        if term is not None and POISON in context.domains.values[term]:
            found.append(Uninitialized(term, POISON, kind))
    return found


def address_of(event: sk.Event) -> Term | None:
    """The address through which an event touches memory, None if it touches none."""
    match event.action:
        case (
            sk.Access(address=address)
            | sk.Request(address=address)
            | sk.Grant(address=address)
            | sk.Try(address=address)
            | sk.Unlock(address=address)
            | sk.LockState(address=address)
            | sk.Queue(address=address)
            | sk.SrcuStart(address=address)
            | sk.SrcuEnd(address=address)
        ):
            return address
        case sk.GraceStart(domain=domain) | sk.BarrierStart(domain=domain):
            return domain
        case _:
            return None


def _of_pointer(context: _Context, event: sk.Event, term: Term) -> list[Hazard]:
    """The hazards of an access through ``term``."""
    found: list[Hazard] = []
    for value in context.domains.values[term]:
        match value:
            case Pointer(base=None) | int():
                found.append(Null(term, value))
            case Wild(via=via):
                found.extend(_of_via(context, event, term, value, via))
                found.append(WildAccess(term, value))
            case Pointer(base=base, via=via):
                assert base is not None
                found.extend(_of_via(context, event, term, value, via))
                if value.location not in context.cells:
                    found.append(WildAccess(term, value))
                found.extend(
                    Freed(term, value, free, freed)
                    for free, freed in _frees_of(context, event, base)
                )
            case _:
                pass
    return found


def _frees_of(
    context: _Context, event: sk.Event, base: Allocation
) -> list[tuple[int, tuple[Value, ...]]]:
    """The events that free ``base`` (typesafe: give its page back), with the pointers that do."""
    found: list[tuple[int, tuple[Value, ...]]] = []
    looks = not isinstance(event.action, sk.Deallocate)
    typesafe = context.skeleton.layout.regions[base.object].typesafe
    for free, pointer in context.pages if looks and typesafe else context.frees:
        if free == event.number or context.order.before(free, event.number) is False:
            continue
        freed = tuple(
            value
            for value in context.domains.values[pointer]
            if isinstance(value, Pointer) and value.base == base and not value.path
        )
        if freed:
            found.append((free, freed))
    return found


def _of_via(
    context: _Context, event: sk.Event, term: Term, value: Value, via: Via | None
) -> list[Torn]:
    """Torn at each place it was read, unless the bits were there from the start."""
    found: list[Torn] = []
    for place in () if via is None else via.sources:
        assert via is not None
        start = initial_value(context.skeleton.layout, (place.location, "whole"))
        if isinstance(start, Word) and (start.low.bits, start.high.bits) == (via.low, via.high):
            continue
        found.append(Torn(term, value, via, place, _updates_of(context, event, via, place)))
    return found


def _updates_of(context: _Context, event: sk.Event, via: Via, place: Source) -> tuple[int, ...]:
    """The completed updates that may have stored the bits of ``via`` before ``event``."""
    values = context.domains.values
    return tuple(
        index
        for index, update in enumerate(context.skeleton.updates)
        if context.order.before(update.event, event.number) is not False
        and place.location in locations(values[update.address])
        and via.low in bits_of(values[update.low])
        and via.high in bits_of(values[update.high])
        and 1 in values[update.when]
    )


def locations(values: tuple[Value, ...]) -> set[Location]:
    """Where the pointers among ``values`` point."""
    return {v.location for v in values if isinstance(v, Pointer) and v.base is not None}


def bits_of(values: tuple[Value, ...]) -> set[int]:
    """The bits of the halves among ``values``."""
    return {v.bits if isinstance(v, Half) else v for v in values if isinstance(v, Half | int)}


def vias_of(value: Value, present: int) -> tuple[Via, ...]:
    """Where a word about to be stored was read, if it counts as present."""
    if not isinstance(value, Word):
        return ()
    bits = value.high.bits << 32 | value.low.bits
    origins = origins_of(value)
    counts = bits & present if present else bits
    return (Via(origins, value.low.bits, value.high.bits),) if origins and counts else ()


def _of_stored(context: _Context, event: sk.Event, word: sk.StoredWord) -> list[Hazard]:
    """A torn word stored is a violation too."""
    found: list[Hazard] = []
    for value in context.domains.values[word.value]:
        for via in vias_of(value, word.present):
            for torn in _of_via(context, event, word.value, value, via):
                late = TornStore(
                    torn.term, torn.value, torn.via, torn.place, torn.updates, word.when
                )
                found.append(late)
    return found


def _of_free(context: _Context, event: sk.Event, term: Term) -> list[Hazard]:
    """The hazards of a free: torn or wild pointers, pointers into the middle, freed before."""
    found: list[Hazard] = []
    for value in context.domains.values[term]:
        match value:
            case Wild(via=via):
                found.extend(_of_via(context, event, term, value, via))
                found.append(BadFree(term, value))
            case Pointer(base=base, path=path, via=via):
                found.extend(_of_via(context, event, term, value, via))
                if base is None or path:
                    found.append(BadFree(term, value))
                else:
                    found.extend(
                        DoubleFree(term, value, free, freed)
                        for free, freed in _frees_of(context, event, base)
                    )
            case _:
                pass
    return found
