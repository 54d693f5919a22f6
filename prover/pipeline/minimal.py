"""The smallest witness: fewest actors, then fewest stretches of one thread, then fewest steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from prover.execution.replay import replay, violations_of
from prover.execution.witness import Witness
from prover.smt.backends.z3 import Session
from prover.smt.decode import decode
from prover.smt.encode import Prepared, encode
from prover.smt.query import Query
from prover.smt.reply import Sat

STRETCHES = (4, 7)
"""The numbers of stretches that the smallest witness is looked for in, in turn; a witness that
needs more is shown as found."""


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
    small = _smallest(search, name) if minimal else None
    return small or _witness(search, name, reply, stretches=False)


def _witness(search: Search, name: str, reply: Sat, *, stretches: bool) -> Witness:
    """The witness that an assignment describes."""
    prepared = search.prepared
    schedule = decode(prepared.skeleton, prepared.domains, reply.values, stretches=stretches)
    return replay(prepared.skeleton, schedule.events, schedule.decisions, name)


def violated(search: Search, reply: Sat) -> set[str]:
    """The properties that the execution of an assignment violates first."""
    skeleton = search.prepared.skeleton
    schedule = decode(skeleton, search.prepared.domains, reply.values, stretches=False)
    return violations_of(skeleton, schedule.events, schedule.decisions)


def _smallest(search: Search, name: str) -> Witness | None:
    """The witness with fewest actors, then fewest stretches; None if it takes very many."""
    for most in STRETCHES:
        found = _within(search, name, most)
        if found is not None:
            return found
    return None


def _within(search: Search, name: str, most: int) -> Witness | None:
    """The smallest witness of at most ``most`` stretches.

    One document describes executions of at most so many stretches; each question is about one
    number of stretches and one set of actors to do without.
    """
    query = encode(search.prepared, contexts=most)
    session = Session(query.text, search.limits.timeout)

    def possible(size: int, *without: str) -> bool:
        question = query.within.get((name, size), "false")
        return isinstance(session.ask(question, *without, values=False), Sat)

    if not possible(most):
        return None
    without = _absent(search, lambda absent: possible(most, *absent))
    size = next((k for k in range(1, most) if possible(k, *without)), most)
    reply = session.ask(query.within[name, size], *without)
    return _witness(search, name, reply, stretches=True) if isinstance(reply, Sat) else None


def _absent(search: Search, possible: Callable[[tuple[str, ...]], bool]) -> tuple[str, ...]:
    """A largest set of actors that can be done without.

    Whoever can be done without together can be done without alone, so sets grow by one; of
    two alike the first declared is kept.
    """
    actors = [t.number for t in search.prepared.skeleton.threads if t.kind == "actor"]
    names = [f"!u{thread}" for thread in reversed(actors)]
    sets: list[tuple[str, ...]] = [()]
    while True:
        larger = [
            (*absent, name)
            for absent in sets
            for name in names[names.index(absent[-1]) + 1 if absent else 0 :]
        ]
        grown = [absent for absent in larger if len(absent) < len(names) and possible(absent)]
        if not grown:
            return sets[0]
        sets = grown
