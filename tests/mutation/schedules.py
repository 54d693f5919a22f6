"""The replay's machine by itself: every schedule of a tiny program, and what each violates.

Most of what is asked of the machine are schedules that the solver has found, and those are
allowed; whether it refuses the others shows only here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import TypeAlias

from dsl.interpreter import Exploration
from prover.execution import skeleton as sk
from prover.execution.enumerate.outcomes import text
from prover.execution.evaluate import Unknown
from prover.execution.run.machine import Decisions, Machine, Stage, stage
from prover.execution.run.standstill import deadlocked
from prover.execution.run.state import NotAllowed
from prover.graph.ir import Cell
from prover.graph.values import Half, Location, Pointer, Value, number_text

MOST = 1_000
"""Steps tried; a program with more is too large."""

CLAIMS = ("final", "invariant")

Places: TypeAlias = tuple[tuple[str, str], ...]
"""Paths of objects of memory with their values as text, sorted."""


@dataclass(slots=True)
class Found:
    """What the schedules of a program violate, and what memory is like where all of it has ended."""

    violated: set[str] = field(default_factory=set[str])
    ends: set[Places] = field(default_factory=set[Places])


class TooManySchedulesError(Exception):
    """The program is not tiny.  ``found`` is what was found so far."""

    def __init__(self, found: Found) -> None:
        super().__init__()
        self.found = found


@dataclass(frozen=True, slots=True)
class _Prefix:
    """The beginning of a schedule, with what it has decided."""

    events: tuple[int, ...] = ()
    taken: tuple[tuple[int, bool], ...] = ()
    slots: tuple[tuple[int, Value], ...] = ()


def schedules(skeleton: sk.Skeleton, most: int = MOST) -> Found:
    """What comes of the schedules of a program; raises where more steps than that are to be tried."""
    scene = stage(skeleton)
    rows = scene.choices
    if any(row.high - row.low >= 8 for row in rows):
        raise TooManySchedulesError(Found())
    found = Found()
    tried = 0
    for values in product(*(range(row.low, row.high + 1) for row in rows)):
        choices = {row.number: value for row, value in zip(rows, values, strict=True)}
        todo = [_Prefix()]
        while todo:
            prefix = todo.pop()
            machine = _machine(scene, choices, prefix)
            hangs = bool(deadlocked(machine).threads)
            if hangs:
                found.violated.add("deadlock")
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
                found.violated |= _names(after)
                stuck = False
            if stuck and not more:
                machine.run([])
                found.violated |= _names(machine)
                if not hangs and machine.violation is None and _all_ended(machine):
                    found.ends.add(_places(machine))
            todo.extend(more)
    return found


def _all_ended(machine: Machine) -> bool:
    """Whether every actor has ended."""
    threads = machine.skeleton.threads
    return all(machine.judge.ended(t.number) for t in threads if t.kind == "actor")


def _places(machine: Machine) -> Places:
    """Every scalar and word of every named object."""
    found: list[tuple[str, str]] = []
    for region in machine.skeleton.layout.regions.values():
        for cell in region.cells if not region.pool else ():
            if cell.kind in {"scalar", "word"}:
                where = Location(region.name, cell.path)
                found.append((str(where), _text(machine, where, cell)))
    return tuple(sorted(found))


def _text(machine: Machine, where: Location, cell: Cell) -> str:
    if not cell.split:
        value = machine.memory.peek((where, "whole"))
        return "?" if value is None else text(value, pointer=cell.pointer)
    low, high = (machine.memory.peek((where, part)) for part in ("low", "high"))
    if isinstance(low, Half) and isinstance(high, Half):
        return number_text(low.bits, high.bits)
    return "?"


def _names(machine: Machine) -> set[str]:
    """What has been violated."""
    if machine.violation is None:
        return set()
    return {name for v in (machine.violation, *machine.also) for name in v.properties}


def ended(explored: Exploration) -> set[Places]:
    """What the interpreter says that memory is like where every actor has ended."""
    return {o.places for o in explored.outcomes if all(how == "ended" for _, how in o.actors)}


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


__all__ = ["Found", "TooManySchedulesError", "ended", "schedules"]
