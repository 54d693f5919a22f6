"""What a certificate says of each two local states, of a local state and a variable, of variables.

A certificate has a row for each shared state; sentences are about all of them, so rows are put
together.  What is left out that way is which pair goes with which shared state.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from prover.parametric.certificate.table import Row, Table, bits
from prover.parametric.system import IDLE, Label, Shared, System


@dataclass(slots=True)
class Together:
    """Sets of local states as bits.

    ``beside`` is who can be together with each, ``free`` who can without being waited for by it.
    ``present`` has for each shared state the local states that there are, ``at`` for each variable
    and each of its values.
    """

    there: int
    beside: dict[int, int]
    free: dict[int, int]
    present: dict[Shared, int]
    at: dict[tuple[int, int], int]


def gathered(system: System, table: Table) -> Together:
    """What a table says."""
    beside: dict[int, int] = defaultdict(int)
    free: dict[int, int] = defaultdict(int)
    states: dict[Shared, int] = {}
    at: dict[tuple[int, int], int] = defaultdict(int)
    there = 0
    merged: dict[Row, int] = defaultdict(int)
    for shared in table.shared():
        present = 0
        for row, lasts in table.rows[shared].items():
            present |= lasts
            for local in row.locals:
                present |= 1 << local
            merged[row] |= lasts
        present &= ~(1 << IDLE)
        there |= present
        states[shared] = present
        for variable, value in enumerate(shared):
            at[variable, value] |= present
        if table.size == 1:
            _alone(system, present, beside)
    if table.size == 1:
        free = beside
    for row, lasts in merged.items():
        for one, other, (to, back) in _pairs(row, table.size, lasts):
            beside[one] |= other
            if not to:
                free[one] |= other
            for each in bits(other):
                beside[each] |= 1 << one
                if not back:
                    free[each] |= 1 << one
    idle = ~(1 << IDLE)
    return Together(
        there,
        {local: mask & idle for local, mask in beside.items() if local != IDLE},
        {local: mask & idle for local, mask in free.items() if local != IDLE},
        states,
        dict(at),
    )


def _alone(system: System, present: int, beside: dict[int, int]) -> None:
    """Of views of one: whoever can be there in one shared state can be there together."""
    single: dict[int, int] = defaultdict(int)
    for local in bits(present):
        if system.single(local) >= 0:
            single[system.single(local)] |= 1 << local
    for local in bits(present):
        beside[local] |= present & ~single.get(system.single(local), 0)


def _pairs(row: Row, size: int, lasts: int) -> Iterator[tuple[int, int, tuple[Label, Label]]]:
    """Each local state of a row, with those that it is beside as bits, and the labels of both."""

    def label(one: int, other: int) -> Label:
        return row.labels[one * (size - 1) + other - (other > one)]

    members = range(size - 1)
    for one in members:
        yield row.locals[one], lasts, (label(one, size - 1), label(size - 1, one))
    for one, other in combinations(members, 2):
        yield row.locals[one], 1 << row.locals[other], (label(one, other), label(other, one))
