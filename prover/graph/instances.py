"""Graphs of actors with state of their own: one for each instance, which knows its number.

::

    store plain &walker.seen[%actor.instance], 1    =>    store plain &walker.seen[1], 1
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from dsl.frozen import replace
from prover.graph import expressions as ex
from prover.graph.instructions import rewrite
from prover.graph.ir import (
    INSTANCE,
    ActorGraph,
    BasicBlock,
    Branch,
    Cfg,
    Const,
    Expr,
    Program,
    Terminator,
)
from prover.graph.simplify import Shortcuts, simplify_cfg
from prover.graph.values import AddressSpace


def each_its_own(
    program: Program, owners: AbstractSet[str], shortcuts: Shortcuts = "straight"
) -> Program:
    """``program``, with a graph of its own for each instance of the actors in ``owners``."""
    space = program.layout.space

    def own(actor: ActorGraph) -> ActorGraph:
        if actor.symmetry not in owners:
            return actor
        numbered = _numbered(actor.graph, actor.number, space)
        return replace(actor, graph=simplify_cfg(numbered, space, shortcuts=shortcuts))

    return replace(program, actors=tuple(own(actor) for actor in program.actors))


def _numbered(cfg: Cfg, number: int, space: AddressSpace) -> Cfg:
    """The graph with the number in place; callbacks and handlers cannot ask for it."""
    known: dict[str, Expr] = {INSTANCE: Const(number)}

    def change(expr: Expr) -> Expr:
        return ex.substitute(space, expr, known)

    def leave(terminator: Terminator) -> Terminator:
        if isinstance(terminator, Branch):
            return replace(terminator, condition=change(terminator.condition))
        return terminator

    def block(old: BasicBlock) -> BasicBlock:
        body = tuple(rewrite(instr, change) for instr in old.body)
        return replace(old, body=body, terminator=leave(old.terminator))

    return replace(cfg, blocks={name: block(old) for name, old in cfg.blocks.items()})
