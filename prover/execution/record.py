"""What an execution was replayed from, told by statements: a later version of the file has them.

Events are numbers of one skeleton.  Here an event is a step of a named thread at a statement, and
the how-manieth of its kind there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Generic, TypeAlias, TypeVar

from dsl.source import Source, Span
from prover.execution import skeleton as sk
from prover.execution.terms import Choice
from prover.graph.ir import Origin
from prover.graph.values import Pointer, Value


@dataclass(frozen=True, slots=True)
class Spot:
    """One event: ``what`` thread ``thread`` does at a statement, in the functions ``calls``.

    ``occurrence`` counts, from 1, what the thread does of this kind there.
    """

    thread: str
    what: str
    calls: tuple[str, ...]
    span: Span
    occurrence: int


@dataclass(frozen=True, slots=True)
class Key:
    """An event by what is written there: what is left of it when the file has changed around it.

    ``text`` is the statement, or the part of it, that the event comes from, up to the end of the
    line; ``whole`` the line that it begins in, number ``line`` of ``file`` ("" for the protocol
    itself, else the name of an import without its folder), and ``place`` the how-manieth there is
    of the text in that line.
    """

    thread: str
    what: str
    calls: tuple[str, ...]
    file: str
    line: int
    text: str
    whole: str
    place: int
    occurrence: int

    @property
    def kind(self) -> tuple[str, str, tuple[str, ...], str]:
        """What it is, wherever it stands now."""
        return self.thread, self.what, self.calls, self.text


At = TypeVar("At", Spot, Key)


@dataclass(frozen=True, slots=True)
class Chosen(Generic[At]):
    """A choice that was made, of the values from ``low`` to ``high``."""

    at: At
    low: int
    high: int
    value: int


@dataclass(frozen=True, slots=True)
class Came(Generic[At]):
    """How an event came out: ``taken`` of a trylock, ``slot`` of an alloc ("" for NULL)."""

    at: At
    taken: bool | None = None
    slot: str | None = None


@dataclass(frozen=True, slots=True)
class Schedule(Generic[At]):
    """An interleaving.  ``stands``: where the threads of a deadlock stand at its end."""

    steps: tuple[Came[At], ...]
    stands: tuple[At, ...]
    choices: tuple[Chosen[At], ...]


@dataclass(frozen=True, slots=True)
class Store:
    """A store that is read from: the ``write``-th of the event at ``event``, both from 0."""

    event: int
    write: int


@dataclass(frozen=True, slots=True)
class Claimed(Generic[At]):
    """An event in an execution under a weak model, with what is claimed of it.

    ``steps``, ``granted`` and ``locked`` are its outcomes; ``coherence`` is its place in the order
    of coherence, ``positions`` are those of its nodes in the order of execution; ``reads`` are the
    stores that its loads read from, None for the initial value.
    """

    came: Came[At]
    granted: bool
    steps: bool
    locked: bool
    coherence: int
    positions: tuple[int, ...]
    reads: tuple[Store | None, ...]


@dataclass(frozen=True, slots=True)
class Handled(Generic[At]):
    """A handler that ran before ``before``, a step of its host; None: after all of them."""

    thread: str
    before: At | None


@dataclass(frozen=True, slots=True)
class Execution(Generic[At]):
    """An execution under a weak model.

    ``sections`` are the pairs of events (a section begins, a grace period begins) of which the
    section came first; ``turns`` pairs of handlers at one place of their host, the first first.
    """

    events: tuple[Claimed[At], ...]
    choices: tuple[Chosen[At], ...]
    sections: tuple[tuple[int, int], ...]
    handlers: tuple[Handled[At], ...]
    turns: tuple[tuple[str, str], ...]


Record: TypeAlias = Schedule[Spot] | Execution[Spot]
"""Of an execution that was judged."""

Saved: TypeAlias = Schedule[Key] | Execution[Key]
"""Of one that is to be judged again."""


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
