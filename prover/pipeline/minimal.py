"""The smallest witness: fewest actors, then fewest stretches; no thread can stop earlier."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from prover.execution import claim as executions
from prover.execution.run.replay import replay, violations_of
from prover.execution.skeleton import Skeleton
from prover.execution.weak.replay import replay_weak, weak_violations
from prover.execution.weak.shorten import replay_shortened
from prover.execution.witness import Witness
from prover.models.cat import load_model
from prover.pipeline.limits import Clock, Limits
from prover.smt.asking import ask_apart
from prover.smt.backends.z3 import DECIDING, Session
from prover.smt.claim import Claim
from prover.smt.decode import decode
from prover.smt.encode import Prepared, encode
from prover.smt.query import Query, QueryTooLarge, apart
from prover.smt.reply import Reply, Sat
from prover.smt.weak.decode import DECIDING as WEAKLY_DECIDING
from prover.smt.weak.decode import weak_decode

STRETCHES = (4, 7)
"""The numbers of stretches that the smallest witness is looked for in, in turn; a witness that
needs more is shown as found."""

MAX_CLAUSES = 3_000_000
"""Queries beyond this size are given up before they are asked."""


Carry: TypeAlias = Callable[[executions.Claim], tuple[Skeleton, executions.Claim]]
"""An execution of one program as one of another, to be judged there."""


@dataclass(slots=True)
class Search:
    """One bound's query, ready to be asked.

    ``under`` are Booleans that hold in whatever is asked; ``carry`` says of which program the
    executions of a weak model are, where not of the query's own.  ``first`` is what the solver was
    asked before anything else (nothing, if for a level answer), with what it answered.
    """

    prepared: Prepared
    query: Query
    limits: Limits
    clock: Clock
    session: Session | None = None
    under: tuple[str, ...] = ()
    carry: Carry | None = None
    first: tuple[tuple[str, ...], Reply] | None = None

    def ask(self, question: str, *also: str, values: bool = False, level: bool = False) -> Reply:
        """The answer to a question, timed.

        With ``level`` a yes is the solver's first: integers that are to differ may be level in it.
        """
        session, assumed = self.loaded(), (question, *self.under, *also)
        with self.clock.stage("solve"):
            if level:
                reply = session.ask(*assumed, values=values)
            else:
                reply = ask_apart(session, self.query, *assumed, values=values)
        self.first = self.first or (() if level else assumed, reply)
        return reply

    @property
    def alike(self) -> str:
        """What may be asked along where whoever of several alike does something is the same."""
        return "true" if "symmetry" in self.limits.without else self.query.alike

    def claim(self, question: str, *also: str, holds: bool) -> Claim | None:
        """What was asked just now, with its answer; None where no solver was needed for it."""
        assumed = (question, *self.under, *also)
        if "false" in assumed:
            return None
        return Claim(self.loaded().told, tuple(n for n in assumed if n != "true"), holds)

    def loaded(self) -> Session:
        """The solver with the document in it."""
        if self.session is None:
            with self.clock.stage("load"):
                self.first = None
                deciding = DECIDING if self.prepared.model == "sc" else WEAKLY_DECIDING
                text, seconds, effort = self.query.together, self.limits.timeout, self.limits.effort
                self.session = Session(text, seconds, deciding, effort=effort)
                if self.query.distinct and "apart" in self.limits.without:
                    self.session.add(apart(self.query.distinct))
        return self.session


def claims(*found: Claim | None) -> tuple[Claim, ...]:
    """The answers among some that took a solver."""
    return tuple(claim for claim in found if claim is not None)


def start(
    prepared: Prepared, limits: Limits, clock: Clock, *, stretches: int, detail: bool
) -> Search:
    """A search with a document and a solver of its own, which gets it with the first question."""
    with clock.stage("encode"):
        query = encode(prepared, contexts=stretches, detail=detail)
    if query.clauses > MAX_CLAUSES:
        raise QueryTooLarge(f"{query.clauses} clauses")
    return Search(prepared, query, limits, clock)


def witness(search: Search, name: str, reply: Sat) -> Witness:
    """The witness for property ``name`` that an assignment describes, as found."""
    return _witness(search, name, reply, stretches=False, trim=False)


def smallest(search: Search, name: str, reply: Sat, found: Witness) -> Witness:
    """The smallest witness for ``name``; any, trimmed, where that takes too many or too much.

    What was ``found`` says only where to begin: a document of many stretches rules few of them out
    as well, but a witness of few comes from one of few.  Each is asked the same, wherever it began:
    what it answers in the end hangs on what it was asked before.
    """
    few, many = STRETCHES
    witness: Witness | None = None
    with suppress(QueryTooLarge):
        wide = _bounded(search, many) if stretches_of(found) > 3 * few else None
        if wide is None or _possible(wide, name, few):
            witness = _within(_bounded(search, few), name, 1, few)
        if witness is None:
            if wide is None:
                wide = _bounded(search, many)
                _possible(wide, name, few)
            witness = _within(wide, name, few + 1, many)
    return trimmed(search, name, reply) if witness is None else witness


def stretches_of(witness: Witness) -> int:
    """How often another thread goes on, plus one, as far as the witness shows its steps."""
    threads = [moment.thread for moment in witness.moments]
    return 1 + sum(one != two for one, two in pairwise(threads))


def trimmed(search: Search, name: str, reply: Sat) -> Witness:
    """A witness without the steps that the violation can do without.

    Not the one found, but the answer of a solver that was asked nothing else: what has been asked
    before depends on what else this process has decided.  ``reply`` is what was found, for where
    that solver has no answer (it gave up, or three violations come one before the other in a
    circle), and where it is itself the answer of such a one.
    """
    asked, said = search.first or ((), None)
    if search.carry is None and reply is said and asked == (search.query.properties.get(name),):
        return _witness(search, name, reply, stretches=False, trim=True)
    afresh = start(search.prepared, search.limits, search.clock, stretches=0, detail=True)
    again = afresh.ask(afresh.query.properties.get(name, "false"), values=True)
    if isinstance(again, Sat):
        return _witness(afresh, name, again, stretches=False, trim=True)
    return _witness(search, name, reply, stretches=False, trim=True)


def _witness(search: Search, name: str, reply: Sat, *, stretches: bool, trim: bool) -> Witness:
    prepared = search.prepared
    with search.clock.stage("replay"):
        if prepared.model != "sc":
            skeleton, claim = _claimed(search, reply)
            model = load_model(prepared.model)
            if trim:
                return replay_shortened(skeleton, claim, name, model)
            return replay_weak(skeleton, claim, name, model, show=search.limits.reasons)
        schedule = decode(prepared.skeleton, prepared.domains, reply.values, stretches=stretches)
        return replay(prepared.skeleton, schedule.events, schedule.decisions, name, trim=trim)


def _claimed(search: Search, reply: Sat) -> tuple[Skeleton, executions.Claim]:
    """The execution of a weak model that an assignment describes, and the program it is one of."""
    skeleton = search.prepared.skeleton
    claim = weak_decode(skeleton, search.prepared.domains, reply.values)
    return (skeleton, claim) if search.carry is None else search.carry(claim)


def violated(search: Search, reply: Sat) -> set[str]:
    """The properties that the execution of an assignment violates first."""
    skeleton = search.prepared.skeleton
    with search.clock.stage("replay"):
        if search.prepared.model != "sc":
            return weak_violations(*_claimed(search, reply), load_model(search.prepared.model))
        schedule = decode(skeleton, search.prepared.domains, reply.values, stretches=False)
        return violations_of(skeleton, schedule.events, schedule.decisions)


def _bounded(search: Search, most: int) -> Search:
    """The same in a document of its own, for executions of at most so many stretches."""
    return start(search.prepared, search.limits, search.clock, stretches=most, detail=True)


def _possible(within: Search, name: str, size: int, *without: str) -> bool:
    """Whether there is a witness of at most so many stretches, without some actors."""
    question = within.query.within.get((name, size), "false")
    return isinstance(within.ask(question, *without), Sat)


def _within(within: Search, name: str, least: int, most: int) -> Witness | None:
    """The smallest witness of at most ``most`` stretches, where none has fewer than ``least``.

    Each question is about one number of stretches and one set of actors to do without.
    """
    if not _possible(within, name, most):
        return None
    without = _absent(within, lambda absent: _possible(within, name, most, *absent))
    size = next((k for k in range(least, most) if _possible(within, name, k, *without)), most)
    reply = within.ask(within.query.within[name, size], *without, values=True)
    if not isinstance(reply, Sat):
        return None
    return _witness(within, name, reply, stretches=True, trim=True)


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
