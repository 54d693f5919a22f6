"""Minimal cores: sets of literals that suffice for a no, and none of which can be left out.

The solver's own core comes first.  A literal without which all others there are do not suffice
is in every core.  Of the rest one after another is left out: where the answer is still no, the
solver's core of that is what is left.  What stays was tried with a set around the final one,
and what is possible with more facts is possible with fewer.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from prover.pipeline.case import Undecided
from prover.smt.asking import ask_apart
from prover.smt.backends.z3 import Session
from prover.smt.query import Query
from prover.smt.reply import GaveUp, Sat


@dataclass(frozen=True, slots=True)
class Small:
    """Literals that suffice, each with whether every set that does has it (None: not asked).

    ``minimal``: none of them can be left out.
    """

    chosen: tuple[tuple[str, bool | None], ...]
    minimal: bool


@dataclass(slots=True)
class Asker:
    """A tracked query with its session.  ``until`` is when no more is asked."""

    query: Query
    session: Session
    until: float

    def core(self, literals: Sequence[str], question: Sequence[str]) -> frozenset[str] | None:
        """Of the literals some that suffice for a no; None where the answer is yes."""
        if "false" in question:
            return frozenset()
        first, *others = question
        reply = ask_apart(self.session, self.query, first, *others, *literals)
        if isinstance(reply, GaveUp):
            raise Undecided(reply.reason)
        return None if isinstance(reply, Sat) else self.session.core() & frozenset(literals)

    def tried(self, literals: Sequence[str], question: Sequence[str]) -> frozenset[str] | None:
        """The same within the time there is; raises Undecided when it is over."""
        if time.monotonic() > self.until:
            raise Undecided("out of time")
        return self.core(literals, question)


def minimal(asker: Asker, literals: Sequence[str], question: Sequence[str]) -> Small | None:
    """A small core, None where all literals do not suffice.

    What stands first in ``literals`` is kept longest.
    """
    found = asker.core(literals, question)
    if found is None:
        return None
    small = _Small([literal for literal in literals if literal in found])
    try:
        for literal in tuple(small.left):
            others = [other for other in literals if other != literal]
            small.known[literal] = asker.tried(others, question) is None
        small.shrink(asker, question)
    except Undecided:
        return small.result(minimal=False)
    return small.result(minimal=True)


@dataclass(slots=True)
class _Small:
    """A core that gets smaller: what is ``left`` suffices at any time.

    ``known`` says of a literal whether every core has it.
    """

    left: list[str]
    known: dict[str, bool] = field(default_factory=dict[str, bool])

    def shrink(self, asker: Asker, question: Sequence[str]) -> None:
        """Leaves out what can be left out, the last first."""
        for literal in reversed([each for each in self.left if not self.known[each]]):
            if literal in self.left:
                others = [other for other in self.left if other != literal]
                less = asker.tried(others, question)
                if less is not None:
                    self.left = [other for other in others if other in less]

    def result(self, *, minimal: bool) -> Small:
        """What is left."""
        return Small(tuple((each, self.known.get(each)) for each in self.left), minimal)
