"""The terms of a test tabulated: for each, one literal per value that it can have."""

from __future__ import annotations

from itertools import product
from typing import TypeAlias

from prover.litmus.domains import domains
from prover.litmus.events import Choice, Constant, Operation, Read, Test
from prover.litmus.values import Impossible, Value, apply
from prover.smt.logic import FALSE, TRUE, Lit, Logic, neg

Table: TypeAlias = dict[Value, Lit]
"""For one term: the literal that says it has each of its possible values."""


class Tables:
    """The tables of a test in a document.

    ``partial`` are the terms that have no value in some executions.
    """

    def __init__(self, test: Test, logic: Logic) -> None:
        self.test = test
        self.logic = logic
        self.values = domains(test)
        self.tables: list[Table] = []
        # Operations on operands that can be such that there is no result.
        self.partial: set[int] = set()
        self._sources: dict[int, dict[int, Lit]] = {}
        self._tables()

    def _tables(self) -> None:
        for number, row in enumerate(self.test.rows):
            self.tables.append(self._table(number, row))

    def _table(self, number: int, row: object) -> Table:
        values = list(self.values[number])
        logic = self.logic
        match row:
            case Constant(value=value):
                return {value: TRUE}
            case Read(event=event):
                if not values:
                    return {}
                if len(values) == 1:
                    return {values[0]: TRUE}
                if len(values) == 2:
                    lit = logic.variable(f"r{event}v1")
                    return {values[0]: neg(lit), values[1]: lit}
                lits = [logic.variable(f"r{event}v{i}") for i in range(len(values))]
                logic.label = "value"
                logic.exactly_one(lits)
                return dict(zip(values, lits, strict=True))
            case Operation(op=op, args=args):
                parts: dict[Value, list[Lit]] = {}
                for combination in product(*(self.tables[a].items() for a in args)):
                    try:
                        result = apply(op, tuple(v for v, _ in combination))
                    except Impossible:
                        self.partial.add(number)
                        continue
                    parts.setdefault(result, []).append(logic.all_of([x for _, x in combination]))
                if self.partial.intersection(args):
                    self.partial.add(number)
                return {v: logic.any_of(lits) for v, lits in parts.items()}
            case Choice(arms=arms):
                found: dict[Value, list[Lit]] = {}
                if self.partial.intersection(t for arm in arms for t in arm):
                    self.partial.add(number)
                other = TRUE
                for guard, arm in arms:
                    holds = logic.all_of((other, self.truth(guard)))
                    other = logic.all_of((other, neg(self.truth(guard))))
                    for value, lit in self.tables[arm].items():
                        found.setdefault(value, []).append(logic.all_of((holds, lit)))
                return {v: logic.any_of(lits) for v, lits in found.items()}
            case _:
                raise TypeError(row)

    def truth(self, term: int) -> Lit:
        """Whether a term is not 0."""
        return self.logic.any_of(lit for value, lit in self.tables[term].items() if value != 0)

    def has(self, term: int, value: Value) -> Lit:
        """Whether a term has a value."""
        return self.tables[term].get(value, FALSE)

    def sources(self, term: int) -> dict[int, Lit]:
        """The reads that a term's value depends on, each with when it does."""
        known = self._sources.get(term)
        if known is None:
            known = self._sources[term] = self._sources_of(term)
        return known

    def _sources_of(self, term: int) -> dict[int, Lit]:
        logic = self.logic
        row = self.test.rows[term]
        match row:
            case Constant():
                return {}
            case Read(event=event):
                return {event: TRUE}
            case Operation(args=args):
                found: dict[int, Lit] = {}
                for arg in args:
                    for event, lit in self.sources(arg).items():
                        found[event] = logic.any_of((found.get(event, FALSE), lit))
                return found
            case Choice(arms=arms, depends=depends):
                found = {}
                other = TRUE
                for guard, arm in arms:
                    for event, lit in self.sources(guard).items() if depends else ():
                        when = logic.all_of((other, lit))
                        found[event] = logic.any_of((found.get(event, FALSE), when))
                    holds = logic.all_of((other, self.truth(guard)))
                    other = logic.all_of((other, neg(self.truth(guard))))
                    for event, lit in self.sources(arm).items():
                        when = logic.all_of((holds, lit))
                        found[event] = logic.any_of((found.get(event, FALSE), when))
                return found
