"""What went wrong, in a line or two, and why the decisive steps came out as they did."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from prover.execution import skeleton as sk
from prover.execution.changed import change_text
from prover.execution.declared import of_classes
from prover.execution.hazards import address_of
from prover.execution.lock_facts import class_of
from prover.execution.run.judge import CLAIMS
from prover.execution.run.locking import reaches
from prover.execution.run.machine import Machine
from prover.execution.run.spinning import watched
from prover.execution.run.standstill import deadlocked
from prover.execution.wording import cell_at, place_text, value_text, wait_text
from prover.graph.values import Pointer, Via, Wild, number_text


def explain(machine: Machine, name: str) -> tuple[str, ...]:
    """The lines under the table."""
    if name == "deadlock":
        return tuple(_deadlock(machine))
    if machine.violation is None:
        return ()
    event = machine.skeleton.events[machine.violation.event]
    if name == "lock-order":
        return tuple(lock_orders(machine.skeleton, machine.edges, event.number))
    message = next((c.message for c in event.checks if c.property == name and c.message), "")
    if name in CLAIMS:
        return _claim(machine, message)
    if message:
        return (message,)
    if name == "transition":
        return change_text(machine.skeleton, machine.values, event.number)
    pointer = culprit(machine, event)
    match pointer:
        case Pointer(via=Via() as via) | Wild(via=Via() as via) if name == "torn-value":
            bits = number_text(via.low, via.high)
            places = " or ".join(str(place) for place in via.locations)
            return (f"no update ever stored {bits} in {places}",)
        case Pointer(base=None):
            return ("the pointer is NULL",)
        case Wild():
            text = value_text(machine.skeleton.layout, pointer)
            return (f"the pointer leads to no object: {text}",)
        case Pointer(base=base) if name in ("use-after-free", "double-free"):
            assert base is not None
            return (_freed(machine, base.object),)
        case _:
            return ()


def lock_orders(
    skeleton: sk.Skeleton, edges: Collection[tuple[str, str]], event: int
) -> Iterator[str]:
    """The orders in which lock classes were taken, and the declared ones that they contradict.

    ``event`` is the acquire that closes a circle.
    """
    edges = dict.fromkeys((class_of(a), class_of(b)) for a, b in edges)
    yield f"lock classes taken in these orders: {', '.join(f'{a} -> {b}' for a, b in edges)}"
    for kind, what in (("hardirq", "an interrupt"), ("softirq", "a softirq")):
        taken = sorted({b for a, b in edges if a.startswith(f"<{kind}")})
        held = sorted({a for a, b in edges if b.startswith(f"<{kind}")})
        if taken and held:
            takes, where = " and ".join(taken), " or ".join(held)
            yield f"{what} takes {takes}, and can come while {where} is held"
    own = [e for e in skeleton.lock_edges if e.event == event and e.held == e.taken]
    if any(edge.again for edge in own):
        yield "who reads twice waits for a writer that asks in between, which waits for the first"
    elif any(a == b for a, b in edges):
        yield "of two locks of one class spin_lock_nested() and its kind say which is inner"
    declared = of_classes(skeleton.declared)
    around = [pair for pair in declared if reaches((*edges, *declared), *reversed(pair))]
    at_once = [pair for pair in around if pair[::-1] in edges]
    for first, then in at_once or around:
        yield f"declared: {first} -> {then} ({declared[first, then]})"


def _claim(machine: Machine, message: str) -> tuple[str, ...]:
    """A claim that does not hold, with what it saw."""
    layout = machine.skeleton.layout
    assert machine.violation is not None
    thread = machine.skeleton.events[machine.violation.event].thread
    seen = {
        place_text(place): value_text(layout, value, cell_at(layout, place[0]))
        for step in machine.steps
        if step.thread == thread
        for place, value in step.reads
    }
    values = ", ".join(f"{place} = {value}" for place, value in seen.items())
    said = message or "the condition does not hold"
    return (f"{said} (here {values})" if values else said,)


def culprit(machine: Machine, event: sk.Event) -> object:
    """The pointer that an event goes through."""
    term = event.action.pointer if isinstance(event.action, sk.Deallocate) else address_of(event)
    return None if term is None else machine.values.value(term)


def _freed(machine: Machine, name: str) -> str:
    """Who freed the object."""
    if name in machine.memory.gone:
        return f"the page of {name} had been given back, a grace period after it was freed"
    for step in reversed(machine.steps):
        event = machine.skeleton.events[step.event]
        if not isinstance(event.action, sk.Deallocate) or machine.violation is None:
            continue
        pointer = machine.values.value(event.action.pointer)
        if not isinstance(pointer, Pointer) or pointer.base is None:
            continue
        if step.event != machine.violation.event and pointer.base.object == name:
            return f"{name} had been freed by {machine.skeleton.threads[step.thread].name}"
    return f"{name} had been freed"


def _deadlock(machine: Machine) -> Iterator[str]:
    """A line for each thread in a deadlock."""
    threads = machine.skeleton.threads
    found = deadlocked(machine)
    for thread in sorted(found.threads):
        if thread in found.waiting:
            yield _waits(machine, thread)
        else:
            callback = threads[found.interrupted[thread]].name
            yield f"{threads[thread].name} is interrupted by {callback}, on its CPU"


def _waits(machine: Machine, thread: int) -> str:
    """What a thread in a deadlock waits for."""
    threads = machine.skeleton.threads
    number = machine.judge.next_event(thread)
    assert number is not None
    event = machine.skeleton.events[number]
    others = sorted({t for o in machine.judge.lasting(event) for t in o})
    holders: Collection[int] = ()
    seen = ""
    match event.action:
        case sk.Grant(address=address):
            location = machine.location(address)
            holders, seen = machine.locks.holders.get(location, {}), str(location)
        case sk.Spin() as spin:
            seen = _watched(machine, event, spin)
        case _:
            pass
    names = [threads[t].name for t in others]
    held = [threads[t].name for t in others if t in holders]
    return wait_text(event.action, threads[thread].name, names, held, seen)


def _watched(machine: Machine, event: sk.Event, spin: sk.Spin) -> str:
    """What the last round of an await has looked at."""
    seen = {step.event: step for step in machine.steps}
    layout = machine.skeleton.layout
    names: dict[str, None] = {}
    for number in watched(machine.skeleton, event, spin):
        action = machine.skeleton.events[number].action
        if number in seen and isinstance(action, sk.Try | sk.LockState):
            names[str(machine.location(action.address))] = None
        elif number in seen:
            for place, value in seen[number].reads:
                text = value_text(layout, value, cell_at(layout, place[0]))
                names[f"{place_text(place)} = {text}"] = None
    return " or ".join(names) or "what it sees"
