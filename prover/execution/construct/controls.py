"""Control dependencies: which branches decide whether a block of a graph is run at all.

A block depends on every branch before it that it does not post-dominate.  What follows
the point where both arms meet depends on the branch no more, as in C (explanation.txt in the
kernel's tools/memory-model, "DEPENDENCY RELATIONS: data, address, and control").  Leaving a
loop is not counted: paths that reach the bound of unrolling, or wait for ever, are left out.
A branch that a block can be reached without decides only where it is run.
"""

from __future__ import annotations

from collections.abc import Mapping

from prover.execution.construct.draft import targets, topological
from prover.graph import ir


def controlling(graph: ir.Cfg) -> Mapping[str, tuple[tuple[str, bool], ...]]:
    """For each block of an acyclic graph, the blocks whose branches decide on it, in order.

    Each with whether every way to the block goes through the branch.
    """
    order = topological(graph)
    after = _always_after(graph, order)
    before: dict[str, dict[str, None]] = {name: {} for name in order}
    always: dict[str, frozenset[str]] = {graph.entry: frozenset()}
    for name in order:
        terminator = graph.blocks[name].terminator
        here = always[name] | {name}
        for target in targets(terminator):
            always[target] = always.get(target, here) & here
            before[target].update(before[name])
            if isinstance(terminator, ir.Branch):
                before[target][name] = None
    return {
        name: tuple((b, b in always[name]) for b in before[name] if name not in (after[b] or ()))
        for name in order
    }


def _always_after(graph: ir.Cfg, order: list[str]) -> dict[str, frozenset[str] | None]:
    """The blocks on every way from a block to an end; None where no way leads to one."""
    found: dict[str, frozenset[str] | None] = {}
    for name in reversed(order):
        terminator = graph.blocks[name].terminator
        if isinstance(terminator, ir.Cut | ir.Spin):
            found[name] = None
            continue
        ways = [way for t in targets(terminator) if (way := found[t]) is not None]
        if isinstance(terminator, ir.End):
            found[name] = frozenset((name,))
        elif ways:
            found[name] = ways[0].intersection(*ways[1:]) | {name}
        else:
            found[name] = None
    return found
