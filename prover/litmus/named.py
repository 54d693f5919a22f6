"""Which locations a test names where it declares none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from dsl.litmus import syntax as s


def addressed(litmus: s.Litmus) -> Iterator[str]:
    """The locations that ``&x`` names."""
    waiting: list[s.Stmt | s.Expr] = [process.body for process in reversed(litmus.processes)]
    while waiting:
        part = waiting.pop()
        match part:
            case s.AddressOf(name=name):
                yield name
            case s.Block(body=body):
                waiting.extend(reversed(body))
            case s.Declare(value=value):
                waiting.extend(() if value is None else (value,))
            case s.Assign(target=target, value=value):
                waiting += (value, target)
            case s.Evaluate(value=value):
                waiting.append(value)
            case s.If(condition=condition, then=then, otherwise=otherwise):
                waiting += (otherwise, then, condition)
            case s.Conditional(condition=condition, then=then, otherwise=otherwise):
                waiting += (otherwise, then, condition)
            case s.Deref(pointer=inner) | s.Unary(operand=inner):
                waiting.append(inner)
            case s.Binary(left=left, right=right):
                waiting += (right, left)
            case s.Call(arguments=arguments):
                waiting.extend(reversed(arguments))
            case s.Number() | s.Name():
                pass
            case _:
                assert_never(part)


def asked(litmus: s.Litmus) -> Iterator[str]:
    """The locations whose final value is asked for."""
    waiting: list[s.Condition] = [litmus.condition]
    if litmus.filter is not None:
        waiting.append(litmus.filter)
    while waiting:
        part = waiting.pop()
        match part:
            case s.Equal(left=left, value=value):
                yield from (w.name for w in (left, value) if isinstance(w, s.FinalLocation))
            case s.Negation(inner=inner):
                waiting.append(inner)
            case s.Conjunction(parts=parts) | s.Disjunction(parts=parts):
                waiting.extend(reversed(parts))
            case _:
                assert_never(part)
    yield from (w.name for w in litmus.locations if isinstance(w, s.FinalLocation))
