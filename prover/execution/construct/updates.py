"""Which half-stores of an update may come after a point: the last one completes the update."""

from __future__ import annotations

from collections.abc import Iterable

from prover.execution.construct.controls import open_branches
from prover.execution.construct.draft import targets, topological
from prover.graph import ir
from prover.graph.instructions import inner, instructions


def updates_in(body: Iterable[ir.Instr]) -> frozenset[int]:
    """The updates that half-stores among some instructions belong to."""
    return frozenset(i.update for i in body if isinstance(i, ir.Store) and i.update)


def updates_after(graph: ir.Cfg) -> dict[str, frozenset[int]]:
    """For each block, the updates that half-stores after it belong to."""
    after: dict[str, frozenset[int]] = {}
    for name in reversed(topological(graph)):
        found: frozenset[int] = frozenset()
        for target in targets(graph.blocks[name].terminator):
            found |= after[target] | updates_in(graph.blocks[target].body)
        after[name] = found
    return after


def is_left_open(program: ir.Program) -> bool:
    """Whether it depends on an open config which half-store may be the last of an update.

    Under a value of the config the branch that it decides is none, and the store before it is the
    last where no other follows on the way that is left.
    """
    return any(_is_left_open(actor.graph) for actor in program.actors)


def _is_left_open(graph: ir.Cfg) -> bool:
    inside = (inner(instr) for instr in instructions(graph))
    if any(_is_left_open(each) for each in inside if each is not None):
        return True
    if not updates_in(instructions(graph)):
        return False
    order = topological(graph)
    undecided = open_branches(graph, order)
    after = updates_after(graph)
    begun: dict[str, frozenset[int]] = {name: frozenset() for name in order}
    for name in order:
        block = graph.blocks[name]
        begun[name] |= updates_in(block.body)
        ways = targets(block.terminator)
        for way in ways:
            begun[way] |= begun[name]
        if name in undecided:
            ahead = {
                begun[name] & (after[way] | updates_in(graph.blocks[way].body)) for way in ways
            }
            if len(ahead) > 1:
                return True
    return False
