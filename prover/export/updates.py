"""Read-modify-writes recognised: which primitive of the kernel does what an instruction does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from prover.export.expressions import Writing
from prover.export.refusals import lacking
from prover.graph.expressions import ONE, registers
from prover.graph.ir import Apply, Const, Expr, Reg, Rmw

_SUFFIXES: Final = {"full": "", "acquire": "_acquire", "release": "_release"}
_OPS: Final = {"+": "add", "-": "sub", "&": "and", "|": "or", "^": "xor"}
_COMMUTES: Final = frozenset("+&|^")
_HINT: Final = "use xchg(), cmpxchg(), or an atomic operation that adds or combines bits"


@dataclass(frozen=True, slots=True)
class Update:
    """One update written out: the call, and whether it gives something to a register.

    ``outcome`` is what the register then tells by being 0 or not (None: it is the old value).
    """

    text: str
    gives: bool
    outcome: Expr | None = None


def update(
    rmw: Rmw, called: str, writing: Writing, address: str, *, atomic: bool, unused: bool
) -> Update:
    """``rmw`` as a call; ``called`` is the name in the source, ``unused`` what it read is not."""
    suffix = _SUFFIXES.get(rmw.order, "_relaxed")
    prefix = "atomic_" if atomic else ""
    span = rmw.origin.span
    free = rmw.reg not in registers(rmw.new)
    if rmw.when == ONE and free:
        new = writing.value(rmw.new, span)
        return Update(f"{prefix}xchg{suffix}({address}, {new})", gives=True)
    if rmw.when == ONE:
        return _arithmetic(rmw, called, writing, address, unused=unused)
    expected = _other(rmw.when, "==", rmw.reg)
    if expected is not None and free:
        old, new = writing.value(expected, span), writing.value(rmw.new, span)
        return Update(f"{prefix}cmpxchg{suffix}({address}, {old}, {new})", gives=True)
    return _unless(rmw, called, writing, address)


def _arithmetic(rmw: Rmw, called: str, writing: Writing, address: str, *, unused: bool) -> Update:
    """``atomic_add()`` and its kind."""
    op, operand = _operation(rmw, called)
    amount = writing.value(operand, rmw.origin.span)
    if unused and rmw.order in ("relaxed", "noreturn") and not called.endswith("_relaxed"):
        return Update(f"atomic_{op}({amount}, {address})", gives=False)
    suffix = _SUFFIXES.get(rmw.order, "_relaxed")
    return Update(f"atomic_fetch_{op}{suffix}({amount}, {address})", gives=True)


def _operation(rmw: Rmw, called: str) -> tuple[str, Expr]:
    """The name of the operator, and its operand."""
    expr = rmw.new
    if isinstance(expr, Apply) and expr.op == "wrap":
        expr = expr.args[0]
    if isinstance(expr, Apply) and expr.op in _OPS:
        left, right = expr.args
        if right == Reg(rmw.reg) and expr.op in _COMMUTES:
            left, right = right, left
        if left == Reg(rmw.reg) and rmw.reg not in registers(right):
            if expr.op == "&" and isinstance(right, Apply) and right.op == "~":
                return "andnot", right.args[0]
            return _OPS[expr.op], right
    raise lacking(f"`{called}()`", rmw.origin.span, _HINT)


def _unless(rmw: Rmw, called: str, writing: Writing, address: str) -> Update:
    """``atomic_add_unless()``: there is only one, and it is fully ordered."""
    limit = _other(rmw.when, "!=", rmw.reg)
    if limit is None or rmw.order != "full":
        raise lacking(f"`{called}()`", rmw.origin.span, _HINT)
    op, amount = _operation(rmw, called)
    if op != "add" or not isinstance(limit, Const) or not isinstance(amount, Const):
        raise lacking(f"`{called}()` of what is computed", rmw.origin.span, "use constants")
    span = rmw.origin.span
    more, unless = writing.value(amount, span), writing.value(limit, span)
    return Update(f"atomic_add_unless({address}, {more}, {unless})", gives=True, outcome=limit)


def _other(expr: Expr, op: str, reg: str) -> Expr | None:
    """What the register is compared with."""
    match expr:
        case Apply(op=found, args=(left, right)) if found == op:
            if left == Reg(reg) and reg not in registers(right):
                return right
            if right == Reg(reg) and reg not in registers(left):
                return left
        case _:
            pass
    return None
