"""The checker for views of two actors: whole rows at once, which is what makes it fast.

A row is the set of local states, as bits, that a local state is together with under two labels:
its own towards them, and theirs towards it.  A rule of an actor is right where

- what becomes of each row of its actor, of those others that the rule allows, is in the rows of
  what becomes of the actor; and those spawned are together with all of these;
- of any two such others, what becomes of them if they can be together is in the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from prover.parametric.certificate.exchanged import Symmetry
from prover.parametric.certificate.step import Premises, left, written
from prover.parametric.certificate.table import Table, Wrong, bits, both_ways
from prover.parametric.system import IDLE, Label, Rule, Shared, System

Beside: TypeAlias = Mapping[int, Mapping[tuple[Label, Label], int]]
"""For each local state its rows, by their labels there and back; each pair stands in both."""

AWAY = 1 << IDLE


def wrong_pairs(system: System, table: Table, images: Symmetry | None = None) -> Wrong | None:
    """A step that leads out of a table of pairs; ``images`` are what it becomes by exchanges."""
    return _Pairs(system, table, images).wrong()


@dataclass(slots=True)
class _Pairs:
    """What the system says of sets of local states, kept."""

    system: System
    table: Table
    images: Symmetry | None = None
    everybody: int = 0
    beside: dict[Shared, Beside] = field(default_factory=dict[Shared, Beside])
    _allowed: dict[int, int] = field(default_factory=dict[int, int])
    _awaited: dict[int, dict[Label, int]] = field(default_factory=dict[int, dict[Label, int]])
    _moved: dict[int, dict[int, int]] = field(default_factory=dict[int, dict[int, int]])
    _elsewhere: dict[Shared, Beside] = field(default_factory=dict[Shared, Beside])
    _lost: dict[tuple[Shared, Shared, int], dict[int, int]] = field(
        default_factory=dict[tuple[Shared, Shared, int], dict[int, int]]
    )

    def wrong(self) -> Wrong | None:
        """A step that leads out of the table."""
        premises = Premises(self.system)
        there = {shared: self.table.locals(shared) for shared in self.table.rows}
        everybody = frozenset[int]().union(*there.values())
        if self.images is not None:
            everybody |= self.images.locals()
        self.everybody = sum(1 << each for each in everybody)
        for shared in self.table.rows:
            self.beside[shared] = both_ways(self.table.rows[shared])
        for shared in self.table.shared():
            self._lost.clear()
            self._elsewhere.clear()
            for local in sorted(there[shared]):
                for rule in self.system.rules(local, shared):
                    wrong = premises.of(rule, shared, there[shared])
                    if wrong is not None:
                        return wrong
                    if not self._holds(rule, shared):
                        return left(self.system, rule, shared)
        return None

    def _holds(self, rule: Rule, shared: Shared) -> bool:
        """Whether a rule leads from pairs of the table to pairs of the table only."""
        after = written(shared, rule)
        target = self._there(after)
        others = 0
        for (there, back), mask in self.beside[shared][rule.local].items():
            allowed = 0 if rule.over and there else mask & self._allows(rule.guard)
            if allowed and not self._with_actor(rule, target, (there, back), allowed):
                return False
            others |= allowed
        if after == shared and rule.change < 0:
            return True
        lost = self._losses(shared, after, rule.change)
        return not any(others >> one & 1 and lost[one] & others for one in lost)

    def _there(self, after: Shared) -> Beside:
        """The rows of a shared state that a rule leads to."""
        if after in self.beside or self.images is None:
            return self.beside.get(after, {})
        if after not in self._elsewhere:
            self._elsewhere[after] = self.images.rows(after)
        return self._elsewhere[after]

    def _with_actor(
        self, rule: Rule, target: Beside, labels: tuple[Label, Label], others: int
    ) -> bool:
        """Whether the actor, those spawned, and some others are pairs of the table afterwards."""
        there, back = labels
        others = self._become(rule.change, others)
        if (others | 1 << rule.after) & ~self.everybody:
            return False
        seen = self._awaits(rule.begins) if rule.begins >= 0 else {0 if rule.over else there: -1}
        holds = all(
            self._together(target, rule.after, (label, back & ~rule.ended), mask & others)
            for label, mask in seen.items()
        )
        for number, spawned in enumerate(rule.spawned):
            wait = self.system.awaits(spawned)
            seen = self._awaits(wait) if wait >= 0 else {0: -1}
            beside = others | 1 << rule.after
            holds = holds and all(
                self._together(target, spawned, (label, 0), mask & beside)
                for label, mask in seen.items()
            )
            for other in rule.spawned[:number]:
                holds = holds and self._together(target, spawned, (0, 0), 1 << other)
        return holds

    def _together(self, target: Beside, one: int, labels: tuple[Label, Label], others: int) -> bool:
        """Whether a local state is together with all others; nobody has labels with who is away."""
        rows = target.get(one, {})
        away = others if one == IDLE else others & AWAY
        return not (away & ~rows.get((0, 0), 0) or others & ~away & ~rows.get(labels, 0))

    def _losses(self, shared: Shared, after: Shared, change: int) -> dict[int, int]:
        """The pairs of one shared state that become none of another's: for each local a set."""
        key = shared, after, change
        if key not in self._lost:
            target, lost = self._there(after), dict[int, int]()
            for one, rows in self.beside[shared].items():
                stands = self._becomes(change, one)
                for labels, mask in rows.items():
                    if self._together(target, stands, labels, self._become(change, mask)):
                        continue
                    for other in bits(mask):
                        become = 1 << self._becomes(change, other)
                        if not self._together(target, stands, labels, become):
                            lost[one] = lost.get(one, 0) | 1 << other
            self._lost[key] = lost
        return self._lost[key]

    # --- what the system says of sets

    def _allows(self, guard: int) -> int:
        """Those that a guard does not forbid."""
        if guard < 0:
            return self.everybody
        if guard not in self._allowed:
            forbidden = (each for each in bits(self.everybody) if self.system.forbids(guard, each))
            self._allowed[guard] = self.everybody & ~sum(1 << each for each in forbidden)
        return self._allowed[guard]

    def _awaits(self, wait: int) -> dict[Label, int]:
        """For each label those that a wait has it for; of whom the table has not, it has none."""
        if wait not in self._awaited:
            found: dict[Label, int] = {}
            for each in bits(self.everybody):
                label = self.system.waited_for(wait, each)
                found[label] = found.get(label, 0) | 1 << each
            self._awaited[wait] = found
        return self._awaited[wait]

    def _becomes(self, change: int, local: int) -> int:
        if change < 0:
            return local
        if change not in self._moved:
            become = ((each, self.system.changed(change, each)) for each in bits(self.everybody))
            self._moved[change] = {each: after for each, after in become if after != each}
        return self._moved[change].get(local, local)

    def _become(self, change: int, others: int) -> int:
        """A set after a broadcast."""
        self._becomes(change, IDLE)
        stay, moved = others, 0
        for each, after in self._moved.get(change, {}).items():
            if others >> each & 1:
                stay &= ~(1 << each)
                moved |= 1 << after
        return stay | moved
