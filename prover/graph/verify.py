"""What must be true of a program's graphs between the passes."""

from __future__ import annotations

from collections.abc import Iterator

from prover.graph import expressions as ex
from prover.graph.instructions import inner, instructions, reads, targets, written
from prover.graph.ir import (
    INSTANCE,
    Apply,
    Branch,
    CallRcu,
    Cfg,
    Check,
    Cut,
    Expr,
    Instr,
    Layout,
    Load,
    Mark,
    Met,
    Program,
    Rmw,
    SetIrq,
    Spin,
    Store,
    Watch,
)
from prover.graph.order import headers, is_loop_mark, reachable
from prover.graph.values import INTEGER_OPS

_UNARY = ("!", "bool", "~", "neg", "half", "word_low", "word_high", "word_bits", "word_of_bits")
_ARITY: dict[str, tuple[tuple[int, ...], int]] = {
    **dict.fromkeys(INTEGER_OPS, ((2,), 0)),
    **dict.fromkeys(_UNARY, ((1,), 0)),
    "==": ((2,), 0),
    "!=": ((2,), 0),
    "wrap": ((1,), 2),
    "select": ((3,), 0),
    "field": ((1,), 2),
    "index": ((2,), 0),
    "container_of": ((1,), 2),
    "word_make": ((0, 1), 1),
    "word_join": ((2,), 0),
    "word_to_pointer": ((1,), 1),
    "read_at": ((2,), 0),
}
"""Operation -> the possible numbers of operands, and the number of parameters."""

_ORDERS = {
    "load": ("plain", "racy", "once", "acquire"),
    "store": ("plain", "racy", "once", "release", "mb"),
    "rmw": ("relaxed", "noreturn", "acquire", "release", "full"),
}
_PARTS = ("whole", "low", "high")


def verify(program: Program, acyclic: bool) -> list[str]:
    """What is wrong with ``program``, empty if nothing is; ``acyclic``: it has been unrolled."""
    # Which instance runs is known once a graph is compiled.
    nothing = frozenset[str]()
    given = nothing if acyclic else frozenset([INSTANCE])
    graphs = [(actor.name, actor.graph, given) for actor in program.actors]
    graphs += [(cfg.name, cfg, nothing) for cfg in (*program.finals, *program.invariants)]
    found: list[str] = []
    for name, cfg, known in graphs:
        found.extend(f"{name}: {text}" for text in verify_cfg(cfg, program.layout, acyclic, known))
    for cfg in (*program.finals, *program.invariants):
        found.extend(f"{cfg.name}: {text}" for text in _claim(cfg))
    return found


def verify_cfg(
    cfg: Cfg, layout: Layout, acyclic: bool, given: frozenset[str] = frozenset()
) -> Iterator[str]:
    """What is wrong with one graph; ``given`` are the registers that have a value at its start."""
    yield from _shape(cfg, acyclic)
    if any(t not in cfg.blocks for b in cfg.blocks.values() for t in targets(b.terminator)):
        return
    for block in cfg.blocks.values():
        for instr in block.body:
            yield from (f"{block.name}: {text}" for text in _instruction(instr, layout, acyclic))
        if isinstance(block.terminator, Branch):
            yield from (f"{block.name}: {t}" for t in _expression(block.terminator.condition))
    yield from _assigned_before_use(cfg, given)


# --- shape ------------------------------------------------------------------------------------


def _shape(cfg: Cfg, acyclic: bool) -> Iterator[str]:
    if next(iter(cfg.blocks), "") != cfg.entry:
        yield f"the first block is not {cfg.entry}"
    for name, block in cfg.blocks.items():
        if block.name != name:
            yield f"block {block.name} is filed as {name}"
        for target in targets(block.terminator):
            if target not in cfg.blocks:
                yield f"{name}: no block {target}"
                return
        if isinstance(block.terminator, Cut) and not acyclic:
            yield f"{name}: a cut before unrolling"
        if isinstance(block.terminator, Spin) and not acyclic:
            yield f"{name}: a spin before unrolling"
        if isinstance(block.terminator, Branch) and len(targets(block.terminator)) < 2:
            yield f"{name}: a branch to one place"
        if any(isinstance(instr, Met) for instr in block.body[1:]):
            yield f"{name}: a met that is not first"
    entered = reachable(cfg).blocks
    yield from (f"{name}: not reachable" for name in cfg.blocks if name not in entered)
    heads = headers(cfg)
    if acyclic and heads:
        yield f"a cycle through {', '.join(heads)}"


