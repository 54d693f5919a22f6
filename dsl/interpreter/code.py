"""Compiled bodies: flat lists of micro-ops with jumps.

An op is *shared* when it touches what other actors can see; a step runs one
shared op and everything local after it up to the next shared one.  An op may
turn out to be local when it is reached (``local_if``): its place is a caller's
local, or it nests in a region that is open already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dsl.interpreter.state import Frame
from dsl.interpreter.work import Work
from dsl.source import Span


@dataclass(slots=True)
class Label:
    """A place in the code, known once the code is complete."""

    position: int = -1


def once(_: Work) -> tuple[int, ...]:
    """The one alternative of an op that is always possible."""
    return (0,)


def nobody(_: Work) -> frozenset[str]:
    """The actors that an op which never blocks waits for."""
    return frozenset()


def never(_: Work) -> bool:
    """An op that is never local."""
    return False


@dataclass(slots=True)
class Op:
    """One micro-op.

    ``run`` performs alternative ``choice`` (jumps by setting ``work.pc``); it
    raises :class:`~dsl.interpreter.values.Violated` before changing anything,
    or leaves a state that is final.  ``choices`` are the alternatives possible
    now (none: blocked), ``lasting`` those that are left as long as nobody else does
    anything, where they are fewer; ``blockers`` who must act before there is one (``*``:
    anybody).  ``reads``/``writes`` are registers, for liveness.  ``calls`` names a function that
    runs now, ``starts`` one that somebody will run: a callback, or a handler.
    """

    run: Callable[[Work, int], None]
    span: Span
    text: str = ""
    shared: bool = False
    local_if: Callable[[Work], bool] = never
    fork: bool = False
    choices: Callable[[Work], tuple[int, ...]] = once
    lasting: Callable[[Work], tuple[int, ...]] | None = None
    blockers: Callable[[Work], frozenset[str]] = nobody
    reads: tuple[int, ...] = ()
    writes: int = -1
    targets: tuple[Label, ...] = ()
    falls: bool = True
    stores_half: bool = False
    calls: str = ""
    starts: str = ""


@dataclass(slots=True)
class Code:
    """One compiled body.

    ``dead`` gives, per op, the registers whose values nobody reads from there on;
    ``pending_halves``, per op, whether a half of a word can still be stored
    in this call from there on.  ``update`` marks an ``update`` function, ``worker`` what runs a
    callback of ``call_srcu()``: register 0 is its argument, 1 the domain.
    """

    name: str
    number: int
    update: bool
    registers: int
    parameters: tuple[int, ...]
    span: Span
    ops: list[Op] = field(default_factory=list[Op])
    dead: list[tuple[int, ...]] = field(default_factory=list[tuple[int, ...]])
    pending_halves: list[bool] = field(default_factory=list[bool])
    stores_halves: bool = False
    worker: bool = False


def may_block(codes: list[Code], number: int) -> bool:
    """Whether a body, or one that it calls, has an op that may have to wait."""
    by_name = {code.name: code.number for code in codes}
    seen, todo = {number}, [number]
    while todo:
        for index, op in enumerate(codes[todo.pop()].ops):
            # Who goes back may go round for ever.
            if op.blockers is not nobody or any(to.position <= index for to in op.targets):
                return True
            called = by_name.get(op.calls, -1)
            if called >= 0 and called not in seen:
                seen.add(called)
                todo.append(called)
    return False


def may_call(codes: list[Code], frames: tuple[Frame, ...], text: str) -> bool:
    """Whether an op of that text may come yet in some frames, or in what they call or start."""
    by_name = {code.name: code.number for code in codes}
    todo = [(frame.code, frame.pc) for frame in frames]
    seen: set[tuple[int, int]] = set()
    while todo:
        here = todo.pop()
        number, pc = here
        if here in seen or pc >= len(codes[number].ops):
            continue
        seen.add(here)
        op = codes[number].ops[pc]
        if op.text == text:
            return True
        todo.extend((by_name[each], 0) for each in (op.calls, op.starts) if each in by_name)
        todo.extend((number, following) for following in successors(codes[number], pc))
    return False


def successors(code: Code, pc: int) -> tuple[int, ...]:
    """The ops that may run after ``pc`` in the same call."""
    op = code.ops[pc]
    following = tuple(label.position for label in op.targets)
    if op.falls and pc + 1 < len(code.ops):
        return (pc + 1, *following)
    return following


def finish(code: Code, always_live: frozenset[int]) -> None:
    """Computes :attr:`Code.dead` by backward liveness."""
    count = len(code.ops)
    live: list[frozenset[int]] = [always_live] * count
    changed = True
    while changed:
        changed = False
        for pc in range(count - 1, -1, -1):
            op = code.ops[pc]
            after = always_live.union(*(live[s] for s in successors(code, pc)))
            before = (after - {op.writes} if op.writes not in always_live else after).union(
                op.reads
            )
            if before != live[pc]:
                live[pc] = before
                changed = True
    registers = range(code.registers)
    code.dead = [tuple(r for r in registers if r not in live[pc]) for pc in range(count)]


def mark_half_stores(codes: list[Code]) -> None:
    """Computes where a half of a word can still be stored, through calls."""
    by_name = {code.name: code for code in codes}
    changed = True
    while changed:
        changed = False
        for code in codes:
            stores = any(
                op.stores_half or (op.calls and by_name[op.calls].stores_halves) for op in code.ops
            )
            if stores != code.stores_halves:
                code.stores_halves = changed = True
    for code in codes:
        _reach_half_stores(code, by_name)


def _reach_half_stores(code: Code, by_name: dict[str, Code]) -> None:
    def stores(op: Op) -> bool:
        return op.stores_half or (op.calls != "" and by_name[op.calls].stores_halves)

    code.pending_halves = [stores(op) for op in code.ops]
    changed = True
    while changed:
        changed = False
        for pc in range(len(code.ops) - 1, -1, -1):
            if not code.pending_halves[pc]:
                if any(code.pending_halves[s] for s in successors(code, pc)):
                    code.pending_halves[pc] = changed = True
