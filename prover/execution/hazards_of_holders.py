"""Hazards of ending what somebody else may have ended, or of setting up what somebody has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from dsl.frozen import Frozen
from prover.execution import skeleton as sk
from prover.execution.domains import Domains
from prover.execution.order import StaticOrder
from prover.execution.terms import Term
from prover.graph.values import Pointer, Value


class NotHeld(Frozen, frozen=True):
    """A folio lock is let go that may not be held by anyone."""

    property: str = "unlock-not-held"


class HeldAtInit(Frozen, frozen=True):
    """A lock at ``term`` is set up, where that is ``value``, that somebody may hold."""

    term: Term
    value: Pointer
    property: str = "lock-init-held"


class ReaderOver(Frozen, frozen=True):
    """An SRCU reader is ended that event ``other`` may have ended before, where ``when`` holds."""

    other: int
    when: Term
    property: str = "srcu-unbalanced"


HOLDERS = (HeldAtInit, NotHeld, ReaderOver)
"""All of them; they are judged after an event has read."""

OfHolders: TypeAlias = HeldAtInit | NotHeld | ReaderOver


def of_holders(
    skeleton: sk.Skeleton, domains: Domains, order: StaticOrder, event: sk.Event
) -> Iterator[OfHolders]:
    """The hazards of one event."""
    match event.action:
        case sk.Access(what="lock-init", address=lock):
            yield from held_at_init(skeleton, lock, domains.values[lock])
        case sk.Unlock(kind="folio"):
            yield NotHeld()
        case sk.SrcuEnd(rivals=rivals):
            for other, when in rivals:
                if domains.may(when) and order.before(other, event.number) is not False:
                    yield ReaderOver(other, when)
        case _:
            pass


def looks_at_folio(event: sk.Event) -> bool:
    """Whether an event has to find a folio lock held."""
    return isinstance(event.action, sk.Unlock) and event.action.kind == "folio"


def held_at_init(
    skeleton: sk.Skeleton, term: Term, values: Iterable[Value]
) -> Iterator[HeldAtInit]:
    """The locks that an event may set up while they are held: of a fresh object there is none."""
    for value in values:
        if isinstance(value, Pointer) and value.base is not None:
            region = skeleton.layout.regions[value.base.object]
            kinds = [cell.type_name for cell in region.cells if cell.path == value.path]
            if (not region.pool or region.typesafe) and kinds not in ([], ["srcu"]):
                yield HeldAtInit(term, value)
