"""When an event violates a property: hazards and checks as literals.

``x<e>`` says that some violation happens at event e.  :func:`first_violation` is the
property that counts there: the first in the order of precedence whose condition holds.
"""

from __future__ import annotations

from typing import assert_never

from prover.execution import skeleton as sk
from prover.execution.hazards import (
    LATE_KINDS,
    LATE_PROPERTIES,
    PRECEDENCE,
    BadFree,
    DoubleFree,
    Freed,
    Hazard,
    NotHeld,
    Null,
    OwnFolio,
    Torn,
    TornStore,
    Uninitialized,
    WildAccess,
    bits_of,
)
from prover.execution.terms import Term
from prover.graph.values import Half, Pointer
from prover.smt.frame import Frame
from prover.smt.locks import held_by_anyone, own_folio
from prover.smt.logic import FALSE, Lit, neg


def encode_violations(frame: Frame) -> None:
    """Defines ``x<e>`` for every event at which something can go wrong."""
    for event in frame.skeleton.events:
        number = event.number
        if frame.reached(number) == FALSE or not frame.risky(number):
            continue
        conditions = _conditions(frame, number)
        bad = frame.logic.any_of(conditions.values())
        found = frame.violates(number)
        reached = frame.reached(number)
        frame.logic.label = f"violation at event {number}"
        frame.logic.clause(neg(found), reached)
        frame.logic.clause(neg(found), bad)
        frame.logic.clause(found, neg(reached), neg(bad))


def early_violation(frame: Frame, event: int) -> Lit:
    """Whether an event goes wrong before it reads."""
    found = _conditions(frame, event)
    return frame.logic.any_of(lit for (late, _), lit in found.items() if not late)


def first_violation(frame: Frame, event: int) -> dict[str, Lit]:
    """For each property, whether it is the one violated at ``event``."""
    conditions = _conditions(frame, event)
    reached = frame.reached(event)
    found: dict[str, list[Lit]] = {}
    earlier: list[Lit] = []
    for late in (False, True):
        for name in PRECEDENCE:
            condition = conditions.get((late, name), FALSE)
            if condition != FALSE:
                lit = frame.logic.all_of((reached, condition, *earlier))
                found.setdefault(name, []).append(lit)
                earlier.append(neg(condition))
    return {name: frame.logic.any_of(lits) for name, lits in found.items()}


def _conditions(frame: Frame, event: int) -> dict[tuple[bool, str], Lit]:
    """The condition of each property at an event that is reached, before and after it reads."""
    found: dict[tuple[bool, str], list[Lit]] = {}
    for hazard in frame.hazards[event]:
        key = (isinstance(hazard, LATE_KINDS), hazard.property)
        found.setdefault(key, []).append(_hazard(frame, event, hazard))
    for check in frame.skeleton.events[event].checks:
        key = (check.property in LATE_PROPERTIES, check.property)
        found.setdefault(key, []).append(frame.holds(check.bad))
    return {key: frame.logic.any_of(lits) for key, lits in found.items()}


def _hazard(frame: Frame, event: int, hazard: Hazard) -> Lit:
    """The condition of one hazard."""
    match hazard:
        case Null(term=term, value=value) | WildAccess(term=term, value=value):
            return frame.has(term, value)
        case BadFree(term=term, value=value) | Uninitialized(term=term, value=value):
            return frame.has(term, value)
        case Torn(term=term, value=value) | TornStore(term=term, value=value):
            stored = [_stored(frame, event, index, hazard) for index in hazard.updates]
            return frame.logic.all_of((frame.has(term, value), *(neg(s) for s in stored)))
        case Freed(term=term, value=value, free=free, freed=freed) | DoubleFree(
            term=term, value=value, free=free, freed=freed
        ):
            action = frame.skeleton.events[free].action
            assert isinstance(action, sk.Deallocate)
            which = frame.logic.any_of(frame.has(action.pointer, v) for v in freed)
            parts = (frame.has(term, value), frame.ok(free), which, frame.before(free, event))
            return frame.logic.all_of(parts)
        case NotHeld():
            action = frame.skeleton.events[event].action
            assert isinstance(action, sk.Unlock)
            return neg(held_by_anyone(frame, event, action.address, "folio"))
        case OwnFolio():
            return own_folio(frame, event)
        case _:
            assert_never(hazard)


def _stored(frame: Frame, event: int, index: int, hazard: Torn | TornStore) -> Lit:
    """Whether a completed update before ``event`` stored the bits in question."""
    update = frame.skeleton.updates[index]
    via = hazard.via
    here = frame.logic.any_of(
        lit
        for value, lit in frame.table(update.address).items()
        if isinstance(value, Pointer) and value.base is not None and value.location == via.location
    )
    return frame.logic.all_of(
        (
            frame.ok(update.event),
            frame.holds(update.when),
            here,
            _bits(frame, update.low, via.low),
            _bits(frame, update.high, via.high),
            frame.before(update.event, event),
        )
    )


def _bits(frame: Frame, term: Term, bits: int) -> Lit:
    """Whether a half has the given bits, whatever its provenance."""
    assert bits in bits_of(frame.domains.values[term])
    return frame.logic.any_of(
        lit
        for value, lit in frame.table(term).items()
        if isinstance(value, Half) and value.bits == bits
    )
