"""Cells whose content nobody ever wants to know: a counter that is only counted.

They are no shared variables: what is stored there is forgotten.  A cell is one where no load goes
there, no claim looks at it, and of an update that reads it the old value goes into the new one and
nowhere else.  Words, locks, ghosts, and what is in a pool or not set at the start are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prover.graph import ir
from prover.graph.values import POISON, Location
from prover.parametric.machine.code import Body, expressions, flatten
from prover.parametric.machine.points import Points

_NO_LOOK = (ir.Store, ir.Assign, ir.Check, ir.Assume, ir.Branch)
"""What reads no memory, whatever its operands lead to."""


def unread_cells(points: Points, looks: Points, graphs: Iterable[ir.Cfg]) -> frozenset[Location]:
    """The cells that are stored to and never read; ``looks`` is where claims look."""
    read = set(looks.looked_at)
    for graph in graphs:
        body = flatten("", "", graph)
        for at, op in enumerate(body.ops):
            if isinstance(op, _NO_LOOK) or (isinstance(op, ir.Rmw) and _blind(body, at, op)):
                continue
            for expr in expressions(op):
                read |= points.of(expr, graph)
    return frozenset(place for place in _plain(points.layout) if place in points.stored - read)


def _blind(body: Body, at: int, op: ir.Rmw) -> bool:
    """Whether an update always happens, and its old value is used for the new one alone."""
    if op.when != ir.Const(1):
        return False
    return all(op.reg not in body.wanted[way] for way in body.after[at] if way >= 0)


def _plain(layout: ir.Layout) -> Iterator[Location]:
    """The cells that may be such."""
    for name, region in layout.regions.items():
        if region.pool or region.ghost:
            continue
        for cell in region.cells:
            if cell.kind == "scalar" and not cell.split and region.initial[cell.path] != POISON:
                yield Location(name, cell.path)
