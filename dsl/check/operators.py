"""Operators on checked operands."""

from __future__ import annotations

from dsl import protocol as p
from dsl import syntax as s
from dsl.check.constants import evaluate
from dsl.check.context import Body
from dsl.check.convert import (
    arithmetic,
    cast,
    coerce,
    common,
    config_use,
    is_null,
    local_address,
    promote,
    show,
    truth,
    wrap,
)
from dsl.check.places import whole_value
from dsl.check.report import did_you_mean
from dsl.types import BOOL, BoolType, ConfigType, IntType, PointerType, Type, WordType

_COMPARE = ("==", "!=", "<", "<=", ">", ">=")


def unary(body: Body, expr: s.Unary) -> p.Expr:
    """``!e``, ``~e``, ``-e``, ``+e``."""
    operand = body.value(expr.operand, BOOL if expr.op == "!" else None)
    if expr.op == "!":
        return p.Unary("!", truth(body.report, operand), BOOL, expr.span)
    if not arithmetic(operand.type):
        return body.report.fail(
            "bad-operand",
            f"`{expr.op}` needs a number, not {show(operand.type)}",
            expr.operand.span,
        )
    type_ = promote(operand.type)
    operand = cast(operand, type_)
    if expr.op == "+":
        return operand
    if isinstance(operand, p.Constant):
        value = -operand.value if expr.op == "-" else ~operand.value
        return p.Constant(wrap(value, type_), type_, expr.span)
    return p.Unary(expr.op, operand, type_, expr.span)


def binary(body: Body, expr: s.Binary) -> p.Expr:
    """Every operator with two operands."""
    if expr.op in ("&&", "||"):
        left = truth(body.report, body.value(expr.left, BOOL))
        right = truth(body.report, body.value(expr.right, BOOL))
        return p.Logical(expr.op, left, right, BOOL, expr.span)
    compared = _config(body, expr)
    if compared is not None:
        return compared
    left, right = _operands(body, expr)
    if expr.op in _COMPARE:
        return _comparison(body, expr, left, right)
    return _arithmetic(body, expr, left, right)


def _operands(body: Body, expr: s.Binary) -> tuple[p.Expr, p.Expr]:
    """Both operands; one that is a bare named value learns its word from the other."""
    if _needs_type(body, expr.left) and not _needs_type(body, expr.right):
        right = body.value(expr.right)
        return body.value(expr.left, right.type), right
    left = body.value(expr.left)
    return left, body.value(expr.right, left.type)


def _needs_type(body: Body, expr: s.Expr) -> bool:
    match expr:
        case s.Ident(name):
            known = body.scope.find(name)[0] or name in body.world.ordinary
            return not known and bool(body.words_with(name))
        case s.Call(callee):
            named = callee.text not in body.world.functions and bool(body.words_with(callee.text))
            return named or callee.text == "choose"
        case _:
            return False


def _config(body: Body, expr: s.Binary) -> p.Expr | None:
    """``PAE == on``; None if neither side is a config."""
    left, right = _config_name(body, expr.left), _config_name(body, expr.right)
    name = left or right
    if not name:
        return None
    if expr.op not in ("==", "!=") or (left and right):
        side = expr.left if left else expr.right
        return config_use(body.report, name, side.span)
    value = expr.right if left else expr.left
    values = body.world.values(name)
    if not isinstance(value, s.Ident):
        return body.report.fail(
            "config-use",
            f"config `{name}` can only be compared with one of its values",
            value.span,
            f"its values are {', '.join(values)}",
        )
    if value.name not in values:
        return body.report.fail(
            "unknown-name",
            f"config {name} has no value `{value.name}`",
            value.span,
            did_you_mean(value.name, values) or f"its values are {', '.join(values)}",
        )
    type_ = ConfigType(name)
    index = p.Constant(values.index(value.name), type_, value.span)
    this = p.ConfigValue(name, type_, (expr.left if left else expr.right).span)
    pair = (this, index) if left else (index, this)
    return p.Binary(expr.op, pair[0], pair[1], BOOL, expr.span)


def _config_name(body: Body, expr: s.Expr) -> str:
    if isinstance(expr, s.Ident) and expr.name in body.world.configs:
        return "" if body.scope.find(expr.name)[0] else expr.name
    return ""


def _comparison(body: Body, expr: s.Binary, left: p.Expr, right: p.Expr) -> p.Expr:
    a, b = left.type, right.type
    if arithmetic(a) and arithmetic(b):
        type_ = common(a, b)
        return p.Binary(expr.op, cast(left, type_), cast(right, type_), BOOL, expr.span)
    for side in (left, right):
        whole_value(body, side.type, side.span)
    if expr.op not in ("==", "!="):
        return body.report.fail(
            "bad-operand",
            f"`{expr.op}` compares numbers, not {show(a)} and {show(b)}",
            expr.span,
            "pointers and words can only be compared for equality",
        )
    if isinstance(a, PointerType) or isinstance(b, PointerType):
        return _pointers(body, expr, left, right)
    if isinstance(a, WordType) and a == b:
        return p.Binary(expr.op, left, right, BOOL, expr.span)
    return _mismatch(body, expr, a, b)


