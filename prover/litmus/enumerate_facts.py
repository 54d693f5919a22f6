"""The events of one execution of a litmus test, and the sets and relations that they are in.

For :mod:`prover.litmus.enumerate`.
"""

from __future__ import annotations

from dataclasses import dataclass

from prover.litmus.enumerate_terms import Value
from prover.litmus.enumerate_walk import Event
from prover.models.cat.library import SETS, set_of
from prover.models.concrete import Pairs

TAGS = (
    *("ONCE", "ACQUIRE", "RELEASE", "MB", "NORETURN", "wmb", "rmb", "barrier"),
    *("rcu-lock", "rcu-unlock", "sync-rcu", "srcu-lock", "srcu-unlock", "sync-srcu"),
    *("before-atomic", "after-atomic", "after-spinlock", "after-unlock-lock"),
    "after-srcu-read-unlock",
)
"""Tags whose sets every structure has, be they empty (linux-kernel.bell)."""


@dataclass(frozen=True, slots=True)
class Fact:
    """An event of one execution, with its location and value (None for a fence)."""

    event: Event
    location: str | None
    value: Value | None


def sets_of(facts: tuple[Fact, ...]) -> dict[str, frozenset[int]]:
    """The sets of events: by kind, and by tag, where 'rcu-lock gives Rcu-lock."""
    sets = {name: set[int]() for name in (*SETS, *map(set_of, TAGS))}
    for number, fact in enumerate(facts):
        for name in (*fact.event.sets, *map(set_of, fact.event.tags)):
            sets.setdefault(name, set()).add(number)
    sets["M"] = sets["R"] | sets["W"]
    return {name: frozenset(numbers) for name, numbers in sets.items()}


def among(facts: tuple[Fact, ...]) -> dict[str, Pairs]:
    """Program order, and who shares process, location and value with whom."""
    numbered = list(enumerate(facts))
    pairs = [(a, b) for a in numbered for b in numbered]
    key = [fact.event.key for fact in facts]
    inside = frozenset(
        (i, j) for i in range(len(key)) for j in range(len(key)) if key[i][0] == key[j][0]
    )
    return {
        "po": frozenset((i, j) for i, j in inside if key[i][0] >= 0 and key[i] < key[j]),
        "int": inside,
        "ext": frozenset((i, j) for (i, _), (j, _) in pairs) - inside,
        "loc": frozenset(
            (i, j)
            for (i, a), (j, b) in pairs
            if a.location is not None and a.location == b.location
        ),
        "same-value": frozenset(
            (i, j) for (i, a), (j, b) in pairs if a.value is not None and a.value == b.value
        ),
    }
