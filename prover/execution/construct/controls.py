"""Control dependencies: which branches decide whether a block of a graph is run at all.

A branch decides on a block that stands on every way from one of its arms, and not on every way
from the other; and so does what decides on a branch that does.  What follows the point where
both arms meet depends on the branch no more, as in C (explanation.txt in the kernel's
tools/memory-model, "DEPENDENCY RELATIONS: data, address, and control"), even where a later
branch leads away from it.  Leaving a loop is not counted: paths that reach the bound of
unrolling, or wait for ever, are left out (``arms.py`` has what stands in an arm all the same).
A branch that was not come to decides nothing.

A way that is cut is one that goes on, however: for a store that a branch decides on in the graph
that goes round (:mod:`prover.graph.decided`) it counts as a way without the store.

Where configs were left open, a branch may be none in the program of one of their values: whatever
that leaves out of the ways through the graph.  So each branch decides *surely* or perhaps: surely
under all values.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from dsl.frozen import Frozen
from prover.execution.construct.arms import Place, Within
from prover.execution.construct.draft import in_order, targets
from prover.graph import expressions as ex
from prover.graph import ir
from prover.graph.decided import never_known
from prover.graph.instructions import STORES, reads, written


class Deciding(Frozen, frozen=True):
    """A block whose branch decides on another one.

    ``always``: every way to that one goes through the branch.
    """

    branch: str
    always: bool
    surely: bool


def controlling(graph: ir.Cfg, open_ones: AbstractSet[str]) -> Mapping[str, tuple[Deciding, ...]]:
    """For each block of an acyclic graph, the branches that decide on it directly, in order.

    ``open_ones`` are those of :func:`open_branches`.
    """
    ways = ways_of(graph)
    order = in_order(ways, graph.entry)
    if order is None:
        # Nothing is taken to decide where what was left out cannot be put back.
        return dict.fromkeys(graph.blocks, ())
    bits = {name: 1 << index for index, name in enumerate(order)}
    ending = _ending(graph)
    certain = _certain(ways, ending, bits, frozenset())
    perhaps = _certain(ways, ending, bits, open_ones) if open_ones else certain
    before = _on_every_way(ways, order)
    found: dict[str, list[Deciding]] = {name: [] for name in order}
    for name in order:
        if len(ways[name]) < 2:
            continue
        some = every = 0
        for way in ways[name]:
            some, every = some | certain[way], every | perhaps[way]
        sure, possible = some & ~perhaps[name], every & ~certain[name]
        there = name in graph.blocks
        while possible:
            bit = possible & -possible
            possible ^= bit
            other = order[bit.bit_length() - 1]
            surely = bool(sure & bit) and name not in open_ones
            always = name in before[other]
            if there:
                found[other].append(Deciding(name, always, surely))
            else:
                # What decides on a block that is left out decides on what that leads to.
                found[other] += (
                    Deciding(row.branch, row.always and always, row.surely and surely)
                    for row in found[name]
                )
    return {name: tuple(dict.fromkeys(rows)) for name, rows in found.items()}


def ways_of(graph: ir.Cfg) -> dict[str, tuple[str, ...]]:
    """Where each block leads to, with the blocks put back that edges leave out (``ir.Met``)."""
    through = _through(graph)
    ways: dict[str, tuple[str, ...]] = {}
    for name, block in graph.blocks.items():
        found = (through.get(target, target) for target in targets(block.terminator))
        ways[name] = tuple(dict.fromkeys(found))
    for name, middle in through.items():
        ways[middle] = tuple(dict.fromkeys((*ways.get(middle, ()), name)))
    return ways


def met(graph: ir.Cfg) -> frozenset[str]:
    """The blocks that edges leave out."""
    return frozenset(_through(graph).values())


def _through(graph: ir.Cfg) -> dict[str, str]:
    """The blocks on edges that leave another one out, with that one."""
    return {
        name: block.body[0].middle
        for name, block in graph.blocks.items()
        if block.body and isinstance(block.body[0], ir.Met)
    }


def _ending(graph: ir.Cfg) -> frozenset[str]:
    """The blocks in which the actor ends."""
    return frozenset(n for n, b in graph.blocks.items() if isinstance(b.terminator, ir.End))


def _certain(
    ways: Mapping[str, tuple[str, ...]],
    ending: frozenset[str],
    bits: dict[str, int],
    either: AbstractSet[str],
) -> dict[str, int]:
    """For each block, the set of those on every way from it to an end, as bits.

    Of a branch in ``either`` one arm may be all there is, and that may lead to no end: whatever
    may be on every way then.  Where no way leads to an end, those on every way at all.
    """
    ends: dict[str, bool] = {}
    sure: dict[str, bool] = {}
    found: dict[str, int] = {}
    for name in reversed(bits):
        there = ways[name]
        ends[name] = name in ending or any(ends[way] for way in there)
        every = all if name in either else any
        sure[name] = name in ending or (ends[name] and every(sure[way] for way in there))
        alone = name in either or (ends[name] and not sure[name])
        firm = [way for way in there if alone or sure[way]]
        sets = [found[way] for way in firm or there]
        joined = sets[0] if sets else 0
        for other in sets[1:]:
            joined = joined | other if alone else joined & other
        found[name] = joined | bits[name]
    return found


def _on_every_way(
    ways: Mapping[str, tuple[str, ...]], order: list[str]
) -> dict[str, frozenset[str]]:
    """For each block, those on every way to it."""
    found: dict[str, frozenset[str]] = {order[0]: frozenset()}
    for name in order:
        here = found[name] | {name}
        for target in ways[name]:
            found[target] = found.get(target, here) & here
    return found


def in_rounds(graph: ir.Cfg, *, surely: bool) -> Mapping[Place, tuple[Within, ...]]:
    """The branches that decide on a store, where loops that were not cut would show it.

    ``surely``: no config is left open.
    """
    deciding = [name for name, block in graph.blocks.items() if _decides(block)]
    ending = frozenset(
        name
        for name, block in graph.blocks.items()
        if isinstance(block.terminator, ir.End | ir.Cut)
    )
    ways = ways_of(graph) if deciding else {}
    order = in_order(ways, graph.entry) if deciding else None
    if order is None:
        return {}
    bits = {name: 1 << index for index, name in enumerate(order)}
    every = _certain(ways, ending, bits, frozenset())
    found: dict[Place, list[Within]] = {}
    storing = sum(bits[n] for n in order if n in graph.blocks and _may_store(graph.blocks[n]))
    for name in deciding:
        for way, then in zip(ways[name], (True, False), strict=False):
            rest = every[way] & ~every[name] & storing
            while rest:
                bit = rest & -rest
                rest ^= bit
                other = order[bit.bit_length() - 1]
                for place in _stores(graph, name, other):
                    found.setdefault(place, []).append(Within(name, then, surely))
    return {place: tuple(rows) for place, rows in found.items()}


def _decides(block: ir.BasicBlock) -> frozenset[ir.Origin]:
    """Where the stores come from that a branch at the end of a block decides on."""
    end = block.terminator
    return end.decides if isinstance(end, ir.Branch) else frozenset()


def _may_store(block: ir.BasicBlock) -> bool:
    """Whether a block may store."""
    return any(isinstance(instr, STORES) for instr in block.body)


def _stores(graph: ir.Cfg, branch: str, other: str) -> list[Place]:
    """The stores in a block that a branch decides on."""
    origins = _decides(graph.blocks[branch])
    return [
        (other, index)
        for index, instr in enumerate(graph.blocks[other].body)
        if isinstance(instr, STORES) and instr.origin in origins
    ]


def open_branches(graph: ir.Cfg, order: list[str]) -> frozenset[str]:
    """The branches that an open config may decide: by itself, or by what is assigned where.

    Whatever is assigned between such a branch and the point where its arms meet counts, unless
    it is never known before the program runs.  So does every branch that edges leave out: what was
    known there may have hung on a config.
    """
    shared = {
        instr.reg
        for block in graph.blocks.values()
        for instr in block.body
        if isinstance(instr, ir.Havoc) and instr.shared
    }
    if not shared:
        return frozenset()
    bits = {name: 1 << index for index, name in enumerate(order)}
    ways = {name: targets(graph.blocks[name].terminator) for name in order}
    certain = _certain(ways, _ending(graph), bits, frozenset())
    unknown = never_known(graph)
    found: set[str] = set()
    under: dict[str, frozenset[str]] = {name: frozenset() for name in order}
    for name in order:
        block = graph.blocks[name]
        within = frozenset(b for b in under[name] if not certain[b] & bits[name])
        for instr in block.body:
            used = {reg for expr in reads(instr) for reg in ex.registers(expr)}
            reg = written(instr)
            if reg and reg not in unknown and (within or used & shared):
                shared.add(reg)
        terminator = block.terminator
        if isinstance(terminator, ir.Branch) and shared & set(ex.registers(terminator.condition)):
            found.add(name)
            within |= {name}
        for target in targets(terminator):
            under[target] |= within
    return frozenset(found | met(graph))