def _claim(cfg: Cfg) -> Iterator[str]:
    """Claims only look: they load, branch, and check that they hold."""
    kind = cfg.name.partition(".")[0]
    for instr in instructions(cfg):
        if isinstance(instr, Check) and instr.property != kind:
            yield f"a claim checks {instr.property}"
        if type(instr).__name__ not in ("Load", "Assign", "Check", "Met"):
            yield f"a claim has a {type(instr).__name__}"


# --- instructions ---------------------------------------------------------------------------------


def _instruction(instr: Instr, layout: Layout, acyclic: bool) -> Iterator[str]:
    for expr in reads(instr):
        yield from _expression(expr)
    if isinstance(instr, Load | Store):
        yield from _access(instr, layout)
    if isinstance(instr, Rmw) and instr.order not in _ORDERS["rmw"]:
        yield f"an rmw of order {instr.order}"
    if acyclic and isinstance(instr, Mark) and is_loop_mark(instr):
        yield "a loop's mark after unrolling"
    if not acyclic and isinstance(instr, Watch):
        yield "a watch before unrolling"
    if not written(instr) and hasattr(instr, "reg") and not isinstance(instr, SetIrq):
        yield f"a {type(instr).__name__} without a register"
    graph = inner(instr)
    if graph is not None:
        given = frozenset([instr.parameter]) if isinstance(instr, CallRcu) else frozenset[str]()
        inside = verify_cfg(graph, layout, acyclic, given)
        yield from (f"{graph.name}: {text}" for text in inside)
        if "" in given:
            yield f"{graph.name}: a callback without a parameter"


def _access(instr: Load | Store, layout: Layout) -> Iterator[str]:
    kind = "load" if isinstance(instr, Load) else "store"
    if instr.order not in _ORDERS[kind]:
        yield f"a {kind} of order {instr.order}"
    if instr.part not in _PARTS:
        yield f"a {kind} of part {instr.part}"
    if instr.word and instr.word not in layout.words:
        yield f"no word {instr.word}"
    elif instr.part != "whole" and not (instr.word and layout.words[instr.word].split):
        yield f"a {kind} of a half of what is not split"
    if isinstance(instr, Store) and instr.update and not instr.word:
        yield "an update of what is no word"
    elif isinstance(instr, Store) and instr.update and not layout.words[instr.word].split:
        yield "an update of what is not split"


def _expression(expr: Expr) -> Iterator[str]:
    if not isinstance(expr, Apply):
        return
    if expr.op not in _ARITY:
        yield f"no operation {expr.op}"
    else:
        counts, params = _ARITY[expr.op]
        if len(expr.args) not in counts or len(expr.params) != params:
            yield f"{expr.op} with {len(expr.args)} operands and {len(expr.params)} parameters"
    for arg in expr.args:
        yield from _expression(arg)


# --- registers ------------------------------------------------------------------------------------


def _assigned_before_use(cfg: Cfg, given: frozenset[str]) -> Iterator[str]:
    """Registers read on a path that has not assigned them."""
    before = _surely_assigned(cfg, given)
    for name, block in cfg.blocks.items():
        if name not in before:
            continue
        known = set(before[name])
        for instr in block.body:
            for position, expr in enumerate(reads(instr)):
                # All but the address of an Rmw may use the value that it reads.
                own = written(instr) if isinstance(instr, Rmw) and position else ""
                for reg in ex.registers(expr):
                    if reg not in known and reg != own:
                        yield f"{name}: %{reg} is read but not assigned"
            known.add(written(instr))
        if isinstance(block.terminator, Branch):
            for reg in ex.registers(block.terminator.condition):
                if reg not in known:
                    yield f"{name}: %{reg} is read but not assigned"


def _surely_assigned(cfg: Cfg, given: frozenset[str]) -> dict[str, frozenset[str]]:
    """Block -> the registers that every path to its start has assigned."""
    before = {cfg.entry: given}
    pending = [cfg.entry]
    while pending:
        name = pending.pop()
        block = cfg.blocks[name]
        after = before[name] | {written(instr) for instr in block.body}
        for target in targets(block.terminator):
            common = before[target] & after if target in before else after
            if before.get(target) != common:
                before[target] = common
                pending.append(target)
    return before
