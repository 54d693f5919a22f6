"""Which steps of a run of the machine decided that it went wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from prover.execution import skeleton as sk
from prover.execution.decisive import Slice
from prover.execution.run.explain import culprit
from prover.execution.run.judge import CLAIMS
from prover.execution.run.locking import reaches
from prover.execution.run.machine import Machine
from prover.execution.run.spinning import watched
from prover.execution.run.standstill import Deadlock
from prover.graph.values import Location, Pointer


def weigh(
    machine: Machine, found: Deadlock, known: Collection[int], shown: Callable[[int], bool]
) -> frozenset[int]:
    """The steps that matter.

    ``found`` is the deadlock that the machine is in, if it is in one; ``known`` are steps that
    are spoken of.
    """
    told = [step.event for step in machine.steps]
    seeds = {*known, *_at_fault(machine), *_in_the_way(machine, found)}
    last = machine.violation.event if machine.violation is not None else -1
    if last >= 0:
        thread = machine.skeleton.events[last].thread
        if machine.skeleton.threads[thread].kind in CLAIMS:
            seeds.update(e for e in told if machine.skeleton.events[e].thread == thread)
    sliced = Slice(machine.skeleton, machine.values, told, lambda e: e in seeds or shown(e))
    return sliced.matters(sorted(seeds))


def _at_fault(machine: Machine) -> Iterator[int]:
    """The step that violates a property, and what it violates it with."""
    if machine.violation is None or machine.violation.event < 0:
        return
    number = machine.violation.event
    yield number
    if "lock-order" in machine.violation.properties:
        yield from _around(machine)
    pointer = culprit(machine, machine.skeleton.events[number])
    if isinstance(pointer, Pointer) and pointer.base is not None:
        for step in machine.steps:
            action = machine.skeleton.events[step.event].action
            if isinstance(action, sk.Deallocate | sk.GiveBack):
                freed = machine.values.value(action.pointer)
                if isinstance(freed, Pointer) and freed.base == pointer.base:
                    yield step.event


def _around(machine: Machine) -> Iterator[int]:
    """Where the locks were taken whose orders contradict each other."""
    known = (*machine.edges, *machine.skeleton.declared)
    for step in machine.steps:
        for edge in machine.stage.edges_of.get(step.event, ()):
            if machine.values.surely(edge.when) and reaches(known, edge.taken, edge.held):
                yield step.event


def _in_the_way(machine: Machine, found: Deadlock) -> Iterator[int]:
    """The steps of a deadlock that cannot be made, and what stops them."""
    for thread in sorted(found.waiting):
        number = machine.judge.next_event(thread)
        assert number is not None
        yield number
        event = machine.skeleton.events[number]
        match event.action:
            case sk.Grant(address=address) | sk.Request(address=address):
                yield from _takers(machine, machine.location(address))
            case sk.GraceEnd() | sk.Begin() if number in machine.waits:
                yield from (section.start for section in machine.judge.holding_up(event))
            case sk.Spin() as spin:
                done = {step.event for step in machine.steps}
                yield from (e for e in watched(machine.skeleton, event, spin) if e in done)
            case _:
                pass


def _takers(machine: Machine, lock: Location) -> Iterator[int]:
    """The steps that took a lock or let it go."""
    for step in machine.steps:
        action = machine.skeleton.events[step.event].action
        if isinstance(action, sk.Grant | sk.Try | sk.Unlock):
            if machine.location(action.address) == lock:
                yield step.event
