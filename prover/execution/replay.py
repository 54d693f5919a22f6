"""A schedule carried out, shortened, and told as a witness; no solver is involved."""

from __future__ import annotations

from dataclasses import dataclass

from prover.execution import skeleton as sk
from prover.execution.evaluate import Unknown
from prover.execution.machine import Decisions, Machine
from prover.execution.narrate import narrate
from prover.execution.state import NotAllowed
from prover.execution.witness import Witness


class ReplayError(Exception):
    """A schedule does not show what it should: the encoder and the machine disagree."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a schedule is said to show: a property violated at an event (-1: by the whole)."""

    property: str
    event: int


def replay(
    skeleton: sk.Skeleton, events: tuple[int, ...], decisions: Decisions, claimed: Claimed
) -> Witness:
    """The witness of a schedule, made as short as it can be by leaving out trailing steps."""
    machine = carry_out(skeleton, events, decisions)
    if not shows(machine, claimed):
        found = machine.violation
        raise ReplayError(f"claimed {claimed}, replayed {found}")
    # What the violation does not need is left out, thread by thread from the back.
    done = tuple(step.event for step in machine.steps if step.event in frozenset(events))
    short = trim(skeleton, done, decisions, claimed)
    return narrate(carry_out(skeleton, short, decisions), claimed.property, short)


def carry_out(skeleton: sk.Skeleton, events: tuple[int, ...], decisions: Decisions) -> Machine:
    """The machine after a schedule; raises ReplayError where a step is not allowed."""
    machine = Machine(skeleton, decisions)
    try:
        machine.run(list(events))
    except (NotAllowed, Unknown) as error:
        raise ReplayError(str(error) or "a step depends on what has not happened") from error
    return machine


def shows(machine: Machine, claimed: Claimed) -> bool:
    """Whether the machine's state shows the violation claimed."""
    found = machine.violation
    if claimed.property == "deadlock":
        return found is None and bool(machine.judge.deadlocked())
    if found is None or found.property != claimed.property:
        return False
    return claimed.event in (-1, found.event)


def _still(
    skeleton: sk.Skeleton, events: tuple[int, ...], decisions: Decisions, claimed: Claimed
) -> bool:
    """Whether a shorter schedule still shows the violation."""
    try:
        return shows(carry_out(skeleton, events, decisions), claimed)
    except ReplayError:
        return False


def trim(
    skeleton: sk.Skeleton, events: tuple[int, ...], decisions: Decisions, claimed: Claimed
) -> tuple[int, ...]:
    """The schedule without the trailing steps of each thread that the violation does not need."""
    threads = sorted({skeleton.events[e].thread for e in events}, reverse=True)
    changed = True
    while changed:
        changed = False
        for thread in threads:
            own = [e for e in events if skeleton.events[e].thread == thread]
            keep = len(own)
            # Try dropping the thread's whole part first, then halves of its tail.
            for cut in _cuts(len(own)):
                gone = frozenset(own[cut:])
                shorter = tuple(e for e in events if e not in gone)
                if cut < keep and _still(skeleton, shorter, decisions, claimed):
                    events, keep, changed = shorter, cut, True
                    break
    return events


def _cuts(length: int) -> list[int]:
    """How much of a thread to try to keep: nothing first, then growing parts."""
    cuts = [0]
    step = max(1, length // 8)
    cuts.extend(range(step, length, step))
    cuts.extend(range(max(0, length - step), length))
    return sorted(set(cuts))
