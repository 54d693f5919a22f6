"""Smaller graphs with the same runs.

Constants are propagated and folded, blocks that do nothing are left out, chains
of blocks joined, what cannot be reached and assignments nobody reads dropped::

    entry:                              entry:
        %x = 1                    =>        store plain m.n, 1
        branch %x ? a : b                   end
    a:
        store plain m.n, %x
        end

Marks stay, and so does the order of the blocks: which edges go back decides
how often a loop runs (:mod:`prover.graph.unroll`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from prover.graph import expressions as ex
from prover.graph.instructions import (
    change_inner,
    instructions,
    reads,
    retarget,
    rewrite,
    targets,
    written,
)
from prover.graph.ir import (
    Assign,
    Assume,
    BasicBlock,
    Branch,
    Cfg,
    Check,
    Const,
    Expr,
    Instr,
    Jump,
    Program,
    Reg,
    Rmw,
    Terminator,
)
from prover.graph.order import (
    edges,
    headers,
    positions,
    reachable,
    without_stale_loop_marks,
)
from prover.graph.values import AddressSpace, Poison

_Known = Mapping[str, Expr]


def simplify(program: Program) -> Program:
    """``program`` with every graph made smaller."""
    space = program.layout.space
    actors = tuple(
        replace(actor, graph=simplify_cfg(actor.graph, space)) for actor in program.actors
    )
    finals = tuple(simplify_cfg(cfg, space) for cfg in program.finals)
    invariants = tuple(simplify_cfg(cfg, space) for cfg in program.invariants)
    return replace(program, actors=actors, finals=finals, invariants=invariants)


def simplify_cfg(cfg: Cfg, space: AddressSpace) -> Cfg:
    """One graph, and those inside it, made smaller until nothing changes."""
    cfg = change_inner(cfg, lambda inside: simplify_cfg(inside, space))
    while True:
        smaller = propagate(cfg, space)
        smaller = without_stale_loop_marks(reachable(smaller))
        smaller = _drop_unread(smaller)
        smaller = _join(_thread(smaller))
        if smaller == cfg:
            return cfg
        cfg = smaller


# --- constants and copies ----------------------------------------------------------------------


def propagate(cfg: Cfg, space: AddressSpace) -> Cfg:
    """Registers that are known constants or copies put in, and what follows folded."""
    work = _Propagation(cfg, space, _copied(cfg))
    before = work.known_before()
    blocks = {
        name: work.block(block, dict(before.get(name, {}))) for name, block in cfg.blocks.items()
    }
    return replace(cfg, blocks=blocks)


def _copied(cfg: Cfg) -> frozenset[str]:
    """The registers that some other register is a copy of."""
    return frozenset(
        name
        for instr in instructions(cfg)
        if isinstance(instr, Assign)
        for name in ex.registers(instr.expr)
    )


@dataclass(frozen=True, slots=True)
class _Propagation:
    """Forward propagation of constants and copies through one graph."""

    cfg: Cfg
    space: AddressSpace
    copied: frozenset[str]

    def known_before(self) -> dict[str, dict[str, Expr]]:
        """Block -> what each register surely holds at its start, on every possible path."""
        before: dict[str, dict[str, Expr]] = {self.cfg.entry: {}}
        pending = [self.cfg.entry]
        while pending:
            name = pending.pop()
            known = dict(before[name])
            block = self.block(self.cfg.blocks[name], known)
            for target in targets(block.terminator):
                if target not in before:
                    before[target] = known
                else:
                    old = before[target]
                    common = {reg: expr for reg, expr in old.items() if known.get(reg) == expr}
                    if len(common) == len(old):
                        continue
                    before[target] = common
                pending.append(target)
        return before

    def block(self, block: BasicBlock, known: dict[str, Expr]) -> BasicBlock:
        """``block`` with ``known`` put in; ``known`` becomes what is known at its end."""
        body = [self.step(instr, known) for instr in block.body]
        kept = tuple(instr for instr in body if not _is_idle(instr))
        return BasicBlock(block.name, kept, self.terminator(block.terminator, known))

    def step(self, instr: Instr, known: dict[str, Expr]) -> Instr:
        """``instr`` with ``known`` put in; ``known`` becomes what is known after it."""
        own = written(instr)
        if isinstance(instr, Rmw):
            # In an Rmw's own expressions its register is the value it reads.
            known.pop(own, None)
        instr = rewrite(instr, lambda expr: ex.substitute(self.space, expr, known))
        if own:
            known.pop(own, None)
            if own in self.copied:
                stale = [reg for reg, expr in known.items() if expr == Reg(own)]
                for reg in stale:
                    del known[reg]
            if isinstance(instr, Assign) and _is_simple(instr.expr, own):
                known[own] = instr.expr
        return instr

    def terminator(self, terminator: Terminator, known: _Known) -> Terminator:
        """``terminator`` with ``known`` put in; a branch that is decided becomes a jump."""
        if not isinstance(terminator, Branch):
            return terminator
        condition = ex.substitute(self.space, terminator.condition, known)
        condition, then, otherwise = ex.branch(condition, terminator.then, terminator.otherwise)
        decided = ex.constant_truth(condition)
        if decided is None and then != otherwise:
            return Branch(condition, then, otherwise)
        return Jump(otherwise if decided is False else then)


def _is_simple(expr: Expr, own: str) -> bool:
    """Whether ``expr`` can stand for its register: a constant that is a value, or another register."""
    match expr:
        case Const(value=value):
            return not isinstance(value, Poison)
        case Reg(name=name):
            return name != own
        case _:
            return False


def _is_idle(instr: Instr) -> bool:
    """Whether ``instr`` surely does nothing."""
    match instr:
        case Check(condition=condition) | Assume(condition=condition):
            return ex.constant_truth(condition) is True
        case Assign(reg=reg, expr=Reg(name=name)):
            return reg == name
        case _:
            return False


def _drop_unread(cfg: Cfg) -> Cfg:
    """``cfg`` without pure assignments to registers that nothing reads."""
    read: set[str] = set()
    for instr in instructions(cfg):
        for expr in reads(instr):
            read.update(ex.registers(expr))
    for block in cfg.blocks.values():
        if isinstance(block.terminator, Branch):
            read.update(ex.registers(block.terminator.condition))

    def kept(instr: Instr) -> bool:
        return not isinstance(instr, Assign) or instr.reg in read

    blocks = {
        name: replace(block, body=tuple(instr for instr in block.body if kept(instr)))
        for name, block in cfg.blocks.items()
    }
    return replace(cfg, blocks=blocks)


# --- the shape of the graph ----------------------------------------------------------------------


def _thread(cfg: Cfg) -> Cfg:
    """Edges to a block that only jumps on go where it jumps.

    Not to or from a loop's header, and not where an edge that goes back would no
    longer do so: both would change how often the loop is counted.
    """
    position = positions(cfg)
    heads = frozenset(headers(cfg))

    def onward(source: str, target: str) -> str:
        block = cfg.blocks[target]
        while not block.body and isinstance(block.terminator, Jump) and target not in heads:
            further = block.terminator.target
            goes_back = position[further] <= position[target]
            if goes_back and position[further] > position[source]:
                break
            target, block = further, cfg.blocks[further]
        return target

    def threaded(block: BasicBlock) -> BasicBlock:
        terminator = retarget(block.terminator, lambda target: onward(block.name, target))
        return replace(block, terminator=terminator)

    blocks = {name: threaded(block) for name, block in cfg.blocks.items()}
    return reachable(replace(cfg, blocks=blocks))


def _join(cfg: Cfg) -> Cfg:
    """A block and the only block that jumps to it are one, unless an edge back would go forward."""
    position = positions(cfg)
    entered = Counter(target for _, target in edges(cfg))
    blocks = dict(cfg.blocks)
    for name in cfg.blocks:
        while name in blocks:
            block = blocks[name]
            if not isinstance(block.terminator, Jump):
                break
            target = block.terminator.target
            here, there = position[name], position[target]
            if entered[target] != 1 or there <= here or target == cfg.entry:
                break
            after = blocks[target].terminator
            if any(here < position[t] <= there for t in targets(after)):
                break
            blocks[name] = BasicBlock(name, block.body + blocks[target].body, after)
            del blocks[target]
    return replace(cfg, blocks=blocks)
