"""Random systems in which copies of an object can change places, and the exchanges of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from random import Random
from typing import Any

from dsl.frozen import replace
from prover.parametric.system import IDLE, Label, Rule, Shared, Start
from tests.parametric.toys import Toy, rule, wrong

PLAIN = 3
"""Local states that have none of the copies; 1 is where actors begin."""

OWN = 2
"""Local states for each copy."""


@dataclass(frozen=True)
class Copies:
    """How things are numbered: what has no copy first, then one thing of each copy.

    Variable 0 is 0 or names a copy, variable 1 is of no copy; each copy has a variable of its own,
    a region, a guard, a wait and a broadcast.
    """

    number: int

    def local(self, of: int, copy: int) -> int:
        return 1 + PLAIN + of * self.number + copy

    @property
    def locals(self) -> list[int]:
        return list(range(1, 1 + PLAIN + OWN * self.number))

    def copy_of(self, local: int) -> int:
        return -1 if local <= PLAIN else (local - 1 - PLAIN) % self.number


@dataclass(eq=False)
class Swap:
    """An exchange: ``order`` says which copy each becomes."""

    copies: Copies
    order: tuple[int, ...]

    @property
    def inverse(self) -> Swap:
        back = tuple(self.order.index(k) for k in range(len(self.order)))
        return Swap(self.copies, back)

    def local(self, number: int) -> int:
        copy = self.copies.copy_of(number)
        return number if number == IDLE or copy < 0 else number - copy + self.order[copy]

    def pair(self, variable: int, value: int) -> tuple[int, int]:
        if variable == 0 and value:
            value = 1 + self.order[value - 1]
        return (2 + self.order[variable - 2] if variable > 1 else variable), value

    def shared(self, shared: Shared) -> Shared:
        return tuple(value for _, value in sorted(self.pair(*each) for each in enumerate(shared)))

    def label(self, label: Label) -> Label:
        found = label & 1
        for copy, after in enumerate(self.order):
            found |= (label >> 1 + copy & 1) << 1 + after
        return found

    def _numbered(self, number: int) -> int:
        return number if number < 1 else 1 + self.order[number - 1]

    guard = wait = change = _numbered


def swapped(swap: Swap, one: Rule) -> Rule:
    """A rule with everything in its other's place."""
    return replace(
        one,
        local=swap.local(one.local),
        reads=tuple(sorted(swap.pair(*each) for each in one.reads)),
        writes=tuple(sorted(swap.pair(*each) for each in one.writes)),
        after=swap.local(one.after),
        guard=swap.guard(one.guard),
        begins=swap.wait(one.begins),
        ended=swap.label(one.ended),
        change=swap.change(one.change),
        spawned=tuple(map(swap.local, one.spawned)),
    )


def exchanged_toy(seed: int, number: int = 2) -> tuple[Toy, tuple[Swap, ...]]:
    """A small system with so many copies, and every exchange but the one that does nothing."""
    chance, copies = Random(seed), Copies(number)
    group = [Swap(copies, order) for order in permutations(range(number))]
    table = [swapped(swap, each) for each in _rules(chance, copies) for swap in group]
    start = Start((0, 0, *([0] * number)), (1,), ())
    relations = [_relation(chance, copies) for _ in range(2)]
    toy = Toy(
        start,
        ("", *(f"a.{local}" for local in copies.locals)),
        tuple(dict.fromkeys(table)),
        tuple(
            frozenset(x for x, (a, _) in relations[0][k].items() if a) for k in range(number + 1)
        ),
        tuple({x: label for x, (_, label) in relations[1][k].items()} for k in range(number + 1)),
        tuple(_changes(chance, copies)),
        _awaiting(chance, copies),
    )
    return toy, tuple(swap for swap in group if swap.order != tuple(range(number)))


