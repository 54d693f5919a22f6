"""Statements, expressions and places as trees: their parts, and trees put together anew."""

from __future__ import annotations

import typing
from collections.abc import Callable, Hashable, Mapping
from typing import cast

from dsl import protocol as p
from dsl.frozen import replace
from dsl.source import Span
from prover.graph.walk import children, parts, rebuilt

EXPRESSIONS: tuple[type, ...] = typing.get_args(p.Expr)
STATEMENTS: tuple[type, ...] = typing.get_args(p.Stmt)


def rewritten(node: object, change: Callable[[object], object]) -> object:
    """The tree with each node changed, innermost first; what does not change is the same object."""
    if isinstance(node, tuple):
        items = cast("tuple[object, ...]", node)
        made = tuple(rewritten(each, change) for each in items)
        return items if all(a is b for a, b in zip(items, made, strict=True)) else made
    if children(type(node)) is None:
        return node
    return change(rebuilt(node, lambda name: rewritten(getattr(node, name), change)))


def with_locals(body: p.Block, new: Mapping[int, p.Local]) -> p.Block:
    """The body with other locals in place of some, by the numbers of these."""

    def change(node: object) -> object:
        if isinstance(node, p.LocalPlace | p.Declare) and node.local.number in new:
            return replace(node, local=new[node.local.number])
        return node

    return cast("p.Block", rewritten(body, change))


def with_labels(node: object, suffix: str) -> object:
    """The tree with its labels, and the jumps to them, renamed."""
    own = labels(node)

    def change(inner: object) -> object:
        if isinstance(inner, p.Label | p.Goto) and inner.label in own:
            return replace(inner, label=inner.label + suffix)
        return inner

    return rewritten(node, change) if own else node


def labels(node: object) -> frozenset[str]:
    """The labels in a tree."""
    return frozenset(part.label for part in parts(node) if isinstance(part, p.Label))


def jumps(node: object) -> list[str]:
    """The labels that a tree jumps to, once for each jump."""
    return [part.label for part in parts(node) if isinstance(part, p.Goto)]


def span_of(node: object) -> Span:
    """Where a node stands."""
    return cast("p.Block", node).span


def key_of(stmt: p.Stmt) -> Hashable:
    """What makes two statements of one block versions of the same one."""
    if isinstance(stmt, p.Label):
        return type(stmt), stmt.label
    return type(stmt), stmt.span


def alike(one: object, other: object) -> bool:
    """Whether two nodes differ at most in parts between which can be chosen."""
    if one == other:
        return True
    if isinstance(one, tuple):
        items, others = cast("tuple[object, ...]", one), cast("tuple[object, ...]", other)
        same = isinstance(other, tuple) and len(items) == len(others)
        return same and all(map(_may_differ, items, others))
    names = children(type(one))
    if names is None or type(one) is not type(other):
        return False
    return all(_may_differ(getattr(one, name), getattr(other, name)) for name in names)


def _may_differ(one: object, other: object) -> bool:
    """Whether two parts of nodes that are otherwise equal may take each other's place."""
    if one == other:
        return True
    if isinstance(one, STATEMENTS):
        return isinstance(other, STATEMENTS)
    # A name, and an address, is what it says: between such there is no choice.
    named = p.AddressOf | p.FunctionName | p.PoolName
    if isinstance(one, EXPRESSIONS) and not isinstance(one, named):
        same = isinstance(other, EXPRESSIONS) and not isinstance(other, named)
        return same and cast("p.Constant", one).type == cast("p.Constant", other).type
    return alike(one, other)
