"""Phases: stretches of an actor's statements with the same locks and sections, up to a store."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from prover.parametric.certificate.table import bits
from prover.parametric.machine import Compiled
from prover.parametric.machine.local import Local
from prover.why.invariant.gather import Together
from prover.why.invariant.places import Actor, Place, locks_of

LOOKED_AT = 20
"""Shared states in which the steps of one local state are looked at, for where phases end."""


@dataclass(frozen=True, slots=True)
class Phase:
    """Some statements of an actor, one after the other, and the local states there."""

    actor: Actor
    places: tuple[Place, ...]
    locals: int


def phases(system: Compiled, actor: Actor, stores: int) -> list[Phase]:
    """The phases of an actor; ``stores`` are the local states whose next step stores something."""
    order = sorted(actor.leaves, key=lambda place: (actor.order[place], place))
    found: list[list[Place]] = [order[:1]]
    for before, place in pairwise(order):
        cut = actor.leaves[before] & stores or _holds(system, actor, before) != _holds(
            system, actor, place
        )
        if cut:
            found.append([])
        found[-1].append(place)
    return [Phase(actor, tuple(each), _union(actor, each)) for each in found if each]


def _union(actor: Actor, places: list[Place]) -> int:
    mask = 0
    for place in places:
        mask |= actor.leaves[place]
    return mask


def _holds(system: Compiled, actor: Actor, place: Place) -> frozenset[object]:
    """What an actor holds and is in at a statement, in any of its local states there."""
    every = system.parts.locals.all
    return frozenset(
        held for number in bits(actor.leaves[place]) for held in _held(system, every[number])
    )


def _held(system: Compiled, local: Local) -> list[object]:
    slots = system.parts.slots
    held: list[object] = [
        (place.path if place.object in slots else place, mode) for place, mode in locks_of(local)
    ]
    named = (("rcu", local.rcu), ("irq", local.irq), ("preempt", local.preempt), ("bh", local.bh))
    held.extend(name for name, depth in named if depth)
    held.extend(reader.place for reader in local.readers)
    return [*held, ("waits", local.wait >= 0 or local.pending)]


def storing(system: Compiled, together: Together) -> int:
    """The local states with a step that changes something that is spoken of, or frees or defers."""
    quiet = {
        number
        for number, variable in enumerate(system.parts.variables.all)
        if variable.kind not in ("cell", "life")
    }
    found = 0
    looks: Counter[int] = Counter()
    for shared, present in together.present.items():
        for local in bits(present & ~found):
            looks[local] += 1
            if looks[local] <= LOOKED_AT:
                rules = system.rules(local, shared)
                if any(variable not in quiet for rule in rules for variable, _ in rule.writes):
                    found |= 1 << local
    return found
