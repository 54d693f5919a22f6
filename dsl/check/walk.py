"""The parts of checked expressions, places and statements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias, assert_never

from dsl import protocol as p
from dsl.check.flow import statements

Part: TypeAlias = p.Expr | p.Place


def parts(part: Part) -> tuple[Part, ...]:
    """The expressions and places directly inside, in the order they are evaluated."""
    match part:
        case p.Constant() | p.ConfigValue() | p.FunctionName() | p.PoolName() | p.Choose():
            return ()
        case p.LocalPlace() | p.ObjectPlace():
            return ()
        case p.DerefPlace(pointer):
            return (pointer,)
        case p.FieldPlace(base):
            return (base,)
        case p.IndexPlace(base, index):
            return (base, index)
        case p.Read(place) | p.AddressOf(place):
            return (place,)
        case p.Unary(_, operand) | p.Cast(operand):
            return (operand,)
        case p.Binary(_, left, right) | p.Logical(_, left, right):
            return (left, right)
        case p.Conditional(condition, then, otherwise):
            return (condition, then, otherwise)
        case p.WordMake(_, _, argument):
            return () if argument is None else (argument,)
        case p.ContainerOf(pointer):
            return (pointer,)
        case p.Assign(target, _, value):
            return (target, value)
        case p.CallFunction(_, arguments) | p.CallPrimitive(_, arguments):
            return arguments
        case _:
            assert_never(part)


def deep(part: Part) -> Iterator[Part]:
    """The part and all inside it."""
    stack = [part]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(reversed(parts(top)))


def expressions(body: p.Stmt) -> Iterator[p.Expr]:
    """The expressions that stand directly in the statements of a body."""
    for stmt in statements(body):
        yield from own_expressions(stmt)


def own_expressions(stmt: p.Stmt) -> Iterator[p.Expr]:
    """The expressions that stand directly in one statement."""
    match stmt:
        case p.Evaluate(expr):
            yield expr
        case p.If(condition) | p.Switch(condition):
            yield condition
        case p.Loop():
            yield stmt.condition
        case p.Return(value) if value is not None:
            yield value
        case _:
            pass