def _pointers(body: Body, expr: s.Binary, left: p.Expr, right: p.Expr) -> p.Expr:
    if is_null(left) and isinstance(right.type, PointerType):
        left = p.Constant(0, right.type, left.span)
    elif is_null(right) and isinstance(left.type, PointerType):
        right = p.Constant(0, left.type, right.span)
    if left.type != right.type:
        return _mismatch(body, expr, left.type, right.type)
    if local_address(left) or local_address(right):
        null = left if local_address(right) else right
        if isinstance(null, p.Constant):
            return p.Constant(int(expr.op == "!="), BOOL, expr.span)
    return p.Binary(expr.op, left, right, BOOL, expr.span)


def _mismatch(body: Body, expr: s.Binary, a: Type, b: Type) -> p.Expr:
    hint = ""
    if isinstance(a, WordType) != isinstance(b, WordType):
        word = a if isinstance(a, WordType) else b
        hint = f"compare with a named value of {show(word)}, or cast the word: `(u64)...`"
    return body.report.fail(
        "type-mismatch", f"`{expr.op}` between {show(a)} and {show(b)}", expr.span, hint
    )


def _arithmetic(body: Body, expr: s.Binary, left: p.Expr, right: p.Expr) -> p.Expr:
    for side, written in ((left, expr.left), (right, expr.right)):
        if isinstance(side.type, PointerType):
            return body.report.fail(
                "pointer-arithmetic",
                f"`{expr.op}` on a pointer",
                written.span,
                "name the field or element: `&p->field`, `&p->array[i]`",
            )
        if isinstance(side.type, ConfigType):
            return config_use(body.report, side.type.name, written.span)
        if not arithmetic(side.type):
            hint = (
                "cast the word to its bits: `(u64)...`" if isinstance(side.type, WordType) else ""
            )
            return body.report.fail(
                "bad-operand",
                f"`{expr.op}` needs numbers, not {show(side.type)}",
                written.span,
                hint,
            )
    shift = expr.op in ("<<", ">>")
    type_ = promote(left.type) if shift else common(left.type, right.type)
    known = evaluate(right)
    check_operand(body, expr.op, known, type_, expr.right)
    # How far is shifted has a type of its own, which may be the wider one.
    right = cast(right, promote(right.type) if shift else type_)
    return p.Binary(expr.op, cast(left, type_), right, type_, expr.span)


def check_operand(body: Body, op: str, known: int | None, type_: IntType, written: s.Expr) -> None:
    """Refuse a division by a constant zero and a shift by a constant out of range."""
    if op in ("/", "%") and known == 0:
        body.report.fail("constant-range", "division by zero", written.span)
    if op in ("<<", ">>") and known is not None and not 0 <= known < type_.bits:
        body.report.fail(
            "constant-range", f"a shift by {known} of a {type_.bits}-bit number", written.span
        )


def conditional(body: Body, expr: s.Conditional, expected: Type | None) -> p.Expr:
    """``c ? a : b`` with both branches of one type."""
    condition = truth(body.report, body.value(expr.condition, BOOL))
    then = body.value(expr.then, expected)
    otherwise = body.value(expr.otherwise, expected if expected is not None else then.type)
    a, b = then.type, otherwise.type
    type_: Type = a
    if a != b or isinstance(a, ConfigType):
        if arithmetic(a) and arithmetic(b):
            type_ = common(a, b)
        elif isinstance(b, PointerType) and is_null(then):
            type_ = b
        then = coerce(body.report, then, type_, "this `?:`")
        otherwise = coerce(body.report, otherwise, type_, "the other branch of this `?:`")
    return p.Conditional(condition, then, otherwise, type_, expr.span)


def assign(body: Body, expr: s.Assign) -> p.Expr:
    """``target = value`` and ``target op= value``."""
    target = body.place(expr.target)
    whole_value(body, target.type, expr.target.span, stored=expr.op == "=")
    what = "what is assigned to"
    if expr.op == "=":
        value = coerce(body.report, body.value(expr.value, target.type), target.type, what)
        return p.Assign(target, "", value, target.type, expr.span)
    op = expr.op[:-1]
    value = body.value(expr.value, target.type)
    return compound(body, expr, target, op, value)


def compound(
    body: Body, expr: s.Assign | s.Step, target: p.Place, op: str, value: p.Expr
) -> p.Expr:
    """``target op= value``; what it is computed in is :attr:`dsl.protocol.Assign.within`."""
    type_ = target.type
    if isinstance(type_, PointerType):
        return body.report.fail("pointer-arithmetic", f"`{expr.op}` on a pointer", expr.span)
    if not isinstance(type_, IntType | BoolType) or not arithmetic(value.type):
        wrong = value.type if isinstance(type_, IntType | BoolType) else type_
        return body.report.fail(
            "bad-operand", f"`{expr.op}` needs numbers, not {show(wrong)}", expr.span
        )
    written = expr.value if isinstance(expr, s.Assign) else expr.target
    if isinstance(type_, BoolType) and (
        op not in ("&", "|", "^") or not isinstance(value.type, BoolType)
    ):
        return body.report.fail(
            "bad-operand",
            f"`{expr.op}` on a bool takes a bool and one of & | ^",
            expr.span,
            "write the assignment out",
        )
    if isinstance(type_, IntType):
        check_operand(body, op, evaluate(value), promote(type_), written)
    return p.Assign(target, op, cast(value, _operand_type(op, type_, value)), type_, expr.span)


def _operand_type(op: str, type_: Type, value: p.Expr) -> Type:
    """What the right operand of a compound assignment is converted to.

    Where only the low bits of a result are kept, those of the operands say enough.
    """
    if op in ("/", "%"):
        return common(type_, value.type)
    return promote(value.type) if op in ("<<", ">>") else type_
