"""Which reads a term depends on, and when."""

from __future__ import annotations

from prover.execution.execution import INITIAL
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
from prover.smt.weak.frame import WeakFrame


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
                return self._union_of(
                    [{frame.skeleton.reads[access].event: TRUE}, *self._carried(access)]
                )
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

    def _carried(self, access: int) -> list[dict[int, Lit]]:
        """What its own thread stored is read back: the dependency goes on through memory."""
        frame, skeleton = self._frame, self._frame.skeleton
        read = skeleton.reads[access]
        thread = skeleton.events[read.event].thread
        found: list[dict[int, Lit]] = []
        for number, pick in frame.picks.get(access, ()):
            if number == INITIAL:
                continue
            write = skeleton.writes[number]
            if skeleton.events[write.event].thread == thread and write.event != read.event:
                found.append(
                    {
                        event: frame.logic.all_of((pick, lit))
                        for event, lit in self.of(write.value).items()
                    }
                )
        return found

    def _union_of(self, parts: list[dict[int, Lit]]) -> dict[int, Lit]:
        ways: dict[int, list[Lit]] = {}
        for part in parts:
            for event, lit in part.items():
                ways.setdefault(event, []).append(lit)
        return {event: self._frame.logic.any_of(lits) for event, lits in ways.items()}

    def _union(self, parts: list[tuple[Lit, Term]]) -> dict[int, Lit]:
        both = self._frame.logic.all_of
        return self._union_of(
            [
                {event: both((when, lit)) for event, lit in self.of(term).items()}
                for when, term in parts
                if when != FALSE
            ]
        )
