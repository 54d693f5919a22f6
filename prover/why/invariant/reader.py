"""What sentences are read from, and runs of phases of which the same is said."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias, TypeVar

from prover.parametric.certificate.table import bits
from prover.parametric.machine import Compiled
from prover.parametric.said import Sentence, Stance
from prover.parametric.system import IDLE
from prover.why.invariant.gather import Together
from prover.why.invariant.phases import Phase
from prover.why.invariant.places import Actor, Place, locks_of, stance
from prover.why.invariant.values import Values

Weighed: TypeAlias = tuple[float, Sentence]
"""A sentence, and about how much it excludes."""

What = TypeVar("What", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Reader:
    """Everything that is known; ``against`` has who holds a lock that excludes one that is held."""

    system: Compiled
    together: Together
    actors: dict[str, Actor]
    phases: dict[str, list[Phase]]
    values: Values
    against: dict[int, int]

    @property
    def slots(self) -> tuple[str, ...]:
        """The slots of pools."""
        return tuple(sorted(self.system.parts.slots))

    def single(self, actor: Actor) -> bool:
        """Whether there is one of an actor."""
        return any(self.system.single(n) >= 0 for mask in actor.leaves.values() for n in bits(mask))

    def standing(self, actor: Actor, places: frozenset[Place], *, hand: bool) -> Stance:
        """The stance of an actor at some of its statements."""
        every = [p for p in actor.leaves if not hand or having(actor, p)]
        return stance(actor, places, every, hand=hand)


def having(actor: Actor, place: Place) -> bool:
    """Whether an actor may have anything in hand at a statement."""
    return any(mask & actor.leaves[place] for mask in actor.hand.values())


def against(system: Compiled, there: int) -> dict[int, int]:
    """For each local state those that hold a lock that one of its own excludes."""
    holders: dict[tuple[object, str], int] = {}
    every = system.parts.locals.all
    for local in bits(there & ~(1 << IDLE)):
        for place, mode in locks_of(every[local]):
            holders[place, mode] = holders.get((place, mode), 0) | 1 << local
    found: dict[int, int] = {}
    for local in bits(there & ~(1 << IDLE)):
        mask = 0
        for place, mode in locks_of(every[local]):
            mask |= holders.get((place, "exclusive"), 0)
            mask |= holders.get((place, "shared"), 0) if mode == "exclusive" else 0
        found[local] = mask
    return found


def runs(found: list[tuple[Phase, What]]) -> Iterator[tuple[frozenset[Place], What]]:
    """Phases one after the other of which the same is said, together."""

    def said(each: tuple[Phase, What]) -> What:
        return each[1]

    for what, members in groupby(found, key=said):
        yield frozenset(place for phase, _ in members for place in phase.places), what


def distinct(reader: Reader, one: Actor, other: Actor) -> bool:
    """Whether there can be one of each: of an actor that there is one of there are not two."""
    return one is not other or not reader.single(one)
