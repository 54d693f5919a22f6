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
    Null,
    Torn,
    TornStore,
    Uninitialized,
    WildAccess,
    bits_of,
)
from prover.execution.hazards_of_holders import HeldAtInit, NotHeld, ReaderOver
from prover.execution.terms import Term
from prover.graph.values import Half, Pointer
from prover.smt.frame import Frame
from prover.smt.locks import held_by_anyone
from prover.smt.logic import FALSE, TRUE, Lit, neg
from prover.smt.memory import given_between


def encode_violations(frame: Frame) -> None:
    """Defines ``x<e>`` for every event at which something can go wrong."""
    for event in frame.skeleton.events:
        number = event.number
        if frame.reached(number) == FALSE or not frame.risky(number):
            continue
        bad = frame.logic.any_of(first_violation(frame, number).values())
        found = frame.violates(number)
        reached = frame.reached(number)
        frame.logic.label = f"violation at event {number}"
        frame.logic.clause(neg(found), reached)
        frame.logic.clause(neg(found), bad)
        frame.logic.clause(found, neg(reached), neg(bad))
        _define_stop(frame, number)


def _define_stop(frame: Frame, event: int) -> None:
    """Defines ``y<e>`` where it is not ``x<e>``: a violation that stops the thread."""
    stops = frame.stops(event)
    if stops in (FALSE, frame.violates(event)):
        return
    reached, logic = frame.reached(event), frame.logic
    hazards = [
        _hazard(frame, event, hazard)
        for hazard in frame.hazards[event]
        if not frame.goes_on(event, hazard)
    ]
    checks = [
        frame.holds(check.bad)
        for check in frame.skeleton.events[event].checks
        if not frame.goes_on(event, check)
    ]
    bad = logic.any_of((*hazards, *checks))
    logic.clause(neg(stops), reached)
    logic.clause(neg(stops), bad)
    logic.clause(stops, neg(reached), neg(bad))


def early_hazard(frame: Frame, event: int) -> Lit:
    """Whether an event goes wrong before it reads."""
    return frame.logic.any_of(
        _hazard(frame, event, hazard)
        for hazard in frame.hazards[event]
        if not isinstance(hazard, LATE_KINDS) and not frame.goes_on(event, hazard)
    )


def first_violation(frame: Frame, event: int) -> dict[str, Lit]:
    """For each property, whether it is violated at ``event``.

    Of the hazards of an access the first counts, in order of precedence; those judged after
    the read, and checks judged then, count only where none came before.
    """
    reached = frame.reached(event)
    found: dict[str, list[Lit]] = {}
    earlier: list[Lit] = []
    for late in (False, True):
        hazards = _hazard_conditions(frame, event, late=late)
        checks = _check_conditions(frame, event, late=late)
        for name in PRECEDENCE:
            if name in hazards:
                lit = frame.logic.all_of((reached, hazards[name], *earlier))
                found.setdefault(name, []).append(lit)
                earlier.append(neg(hazards[name]))
        before = earlier if late else []
        for name, condition in checks.items():
            lit = frame.logic.all_of((reached, condition, *before))
            found.setdefault(name, []).append(lit)
    lits = {name: frame.logic.any_of(found[name]) for name in PRECEDENCE if name in found}
    return {name: lit for name, lit in lits.items() if lit != FALSE}


def _hazard_conditions(frame: Frame, event: int, *, late: bool) -> dict[str, Lit]:
    """The conditions of an event's hazards by property, before or after it reads."""
    found: dict[str, list[Lit]] = {}
    for hazard in frame.hazards[event]:
        if isinstance(hazard, LATE_KINDS) == late:
            found.setdefault(hazard.property, []).append(_hazard(frame, event, hazard))
    return {name: frame.logic.any_of(lits) for name, lits in found.items()}


def _check_conditions(frame: Frame, event: int, *, late: bool) -> dict[str, Lit]:
    """The conditions of an event's checks by property."""
    found: dict[str, list[Lit]] = {}
    for check in frame.skeleton.events[event].checks:
        if (check.property in LATE_PROPERTIES) == late:
            found.setdefault(check.property, []).append(frame.holds(check.bad))
    return {name: frame.logic.any_of(lits) for name, lits in found.items()}


def _hazard(frame: Frame, event: int, hazard: Hazard) -> Lit:
    """The condition of one hazard."""
    match hazard:
        case Null(term=term, value=value) | WildAccess(term=term, value=value):
            return frame.has(term, value)
        case BadFree(term=term, value=value) | Uninitialized(term=term, value=value):
            return frame.has(term, value)
        case Torn(term=term, value=value):
            return frame.logic.all_of((frame.has(term, value), _unstored(frame, event, hazard)))
        case TornStore(term=term, value=value, when=when):
            unstored = _unstored(frame, event, hazard)
            return frame.logic.all_of((frame.holds(when), frame.has(term, value), unstored))
        case Freed(free=free) | DoubleFree(free=free):
            late = frame.after_free if isinstance(hazard, Freed) else frame.freed_twice
            parts = (ever_freed(frame, hazard), late(free, event), _still(frame, event, hazard))
            return frame.logic.all_of(parts)
        case NotHeld():
            return neg(frame.outcome(event, "locked"))
        case HeldAtInit(term=term, value=value):
            held = held_by_anyone(frame, event, term, "")
            return frame.logic.all_of((frame.has(term, value), held))
        case ReaderOver(other=other, when=when):
            ended = (frame.holds(when), frame.ok(other), frame.before(other, event))
            return frame.logic.all_of(ended)
        case _:
            assert_never(hazard)


def ever_freed(frame: Frame, hazard: Freed | DoubleFree) -> Lit:
    """Whether what an event goes to is freed at some time by the hazard's free event."""
    action = frame.skeleton.events[hazard.free].action
    assert isinstance(action, sk.Deallocate | sk.GiveBack)
    which = frame.logic.any_of(frame.has(action.pointer, value) for value in hazard.freed)
    parts = (frame.has(hazard.term, hazard.value), frame.ok(hazard.free), which)
    return frame.logic.all_of(parts)


def _still(frame: Frame, event: int, hazard: Freed | DoubleFree) -> Lit:
    """Whether the slot of a typesafe pool has not been given out again when an event comes."""
    assert isinstance(hazard.value, Pointer)
    assert hazard.value.base is not None
    slot = hazard.value.base.object
    if not frame.skeleton.layout.regions[slot].typesafe:
        return TRUE
    return neg(given_between(frame, hazard.free, slot, event))


def _unstored(frame: Frame, event: int, hazard: Torn | TornStore) -> Lit:
    """Whether no completed update before ``event`` stored the bits in question."""
    return frame.logic.all_of(neg(_stored(frame, event, index, hazard)) for index in hazard.updates)


def _stored(frame: Frame, event: int, index: int, hazard: Torn | TornStore) -> Lit:
    """Whether a completed update before ``event`` stored the bits in question."""
    update = frame.skeleton.updates[index]
    via = hazard.via
    here = frame.logic.any_of(
        lit
        for value, lit in frame.table(update.address).items()
        if isinstance(value, Pointer) and value.base is not None and value.source == hazard.place
    )
    return frame.logic.all_of(
        (
            frame.ok(update.event),
            frame.holds(update.when),
            here,
            _bits(frame, update.low, via.low),
            _bits(frame, update.high, via.high),
            frame.stored_before(update.event, event),
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
