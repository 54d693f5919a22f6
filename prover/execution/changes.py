"""What a transition table says of one change of its word, as terms of the execution."""

from __future__ import annotations

from dataclasses import dataclass

from prover.execution.terms import Term
from prover.graph.values import Location


@dataclass(frozen=True, slots=True)
class Way:
    """One legal edge: ``fits`` hold where its ends are those of the change; then of each lock that
    it asks for the address, and whether the thread holds it.
    """

    name: str
    fits: tuple[Term, ...]
    locks: tuple[tuple[Term, Term], ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the word at ``location``: its values before and after, and the legal edges."""

    location: Location
    before: Term
    after: Term
    ways: tuple[Way, ...]
