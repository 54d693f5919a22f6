"""Whether exchanges are symmetries: what the checker wants of them before it takes one shared
state for all that are it with objects in each other's places (docs/soundness.md).

Of an exchange only three functions are used, each on single things: of local states, of single
regions, and of variables with one value.  They have to be permutations, together a group, of all
that the table has; and the rules of what a local state becomes, in what its shared state becomes,
have to be what its rules become.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from prover.parametric.certificate.folded import Folded
from prover.parametric.certificate.table import Table, Wrong, bits, both_ways
from prover.parametric.system import IDLE, Exchange, Label, Rule, Shared, System

Rows: TypeAlias = dict[int, dict[tuple[Label, Label], int]]
"""For each local state its rows, both ways."""


@dataclass(slots=True)
class Permuted:
    """What one exchange makes of all that there is: permutations, written out."""

    exchange: Exchange
    locals: dict[int, int] = field(default_factory=lambda: {IDLE: IDLE})
    regions: dict[int, int] = field(default_factory=dict[int, int])
    values: dict[tuple[int, int], tuple[int, int]] = field(
        default_factory=dict[tuple[int, int], tuple[int, int]]
    )
    _moves: dict[int, int] = field(default_factory=dict[int, int])
    _labels: dict[Label, Label] = field(default_factory=dict[Label, Label])

    def learn(self, locals_: set[int], regions: set[int], values: set[tuple[int, int]]) -> None:
        """Asks the exchange for everything."""
        self.locals = {each: self.exchange.local(each) for each in locals_}
        self.regions = {each: self.exchange.label(1 << each) for each in regions}
        self.values = {each: self.exchange.pair(*each) for each in values}
        for each, after in self.locals.items():
            self._moves[after - each] = self._moves.get(after - each, 0) | 1 << each

    def shared(self, shared: Shared) -> Shared:
        """A shared state."""
        found = dict(self.values[each] for each in enumerate(shared))
        return tuple(found[variable] for variable in range(len(shared)))

    def label(self, label: Label) -> Label:
        """A label."""
        if label not in self._labels:
            self._labels[label] = sum(self.regions[each] for each in bits(label))
        return self._labels[label]

    def mask(self, mask: int) -> int:
        """A set of local states, as bits."""
        found = 0
        for by, moved in self._moves.items():
            found |= (mask & moved) << by if by >= 0 else (mask & moved) >> -by
        return found

    def rows(self, rows: Rows) -> Rows:
        """All views of a shared state."""
        return {
            self.locals[one]: {
                (self.label(there), self.label(back)): self.mask(mask)
                for (there, back), mask in of.items()
            }
            for one, of in rows.items()
        }


@dataclass(slots=True)
class Symmetry:
    """What is kept of a folded invariant, and all exchanges of it."""

    system: System
    folded: Folded
    permuted: tuple[Permuted, ...] = ()
    _guards: set[int] = field(default_factory=set[int])
    _waits: set[int] = field(default_factory=set[int])
    _changes: set[int] = field(default_factory=set[int])
    _ended: set[Label] = field(default_factory=set[Label])
    _images: dict[Shared, tuple[Shared, Permuted]] = field(
        default_factory=dict[Shared, tuple[Shared, Permuted]]
    )

    @property
    def _kept(self) -> Table:
        return self.folded.kept

    def wrong(self) -> Wrong | None:
        """What keeps the exchanges from being symmetries."""
        self.permuted = tuple(map(Permuted, self.folded.exchanges))
        self._collect()
        self._learn()
        what = "" if self._kept.size == 2 else "its views are not of two"
        what = what or self._no_group()
        for each in self.permuted:
            what = what or self._told_apart(each) or self._no_image(each)
        for each in self.permuted:
            for shared in self._kept.shared():
                what = what or self._other_rules(each, shared)
        return Wrong(f"not everything can change places as it says: {what}") if what else None

    def rows(self, shared: Shared) -> Rows:
        """The views of a shared state that is not kept; none, where it is no image either."""
        if shared not in self._images:
            return {}
        kept, permuted = self._images[shared]
        return permuted.rows(both_ways(self._kept.rows[kept]))

    def locals(self) -> frozenset[int]:
        """Every local state of what is kept, and of what it becomes."""
        return frozenset[int]().union(*(each.locals for each in self.permuted))

    # --- all that there is

    def _collect(self) -> None:
        """The guards, waits, broadcasts and ends of regions of all rules."""
        awaits = self.system.awaits
        for shared in self._kept.shared():
            for local in self._kept.locals(shared):
                for rule in self.system.rules(local, shared):
                    self._guards.add(rule.guard)
                    self._waits.update((rule.begins, *map(awaits, rule.spawned)))
                    self._changes.add(rule.change)
                    self._ended.add(rule.ended)
        for numbers in (self._guards, self._waits, self._changes):
            numbers.discard(-1)

    def _learn(self) -> None:
        """Everything that is permuted, written out: what is kept, and what it becomes."""
        exchanges, kept = self.folded.exchanges, self._kept
        locals_ = {IDLE}.union(*(kept.locals(shared) for shared in kept.rows))
        locals_.update([each.local(local) for each in exchanges for local in locals_])
        labels = {label for rows in kept.rows.values() for row in rows for label in row.labels}
        labels |= self._ended
        labels.update(
            self.system.waited_for(wait, each) for wait in self._waits for each in locals_
        )
        regions = {region for label in labels for region in bits(label)}
        for each in exchanges:
            images = [each.label(1 << region) for region in regions]
            regions.update(region for image in images for region in bits(image))
        values = {pair for shared in kept.rows for pair in enumerate(shared)}
        values.update([each.pair(*pair) for each in exchanges for pair in values])
        for permuted in self.permuted:
            permuted.learn(locals_, regions, values)

    # --- what may be wrong

    def _no_group(self) -> str:
        """Whether the exchanges are no permutations, or no group."""
        for each in self.permuted:
            bits_of = {1 << region for region in each.regions}
            variables = {before: after for (before, _), (after, _) in each.values.items()}
            if (
                set(each.locals.values()) != set(each.locals)
                or set(each.regions.values()) != bits_of
                or set(each.values.values()) != set(each.values)
                or set(variables.values()) != set(variables)
                or any(
                    variables[before] != after for (before, _), (after, _) in each.values.items()
                )
            ):
                return "two things become one"
            if each.locals[IDLE] != IDLE:
                return "who is not there becomes somebody"
        known = [(each.locals, each.regions, each.values) for each in self.permuted]
        for one in self.permuted:
            for two in self.permuted:
                both = (
                    {each: two.locals[after] for each, after in one.locals.items()},
                    {each: two.label(after) for each, after in one.regions.items()},
                    {each: two.values[after] for each, after in one.values.items()},
                )
                if both not in known and not _nothing(both):
                    return "two exchanges, one after the other, are none"
        return ""

    def _told_apart(self, by: Permuted) -> str:
        """Whether guards, waits and broadcasts are not those of what local states become."""
        system, exchange = self.system, by.exchange
        for local, after in by.locals.items():
            if system.single(after) != system.single(local):
                return f"another actor than {system.local_text(local)}"
            for guard in self._guards:
                if system.forbids(exchange.guard(guard), after) != system.forbids(guard, local):
                    return f"a guard tells {system.local_text(local)} apart"
            for wait in self._waits:
                label = by.label(system.waited_for(wait, local))
                if system.waited_for(exchange.wait(wait), after) != label:
                    return f"a wait tells {system.local_text(local)} apart"
            for change in self._changes:
                stands = system.changed(change, local)
                become = by.locals[stands] if stands in by.locals else exchange.local(stands)
                if system.changed(exchange.change(change), after) != become:
                    return f"a broadcast tells {system.local_text(local)} apart"
        return ""

    def _no_image(self, by: Permuted) -> str:
        """Whether shared states become what is broken, or is kept with other views."""
        for shared, rows in self._kept.rows.items():
            after = by.shared(shared)
            if self.system.broken(after) is not None:
                return "an invariant does not hold"
            if after not in self._kept.rows:
                self._images.setdefault(after, (shared, by))
            elif by.rows(both_ways(rows)) != both_ways(self._kept.rows[after]):
                return "a shared state is kept with other views"
        return ""

    def _other_rules(self, by: Permuted, shared: Shared) -> str:
        """Whether the rules in one shared state do not become those in what it becomes."""
        rules, after = self.system.rules, by.shared(shared)
        for local in self._kept.locals(shared):
            wanted = {self._becomes(by, rule) for rule in rules(local, shared)}
            if wanted != {_content(rule) for rule in rules(by.locals[local], after)}:
                return f"the rules of {self.system.local_text(local)} are others"
        return ""

    def _becomes(self, by: Permuted, rule: Rule) -> Content:
        exchange = by.exchange

        def local(each: int) -> int:
            return by.locals[each] if each in by.locals else exchange.local(each)

        for each in rule.spawned:
            if self.system.awaits(local(each)) != exchange.wait(self.system.awaits(each)):
                return ()
        return (
            local(rule.local),
            tuple(sorted(exchange.pair(*each) for each in rule.writes)),
            local(rule.after),
            exchange.guard(rule.guard),
            exchange.wait(rule.begins),
            rule.over,
            by.label(rule.ended),
            exchange.change(rule.change),
            tuple(map(local, rule.spawned)),
            rule.violated,
        )


Content: TypeAlias = tuple[object, ...]
"""All that a rule does; () for what no rule does."""


def _content(rule: Rule) -> Content:
    return (
        rule.local,
        tuple(sorted(rule.writes)),
        rule.after,
        rule.guard,
        rule.begins,
        rule.over,
        rule.ended,
        rule.change,
        rule.spawned,
        rule.violated,
    )


def _nothing(
    both: tuple[dict[int, int], dict[int, int], dict[tuple[int, int], tuple[int, int]]],
) -> bool:
    """Whether nothing changes places."""
    locals_, regions, values = both
    return (
        all(one == two for one, two in locals_.items())
        and all(1 << one == two for one, two in regions.items())
        and all(one == two for one, two in values.items())
    )
