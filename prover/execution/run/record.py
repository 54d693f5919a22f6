"""A run of the machine recorded: its schedule by statements."""

from __future__ import annotations

from prover.execution import skeleton as sk
from prover.execution.record import Came, Schedule, Spot
from prover.execution.recording import chosen, counted, slot_name, spot, thread_names
from prover.execution.run.machine import Machine
from prover.execution.run.narrate import what
from prover.execution.run.standstill import deadlocked
from prover.execution.terms import Allocated, Outcome


def schedule_of(machine: Machine, name: str, events: tuple[int, ...]) -> Schedule[Spot]:
    """The schedule that a machine has carried out, up to the violation of property ``name``."""
    skeleton = machine.skeleton
    names = thread_names(skeleton)

    def at(number: int) -> sk.Event:
        return skeleton.events[number]

    spots = counted(spot(names[at(e).thread], what(at(e).action), at(e).origin, 1) for e in events)
    leaves = machine.values.leaves
    steps: list[Came[Spot]] = []
    for number, where in zip(events, spots, strict=True):
        taken = leaves.get(Outcome(number, "taken"))
        slot = leaves.get(Allocated(number))
        steps.append(
            Came(
                where,
                None if taken is None else taken == 1,
                None if slot is None else slot_name(slot),
            )
        )
    stuck = deadlocked(machine).waiting if name == "deadlock" else frozenset[int]()
    standing = (machine.judge.next_event(thread) for thread in sorted(stuck))
    stands = tuple(
        spot(names[at(e).thread], what(at(e).action), at(e).origin, 1)
        for e in standing
        if e is not None
    )
    return Schedule(tuple(steps), stands, chosen(skeleton, machine.decisions.choices))
