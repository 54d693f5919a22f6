"""What the scenes of a witness are about: the places, locks and objects that it has to do with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dsl.frozen import Frozen
from prover.execution import skeleton as sk
from prover.execution.domains import Place
from prover.execution.hazards import address_of
from prover.execution.story import Story
from prover.execution.wording import cell_at
from prover.graph import ir
from prover.graph.values import Location, Pointer

MEMORY = ("scalar", "word")
"""The kinds of cell that hold values."""

RUNNING = {"callback": "softirq", "handler": "hardirq"}
"""What the context is called in which each kind of thread runs."""

LOOKS = (sk.Access, sk.Allocate, sk.Begin, sk.Ended, sk.Local, sk.Spin, sk.Deallocate)
"""Steps whose reads and writes are of memory, not of a lock or an SRCU domain."""


class Subject(Frozen, frozen=True):
    """What the scenes of a witness are about.

    ``columns`` are the threads that it shows; ``locks`` has the kind of each lock.
    """

    columns: Mapping[int, int]
    places: tuple[Place, ...]
    locks: Mapping[Location, str]
    objects: tuple[str, ...]


def subject(story: Story, shown: Iterable[int], columns: Mapping[int, int]) -> Subject:
    """What the events that are shown have to do with, and the claim that fails where one does."""
    events = [story.skeleton.events[number] for number in dict.fromkeys(shown)]
    numbers = {event.number for event in events if isinstance(event.action, LOOKS)}
    layout = story.skeleton.layout
    touched = {one.place for one in story.reads if one.event in numbers}
    touched.update(s.place for own in story.stores.values() for s in own if s.event in numbers)
    objects = {place[0].object for place in touched}
    for event in events:
        objects.update(whose(story, event))
    return Subject(
        columns,
        tuple(place for place in _memory(layout) if _is_touched(layout, place, touched)),
        dict(_locks(story, events)),
        tuple(r.name for r in layout.regions.values() if r.name in objects and _has_life(r)),
    )


def _memory(layout: ir.Layout) -> Iterator[Place]:
    """All of memory, in the order of its declaration."""
    for region in layout.regions.values():
        for cell in region.cells:
            parts = ("low", "high") if cell.split else ("whole",)
            if cell.kind in MEMORY:
                yield from ((Location(region.name, cell.path), part) for part in parts)


def _is_touched(layout: ir.Layout, place: Place, touched: set[Place]) -> bool:
    """Whether a place, or the other half of its word, is touched."""
    cell = cell_at(layout, place[0])
    split = cell is not None and cell.split
    return place in touched or (split and any((place[0], p) in touched for p in ("low", "high")))


def _locks(story: Story, events: Iterable[sk.Event]) -> Iterator[tuple[Location, str]]:
    """The locks that events take, let go, look at or set up."""
    for event in events:
        action = event.action
        if isinstance(action, sk.Grant | sk.Try | sk.Unlock | sk.LockState | sk.Access):
            where = story.where(action.address)
            cell = None if where is None else cell_at(story.skeleton.layout, where)
            if where and cell and cell.kind == "lock" and cell.type_name != "srcu":
                yield where, cell.type_name


def whose(story: Story, event: sk.Event) -> Iterator[str]:
    """The object that a step goes to, or whose life it begins or ends."""
    action = event.action
    if isinstance(action, sk.Allocate):
        slot = story.slots.get(event.number)
        if isinstance(slot, Pointer) and slot.base is not None:
            yield slot.base.object
        return
    term = address_of(event)
    if isinstance(action, sk.Deallocate | sk.GiveBack):
        term = action.pointer
    where = story.where(term)
    if where is not None:
        yield where.object


def _has_life(region: ir.Region) -> bool:
    """Whether a region is an object that can be freed, and no single variable."""
    return bool(region.struct or region.pool)


def page_of(where: Location) -> str:
    """What a page that is to be given back is called while that is pending."""
    return f"page of {where.object}"
