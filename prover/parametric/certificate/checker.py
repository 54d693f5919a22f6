"""Whether an invariant is one: the trusted checker.  It shares no code with any search.

Asked of every shared state of the invariant, by the lemma of docs/soundness.md, "Any number of
actors":

- *initiation*: the views of the configurations that the system starts with are in it;
- *consecution*: where one actor takes a step in a configuration of k + 1 actors, all of whose views
  are in it, so are all views of what it leads to;
- *safety*: no rule that fits is violated, no shared state is broken.

A step changes the views with its actor in them, and others only where it changes the shared state
or what the others are.  The first kind is looked for in views (of k actors: the one left out could
only forbid the step), the second in configurations of k + 1, and those only where what becomes of
the k others is not in the invariant.  For k = 2 the same is asked of whole rows
(:mod:`prover.parametric.certificate.pairs`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement, product
from typing import TypeAlias

from dsl.diagnostic import Diagnostic, Label
from prover.parametric.certificate.exchanged import Symmetry
from prover.parametric.certificate.folded import Folded
from prover.parametric.certificate.pairs import wrong_pairs
from prover.parametric.certificate.step import Premises, left, step, written
from prover.parametric.certificate.table import Table, Wrong, canonical, reordered, tabled
from prover.parametric.invariant import Invariant, View
from prover.parametric.system import IDLE, Rule, System

Beside: TypeAlias = Mapping[tuple[int, int], AbstractSet[tuple[int, int]]]
"""The labels, there and back, that two local states can have, each as a pair."""


def check(system: System, invariant: Invariant) -> Wrong | None:
    """The first thing that makes an invariant none; None: it proves that the system is safe."""
    if isinstance(invariant, Folded):
        images = Symmetry(system, invariant)
        return (
            initiation(system, invariant.kept)
            or safety(system, invariant.kept)
            or images.wrong()
            or wrong_pairs(system, invariant.kept, images)
        )
    table = tabled(invariant)
    return (
        initiation(system, table)
        or safety(system, table)
        or (wrong_pairs(system, table) if table.size == 2 else _Views(system, table).wrong())
    )


def refused(wrong: Wrong, name: str) -> Diagnostic:
    """What is said of a certificate called ``name`` that is none."""
    label = None if wrong.span is None else Label(wrong.span, "this step")
    message = f"{name} proves nothing: {wrong.what}"
    return Diagnostic("certificate-refused", message, label, hint="prove the file again")


def initiation(system: System, table: Table) -> Wrong | None:
    """A view of a configuration that the system starts with, and that is not in the table."""
    start = system.start
    there = frozenset[View]()
    if start.shared in table.rows:
        there = frozenset(table.views(start.shared))
    single = Counter(start.single)
    kinds = [system.single(each) for each in start.single]
    if (
        -1 in kinds
        or len(set(kinds)) < len(kinds)
        or any(system.single(m) >= 0 for m in start.many)
    ):
        return Wrong("there is more than one of an actor that there is one of")
    for members in combinations_with_replacement(sorted({IDLE, *start.many, *single}), table.size):
        if all(members.count(each) <= number for each, number in single.items()):
            if (members, (0,) * (table.size * (table.size - 1))) not in there:
                names = ", ".join(system.local_text(each) for each in members if each != IDLE)
                return Wrong(f"not every start is in it: {names or 'no actor'}")
    return None


def safety(system: System, table: Table) -> Wrong | None:
    """A shared state that is broken, or a rule that is violated, whatever its guard says."""
    for shared in table.shared():
        if (broken := system.broken(shared)) is not None:
            return Wrong(f"{broken.properties[0]} is violated", broken.span)
        for local in sorted(table.locals(shared)):
            for rule in system.rules(local, shared):
                if rule.violated is not None:
                    return Wrong(f"{rule.violated.properties[0]} is violated", rule.violated.span)
    return None


@dataclass(frozen=True, slots=True)
class _Views:
    """Views one by one, of any size: slow and obvious."""

    system: System
    table: Table

    def wrong(self) -> Wrong | None:
        """A step that leads out of the table."""
        premises = Premises(self.system)
        known = {each: frozenset(self.table.views(each)) for each in self.table.rows}
        for shared, views in sorted(known.items()):
            beside = self._beside(views)
            there = self.table.locals(shared)
            for local in sorted(there):
                for rule in self.system.rules(local, shared):
                    if (wrong := premises.of(rule, shared, there)) is not None:
                        return wrong
                    after = known.get(written(shared, rule), frozenset[View]())
                    if self._moves(rule, views, after) or self._changes(rule, views, after, beside):
                        return left(self.system, rule, shared)
        return None

    def _moves(self, rule: Rule, views: AbstractSet[View], after: AbstractSet[View]) -> bool:
        """Whether a view with its actor, or with one that it spawned, is not in ``after``."""
        size = self.table.size
        for view in views:
            for mover in (k for k in range(size) if view[0][k] == rule.local):
                order = (mover, *(k for k in range(size) if k != mover))
                result = step(self.system, rule, reordered(view, order))
                if result is not None and any(
                    canonical(reordered(result, some)) not in after
                    for some in combinations(range(len(result[0])), size)
                ):
                    return True
        return False

    def _changes(
        self, rule: Rule, views: AbstractSet[View], after: AbstractSet[View], beside: Beside
    ) -> bool:
        """Whether a view of k others is not in ``after``, who can be there at a step."""
        if after == views and rule.change < 0:
            return False
        for view in views:
            for config in self._joined(rule.local, view, views, beside):
                result = step(self.system, rule, config)
                others = range(1, self.table.size + 1)
                if result is not None and canonical(reordered(result, tuple(others))) not in after:
                    return True
        return False

    def _beside(self, views: AbstractSet[View]) -> Beside:
        """The labels that each two local states can have together."""
        if self.table.size > 1:
            pairs = [
                reordered(view, order)
                for view in views
                for order in product(range(self.table.size), repeat=2)
                if order[0] != order[1]
            ]
        else:  # views say nothing of labels: the empty ones allow most
            single = self.system.single
            locals_ = [view[0][0] for view in views]
            pairs = [
                ((a, b), (0, 0))
                for a in locals_
                for b in locals_
                if single(a) < 0 or single(a) != single(b)
            ]
        found: dict[tuple[int, int], set[tuple[int, int]]] = {}
        for (one, other), (there, back) in pairs:
            found.setdefault((one, other), set()).add((there, back))
        return found

    def _joined(
        self, local: int, view: View, views: AbstractSet[View], beside: Beside
    ) -> Iterator[View]:
        """A view with one more actor before it, in each way that has all its views in ``views``."""
        members, labels = view
        size = self.table.size
        for pairs in product(*(sorted(beside.get((local, each), ())) for each in members)):
            rest = [
                label
                for k, (_, back) in enumerate(pairs)
                for label in (back, *labels[k * (size - 1) : (k + 1) * (size - 1)])
            ]
            config = ((local, *members), (*(there for there, _ in pairs), *rest))
            orders = [(0, *some) for some in combinations(range(1, size + 1), size - 1)]
            if size == 1 or all(canonical(reordered(config, each)) in views for each in orders):
                yield config
