"""Random graphs run the same after simplifying, also in how often their loops go round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from random import Random

import pytest

from dsl.source import Span
from prover.graph.ir import (
    Apply,
    Assign,
    BasicBlock,
    Branch,
    Cfg,
    Const,
    Cut,
    End,
    Expr,
    Havoc,
    Instr,
    Jump,
    Mark,
    Met,
    Origin,
    Reg,
    Terminator,
)
from prover.graph.order import headers, reachable
from prover.graph.simplify import simplify_cfg
from prover.graph.unroll import unroll
from prover.graph.values import AddressSpace, truth

HERE = Origin(Span("t.khp", 0, 1))
SPACE = AddressSpace({})
CHOICES = ("c", "d", "e")


def body(random: Random, name: str) -> Iterator[Instr]:
    if random.random() < 0.5:
        yield Mark("m", name, HERE)
    if random.random() < 0.4:
        yield Assign(random.choice(CHOICES), source(random), HERE)


def source(random: Random) -> Expr:
    choice = Reg(random.choice(CHOICES))
    options: list[Expr] = [Const(0), Const(1), choice, Apply("!", (), (choice,))]
    return random.choice(options)


def make(seed: int) -> Cfg:
    random = Random(seed)
    names = [f"b{n}" for n in range(random.randint(2, 9))]
    start = tuple(Havoc(choice, 0, 1, HERE) for choice in CHOICES)
    blocks = {"entry": BasicBlock("entry", start, Jump("b0"))}
    for index, name in enumerate(names):
        near = [*names[max(0, index - 2) : index + 4], *names[-1:]]
        then, otherwise = random.choice(near), random.choice(near)
        end: Terminator = Jump(then)
        if then != otherwise and random.random() < 0.7:
            end = Branch(source(random), then, otherwise)
        elif random.random() < 0.2:
            end = End()
        blocks[name] = BasicBlock(name, tuple(body(random, name)), end)
    return reachable(Cfg("m", "entry", blocks))


def evaluate(expr: Expr, registers: Mapping[str, int]) -> int:
    match expr:
        case Const(value=int() as value):
            return value
        case Reg(name=name):
            return registers[name]
        case Apply(op="!", args=(operand,)):
            return int(not truth(evaluate(operand, registers)))
        case _:
            raise AssertionError(expr)


def trace(cfg: Cfg, choices: tuple[int, ...], bound: int) -> tuple[str, ...]:
    """The marks that one run passes, with back edges counted as it goes."""
    place = {name: index for index, name in enumerate(cfg.blocks)}
    registers = dict.fromkeys(CHOICES, 0)
    counts: dict[str, int] = {}
    marks: list[str] = []
    given = iter(choices)
    block = cfg.blocks[cfg.entry]
    while True:
        for instr in block.body:
            match instr:
                case Met():
                    pass
                case Mark(label=label):
                    marks.append(label)
                case Havoc(reg=reg):
                    registers[reg] = next(given)
                case Assign(reg=reg, expr=expr):
                    registers[reg] = evaluate(expr, registers)
                case _:
                    raise AssertionError(instr)
        match block.terminator:
            case Jump(target=target):
                pass
            case Branch(condition=condition, then=then, otherwise=otherwise):
                target = then if evaluate(condition, registers) else otherwise
            case End():
                return (*marks, "end")
            case Cut():
                return (*marks, "cut")
        back = place[target] <= place[block.name]
        counts[target] = counts.get(target, 0) + 1 if back else 0
        if counts[target] > bound:
            return (*marks, "cut")
        block = cfg.blocks[target]


def compare(seed: int, bound: int) -> bool:
    """Whether the graph has loops; asserts that no pass changes a run."""
    cfg = make(seed)
    small = simplify_cfg(cfg, SPACE)
    unrolled = unroll(small, bound)
    again = simplify_cfg(unrolled, SPACE)
    assert headers(unrolled) == ()
    for choices in product((0, 1), repeat=len(CHOICES)):
        wanted = trace(cfg, choices, bound)
        for got in (small, unroll(cfg, bound), unrolled, again):
            assert trace(got, choices, bound) == wanted, (seed, choices)
    return bool(headers(small))


@pytest.mark.parametrize("bound", [0, 1, 2])
def test_simplified_graphs_run_as_before(bound: int) -> None:
    assert sum(compare(seed, bound) for seed in range(400)) > 40
