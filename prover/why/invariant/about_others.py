"""Sentences about two actors: which statements exclude each other, and who waits for whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from prover.graph.values import Location
from prover.parametric.certificate.table import bits
from prover.parametric.said import Apart, Awaited, Only, Stance
from prover.why.invariant.phases import Phase
from prover.why.invariant.places import Actor, Place, locks_of
from prover.why.invariant.reader import Reader, Weighed, distinct, having, runs

LOCKS = 1000.0
"""What a lock excludes is said first."""


# --- locks ----------------------------------------------------------------------------------------


def locks(reader: Reader) -> Iterator[Weighed]:
    """Who holds each lock, while nobody else does."""
    holders: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
    every, slots = reader.system.parts.locals.all, reader.system.parts.slots
    for number in bits(reader.together.there):
        for place, mode in locks_of(every[number]):
            slot = place.object if place.object in slots else ""
            name = str(Location(reader.values.letter, place.path) if slot else place)
            of = holders[name].setdefault(slot, {"exclusive": 0, "shared": 0})
            of[mode] |= 1 << number
    for name, of_slot in sorted(holders.items()):
        one = _holding(reader, {slot: of["exclusive"] for slot, of in of_slot.items()})
        other = _holding(reader, {s: of["exclusive"] | of["shared"] for s, of in of_slot.items()})
        if one and any(
            distinct(reader, reader.actors[a.actor], reader.actors[b.actor])
            for a in one
            for b in other
        ):
            yield LOCKS, Apart(one, other, lock=name)


def _holding(reader: Reader, holders: dict[str, int]) -> tuple[Stance, ...]:
    """The statements at which each actor has a lock, whatever else; of a slot, with it in hand."""
    found: list[Stance] = []
    hand = "" not in holders
    for actor in reader.actors.values():
        places = frozenset(
            place
            for place, mask in actor.leaves.items()
            if (
                having(actor, place)
                and not any(
                    mask & actor.hand.get(slot, 0) & ~holders.get(slot, 0) for slot in reader.slots
                )
                if hand
                else not mask & ~holders[""]
            )
        )
        if places:
            found.append(reader.standing(actor, places, hand=hand))
    return tuple(found)


# --- beside each other ----------------------------------------------------------------------------


def beside(reader: Reader) -> Iterator[Weighed]:
    """What each actor cannot do while another is in one of its phases, but for what locks say."""
    names = list(reader.actors.values())
    for index, one in enumerate(names):
        for other in names[index:]:
            if not distinct(reader, one, other):
                continue
            ways = [list(_beside(reader, one, other))]
            if one is not other:
                ways.append(list(_beside(reader, other, one)))
            # Both say the same of the same pairs: the way that takes fewer sentences.
            yield from max(ways, key=lambda way: sum(w for w, _ in way) / (1 + len(way)))


def _beside(reader: Reader, one: Actor, other: Actor) -> Iterator[Weighed]:
    plain: dict[Phase, frozenset[Place]] = {}
    for hand in (False, True):
        found: list[tuple[Phase, tuple[frozenset[Place], frozenset[Place]]]] = []
        for phase in reader.phases[one.name]:
            excluded, by_lock = _excluded(reader, phase, other, hand=hand)
            if hand:
                excluded -= plain.get(phase, frozenset())
            else:
                plain[phase] = excluded
            found.append((phase, (excluded - by_lock, excluded)))
        for places, (left, excluded) in runs(found):
            if left:
                yield _apart(reader, one, other, places, left, excluded, hand=hand)


def _excluded(
    reader: Reader, phase: Phase, other: Actor, *, hand: bool
) -> tuple[frozenset[Place], frozenset[Place]]:
    """The statements at which nobody else is in a phase; those where a lock sees to that."""
    there, by_lock = dict.fromkeys(other.leaves, False), set(other.leaves)
    seen = set[Place]()
    for slot in reader.slots if hand else ("",):
        mine = phase.locals & phase.actor.hand.get(slot, 0) if hand else phase.locals
        beside_, held = 0, ~0
        for local in bits(mine):
            beside_ |= reader.together.beside.get(local, 0)
            held &= reader.against.get(local, 0)
        for place, mask in other.leaves.items():
            lot = mask & other.hand.get(slot, 0) if hand else mask
            if not lot or not mine:
                continue
            seen.add(place)
            there[place] = there[place] or bool(lot & beside_)
            if lot & ~held:
                by_lock.discard(place)
    excluded = frozenset(place for place in seen if not there[place])
    return excluded, excluded & by_lock


def _apart(
    reader: Reader,
    one: Actor,
    other: Actor,
    places: frozenset[Place],
    left: frozenset[Place],
    excluded: frozenset[Place],
    *,
    hand: bool,
) -> Weighed:
    """The sentence, by what is excluded or by what is left, whichever is shorter."""
    at = frozenset(place for place in places if not hand or having(one, place))
    mine = reader.standing(one, at, hand=hand)
    universe = frozenset(place for place in other.leaves if not hand or having(other, place))
    weight = len(at) * len(left) * (4.0 if hand else 1.0)
    if excluded == universe:
        whole = reader.standing(other, universe, hand=hand)
        return weight, Apart((mine,), (whole,), whole=True)
    out = reader.standing(other, left, hand=hand)
    rest = reader.standing(other, universe - excluded, hand=hand)
    if len(rest.at) < len(out.at):
        return weight, Only(mine, rest)
    return weight, Apart((mine,), (out,))


# --- waits ----------------------------------------------------------------------------------------


def awaited(reader: Reader) -> Iterator[Weighed]:
    """Whom an actor in a wait is sure to wait for."""
    for one in reader.actors.values():
        waits = [p for p in reader.phases[one.name] if all(place.waiting for place in p.places)]
        for phase in waits:
            for other in reader.actors.values():
                for hand in (True, False):
                    sure = _sure(reader, phase, other, hand=hand)
                    if sure and distinct(reader, one, other):
                        mine = reader.standing(one, frozenset(phase.places), hand=hand)
                        them = reader.standing(other, sure, hand=hand)
                        yield 100.0 + len(sure), Awaited(mine, them)
                        break


def _sure(reader: Reader, phase: Phase, other: Actor, *, hand: bool) -> frozenset[Place]:
    """Statements at which everybody who can be there is waited for."""
    found, lost = set[Place](), set[Place]()
    for slot in reader.slots if hand else ("",):
        mine = phase.locals & phase.actor.hand.get(slot, 0) if hand else phase.locals
        beside_ = free = 0
        for local in bits(mine):
            beside_ |= reader.together.beside.get(local, 0)
            free |= reader.together.free.get(local, 0)
        for place, mask in other.leaves.items():
            lot = mask & other.hand.get(slot, 0) if hand else mask
            if lot & free:
                lost.add(place)
            elif lot & beside_:
                found.add(place)
    return frozenset(found - lost)
