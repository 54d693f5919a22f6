"""Which stores the branches of a graph decide on, however many rounds its loops go.

Where a loop is cut after some rounds, the ways left say too little of a store that rounds lead to:

    for (int i = 0; i < 3; i++) {
        if (READ_ONCE(x))
            goto found;
    }
    return;
found:
    WRITE_ONCE(y, 1);

As long as the way to ``return`` is not there, all ways lead to the store.  In the graph that goes
round they do not: a branch decides on what is on every way from one of its arms to an end, and not
on every way from itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from prover.graph import expressions as ex
from prover.graph.instructions import STORES, targets, written
from prover.graph.ir import (
    Alloc,
    Assign,
    Branch,
    Cfg,
    End,
    Instr,
    Load,
    Origin,
    Rmw,
    TryAcquire,
)
from prover.graph.order import positions, predecessors, reaching


def decided(cfg: Cfg) -> Mapping[str, frozenset[Origin]]:
    """For each block that branches the stores that it decides on, by where they come from.

    Several that come from one place count if it decides on all of them.
    """
    certain = _certain(cfg)
    stores: dict[Origin, int] = {}
    bits = {name: 1 << index for name, index in positions(cfg).items()}
    for name, block in cfg.blocks.items():
        for instr in block.body:
            if isinstance(instr, STORES):
                stores[instr.origin] = stores.get(instr.origin, 0) | bits[name]
    found: dict[str, frozenset[Origin]] = {}
    foreseen = _foreseen(cfg, certain) if stores else {}
    for name, block in cfg.blocks.items() if stores else ():
        if isinstance(block.terminator, Branch) and name in certain:
            ways = [certain[way] for way in targets(block.terminator) if way in certain]
            either = 0
            for way in ways:
                either |= way
            either &= ~certain[name] & ~foreseen.get(name, 0)
            found[name] = frozenset(o for o, where in stores.items() if not where & ~either)
    return found


def _foreseen(cfg: Cfg, certain: Mapping[str, int]) -> dict[str, int]:
    """What may be certain to come, once it is known how the tests behind a block turn out.

    Of what was read nothing is known before.
    """
    unknown, before = never_known(cfg), predecessors(cfg)
    found: dict[str, int] = {}
    for name, block in cfg.blocks.items():
        end = block.terminator
        if not isinstance(end, Branch) or set(ex.registers(end.condition)) <= unknown:
            continue
        comes = 0
        for way in targets(end):
            comes |= certain.get(way, 0)
        for other in reaching(before, [name]) if comes else ():
            found[other] = found.get(other, 0) | comes
    return found


def _certain(cfg: Cfg) -> dict[str, int]:
    """For each block from which an end can be reached those on every way to one, as bits."""
    position = positions(cfg)
    ends = {name for name, block in cfg.blocks.items() if isinstance(block.terminator, End)}
    leading = reaching(predecessors(cfg), sorted(ends))
    everything = (1 << len(position)) - 1
    certain = {name: everything for name in cfg.blocks if name in leading}
    changed = True
    while changed:
        changed = False
        for name in reversed(certain):
            met = 0 if name in ends else everything
            for way in targets(cfg.blocks[name].terminator):
                if way in certain:
                    met &= certain[way]
            new = met | 1 << position[name]
            if new != certain[name]:
                certain[name], changed = new, True
    return certain


def never_known(graph: Cfg) -> frozenset[str]:
    """The registers that only ever hold what was loaded, or is computed from what was."""
    assigned: dict[str, list[Instr]] = {}
    for block in graph.blocks.values():
        for instr in block.body:
            if written(instr):
                assigned.setdefault(written(instr), []).append(instr)
    found = set(assigned)

    def unknown(instr: Instr) -> bool:
        if isinstance(instr, Assign):
            used = set(ex.registers(instr.expr))
            return bool(used) and used <= found
        return isinstance(instr, Load | Rmw | TryAcquire | Alloc)

    while True:
        known = {reg for reg in found if not all(map(unknown, assigned[reg]))}
        if not known:
            return frozenset(found)
        found -= known
