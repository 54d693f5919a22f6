"""The explicit enumerator: every execution of a tiny skeleton, in the fashion of herd.

It steps through no interleaving: candidates (control flow, values, rf, co) are guessed,
the rest of the order is decided as far as rules depend on it, and what the memory model
allows is kept.  An oracle for the encoder and the interpreter: slow and obvious.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from prover.execution import skeleton as sk
from prover.execution.domains import Place
from prover.execution.enumerate.candidate import Candidate
from prover.execution.enumerate.candidates import candidates
from prover.execution.enumerate.hosts import hostings
from prover.execution.enumerate.judge import Verdict, judge
from prover.execution.enumerate.order import Order, completions
from prover.execution.enumerate.outcomes import FinalState, final_state
from prover.execution.enumerate.stuck import final_value
from prover.execution.enumerate.values import RUNNING_KINDS, facts
from prover.execution.execution import Execution, base_relations
from prover.graph.values import Location, Value
from prover.models.algebra import MemoryModel, Nothing, parts
from prover.models.concrete import Structure, breaches, defined

BASES = frozenset({"po", "rf", "co", "fr"})
"""The relations of an execution that models are stated over."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How large a skeleton may be: events that others can notice, and candidates looked at."""

    events: int = 14
    candidates: int = 200_000


LIMIT = Limit()


@dataclass(frozen=True, slots=True)
class Enumeration:
    """What was found.

    ``outcomes`` are the final states of the executions that violate nothing and can go no
    further; ``violations`` the properties that can be the first violated, ``sites`` with their
    events.  ``complete`` is False where a limit kept anything from being enumerated.
    """

    outcomes: frozenset[FinalState]
    violations: frozenset[str]
    sites: frozenset[tuple[str, int]]
    complete: bool
    executions: int


def visible(skeleton: sk.Skeleton) -> int:
    """The number of events that other threads can notice."""
    silent = (sk.Begin, sk.Ended, sk.Local)
    running = {t.number for t in skeleton.threads if t.kind in RUNNING_KINDS}
    return sum(e.thread in running and not isinstance(e.action, silent) for e in skeleton.events)


def outcomes(skeleton: sk.Skeleton, model: MemoryModel, limit: Limit = LIMIT) -> Enumeration:
    """Everything that can come of a skeleton under a model."""
    found: set[FinalState] = set()
    sites: set[tuple[str, int]] = set()
    count = 0
    search = _Search(skeleton, model, limit)
    for execution in search.executions():
        count += 1
        sites.update(execution.first)
        if not execution.first:
            found.add(final_state(execution))
    names = frozenset(name for name, _ in sites)
    return Enumeration(frozenset(found), names, frozenset(sites), search.complete, count)


def enumerate_executions(
    skeleton: sk.Skeleton, model: MemoryModel, limit: Limit = LIMIT
) -> Iterator[Execution]:
    """Every execution of a skeleton under a model, as far as the limit allows.

    Two differ in an order that some rule depends on; those with a violation go on as if the
    thread that violates something stood still.
    """
    return _Search(skeleton, model, limit).executions()


class _Search:
    """One enumeration; ``complete`` says, in the end, whether it was one."""

    def __init__(self, skeleton: sk.Skeleton, model: MemoryModel, limit: Limit) -> None:
        self._skeleton, self._model, self._limit = skeleton, model, limit
        self.complete = True

    def executions(self) -> Iterator[Execution]:
        """The executions."""
        if visible(self._skeleton) > self._limit.events:
            self.complete = False
            return
        bases = parts(self._model.xb or Nothing()) & BASES
        found = candidates(facts(self._skeleton), bases)
        for count, candidate in enumerate(found):
            if count >= self._limit.candidates:
                self.complete = False
                return
            if _allowed(candidate, self._model):
                for hosted in hostings(candidate):
                    candidate.hosted = hosted
                    for order, verdict in completions(candidate.order, partial(judge, candidate)):
                        yield _execution(candidate, order, verdict)


def _allowed(candidate: Candidate, model: MemoryModel) -> bool:
    """Whether the model allows a candidate; adds all of its xb to the candidate's order."""
    events = frozenset(candidate.happened) | frozenset(candidate.violated)
    base = base_relations(candidate.skeleton, events, candidate.rf, candidate.seen, candidate.co)
    structure = Structure(events, {}, base)
    if breaches(model, structure):
        return False
    before = defined(model, structure).relations["xb"]
    return all(candidate.order.add(one, two) for one, two in sorted(before))


def _execution(c: Candidate, order: Order, verdict: Verdict) -> Execution:
    """A candidate in one order, as it is handed out."""
    final: dict[Place, Value] = {}
    for place in _places(c.skeleton):
        value = final_value(c, place)
        if value is not None:
            final[place] = value
    return Execution(
        skeleton=c.skeleton,
        happened=frozenset(c.happened),
        violated=MappingProxyType(c.violated),
        stuck=MappingProxyType({**c.stuck, **c.frozen}),
        rf=MappingProxyType(c.rf),
        seen=MappingProxyType(c.seen),
        co=MappingProxyType(c.co),
        decided=frozenset(order.decided),
        leaves=MappingProxyType(c.values.leaves),
        final=MappingProxyType(final),
        statuses=verdict.statuses,
        first=verdict.first,
    )


def _places(skeleton: sk.Skeleton) -> Iterator[Place]:
    """Every place of every object and slot."""
    for region in skeleton.layout.regions.values():
        for cell in region.cells:
            for part in ("low", "high") if cell.split else ("whole",):
                yield Location(region.name, cell.path), part
