"""What instructions read, write and contain, and how to rewrite them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, assert_never

from dsl.frozen import replace
from prover.graph.ir import (
    Acquire,
    Alloc,
    Assign,
    Assume,
    BasicBlock,
    Branch,
    CallRcu,
    Cfg,
    Check,
    Cut,
    Downgrade,
    End,
    Enter,
    Expr,
    Fence,
    Free,
    GraceWait,
    Havoc,
    HeadLook,
    Holds,
    Instr,
    Ipi,
    IrqsDisabled,
    IsLocked,
    Jump,
    Leave,
    Load,
    LockInit,
    Mark,
    Met,
    MightSleep,
    Program,
    RcuBarrier,
    Release,
    Rmw,
    SetIrq,
    Spin,
    SrcuEnter,
    SrcuLeave,
    Store,
    Terminator,
    TryAcquire,
    Watch,
)

STORES = (Store, Rmw, LockInit, Acquire, TryAcquire, Release, Downgrade, SrcuLeave, Free)
"""What may store."""


def rewrite(instr: Instr, change: Callable[[Expr], Expr]) -> Instr:
    """``instr`` with every expression in it changed; graphs inside it stay.

    It is the same object where ``change`` answers the same objects.
    """
    changes: dict[str, Any] = {}
    for name in _fields_read(instr):
        old = getattr(instr, name)
        new = change(old)
        if new is not old:
            changes[name] = new
    return replace(instr, **changes) if changes else instr


def reads(instr: Instr) -> tuple[Expr, ...]:
    """The expressions that ``instr`` evaluates, in order.

    Those of an Rmw may name its own register, which is the value it reads.
    """
    return tuple(getattr(instr, name) for name in _fields_read(instr))


def _fields_read(instr: Instr) -> tuple[str, ...]:
    """The fields of ``instr`` that hold expressions."""
    if isinstance(instr, CallRcu | GraceWait | RcuBarrier) and instr.domain is None:
        # Only what waits for readers of SRCU has a domain.
        return _FIELDS[type(instr)][:-1]
    return _FIELDS[type(instr)]


_FIELDS: dict[type[Instr], tuple[str, ...]] = {
    Assign: ("expr",),
    SrcuEnter: ("address",),
    SrcuLeave: ("address", "index"),
    **dict.fromkeys((Load, LockInit, Acquire, TryAcquire, Release, IsLocked), ("address",)),
    **dict.fromkeys((Downgrade, HeadLook, Holds), ("address",)),
    Store: ("address", "value"),
    Rmw: ("address", "new", "when"),
    SetIrq: ("off",),
    CallRcu: ("address", "argument", "domain"),
    **dict.fromkeys((GraceWait, RcuBarrier), ("domain",)),
    Ipi: ("wait",),
    Free: ("pointer",),
    **dict.fromkeys((Check, Assume), ("condition",)),
    **dict.fromkeys(
        (Havoc, Fence, Enter, Leave, IrqsDisabled, MightSleep, Alloc, Watch, Mark, Met), ()
    ),
}


_FIELD_WRITTEN: dict[type[Instr], str] = {
    **dict.fromkeys((Assign, Havoc, Load, Rmw, TryAcquire, IsLocked), "reg"),
    **dict.fromkeys((IrqsDisabled, Alloc, SrcuEnter, Holds), "reg"),
    SetIrq: "save",
}


def written(instr: Instr) -> str:
    """The register that ``instr`` assigns, "" for none."""
    name = _FIELD_WRITTEN.get(type(instr))
    reg: str = "" if name is None else getattr(instr, name)
    return reg


def with_inner(instr: Instr, change: Callable[[Cfg], Cfg]) -> Instr:
    """``instr`` with the graph inside it, if any, changed."""
    match instr:
        case CallRcu():
            return replace(instr, callback=change(instr.callback))
        case Ipi():
            return replace(instr, handler=change(instr.handler))
        case _:
            return instr


def inner(instr: Instr) -> Cfg | None:
    """The graph of the callback or handler that ``instr`` starts."""
    match instr:
        case CallRcu():
            return instr.callback
        case Ipi():
            return instr.handler
        case _:
            return None


def change_inner(cfg: Cfg, change: Callable[[Cfg], Cfg]) -> Cfg:
    """``cfg`` with every callback's and handler's graph changed."""
    blocks = {
        name: with_body(block, tuple([with_inner(instr, change) for instr in block.body]))
        if any(isinstance(instr, CallRcu | Ipi) for instr in block.body)
        else block
        for name, block in cfg.blocks.items()
    }
    return replace(cfg, blocks=blocks)


def with_body(block: BasicBlock, body: tuple[Instr, ...]) -> BasicBlock:
    """``block`` with another body."""
    return BasicBlock(block.name, body, block.terminator)


def change_graphs(
    program: Program,
    change: Callable[[Cfg], Cfg],
    change_claim: Callable[[Cfg], Cfg] | None = None,
    done: frozenset[int] = frozenset(),
) -> Program:
    """``program`` with every graph changed; instances that shared one graph still do.

    Actors' graphs whose identity is in ``done`` stay as they are.
    """
    changed: dict[int, Cfg] = {}
    for actor in program.actors:
        if id(actor.graph) not in changed:
            stays = id(actor.graph) in done
            changed[id(actor.graph)] = actor.graph if stays else change(actor.graph)
    claim = change_claim or change
    return replace(
        program,
        actors=tuple(replace(actor, graph=changed[id(actor.graph)]) for actor in program.actors),
        finals=tuple(claim(cfg) for cfg in program.finals),
        invariants=tuple(claim(cfg) for cfg in program.invariants),
    )


def targets(terminator: Terminator) -> tuple[str, ...]:
    """The blocks control may go to, without repeats."""
    match terminator:
        case Jump(target=target):
            return (target,)
        case Branch(then=then, otherwise=otherwise):
            return (then,) if then == otherwise else (then, otherwise)
        case End() | Cut() | Spin():
            return ()
        case _:
            assert_never(terminator)


def retarget(terminator: Terminator, change: Callable[[str], str]) -> Terminator:
    """``terminator`` with every target changed; a branch to one place becomes a jump.

    It is the same object where ``change`` answers the same targets.
    """
    match terminator:
        case Jump(target=target):
            new = change(target)
            return terminator if new == target else Jump(new)
        case Branch(then=then, otherwise=otherwise):
            new_then, new_otherwise = change(then), change(otherwise)
            if then == new_then != new_otherwise == otherwise:
                return terminator
            if new_then == new_otherwise:
                return Jump(new_then)
            return replace(terminator, then=new_then, otherwise=new_otherwise)
        case End() | Cut() | Spin():
            return terminator
        case _:
            assert_never(terminator)


def instructions(cfg: Cfg) -> Iterator[Instr]:
    """Every instruction of ``cfg``, block by block; graphs inside are not entered."""
    for block in cfg.blocks.values():
        yield from block.body


def chosen_in(cfg: Cfg) -> frozenset[str]:
    """The registers that a ``?:`` leaves its value in."""
    ends = (block.terminator for block in cfg.blocks.values())
    return frozenset(
        end.chooses.reg for end in ends if isinstance(end, Branch) and end.chooses is not None
    )


def count(blocks: Iterator[BasicBlock]) -> int:
    """The number of instructions in ``blocks``, those of graphs inside included."""
    total = 0
    for block in blocks:
        for instr in block.body:
            graph = inner(instr)
            total += 1 + (count(iter(graph.blocks.values())) if graph is not None else 0)
    return total
