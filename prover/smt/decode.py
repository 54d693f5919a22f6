"""From the solver's assignment to a schedule that the machine can carry out."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.frozen import Frozen
from prover.execution import skeleton as sk
from prover.execution.domains import Domains
from prover.execution.evaluate import Valuation
from prover.execution.run.machine import Decisions
from prover.execution.terms import Allocated, Choice, Outcome, ReadValue, Row, Term
from prover.graph.values import Value

FIRST = (-(1 << 40), 0)
"""The place of events that come before every positioned event of their thread."""


LEAVES = (ReadValue, Choice, Allocated, Outcome)
"""The rows that have a value of their own."""


class Schedule(Frozen, frozen=True):
    """Events in the order they happen, and what else was decided."""

    events: tuple[int, ...]
    decisions: Decisions


def decode(
    skeleton: sk.Skeleton,
    domains: Domains,
    values: Mapping[str, int],
    *,
    stretches: bool,
) -> Schedule:
    """The schedule that an assignment describes.

    ``stretches``: positions are numbers of stretches (ties are program order), else they
    are a strict order in which ties go to the higher event number.
    """
    valuation = _valuation(skeleton, domains, values)
    keys = _keys(skeleton, values, stretches=stretches)
    happened = [
        event.number
        for event in skeleton.events
        if _happened(skeleton, valuation, values, event) and event.anchor == event.number
    ]
    happened.sort(key=lambda number: keys[number])
    decisions = Decisions(
        choices={
            row.number: _integer(valuation.leaves[row])
            for row in skeleton.rows
            if isinstance(row, Choice)
        },
        taken={
            event.number: bool(values.get(f"t{event.number}", 0))
            for event in skeleton.events
            if isinstance(event.action, sk.Try)
        },
        slots={
            row.event: valuation.leaves[row]
            for row in skeleton.rows
            if isinstance(row, Allocated) and row in valuation.leaves
        },
    )
    return Schedule(tuple(happened), decisions)


def _integer(value: Value) -> int:
    assert isinstance(value, int)
    return value


def _valuation(skeleton: sk.Skeleton, domains: Domains, values: Mapping[str, int]) -> Valuation:
    """Every leaf's value, in the order of the rows: a guard comes before what depends on it."""
    valuation = Valuation(skeleton)
    for number, row in enumerate(skeleton.rows):
        if isinstance(row, LEAVES):
            leaf = _leaf(row, domains.values[Term(number)], values, skeleton, valuation)
            if leaf is not None:
                valuation.settle(row, leaf)
    return valuation


def _leaf(
    row: Row,
    domain: tuple[Value, ...],
    values: Mapping[str, int],
    skeleton: sk.Skeleton,
    valuation: Valuation,
) -> Value | None:
    """The value of a leaf, None for other rows."""
    match row:
        case ReadValue(access=access):
            return picked(f"r{access}", domain, values)
        case Choice(number=number):
            return picked(f"c{number}", domain, values)
        case Allocated(event=event):
            return picked(f"a{event}", domain, values)
        case Outcome(event=event, what=what):
            if what == "steps":
                return values.get(f"s{event}", 0)
            guard = valuation.surely(skeleton.events[event].guard)
            if not guard:
                return 0
            if what == "ok":
                return 1 - values.get(f"x{event}", 0)
            return values.get(f"{what[0]}{event}", 0)
        case _:
            return None


def picked(name: str, domain: tuple[Value, ...], values: Mapping[str, int]) -> Value | None:
    """The value whose literal is true; the first where none is."""
    if not domain:
        return None
    if len(domain) == 2:
        return domain[values.get(f"{name}v1", 0)]
    for index, value in enumerate(domain):
        if values.get(f"{name}v{index}", 0):
            return value
    return domain[0]


def _happened(
    skeleton: sk.Skeleton, valuation: Valuation, values: Mapping[str, int], event: sk.Event
) -> bool:
    """Whether an event took place in the execution (a violating one did)."""
    if not valuation.surely(event.guard):
        return False
    if values.get(f"x{event.number}", 0):
        return True
    if sk.is_blocking(skeleton, event):
        return bool(values.get(f"g{event.number}", 0))
    return True


def _keys(
    skeleton: sk.Skeleton, values: Mapping[str, int], *, stretches: bool
) -> dict[int, tuple[tuple[int, int], ...]]:
    """Sorting keys: an event without a position stands by its neighbours in its thread."""
    keys: dict[int, tuple[tuple[int, int], ...]] = {}
    for thread in skeleton.threads:
        base: tuple[tuple[int, int], ...] = (FIRST,)
        if thread.parent >= 0:
            base = keys.get(thread.parent, base)
        # What comes before the first positioned event happens right before it.
        for index, number in enumerate(thread.events):
            position = values.get(f"p{number}")
            if position is not None:
                base = ((position, index if stretches else -number),)
                break
        for index, number in enumerate(thread.events):
            position = values.get(f"p{number}")
            if position is not None:
                base = ((position, index if stretches else -number),)
            keys[number] = (*base, (thread.number, index))
    return keys
