"""Graphs as numbered instructions, with what is still wanted of each register before each.

How much of a register's value is wanted decides how many states there are: nothing, what a
comparison sees of it (its bits, its address), or all of it: whose life a pointer belongs to and
from which word in memory it was got.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prover.graph.instructions import reads, targets, written
from prover.graph.ir import (
    Acquire,
    Apply,
    Assign,
    Assume,
    BasicBlock,
    Branch,
    Cfg,
    Check,
    End,
    Expr,
    GraceWait,
    HeadLook,
    Instr,
    Ipi,
    Origin,
    RcuBarrier,
    Reg,
    Release,
    Rmw,
    SetIrq,
    Store,
    Terminator,
)

BITS, ALL = 1, 2
"""How much of a register is wanted."""

_PASSING = frozenset(
    [
        *("field", "index", "container_of", "half", "read_at", "select"),
        *("word_low", "word_high", "word_join", "word_make"),
    ]
)
"""Operations of which no more is wanted of the operands than of the result."""

_Wanted = dict[str, int]


@dataclass(frozen=True, slots=True)
class Tail:
    """mutex_unlock() looks at the lock once more after it has let it go."""

    address: Expr
    origin: Origin


@dataclass(frozen=True, slots=True)
class GiveBack:
    """The page of a free slot of a typesafe pool is given back: nobody may look there any more."""

    slot: str
    origin: Origin


Op = Instr | Tail | GiveBack | Branch | End
"""What stands at one position; jumps are no positions of their own."""


@dataclass(frozen=True, slots=True)
class Body:
    """One graph, flat.

    ``after`` is the next position; of a branch both, the one where its condition holds first.

    ``wanted`` are the registers wanted before each position; ``follow`` the updates of words
    of which another half-store may come at or after it.
    """

    name: str
    kind: str
    graph: Cfg
    entry: int
    ops: tuple[Op, ...]
    after: tuple[tuple[int, ...], ...]
    wanted: tuple[Mapping[str, int], ...]
    follow: tuple[frozenset[int], ...]
    labels: tuple[str, ...]

    def origin(self, position: int) -> Origin | None:
        """Where the instruction at a position comes from; of a branch or an end, what is near."""
        for at in (*range(position, -1, -1), *range(position, len(self.ops))):
            found = origin_of(self.ops[at])
            if found is not None:
                return found
        return None


def origin_of(op: Op) -> Origin | None:
    """Where one op comes from, None for an end and for a primitive's own test."""
    if isinstance(op, End):
        return None
    found: Origin | None = op.origin
    return found


def page_of(slot: str, origin: Origin) -> Body:
    """The body of the page of a slot, which waits from a free of it, at ``origin``, on."""
    ops = (GiveBack(slot, origin), End())
    graph = Cfg(slot, "page", {"page": BasicBlock("page", (), End())})
    none: Mapping[str, int] = {}
    nothing = frozenset[int]()
    labels = ("page.0", "page.1")
    name = f"page of {slot}"
    return Body(name, "page", graph, 0, ops, ((1,), ()), (none, none), (nothing, nothing), labels)


def flatten(name: str, kind: str, graph: Cfg) -> Body:
    """The body of a graph."""
    ops: list[Op] = []
    starts: dict[str, int] = {}
    labels: list[str] = []
    ends: list[tuple[int, tuple[str, ...]]] = []
    jumps: dict[str, str] = {}
    for block in graph.blocks.values():
        positions = list(_ops(block))
        if not positions:
            jumps[block.name] = targets(block.terminator)[0]
            continue
        starts[block.name] = len(ops)
        ops.extend(positions)
        labels.extend(f"{block.name}.{index}" for index in range(len(positions)))
        ends.append((len(ops) - 1, _ways(block.terminator)))
    starts |= {block: _landing(jumps, starts, block) for block in jumps}
    after: list[tuple[int, ...]] = [(index + 1,) for index in range(len(ops))]
    for index, blocks in ends:
        after[index] = tuple(starts[block] for block in blocks)
    follow = tuple(_follow(ops, after))
    ways = tuple(after)
    wanted = _wanted(ops, ways)
    return Body(
        name, kind, graph, starts[graph.entry], tuple(ops), ways, wanted, follow, tuple(labels)
    )


def _ops(block: BasicBlock) -> Iterator[Op]:
    for instr in block.body:
        # The two alike look at an object that may be gone, and do nothing.
        yield Tail(instr.address, instr.origin) if isinstance(instr, HeadLook) else instr
        if isinstance(instr, Release) and instr.kind == "mutex":
            yield Tail(instr.address, instr.origin)
    match block.terminator:
        case Branch() | End() as op:
            yield op
        case _:
            pass


def _ways(terminator: Terminator) -> tuple[str, ...]:
    match terminator:
        case Branch(then=then, otherwise=otherwise):
            return (then, otherwise)
        case _:
            return targets(terminator)


