"""Awaits in the machine's state: whether a round that has failed would fail again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prover.execution import skeleton as sk
from prover.execution.terms import Outcome, ReadValue
from prover.graph.values import Pointer

if TYPE_CHECKING:
    from prover.execution.run.machine import Machine


def watched(skeleton: sk.Skeleton, event: sk.Event, spin: sk.Spin) -> Iterator[int]:
    """The events of the round that has failed before a spin: those of them that are reached."""
    events = skeleton.threads[event.thread].events
    return (number for number in events if spin.since <= number < event.number)


def spin_obstacles(machine: Machine, event: sk.Event, spin: sk.Spin) -> list[frozenset[int]]:
    """What an await waits for: nothing if what it has read has changed since, else anybody."""
    for number in watched(machine.skeleton, event, spin):
        happened = machine.values.leaves.get(Outcome(number, "ok")) == 1
        if happened and not _same(machine, machine.skeleton.events[number]):
            return []
    return [frozenset(_going(machine, event.thread))]


def _going(machine: Machine, but: int) -> list[int]:
    """The other threads that exist and have not ended: any of them may change memory."""
    return [
        thread.number
        for thread in machine.skeleton.threads
        if thread.kind in ("actor", "callback", "handler")
        and thread.number != but
        and not machine.judge.ended(thread.number)
        and (thread.parent < 0 or machine.values.leaves.get(Outcome(thread.parent, "ok")) == 1)
    ]


def _same(machine: Machine, event: sk.Event) -> bool:
    """Whether a look at memory, or at a lock, would show now what it has shown."""
    leaves = machine.values.leaves
    if machine.judge.early(event)[0]:
        return False
    match event.action:
        case sk.Try(address=address, mode=mode, kind=kind):
            location = machine.location(address)
            free = machine.locks.available(location, mode)
            # What a free mutex is asked for keeps nobody from it.
            waits = kind != "mutex" and machine.locks.writers(location, event.thread)
            return not free or bool(waits)
        case sk.LockState(address=address):
            seen = leaves.get(Outcome(event.number, "locked"))
            return seen == int(machine.locks.held(machine.location(address)))
        case _:
            pass
    for read in machine.stage.reads_of.get(event.number, ()):
        pointer = machine.values.value(read.address)
        if not isinstance(pointer, Pointer):
            return False
        value = machine.memory.peek((pointer.location, read.part))
        if ReadValue(read.number) in leaves and leaves[ReadValue(read.number)] != value:
            return False
    return True
