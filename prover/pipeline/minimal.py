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

MAX_STRETCHES = 14
"""Witnesses with more stretches than this are not minimised."""


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


def find_witness(search: Search, name: str, event: int, reply: Sat, *, minimal: bool) -> Witness:
    """A replayed witness for property ``name``; the smallest one if ``minimal``."""
    first = _witness(search, Claimed(name, event), reply, stretches=False)
    if not minimal or contexts(first) > MAX_STRETCHES:
        return first
    return _smaller(search, name, first)


def _witness(search: Search, claimed: Claimed, reply: Sat, *, stretches: bool) -> Witness:
    """The witness that an assignment describes."""
    prepared = search.prepared
    schedule = decode(
        prepared.skeleton, prepared.domains, prepared.order, reply.values, stretches=stretches
    )
    return replay(prepared.skeleton, schedule.events, schedule.decisions, claimed)


def _smaller(search: Search, name: str, first: Witness) -> Witness:
    """Minimises actors, then stretches."""
    best = first
    actors = _actors(search)
    size = max(1, contexts(first))
    stretched = _stretched(search, name, size)
    without: tuple[str, ...] = ()
    for absent in _absentees(actors, best):
        found = _ask(search, stretched, absent)
        if found is not None:
            best, without = found, absent
            break
    size = contexts(best)
    while size > 1:
        size = min(size, contexts(best)) - 1
        found = _ask(search, _stretched(search, name, size), without) if size else None
        if found is None:
            return best
        best = found
    return best


def _actors(search: Search) -> list[int]:
    """The actors' thread numbers."""
    return [t.number for t in search.prepared.skeleton.threads if t.kind == "actor"]


def _absentees(actors: list[int], best: Witness) -> Iterator[tuple[str, ...]]:
    """Sets of actors to try to do without, largest first, down to one more than ``best`` does."""
    present = sum(column.kind == "actor" for column in best.columns)
    for size in range(len(actors) - 1, len(actors) - present, -1):
        for gone in combinations(actors, size):
            yield tuple(f"!u{thread}" for thread in gone)


@dataclass(slots=True)
class _Stretched:
    """A session that describes executions of so many stretches, and the questions to ask it."""

    session: Session
    questions: list[tuple[Claimed, str]]


def _stretched(search: Search, name: str, size: int) -> _Stretched:
    """The session for at most ``size`` stretches, and where ``name`` could be violated."""
    query = encode(search.prepared, contexts=size)
    questions = [
        (Claimed(what, event), question)
        for (what, event), question in query.violations.items()
        if what == name
    ]
    return _Stretched(Session(query.text, search.limits.timeout), questions)


def _ask(search: Search, stretched: _Stretched, without: tuple[str, ...]) -> Witness | None:
    """A witness of the session's kind without the named actors, None if there is none."""
    for claimed, question in stretched.questions:
        reply = stretched.session.ask(question, *without)
        if isinstance(reply, Sat):
            return _witness(search, claimed, reply, stretches=True)
    return None
