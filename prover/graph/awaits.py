"""Awaits: loops that only look until what they see lets them out.

A round of a loop that changes nothing may be taken once or a thousand times: what comes after
it cannot tell.  Such a loop is not unrolled round by round.  An actor makes at most one round
that fails before its last one, and the last one lets it out or leaves it waiting for ever
(``docs/soundness.md``, "Awaits", says why that is enough).

A loop is an await if what its rounds start from is the same each time (no register that a
round reads before it assigns it is assigned in the loop), it looks at something shared, what
it does is harmless, and each section begun in a round ends in it.  Whether an update or a
trylock on the way to the next round has changed something is found out in each execution.
"""

from __future__ import annotations

from collections.abc import Mapping

from prover.graph.instructions import targets, written
from prover.graph.ir import (
    Assign,
    Assume,
    Cfg,
    Check,
    Enter,
    Fence,
    Instr,
    IrqsDisabled,
    IsLocked,
    Leave,
    Load,
    Mark,
    Met,
    MightSleep,
    Rmw,
    TryAcquire,
)
from prover.graph.order import headers, looping, predecessors
from prover.graph.simplify import live_before

_LOOKS = (Load, IsLocked, Rmw, TryAcquire)
"""What looks at something that another actor may change."""

_HARMLESS = (
    *_LOOKS,
    Assign,
    Assume,
    Check,
    Enter,
    Fence,
    IrqsDisabled,
    Leave,
    Mark,
    Met,
    MightSleep,
)
"""What a round may do; updates and trylocks where they fail."""

_Depths = dict[str, int]
"""For each kind of section, how many were begun since the start of the round."""


def awaits(cfg: Cfg) -> dict[str, bool]:
    """The headers of the awaits, each with whether a round of it may have an effect after all."""
    before = predecessors(cfg)
    found: dict[str, bool] = {}
    for head in headers(cfg):
        blocks = looping(cfg, head)
        body = [instr for name in cfg.blocks if name in blocks for instr in cfg.blocks[name].body]
        entered = all(blocks.issuperset(before[name]) for name in blocks - {head})
        if entered and _only_looks(body) and _starts_anew(cfg, head, body):
            if _balanced(cfg, head, blocks):
                found[head] = any(isinstance(i, Rmw | TryAcquire) for i in body)
    return found


def may_wait(cfg: Cfg, head: str) -> bool:
    """Whether some way round a loop does nothing but what a round of an await may do."""
    pending, seen = [head], set[str]()
    while pending:
        block = cfg.blocks[pending.pop()]
        if block.name in seen or not all(isinstance(instr, _HARMLESS) for instr in block.body):
            continue
        seen.add(block.name)
        if head in targets(block.terminator):
            return True
        pending.extend(targets(block.terminator))
    return False


def _only_looks(body: list[Instr]) -> bool:
    """Whether a round does nothing but look, and looks at something."""
    harmless = all(isinstance(instr, _HARMLESS) for instr in body)
    return harmless and any(isinstance(instr, _LOOKS) for instr in body)


def _starts_anew(cfg: Cfg, head: str, body: list[Instr]) -> bool:
    """Whether no round hands anything on to the next, or to what comes after the loop."""
    return live_before(cfg, head).isdisjoint(written(instr) for instr in body)


def _balanced(cfg: Cfg, head: str, blocks: set[str]) -> bool:
    """Whether each section that a round begins ends before the next, and no other one does."""
    depths: dict[str, Mapping[str, int]] = {head: {}}
    pending = [head]
    while pending:
        name = pending.pop()
        after = _through(cfg.blocks[name].body, depths[name])
        if after is None:
            return False
        for target in targets(cfg.blocks[name].terminator):
            if target not in blocks:
                continue
            if target not in depths:
                depths[target] = after
                pending.append(target)
            elif depths[target] != after:
                return False
    return True


def _through(body: tuple[Instr, ...], depths: Mapping[str, int]) -> _Depths | None:
    """The depths after some instructions; None where a section begun earlier ends."""
    now = dict(depths)
    for instr in body:
        if isinstance(instr, Enter):
            now[instr.section] = now.get(instr.section, 0) + 1
        elif isinstance(instr, Leave):
            now[instr.section] = now.get(instr.section, 0) - 1
            if now[instr.section] < 0:
                return None
    return {section: depth for section, depth in now.items() if depth}
