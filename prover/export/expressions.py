"""Expressions as the C of litmus tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from dsl.source import Span
from prover.export.places import Places
from prover.export.refusals import VALUE, refuse
from prover.graph.expressions import ONE, ZERO, is_truth
from prover.graph.ir import Apply, Const, Expr, Reg
from prover.graph.values import Pointer

_INFIX: Final = frozenset("+ - * & | ^ == != < <= > >= && ||".split())
_BY_CONSTANT: Final = frozenset("/ % << >>".split())
"""What has a result only for some right operands, which a constant shows to be there."""

_OPPOSITE: Final[Mapping[str, str]] = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
}
_SAME: Final = frozenset(["word_bits", "word_of_bits", "half"])
"""Conversions between numbers and words of the same bits."""

_LOW: Final = 0xFFFF_FFFF


@dataclass(slots=True)
class Writing:
    """Writes the expressions of one process.

    ``register`` names a register; ``before`` takes a line that must stand before the statement;
    ``fresh`` declares a register of the test; ``outcomes`` are registers that hold only whether
    their expression holds.
    """

    places: Places
    register: Callable[[str], str]
    fresh: Callable[[], str]
    before: Callable[[str], None]
    use: Callable[[str], None]
    outcomes: dict[str, Expr] = field(default_factory=dict[str, Expr])

    def value(self, expr: Expr, span: Span) -> str:
        """``expr`` without brackets around it."""
        text = self.operand(expr, span)
        return text[1:-1] if text.startswith("(") else text

    def condition(self, expr: Expr, span: Span, *, holds: bool = True) -> str:
        """``expr``, or its opposite, as a condition."""
        if holds:
            return self.value(expr, span)
        if isinstance(expr, Apply) and expr.op in _OPPOSITE:
            return self.value(Apply(_OPPOSITE[expr.op], expr.params, expr.args), span)
        if isinstance(expr, Apply) and expr.op in ("!", "bool"):
            return self.condition(expr.args[0], span, holds=expr.op == "!")
        return f"{self.operand(expr, span)} == 0"

    def operand(self, expr: Expr, span: Span) -> str:
        """``expr``, in brackets if it has operators."""
        match expr:
            case Const(value=value):
                found = self.places.constant(value, span)
                if isinstance(found, str):
                    self.use(found)
                return str(found)
            case Reg(name=name):
                if name in self.outcomes:
                    message = "what this atomic operation has read is not in a litmus test"
                    raise refuse(VALUE, message, span, "use only whether it has succeeded")
                return self.register(name)
            case Apply(op="==" | "!=" as op, args=(Reg(name=name), limit)) if (
                self.outcomes.get(name) == limit
            ):
                return self.register(name) if op == "!=" else f"({self.register(name)} == 0)"
            case Apply():
                return self._apply(expr, span)

    def _apply(self, expr: Apply, span: Span) -> str:
        op, args = expr.op, expr.args
        if op in _INFIX or (op in _BY_CONSTANT and _in_range(op, args[1])):
            return f"({self.operand(args[0], span)} {op} {self.operand(args[1], span)})"
        if op in _SAME:
            return self.operand(args[0], span)
        match op:
            case "!":
                return f"({self.operand(args[0], span)} == 0)"
            case "bool":
                return f"({self.operand(args[0], span)} != 0)"
            case "~":
                return f"(-1 - {self.operand(args[0], span)})"
            case "neg":
                return f"(0 - {self.operand(args[0], span)})"
            case "wrap":
                return self._wrap(expr, span)
            case "select":
                return self._select(args[0], args[1], args[2], span)
            case "word_low":
                return f"({self.operand(args[0], span)} & {_LOW})"
            case "word_high":
                return f"(({self.operand(args[0], span)} >> 32) & {_LOW})"
            case "word_join":
                low, high = (self.operand(arg, span) for arg in args)
                return f"({low} | ({high} << 32))"
            case "field":
                # Every pointer in the test leads to one cell, so this is the same address.
                return self.operand(args[0], span)
            case _:
                raise refuse(VALUE, f"a litmus test has no {_named(op)}", span, _hint(op))

    def _wrap(self, expr: Apply, span: Span) -> str:
        """A number brought into its type."""
        bits, signed = expr.params
        inner = expr.args[0]
        assert isinstance(bits, int)
        op = inner.op if isinstance(inner, Apply) else ""
        if not signed and bits <= 32:
            return f"({self.operand(inner, span)} & {(1 << bits) - 1})"
        fits = ("+", "-", "*", "/", "<<", "neg", "~") if signed else ("+", "*", "/", "<<", "|", "&")
        if bits >= 32 and op in fits:
            return self.operand(inner, span)
        message = "a litmus test has only whole numbers, and this conversion may change one"
        raise refuse(VALUE, message, span, "use `int` throughout")

    def _select(self, condition: Expr, then: Expr, otherwise: Expr, span: Span) -> str:
        """``&&`` and ``||`` as such, any other choice in a register of its own."""
        if is_truth(then) and otherwise == ZERO:
            return f"({self.operand(condition, span)} && {self.operand(then, span)})"
        if then == ONE and is_truth(otherwise):
            return f"({self.operand(condition, span)} || {self.operand(otherwise, span)})"
        chosen = self.value(condition, span)
        one, two = self.value(then, span), self.value(otherwise, span)
        name = self.fresh()
        self.before(f"if ({chosen}) {{ {name} = {one}; }} else {{ {name} = {two}; }}")
        return name

    def address(self, expr: Expr, span: Span) -> str:
        """A pointer that is followed: a location's name, or a register."""
        match expr:
            case Const(value=Pointer() as pointer):
                name = self.places.at(pointer, span).name
                self.use(name)
                return name
            case Const():
                hint = "follow pointers to objects only"
                raise refuse(VALUE, "this is an access through no pointer", span, hint)
            case _:
                return self.operand(expr, span)


def _in_range(op: str, right: Expr) -> bool:
    """Whether the operation surely has a result."""
    if not isinstance(right, Const) or not isinstance(right.value, int):
        return False
    return right.value != 0 if op in ("/", "%") else 0 <= right.value < 32


def _named(op: str) -> str:
    """What an operation is called in a message."""
    return {
        "index": "index that is computed",
        "container_of": "`container_of()`",
        "word_make": "word with an address in it",
        "word_to_pointer": "word with an address in it",
        "/": "division by what may be 0",
        "%": "division by what may be 0",
    }.get(op, f"`{op}` by what may be out of range")


def _hint(op: str) -> str:
    """What to do about it."""
    if op in ("word_make", "word_to_pointer"):
        return "store the pointer itself, or a number"
    return "use a constant"
