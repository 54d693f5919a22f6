r"""Violated ``final`` conditions as conditions on the final state of a litmus test.

``final x == 1 && y != 2`` is violated where ``~x=1 \/ y=2``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from dsl.source import Span
from prover.export.places import Places
from prover.export.refusals import QUESTION, VALUE, refuse, too_large
from prover.graph.expressions import substitute
from prover.graph.ir import Apply, Assign, Branch, Cfg, Check, Const, Expr, Jump, Load, Reg
from prover.graph.values import AddressSpace, Pointer, truth

MAX_COMPARISONS: Final = 500
"""How many comparisons the question may have."""

OR: Final = r" \/ "

Answer: TypeAlias = str | bool
"""A condition: as text, or known."""


def conjunction(left: Answer, right: Answer) -> Answer:
    """Both."""
    if isinstance(left, bool):
        return right if left else False
    if isinstance(right, bool):
        return left if right else False
    return f"({left} /\\ {right})"


def disjunction(left: Answer, right: Answer) -> Answer:
    """One of them, or both."""
    if isinstance(left, bool):
        return True if left else right
    if isinstance(right, bool):
        return True if right else left
    return f"({left}{OR}{right})"


@dataclass(slots=True)
class Question:
    """The conditions of one obligation; ``named`` are the locations that they name."""

    places: Places
    space: AddressSpace
    named: dict[str, None]
    written: int = 0

    def violated(self, claim: Cfg) -> Answer:
        """Where the claim does not hold."""
        return self._violated(claim, claim.entry, {})

    def _violated(self, claim: Cfg, name: str, outer: Mapping[str, Expr]) -> Answer:
        known = dict(outer)
        block = claim.blocks[name]
        found: Answer = False
        span = _span(claim)
        for instr in block.body:
            match instr:
                case Load(reg=reg, address=address, part="whole"):
                    known[reg] = self._location(address, known, instr.origin.span)
                case Assign(reg=reg, expr=expr):
                    known[reg] = substitute(self.space, expr, known)
                case Check(condition=condition):
                    expr = substitute(self.space, condition, known)
                    found = disjunction(found, self._holds(expr, instr.origin.span, sense=False))
                case _:
                    raise _unsayable(instr.origin.span)
        match block.terminator:
            case Jump(target=target):
                return disjunction(found, self._violated(claim, target, known))
            case Branch(condition=condition, then=then, otherwise=otherwise):
                expr = substitute(self.space, condition, known)
                yes, no = (self._holds(expr, span, sense=sense) for sense in (True, False))
                one = conjunction(yes, self._violated(claim, then, known))
                two = conjunction(no, self._violated(claim, otherwise, known))
                return disjunction(found, disjunction(one, two))
            case _:
                return found

    def _location(self, address: Expr, known: Mapping[str, Expr], span: Span) -> Expr:
        """A register that stands for what is in memory at the end."""
        where = substitute(self.space, address, known)
        if not isinstance(where, Const) or not isinstance(where.value, Pointer):
            raise _unsayable(span)
        name = self.places.at(where.value, span).name
        self.named[name] = None
        return Reg(name)

    def _holds(self, expr: Expr, span: Span, *, sense: bool) -> Answer:
        """Where ``expr`` is true, or where it is false."""
        match expr:
            case Const(value=value):
                return truth(value) == sense
            case Reg(name=name):
                return self._equal(name, 0, sense=not sense)
            case Apply(op="!", args=(operand,)):
                return self._holds(operand, span, sense=not sense)
            case Apply(op="bool", args=(operand,)):
                return self._holds(operand, span, sense=sense)
            case Apply(op="==" | "!=" as op, args=(Reg(name=name), Const(value=value))):
                constant = self.places.constant(value, span)
                return self._equal(name, constant, sense=sense == (op == "=="))
            case Apply(op="==" | "!=" as op, args=(Const() as left, Reg() as right)):
                return self._holds(Apply(op, (), (right, left)), span, sense=sense)
            case Apply(op="select", args=(condition, then, otherwise)):
                yes, no = (self._holds(condition, span, sense=one) for one in (True, False))
                return disjunction(
                    conjunction(yes, self._holds(then, span, sense=sense)),
                    conjunction(no, self._holds(otherwise, span, sense=sense)),
                )
            case Apply(op="&&" | "||" as op, args=args):
                join = conjunction if sense == (op == "&&") else disjunction
                return join(*(self._holds(arg, span, sense=sense) for arg in args))
            case _:
                raise _unsayable(span)

    def _equal(self, name: str, value: int | str, *, sense: bool) -> str:
        self.written += 1
        if self.written > MAX_COMPARISONS:
            raise too_large(f"the final conditions need more than {MAX_COMPARISONS} comparisons")
        if isinstance(value, str):
            self.named[value] = None
        return f"{name}={value}" if sense else f"~({name}={value})"


def _span(claim: Cfg) -> Span:
    """Where the claim stands."""
    for block in claim.blocks.values():
        for instr in block.body:
            if isinstance(instr, Check):
                return instr.origin.span
    return Span("", 0, 0)


def _unsayable(span: Span) -> Exception:
    message = "the question of a litmus test compares places with constants, by == and != only"
    hint = "write == or != with a constant on one side, joined by && and ||"
    return refuse(VALUE, message, span, hint)


def nothing_asked(span: Span) -> Exception:
    """The error where no condition can be violated."""
    message = "there is no assert and no final condition that could fail: nothing to ask"
    hint = "add an assert(), or a `final` condition; other properties are not exported"
    return refuse(QUESTION, message, span, hint, "this scenario")
