"""Some executions of a skeleton, by plain schedules: what they reach needs no solver.

Each actor in turn runs as far as it gets, in several orders of actors.  Whatever is reached this
way is reached under sequential consistency, by the machine that replays witnesses; what is not
may be reached all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, permutations
from types import MappingProxyType

from dsl.source import Span
from prover.execution import skeleton as sk
from prover.execution.evaluate import Unknown
from prover.execution.run.machine import Decisions, Machine, Stage
from prover.execution.run.state import NotAllowed
from prover.graph.values import Pointer, Value

ORDERS = 6
"""How many orders of actors are tried."""

KINDS = ("actor", "callback", "handler")
"""The kinds of thread that run by themselves."""


@dataclass(slots=True)
class Reached:
    """What some execution reaches: its end without a violation, labels, and events."""

    ends: bool = False
    marks: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    events: set[int] = field(default_factory=set[int])


def rehearse(
    scene: Stage,
    marks: frozenset[tuple[str, str]],
    events: frozenset[int],
    fixed: Mapping[int, int] = MappingProxyType({}),
    *,
    ends: bool = True,
) -> Reached:
    """What a few executions reach; no more than until they have reached what is asked for.

    Of the events of one statement one is enough; with ``ends`` the end is asked for, too.
    ``fixed`` are choices that are made, by their numbers.
    """
    found = Reached()
    statements = {_statement(scene, number) for number in events}
    for index, order in enumerate(_orders(scene.skeleton)):
        _perform(scene, order, index, found, fixed)
        passed = {_statement(scene, number) for number in found.events}
        if (found.ends or not ends) and marks <= found.marks and statements <= passed:
            break
    return found


def _statement(scene: Stage, number: int) -> Span:
    """The statement that an event is of."""
    return scene.skeleton.events[number].origin.span


def _orders(skeleton: sk.Skeleton) -> Iterator[list[int]]:
    """Orders of threads: handlers as soon as they can, the actors in turn, callbacks last."""
    kinds = {kind: [t.number for t in skeleton.threads if t.kind == kind] for kind in KINDS}
    for actors in islice(permutations(kinds["actor"]), ORDERS):
        yield [*kinds["handler"], *actors, *kinds["callback"]]


def _perform(
    scene: Stage, order: list[int], index: int, found: Reached, fixed: Mapping[int, int]
) -> None:
    """One execution; what it reaches is added, up to where the machine objects or it goes wrong."""
    choices = {row.number: (row.low, row.high)[index % 2] for row in scene.choices} | dict(fixed)
    taken: dict[int, bool] = {}
    slots: dict[int, Value] = {}
    machine = Machine(scene, Decisions(choices, taken, slots))
    try:
        while any(_advance(machine, thread, taken, slots) for thread in order):
            pass
        machine.run([])
    except (NotAllowed, Unknown):
        pass
    found.events.update(step.event for step in machine.steps)
    if machine.violation is None:
        for mark in scene.skeleton.marks:
            if machine.values.surely(mark.guard):
                found.marks.add((mark.owner, mark.label))
        actors = (t.number for t in scene.skeleton.threads if t.kind == "actor")
        found.ends = found.ends or all(machine.judge.ended(actor) for actor in actors)
    # The judge has the machine: without it nobody has to look for what goes with the two.
    del machine.judge


def _advance(
    machine: Machine, thread: int, taken: dict[int, bool], slots: dict[int, Value]
) -> bool:
    """A thread runs until it ends or has to wait; whether it made a step."""
    stepped = False
    while machine.violation is None:
        number = machine.judge.next_event(thread)
        if number is None:
            break
        event = machine.skeleton.events[number]
        early = machine.judge.early(event)
        sound = not early[0]
        if sound and sk.is_blocking(machine.skeleton, event) and machine.judge.stopped(event):
            break
        match event.action:
            case _ if not sound:
                pass
            case sk.Try(address=address, mode=mode):
                location = machine.location(address)
                taken[number] = machine.locks.available(location, mode)
            case sk.Allocate(pool=pool):
                for name in machine.memory.free_slots(pool)[:1]:
                    region = machine.skeleton.layout.regions[name]
                    slots[number] = Pointer(sk.life(region, number), ())
            case _:
                pass
        machine.step(number, early)
        stepped = True
    return stepped
