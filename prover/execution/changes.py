"""What a transition table says of one change of its word, as terms of the execution."""

from __future__ import annotations

from dsl.frozen import Frozen
from prover.execution.terms import Term
from prover.graph.values import Location


class Way(Frozen, frozen=True):
    """One legal edge: ``fits`` hold where its ends are those of the change; then of each lock that
    it asks for the address, and whether the thread holds it.
    """

    name: str
    fits: tuple[Term, ...]
    locks: tuple[tuple[Term, Term], ...]


class Change(Frozen, frozen=True):
    """A change of the word at ``location``: its values before and after, and the legal edges."""

    location: Location
    before: Term
    after: Term
    ways: tuple[Way, ...]
