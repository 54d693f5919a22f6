"""Systems written down as tables, and random ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from dsl.source import Span
from prover.parametric.system import IDLE, Label, Rule, Shared, Start, Violated

NOWHERE = Span("toy", 0, 0)


@dataclass
class Table:
    """A system of explicit rules.

    ``regions`` are the open regions of a local state, by kind of wait; ``holds`` which guards
    forbid it; ``changes`` what broadcasts make of it.
    """

    start: Start
    table: Sequence[Rule]
    holds: Mapping[int, set[int]] = field(default_factory=dict)
    regions: Mapping[int, Mapping[int, Label]] = field(default_factory=dict)
    changes: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    waiting: Mapping[int, int] = field(default_factory=dict)
    bad: Callable[[Shared], bool] = lambda _shared: False
    wanted: Mapping[int, int] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)

    def rules(self, local: int, shared: Shared) -> tuple[Rule, ...]:
        return tuple(
            rule
            for rule in self.table
            if rule.local == local and all(shared[n] == value for n, value in rule.reads)
        )

    def forbids(self, guard: int, other: int) -> bool:
        return other in self.holds.get(guard, set())

    def waited_for(self, wait: int, other: int) -> Label:
        return self.regions.get(wait, {}).get(other, 0)

    def changed(self, change: int, other: int) -> int:
        return self.changes.get(change, {}).get(other, other)

    def awaits(self, local: int) -> int:
        return self.waiting.get(local, -1)

    def single(self, local: int) -> int:
        raise NotImplementedError

    def broken(self, shared: Shared) -> Violated | None:
        return Violated(("invariant",), NOWHERE) if self.bad(shared) else None

    def stopped(self, _local: int) -> bool:
        return False

    def wants(self, local: int, _shared: Shared) -> int:
        return self.wanted.get(local, -1)

    def variables(self) -> tuple[str, ...]:
        return tuple(f"x{n}" for n in range(len(self.start.shared)))

    def value_text(self, _variable: int, value: int) -> str:
        return str(value)

    def value_key(self, _variable: int, value: int) -> str:
        return str(value)

    def local_text(self, local: int) -> str:
        return self.names.get(local, f"l{local}")

    def local_key(self, local: int) -> str:
        return str(local)

    def region_key(self, bit: int) -> str:
        return str(bit)

    def actor(self, local: int) -> str:
        return "" if local == IDLE else self.names.get(local, "a").split(".")[0]

    def place(self, local: int) -> Span | None:
        return None if local == IDLE else NOWHERE


def rule(local: int, after: int, kind: str = "local", **more: Any) -> Rule:
    """A rule without what is not said of it."""
    found = {"reads": (), "writes": (), **more}
    return Rule(local=local, after=after, kind=kind, span=NOWHERE, **found)


def violation(local: int, name: str = "assert", **more: Any) -> Rule:
    """A rule that violates something."""
    return rule(local, IDLE, violated=Violated((name,), NOWHERE), **more)


def random_table(seed: int) -> Table:
    """A small system with a bit of everything."""
    random = Random(seed)
    locals_ = list(range(1, random.randint(4, 7)))
    sizes = [random.randint(2, 3) for _ in range(random.randint(1, 2))]
    guards, waits, changes = 2, 2, 2
    holds = {g: {x for x in locals_ if random.random() < 0.3} for g in range(guards)}
    regions = {w: {x: random.choice((0, 0, 1, 2, 3)) for x in locals_} for w in range(waits)}
    changed = {
        c: {x: random.choice(locals_) for x in locals_ if random.random() < 0.3}
        for c in range(changes)
    }
    table: list[Rule] = []
    for local in locals_:
        table.extend(
            _random_rule(random, local, locals_, sizes, guards, waits, changes)
            for _ in range(random.randint(1, 3))
        )
    for local in random.sample(locals_, 1):
        reads = tuple((n, random.randrange(size)) for n, size in enumerate(sizes))
        table.append(violation(local, reads=reads))
    count = random.randint(1, 2)
    single = (locals_[-1],) if random.random() < 0.4 else ()
    many = tuple(random.sample(locals_[:-1], count)) if not single or random.random() < 0.8 else ()
    waiting = {x: random.randrange(waits) for x in locals_ if random.random() < 0.2}
    return Table(
        Start(tuple(0 for _ in sizes), many, single), table, holds, regions, changed, waiting
    )


def _random_rule(
    random: Random,
    local: int,
    locals_: list[int],
    sizes: list[int],
    guards: int,
    waits: int,
    changes: int,
) -> Rule:
    more: dict[str, Any] = {}
    if random.random() < 0.5:
        n = random.randrange(len(sizes))
        more["reads"] = ((n, random.randrange(sizes[n])),)
    if random.random() < 0.4:
        n = random.randrange(len(sizes))
        more["writes"] = ((n, random.randrange(sizes[n])),)
    if random.random() < 0.3:
        more["guard"] = random.randrange(guards)
    what = random.random()
    if what < 0.15:
        more["begins"] = random.randrange(waits)
    elif what < 0.4:
        more["over"] = True
    if random.random() < 0.4:
        more["ended"] = random.choice((1, 2, 3))
    if random.random() < 0.15:
        more["change"] = random.randrange(changes)
    if random.random() < 0.05:
        more["spawned"] = (random.choice(locals_),)
    return rule(local, random.choice((IDLE, *locals_)), **more)
