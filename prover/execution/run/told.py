"""A finished run of the machine as a story."""

from __future__ import annotations

from prover.execution.domains import Place
from prover.execution.run.judge import CLAIMS
from prover.execution.run.machine import Machine
from prover.execution.story import NOBODY, Seen, Stored, Story
from prover.execution.terms import Outcome
from prover.graph.values import Pointer


def story_of(machine: Machine) -> Story:
    """What happened in a run, claims aside; their reads are there."""
    skeleton, leaves = machine.skeleton, machine.values.leaves
    order: list[int] = []
    reads: list[Seen] = []
    stores: dict[Place, list[Stored]] = {}
    for step in machine.steps:
        for place, value in step.reads:
            own = stores.get(place, ())
            reads.append(Seen(step.event, place, value, own[-1].event if own else NOBODY))
        done = leaves.get(Outcome(step.event, "ok")) == 1
        if not done or skeleton.threads[step.thread].kind in CLAIMS:
            continue
        order.append(step.event)
        for write in machine.stage.writes_of.get(step.event, ()):
            pointer = machine.values.value(write.address) if machine.values.holds(write.when) else 0
            if isinstance(pointer, Pointer) and write.part != "shadow":
                value = machine.values.value(write.value)
                place = (pointer.location, write.part)
                stores.setdefault(place, []).append(Stored(step.event, place, value))
    return Story(
        skeleton,
        machine.values,
        tuple(order),
        tuple(reads),
        {place: tuple(own) for place, own in stores.items()},
        frozenset(e for e in order if leaves.get(Outcome(e, "taken")) == 1),
        machine.decisions.slots,
        NOBODY if machine.violation is None else machine.violation.event,
    )
