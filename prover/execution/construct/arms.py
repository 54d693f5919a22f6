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
from prover.graph.arms import stands_in
from prover.graph.instructions import STORES

Place = tuple[str, int]
"""An instruction: its block, and its number there."""


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
            for way, other in (
                (branch.then, branch.otherwise),
                (branch.otherwise, branch.then),
            ):
                row = Within(name, way == branch.then, name not in open_ones)
                for place in _only_in(graph, branch, branch.origin, way, other):
                    found.setdefault(place, []).append(row)
    return {place: tuple(sorted(rows, key=_key)) for place, rows in found.items()}


def _key(row: Within) -> tuple[str, bool]:
    return row.branch, row.then


def _only_in(
    graph: ir.Cfg, branch: ir.Branch, test: ir.Origin, way: str, other: str
) -> frozenset[Place]:
    """The stores in the arm that a way leads to, if the other one can go on without them."""
    places = [_come_to(graph, test, each, branch.arms) for each in _cases(graph, test, way)]
    found = frozenset(place for each in places for place in each)
    if found:
        first, *more = (frozenset(_come_to(graph, test, w)) for w in _cases(graph, test, other))
        found -= first.intersection(*more)
    return found


def _cases(graph: ir.Cfg, test: ir.Origin, way: str) -> list[str]:
    """Where a way leads past further tests of the same ``switch``."""
    found: dict[str, None] = {}
    seen, pending = {way}, [way]
    while pending:
        block = graph.blocks[name := pending.pop()]
        if block.body or not _tests(block, test):
            found[name] = None
            continue
        for target in targets(block.terminator):
            if target not in seen:
                seen.add(target)
                pending.append(target)
    return list(found)


def _tests(block: ir.BasicBlock, test: ir.Origin) -> bool:
    """Whether a block ends with a test."""
    return isinstance(block.terminator, ir.Branch) and block.terminator.origin == test


def _come_to(
    graph: ir.Cfg, test: ir.Origin, way: str, arms: tuple[Span, ...] | None = None
) -> Iterator[Place]:
    """The stores that one way of a branch leads to, before the test is come to in another round.

    Where ``arms`` are given only those within, before anything that is not.
    """
    seen, pending = {way}, [way]
    while pending:
        block = graph.blocks[pending.pop()]
        stays = True
        for index, instr in enumerate(block.body):
            if arms is not None and not isinstance(instr, ir.Met):
                stays = _stands_in(arms, test, instr.origin)
            if not stays:
                break
            if isinstance(instr, STORES):
                yield block.name, index
        for target in targets(block.terminator) if stays and not _tests(block, test) else ():
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
