"""Views of any size, one by one: slow and plain.

A view is extended by one more actor in every way such that all views of the larger configuration
are known; each of its steps leads to a configuration whose views are known from then on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations_with_replacement, permutations

from prover.parametric.invariant import Move, View
from prover.parametric.search.limits import Limits, Progress
from prover.parametric.search.step import (
    Configuration,
    after,
    configuration,
    steps,
    view_of,
    views_of,
)
from prover.parametric.search.trace import Cause, Wrong, path
from prover.parametric.system import IDLE, Label, Shared, System


@dataclass(slots=True)
class Known:
    """The views of one shared state, and for each part of one those that it is a part of."""

    views: set[View] = field(default_factory=set[View])
    wider: dict[View, list[tuple[int, tuple[Label, ...], tuple[Label, ...]]]] = field(
        default_factory=dict[View, "list[tuple[int, tuple[Label, ...], tuple[Label, ...]]]"]
    )


@dataclass(slots=True)
class Sets:
    """The search with views of ``size`` actors, and the invariant it ends with."""

    system: System
    size: int
    limits: Limits
    known: dict[Shared, Known] = field(default_factory=dict[Shared, Known])
    causes: dict[Shared, dict[int, Cause | None]] = field(
        default_factory=dict[Shared, "dict[int, Cause | None]"]
    )
    found: int = 0
    _locals: set[int] = field(default_factory=set[int])
    _waits: set[int] = field(default_factory=set[int])
    _wrong: Wrong | None = None
    _todo: deque[tuple[Shared, View]] = field(default_factory=deque[tuple[Shared, View]])

    # --- what was found

    def shared(self) -> Iterator[Shared]:
        """Every shared state, in ascending order."""
        yield from sorted(self.known)

    def views(self, shared: Shared) -> Iterator[View]:
        """The views of one shared state, in ascending order."""
        yield from sorted(self.known[shared].views)

    def locals(self, shared: Shared) -> Iterator[int]:
        """The local states of one shared state, in ascending order."""
        yield from sorted({local for actors, _ in self.known[shared].views for local in actors})

    def beside(self, shared: Shared, local: int) -> Iterator[tuple[int, Label, Label]]:
        """Who can be together with ``local``, with the labels towards it and back."""
        seen: set[tuple[int, Label, Label]] = set()
        for view in self.known[shared].views:
            here = configuration(shared, view)
            for one, other in _ordered_pairs(len(here.actors)):
                if here.actors[one] == local:
                    labels = here.labels[one][other], here.labels[other][one]
                    seen.add((here.actors[other], *labels))
        if self.size == 1:
            # Nothing is known of labels: whatever some wait waits for may be waited for.
            back = self._waited_for(local)
            others = self.locals(shared)
            seen.update((other, self._waited_for(other), back) for other in others)
        yield from sorted(seen)

    def path(self, shared: Shared, local: int) -> tuple[Move, ...]:
        """One way to a local state in a shared state."""
        return path(self.causes, shared, local)

    def _waited_for(self, other: int) -> Label:
        """The regions of an actor that any wait that was begun may wait for."""
        label = 0
        for wait in self._waits:
            label |= self.system.waited_for(wait, other)
        return label

    # --- the search

    def run(self) -> Wrong | None:
        """Finds every view, or the first thing that is wrong."""
        self._begin()
        while self._todo and self._wrong is None:
            shared, view = self._todo.popleft()
            for here in list(self._extended(shared, view)):
                self._carry_on(here)
            self.limits.check(self.progress())
        return self._wrong

    def progress(self) -> Progress:
        """Where the search is."""
        return Progress(len(self.known), len(self._locals), self.found, len(self._todo))

    def _begin(self) -> None:
        start = self.system.start
        self._visit(start.shared, None)
        for local in (IDLE, *start.many, *start.single):
            self.causes[start.shared][local] = None
        everybody = (IDLE, *start.many, *start.single)
        for actors in combinations_with_replacement(sorted(everybody), self.size):
            if all(actors.count(local) <= 1 for local in start.single):
                none = tuple((0,) * self.size for _ in actors)
                here = Configuration(start.shared, actors, none)
                self._add(start.shared, view_of(here, range(self.size)))

    def _visit(self, shared: Shared, cause: Cause | None) -> None:
        if shared in self.known:
            return
        self.known[shared], self.causes[shared] = Known(), {}
        broken = self.system.broken(shared)
        if broken is not None and self._wrong is None:
            local = IDLE if cause is None else cause.rule.after
            self.causes[shared][local] = cause
            self._wrong = Wrong(broken, shared, local, None)

    def _add(self, shared: Shared, view: View) -> None:
        known = self.known[shared]
        if view in known.views:
            return
        known.views.add(view)
        self.found += 1
        self._locals.update(view[0])
        self._todo.append((shared, view))
        here = configuration(shared, view)
        for left_out in range(self.size):
            chosen = [n for n in range(self.size) if n != left_out]
            for order in _alike(here, chosen):
                part = tuple(here.actors[n] for n in order), _labels(here, order)
                to = tuple(here.labels[left_out][n] for n in order)
                back = tuple(here.labels[n][left_out] for n in order)
                entry = (here.actors[left_out], to, back)
                entries = known.wider.setdefault(part, [])
                if entry not in entries:
                    entries.append(entry)

    def _extended(self, shared: Shared, view: View) -> Iterator[Configuration]:
        """Every configuration of one more actor all of whose views are known."""
        known = self.known[shared]
        if self.size == 1:
            for (other,), _ in list(known.views):
                yield Configuration(shared, (*view[0], other), ((0, 0), (0, 0)))
            return
        here = configuration(shared, view)
        first, last = list(range(self.size - 1)), list(range(1, self.size))
        ends = [
            (tuple(here.actors[n] for n in part), _labels(here, part)) for part in (first, last)
        ]
        for local, to, back in known.wider.get(ends[0], ()):
            for other, to_last, back_last in known.wider.get(ends[1], ()):
                if other != local or to[1:] != to_last[:-1] or back[1:] != back_last[:-1]:
                    continue
                towards, backwards = (*to, to_last[-1]), (*back, back_last[-1])
                rows = [(*row, backwards[n]) for n, row in enumerate(here.labels)]
                larger = Configuration(shared, (*here.actors, local), (*rows, (*towards, 0)))
                if all(found in known.views for found in views_of(larger, self.size)):
                    yield larger

    def _carry_on(self, here: Configuration) -> None:
        """Every step of a configuration."""
        for mover, rule in steps(self.system, here):
            local = here.actors[mover]
            if rule.violated is not None:
                self._wrong = self._wrong or Wrong(rule.violated, here.shared, local, rule)
                return
            begun = (rule.begins, *(self.system.awaits(each) for each in rule.spawned))
            self._waits.update(wait for wait in begun if wait >= 0)
            there = after(self.system, rule, here, mover)
            self._visit(there.shared, Cause(here.shared, local, rule))
            causes = self.causes[there.shared]
            for number, now in enumerate(there.actors):
                before = here.actors[number] if number < len(here.actors) else local
                causes.setdefault(now, Cause(here.shared, before, rule))
            for view in views_of(there, self.size):
                self._add(there.shared, view)


def _labels(here: Configuration, order: list[int]) -> tuple[Label, ...]:
    return tuple(here.labels[a][b] for a in order for b in order if a != b)


def _alike(here: Configuration, chosen: list[int]) -> Iterator[list[int]]:
    """The orders of a part that keep its local states ascending."""
    for order in permutations(chosen):
        actors = [here.actors[n] for n in order]
        if actors == sorted(actors):
            yield list(order)


def _ordered_pairs(count: int) -> Iterator[tuple[int, int]]:
    for one in range(count):
        for other in range(count):
            if one != other:
                yield one, other
