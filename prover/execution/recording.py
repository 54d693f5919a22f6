"""What an execution was replayed from, by what is written at its steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from dsl.source import Source, Span
from prover.execution import skeleton as sk
from prover.execution.record import (
    Came,
    Chosen,
    Claimed,
    Execution,
    Handled,
    Key,
    Record,
    Saved,
    Schedule,
    Spot,
)
from prover.execution.terms import Choice
from prover.graph.ir import Origin
from prover.graph.values import Pointer, Value

LONGEST = 400
"""So much of a line tells it from others."""


def key_of(at: Spot, sources: Mapping[str, Source]) -> Key:
    """A place by what is written there; nothing is where a step is of no statement.

    The first of ``sources`` is the protocol itself.
    """
    source = sources.get(at.span.file)
    if source is None:
        return Key(at.thread, at.what, at.calls, "", 0, "", "", 1, at.occurrence)
    line, column = source.line_column(at.span.start)
    part = source.text[at.span.start : at.span.end].split("\n", 1)[0]
    text, whole = (" ".join(each.split())[:LONGEST] for each in (part, source.line(line)))
    place = source.line(line)[: column - 1].count(part) + 1 if part else 1
    file = "" if source.name == next(iter(sources)) else PurePosixPath(source.name).name
    return Key(at.thread, at.what, at.calls, file, line, text, whole, place, at.occurrence)


def saved(record: Record, sources: Mapping[str, Source]) -> Saved:
    """A record by what is written at its places."""

    def at(where: Spot) -> Key:
        return key_of(where, sources)

    def came(each: Came[Spot]) -> Came[Key]:
        return Came(at(each.at), each.taken, each.slot)

    choices = tuple(Chosen(at(c.at), c.low, c.high, c.value) for c in record.choices)
    if isinstance(record, Schedule):
        steps = tuple(came(step) for step in record.steps)
        return Schedule(steps, tuple(at(where) for where in record.stands), choices)
    events = tuple(
        Claimed(came(e.came), e.granted, e.steps, e.locked, e.coherence, e.positions, e.reads)
        for e in record.events
    )
    handlers: tuple[Handled[Key], ...] = tuple(
        Handled(h.thread, None if h.before is None else at(h.before)) for h in record.handlers
    )
    return Execution(events, choices, record.sections, handlers, record.turns)


def thread_names(skeleton: sk.Skeleton) -> tuple[str, ...]:
    """A name for each thread; of several that have one, ``#2`` and so on tells them apart."""
    seen: Counter[str] = Counter()
    found: list[str] = []
    for thread in skeleton.threads:
        seen[thread.name] += 1
        count = seen[thread.name]
        found.append(thread.name if count == 1 else f"{thread.name} #{count}")
    return tuple(found)


def spot(thread: str, what: str, origin: Origin, occurrence: int) -> Spot:
    """Where an event stands."""
    calls = tuple(frame.function for frame in origin.frames)
    return Spot(thread, what, calls, origin.span, occurrence)


def kind_of(spot: Spot) -> tuple[str, str, tuple[str, ...], Span]:
    """What occurrences are counted of."""
    return spot.thread, spot.what, spot.calls, spot.span


def counted(spots: Iterable[Spot]) -> list[Spot]:
    """Spots with their occurrences counted in this order."""
    seen: Counter[object] = Counter()
    found: list[Spot] = []
    for each in spots:
        seen[kind_of(each)] += 1
        count = seen[kind_of(each)]
        found.append(Spot(each.thread, each.what, each.calls, each.span, count))
    return found


def choices_of(skeleton: sk.Skeleton) -> list[tuple[Choice, Spot]]:
    """The choices of a skeleton that statements make, with where they are made."""
    names = thread_names(skeleton)
    made = [
        (row, spot(names[row.thread], "choice", row.origin, 1))
        for row in skeleton.rows
        if isinstance(row, Choice) and row.thread >= 0 and row.origin is not None
    ]
    return list(zip((row for row, _ in made), counted(at for _, at in made), strict=True))


def chosen(skeleton: sk.Skeleton, choices: Mapping[int, int]) -> tuple[Chosen[Spot], ...]:
    """What was chosen."""
    return tuple(
        Chosen(at, row.low, row.high, choices.get(row.number, row.low))
        for row, at in choices_of(skeleton)
    )


def slot_name(value: Value) -> str:
    """The slot that an alloc gave; "" for NULL."""
    return value.base.object if isinstance(value, Pointer) and value.base is not None else ""
