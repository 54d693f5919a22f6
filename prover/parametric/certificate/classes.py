"""Local states of one shared state, told apart as far as its views do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import permutations
from typing import TypeAlias

from prover.parametric.certificate.table import Row, Rows, bits, reordered
from prover.parametric.system import Label

Others: TypeAlias = dict[Row, int]
"""Whom a local state is together with: all but the last of them with the labels of all, and the
last ones, as bits."""

View: TypeAlias = tuple[tuple[int, ...], tuple[Label, ...]]
"""Classes, and the labels of their ordered pairs."""

ROUNDS = 3
"""So often classes are told apart by those that they are together with."""

NOBODY = 0
"""The class of who is in no view."""


@dataclass(frozen=True, slots=True)
class Classes:
    """Local states that are together with the same others, and views of these classes.

    ``of`` numbers the classes from 1.  ``views`` are in every order.
    """

    of: Mapping[int, int]
    views: AbstractSet[View]

    @property
    def width(self) -> int:
        """The bits of a class."""
        return max(1, max(self.of.values(), default=NOBODY).bit_length())


def classes(rows: Rows, size: int) -> Classes:
    """The classes of one shared state of a table of views of ``size``."""
    beside = _beside(rows, size)
    numbers: dict[frozenset[tuple[Row, int]], int] = {}
    of = {
        local: numbers.setdefault(frozenset(beside[local].items()), len(numbers) + 1)
        for local in sorted(beside)
    }
    members: dict[int, int] = defaultdict(int)
    for local, number in of.items():
        members[number] |= 1 << local
    views: set[View] = set()
    for local in {number: local for local, number in of.items()}.values():
        for (rest, labels), lasts in beside[local].items():
            first = (of[local], *(of[each] for each in rest))
            if size == 1:
                views.add((first, labels))
                continue
            # Whoever is with one of a class is with all of it: views stand in every order.
            views.update(((*first, n), labels) for n, mask in members.items() if lasts & mask)
    order = _in_order(views)
    return Classes(
        {local: order[number] for local, number in of.items()},
        {(tuple(order[each] for each in some), labels) for some, labels in views},
    )


def mirrored(
    found: Classes, local: Callable[[int], int], label: Callable[[Label], Label]
) -> Classes:
    """The classes of a shared state that is another one with everything in its other's place."""
    views = {(members, tuple(map(label, labels))) for members, labels in found.views}
    order = _in_order(views)
    return Classes(
        {local(each): order[number] for each, number in found.of.items()},
        {(tuple(order[each] for each in some), labels) for some, labels in views},
    )


def _in_order(views: AbstractSet[View]) -> Mapping[int, int]:
    """New numbers of classes, which go by whom they are together with before anything else.

    Shared states with views of one shape have equal ones then, however their local states are
    numbered; so they are asked about in the same words.
    """
    rank = {members[0]: 0 for members, _ in views}
    for _ in range(ROUNDS):
        told: dict[int, list[tuple[tuple[Label, ...], tuple[int, ...]]]] = {n: [] for n in rank}
        for members, labels in views:
            told[members[0]].append((labels, tuple(rank[each] for each in members)))
        keys = {number: tuple(sorted(each)) for number, each in told.items()}
        places = {key: place for place, key in enumerate(sorted(set(keys.values())))}
        rank = {number: places[key] for number, key in keys.items()}
    ordered = sorted(rank, key=lambda number: (rank[number], number))
    return {number: place + 1 for place, number in enumerate(ordered)}


def _beside(rows: Rows, size: int) -> Mapping[int, Others]:
    """For each local state those it is together with, in every order of each view."""
    found: dict[int, Others] = defaultdict(lambda: defaultdict(int))
    last = size - 1
    for (locals_, labels), mask in rows.items():
        for order in permutations(range(size)):
            members, turned = reordered(((*locals_, -1), labels), order)
            if size == 1:
                for each in bits(mask):
                    found[each][Row((), ())] = 1
            elif order[-1] == last:
                found[members[0]][Row(members[1:-1], turned)] |= mask
            elif order[0] == last:
                others, one = Row(members[1:-1], turned), 1 << members[-1]
                for each in bits(mask):
                    found[each][others] |= one
            else:
                for each in bits(mask):
                    rest = tuple(each if member < 0 else member for member in members)
                    found[members[0]][Row(rest[1:-1], turned)] |= 1 << members[-1]
    return found
