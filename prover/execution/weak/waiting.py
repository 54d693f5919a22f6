"""What each thread in a deadlock of a weak model waits for, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from prover.execution import skeleton as sk
from prover.execution.run.spinning import watched
from prover.execution.terms import ReadValue
from prover.execution.weak.run import Run
from prover.execution.weak.standstill import Standstill
from prover.execution.wording import cell_at, place_text, value_text, wait_text
from prover.graph.values import Location, Pointer


def waits(run: Run, found: Standstill) -> Iterator[str]:
    """A line for each thread of a deadlock."""
    threads = run.skeleton.threads
    for thread in sorted({*found.waiting, *found.hosts}):
        if thread in found.waiting:
            yield _waits(run, found, thread)
        else:
            handler = threads[found.hosts[thread]].name
            yield f"{threads[thread].name} is interrupted by {handler}, on its CPU"


def _waits(run: Run, found: Standstill, thread: int) -> str:
    threads = run.skeleton.threads
    event = run.skeleton.events[found.waiting[thread]]
    holders: Collection[int] = ()
    seen = ""
    match event.action:
        case sk.Grant() as grant:
            location = _location(run, grant)
            holders, seen = found.locks.holders.get(location, {}), str(location)
        case sk.Spin() as spin:
            seen = _watched(run, event, spin)
        case _:
            pass
    others = found.others[thread]
    names = [threads[t].name for t in others]
    held = [threads[t].name for t in others if t in holders]
    return wait_text(event.action, threads[thread].name, names, held, seen)


def _watched(run: Run, event: sk.Event, spin: sk.Spin) -> str:
    """What the last round of an await has looked at."""
    layout = run.skeleton.layout
    names: dict[str, None] = {}
    for number in watched(run.skeleton, event, spin):
        action = run.skeleton.events[number].action
        if number not in run.happened:
            continue
        if isinstance(action, sk.Try | sk.LockState):
            names[str(_location(run, action))] = None
            continue
        for read in run.reads_of.get(number, ()):
            place = run.read_places[read.number]
            value = run.values.leaves[ReadValue(read.number)]
            text = value_text(layout, value, cell_at(layout, place[0]))
            names[f"{place_text(place)} = {text}"] = None
    return " or ".join(names) or "what it sees"


def _location(run: Run, action: sk.Grant | sk.Try | sk.LockState) -> Location:
    pointer = run.values.value(action.address)
    assert isinstance(pointer, Pointer)
    return pointer.location
