"""Registers with one value each: a register that is set again gets a new name.

A litmus test may keep an address and later a number in one register; a local has one type.
What is set under an ``if`` stays the register it was.
"""

from __future__ import annotations

from typing import assert_never

from dsl.frozen import replace
from dsl.litmus import syntax as s
from tests.weak.kinds import assigned


def split_registers(litmus: s.Litmus) -> s.Litmus:
    """The test with new names for registers that are set again."""
    last: dict[tuple[int, str], str] = {}
    processes: list[s.Process] = []
    for process in litmus.processes:
        initial = {i.name for i in litmus.initial if i.process == process.number}
        versions = _Versions(set(assigned(process.body)) | initial, initial)
        processes.append(replace(process, body=versions.block(process.body, certain=True)))
        last.update({(process.number, name): new for name, new in versions.now.items()})
    return replace(
        litmus,
        processes=tuple(processes),
        condition=_renamed(litmus.condition, last),
        filter=None if litmus.filter is None else _renamed(litmus.filter, last),
    )


class _Versions:
    """One process; ``now`` has the name that stands for a register."""

    def __init__(self, names: set[str], initial: set[str]) -> None:
        self.now = {name: name for name in names}
        self._taken = set(names)
        self._set = set(initial)

    def block(self, block: s.Block, *, certain: bool) -> s.Block:
        """Statements in order; ``certain`` if they are under no condition."""
        body = tuple(self._statement(stmt, certain=certain) for stmt in block.body)
        return replace(block, body=body)

    def _statement(self, stmt: s.Stmt, *, certain: bool) -> s.Stmt:
        match stmt:
            case s.Declare(name=name, value=value):
                if value is None:
                    return stmt
                value = self._expr(value)
                return s.Declare(self._target(name, certain=certain), value, stmt.span)
            case s.Assign(target=target, value=value):
                value = self._expr(value)
                if isinstance(target, s.Name):
                    name = self._target(target.name, certain=certain)
                    return replace(stmt, target=replace(target, name=name), value=value)
                place = replace(target, pointer=self._expr(target.pointer))
                return replace(stmt, target=place, value=value)
            case s.Evaluate(value=value):
                return replace(stmt, value=self._expr(value))
            case s.If(condition=condition, then=then, otherwise=otherwise):
                return s.If(
                    self._expr(condition),
                    self.block(then, certain=False),
                    self.block(otherwise, certain=False),
                    stmt.span,
                )
            case s.Block():
                return self.block(stmt, certain=certain)
            case _:
                assert_never(stmt)

    def _target(self, name: str, *, certain: bool) -> str:
        """The name of a register that is set."""
        if certain and name in self._set:
            number = 2
            while f"{name}_{number}" in self._taken:
                number += 1
            self.now[name] = f"{name}_{number}"
            self._taken.add(self.now[name])
        self._set.add(name)
        return self.now[name]

    def _expr(self, expr: s.Expr) -> s.Expr:
        match expr:
            case s.Name(name=name):
                return replace(expr, name=self.now.get(name, name))
            case s.Number() | s.AddressOf():
                # A node of its own for each place: what is known of it is kept by identity.
                return replace(expr)
            case s.Deref(pointer=pointer):
                return replace(expr, pointer=self._expr(pointer))
            case s.Unary(operand=operand):
                return replace(expr, operand=self._expr(operand))
            case s.Binary(left=left, right=right):
                return replace(expr, left=self._expr(left), right=self._expr(right))
            case s.Conditional(condition=condition, then=then, otherwise=otherwise):
                one, two = self._expr(then), self._expr(otherwise)
                return s.Conditional(self._expr(condition), one, two, expr.span)
            case s.Call(arguments=arguments):
                return replace(expr, arguments=tuple(map(self._expr, arguments)))
            case _:
                assert_never(expr)


def _renamed(condition: s.Condition, last: dict[tuple[int, str], str]) -> s.Condition:
    """A condition on what the registers are called at the end."""

    def place(found: s.FinalRegister | s.FinalLocation) -> s.FinalRegister | s.FinalLocation:
        if isinstance(found, s.FinalLocation):
            return found
        return replace(found, name=last.get((found.process, found.name), found.name))

    match condition:
        case s.Equal(left=left, value=value):
            other = value if isinstance(value, int | str) else place(value)
            return replace(condition, left=place(left), value=other)
        case s.Negation(inner=inner):
            return s.Negation(_renamed(inner, last))
        case s.Conjunction(parts=parts):
            return s.Conjunction(tuple(_renamed(part, last) for part in parts))
        case s.Disjunction(parts=parts):
            return s.Disjunction(tuple(_renamed(part, last) for part in parts))
        case _:
            assert_never(condition)
