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

An await (:mod:`prover.graph.awaits`) is cut only where a round of it had an effect: else its
last round ends in ``spin``, and nothing is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from dsl.frozen import Frozen, replace
from dsl.source import Span
from prover.graph.awaits import awaits, may_wait
from prover.graph.decided import decided
from prover.graph.instructions import (
    change_graphs,
    change_inner,
    count,
    inner,
    instructions,
    retarget,
    targets,
)
from prover.graph.ir import (
    Apply,
    Assign,
    BasicBlock,
    Branch,
    Cfg,
    Const,
    Cut,
    Instr,
    Origin,
    Program,
    Reg,
    Rmw,
    Spin,
    Store,
    TryAcquire,
    Watch,
)
from prover.graph.limits import LIMIT, TooLarge
from prover.graph.order import (
    headers,
    is_loop_mark,
    loop_origin,
    loop_span,
    looping,
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


def unroll(
    cfg: Cfg, bound: int, *, waiting: bool = False, plainest: Callable[[Cfg], Cfg] | None = None
) -> Cfg:
    """The acyclic graph of the runs of ``cfg`` that take each back edge at most ``bound`` times.

    The count is per header and starts again when the header is entered going forward.  With
    ``waiting`` awaits are told from other loops, as ``plainest`` has them: a graph with the same
    runs, in which what no round can do is seen more easily.
    """
    cfg = change_inner(
        cfg, lambda inside: unroll(inside, bound, waiting=waiting, plainest=plainest)
    )
    heads = headers(cfg)
    if not heads:
        return cfg
    found = awaits(cfg) if waiting else {}
    if waiting and plainest is not None and any(may_wait(cfg, h) for h in heads if h not in found):
        found = {head: acts for head, acts in awaits(plainest(cfg)).items() if head in heads}
    limits = {head: bound if found.get(head, True) else 1 for head in heads}
    cut = any(found.get(head, True) for head in heads)
    return _Unrolling(
        cfg, limits, heads, _tracked(cfg, heads), found, decided(cfg) if cut else {}
    ).graph()


# --- which counts matter where --------------------------------------------------------------


def _tracked(cfg: Cfg, heads: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Block -> the headers whose counts matter there, in order.

    A count matters where an edge back to its header can come before the header is entered
    going forward.  All of one update of a word keeps the counts of the loops around it, so
    that one update in two rounds is two updates.
    """
    live = {head: looping(cfg, head) for head in heads}
    for region in _update_regions(cfg):
        for head in heads:
            around = not _inside(cfg, head, region.update)
            if around and not live[head].isdisjoint(region.stores):
                live[head] |= region.blocks
    return {name: tuple(head for head in heads if name in live[head]) for name in cfg.blocks}


class _Region(Frozen, frozen=True):
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
    limits: Mapping[str, int]
    heads: tuple[str, ...]
    tracked: Mapping[str, tuple[str, ...]]
    awaits: Mapping[str, bool]
    decided: Mapping[str, frozenset[Origin]]
    position: Mapping[str, int] = field(init=False)
    around: Mapping[str, set[str]] = field(init=False)
    cuts: dict[str, str] = field(default_factory=dict[str, str])
    spins: dict[str, BasicBlock] = field(default_factory=dict[str, BasicBlock])
    updates: dict[_Round, int] = field(default_factory=dict[_Round, int])
    next_update: int = 1
    size: int = 0

    def __post_init__(self) -> None:
        self.position = positions(self.cfg)
        self.around = {head: looping(self.cfg, head) for head in self.awaits}
        numbers = [i.update for i in instructions(self.cfg) if isinstance(i, Store)]
        self.next_update = max(numbers, default=0) + 1

    def graph(self) -> Cfg:
        """The unrolled graph; blocks stand before those they lead to."""
        copies = self._copies()
        blocks: dict[str, BasicBlock] = {}
        for copy in copies:
            block = self._copy_block(copy)
            blocks[block.name] = block
        blocks.update(self.spins)
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
            if known[target] > self.limits[target]:
                return None
        return target, tuple(known.get(head, 0) for head in self.tracked[target])

    def _copy_block(self, copy: _Copy) -> BasicBlock:
        name, counts = copy
        block = self.cfg.blocks[name]
        known = dict(zip(self.tracked[name], counts, strict=True))
        body = tuple(self._instr(i, known) for i in block.body if not is_loop_mark(i))
        if any(self.awaits.values()):
            body = tuple(noted for instr in body for noted in self._noted(name, instr))
        if name in self.awaits:
            body = (*self._start(copy, known[name]), *body)

        def target(further: str) -> str:
            entered = self._enter(copy, further)
            return _name(entered) if entered is not None else self._stop(further, known)

        end = block.terminator
        if isinstance(end, Branch) and (decides := self.decided.get(name)):
            end = replace(end, decides=decides)
        return BasicBlock(_name(copy), body, retarget(end, target))

    # --- awaits

    def _start(self, copy: _Copy, number: int) -> Iterator[Instr]:
        """What stands at the start of a round of an await."""
        head, _ = copy
        origin = loop_origin(self.cfg.blocks[head])
        if self.awaits[head] and number == 0:
            yield Assign(_acts(head), Const(0), origin)
        if number == self.limits[head]:
            yield Watch(_name(copy), origin)

    def _noted(self, block: str, instr: Instr) -> Iterator[Instr]:
        """An instruction, and after it whether it had an effect in the awaits around it."""
        yield instr
        if isinstance(instr, Rmw | TryAcquire):
            effect = instr.when if isinstance(instr, Rmw) else Reg(instr.reg)
            for head, acts in self.awaits.items():
                if acts and block in self.around[head]:
                    old = Reg(_acts(head))
                    either = Apply("select", (), (effect, Const(1), old))
                    yield Assign(_acts(head), either, instr.origin)

    def _stop(self, head: str, known: Mapping[str, int]) -> str:
        """The block where runs end that have made as many rounds of a loop as there are copies."""
        if head not in self.awaits:
            return self._cut(head)
        counts = {**known, head: self.limits[head]}
        last = _name((head, tuple(counts.get(one, 0) for one in self.tracked[head])))
        spin = f"{last}.spin"
        origin = loop_origin(self.cfg.blocks[head])
        if self.awaits[head]:
            # Where a round had an effect the next one need not be like it.
            acted = Branch(Reg(_acts(head)), self._cut(head), spin)
            self.spins.setdefault(f"{last}.stop", BasicBlock(f"{last}.stop", (), acted))
        self.spins.setdefault(spin, BasicBlock(spin, (), Spin(last, origin)))
        return f"{last}.stop" if self.awaits[head] else spin

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


def _acts(head: str) -> str:
    """The register that says whether a round of an await has had an effect."""
    return f"{head}.acts"
