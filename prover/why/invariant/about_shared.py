"""Sentences about shared variables: their values in a phase, and beside each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from prover.parametric.said import Where, While
from prover.why.invariant.phases import Phase
from prover.why.invariant.places import Actor
from prover.why.invariant.reader import Reader, Weighed, having, runs

FEW = 4
"""A sentence names no more values of a variable."""


def whiles(reader: Reader) -> Iterator[Weighed]:
    """The values that variables have while an actor is in a phase."""
    for actor in reader.actors.values():
        plain = [
            (phase, _values(reader, phase, ("",), hand=False))
            for phase in reader.phases[actor.name]
        ]
        yield from _sentences(reader, actor, plain, hand=False)
        if not actor.hand:
            continue
        held = [
            (phase, _values(reader, phase, reader.slots, hand=True))
            for phase in reader.phases[actor.name]
        ]
        letter = reader.values.letter
        for (_, known), (_, before) in zip(held, plain, strict=True):
            for name in list(known):
                # With X in hand only what needs a word of X.
                if name in before and not any(f"&{letter}" in value for value in known[name]):
                    del known[name]
        yield from _sentences(reader, actor, held, hand=True)


def _sentences(
    reader: Reader,
    actor: Actor,
    found: list[tuple[Phase, dict[str, frozenset[str]]]],
    *,
    hand: bool,
) -> Iterator[Weighed]:
    names = dict.fromkeys(name for _, known in found for name in known)
    for name in names:
        each = [(phase, known.get(name)) for phase, known in found]
        for places, values in runs(each):
            if values is not None:
                at = frozenset(place for place in places if not hand or having(actor, place))
                stance = reader.standing(actor, at, hand=hand)
                weight = 3.0 * len(at) / len(values)
                yield weight, While(stance, name, tuple(sorted(values)))


def _values(
    reader: Reader, phase: Phase, slots: tuple[str, ...], *, hand: bool
) -> dict[str, frozenset[str]]:
    """The values of each variable in a phase, where these are few, and not all that there are."""
    inside: dict[str, set[str]] = defaultdict(set)
    outside: dict[str, set[str]] = defaultdict(set)
    values = reader.values
    for slot in slots:
        mine = phase.locals & phase.actor.hand.get(slot, 0) if hand else phase.locals
        for (variable, value), present in reader.together.at.items():
            name = values.name(variable, slot) if variable in values.numbers else ""
            if name:
                text = values.text(variable, value, slot)
                outside[name].add(text)
                if present & mine:
                    inside[name].add(text)
    return {
        name: frozenset(found)
        for name, found in inside.items()
        if found < outside[name] and len(found) <= FEW and name != values.letter
    }


def wheres(reader: Reader) -> Iterator[Weighed]:
    """What two variables say of each other."""
    pairs: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    values = reader.values
    for slot in reader.slots or ("",):
        named = [(n, values.name(n, slot)) for n in values.numbers]
        numbers = [(n, name) for n, name in named if name]
        for shared in reader.together.present:
            texts = [(name, values.text(n, shared[n], slot)) for n, name in numbers]
            for (one, a), (other, b) in combinations(texts, 2):
                pairs[one, other].add((a, b))
    for (one, other), found in pairs.items():
        if {one.split(".")[0], other.split(".")[0]} == {values.letter}:
            continue
        forth = list(_related(one, other, found))
        back = list(_related(other, one, {(b, a) for a, b in found}))
        ways = [way for way in (forth, back) if way]
        yield from min(ways, key=len) if ways else ()


def _related(one: str, other: str, found: set[tuple[str, str]]) -> Iterator[Weighed]:
    every = {b for _, b in found}
    groups: dict[frozenset[str], list[str]] = defaultdict(list)
    for a in sorted({a for a, _ in found}):
        groups[frozenset(b for x, b in found if x == a)].append(a)
    for allowed, mine in groups.items():
        if allowed < every and len(allowed) <= FEW and len(mine) <= FEW:
            weight = 10.0 * (len(every) - len(allowed)) / len(every)
            yield weight, Where(one, tuple(mine), other, tuple(sorted(allowed)))