def _rules(chance: Random, copies: Copies) -> list[Rule]:
    """Rules of plain local states, and of those of the first copy."""
    locals_ = [*range(1, PLAIN + 1), *(copies.local(of, 0) for of in range(OWN))]
    found: list[Rule] = []
    for local in locals_:
        for _ in range(chance.randint(1, 3)):
            more: dict[str, Any] = {}
            about = chance.choice((0, 1))
            if chance.random() < 0.4:
                more["reads"] = (_pair(chance, about),)
            if chance.random() < 0.6:
                more["writes"] = (_pair(chance, about),)
            if chance.random() < 0.3:
                more["guard"] = about
            what = chance.random()
            if what < 0.15:
                more["begins"] = about
            elif what < 0.3:
                more["over"] = True
            if chance.random() < 0.4:
                more["ended"] = chance.choice((1, 2, 3))
            if chance.random() < 0.15:
                more["change"] = about
            if chance.random() < 0.05:
                more["spawned"] = (chance.choice(locals_),)
            found.append(rule(local, chance.choice((IDLE, *locals_)), **more))
    last = chance.choice(locals_)
    reads = ((0, chance.randrange(2)), (1, chance.randrange(2)), (2, chance.randrange(2)))
    return [*found, wrong(last, reads)]


def _pair(chance: Random, about: int) -> tuple[int, int]:
    """A variable with a value: of the first copy, or (0) of none."""
    variable = chance.choice((0, 2)) if about else chance.choice((0, 1))
    return variable, 0 if variable == 0 and not about else chance.choice((0, 1, 1))


def _relation(chance: Random, copies: Copies) -> list[dict[int, tuple[bool, Label]]]:
    """For each guard, or wait, and each local state: whether it forbids it, what it waits for.

    What is said of a local state depends on whose it is: of no copy, of that one, of another.
    """
    kinds = {
        (of, whose): (chance.random() < 0.3, chance.choice((0, 0, 1, 2, 3)))
        for of in range(PLAIN + OWN)
        for whose in ("none", "plain", "own", "other")
    }
    found: list[dict[int, tuple[bool, Label]]] = []
    for number in range(copies.number + 1):
        said: dict[int, tuple[bool, Label]] = {}
        for local in copies.locals:
            copy = copies.copy_of(local)
            if number == 0:
                whose = "none"
            elif copy < 0:
                whose = "plain"
            else:
                whose = "own" if copy == number - 1 else "other"
            of = local - 1 if copy < 0 else PLAIN + (local - 1 - PLAIN) // copies.number
            forbids, label = kinds[of, whose]
            # The region of a copy is that of the local state's, or of the wait's.
            mine = copy if copy >= 0 else number - 1
            said[local] = (
                forbids,
                label & 1 | (label >> 1) << (1 + mine) if mine >= 0 else label & 1,
            )
        found.append(said)
    return found


def _changes(chance: Random, copies: Copies) -> list[Mapping[int, int]]:
    """For each broadcast what becomes of whom: nobody comes to another copy."""
    kinds: dict[tuple[int, str], int] = {}
    for of in range(OWN):
        for whose in ("none", "own", "other"):
            if chance.random() < 0.4:
                kinds[of, whose] = chance.choice((1, 2, -1, -2))
    found: list[Mapping[int, int]] = []
    for number in range(copies.number + 1):
        moved: dict[int, int] = {}
        for of in range(OWN):
            for copy in range(copies.number):
                whose = "none" if number == 0 else "own" if copy == number - 1 else "other"
                to = kinds.get((of, whose), 0)
                if to:
                    after = to if to > 0 else copies.local(-1 - to, copy)
                    moved[copies.local(of, copy)] = after
        found.append(moved)
    return found


def _awaiting(chance: Random, copies: Copies) -> Mapping[int, int]:
    found = {x: 0 for x in range(1, PLAIN + 1) if chance.random() < 0.2}
    for of in range(OWN):
        if chance.random() < 0.3:
            found.update({copies.local(of, copy): 1 + copy for copy in range(copies.number)})
    return found
