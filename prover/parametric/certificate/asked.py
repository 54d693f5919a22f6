"""One question about a step: what a rule makes of its actor and some others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from prover.parametric.certificate.terms import Labels, Some, Views, label_of, truth
from prover.parametric.system import IDLE, Shared, System


class Kind(NamedTuple):
    """The rules of one question: what they are called by, where they lead, whom they change."""

    name: str
    after: Shared
    change: int


class Case(NamedTuple):
    """What a question has to know of a rule: rules that are alike in this are one case.

    ``mover`` and ``after`` are classes in the shared state before and after; of the actor's local
    state itself only ``gone`` matters, and ``awaited``, which those spawned may wait for.
    """

    mover: str
    after: str
    gone: bool
    guard: int
    begins: int
    over: bool
    ended: int
    spawned: tuple[int, ...]
    awaited: int
    single: int

    def order(self) -> tuple[object, ...]:
        """What it comes by in a question: by what is in the text first, not by numbers of rules."""
        kind = (self.guard >= 0, self.begins >= 0, self.over, self.ended, len(self.spawned))
        return self.mover, self.after, self.gone, kind, tuple(self)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about rules of a kind in a shared state: others are looked for in ``some``."""

    system: System
    views: Views
    labels: Labels
    shared: Shared
    kind: Kind
    some: Some

    def with_actor(self, case: Case) -> str:
        """The actor in a view: the rule applies, and a view with it or one spawned is missing."""
        size = self.views.table.size
        others = range(1, size)
        here = [case.mover, *(self._here(k) for k in others)]
        premise = [self.views.member(self.shared, here, label_of, range(size))]
        premise += self._applies(case.guard, others, over=case.over)
        if not self.views.known(self.kind.after):
            return " ".join(premise)
        there = [
            case.after,
            *(self._there(k) for k in others),
            *(self.views.class_of(self.kind.after, each) for each in case.spawned),
        ]
        special = [0, *range(size, size + len(case.spawned))]
        label = self._after(case, size)
        missing = [
            self.views.member(self.kind.after, there, label, (*chosen, *range(1, number + 1)))
            for number in range(size)
            for chosen in combinations(special, size - number)
        ]
        return " ".join([*premise, f"(not (and {' '.join(missing)}))"])

    def stand_by(self, cases: Iterable[Case]) -> str:
        """Others beside the actor: one of the rules applies, and they are no view afterwards."""
        size, views = self.views.table.size, self.views
        others = range(1, size + 1)
        here = ["", *(self._here(k) for k in others)]
        lost = views.member(self.shared, here, label_of, others)
        if views.known(self.kind.after):
            there = ["", *(self._there(k) for k in others)]
            lost += f" (not {views.member(self.kind.after, there, self._stay_labels, others)})"
        # Who stands by does not see what becomes of the actor.
        known = dict.fromkeys((each.mover, each.guard, each.over, each.single) for each in cases)
        applies = (
            f"(and {' '.join(self._beside([mover, *here[1:]], guard, single, over=over))})"
            for mover, guard, over, single in known
        )
        return f"(and {lost} (or " + "\n".join(applies) + "))"

    def _beside(self, here: list[str], guard: int, single: int, *, over: bool) -> Iterator[str]:
        """That an actor is a view with any others but one, and that its rule applies."""
        size = self.views.table.size
        for chosen in combinations(range(1, size + 1), size - 1):
            yield self.views.member(self.shared, here, label_of, (0, *chosen))
        yield from self._applies(guard, range(1, size + 1), over=over)
        if single >= 0:
            yield f"(not {self._single(single, 1)})"

    def _stay_labels(self, one: int, other: int) -> str:
        """The label of one who stands by towards another, afterwards."""
        away = f"(or {self._away(one)} {self._away(other)})"
        return f"(ite {away} {self.labels.empty} {label_of(one, other)})"

    def _applies(self, guard: int, others: Iterable[int], *, over: bool) -> Iterator[str]:
        """That a rule applies, as far as some others can tell."""
        for k in others:
            if guard >= 0:
                yield f"(not {self._forbidden(guard, k)})"
            if over:
                yield f"(= {label_of(0, k)} {self.labels.empty})"

    def _after(self, case: Case, first: int) -> Callable[[int, int], str]:
        """The label of one towards another afterwards; those from ``first`` on are spawned."""
        empty = self.labels.empty

        def away(k: int) -> str:
            if 0 < k < first:
                return self._away(k)
            return truth(case.gone if k == 0 else case.spawned[k - first] == IDLE)

        def awaited(wait: int, k: int) -> str:
            if 0 < k < first:
                return self._awaited(wait, k)
            assert k == 0
            return self.labels.of(self.system.waited_for(wait, case.awaited))

        def label(one: int, other: int) -> str:
            if other >= first:
                return empty
            if one >= first:
                wait = self.system.awaits(case.spawned[one - first])
                found = awaited(wait, other) if wait >= 0 else empty
            elif one == 0 and case.begins >= 0:
                found = awaited(case.begins, other)
            elif one == 0 and case.over:
                found = empty
            elif other == 0 and case.ended:
                found = f"(bvand {label_of(one, other)} {self.labels.but(case.ended)})"
            else:
                found = label_of(one, other)
            return f"(ite (or {away(one)} {away(other)}) {empty} {found})"

        return label

    # --- what is asked of an other

    def _stays(self, local: int) -> int:
        """What becomes of it."""
        return local if self.kind.change < 0 else self.system.changed(self.kind.change, local)

    def _here(self, k: int) -> str:
        """Its class before."""
        shared, views = self.shared, self.views
        return self.some.told(
            "here", lambda local: views.class_of(shared, local), views.nobody(shared), k
        )

    def _there(self, k: int) -> str:
        """Its class afterwards."""
        after, views = self.kind.after, self.views
        return self.some.told(
            "there",
            lambda local: views.class_of(after, self._stays(local)),
            views.nobody(after),
            k,
        )

    def _away(self, k: int) -> str:
        """Whether it is not there afterwards."""
        return self.some.told("away", lambda local: truth(self._stays(local) == IDLE), "false", k)

    def _forbidden(self, guard: int, k: int) -> str:
        """Whether a guard forbids it."""
        forbids = self.system.forbids
        return self.some.told(
            self.some.numbered("f", guard), lambda local: truth(forbids(guard, local)), "false", k
        )

    def _awaited(self, wait: int, k: int) -> str:
        """The regions of what it is afterwards that a wait is for."""

        def of(local: int) -> str:
            return self.labels.of(self.system.waited_for(wait, self._stays(local)))

        return self.some.told(self.some.numbered("w", wait), of, self.labels.empty, k)

    def _single(self, single: int, k: int) -> str:
        """Whether it is of one of the actors that there is one of."""
        of = self.system.single
        return self.some.told(
            self.some.numbered("s", single), lambda local: truth(of(local) == single), "false", k
        )
