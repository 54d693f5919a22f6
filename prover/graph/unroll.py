"""Acyclic graphs: every run that takes no back edge too often.

An edge that goes back enters the header of a loop once more.  A count per
header says how often that happened since the header was last entered going
forward; a run that would exceed the bound ends in a cut.  With bound 1::

    entry:                              entry:
        jump loop                           jump loop
    loop:                               loop:
        %1 = try-acquire spinlock l         %1 = try-acquire spinlock l
        branch %1 ? out : loop              branch %1 ? out : loop@1
    out:                        =>      loop@1:
        end                                 %1 = try-acquire spinlock l
                                            branch %1 ? out : loop.cut
                                        out:
                                            end
                                        loop.cut:
                                            cut
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from dsl.source import Span
from prover.graph.instructions import (
    change_graphs,
    change_inner,
    count,
    inner,
    instructions,
    retarget,
    targets,
)
from prover.graph.ir import BasicBlock, Cfg, Cut, Instr, Program, Store
from prover.graph.limits import LIMIT, TooLarge
from prover.graph.order import (
    headers,
    is_loop_mark,
    loop_span,
    positions,
    predecessors,
    reaching,
)

_Copy: TypeAlias = tuple[str, tuple[int, ...]]
"""A block, and the counts of the headers that matter in it."""

_Round: TypeAlias = tuple[int, tuple[tuple[str, int], ...]]
"""An update, and the counts of the headers around it that are not zero."""


def unroll_program(program: Program, bound: int) -> Program:
    """``program`` with every graph unrolled."""
    return change_graphs(program, lambda cfg: unroll(cfg, bound))


def loops(cfg: Cfg) -> tuple[Span, ...]:
    """The source of every loop of ``cfg`` and of the graphs inside it, in order."""
    found = [loop_span(cfg.blocks[name]) for name in headers(cfg)]
    for instr in instructions(cfg):
        graph = inner(instr)
        if graph is not None:
            found.extend(loops(graph))
    return tuple(dict.fromkeys(found))


def unroll(cfg: Cfg, bound: int) -> Cfg:
    """The acyclic graph of the runs of ``cfg`` that take each back edge at most ``bound`` times.

    The count is per header and starts again when the header is entered going forward.
    """
    cfg = change_inner(cfg, lambda inside: unroll(inside, bound))
    heads = headers(cfg)
    if not heads:
        return cfg
    return _Unrolling(cfg, bound, heads, _tracked(cfg, heads)).graph()


# --- which counts matter where --------------------------------------------------------------


def _tracked(cfg: Cfg, heads: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Block -> the headers whose counts matter there, in order.

    A count matters where an edge back to its header can come before the header is entered
    going forward.  All of one update of a word keeps the counts of the loops around it, so
    that one update in two rounds is two updates.
    """
    live = {head: _live(cfg, head) for head in heads}
    for region in _update_regions(cfg):
        for head in heads:
            around = not _inside(cfg, head, region.update)
            if around and not live[head].isdisjoint(region.stores):
                live[head] |= region.blocks
    return {name: tuple(head for head in heads if name in live[head]) for name in cfg.blocks}


def _live(cfg: Cfg, head: str) -> set[str]:
    """The blocks from which an edge back to ``head`` can come next, ``head`` among them."""
    position = positions(cfg)
    sources = [s for s in predecessors(cfg)[head] if position[head] <= position[s]]
    before = {
        name: tuple(s for s in found if name != head or position[head] <= position[s])
        for name, found in predecessors(cfg).items()
    }
    return reaching(before, sources) | {head}


@dataclass(frozen=True, slots=True)
class _Region:
    """The blocks with stores of one update, and all blocks between them."""

    update: int
    stores: frozenset[str]
    blocks: frozenset[str]


def _update_regions(cfg: Cfg) -> Iterator[_Region]:
    stores: dict[int, set[str]] = {}
    for block in cfg.blocks.values():
        for instr in block.body:
            if isinstance(instr, Store) and instr.update:
                stores.setdefault(instr.update, set()).add(block.name)
    before = predecessors(cfg)
    after = {name: targets(block.terminator) for name, block in cfg.blocks.items()}
    for update, found in sorted(stores.items()):
        if len(found) > 1:
            between = reaching(before, sorted(found)) & reaching(after, sorted(found))
            yield _Region(update, frozenset(found), frozenset(between))


