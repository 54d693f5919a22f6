"""Control dependencies in an arm of an ``if`` that leaves the loop around it.

Where the other arm goes round, the last round that is unrolled has no way past the store in

    for (;;) {
        if (READ_ONCE(x)) {
            WRITE_ONCE(y, 1);
            break;
        }
    }

as paths that reach the bound, or wait for ever, are left out; nor can a graph tell it from a store
behind the loop, to which the kernel's texts promise nothing (docs/soundness.md, "Awaits").  So what
lies in an arm is found by where it stands in the text, calls included, and which of the arms was
taken by the way that leads there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from dsl.frozen import Frozen
from dsl.source import Span
from prover.execution.construct.draft import targets
from prover.graph import ir
from prover.graph.walk import stands_in

Place = tuple[str, int]
"""An instruction: its block, and its number there."""

STORES = (
    ir.Store,
    ir.Rmw,
    ir.LockInit,
    ir.Acquire,
    ir.TryAcquire,
    ir.Release,
    ir.Downgrade,
    ir.SrcuLeave,
    ir.Free,
)
"""What may store."""


class Within(Frozen, frozen=True):
    """A branch of which one arm, ``then`` or the other, has an instruction in it."""

    branch: str
    then: bool
    surely: bool


def within_arms(graph: ir.Cfg, open_ones: AbstractSet[str]) -> Mapping[Place, tuple[Within, ...]]:
    """The branches in whose arms an instruction stands, in a graph that leaves paths out.

    ``open_ones`` are those of :func:`prover.execution.construct.controls.open_branches`.
    """
    found: dict[Place, list[Within]] = {}
    if not any(isinstance(b.terminator, ir.Cut | ir.Spin) for b in graph.blocks.values()):
        return {}
    for name, block in graph.blocks.items():
        branch = block.terminator
        if isinstance(branch, ir.Branch) and branch.origin is not None and branch.arms:
            then, otherwise = (
                set(_inside(graph, branch, branch.origin, way))
                for way in (branch.then, branch.otherwise)
            )
            for places, taken in ((then - otherwise, True), (otherwise - then, False)):
                for place in places:
                    found.setdefault(place, []).append(Within(name, taken, name not in open_ones))
    return {place: tuple(sorted(rows, key=_key)) for place, rows in found.items()}


def _key(row: Within) -> tuple[str, bool]:
    return row.branch, row.then


def _inside(graph: ir.Cfg, branch: ir.Branch, origin: ir.Origin, way: str) -> Iterator[Place]:
    """The stores that are come to in an arm of a branch, before it is come to in another round."""
    seen, pending = {way}, [way]
    while pending:
        block = graph.blocks[pending.pop()]
        stays = True
        for index, instr in enumerate(block.body):
            stays = isinstance(instr, ir.Met) or _stands_in(branch.arms, origin, instr.origin)
            if not stays:
                break
            if isinstance(instr, STORES):
                yield block.name, index
        again = isinstance(block.terminator, ir.Branch) and block.terminator.origin == origin
        for target in targets(block.terminator) if stays and not again else ():
            if target not in seen:
                seen.add(target)
                pending.append(target)


def _stands_in(arms: tuple[Span, ...], test: ir.Origin, origin: ir.Origin) -> bool:
    """Whether something stands in an arm of an ``if``, or in what is called there."""
    depth = len(test.frames)
    if origin.frames[:depth] != test.frames:
        return False
    frames = origin.frames[depth:]
    span = frames[0].site if frames else origin.span
    return any(stands_in(span, arm) for arm in arms)
