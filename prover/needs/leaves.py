"""The operands of an ``if``'s condition that can be decided one by one.

Where the condition is to be false, each operand of its ``||`` is one; where it is to be true,
each of its ``&&``.  What does not split is one operand.
"""

from __future__ import annotations

from dsl import protocol as p
from dsl.frozen import replace
from dsl.types import BOOL
from prover.kin.bodies import switched

_SAME = ("likely", "unlikely")


def hint(condition: p.Expr) -> str:
    """``likely``, ``unlikely``, or nothing."""
    found = condition
    while isinstance(found, p.Cast):
        found = found.operand
    named = isinstance(found, p.CallPrimitive) and found.primitive in _SAME
    return found.primitive if isinstance(found, p.CallPrimitive) and named else ""


def leaves(condition: p.Expr, *, value: bool) -> list[p.Expr]:
    """The operands, in the order of the text, each of which may be taken to be ``value``."""
    inner = _inside(condition)
    if inner is not None:
        return leaves(inner, value=value)
    if isinstance(condition, p.Logical) and condition.op == ("&&" if value else "||"):
        return [*leaves(condition.left, value=value), *leaves(condition.right, value=value)]
    return [condition]


def _inside(condition: p.Expr) -> p.Expr | None:
    """What a conversion or a hint is around."""
    if isinstance(condition, p.Cast) and condition.type == BOOL:
        return condition.operand
    if isinstance(condition, p.CallPrimitive) and condition.primitive in _SAME:
        return condition.arguments[0]
    return None


def without_leaf(
    condition: p.Expr, leaf: int, *, value: bool, keep: bool, switch: str = ""
) -> p.Expr:
    """The condition with one operand taken to be ``value``; with ``keep`` it is evaluated first.

    With a ``switch`` it is so where that is on.
    """
    inner = _inside(condition)
    if inner is not None:
        made = without_leaf(inner, leaf, value=value, keep=keep, switch=switch)
        if isinstance(condition, p.Cast):
            return replace(condition, operand=made)
        assert isinstance(condition, p.CallPrimitive)
        return replace(condition, arguments=(made,))
    if isinstance(condition, p.Logical) and condition.op == ("&&" if value else "||"):
        count = len(leaves(condition.left, value=value))
        if leaf < count:
            left = without_leaf(condition.left, leaf, value=value, keep=keep, switch=switch)
            return replace(condition, left=left)
        right = without_leaf(condition.right, leaf - count, value=value, keep=keep, switch=switch)
        return replace(condition, right=right)
    span = condition.span
    decided: p.Expr = p.Constant(int(value), BOOL, span)
    if keep:
        decided = p.Logical("||" if value else "&&", condition, decided, BOOL, span)
    if not switch:
        return decided
    on = switched(switch, span)
    if keep:
        return p.Conditional(on, decided, condition, BOOL, span)
    # As an operator, so that what is behind it depends on what it did before.
    if value:
        return p.Logical("||", on, condition, BOOL, span)
    return p.Logical("&&", p.Unary("!", on, BOOL, span), condition, BOOL, span)
