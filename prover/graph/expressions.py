"""Building, folding and walking pure expressions."""

from __future__ import annotations

from collections.abc import Mapping

from prover.graph.ir import Apply, Const, Expr, Reg
from prover.graph.values import INTEGER_OPS, POISON, AddressSpace, Half, Poison, Value, apply, truth

EXPRESSIONS = (Const, Reg, Apply)
"""The kinds of expression."""

ZERO = Const(0)
ONE = Const(1)
UNKNOWN = Const(POISON)

_TRUTH_OPS = frozenset(["==", "!=", "!", "bool", "<", "<=", ">", ">=", "&&", "||"])
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_HALF_OPS = frozenset(["half", "word_low", "word_high"])


def registers(expr: Expr) -> list[str]:
    """The registers that ``expr`` reads, left to right, repeats included."""
    match expr:
        case Const():
            return []
        case Reg(name=name):
            return [name]
        case Apply(args=args):
            return [name for arg in args for name in registers(arg)]


def size(expr: Expr) -> int:
    """The number of operators, constants and registers in ``expr``."""
    return 1 + sum(size(arg) for arg in expr.args) if isinstance(expr, Apply) else 1


def is_truth(expr: Expr) -> bool:
    """Whether ``expr`` can only be 0 or 1."""
    match expr:
        case Const(value=value):
            return isinstance(value, int) and value in (0, 1)
        case Apply(op="select", args=(_, then, otherwise)):
            return is_truth(then) and is_truth(otherwise)
        case Apply(op=op):
            return op in _TRUTH_OPS
        case Reg():
            return False


def constant_truth(expr: Expr) -> bool | None:
    """Whether ``expr`` is true or false in every run, None if that depends on the run."""
    if isinstance(expr, Const) and not isinstance(expr.value, Poison):
        return truth(expr.value)
    return None


def branch(condition: Expr, then: str, otherwise: str) -> tuple[Expr, str, str]:
    """The same choice with the plainest condition."""
    match condition:
        case Apply(op="bool", args=(operand,)):
            return operand, then, otherwise
        case Apply(op="!", args=(operand,)):
            return operand, otherwise, then
        case _:
            return condition, then, otherwise


def operation(
    space: AddressSpace, op: str, args: tuple[Expr, ...], params: tuple[str | int, ...] = ()
) -> Expr:
    """``op`` applied to ``args``, computed now as far as that is possible."""
    values = tuple(arg.value for arg in args if isinstance(arg, Const))
    if len(values) == len(args):
        folded = _evaluate(space, op, params, values)
        if folded is not None:
            return folded
    return _identity(space, op, args, params) or Apply(op, params, args)


def _evaluate(
    space: AddressSpace, op: str, params: tuple[str | int, ...], values: tuple[Value, ...]
) -> Const | None:
    """The constant an operation on constants gives, None where it has no value.

    Poison has none; nor have operands of a wrong kind, which only code has that no run gets to.
    """
    if any(isinstance(value, Poison) for value in values):
        return None
    try:
        return Const(apply(space, op, params, values))
    except TypeError:
        return None


def _identity(
    space: AddressSpace, op: str, args: tuple[Expr, ...], params: tuple[str | int, ...]
) -> Expr | None:
    """An equal, smaller expression for ``op`` applied to ``args``, None if there is none."""
    match op, args:
        case "select", (condition, then, otherwise):
            known = constant_truth(condition)
            if known is not None:
                return then if known else otherwise
            return then if then == otherwise else None
        case "&&" | "||", (left, right):
            return _logical(op, left, right) or _logical(op, right, left)
        case "!", (Apply(op=inner, args=inner_args),) if inner in _OPPOSITE:
            return Apply(_OPPOSITE[inner], (), inner_args)
        case "!", (Apply(op="!" | "bool" as inner, args=(operand,)),):
            return operation(space, "bool" if inner == "!" else "!", (operand,))
        case "!=", (Const(value=value), Const(value=Poison())) if not isinstance(value, Poison):
            return ONE
        case "bool", (operand,) if is_truth(operand):
            return operand
        case "half", (Apply(op=inner) as operand,) if inner in _HALF_OPS:
            return operand
        case "word_low", (Apply(op="word_join", args=(low, _)),):
            return operation(space, "half", (low,))
        case "word_high", (Apply(op="word_join", args=(_, high)),):
            return operation(space, "half", (high,))
        case "word_join", (
            Apply(op="word_low", args=(left,)),
            Apply(op="word_high", args=(right,)),
        ) if left == right:
            return left
        case "wrap", (Apply(op="wrap", params=inner_params) as operand,) if inner_params == params:
            return operand
        case "wrap", (operand,) if is_truth(operand) and params != (1, 1):
            return operand
        case _:
            return _neutral(op, args)


def _logical(op: str, operand: Expr, other: Expr) -> Expr | None:
    """``&&`` or ``||`` of two truths, where that is one of them as ``other`` is known."""
    known = constant_truth(other)
    if known is None:
        return None
    return other if known == (op == "||") else operand


def _neutral(op: str, args: tuple[Expr, ...]) -> Expr | None:
    """``x + 0``, ``x | 0`` and the like as ``x``, where ``x`` is surely an integer."""
    if op not in ("+", "-", "|", "^", "<<", ">>") or args[1] != ZERO:
        return None
    left = args[0]
    return left if isinstance(left, Apply) and left.op in INTEGER_OPS else None


def substitute(space: AddressSpace, expr: Expr, known: Mapping[str, Expr]) -> Expr:
    """``expr`` with the registers in ``known`` replaced, folded; itself if it has none of them."""
    match expr:
        case Const():
            return expr
        case Reg(name=name):
            return known.get(name, expr)
        case Apply(op=op, params=params, args=args):
            new = tuple(substitute(space, arg, known) for arg in args)
            if all(one is other for one, other in zip(args, new, strict=True)):
                return expr
            return operation(space, op, new, params)


def half(space: AddressSpace, expr: Expr) -> Expr:
    """``expr`` as a half of a word; its provenance stays."""
    if isinstance(expr, Const) and isinstance(expr.value, Half):
        return expr
    return operation(space, "half", (expr,))


def low(space: AddressSpace, word: Expr) -> Expr:
    """The low half of ``word``."""
    return operation(space, "word_low", (word,))


def high(space: AddressSpace, word: Expr) -> Expr:
    """The high half of ``word``."""
    return operation(space, "word_high", (word,))


def join(space: AddressSpace, low_half: Expr, high_half: Expr) -> Expr:
    """The word of two halves."""
    return operation(space, "word_join", (low_half, high_half))
