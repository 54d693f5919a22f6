"""Which reads a value of one execution was computed from."""

from __future__ import annotations

from prover.execution.execution import INITIAL
from prover.execution.terms import And, Not, Operation, Or, Outcome, Phi, ReadValue, Term
from prover.execution.weak.run import Run


class Origins:
    """Follows values back to the reads that they come from, through what a thread itself stored."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.skeleton = run.skeleton
        self._known: dict[Term, frozenset[int]] = {}

    def of(self, term: Term) -> frozenset[int]:
        """The events whose reads a term is computed from."""
        found = self._known.get(term)
        if found is None:
            found = self._known[term] = self._compute(term)
        return found

    def _carried(self, access: int) -> frozenset[int]:
        """What its own thread stored is read back: the dependency goes on through memory."""
        read = self.skeleton.reads[access]
        source = self.run.claim.rf.get(access, INITIAL)
        if access not in self.run.read_places or source == INITIAL:
            return frozenset()
        write = self.skeleton.writes[source]
        threads = {self.skeleton.events[e].thread for e in (write.event, read.event)}
        if len(threads) > 1 or write.event == read.event:
            return frozenset()
        return self.of(write.value)

    def _compute(self, term: Term) -> frozenset[int]:
        row = self.skeleton.rows[term]
        match row:
            case ReadValue(access=access):
                own = frozenset((self.skeleton.reads[access].event,))
                return own | self._carried(access)
            case Outcome(event=event, what="taken" | "locked"):
                return frozenset((event,))
            case Operation(args=args) | And(args=args) | Or(args=args):
                return frozenset(e for a in args for e in self.of(a))
            case Not(arg=arg):
                return self.of(arg)
            case Phi(arms=arms):
                for guard, value in arms:
                    if self.run.values.surely(guard):
                        return self.of(value)
                return frozenset()
            case _:
                return frozenset()
