"""One obligation while it is being decided."""

from __future__ import annotations

from dataclasses import dataclass, field

from dsl.frozen import Frozen
from dsl.protocol import Expect
from prover.execution.witness import Witness
from prover.pipeline.group import Group
from prover.pipeline.minimal import Search
from prover.pipeline.round import STRENGTH, Round
from prover.smt.query import Query
from prover.smt.reply import GaveUp, Sat, Unsat
from prover.verdict import Obligation


class Undecided(Exception):
    """No answer; says why."""


class Found(Frozen, frozen=True):
    """A property that can be the first to be violated: where it was found, and a witness."""

    search: Search
    reply: Sat
    witness: Witness


@dataclass(slots=True)
class Case:
    """One obligation being decided; without ``claims`` its program has no invariants."""

    group: Group
    obligation: Obligation
    expected: Expect | None
    found: dict[str, Found] = field(default_factory=dict[str, "Found"])
    query: Query | None = None
    bound: int = 0
    claims: bool = True

    @property
    def model(self) -> str:
        """The memory model."""
        return self.obligation.model

    @property
    def round(self) -> Round:
        """The program at the case's bound."""
        return self.group.round(self.bound, claims=self.claims)

    def wanted(self) -> tuple[str, ...]:
        """The properties that the author wants to see refuted."""
        return () if self.expected is None else self.expected.properties


def search_of(case: Case, model: str) -> Search:
    """The query and session of a model for the case's bound."""
    search = case.group.search(model, case.bound, claims=case.claims)
    if model == case.model or case.query is None:
        case.query = search.query
    return search


def naming_of(case: Case, model: str) -> Search:
    """The same with every violation named."""
    return case.group.naming(model, case.bound, claims=case.claims)


def at_hand(case: Case) -> Search:
    """A query there is already, under whatever model, else the case's own."""
    models = (m for m in STRENGTH if case.round.at_hand(m))
    return search_of(case, next(models, case.model))


def ask(
    search: Search, question: str, *also: str, values: bool = False, level: bool = False
) -> Sat | Unsat:
    """The answer to a question; no answer ends the obligation."""
    reply = search.ask(question, *also, values=values, level=level)
    if isinstance(reply, GaveUp):
        raise Undecided(reply.reason)
    return reply
