"""Numbers of actors and rounds, decided by the bounded engine.

A violation in the abstraction is one only if so many actors show it.  Where an actor begins again
for ever, one that has ended its rounds is not waited for in vain: what stands still only because
of it is no deadlock, so deadlocks are looked for where nobody ends (``restless``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from time import monotonic

from dsl.instance import instance
from dsl.protocol import Expect, Protocol
from dsl.source import Span
from prover.pipeline.decide import decide
from prover.pipeline.decision import Decision
from prover.pipeline.limits import Limits
from prover.verdict import Obligation, Proved, Refuted, Unknown, Vacuous

MOST_ROUNDS = 2
BOUND = 3
"""Loops of an instance go round so often: it is to show what goes wrong, not what does not."""

QUESTION = 60.0
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


@dataclass(slots=True)
class Finite:
    """One scenario of any number, and what its instances have shown."""

    protocol: Protocol
    obligation: Obligation
    expected: Expect | None
    limits: Limits
    deadline: float
    clean: list[Instance] = field(default_factory=list[Instance])
    decisions: list[Decision] = field(default_factory=list[Decision])
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
        seconds = min(QUESTION, self.limits.timeout, self.left())
        limits = replace(self.limits, timeout=seconds, max_bound=min(BOUND, self.limits.max_bound))
        decision = decide(protocol, self.obligation, self.expected, limits)
        verdict = decision.verdict
        if isinstance(verdict, Refuted):
            return verdict
        if not restless and not isinstance(verdict, Unknown):
            self.decisions.append(decision)
            if isinstance(verdict, Proved):
                self.clean.append(tried)
        return None

    def unreached(self) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        """The asserts, and those of them that no instance reaches."""
        asserts = dict.fromkeys(span for d in self.decisions for span in d.asserts)
        lost = [
            s for s in asserts if all(s in d.unreached for d in self.decisions if s in d.asserts)
        ]
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


def candidates(
    many: tuple[str, ...], said: Mapping[str, int], more: int, *, forever: bool
) -> Iterator[Instance]:
    """Instances that might show what ``said`` says, the smallest first.

    Of the actors that are named there are up to so many and ``more``, of the others up to ``more``.
    """
    ranges = [range(min(said.get(name, 0), 3) + more + 1) for name in many]
    counts = sorted(product(*ranges), key=lambda c: (sum(c), tuple(-n for n in c)))
    rounds = range(1, (MOST_ROUNDS if forever else 1) + 1)
    for count in counts:
        for number in rounds:
            yield Instance(tuple(zip(many, count, strict=True)), number)
