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
    remembered until the next leaf is settled.  By term: ``known`` is its value, ``open`` the
    number of leaves that were settled, ``settled``, when it was last found to be open.
    """

    skeleton: sk.Skeleton
    leaves: dict[Row, Value] = field(default_factory=dict[Row, Value])
    known: list[Value | None] = field(default_factory=list["Value | None"])
    open: list[int] = field(init=False)
    settled: int = 0

    def __post_init__(self) -> None:
        rows = len(self.skeleton.rows)
        self.known = self.known or [None] * rows
        self.open = [-1] * rows

    def settle(self, leaf: Row, value: Value) -> None:
        """Gives a leaf its value."""
        self.leaves[leaf] = value
        self.settled += 1

    def copy(self) -> Valuation:
        """An independent copy."""
        return Valuation(self.skeleton, dict(self.leaves), self.known.copy())

    def value(self, term: Term) -> Value:
        """The value of a term; raises Unknown where a leaf it needs is open."""
        found = self.find(term)
        if found is None:
            raise Unknown
        return found

    def holds(self, term: Term) -> bool:
        """Whether a condition holds; raises Unknown where that is open."""
        return self.value(term) == 1

    def surely(self, term: Term) -> bool | None:
        """Whether a condition holds, None where that is open."""
        found = self.find(term)
        return None if found is None else found == 1

    def find(self, term: Term) -> Value | None:
        """The value of a term, None where that is open."""
        found = self.known[term]
        if found is None and self.open[term] != self.settled:
            found = self._compute(self.skeleton.rows[term])
            if found is None:
                self.open[term] = self.settled
            else:
                self.known[term] = found
        return found

    def _compute(self, row: Row) -> Value | None:
        match row:
            case And(args=args):
                return self._lazy(args, stop=0)
            case Or(args=args):
                return self._lazy(args, stop=1)
            case Constant(value=value):
                return value
            case Not(arg=arg):
                found = self.find(arg)
                return None if found is None else int(found != 1)
            case Phi(arms=arms):
                return self._phi(arms)
            case Operation(op=op, params=params, args=args):
                values: list[Value] = []
                for arg in args:
                    found = self.find(arg)
                    if found is None:
                        return None
                    values.append(found)
                return apply(self.skeleton.layout.space, op, params, tuple(values))
            case Outcome(event=event, what=what):
                found = self.leaves.get(row)
                # An event that is not reached has no outcome: none of what it asks is so.
                if found is None and what != "steps":
                    reached = self.find(self.skeleton.events[event].guard)
                    return 0 if reached is not None and reached != 1 else None
                return found
            case ReadValue() | Choice() | Allocated():
                return self.leaves.get(row)

    def _lazy(self, args: tuple[Term, ...], stop: int) -> Value | None:
        """A conjunction (``stop`` 0) or disjunction (1): one such operand decides it."""
        open_ = False
        known, opened, settled = self.known, self.open, self.settled
        for arg in args:
            found = known[arg]
            if found is None and opened[arg] != settled:
                found = self.find(arg)
            if found is None:
                open_ = True
            elif (found == 1) == stop:
                return stop
        return None if open_ else 1 - stop

    def _phi(self, arms: tuple[tuple[Term, Term], ...]) -> Value | None:
        known = self.known
        for guard, value in arms:
            found = known[guard]
            if (self.find(guard) if found is None else found) == 1:
                return self.find(value)
        return None
