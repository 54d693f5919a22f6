"""Whether control can run off the end of a function's body."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from dsl import protocol as p
from dsl.check.constants import evaluate


def falls_off(body: p.Block) -> bool:
    """Whether the end of ``body`` can be reached, whatever the conditions are."""
    targets = frozenset(_targets(body))
    return _falls(body, True, targets)


def _targets(stmt: p.Stmt) -> Iterator[str]:
    for each in statements(stmt):
        if isinstance(each, p.Goto):
            yield each.label


def inner(stmt: p.Stmt) -> tuple[p.Stmt, ...]:
    """The statements directly inside a statement."""
    match stmt:
        case p.Block(body):
            return body
        case p.If(_, then, otherwise):
            return (then, otherwise)
        case p.Loop():
            return (stmt.init, stmt.body, stmt.step)
        case p.Switch(_, cases):
            return tuple(block for _, _, block in cases)
        case p.Label(_, body):
            return (body,)
        case p.ChooseBranch(branches):
            return branches
        case _:
            return ()


def statements(stmt: p.Stmt) -> Iterator[p.Stmt]:
    """The statement and all inside it, in the order of the text."""
    stack = [stmt]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(reversed(inner(top)))


def _falls(stmt: p.Stmt, reached: bool, targets: frozenset[str]) -> bool:
    """Whether the end of ``stmt`` is reached, given whether its start is."""
    match stmt:
        case p.Block(body):
            for each in body:
                reached = _falls(each, reached, targets)
            return reached
        case p.Label(name, body):
            return _falls(body, reached or name in targets, targets)
        case p.Return() | p.Goto() | p.Break() | p.Continue():
            return False
        case p.Evaluate(p.CallPrimitive("BUG")):
            return False
        case p.Evaluate() | p.Declare():
            return reached
        case p.If(_, then, otherwise):
            first = _falls(then, reached, targets)
            return _falls(otherwise, reached, targets) or first
        case p.ChooseBranch(branches):
            ends = [_falls(branch, reached, targets) for branch in branches]
            return any(ends)
        case p.Loop():
            alive = reached or _entered(stmt.body, targets)
            return alive and (not evaluate(stmt.condition) or _breaks(stmt.body))
        case p.Switch(_, cases):
            end = reached and not any(default for _, default, _ in cases)
            through = False
            for _, _, block in cases:
                through = _falls(block, reached or through, targets)
                end = end or _breaks(block)
            return end or through
        case _:
            assert_never(stmt)


def _entered(stmt: p.Stmt, targets: frozenset[str]) -> bool:
    return any(isinstance(each, p.Label) and each.label in targets for each in statements(stmt))


def _breaks(stmt: p.Stmt) -> bool:
    """Whether a ``break`` inside leaves the loop or switch around ``stmt``."""
    if isinstance(stmt, p.Break):
        return True
    if isinstance(stmt, p.Loop | p.Switch):
        return False
    return any(_breaks(each) for each in inner(stmt))
