"""From an acyclic graph to nested ``if``s.

A branch and the block where its two sides meet again (its immediate post-dominator) are one
``if``.  What lies between and can be reached from both sides is written twice::

    entry:                                if (a) {
        branch a ? and : else                 if (b) { x; } else { y; }
    and:                                  } else {
        branch b ? then : else      =>        y;
    then:  x                              }
    else:  y
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from prover.export.refusals import LOOP, refuse, too_large
from prover.graph.instructions import targets
from prover.graph.ir import Branch, Cfg, Cut, End, Expr, Instr, Jump, Spin

MAX_STEPS: Final = 2_000
"""How many instructions and branches one process may have."""

MAX_NESTING: Final = 24
"""How deeply ``if``s may be nested."""

_EXIT: Final = ""
"""What every end leads to."""


@dataclass(frozen=True, slots=True)
class Fork:
    """``if (condition) then else otherwise``."""

    condition: Expr
    then: tuple[Step, ...]
    otherwise: tuple[Step, ...]


Step: TypeAlias = Instr | Fork


def structured(cfg: Cfg) -> tuple[Step, ...]:
    """The steps of a graph without loops; raises DiagnosticError where one was cut."""
    for block in cfg.blocks.values():
        if isinstance(block.terminator, Cut):
            message = "a litmus test has no loops, and this one can go round more often than once"
            hint = "write the rounds out, or give the loop constant bounds"
            raise refuse(LOOP, message, block.terminator.loop, hint)
    return _Shaping(cfg, _meeting(cfg)).steps(cfg.entry, _EXIT, 0)


def _meeting(cfg: Cfg) -> Mapping[str, str]:
    """Block -> its immediate post-dominator."""
    found: dict[str, str] = {}
    depth = {_EXIT: 0}
    for name in _ends_first(cfg):
        after = targets(cfg.blocks[name].terminator) or (_EXIT,)
        meet = after[0]
        for other in after[1:]:
            one, two = meet, other
            while one != two:
                if depth[one] >= depth[two]:
                    one = found[one]
                else:
                    two = found[two]
            meet = one
        found[name] = meet
        depth[name] = depth[meet] + 1
    return found


def _ends_first(cfg: Cfg) -> list[str]:
    """The blocks, each behind all that it leads to."""
    order: list[str] = []
    seen = {cfg.entry}
    pending = [(cfg.entry, iter(targets(cfg.blocks[cfg.entry].terminator)))]
    while pending:
        name, rest = pending[-1]
        following = next((target for target in rest if target not in seen), None)
        if following is None:
            order.append(name)
            pending.pop()
        else:
            seen.add(following)
            pending.append((following, iter(targets(cfg.blocks[following].terminator))))
    return order


@dataclass(slots=True)
class _Shaping:
    """One graph being rebuilt."""

    cfg: Cfg
    meeting: Mapping[str, str]
    written: int = 0

    def steps(self, name: str, stop: str, depth: int) -> tuple[Step, ...]:
        """What runs from the block ``name`` until ``stop``."""
        if depth > MAX_NESTING:
            raise too_large(f"`{self.cfg.name}` needs more than {MAX_NESTING} nested ifs")
        found: list[Step] = []
        while name != stop:
            block = self.cfg.blocks[name]
            self.written += len(block.body) + 1
            if self.written > MAX_STEPS:
                raise too_large(f"`{self.cfg.name}` needs more than {MAX_STEPS} steps")
            found.extend(block.body)
            match block.terminator:
                case Jump(target=target):
                    name = target
                case Branch(condition=condition, then=then, otherwise=otherwise):
                    meet = self.meeting[name]
                    one = self.steps(then, meet, depth + 1)
                    found.append(Fork(condition, one, self.steps(otherwise, meet, depth + 1)))
                    name = meet
                case End() | Cut() | Spin():
                    name = _EXIT
                case _:
                    assert_never(block.terminator)
        return tuple(found)
