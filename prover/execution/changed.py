"""Why a change of a word is none that its transition table has."""

from __future__ import annotations

from collections.abc import Iterator

from prover.execution import skeleton as sk
from prover.execution.changes import Change, Way
from prover.execution.domains import Place
from prover.execution.edges import Reason
from prover.execution.evaluate import Unknown, Valuation
from prover.execution.held import locks_text
from prover.execution.story import NOBODY, Stored, Story, stretches
from prover.execution.wording import cell_at, value_text
from prover.graph.values import Location, Pointer


def change_text(skeleton: sk.Skeleton, values: Valuation, event: int) -> tuple[str, ...]:
    """What is wrong with the change that an event makes: the line under the table."""
    found = _wrong(skeleton, values, event)
    if found is None:
        return ()
    fits, went = _fitting(values, found), _went(skeleton, values, found)
    if not fits:
        return (f"no transition of {found.location} is {went}",)
    missing = " and ".join(str(lock) for lock in _missing(values, fits[0]))
    return (f"{found.location} goes {went} without {missing}, which `{fits[0].name}` asks for",)


def transition(story: Story) -> Iterator[Reason]:
    """Who stored the value that was changed, and who holds the locks that the change asks for."""
    found = _wrong(story.skeleton, story.values, story.bad)
    if found is None:
        return
    user = story.name(story.bad)
    fits = _fitting(story.values, found)
    for lock in _missing(story.values, fits[0]) if fits else ():
        yield _holder(story, lock)
    if fits:
        yield Reason(f"{user} holds {locks_text(story, story.bad)}")
        return
    layout = story.skeleton.layout
    before = story.value(found.before)
    last = _last(story, found.location)
    if (
        before is not None
        and last is not None
        and story.thread(last.event) != story.thread(story.bad)
    ):
        value = value_text(layout, before, cell_at(layout, found.location))
        text = (
            f"{story.name(last.event)} stored {found.location} = {value}, which {user} overwrites"
        )
        yield Reason(text, "co", last.event, story.bad)


def _wrong(skeleton: sk.Skeleton, values: Valuation, event: int) -> Change | None:
    """The change of an event that no edge of its table allows."""
    for check in skeleton.events[event].checks:
        if check.about is not None and values.surely(check.bad):
            return check.about
    return None


def _fitting(values: Valuation, found: Change) -> list[Way]:
    """The edges between the two values, those that lack the fewest locks first."""
    fits = [way for way in found.ways if all(values.surely(term) for term in way.fits)]
    return sorted(fits, key=lambda way: len(_missing(values, way)))


def _missing(values: Valuation, way: Way) -> list[Location]:
    """The locks of an edge that the thread does not hold."""
    found: list[Location] = []
    for address, held in way.locks:
        try:
            where = values.value(address)
        except Unknown:
            continue
        if not values.surely(held) and isinstance(where, Pointer) and where.base is not None:
            found.append(where.location)
    return found


def _went(skeleton: sk.Skeleton, values: Valuation, found: Change) -> str:
    """``from none to table(&A)``."""
    cell = cell_at(skeleton.layout, found.location)
    before, after = (
        value_text(skeleton.layout, values.value(term), cell)
        for term in (found.before, found.after)
    )
    return f"from {before} to {after}"


def _holder(story: Story, lock: Location) -> Reason:
    """Who holds a lock that the change asks for, if anybody does."""
    for one in stretches(story):
        if one.kind == "lock" and one.where == lock and one.end == NOBODY:
            if one.thread != story.thread(story.bad):
                return Reason(f"{story.name(one.start)} holds {lock}", "lock", one.start, story.bad)
    return Reason(f"nobody holds {lock}")


def _last(story: Story, where: Location) -> Stored | None:
    """The last store to a word before the change, to whatever part of it."""
    at = {event: index for index, event in enumerate(story.order)}
    bad = at.get(story.bad, len(at))
    places: tuple[Place, ...] = ((where, "whole"), (where, "low"), (where, "high"))
    own = [s for place in places for s in story.stores.get(place, ())]
    earlier = [s for s in own if at.get(s.event, bad) < bad]
    return max(earlier, key=lambda stored: at[stored.event], default=None)
