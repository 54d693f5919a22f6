"""The smallest witness: fewest actors, then fewest stretches of one thread, then fewest steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from prover.execution.replay import Claimed, replay
from prover.execution.witness import Witness, contexts
from prover.smt.backends.z3 import Session
from prover.smt.decode import decode
from prover.smt.encode import Prepared, encode
from prover.smt.query import Query
from prover.smt.reply import Sat

MAX_STRETCHES = 8
"""Witnesses that need more stretches than this are shown as found."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds per question, MiB per obligation, and the highest bound."""

    timeout: float
    memory: int
    max_bound: int


@dataclass(slots=True)
class Search:
    """One bound's query, ready to be asked."""

    prepared: Prepared
    query: Query
    session: Session
    limits: Limits


def find_witness(search: Search, name: str, reply: Sat, *, minimal: bool) -> Witness:
    """A replayed witness for property ``name``; the smallest one if ``minimal``."""
    first = _witness(search, name, reply, stretches=False)
    return _smaller(search, name, first) if minimal else first


def _witness(search: Search, name: str, reply: Sat, *, stretches: bool) -> Witness:
    """The witness that an assignment describes."""
    prepared = search.prepared
    schedule = decode(
        prepared.skeleton, prepared.domains, prepared.order, reply.values, stretches=stretches
    )
    return replay(prepared.skeleton, schedule.events, schedule.decisions, Claimed(name, -1))


def _smaller(search: Search, name: str, first: Witness) -> Witness:
    """Minimises actors, then stretches: one document, questions for every number of stretches."""
    most = min(max(contexts(first), 1), MAX_STRETCHES)
    query = encode(search.prepared, contexts=most)
    session = Session(query.text, search.limits.timeout)

    def possible(size: int, *without: str) -> bool:
        question = query.within.get((name, size), "false")
        return isinstance(session.ask(question, *without, values=False), Sat)

    if not possible(most):
        return first
    without = next((a for a in _absentees(search, first) if possible(most, *a)), ())
    size = most
    while size > 1 and possible(size - 1, *without):
        size -= 1
    reply = session.ask(query.within[name, size], *without)
    if not isinstance(reply, Sat):
        return first
    return _witness(search, name, reply, stretches=True)


def _absentees(search: Search, best: Witness) -> Iterator[tuple[str, ...]]:
    """Sets of actors to try to do without, largest first, down to one more than ``best`` does."""
    actors = [t.number for t in search.prepared.skeleton.threads if t.kind == "actor"]
    present = sum(column.kind == "actor" for column in best.columns)
    for size in range(len(actors) - 1, len(actors) - present, -1):
        for gone in combinations(actors, size):
            yield tuple(f"!u{thread}" for thread in gone)
