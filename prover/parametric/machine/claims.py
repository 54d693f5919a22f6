"""Invariants and final claims, judged on shared variables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dsl.source import Span
from prover.graph import ir
from prover.graph.instructions import instructions
from prover.graph.values import POISON, Pointer, Value, apply, truth
from prover.parametric.machine.local import Local
from prover.parametric.machine.memory import is_split
from prover.parametric.machine.parts import Parts
from prover.parametric.machine.work import Work
from prover.parametric.system import Refused


class Fails(Exception):
    """The claim does not hold: it looks through NULL, or at nothing."""


def judge(parts: Parts, graph: ir.Cfg, script: Sequence[int]) -> bool:
    """Whether a claim holds; raises Asked where the script has no answer."""
    work = Work(parts, Local(0, -1, parts.bodies[0].entry), script)
    work.registers = {}
    block = graph.blocks[graph.entry]
    try:
        while True:
            for instr in block.body:
                _step(work, instr)
            match block.terminator:
                case ir.Jump(target=target):
                    block = graph.blocks[target]
                case ir.Branch(condition=condition, then=then, otherwise=otherwise):
                    block = graph.blocks[then if truth(work.value(condition)) else otherwise]
                case _:
                    return True
    except Fails:
        return False


def _step(work: Work, instr: ir.Instr) -> None:
    match instr:
        case ir.Assign(reg=reg, expr=expr):
            work.registers[reg] = work.value(expr)
        case ir.Load():
            work.registers[instr.reg] = _load(work, instr)
        case ir.IsLocked(reg=reg, address=address, kind="folio"):
            work.registers[reg] = int(_at(work, address) == 1)
        case ir.IsLocked(origin=origin):
            raise Refused("a claim that looks at a lock", origin.span)
        case ir.Check(condition=condition):
            if not truth(work.value(condition)):
                raise Fails
        case ir.Mark() | ir.Met() | ir.Fence() | ir.Watch():
            pass
        case _:
            raise Refused("a claim that does more than look at memory", instr.origin.span)


def _load(work: Work, instr: ir.Load) -> Value:
    if not is_split(work, instr.word):
        return _at(work, instr.address)
    parts = ("low", "high") if instr.part == "whole" else (instr.part,)
    halves = tuple(_at(work, instr.address, part) for part in parts)
    if len(halves) == 1:
        return halves[0]
    return apply(work.parts.layout.space, "word_join", (), halves)


def _at(work: Work, address: ir.Expr, part: str = "whole") -> Value:
    value = work.value(address)
    if not isinstance(value, Pointer) or value.base is None:
        raise Fails
    if value.location not in work.parts.cells:
        raise Fails
    found = work.read(value.location, part)
    if found == POISON:
        raise Fails
    return found


def spans(graph: ir.Cfg) -> Iterator[Span]:
    """Where a claim stands."""
    for instr in instructions(graph):
        if isinstance(instr, ir.Check):
            yield instr.origin.span


def looks_at_pools(parts_of: Sequence[str], looked_at: Sequence[str]) -> bool:
    """Whether claims look at what is in slots of pools."""
    return not set(parts_of).isdisjoint(looked_at)
