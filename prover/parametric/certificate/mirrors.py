"""Exchanges in the second check: one shared state is asked about for all that it becomes.

What is numbered (local states, regions, values of variables) stands in one list, and an exchange
is a permutation of that list.  What the solver is asked about is what is kept; a shared state that
a rule leads to and that is none of these has the classes of the one that becomes it, exchanged.
That exchanges are symmetries is worked out here, by other ways than in the first check
(:mod:`prover.parametric.certificate.exchanged`), and asked as a question of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from prover.parametric.certificate.folded import Folded
from prover.parametric.certificate.step import written
from prover.parametric.certificate.table import Table, bits, canonical
from prover.parametric.invariant import View
from prover.parametric.system import IDLE, Exchange, Label, Rule, Shared, System

Thing: TypeAlias = tuple[str, int, int]
"""A local state, a region, or a variable with a value."""


@dataclass(slots=True)
class Mirror:
    """One exchange as a permutation of ``things``: of each the place of what it becomes."""

    exchange: Exchange
    things: dict[Thing, int]
    order: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self.order = tuple([self.things.get(self.becomes(each), -1) for each in self.things])

    def becomes(self, thing: Thing) -> Thing:
        """What takes the place of a thing; of no region where it is not one."""
        kind, one, two = thing
        if kind == "value":
            return kind, *self.exchange.pair(one, two)
        if kind == "local":
            return kind, self.exchange.local(one), 0
        label = self.exchange.label(1 << one) if one >= 0 else 0
        return kind, label.bit_length() - 1 if label.bit_count() == 1 else -1, 0

    def shared(self, shared: Shared) -> Shared:
        """A shared state."""
        pairs = sorted(self.exchange.pair(*each) for each in enumerate(shared))
        return tuple(value for _, value in pairs)

    def label(self, label: Label) -> Label:
        """A label, region by region."""
        found = 0
        for region in bits(label):
            found |= self.exchange.label(1 << region)
        return found


@dataclass(slots=True)
class Mirrors:
    """The shared states that others stand for, and whether they may."""

    system: System
    kept: Table
    exchanges: tuple[Exchange, ...]
    all: tuple[Mirror, ...] = ()
    _of: dict[Shared, tuple[Shared, Mirror]] = field(
        default_factory=dict[Shared, tuple[Shared, Mirror]]
    )

    def __post_init__(self) -> None:
        things = self._things()
        self.all = tuple(Mirror(each, things) for each in self.exchanges)
        for mirror in self.all:
            for shared in self.kept.rows:
                self._of.setdefault(mirror.shared(shared), (shared, mirror))

    def image(self, shared: Shared) -> tuple[Shared, Mirror] | None:
        """What a shared state that is not kept is an image of, and by which exchange."""
        return self._of.get(shared)

    def regions(self, labels: Label) -> Label:
        """Some regions, with all that they become."""
        for mirror in self.all:
            labels |= mirror.label(labels)
        return labels

    def wrong(self) -> Iterator[int]:
        """The shared states, by their places, of which exchanges cannot be taken as symmetries."""
        if not self._are_permutations():
            yield from range(max(1, len(self.kept.rows)))
            return
        for number, shared in enumerate(self.kept.shared()):
            views = Counter(self.kept.views(shared)) if self._again(shared) else None
            for mirror in self.all:
                after = mirror.shared(shared)
                if self.system.broken(after) is not None or not all(
                    self._same_rules(mirror, local, shared, after)
                    for local in self.kept.locals(shared)
                ):
                    yield number
                elif after in self.kept.rows and views is not None:
                    turned = Counter(_turned(view, mirror) for view in views)
                    if turned != Counter(self.kept.views(after)):
                        yield number

    # --- how it is worked out

    def _again(self, shared: Shared) -> bool:
        """Whether a shared state becomes one that is kept."""
        return any(mirror.shared(shared) in self.kept.rows for mirror in self.all)

    def _things(self) -> dict[Thing, int]:
        """All that is numbered: what is kept, what rules say of it, and what that becomes."""
        system, found = self.system, {("local", IDLE, 0)}
        labels, waits = 0, set[int]()
        for shared, rows in self.kept.rows.items():
            found.update(("value", *pair) for pair in enumerate(shared))
            for row in rows:
                for label in row.labels:
                    labels |= label
            for local in self.kept.locals(shared):
                found.add(("local", local, 0))
                for rule in system.rules(local, shared):
                    labels |= rule.ended
                    waits.update((rule.begins, *map(system.awaits, rule.spawned)))
        for wait in waits - {-1}:
            for _, local, _ in [each for each in found if each[0] == "local"]:
                labels |= system.waited_for(wait, local)
        found.update(("region", region, 0) for region in bits(labels))
        for exchange in self.exchanges:
            here = Mirror(exchange, {})
            found.update([here.becomes(each) for each in tuple(found)])
        return {each: place for place, each in enumerate(sorted(found))}

    def _are_permutations(self) -> bool:
        """Whether all are permutations, and one after the other is one of them, or nothing."""
        if self.kept.size != 2:
            return False
        nothing = tuple(range(len(self.all[0].order))) if self.all else ()
        known = {nothing, *(mirror.order for mirror in self.all)}
        return all(
            sorted(mirror.order) == list(nothing)
            and mirror.exchange.local(IDLE) == IDLE
            and self._keeps_variables(mirror)
            and self._same_functions(mirror)
            and all(tuple([mirror.order[k] for k in other]) in known for other in known)
            for mirror in self.all
        )

    def _keeps_variables(self, mirror: Mirror) -> bool:
        """Whether the values of one variable become values of one."""
        pairs = {
            (each[1], mirror.exchange.pair(each[1], each[2])[0])
            for each in mirror.things
            if each[0] == "value"
        }
        return len(pairs) == len({one for one, _ in pairs}) == len({two for _, two in pairs})

    def _same_functions(self, mirror: Mirror) -> bool:
        """Whether guards, waits, broadcasts and who is alone are of what they become the same."""
        system, of = self.system, mirror.exchange
        everybody = [each[1] for each in mirror.things if each[0] == "local"]
        rules = list(self._rules())
        waits = {rule.begins for rule in rules}
        for each in {each for rule in rules for each in rule.spawned}:
            waits.add(system.awaits(each))
            if system.awaits(of.local(each)) != of.wait(system.awaits(each)):
                return False
        for guard in {rule.guard for rule in rules} - {-1}:
            forbidden = {of.local(each) for each in everybody if system.forbids(guard, each)}
            if forbidden != {each for each in everybody if system.forbids(of.guard(guard), each)}:
                return False
        for wait in waits - {-1}:
            said = {
                of.local(each): mirror.label(system.waited_for(wait, each)) for each in everybody
            }
            if said != {each: system.waited_for(of.wait(wait), each) for each in everybody}:
                return False
        for change in {rule.change for rule in rules} - {-1}:
            moved = {of.local(each): of.local(system.changed(change, each)) for each in everybody}
            if moved != {each: system.changed(of.change(change), each) for each in everybody}:
                return False
        return all(system.single(each) == system.single(of.local(each)) for each in everybody)

    def _rules(self) -> Iterator[Rule]:
        for shared in self.kept.rows:
            for local in self.kept.locals(shared):
                yield from self.system.rules(local, shared)

    def _same_rules(self, mirror: Mirror, local: int, shared: Shared, after: Shared) -> bool:
        """Whether the rules of what a local state becomes are what its rules become."""
        rules, local_after = self.system.rules, mirror.exchange.local(local)
        here = {_mirrored(rule, shared, mirror) for rule in rules(local, shared)}
        return here == {_done(rule, after) for rule in rules(local_after, after)}


def _done(rule: Rule, shared: Shared) -> tuple[object, ...]:
    """What a rule does in a shared state."""
    return (
        rule.local,
        written(shared, rule),
        rule.after,
        rule.guard,
        rule.begins,
        rule.over,
        rule.ended,
        rule.change,
        rule.spawned,
        rule.violated is None,
    )


def _mirrored(rule: Rule, shared: Shared, mirror: Mirror) -> tuple[object, ...]:
    """What it has to do in what the shared state becomes."""
    of = mirror.exchange
    return (
        of.local(rule.local),
        mirror.shared(written(shared, rule)),
        of.local(rule.after),
        of.guard(rule.guard),
        of.wait(rule.begins),
        rule.over,
        mirror.label(rule.ended),
        of.change(rule.change),
        tuple([of.local(each) for each in rule.spawned]),
        rule.violated is None,
    )


def _turned(view: View, mirror: Mirror) -> View:
    """A view with everything in its other's place."""
    members = tuple(map(mirror.exchange.local, view[0]))
    return canonical((members, tuple(map(mirror.label, view[1]))))


def mirrors(system: System, folded: Folded) -> Mirrors:
    """The mirrors of a folded invariant."""
    return Mirrors(system, folded.kept, folded.exchanges)
