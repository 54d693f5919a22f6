"""The replay's machine by itself: every schedule of a tiny program, and what each violates.

Most of what is asked of the machine are schedules that the solver has found, and those are
allowed; whether it refuses the others shows only here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from prover.execution import skeleton as sk
from prover.execution.evaluate import Unknown
from prover.execution.run.machine import Decisions, Machine, Stage, stage
from prover.execution.run.standstill import deadlocked
from prover.execution.run.state import NotAllowed
from prover.graph.values import Pointer, Value

MOST = 1_000
"""Steps tried; a program with more is too large."""

CLAIMS = ("final", "invariant")


class TooManySchedulesError(Exception):
    """The program is not tiny.  ``found`` is what was violated so far."""

    def __init__(self, found: set[str]) -> None:
        super().__init__()
        self.found = found


@dataclass(frozen=True, slots=True)
class _Prefix:
    """The beginning of a schedule, with what it has decided."""

    events: tuple[int, ...] = ()
    taken: tuple[tuple[int, bool], ...] = ()
    slots: tuple[tuple[int, Value], ...] = ()


def violated(skeleton: sk.Skeleton, most: int = MOST) -> set[str]:
    """What the schedules of a program violate; raises where more steps than that are to be tried."""
    scene = stage(skeleton)
    rows = scene.choices
    if any(row.high - row.low >= 8 for row in rows):
        raise TooManySchedulesError(set())
    found: set[str] = set()
    tried = 0
    for values in product(*(range(row.low, row.high + 1) for row in rows)):
        choices = {row.number: value for row, value in zip(rows, values, strict=True)}
        todo = [_Prefix()]
        while todo:
            prefix = todo.pop()
            machine = _machine(scene, choices, prefix)
            if deadlocked(machine).threads:
                found.add("deadlock")
            more: list[_Prefix] = []
            stuck = True
            for longer in _longer(machine, prefix):
                tried += 1
                if tried > most:
                    raise TooManySchedulesError(found)
                after = _attempt(scene, choices, longer)
                if after is None:
                    continue
                if after.violation is None:
                    more.append(longer)
                    continue
                found |= _names(after)
                stuck = False
            if stuck and not more:
                machine.run([])
                found |= _names(machine)
            todo.extend(more)
    return found


def _names(machine: Machine) -> set[str]:
    """What has been violated."""
    if machine.violation is None:
        return set()
    return {name for v in (machine.violation, *machine.also) for name in v.properties}


def _machine(scene: Stage, choices: dict[int, int], prefix: _Prefix) -> Machine:
    """The machine after a prefix."""
    machine = Machine(scene, Decisions(choices, dict(prefix.taken), dict(prefix.slots)))
    for event in prefix.events:
        machine.step(event)
    return machine


def _attempt(scene: Stage, choices: dict[int, int], prefix: _Prefix) -> Machine | None:
    """The machine after a prefix, None where it refuses the last step."""
    try:
        return _machine(scene, choices, prefix)
    except (NotAllowed, Unknown):
        return None


def _longer(machine: Machine, prefix: _Prefix) -> Iterator[_Prefix]:
    """The prefix with one more event of some thread, whatever it decides."""
    for thread in machine.skeleton.threads:
        if thread.kind in CLAIMS:
            continue
        try:
            number = machine.judge.next_event(thread.number)
        except Unknown:
            continue
        if number is None:
            continue
        events = (*prefix.events, number)
        match machine.skeleton.events[number].action:
            case sk.Try():
                for taken in (False, True):
                    yield _Prefix(events, (*prefix.taken, (number, taken)), prefix.slots)
            case sk.Allocate(pool=pool):
                yield _Prefix(events, prefix.taken, prefix.slots)
                for name in machine.memory.free_slots(pool):
                    region = machine.skeleton.layout.regions[name]
                    slot = Pointer(sk.life(region, number), ())
                    yield _Prefix(events, prefix.taken, (*prefix.slots, (number, slot)))
            case _:
                yield _Prefix(events, prefix.taken, prefix.slots)


__all__ = ["TooManySchedulesError", "violated"]
