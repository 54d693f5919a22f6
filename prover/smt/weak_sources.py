"""Which reads a term depends on, and when."""

from __future__ import annotations

from prover.execution.terms import (
    And,
    Not,
    Operation,
    Or,
    Outcome,
    Phi,
    ReadValue,
    Term,
)
from prover.smt.logic import FALSE, TRUE, Lit
from prover.smt.weak_frame import WeakFrame


class Sources:
    """Finds the events whose reads a term is computed from, each with the literal of when it is.

    A value chosen by control flow depends on what the arm taken depends on, not on the condition,
    as in the kernel's model.
    """

    def __init__(self, frame: WeakFrame) -> None:
        self._frame = frame
        self._known: dict[Term, dict[int, Lit]] = {}

    def of(self, term: Term) -> dict[int, Lit]:
        """The events that read what ``term`` depends on."""
        found = self._known.get(term)
        if found is None:
            found = self._known[term] = self._compute(term)
        return found

    def _compute(self, term: Term) -> dict[int, Lit]:
        frame = self._frame
        row = frame.skeleton.rows[term]
        match row:
            case ReadValue(access=access):
                return {frame.skeleton.reads[access].event: TRUE}
            case Outcome(event=event, what="taken" | "locked"):
                return {event: TRUE}
            case Operation(args=args) | And(args=args) | Or(args=args):
                return self._union([(TRUE, arg) for arg in args])
            case Not(arg=arg):
                return self.of(arg)
            case Phi(arms=arms):
                return self._union([(frame.holds(guard), value) for guard, value in arms])
            case _:
                return {}

    def _union(self, parts: list[tuple[Lit, Term]]) -> dict[int, Lit]:
        logic = self._frame.logic
        ways: dict[int, list[Lit]] = {}
        for when, term in parts:
            if when != FALSE:
                for event, lit in self.of(term).items():
                    ways.setdefault(event, []).append(logic.all_of((when, lit)))
        return {event: logic.any_of(lits) for event, lits in ways.items()}
