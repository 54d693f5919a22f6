"""Programs whose tests may be overruled: what a test says becomes a fact that can be left out.

The condition c of a branch becomes ``g ? c : any``, that of an assume() ``g ? c : true``, where
g is a choice of its own for each place.  Where all g are true it is the program that it was; where
one is not, control goes either way there.  So a proof that needs no g does not need the test.

Each g is a Havoc over two numbers of its own, by which it is found in the skeleton again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from dsl.frozen import replace
from prover.execution import skeleton as sk
from prover.execution.terms import Choice
from prover.graph.expressions import ONE
from prover.graph.instructions import change_graphs, with_inner
from prover.graph.ir import (
    Apply,
    Assume,
    BasicBlock,
    Branch,
    Cfg,
    Const,
    Expr,
    Havoc,
    Instr,
    Origin,
    Program,
    Reg,
    Spin,
)

FIRST = 1 << 20
"""The lowest number that a gate chooses from."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One test that can be overruled: the program's ``kind`` of it, whose it is, and where."""

    kind: str
    actor: str
    origin: Origin


@dataclass(slots=True)
class Opened:
    """A program with its tests open, and the gates by number."""

    program: Program
    gates: list[Gate] = field(default_factory=list[Gate])


def opened(program: Program) -> Opened:
    """The program with every test of its actors, and of what they start, open."""
    found = Opened(program)
    names = {id(actor.graph): actor.symmetry for actor in program.actors}
    result = change_graphs(
        program, lambda cfg: _graph(found, names[id(cfg)], cfg), change_claim=lambda cfg: cfg
    )
    found.program = result
    return found


def gates_of(skeleton: sk.Skeleton, gates: list[Gate]) -> Mapping[str, Gate]:
    """The gates in a skeleton, by the Boolean that stands for each in a query."""
    found: dict[str, Gate] = {}
    for row in skeleton.rows:
        if isinstance(row, Choice) and row.low >= FIRST and row.high == row.low + 1:
            index = (row.low - FIRST) // 2
            if index < len(gates):
                found[f"c{row.number}v1"] = gates[index]
    return found


def _graph(found: Opened, actor: str, cfg: Cfg) -> Cfg:
    blocks = {name: _block(found, actor, cfg, block) for name, block in cfg.blocks.items()}
    return replace(cfg, blocks=blocks)


def _block(found: Opened, actor: str, cfg: Cfg, block: BasicBlock) -> BasicBlock:
    body: list[Instr] = []
    for instr in block.body:
        match instr:
            case Assume(condition=condition, origin=origin) if not isinstance(condition, Const):
                gate = _gate(found, Gate("assume", actor, origin), body)
                body.append(replace(instr, condition=Apply("select", (), (gate, condition, ONE))))
            case _:
                body.append(with_inner(instr, partial(_graph, found, actor)))
    end = block.terminator
    if isinstance(end, Branch) and end.origin is not None and not _waits(cfg, end):
        gate = _gate(found, Gate("condition", actor, end.origin), body)
        free = Reg(f"any.{len(found.gates)}")
        body.append(Havoc(free.name, 0, 1, end.origin))
        end = replace(end, condition=Apply("select", (), (gate, end.condition, free)))
    return replace(block, body=tuple(body), terminator=end)


def _gate(found: Opened, gate: Gate, body: list[Instr]) -> Expr:
    """The condition that a new gate is closed, which ``body`` is to choose."""
    low = FIRST + 2 * len(found.gates)
    found.gates.append(gate)
    name = f"gate.{low}"
    body.append(Havoc(name, low, low + 1, gate.origin))
    return Apply("==", (), (Reg(name), Const(low + 1)))


def _waits(cfg: Cfg, branch: Branch) -> bool:
    """Whether a branch ends the round of an await: what it has read is judged elsewhere."""
    ends = (cfg.blocks[name].terminator for name in (branch.then, branch.otherwise))
    return any(isinstance(end, Spin) for end in ends)
