"""What the terms of a skeleton are worth once its leaves are known."""

from __future__ import annotations

from dataclasses import dataclass, field

from prover.execution import skeleton as sk
from prover.execution.terms import (
    Allocated,
    And,
    Choice,
    Constant,
    Not,
    Operation,
    Or,
    Outcome,
    Phi,
    ReadValue,
    Row,
    Term,
)
from prover.graph.values import Value, apply


class Unknown(Exception):
    """A term depends on a leaf that is not settled yet."""


@dataclass(slots=True)
class Valuation:
    """Leaves settled so far, and what follows from them.

    ``leaves`` maps leaf rows (ReadValue, Choice, Outcome, Allocated) to their values.  A
    leaf is settled once and never changes, so results are kept; that a term is open is
    remembered until the next leaf is settled.
    """

    skeleton: sk.Skeleton
    leaves: dict[Row, Value] = field(default_factory=dict[Row, Value])
    known: dict[Term, Value] = field(default_factory=dict[Term, Value])
    open: set[Term] = field(default_factory=set[Term])

    def settle(self, leaf: Row, value: Value) -> None:
        """Gives a leaf its value."""
        self.leaves[leaf] = value
        self.open.clear()

    def copy(self) -> Valuation:
        """An independent copy."""
        return Valuation(self.skeleton, dict(self.leaves), dict(self.known))

    def value(self, term: Term) -> Value:
        """The value of a term; raises Unknown where a leaf it needs is open."""
        found = self.known.get(term)
        if found is None:
            if term in self.open:
                raise Unknown
            try:
                found = self._compute(term)
            except Unknown:
                self.open.add(term)
                raise
            self.known[term] = found
        return found

    def holds(self, term: Term) -> bool:
        """Whether a condition holds; raises Unknown where that is open."""
        return self.value(term) == 1

    def surely(self, term: Term) -> bool | None:
        """Whether a condition holds, None where that is open."""
        try:
            return self.value(term) == 1
        except Unknown:
            return None

    def _compute(self, term: Term) -> Value:
        row = self.skeleton.rows[term]
        match row:
            case Constant(value=value):
                return value
            case ReadValue() | Choice() | Allocated():
                if row not in self.leaves:
                    raise Unknown
                return self.leaves[row]
            case Outcome(event=event, what=what):
                if row in self.leaves:
                    return self.leaves[row]
                # An event that is not reached has no outcome: none of what it asks is so.
                if what != "steps" and self.surely(self.skeleton.events[event].guard) is False:
                    return 0
                raise Unknown
            case And(args=args):
                return self._lazy(args, stop=0)
            case Or(args=args):
                return self._lazy(args, stop=1)
            case Not(arg=arg):
                return 1 - int(self.holds(arg))
            case Phi(arms=arms):
                return self._phi(arms)
            case Operation(op=op, params=params, args=args):
                values = tuple(self.value(a) for a in args)
                return apply(self.skeleton.layout.space, op, params, values)

    def _lazy(self, args: tuple[Term, ...], stop: int) -> Value:
        """A conjunction (``stop`` 0) or disjunction (1): one such operand decides it."""
        open_ = False
        for arg in args:
            try:
                if int(self.holds(arg)) == stop:
                    return stop
            except Unknown:
                open_ = True
        if open_:
            raise Unknown
        return 1 - stop

    def _phi(self, arms: tuple[tuple[Term, Term], ...]) -> Value:
        open_ = False
        for guard, value in arms:
            holds = self.surely(guard)
            if holds:
                return self.value(value)
            open_ = open_ or holds is None
        raise Unknown
