"""Numbers of actors and rounds, decided by the bounded engine.

A violation in the abstraction is one only if so many actors show it.  Where an actor begins again
for ever, one that has ended its rounds is not waited for in vain: what stands still only because
of it is no deadlock, so deadlocks are looked for where nobody ends (``restless``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from time import monotonic

from dsl.frozen import replace
from dsl.instance import instance
from dsl.protocol import Expect, Protocol
from dsl.source import Span
from prover.pipeline.decide import decide
from prover.pipeline.decision import Decision
from prover.pipeline.limits import Limits
from prover.verdict import Bounded, Obligation, Proved, Refuted, Unknown, Vacuous

MOST, MOST_ROUNDS = 3, 2
"""Of one actor that is suspected, and of its rounds, there are no more at first."""

FEW, FEW_KINDS = 3, 4
"""So many actors, times rounds, are few, where there are so many kinds of them; else one less."""

BOUND = 3
"""Loops of an instance go round so often: it is to show what goes wrong, not what does not."""

QUESTION = 120.0
"""Seconds for one question about an instance, at most."""


@dataclass(frozen=True, slots=True)
class Instance:
    """So many of each actor of which there is any number, and so many rounds of everybody."""

    numbers: tuple[tuple[str, int], ...]
    rounds: int

    @property
    def size(self) -> int:
        """How many of those actors there are."""
        return sum(number for _, number in self.numbers)

    @property
    def turns(self) -> int:
        """How often one of those actors comes."""
        return self.size * self.rounds


@dataclass(slots=True)
class Finite:
    """One scenario of any number, and what its instances have shown.

    ``clean`` are those in which nothing goes wrong; ``cut``: where loops go round so often.
    ``endless`` are the decisions of those that stand still only where somebody has ended.
    ``events`` has the largest, ``each`` are those of an actor that comes once, at most;
    ``effort`` is how much work one question may take (z3's units; 0: any).
    """

    protocol: Protocol
    obligation: Obligation
    expected: Expect | None
    limits: Limits
    deadline: float
    clean: list[Instance] = field(default_factory=list[Instance])
    cut: bool = False
    events: int = 0
    each: float = 0.0
    effort: int = 0
    decisions: list[Decision] = field(default_factory=list[Decision])
    endless: list[Decision] = field(default_factory=list[Decision])
    seen: dict[tuple[Instance, bool], Refuted | None] = field(
        default_factory=dict[tuple[Instance, bool], "Refuted | None"]
    )

    @property
    def forever(self) -> bool:
        """Whether actors begin again."""
        return self.protocol.scenarios[self.obligation.scenario].forever

    @property
    def many(self) -> tuple[str, ...]:
        """The actors of which there is any number."""
        return self.protocol.scenarios[self.obligation.scenario].many

    def left(self) -> float:
        """The seconds that are left."""
        return self.deadline - monotonic()

    def turns(self, tried: Instance) -> int:
        """How often an actor comes in an instance, of those that there is one of, too."""
        run = self.protocol.scenarios[self.obligation.scenario].run
        others = sum(count for name, count in run if name not in self.many)
        return tried.turns + others * tried.rounds

    def foreseen(self, tried: Instance) -> float:
        """How many events an instance will have, as far as those tell that were run."""
        return self.each * self.turns(tried)

    def refuted(self, tried: Instance) -> Refuted | None:
        """What goes wrong in an instance, None where nothing does or nobody knows."""
        found = self._asked(tried, restless=False)
        if not self.forever:
            return found
        kept = _but(found, deadlock=False)
        if kept is None and found is not None:
            kept = _but(self._asked(tried, restless=True), deadlock=True)
        return kept

    def _asked(self, tried: Instance, *, restless: bool) -> Refuted | None:
        key = tried, restless
        if key not in self.seen:
            self.seen[key] = self._decided(tried, restless=restless)
        return self.seen[key]

    def _decided(self, tried: Instance, *, restless: bool) -> Refuted | None:
        if self.left() <= 0:
            return None
        name = self.obligation.scenario
        protocol = instance(
            self.protocol, name, dict(tried.numbers), tried.rounds, restless=restless
        )
        if not protocol.scenarios[name].run:
            return None
        limits = replace(
            self.limits,
            timeout=min(QUESTION, self.limits.timeout, self.left()),
            max_bound=min(BOUND, self.limits.max_bound),
            effort=self.effort,
        )
        decision = decide(protocol, self.obligation, self.expected, limits)
        verdict = decision.verdict
        self.events = max(self.events, decision.measured.events)
        self.each = max(self.each, decision.measured.events / self.turns(tried))
        if isinstance(verdict, Refuted):
            return verdict
        if not isinstance(verdict, Unknown):
            (self.endless if restless else self.decisions).append(decision)
            late = isinstance(verdict, Bounded) and verdict.late
            # Where nobody ends no run does.
            done = (Proved, Bounded, Vacuous) if restless else (Proved, Bounded)
            if isinstance(verdict, done) and not late:
                self.clean.append(tried)
                self.cut = self.cut or isinstance(verdict, Bounded)
        return None

    def unreached(self) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        """The asserts, and those of them that no instance reaches."""
        every = (*self.decisions, *self.endless)
        asserts = dict.fromkeys(span for d in every for span in d.asserts)
        lost = [s for s in asserts if all(s in d.unreached for d in every if s in d.asserts)]
        return tuple(asserts), tuple(lost)

    def vacuous(self) -> Vacuous | None:
        """That no run ends in any instance."""
        verdicts = [d.verdict for d in self.decisions]
        if verdicts and all(isinstance(verdict, Vacuous) for verdict in verdicts):
            last = verdicts[-1]
            assert isinstance(last, Vacuous)
            return last
        return None


def _but(found: Refuted | None, *, deadlock: bool) -> Refuted | None:
    """The witnesses of a refutation that are of deadlocks, or those that are not."""
    if found is None:
        return None
    witnesses = (found.witness, *found.others)
    kept = [w for w in witnesses if (w.property == "deadlock") == deadlock]
    return Refuted(kept[0], tuple(kept[1:])) if kept else None


def smallest(finite: Finite, said: Mapping[str, int]) -> tuple[Instance, Refuted] | None:
    """The fewest actors, then rounds, that show something; ``said`` is who is suspected to.

    More actors show what fewer do, so it goes up until something is seen, and from below again.
    """
    first = quick(finite.many, said, forever=finite.forever)
    for tried in (*first, *ladder(finite.many, said, forever=finite.forever)):
        if finite.refuted(tried) is not None:
            fewer = ((each, finite.refuted(each)) for each in below(tried))
            return next((each, found) for each, found in fewer if found is not None)
        if finite.left() <= 0:
            break
    return None


def quick(many: tuple[str, ...], said: Mapping[str, int], *, forever: bool) -> list[Instance]:
    """Those of the suspected that are quickly asked about, the smallest first; one of each.

    A suspicion names more than it takes, and all that is smaller is asked about in the end.
    """
    named = tuple((name, min(said.get(name, 0), MOST)) for name in many)
    kinds = sum(number > 0 for _, number in named)
    most = FEW if kinds <= FEW_KINDS else FEW - 1
    found = below(Instance(named, MOST_ROUNDS if forever else 1))
    small = [each for each in found if 0 < each.turns <= most]
    each_once = Instance(tuple((name, min(number, 1)) for name, number in named), 1)
    return list(dict.fromkeys((*sorted(small, key=lambda each: each.turns), each_once)))


def ladder(many: tuple[str, ...], said: Mapping[str, int], *, forever: bool) -> Iterator[Instance]:
    """The fewest first of those that are suspected, those that act last; then more of them.

    In the end so many as are suspected, one more of them, one more of all; each in one round, then
    more.
    """
    most = MOST_ROUNDS if forever else 1
    named = {name: min(said.get(name, 0), MOST) for name in many}
    steps = (
        named,
        {name: number + (number > 0) for name, number in named.items()},
        {name: number + 1 for name, number in named.items()},
    )
    found = [
        Instance(tuple(numbers.items()), rounds)
        for numbers in steps
        for rounds in range(1, most + 1)
    ]
    yield from dict.fromkeys([*_growing(many, said, most), *found])


def _growing(many: tuple[str, ...], said: Mapping[str, int], most: int) -> list[Instance]:
    """One of each of the first that are suspected, two of one of them, or two rounds of them.

    A suspicion may name more actors than it takes, as its steps need not be of one run.
    """
    names = [name for name in said if name in many and said[name]]
    found: list[Instance] = []
    for chosen in (names[: number + 1] for number in range(len(names))):
        ones = {name: int(name in chosen) for name in many}
        twice = [{**ones, name: 2} for name in chosen if said[name] > 1]
        found += [Instance(tuple(numbers.items()), 1) for numbers in (ones, *twice)]
        found += [Instance(tuple(ones.items()), rounds) for rounds in range(2, most + 1)]
    return sorted(found, key=lambda each: each.turns)


def below(most: Instance) -> Iterator[Instance]:
    """Instances with no more of anything, the smallest first, itself last."""
    names = [name for name, _ in most.numbers]
    counts = product(*(range(number + 1) for _, number in most.numbers))
    every = product(counts, range(1, most.rounds + 1))
    for count, rounds in sorted(every, key=lambda e: (sum(e[0]), e[1], [-n for n in e[0]])):
        yield Instance(tuple(zip(names, count, strict=True)), rounds)
