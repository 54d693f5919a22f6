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
from operator import is_
from typing import Literal, TypeAlias

from dsl.frozen import Frozen, replace
from prover.graph import expressions as ex
from prover.graph.instructions import (
    change_graphs,
    change_inner,
    chosen_in,
    instructions,
    reads,
    retarget,
    rewrite,
    targets,
    with_body,
    written,
)
from prover.graph.ir import (
    NOWHERE,
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
    Met,
    Program,
    Reg,
    Rmw,
    Terminator,
)
from prover.graph.order import (
    edges,
    headers,
    positions,
    predecessors,
    reachable,
    without_stale_loop_marks,
)
from prover.graph.uninitialized import drop_needless_checks
from prover.graph.values import AddressSpace, Poison

_Known = Mapping[str, Expr]

Shortcuts: TypeAlias = Literal["none", "straight", "all"]
"""Which edges leave branches out that are decided where they come from (``ir.Met``): none; those of
graphs in which nothing goes round; all, for whom no order of a weak model matters.

Of a graph that goes round each copy of a block is met in one round, once its rounds are told apart.
"""


def simplify(
    program: Program, done: frozenset[int] = frozenset(), *, shortcuts: Shortcuts = "straight"
) -> Program:
    """``program`` with every graph made smaller, but for actors' with an identity in ``done``."""
    space = program.layout.space
    return change_graphs(
        program, lambda cfg: simplify_cfg(cfg, space, shortcuts=shortcuts), done=done
    )


def simplify_cfg(cfg: Cfg, space: AddressSpace, *, shortcuts: Shortcuts = "straight") -> Cfg:
    """One graph, and those inside it, made smaller until nothing changes."""
    cfg = change_inner(cfg, lambda inside: simplify_cfg(inside, space, shortcuts=shortcuts))
    while True:
        smaller = propagate(cfg, space, shortcuts=shortcuts)
        smaller = without_stale_loop_marks(reachable(smaller))
        smaller = drop_needless_checks(smaller)
        smaller = _drop_dead(smaller)
        smaller = _join(_thread(smaller))
        if smaller == cfg:
            return cfg
        cfg = smaller


# --- constants and copies ----------------------------------------------------------------------


def propagate(cfg: Cfg, space: AddressSpace, *, shortcuts: Shortcuts = "straight") -> Cfg:
    """Registers that are known constants or copies put in, and what follows folded.

    An edge to a block that only branches, on what the block before knows, goes on at once; where it
    lands is noted what it has left out.  Not where that is what a ``?:`` chose, and waits for it.
    """
    work, shape = _Propagation(cfg, space, _copied(cfg)), _Shape.of(cfg)
    before = work.known_before()
    skipping = shortcuts == "all" or (shortcuts == "straight" and not shape.heads)
    chosen = frozenset[str]() if shortcuts == "all" else chosen_in(cfg)
    blocks: dict[str, BasicBlock] = {}
    for name, block in cfg.blocks.items():
        known = dict(before.get(name, {}))
        new = blocks[name] = work.block(block, known)

        def decided(target: str, source: str = name, known: _Known = known) -> str:
            block = cfg.blocks[target]
            if not skipping or block.body or not isinstance(block.terminator, Branch):
                return target
            if chosen and chosen & {*ex.registers(block.terminator.condition)}:
                return target
            after = work.terminator(block.terminator, known)
            if isinstance(after, Jump) and shape.may_skip(source, target, after.target):
                landing = f"{source}:{target}:{after.target}"
                met = Met(target, block.terminator.origin or NOWHERE)
                blocks[landing] = BasicBlock(landing, (met,), Jump(after.target))
                return landing
            return target

        blocks[name] = _ending(new, retarget(new.terminator, decided))
    return replace(cfg, blocks=blocks)


def _copied(cfg: Cfg) -> frozenset[str]:
    """The registers that some other register is a copy of."""
    return frozenset(
        name
        for instr in instructions(cfg)
        if isinstance(instr, Assign)
        for name in ex.registers(instr.expr)
    )