def _inside(cfg: Cfg, head: str, update: int) -> bool:
    """Whether the loop of ``head`` is inside the call that is the update."""
    return any(
        frame.call == update
        for instr in cfg.blocks[head].body
        if is_loop_mark(instr)
        for frame in instr.origin.frames
    )


# --- the copies --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Unrolling:
    """One graph being unrolled."""

    cfg: Cfg
    bound: int
    heads: tuple[str, ...]
    tracked: Mapping[str, tuple[str, ...]]
    position: Mapping[str, int] = field(init=False)
    cuts: dict[str, str] = field(default_factory=dict[str, str])
    updates: dict[_Round, int] = field(default_factory=dict[_Round, int])
    next_update: int = 1
    size: int = 0

    def __post_init__(self) -> None:
        self.position = positions(self.cfg)
        numbers = [i.update for i in instructions(self.cfg) if isinstance(i, Store)]
        self.next_update = max(numbers, default=0) + 1

    def graph(self) -> Cfg:
        """The unrolled graph; blocks stand before those they lead to."""
        copies = self._copies()
        blocks: dict[str, BasicBlock] = {}
        for copy in copies:
            block = self._copy_block(copy)
            blocks[block.name] = block
        for head, name in self.cuts.items():
            blocks[name] = BasicBlock(name, (), Cut(loop_span(self.cfg.blocks[head])))
        return Cfg(self.cfg.name, self.cfg.entry, blocks)

    def _copies(self) -> list[_Copy]:
        """Every copy that is needed, each before those it leads to."""
        start = (self.cfg.entry, tuple(0 for _ in self.tracked[self.cfg.entry]))
        order: list[_Copy] = []
        seen = {start}
        stack = [(start, iter(self._next_copies(start)))]
        while stack:
            copy, rest = stack[-1]
            further = next(rest, None)
            if further is None:
                order.append(copy)
                stack.pop()
            elif further not in seen:
                seen.add(further)
                self._count(further)
                stack.append((further, iter(self._next_copies(further))))
        return order[::-1]

    def _count(self, copy: _Copy) -> None:
        """Give up on a graph that becomes too large."""
        self.size += max(1, count(iter((self.cfg.blocks[copy[0]],))))
        if self.size > LIMIT:
            raise TooLarge(self.size)

    def _next_copies(self, copy: _Copy) -> list[_Copy]:
        after = targets(self.cfg.blocks[copy[0]].terminator)
        # The last target first: reversed post-order then puts the first one first.
        found = (self._enter(copy, target) for target in reversed(after))
        return [further for further in found if further is not None]

    def _enter(self, copy: _Copy, target: str) -> _Copy | None:
        """The copy that an edge from ``copy`` leads to, None where the run is cut."""
        source, counts = copy
        known = dict(zip(self.tracked[source], counts, strict=True))
        if target in self.heads:
            back = self.position[target] <= self.position[source]
            known[target] = known.get(target, 0) + 1 if back else 0
            if known[target] > self.bound:
                return None
        return target, tuple(known.get(head, 0) for head in self.tracked[target])

    def _copy_block(self, copy: _Copy) -> BasicBlock:
        name, counts = copy
        block = self.cfg.blocks[name]
        known = dict(zip(self.tracked[name], counts, strict=True))
        body = tuple(self._instr(i, known) for i in block.body if not is_loop_mark(i))

        def target(further: str) -> str:
            entered = self._enter(copy, further)
            return _name(entered) if entered is not None else self._cut(further)

        return BasicBlock(_name(copy), body, retarget(block.terminator, target))

    def _cut(self, head: str) -> str:
        """The block where runs end that would go round the loop of ``head`` once more."""
        return self.cuts.setdefault(head, f"{head}.cut")

    def _instr(self, instr: Instr, counts: Mapping[str, int]) -> Instr:
        """A copy of ``instr``; one update in two rounds is two updates."""
        if not isinstance(instr, Store) or not instr.update:
            return instr
        around = tuple(
            (head, number)
            for head, number in counts.items()
            if number and not _inside(self.cfg, head, instr.update)
        )
        if not around:
            return instr
        key = (instr.update, around)
        if key not in self.updates:
            self.updates[key] = self.next_update
            self.next_update += 1
        return replace(instr, update=self.updates[key])


def _name(copy: _Copy) -> str:
    """``retry`` for the first round, ``retry@1`` for the second, ``body@0.2`` in nested loops."""
    block, counts = copy
    return f"{block}@{'.'.join(str(n) for n in counts)}" if any(counts) else block
