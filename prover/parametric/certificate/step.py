"""What one rule does to a few actors, and what is taken for granted of a system."""

from __future__ import annotations

from dataclasses import dataclass

from prover.parametric.certificate.table import Wrong
from prover.parametric.invariant import View
from prover.parametric.system import IDLE, Label, Rule, Shared, System


def written(shared: Shared, rule: Rule) -> Shared:
    """The shared state after a rule."""
    values = list(shared)
    for variable, value in rule.writes:
        values[variable] = value
    return tuple(values)


def step(system: System, rule: Rule, config: View) -> View | None:
    """What the first of a few actors makes of them by a rule: with those spawned at the end.

    None where the rule does not apply, as far as these few can tell.
    """
    members, labels = config
    size = len(members)
    for other in range(1, size):
        if rule.guard >= 0 and system.forbids(rule.guard, members[other]):
            return None
        if rule.over and labels[other - 1]:
            return None
    stay = (each if rule.change < 0 else system.changed(rule.change, each) for each in members[1:])
    after = (rule.after, *stay, *rule.spawned)

    def label(one: int, other: int) -> Label:
        if after[one] == IDLE or after[other] == IDLE or other >= size:
            return 0
        if one >= size:
            wait = system.awaits(after[one])
            return system.waited_for(wait, after[other]) if wait >= 0 else 0
        if one == 0 and rule.begins >= 0:
            return system.waited_for(rule.begins, after[other])
        if one == 0 and rule.over:
            return 0
        old = labels[one * (size - 1) + other - (other > one)]
        return old & ~rule.ended if other == 0 else old

    count = range(len(after))
    return after, tuple(label(one, other) for one in count for other in count if one != other)


def left(system: System, rule: Rule, shared: Shared) -> Wrong:
    """What is said where a rule leads out of an invariant."""
    values = ", ".join(
        f"{name} = {system.value_text(variable, shared[variable])}"
        for variable, name in enumerate(system.variables())
    )
    mover = system.local_text(rule.local)
    return Wrong(
        f"a step of {mover} leads out of it ({values or 'no shared variables'})", rule.span
    )


@dataclass(frozen=True, slots=True)
class Premises:
    """What the lemma takes for granted of a system, looked at wherever a rule is."""

    system: System

    def of(self, rule: Rule, shared: Shared, others: frozenset[int]) -> Wrong | None:
        """What does not hold of a rule, in a shared state with ``others`` in it."""
        system, single = self.system, self.system.single
        wrong = ""
        if rule.local == IDLE:
            wrong = "an actor that is not there has a rule"
        elif any(shared[variable] != value for variable, value in rule.reads):
            wrong = "a rule does not read what is there"
        elif rule.after != IDLE and single(rule.after) != single(rule.local):
            wrong = "a rule makes another actor of its actor"
        elif any(single(each) >= 0 for each in rule.spawned):
            wrong = "a rule spawns an actor that there is one of"
        elif any(self._awaited(one, two) for one in rule.spawned for two in rule.spawned):
            wrong = "an actor waits for one that appears with it"
        elif rule.guard >= 0 and system.forbids(rule.guard, IDLE):
            wrong = "a guard forbids an actor that is not there"
        elif self._waits(rule.begins, IDLE) or any(self._awaited(c, IDLE) for c in rule.spawned):
            wrong = "a wait is for an actor that is not there"
        elif rule.change >= 0:
            wrong = self._changes(rule.change, others)
        return (
            Wrong(f"the rules are none of the kind that proofs are of: {wrong}", rule.span)
            if wrong
            else None
        )

    def _waits(self, wait: int, other: int) -> Label:
        return self.system.waited_for(wait, other) if wait >= 0 else 0

    def _awaited(self, spawned: int, other: int) -> Label:
        return self._waits(self.system.awaits(spawned), other)

    def _changes(self, change: int, others: frozenset[int]) -> str:
        if self.system.changed(change, IDLE) != IDLE:
            return "a broadcast makes an actor of one that is not there"
        for other in others:
            after = self.system.changed(change, other)
            if after != IDLE and self.system.single(after) != self.system.single(other):
                return "a broadcast makes another actor of an actor"
        return ""