class _Propagation(Frozen, frozen=True):
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
            for target in targets(self.flow(self.cfg.blocks[name], known)):
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

    def flow(self, block: BasicBlock, known: dict[str, Expr]) -> Terminator:
        """The end of ``block`` with ``known`` put in; ``known`` becomes what is known there."""
        for instr in block.body:
            if isinstance(instr, Assign):
                self.step(instr, known)
            else:
                own = written(instr)
                if own:
                    self.forget(own, known)
        return self.terminator(block.terminator, known)

    def block(self, block: BasicBlock, known: dict[str, Expr]) -> BasicBlock:
        """``block`` with ``known`` put in; ``known`` becomes what is known at its end."""
        body = [self.step(instr, known) for instr in block.body]
        kept = tuple([instr for instr in body if not _is_idle(instr)])
        end = self.terminator(block.terminator, known)
        if end is block.terminator and _same(kept, block.body):
            return block
        return BasicBlock(block.name, kept, end)

    def step(self, instr: Instr, known: dict[str, Expr]) -> Instr:
        """``instr`` with ``known`` put in; ``known`` becomes what is known after it."""
        own = written(instr)
        if isinstance(instr, Rmw):
            # In an Rmw's own expressions its register is the value it reads.
            self.forget(own, known)
        instr = rewrite(instr, lambda expr: ex.substitute(self.space, expr, known))
        if own:
            self.forget(own, known)
            if isinstance(instr, Assign) and _is_simple(instr.expr, own):
                known[own] = instr.expr
        return instr

    def forget(self, reg: str, known: dict[str, Expr]) -> None:
        """Nothing is known of ``reg``, and nothing is a copy of it."""
        known.pop(reg, None)
        if reg in self.copied:
            for copy in [name for name, expr in known.items() if expr == Reg(reg)]:
                del known[copy]

    def terminator(self, terminator: Terminator, known: _Known) -> Terminator:
        """``terminator`` with ``known`` put in; a branch that is decided becomes a jump."""
        if not isinstance(terminator, Branch):
            return terminator
        condition = ex.substitute(self.space, terminator.condition, known)
        condition, then, otherwise = ex.branch(condition, terminator.then, terminator.otherwise)
        decided = ex.constant_truth(condition)
        if decided is None and then != otherwise:
            if condition is terminator.condition and then == terminator.then:
                return terminator
            return replace(terminator, condition=condition, then=then, otherwise=otherwise)
        return Jump(otherwise if decided is False else then)


def _same(one: tuple[Instr, ...], two: tuple[Instr, ...]) -> bool:
    """Whether two bodies are the same objects."""
    return len(one) == len(two) and all(map(is_, one, two))


def _is_simple(expr: Expr, own: str) -> bool:
    """Whether ``expr`` can stand for its register: it is a value, or another register."""
    match expr:
        case Const(value=value):
            return not isinstance(value, Poison)
        case Reg(name=name):
            return name != own
        case _:
            return False


def _is_idle(instr: Instr) -> bool:
    """Whether ``instr`` surely does nothing.

    An assert() that always holds does: whether anybody comes to it is asked.
    """
    match instr:
        case Check(property="assert"):
            return False
        case Check(condition=condition) | Assume(condition=condition):
            return ex.constant_truth(condition) is True
        case Assign(reg=reg, expr=Reg(name=name)):
            return reg == name
        case _:
            return False


def _drop_dead(cfg: Cfg) -> Cfg:
    """``cfg`` without pure assignments that are not read before the next one."""
    after = _live_after(cfg)
    blocks: dict[str, BasicBlock] = {}
    for name, block in cfg.blocks.items():
        live = set(after[name])
        kept: list[Instr] = []
        for instr in reversed(block.body):
            if isinstance(instr, Assign) and instr.reg not in live:
                continue
            kept.append(instr)
            _read_before(instr, live)
        stays = len(kept) == len(block.body)
        blocks[name] = block if stays else with_body(block, tuple(reversed(kept)))
    return replace(cfg, blocks=blocks)


def _read_before(instr: Instr, live: set[str]) -> None:
    """``live`` after ``instr`` becomes ``live`` before it."""
    own = written(instr)
    live.discard(own)
    for position, expr in enumerate(reads(instr)):
        # All but the address of an Rmw may use the value that it reads.
        outer = not (isinstance(instr, Rmw) and position)
        live.update(name for name in ex.registers(expr) if outer or name != own)


