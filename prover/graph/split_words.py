"""Whole accesses to split words as two accesses to their halves, in either order.

The compiler may do them in either order; atomic read-modify-writes stay one::

    %1 = load once p            %2 = any 0..1
                         =>     branch %2 ? high : low
                            low:
                                %3 = load once p.low
                                %4 = load once p.high
                                jump joined
                            high:
                                %4 = load once p.high
                                %3 = load once p.low
                                jump joined
                            joined:
                                %1 = join(%3, %4)

The two stores of a whole store are one update of the word, or part of the update
that the store is part of.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dsl.frozen import replace
from prover.graph import expressions as ex
from prover.graph.instructions import change_graphs, change_inner, instructions
from prover.graph.ir import (
    Assign,
    BasicBlock,
    Branch,
    Cfg,
    Expr,
    Havoc,
    Instr,
    Jump,
    Layout,
    Load,
    Program,
    Reg,
    Store,
    Terminator,
)

_FIRST_ORDER = {"mb": "once"}
"""The order of the first of two stores where it is not that of the whole."""


def split_words(program: Program, done: frozenset[int] = frozenset()) -> Program:
    """``program`` with every whole load and store of a split word in halves.

    Actors' graphs with an identity in ``done`` are so already.  Claims look at one moment: they
    load the low half first, no choice.
    """
    layout = program.layout
    return change_graphs(
        program,
        lambda cfg: _split(cfg, layout, True),
        lambda cfg: _split(cfg, layout, False),
        done,
    )


def _split(cfg: Cfg, layout: Layout, either: bool) -> Cfg:
    """One graph, and those inside it, in halves."""
    cfg = change_inner(cfg, lambda inside: _split(inside, layout, either))
    work = _Splitting(layout, either, set(cfg.blocks), _next_update(cfg))
    for block in cfg.blocks.values():
        work.block(block)
    return replace(cfg, blocks=work.done)


def _next_update(cfg: Cfg) -> int:
    """An update number larger than any call or update number in ``cfg``."""
    numbers = [0]
    for instr in instructions(cfg):
        numbers.extend(frame.call for frame in instr.origin.frames)
        if isinstance(instr, Store):
            numbers.append(instr.update)
    return max(numbers) + 1


@dataclass(slots=True)
class _Splitting:
    """One graph being rewritten, block by block."""

    layout: Layout
    either: bool
    names: set[str]
    update: int
    done: dict[str, BasicBlock] = field(default_factory=dict[str, BasicBlock])
    _name: str = ""
    _body: list[Instr] = field(default_factory=list[Instr])
    _count: int = 0

    def block(self, block: BasicBlock) -> None:
        """Rewrite one block; the new ones stand where it stood."""
        self._name, self._body = block.name, []
        for instr in block.body:
            match instr:
                case Load(part="whole") if self._is_split(instr.word):
                    self._load(instr)
                case Store(part="whole") if self._is_split(instr.word):
                    self._store(instr)
                case _:
                    self._body.append(instr)
        self._end(block.terminator)

    def _is_split(self, word: str) -> bool:
        return bool(word) and self.layout.words[word].split

    def _end(self, terminator: Terminator) -> None:
        self.done[self._name] = BasicBlock(self._name, tuple(self._body), terminator)

    def _fresh(self, kind: str) -> str:
        """A name for a new block."""
        name = f"{kind}.{self._count}"
        while name in self.names:
            name += "'"
        self.names.add(name)
        return name

    def _load(self, load: Load) -> None:
        self._count += 1
        space = self.layout.space
        low = replace(load, reg=f"{load.reg}.lo", part="low")
        high = replace(load, reg=f"{load.reg}.hi", part="high")
        self._both((low, high), (high, low), load)
        joined = ex.join(space, Reg(low.reg), Reg(high.reg))
        self._body.append(Assign(load.reg, joined, load.origin))

    def _store(self, store: Store) -> None:
        self._count += 1
        space = self.layout.space
        value: Expr = store.value
        if ex.size(value) > 2:
            reg = f"word.{self._count}"
            self._body.append(Assign(reg, value, store.origin))
            value = Reg(reg)
        update = store.update or self.update
        first = _FIRST_ORDER.get(store.order, store.order)

        def part(name: str, half: Expr, order: str) -> Store:
            return replace(store, value=half, part=name, order=order, update=update)

        low, high = ex.low(space, value), ex.high(space, value)
        self._both(
            (part("low", low, first), part("high", high, store.order)),
            (part("high", high, first), part("low", low, store.order)),
            store,
        )
        self.update += not store.update

    def _both(
        self, one: tuple[Instr, Instr], other: tuple[Instr, Instr], whole: Load | Store
    ) -> None:
        """The two accesses of ``one``, or those of ``other``; then go on in a new block."""
        if not self.either:
            self._body.extend(one)
            return
        choice = f"order.{self._count}"
        low, high, joined = (self._fresh(kind) for kind in ("low", "high", "joined"))
        self._body.append(Havoc(choice, 0, 1, whole.origin))
        self._end(Branch(Reg(choice), high, low))
        for name, body in ((low, one), (high, other)):
            self.done[name] = BasicBlock(name, body, Jump(joined))
        self._name, self._body = joined, []
