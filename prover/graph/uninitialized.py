"""Which reads of locals can be reads of nothing.

Lowering checks every read of a local that was declared without a value.  Here
the checks go whose local surely has one::

    entry:                                      entry:
        %x = poison                                 branch %c ? then : else
        branch %c ? then : else          =>     then:
    then:                                           %x = 1
        %x = 1                                      jump done
        check uninitialized (%x != poison)
        jump done

A register that no check is left for is never read without a value, so that it
need not be emptied either.
"""

from __future__ import annotations

from collections.abc import Mapping

from dsl.frozen import replace
from prover.graph.instructions import targets, with_body, written
from prover.graph.ir import Apply, Assign, BasicBlock, Cfg, Check, Const, Instr, Reg
from prover.graph.values import Poison


def drop_needless_checks(cfg: Cfg) -> Cfg:
    """``cfg`` without the checks of registers that no path leaves without a value."""
    before = _may_be_empty(cfg)
    blocks = {name: _cleaned(block, before[name]) for name, block in cfg.blocks.items()}
    checked = {_checked(i) for block in blocks.values() for i in block.body if isinstance(i, Check)}

    def kept(instr: Instr) -> bool:
        return not _empties(instr) or written(instr) in checked

    return replace(
        cfg,
        blocks={
            name: block
            if all(map(kept, block.body))
            else with_body(block, tuple(filter(kept, block.body)))
            for name, block in blocks.items()
        },
    )


def _empties(instr: Instr) -> bool:
    """Whether ``instr`` leaves its register without a value."""
    match instr:
        case Assign(expr=Const(value=Poison())):
            return True
        case _:
            return False


def _may_be_empty(cfg: Cfg) -> Mapping[str, frozenset[str]]:
    """Block -> the registers that some path to its start leaves without a value."""
    before: dict[str, frozenset[str]] = {name: frozenset() for name in cfg.blocks}
    pending = list(cfg.blocks)[::-1]
    while pending:
        name = pending.pop()
        block = cfg.blocks[name]
        after = before[name]
        for instr in block.body:
            after = _step(instr, after)
        for target in targets(block.terminator):
            if not after <= before[target]:
                before[target] |= after
                pending.append(target)
    return before


def _step(instr: Instr, empty: frozenset[str]) -> frozenset[str]:
    """The registers without a value after ``instr``."""
    if _empties(instr):
        return empty | {written(instr)}
    if not empty:
        return empty
    reg = _checked(instr) if isinstance(instr, Check) else written(instr)
    return empty - {reg} if reg in empty else empty


def _checked(check: Check) -> str:
    """The register that an ``uninitialized`` check is about, "" for other checks."""
    match check:
        case Check(
            property="uninitialized",
            condition=Apply(op="!=", args=(Reg(name=name), Const(value=Poison()))),
        ):
            return name
        case _:
            return ""


def _cleaned(block: BasicBlock, empty: frozenset[str]) -> BasicBlock:
    kept: list[Instr] = []
    for instr in block.body:
        reg = _checked(instr) if isinstance(instr, Check) else ""
        if not reg or reg in empty:
            kept.append(instr)
        empty = _step(instr, empty)
    return block if len(kept) == len(block.body) else with_body(block, tuple(kept))
