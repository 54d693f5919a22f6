"""Places whose data races are their author's business: ``data_race()``, ``__data_racy``."""

from __future__ import annotations

from collections.abc import Sequence

from dsl.frozen import Frozen
from prover.execution import skeleton as sk
from prover.execution.domains import Domains, World
from prover.execution.nodes import nodes
from prover.execution.terms import Term
from prover.graph.values import Pointer

RACY = "racy"
"""The order of an access of which the author says that a race there is known."""


class Touch(Frozen, frozen=True):
    """An access: where control gets to it, whose processor it is on, and what it touches."""

    event: int
    guard: Term
    thread: int
    address: Term
    stores: bool
    racy: bool


def touches(skeleton: sk.Skeleton) -> tuple[Touch, ...]:
    """The accesses that may race; none where no author says so of any."""
    events = skeleton.events
    if not any(_is_racy(event.action) for event in events):
        return ()
    found = nodes(skeleton)
    stores = {write.event for write in skeleton.writes}
    accesses = [(read.event, read.address) for read in skeleton.reads if not read.ghost]
    accesses.extend((write.event, write.address) for write in skeleton.writes)
    made: dict[Touch, None] = {}
    for number, address in accesses:
        event, node = events[number], found.last(number)
        if node is not None and isinstance(event.action, sk.Access):
            racy, storing = _is_racy(event.action), number in stores
            made[Touch(number, event.guard, node.thread, address, storing, racy)] = None
    return tuple(made)


def _is_racy(action: sk.Action) -> bool:
    return isinstance(action, sk.Access) and action.order == RACY


def racy_places(accesses: Sequence[Touch], domains: Domains | World) -> tuple[str, ...]:
    """Places that two processors may touch, one storing, one by an access that may race."""
    found: dict[str, list[Touch]] = {}
    for touch in accesses:
        if domains.may(touch.guard):
            for value in domains.of(touch.address):
                if isinstance(value, Pointer) and value.base is not None:
                    found.setdefault(str(value.location), []).append(touch)
    return tuple(
        name
        for name, those in sorted(found.items())
        if any(touch.racy for touch in those)
        and any(touch.stores for touch in those)
        and len({touch.thread for touch in those}) > 1
    )