def _live_after(cfg: Cfg) -> dict[str, set[str]]:
    """Block -> the registers read after its body before they are assigned."""
    before = predecessors(cfg)
    after: dict[str, set[str]] = {}
    for name, block in cfg.blocks.items():
        branch = block.terminator
        condition = branch.condition if isinstance(branch, Branch) else ex.ZERO
        after[name] = set(ex.registers(condition))
    needs: dict[str, set[str]] = {}
    writes: dict[str, set[str]] = {}
    for name, block in cfg.blocks.items():
        needs[name] = set()
        for instr in reversed(block.body):
            _read_before(instr, needs[name])
        writes[name] = {written(instr) for instr in block.body}
    pending = list(cfg.blocks)
    while pending:
        name = pending.pop()
        live = needs[name] | (after[name] - writes[name])
        for source in before[name]:
            if not live <= after[source]:
                after[source] |= live
                pending.append(source)
    return after


def live_before(cfg: Cfg, name: str) -> set[str]:
    """The registers read from the start of a block on before they are assigned."""
    live = set(_live_after(cfg)[name])
    for instr in reversed(cfg.blocks[name].body):
        _read_before(instr, live)
    return live


# --- the shape of the graph ----------------------------------------------------------------------


class _Shape(Frozen, frozen=True):
    """The order of the blocks and the headers of loops: what decides how often loops run."""

    position: Mapping[str, int]
    heads: frozenset[str]

    @classmethod
    def of(cls, cfg: Cfg) -> _Shape:
        """The shape of ``cfg``."""
        return cls(positions(cfg), frozenset(headers(cfg)))

    def may_skip(self, source: str, middle: str, target: str) -> bool:
        """Whether an edge from ``source`` may leave ``middle`` out on the way to ``target``.

        Not where ``middle`` is a header, which counts how often it is entered, and not where
        an edge that goes back would go forward.
        """
        goes_back = self.position[target] <= self.position[middle]
        forward_now = self.position[target] > self.position[source]
        return middle not in self.heads and not (goes_back and forward_now)


def _thread(cfg: Cfg) -> Cfg:
    """Edges to a block that only jumps on go where it jumps."""
    shape, kept = _Shape.of(cfg), _met_at(cfg)

    def onward(source: str, target: str) -> str:
        block = cfg.blocks[target]
        while not block.body and isinstance(block.terminator, Jump) and target not in kept:
            further = block.terminator.target
            if not shape.may_skip(source, target, further):
                break
            target, block = further, cfg.blocks[further]
        return target

    def threaded(block: BasicBlock) -> BasicBlock:
        return _ending(block, retarget(block.terminator, lambda target: onward(block.name, target)))

    blocks = {name: threaded(block) for name, block in cfg.blocks.items()}
    return reachable(replace(cfg, blocks=blocks))


def _met_at(cfg: Cfg) -> frozenset[str]:
    """The blocks that a note of what was left out stands in, or speaks of."""
    found: set[str] = set()
    for block in cfg.blocks.values():
        if block.body and isinstance(block.body[0], Met):
            found |= {block.name, block.body[0].middle}
    return frozenset(found)


def _ending(block: BasicBlock, terminator: Terminator) -> BasicBlock:
    """``block`` with another end."""
    if terminator is block.terminator:
        return block
    return BasicBlock(block.name, block.body, terminator)


def _join(cfg: Cfg) -> Cfg:
    """A block and the only block that jumps to it are one, unless an edge back would go forward."""
    position, kept = positions(cfg), _met_at(cfg)
    entered = Counter(target for _, target in edges(cfg))
    blocks = dict(cfg.blocks)
    for name in cfg.blocks:
        while name in blocks:
            block = blocks[name]
            if not isinstance(block.terminator, Jump):
                break
            target = block.terminator.target
            here, there = position[name], position[target]
            if entered[target] != 1 or there <= here or target == cfg.entry or target in kept:
                break
            after = blocks[target].terminator
            if any(here < position[t] <= there for t in targets(after)):
                break
            blocks[name] = BasicBlock(name, block.body + blocks[target].body, after)
            del blocks[target]
    return replace(cfg, blocks=blocks)
