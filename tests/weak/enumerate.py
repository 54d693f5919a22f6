"""Every execution of a tiny protocol under a weak memory model: the oracle for the encoding.

All claims that there can be are carried out and judged by the concrete reading: what each read
reads, the order at each place, who got a lock and when, which section comes before which
grace period, where handlers run, whose slot is allocated again.  Slow and obvious.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations, product

from dsl.frozen import replace
from prover.execution import skeleton as sk
from prover.execution.analysis import analyse
from prover.execution.claim import Claim
from prover.execution.domains import Domains
from prover.execution.hazards import PRECEDENCE
from prover.execution.nodes import CONTINUES, LOOSE, Nodes, nodes
from prover.execution.order import static_order
from prover.execution.terms import ReadValue, Term
from prover.execution.weak.law import DELAYS, Law, Section
from prover.execution.weak.models import for_protocols, for_races
from prover.execution.weak.replay import Wrong, named, racing, violations
from prover.execution.weak.run import NotAnExecution, Run
from prover.execution.weak.structure import Builder
from prover.graph.values import Value
from prover.models.algebra import MemoryModel
from prover.models.concrete import Structure
from tests.weak.judge import Judge
from tests.weak.lives import Lives, Orders
from tests.weak.orders import coherences
from tests.weak.tape import Lazy, TooMany, choices

Outcome = tuple[Value, ...]
"""The values that the reads of the final claims give, in the order of the reads."""

IGNORED = frozenset(("invariant",))
"""Properties that are not of one event, or not of these models."""


@dataclass(slots=True)
class Explored:
    """What the executions of a protocol come to; ``judged`` of them were judged."""

    outcomes: set[Outcome] = field(default_factory=set[Outcome])
    violations: set[str] = field(default_factory=set[str])
    judged: int = 0
    seen: int = 0


class Explorer:
    """Goes through the executions of one skeleton."""

    def __init__(
        self, skeleton: sk.Skeleton, model: MemoryModel, *, runs: int = 4_000, most: int = 6_000
    ) -> None:
        self.skeleton = skeleton
        self.model = model
        self.order = static_order(skeleton)
        self.domains: Domains = analyse(skeleton, self.order, weak=True)
        self.nodes: Nodes = nodes(skeleton)
        self.lives = Lives(skeleton, self.nodes, self.order)
        self.judge = Judge(for_protocols(model))
        self.races = Judge(for_races(model)) if model.name == "lkmm" else None
        self.runs, self.most = runs, most
        self.plain = any(node.order in LOOSE for node in self.nodes.nodes)
        self.found = Explored()

    def explore(self) -> Explored:
        """Everything that can be; raises TooMany."""
        for lazy in choices(self.skeleton, self.domains, self.runs):
            for gaps, turns in self._places_and_turns(lazy):
                claim = replace(lazy.made.claim(), gaps=gaps, turns=turns)
                try:
                    run = Run(self.skeleton, claim)
                except NotAnExecution:
                    continue
                for ranks in coherences(run):
                    self.found.seen += 1
                    if self.found.seen > 20 * self.most:
                        raise TooMany
                    self._ordered(replace(claim, coherence=ranks))
        return self.found

    # --- handlers

    def _places_and_turns(
        self, run: Lazy
    ) -> Iterator[tuple[dict[int, int], dict[tuple[int, int], bool]]]:
        """Where handlers run, and in which order those at one place; more than two keep theirs."""
        host = {t.number: t.host for t in self.skeleton.threads}
        for gaps in self._gaps(run):
            level = [
                (one, two)
                for one, two in combinations(sorted(gaps), 2)
                if (gaps[one], host[one]) == (gaps[two], host[two])
            ]
            for first in (True, False) if len(level) == 1 else (True,):
                yield gaps, dict.fromkeys(level, first)

    def _gaps(self, run: Lazy) -> Iterator[dict[int, int]]:
        """Where handlers run; a handler that never ends keeps its host from further steps."""
        threads = self.skeleton.threads
        begun = [t for t in threads if t.kind == "handler" and t.events[0] in run.happened]
        for where in product(*(self._places(t.host) for t in begun)):
            gaps = {t.number: k for t, k in zip(begun, where, strict=True)}
            if self._halts_are(run, gaps):
                yield gaps

    def _places(self, host: int) -> list[int]:
        """Places between the steps of a thread that can be told apart."""
        found = [0]
        for index, number in enumerate(self.skeleton.threads[host].events):
            action = self.skeleton.events[number].action
            bounds = isinstance(action, sk.SectionStart | sk.SectionEnd | sk.Ended)
            if bounds or number in self.nodes.of_event:
                found.append(index + 1)
        return found

    def _halts_are(self, run: Lazy, gaps: dict[int, int]) -> bool:
        """Whether threads make all their steps but those that handlers keep them from."""
        for thread in self.skeleton.threads:
            own = [
                (k, h) for h, k in gaps.items() if self.skeleton.threads[h].host == thread.number
            ]
            lasting = [k for k, h in own if self.skeleton.threads[h].events[-1] not in run.happened]
            first = min(lasting, default=len(thread.events))
            for index, number in enumerate(thread.events):
                steps = run.steps_at(number)
                if steps is not None and steps != (index < first):
                    return False
        return True

    # --- executions

    def _ordered(self, claim: Claim) -> None:
        """A claim with everything but the choices of waits and pools."""
        try:
            run = Run(self.skeleton, claim)
            Law(run).check()
        except NotAnExecution:
            return
        outcome, named = self._outcome(run), list(self._violations(run))
        if not self._news(outcome, named):
            return
        for first in self._firsts(run):
            for orders in self.lives.orders(Run(self.skeleton, replace(claim, first=first))):
                position = dict(orders.position)
                whole = Run(self.skeleton, replace(claim, first=first, position=position))
                if self.lives.typesafe:
                    named = list(self._violations(whole))
                self._judge(whole, orders, outcome, named)
                if not self._news(outcome, named):
                    return

    def _news(self, outcome: Outcome | None, named: list[Wrong]) -> bool:
        found = self.found
        races = self.races is not None and self.plain and "data-race" not in found.violations
        return (
            races
            or (outcome is not None and outcome not in found.outcomes)
            or any(found_.property not in found.violations for found_ in named)
        )

    def _judge(self, run: Run, orders: Orders, outcome: Outcome | None, named: list[Wrong]) -> None:
        found = self.found
        found.judged += 1
        if found.judged > self.most:
            raise TooMany
        law = Law(run)
        try:
            pairs = law.law(self.nodes)
            builder = Builder(run, self.nodes)
            structure = _with(builder.structure(pairs, frozenset()), orders)
        except NotAnExecution:
            return
        if not self.judge.allows(structure):
            return
        if outcome is not None:
            found.outcomes.add(outcome)
        for one in named:
            if one.property in found.violations:
                continue
            if not one.also and not one.lands:
                found.violations.add(one.property)
                continue
            assumed = _with(builder.structure(pairs, one.also, lands=one.lands), orders)
            if self.judge.allows(assumed):
                found.violations.add(one.property)
        if self.races is not None and self.plain and "data-race" not in found.violations:
            faithful = builder.structure(pairs, frozenset(), faithful=True)
            flagged = self.races.flagged(_with(faithful, orders))
            if racing(self.nodes, flagged):
                found.violations.add("data-race")

    def _outcome(self, run: Run) -> Outcome | None:
        """The values at the end, where every actor has come to its end."""
        for thread in self.skeleton.threads:
            if thread.kind == "actor" and thread.events[-1] not in run.happened:
                return None
        finals = {t.number for t in self.skeleton.threads if t.kind == "final"}
        reads = [r for r in self.skeleton.reads if self.skeleton.events[r.event].thread in finals]
        values = [run.values.leaves.get(ReadValue(r.number)) for r in reads]
        return tuple(v for v in values if v is not None) if None not in values else None

    def _violations(self, run: Run) -> Iterator[Wrong]:
        """What may go wrong; of what goes wrong at one event only what counts."""
        wrongs = list(violations(run, self.nodes))
        torn = {one.event for one in wrongs if one.property == "torn-value"}
        for one in wrongs:
            certain = run.violated.get(one.event, [])
            if one.event in torn:
                certain = [*certain, "torn-value"]
            ranks = [PRECEDENCE.index(n) for n in certain if n in PRECEDENCE]
            if one.property in IGNORED or PRECEDENCE.index(one.property) > min(ranks, default=99):
                continue
            if one.property == "uninitialized":
                yield from self._alive(one, wrongs)
            else:
                yield one
        # Who was only warned goes on, and may come to stand still.
        if all(one.also or one.lands or one.property in CONTINUES for one in wrongs):
            orders = list(named(run, self.nodes, "lock-order"))
            yield from orders or named(run, self.nodes, "deadlock")

    def _alive(self, poison: Wrong, wrongs: list[Wrong]) -> Iterator[Wrong]:
        """Poison read counts where the access is over before any free of what it goes to."""
        freed = [
            one.also
            for one in wrongs
            if one.event == poison.event and one.property == "use-after-free" and not one.lands
        ]
        if all(freed):
            turned = frozenset((b, a) for also in freed for a, b in also)
            yield replace(poison, also=turned)

    # --- grace periods

    def _firsts(self, run: Run) -> Iterator[dict[tuple[int, int], bool]]:
        """Which of each section and each grace period comes first."""
        law = Law(run)
        sections = list(law.sections())
        pairs = [
            (section.start, start)
            for start, end, domain in self._waits(run)
            for section in sections
            if section.kind in (DELAYS if domain is None else ("srcu",))
            if section.domain == law.domain(domain) and self._open(section, start, end)
        ]
        pairs = list(dict.fromkeys(pairs))
        for first in product((True, False), repeat=len(pairs)):
            yield dict(zip(pairs, first, strict=True))

    def _open(self, section: Section, start: int, end: int) -> bool:
        """Whether it is open which of the two comes first."""
        if self.order.before(end, section.start) is True:
            return False
        return self.order.before(section.start, start) is not True and section.end >= 0

    def _waits(self, run: Run) -> Iterator[tuple[int, int, Term | None]]:
        for event in self.skeleton.events:
            match event.action:
                case sk.GraceStart(end=end, domain=domain) if end in run.happened:
                    yield event.number, end, domain
                case sk.Queue(callback=callback, domain=domain):
                    begin = self.skeleton.threads[callback].events[0]
                    if begin in run.happened:
                        yield event.number, begin, domain
                case sk.Deallocate(page=page) if page >= 0:
                    begin = self.skeleton.threads[page].events[0]
                    if begin in run.happened:
                        yield event.number, begin, None
                case _:
                    pass


def _with(structure: Structure, orders: Orders) -> Structure:
    """An execution with what pools and barriers put in order."""
    relations = dict(structure.relations)
    relations["rf"] = relations["rf"] | orders.handed
    relations["also"] = relations["also"] | orders.also
    return Structure(structure.carrier, structure.sets, relations)


def explore(
    skeleton: sk.Skeleton, model: MemoryModel, *, runs: int = 4_000, most: int = 6_000
) -> Explored:
    """The outcomes and violations of all executions; raises TooMany."""
    return Explorer(skeleton, model, runs=runs, most=most).explore()
