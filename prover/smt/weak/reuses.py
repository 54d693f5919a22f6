"""Slots of pools that are given out again."""

from __future__ import annotations

from prover.execution import skeleton as sk
from prover.execution.terms import Allocated
from prover.graph.values import Allocation, Pointer
from prover.smt.logic import FALSE, Lit
from prover.smt.memory import gets
from prover.smt.weak.frame import WeakFrame


def reuses(frame: WeakFrame) -> list[tuple[int, int, Lit]]:
    """Every free with every alloc that may give its slot again later."""
    skeleton, logic = frame.skeleton, frame.logic
    found: list[tuple[int, int, Lit]] = []
    allocs = [
        (e.number, e.action)
        for e in skeleton.events
        if isinstance(e.action, sk.Allocate) and frame.reached(e.number) != FALSE
    ]
    for event in skeleton.events:
        if not isinstance(event.action, sk.Deallocate) or frame.reached(event.number) == FALSE:
            continue
        for number, action in allocs:
            ways: list[Lit] = []
            for region in skeleton.layout.regions.values():
                if region.pool != action.pool:
                    continue
                freed = logic.any_of(
                    lit
                    for value, lit in frame.table(event.action.pointer).items()
                    if isinstance(value, Pointer)
                    and value.base is not None
                    and not value.path
                    and (region.typesafe or value.base != Allocation(region.name, number))
                    and value.base.object == region.name
                )
                ways.append(logic.all_of((freed, gets(frame, number, region.name))))
            lit = logic.all_of(
                (frame.ok(event.number), logic.any_of(ways), frame.before(event.number, number))
            )
            if lit != FALSE and Allocated(number) in skeleton.term_of:
                found.append((event.number, number, lit))
    return found
