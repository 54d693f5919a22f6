"""Tables of a skeleton by event, and values as far as a candidate has settled them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prover.execution import skeleton as sk
from prover.execution.domains import Place
from prover.execution.evaluate import Unknown, Valuation
from prover.execution.terms import (
    Choice,
    Outcome,
    Term,
    operands,
)
from prover.graph.values import Pointer, Value

RUNNING_KINDS = ("actor", "callback", "handler", "page")
"""Kinds of thread that act; the others are claims."""


class OpenChoiceError(Exception):
    """A value depends on a choice that is not made yet."""

    def __init__(self, choice: Choice) -> None:
        super().__init__(choice)
        self.choice = choice


@dataclass(frozen=True, slots=True)
class Facts:
    """A skeleton, with what belongs to each event found by its number.

    ``handlers`` gives the handlers of each host that do anything.
    """

    skeleton: sk.Skeleton
    reads: Mapping[int, tuple[sk.ReadAccess, ...]]
    writes: Mapping[int, tuple[sk.WriteAccess, ...]]
    stored: Mapping[int, tuple[sk.StoredWord, ...]]
    place: Mapping[int, tuple[int, int]]
    outcomes: Mapping[int, tuple[Outcome, ...]]
    frees: tuple[int, ...]
    pages: tuple[int, ...]
    handlers: Mapping[int, tuple[int, ...]]


def facts(skeleton: sk.Skeleton) -> Facts:
    """The tables of a skeleton."""
    outcomes = sk.by_event(row for row in skeleton.rows if isinstance(row, Outcome))
    handlers: dict[int, list[int]] = {}
    for thread in skeleton.threads:
        if thread.kind == "handler" and len(thread.events) > 2:
            handlers.setdefault(thread.host, []).append(thread.number)
    place = {
        number: (thread.number, index)
        for thread in skeleton.threads
        for index, number in enumerate(thread.events)
    }
    events = skeleton.events
    return Facts(
        skeleton,
        {number: tuple(found) for number, found in sk.by_event(skeleton.reads).items()},
        {number: tuple(found) for number, found in sk.by_event(skeleton.writes).items()},
        {number: tuple(found) for number, found in sk.by_event(skeleton.stored).items()},
        place,
        {number: tuple(found) for number, found in outcomes.items()},
        tuple(e.number for e in events if isinstance(e.action, sk.Deallocate)),
        tuple(e.number for e in events if isinstance(e.action, sk.GiveBack)),
        {host: tuple(found) for host, found in handlers.items()},
    )


def needed(values: Valuation, term: Term) -> Value:
    """The value of a term; raises OpenChoiceError where a choice must be made first."""
    try:
        return values.value(term)
    except Unknown:
        choice = open_choice(values, term)
        if choice is None:
            raise
        raise OpenChoiceError(choice) from None


def open_choice(values: Valuation, term: Term) -> Choice | None:
    """A choice not made yet among the leaves of a term."""
    seen: set[Term] = set()
    todo = [term]
    while todo:
        current = todo.pop()
        if current in seen or values.surely(current) is not None:
            continue
        seen.add(current)
        row = values.skeleton.rows[current]
        if isinstance(row, Choice):
            return row
        todo.extend(reversed(operands(row)))
    return None


def place_of(values: Valuation, address: Term, part: str) -> Place | None:
    """The place an access goes to, None where its pointer is NULL, wild or no pointer."""
    pointer = needed(values, address)
    if isinstance(pointer, Pointer) and pointer.base is not None:
        return pointer.location, part
    return None
