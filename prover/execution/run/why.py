"""Why a run of the machine went wrong: a sentence, and an edge, for each decisive step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prover.execution import skeleton as sk
from prover.execution.because import pointer, torn, values
from prover.execution.changed import transition
from prover.execution.edges import Reason
from prover.execution.freed import INSIDE, freed, freed_twice
from prover.execution.held import lockdep
from prover.execution.lock_facts import class_of
from prover.execution.nodes import touched
from prover.execution.run.locking import reaches
from prover.execution.run.machine import Machine
from prover.execution.run.standstill import Deadlock
from prover.execution.story import NOBODY, SECTIONS, Story, Stretch, stretches

ATOMIC = ("sleep-in-atomic", "ipi-irqs-off")
"""Properties that are violated because of what the thread is in."""

CONDITIONS = ("assert", "bug-on", "warn-on", "refcount", "final", "invariant")
"""Properties that are conditions of the author's, or of values."""

POINTERS = ("null-pointer", "wild-pointer", "uninitialized")
"""Properties that are violated by what a pointer, or a read, turned out to be."""


def why(machine: Machine, story: Story, name: str) -> tuple[Reason, ...]:
    """The reasons for what went wrong; of a deadlock the lines under the table have them."""
    return tuple(_reasons(machine, story, name)) if story.bad != NOBODY else ()


def _reasons(machine: Machine, story: Story, name: str) -> Iterator[Reason]:
    if name == "lock-order":
        yield from _orders(machine, story)
    else:
        yield from plainly(story, name)


def plainly(story: Story, name: str) -> Iterator[Reason]:
    """The reasons for what goes wrong in an execution that is an interleaving."""
    if name == "use-after-free":
        yield from freed(story)
    elif name == "torn-value":
        yield from torn(story)
    elif name in POINTERS:
        yield from pointer(story, name)
    elif name == "double-free":
        yield from freed_twice(story)
    elif name == "transition":
        yield from transition(story)
    elif name == "lockdep-assert":
        yield from lockdep(story)
    elif name in CONDITIONS:
        yield from values(story, name)
    elif name in ATOMIC:
        yield from _inside(story, name)
    elif name == "self-deadlock":
        yield from _already(story)


def _inside(story: Story, name: str) -> Iterator[Reason]:
    """The sections that the thread that goes wrong is in, and the locks that it spins with."""
    user = story.name(story.bad)
    for one in stretches(story):
        if one.thread != story.thread(story.bad) or one.end != NOBODY:
            continue
        if one.kind == "lock" and name == "sleep-in-atomic" and story.spins(one):
            yield Reason(f"{user} holds {one.where}", "po", one.start, story.bad)
        elif one.kind in SECTIONS and (one.kind == "irq" or name == "sleep-in-atomic"):
            if one.kind in INSIDE:
                text = f"{user} is inside {INSIDE[one.kind]}"
                yield Reason(text, "po", one.start, story.bad)


def _already(story: Story) -> Iterator[Reason]:
    """Where the thread that goes wrong has taken the lock that it waits for."""
    event = story.skeleton.events[story.bad]
    where = story.where(touched(event))
    for one in stretches(story):
        if one.kind == "lock" and one.end == NOBODY and one.where == where:
            if one.thread == story.thread(story.bad) and where is not None:
                text = f"{story.name(story.bad)} has taken {where} before"
                yield Reason(text, "lock", one.start, story.bad)


def _orders(machine: Machine, story: Story) -> Iterator[Reason]:
    """Who takes locks in the orders that contradict each other."""
    known = (*machine.edges, *machine.skeleton.declared)
    held = [one for one in stretches(story) if one.kind == "lock"]
    said: set[tuple[str, str]] = set()
    for number in story.order:
        for edge in machine.stage.edges_of.get(number, ()):
            # As people know them: a writer's orders are also those of who passes writers.
            pair = outer, inner = class_of(edge.held), class_of(edge.taken)
            if pair in said or not machine.values.surely(edge.when):
                continue
            holding = _holding(story, held, number, outer)
            if holding is not None and reaches(known, edge.taken, edge.held):
                said.add(pair)
                text = f"{story.name(number)} takes {inner} while it holds {outer}"
                yield Reason(text, "po", holding.start, number)


def _holding(story: Story, held: Sequence[Stretch], at: int, name: str) -> Stretch | None:
    """The lock of a class that the thread of an event holds there."""
    order = {event: index for index, event in enumerate(story.order)}
    plain = name.split("/", maxsplit=1)[0]
    for one in held:
        over = one.end != NOBODY and order[one.end] < order[at]
        if one.thread == story.thread(at) and order[one.start] < order[at] and not over:
            if one.where is not None and story.lock_class(one.where) == plain:
                return one
    return None


def standing(machine: Machine, found: Deadlock, story: Story, lines: Sequence[str]) -> list[Reason]:
    """What holds up each thread in a deadlock; ``lines`` say so, in the order of the threads."""
    reasons: list[Reason] = []
    open_ = [one for one in stretches(story) if one.end == NOBODY]
    for thread, text in zip(sorted(found.threads), lines, strict=True):
        number = machine.judge.next_event(thread) if thread in found.waiting else None
        if number is None:
            continue
        event = machine.skeleton.events[number]
        others = {t for obstacle in machine.judge.lasting(event) for t in obstacle}
        starts = [one.start for one in open_ if one.thread in others and _stops(story, event, one)]
        if starts:
            reasons.append(Reason(text, _kind(event), starts[0], number))
    return reasons


def _kind(event: sk.Event) -> str:
    return "lock" if isinstance(event.action, sk.Grant) else "gp"


def _stops(story: Story, event: sk.Event, one: Stretch) -> bool:
    """Whether something that goes on is what an event waits for."""
    match event.action:
        case sk.Grant(address=address):
            return one.kind == "lock" and one.where == story.where(address)
        case sk.GraceEnd() | sk.Begin():
            return one.kind in SECTIONS
        case _:
            return False