def _landing(jumps: Mapping[str, str], starts: Mapping[str, int], block: str) -> int:
    """The position that an empty block leads to; itself's, -1, where it only goes round."""
    seen: set[str] = set()
    while block in jumps and block not in seen:
        seen.add(block)
        block = jumps[block]
    return starts.get(block, -1)


# --- what is wanted of registers -------------------------------------------------------------


def _want(expr: Expr, level: int, wanted: _Wanted) -> None:
    """Notes what an expression wants of registers, of which itself ``level`` is wanted."""
    match expr:
        case Reg(name=name):
            wanted[name] = max(wanted.get(name, 0), level)
        case Apply(op=op, args=args):
            for position, arg in enumerate(args):
                if op == "word_to_pointer" or (op == "read_at" and position):
                    _want(arg, ALL, wanted)
                elif op == "select" and position == 0:
                    _want(arg, BITS, wanted)
                else:
                    _want(arg, level if op in _PASSING else BITS, wanted)
        case _:
            return


def _before(op: Op, wanted: _Wanted) -> None:
    """What is wanted after ``op`` becomes what is wanted before it."""
    match op:
        case Branch(condition=condition):
            _want(condition, BITS, wanted)
        case End():
            wanted.clear()
        case Tail(address=address):
            _want(address, ALL, wanted)
        case GiveBack():
            pass
        case Assign(reg=reg, expr=expr):
            level = wanted.pop(reg, 0)
            if level:
                _want(expr, level, wanted)
        case Rmw(reg=reg, address=address, new=new, when=when):
            wanted.pop(reg, None)
            own: _Wanted = {}
            _want(new, ALL, own)
            _want(when, BITS, own)
            own.pop(reg, None)
            for name, level in own.items():
                wanted[name] = max(wanted.get(name, 0), level)
            _want(address, ALL, wanted)
        case _:
            wanted.pop(written(op), None)
            level = BITS if isinstance(op, Check | Assume | SetIrq) else ALL
            for expr in reads(op):
                _want(expr, level, wanted)


def _wanted(ops: list[Op], after: tuple[tuple[int, ...], ...]) -> tuple[Mapping[str, int], ...]:
    """What is wanted before each position: the least fixed point, backwards."""
    before: list[_Wanted] = [{} for _ in ops]
    sources: list[list[int]] = [[] for _ in ops]
    for index, ways in enumerate(after):
        for way in ways:
            if way >= 0:
                sources[way].append(index)
    pending = list(range(len(ops)))
    queued = set(pending)
    while pending:
        index = pending.pop()
        queued.discard(index)
        wanted: _Wanted = {}
        for way in after[index]:
            for name, level in before[way].items() if way >= 0 else ():
                wanted[name] = max(wanted.get(name, 0), level)
        _before(ops[index], wanted)
        if wanted != before[index]:
            before[index] = wanted
            for source in sources[index]:
                if source not in queued:
                    queued.add(source)
                    pending.append(source)
    return tuple(before)


# --- updates ------------------------------------------------------------------------------------


def _follow(ops: list[Op], after: list[tuple[int, ...]]) -> list[frozenset[int]]:
    """The updates of which a half-store stands at or after each position, before the call ends.

    So the last half-store of a call in one round of a loop is the last of its update,
    whatever the next round does.
    """
    found: list[set[int]] = [set() for _ in ops]
    sources: list[list[int]] = [[] for _ in ops]
    for index, ways in enumerate(after):
        for way in ways:
            if way >= 0:
                sources[way].append(index)
    calls = _calls(ops)
    for index, op in enumerate(ops):
        if isinstance(op, Store) and op.update:
            pending = [index]
            while pending:
                at = pending.pop()
                if op.update not in found[at]:
                    found[at].add(op.update)
                    pending.extend(s for s in sources[at] if _inside(ops[s], op.update, calls))
    return [frozenset(each) for each in found]


def _calls(ops: list[Op]) -> frozenset[int]:
    """The numbers of all calls."""
    return frozenset(
        frame.call
        for op in ops
        if not isinstance(op, End) and op.origin is not None
        for frame in op.origin.frames
    )


def _inside(op: Op, update: int, calls: frozenset[int]) -> bool:
    """Whether an instruction is of the call that is an update, or of the two halves of a store."""
    if isinstance(op, Store) and op.update == update:
        return True
    if update not in calls or isinstance(op, End):
        return False
    if op.origin is None:
        return True
    return any(frame.call == update for frame in op.origin.frames)


def may_wait(body: Body) -> bool:
    """Whether somebody in a body may have to wait: for a lock, for others, or in a loop."""
    return any(
        isinstance(op, Acquire | GraceWait | RcuBarrier | Ipi) or any(way <= at for way in ways)
        for at, (op, ways) in enumerate(zip(body.ops, body.after, strict=True))
    )


def expressions(op: Op) -> tuple[Expr, ...]:
    """What an op evaluates."""
    match op:
        case Branch(condition=condition):
            return (condition,)
        case Tail(address=address):
            return (address,)
        case End() | GiveBack():
            return ()
        case _:
            return reads(op)
