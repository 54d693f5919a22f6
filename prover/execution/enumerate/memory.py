"""Reads-from and coherence order in a candidate: every source of a read, every place of a write."""

from __future__ import annotations

from collections.abc import Iterator

from prover.execution import skeleton as sk
from prover.execution.domains import Place, initial_value
from prover.execution.enumerate.candidate import Candidate
from prover.execution.enumerate.values import needed, place_of
from prover.execution.execution import INITIAL
from prover.execution.terms import Constant, ReadValue
from prover.graph.values import Pointer


def read_sources(c: Candidate, event: sk.Event) -> list[Candidate]:
    """Every choice of sources for the reads of an event, now or later."""
    found = [c]
    for read in c.facts.reads.get(event.number, ()):
        found = [further for one in found for further in _sources(one, read)]
    for one in found:
        one.reading[event.thread] = event.number
    return found


def _sources(c: Candidate, read: sk.ReadAccess) -> Iterator[Candidate]:
    """One candidate for each source that a read may have."""
    place = place_of(c.values, read.address, read.part)
    if place is None:
        return
    sources = list(c.co.get(place, ()))
    if initial_value(c.skeleton.layout, place) is not None:
        sources.insert(0, INITIAL)
    for source in sources:
        one = c.copy()
        if _take(one, read.number, place, source):
            yield one
    if _may_be_written(c, place, c.skeleton.events[read.event].thread):
        c.waiting[read.number] = place
        yield c


def _may_be_written(c: Candidate, place: Place, reader: int) -> bool:
    """Whether another thread may still write to a place."""
    for write in c.skeleton.writes:
        if write.number in c.written or write.part != place[1]:
            continue
        thread, index = c.facts.place[write.event]
        row = c.skeleton.rows[write.address]
        elsewhere = isinstance(row, Constant) and (
            not isinstance(row.value, Pointer)
            or row.value.base is None
            or row.value.location != place[0]
        )
        if thread != reader and index >= c.cursor[thread] and not elsewhere:
            if c.values.surely(c.skeleton.events[write.event].guard) is not False:
                return True
    return False


def _take(c: Candidate, read: int, place: Place, source: int) -> bool:
    """A read gets its source; False where that closes a cycle."""
    event = c.skeleton.reads[read].event
    if source == INITIAL:
        value = initial_value(c.skeleton.layout, place)
        assert value is not None
        later = c.co.get(place, ())
    else:
        value = c.written[source]
        if not c.link("rf", c.skeleton.writes[source].event, event):
            return False
        writes = c.co[place]
        later = writes[writes.index(source) + 1 :]
    c.rf[read], c.seen[read] = source, place
    c.values.settle(ReadValue(read), value)
    return all(c.link("fr", event, c.skeleton.writes[w].event) for w in later)


def write_places(c: Candidate, event: sk.Event) -> list[Candidate]:
    """Every place in coherence order for the writes of an event."""
    found = [c]
    for write in c.facts.writes.get(event.number, ()):
        if needed(c.values, write.when) == 1:
            found = [further for one in found for further in _insert(one, write)]
    return found


def _insert(c: Candidate, write: sk.WriteAccess) -> Iterator[Candidate]:
    """One candidate for each position of a write, and for each set of reads that waited for it."""
    place = place_of(c.values, write.address, write.part)
    assert place is not None
    value = needed(c.values, write.value)
    writes = c.co.get(place, ())
    for position in range(len(writes) + 1):
        one = c.copy()
        one.co[place] = (*writes[:position], write.number, *writes[position:])
        one.written[write.number] = value
        if _coherent(one, place, position):
            yield from _served(one, place, write.number)


def _coherent(c: Candidate, place: Place, position: int) -> bool:
    """Orders a new write among the writes and after the reads of its place; False on a cycle."""
    writes = c.co[place]
    event_of = [c.skeleton.writes[w].event for w in writes]
    new = event_of[position]
    earlier = {INITIAL, *writes[:position]}
    return (
        all(c.link("co", one, new) for one in event_of[:position])
        and all(c.link("co", new, one) for one in event_of[position + 1 :])
        and all(
            c.link("fr", c.skeleton.reads[read].event, new)
            for read, source in c.rf.items()
            if source in earlier and c.seen[read] == place
        )
    )


def _served(c: Candidate, place: Place, write: int) -> Iterator[Candidate]:
    """Each read that waits for a write to the place reads from this one, or waits on."""
    found = [c]
    for read in [read for read, where in c.waiting.items() if where == place]:
        for one in list(found):
            taking = one.copy()
            del taking.waiting[read]
            if _take(taking, read, place, write):
                found.append(taking)
    yield from found
