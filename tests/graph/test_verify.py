"""That the checks between the passes find what is wrong."""

from __future__ import annotations

import pytest

from dsl.frozen import replace
from dsl.source import Span
from prover.graph.ir import (
    ActorGraph,
    Apply,
    Assign,
    BasicBlock,
    Branch,
    Cfg,
    Const,
    Cut,
    End,
    Instr,
    Jump,
    Layout,
    Load,
    Mark,
    Met,
    Origin,
    Program,
    Reg,
    Rmw,
    Store,
    Terminator,
    WordKind,
)
from prover.graph.order import LOOP
from prover.graph.values import AddressSpace, Allocation, Pointer
from prover.graph.verify import verify

HERE = Origin(Span("t.khp", 0, 1))
PLACE = Const(Pointer(Allocation("a", 0)))
ONE = Const(1)
LAYOUT = Layout(
    {}, {"w": WordKind("w", 1, (), False), "s": WordKind("s", 1, (), True)}, AddressSpace({})
)


def program(cfg: Cfg) -> Program:
    return Program((ActorGraph("m", "m", cfg),), LAYOUT, (), (), ())


def graph(*body: Instr, end: Terminator | None = None, **more: Terminator) -> Cfg:
    blocks = {"entry": BasicBlock("entry", body, end or End())}
    blocks |= {name: BasicBlock(name, (), terminator) for name, terminator in more.items()}
    return Cfg("m", "entry", blocks)


def load(order: str = "once", part: str = "whole", word: str = "") -> Load:
    return Load("1", PLACE, order, part, word, HERE)


def store(part: str = "whole", word: str = "", update: int = 0) -> Store:
    return Store(PLACE, ONE, "plain", part, word, update, HERE)


def compute(op: str, *args: Const | Reg, params: tuple[str | int, ...] = ()) -> Assign:
    return Assign("1", Apply(op, params, args), HERE)


@pytest.mark.parametrize(
    ("cfg", "acyclic", "found"),
    [
        (graph(end=Jump("nowhere")), False, "no block nowhere"),
        (graph(other=End()), False, "other: not reachable"),
        (graph(end=Jump("entry")), True, "a cycle through entry"),
        (graph(end=Cut(HERE.span)), False, "a cut before unrolling"),
        (graph(end=Branch(ONE, "b", "b"), b=End()), False, "a branch to one place"),
        (replace(graph(end=Jump("b"), b=End()), entry="b"), False, "the first block is not b"),
        (graph(Mark("m", LOOP, HERE)), True, "a loop's mark after unrolling"),
        (graph(Mark("m", "l", HERE), Met("b", HERE)), True, "a met that is not first"),
        (graph(Assign("1", Reg("2"), HERE)), False, "%2 is read but not assigned"),
        (graph(end=Branch(Reg("1"), "a", "b"), a=End(), b=End()), False, "%1 is read"),
        (graph(Rmw("1", PLACE, Reg("2"), ONE, "full", "", HERE)), False, "%2 is read"),
        (graph(Rmw("1", Reg("1"), ONE, ONE, "full", "", HERE)), False, "%1 is read"),
        (graph(Rmw("1", PLACE, ONE, ONE, "mb", "", HERE)), False, "an rmw of order mb"),
        (graph(load(order="release")), False, "a load of order release"),
        (graph(load(part="left")), False, "a load of part left"),
        (graph(load(part="low", word="w")), False, "a half of what is not split"),
        (graph(load(word="x")), False, "no word x"),
        (graph(store(word="w", update=1)), False, "an update of what is not split"),
        (graph(store(update=1)), False, "an update of what is no word"),
        (graph(compute("frob")), False, "no operation frob"),
        (graph(compute("==", ONE)), False, "== with 1 operands"),
        (graph(compute("wrap", ONE)), False, "wrap with 1 operands and 0 parameters"),
    ],
)
def test_what_is_wrong_is_found(cfg: Cfg, acyclic: bool, found: str) -> None:
    texts = verify(program(cfg), acyclic=acyclic)
    assert any(found in text for text in texts), texts


def test_a_register_of_one_branch_only_is_found() -> None:
    one = BasicBlock("a", (Assign("1", ONE, HERE),), Jump("b"))
    two = BasicBlock("b", (Assign("2", Reg("1"), HERE),), End())
    cfg = graph(load(), end=Branch(Reg("1"), "a", "b"))
    entry = replace(cfg.blocks["entry"], body=(replace(load(), reg="0"),))
    entry = replace(entry, terminator=Branch(Reg("0"), "a", "b"))
    texts = verify(program(replace(cfg, blocks={"entry": entry, "a": one, "b": two})), False)
    assert texts == ["m: b: %1 is read but not assigned"]


def test_a_claim_only_looks() -> None:
    wrong = replace(program(graph()), finals=(graph(store()),))
    assert verify(wrong, acyclic=False) == ["m: a claim has a Store"]


def test_nothing_is_wrong_with_what_is_right() -> None:
    assert verify(program(graph(load(), store(part="low", word="s", update=3))), True) == []
