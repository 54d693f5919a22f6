"""Local states by where they stand and what they have: the atoms that sentences are made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from dsl.frozen import replace
from dsl.source import Source, Span
from prover.graph.values import Half, Location, Pointer, Value, Word
from prover.parametric.certificate.table import bits
from prover.parametric.machine import Compiled
from prover.parametric.machine.code import ALL
from prover.parametric.machine.local import Local
from prover.parametric.machine.values import OVER
from prover.parametric.said import Call, Lines, Stance


class Place(NamedTuple):
    """One statement by way of its calls; ``waiting`` in a wait that was begun there."""

    calls: tuple[Call, ...]
    file: str
    line: int
    waiting: bool


Leaves: TypeAlias = Mapping[Place, int]
"""Statements with the local states that stand before them, as bits."""


@dataclass(slots=True, eq=False)
class Actor:
    """One actor, or callback: its statements, in the order of its graph.

    ``hand`` has for each slot of a pool those of its local states that have it in hand.
    """

    name: str
    leaves: dict[Place, int] = field(default_factory=dict[Place, int])
    order: dict[Place, int] = field(default_factory=dict[Place, int])
    hand: dict[str, int] = field(default_factory=lambda: defaultdict[str, int](int))

    def having(self, slot: str) -> Leaves:
        """The statements at which it has a slot in hand."""
        mask = self.hand.get(slot, 0)
        return {place: lot & mask for place, lot in self.leaves.items() if lot & mask}


def actors(system: Compiled, there: int, sources: Mapping[str, Source]) -> dict[str, Actor]:
    """The actors that there are, those of the file first, with their local states."""
    found: dict[str, Actor] = {body.name: Actor(body.name) for body in system.parts.bodies}
    for number in bits(there):
        local = system.parts.locals.all[number]
        place = place_of(system, local, sources)
        if place is None:
            continue
        actor = found[system.actor(number)]
        actor.leaves[place] = actor.leaves.get(place, 0) | 1 << number
        actor.order[place] = min(actor.order.get(place, local.position), local.position)
        for slot in in_hand(system, local):
            actor.hand[slot] |= 1 << number
    return {name: actor for name, actor in found.items() if actor.leaves}


def place_of(system: Compiled, local: Local, sources: Mapping[str, Source]) -> Place | None:
    """Where a local state stands; None for one that has stopped."""
    if local.stopped:
        return None
    origin = system.parts.bodies[local.body].origin(local.position)
    if origin is None:
        return None
    calls = tuple(Call(each.function, *_line(each.site, sources)) for each in origin.frames)
    waiting = local.wait >= 0 or local.pending
    return Place(calls, *_line(origin.span, sources), waiting)


def _line(span: Span, sources: Mapping[str, Source]) -> tuple[str, int]:
    return span.file, sources[span.file].line_column(span.start)[0]


def in_hand(system: Compiled, local: Local) -> frozenset[str]:
    """The slots that a local state has pointers to that it may follow, or locks of."""
    body = system.parts.bodies[local.body]
    wanted = body.wanted[local.position]
    values = [value for name, value in local.registers if wanted.get(name) == ALL]
    found = {slot for value in values for slot in _slots(value)}
    found.update(lock.place.object for lock in local.held if not lock.gone)
    return frozenset(found & system.parts.slots)


def _slots(value: Value) -> Iterator[str]:
    match value:
        case Pointer(base=base) | Half(base=base) if base is not None and base.site != OVER:
            yield base.object
        case Word(low=low, high=high):
            yield from _slots(low)
            yield from _slots(high)
        case _:
            return


def locks_of(local: Local) -> Iterator[tuple[Location, str]]:
    """The locks that a local state has, each with its mode."""
    for lock in local.held:
        if not lock.gone:
            yield lock.place, lock.mode


# --- statements in as few words as there can be ---------------------------------------------------


def stance(
    actor: Actor, places: Iterable[Place], universe: Iterable[Place], *, hand: bool
) -> Stance:
    """The stance of an actor at some of the statements that there are of it."""
    chosen, every = frozenset(places), list(universe)
    lines = [_marked(each, every) for each in _cover((), every, chosen)]
    return Stance(actor.name, tuple(lines), hand)


def _marked(lines: Lines, universe: list[Place]) -> Lines:
    """Lines of a function that has other calls, marked."""
    depth = len(lines.calls)
    calls = {
        place.calls[:depth]
        for place in universe
        if len(place.calls) >= depth > 0
        and place.calls[depth - 1].function == lines.calls[-1].function
    }
    return replace(lines, also=len(calls) > 1)


def _cover(
    calls: tuple[Call, ...], universe: list[Place], chosen: frozenset[Place]
) -> Iterator[Lines]:
    """Runs of lines whose statements are all chosen, and parts of lines that are in part."""
    depth = len(calls)
    lines: dict[tuple[str, int], list[Place]] = defaultdict(list)
    for place in universe:
        lines[_at(place, depth)].append(place)
    run: tuple[str, int, int] | None = None
    for (file, line), members in sorted(lines.items()):
        whole = all(place in chosen for place in members)
        if whole and run is not None and run[0] == file:
            run = file, run[1], line
            continue
        if run is not None:
            yield Lines(calls, *run)
        run = (file, line, line) if whole else None
        if not whole:
            yield from _part(calls, file, line, members, chosen)
    if run is not None:
        yield Lines(calls, *run)


def _part(
    calls: tuple[Call, ...], file: str, line: int, members: list[Place], chosen: frozenset[Place]
) -> Iterator[Lines]:
    """What is chosen of one line."""
    depth = len(calls)
    own = [place for place in members if len(place.calls) == depth]
    yield from (Lines(calls, file, line, line, p.waiting) for p in own if p in chosen)
    inner = dict.fromkeys(place.calls[: depth + 1] for place in members if len(place.calls) > depth)
    for each in inner:
        below = [place for place in members if place.calls[: depth + 1] == each]
        if any(place in chosen for place in below):
            yield from _cover(each, below, chosen)


def _at(place: Place, depth: int) -> tuple[str, int]:
    """The line of a statement, or of the call that leads to it, at some depth."""
    if len(place.calls) > depth:
        return place.calls[depth].file, place.calls[depth].line
    return place.file, place.line


def matches(lines: Lines, place: Place) -> bool:
    """Whether a statement is among some lines."""
    depth = len(lines.calls)
    if place.calls[:depth] != lines.calls:
        return False
    file, line = _at(place, depth)
    if file != lines.file or not lines.first <= line <= lines.last:
        return False
    if lines.waiting is None:
        return True
    return len(place.calls) == depth and place.waiting == lines.waiting
