"""Expressions: effects become instructions, what is left is pure.

Evaluation is from left to right.  A value that a later operand may change is
kept in a register of its own::

    x + f(&x)     =>     %1 = %x
                         ...f...
                         (%1 + %f.1.return)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import assert_never

from dsl import protocol as p
from dsl.frozen import replace
from dsl.source import Span
from dsl.types import BoolType, PointerType, StructType, WordType
from prover.graph import expressions as ex
from prover.graph.arithmetic import arithmetic, check_object, check_operands, converted, wrapped
from prover.graph.calls import call
from prover.graph.context import Fixed, LocalAddress, Lowered, Pair, Scope, Slot
from prover.graph.ir import Assign, Chooses, Const, Expr, Havoc, Reg
from prover.graph.places import (
    LocalHalf,
    Memory,
    PlaceRef,
    assigned,
    local_place,
    member,
    memory,
    object_address,
    read,
    write,
)
from prover.graph.walk import may_assign

# --- values ---------------------------------------------------------------------------------


def value(scope: Scope, expr: p.Expr) -> Expr:
    """The value of ``expr``, which is no local's address."""
    found = lowered(scope, expr)
    return _refuse_address(scope, expr.span) if isinstance(found, LocalAddress) else found


def _refuse_address(scope: Scope, span: Span) -> Expr:
    message = "the address of a local can only be passed to a function"
    scope.refuse("address-of-local", message, span)
    return ex.ZERO


def lowered(scope: Scope, expr: p.Expr) -> Lowered:
    """What ``expr`` becomes; its effects are emitted."""
    match expr:
        case p.Constant(value=number):
            return Const(number)
        case p.ConfigValue():
            return _config(scope, expr)
        case p.Read(place=where, span=span):
            return read(scope, place(scope, where), "plain", span)
        case p.AddressOf(place=where, span=span):
            return address(scope, place(scope, where), span)
        case p.Unary():
            return _unary(scope, expr)
        case p.Binary():
            return _binary(scope, expr)
        case p.Logical():
            return _logical(scope, expr)
        case p.Conditional():
            return _conditional(scope, expr)
        case p.Cast():
            return _cast(scope, expr)
        case p.WordMake():
            return _word_make(scope, expr)
        case p.ContainerOf(pointer=pointer, struct=struct, field=name):
            return member(scope, value(scope, pointer), struct, name, outwards=True)
        case p.Assign():
            return _assign(scope, expr)
        case p.CallFunction(arguments=arguments):
            return call(scope, expr, in_order(scope, arguments))
        case p.CallPrimitive(primitive=name):
            return scope.obligation.meanings[name](scope, expr)
        case p.Choose():
            return _choose(scope, expr)
        case p.FunctionName() | p.PoolName():
            raise AssertionError("functions and pools are arguments of primitives only")
        case _:
            assert_never(expr)


def _config(scope: Scope, expr: p.ConfigValue) -> Expr:
    """The value that a config has; one that is left open may have any, the same everywhere."""
    values = scope.obligation.protocol.configs[expr.name]
    if expr.name in scope.obligation.configuration:
        return Const(values.index(scope.obligation.configuration[expr.name]))
    reg = scope.temporary()
    origin = scope.origin(expr.span)
    scope.builder.emit(Havoc(reg, 0, len(values) - 1, origin, expr.name))
    return Reg(reg)


def discard(scope: Scope, expr: p.Expr) -> None:
    """Emit the effects of ``expr``; its value is not used."""
    if isinstance(expr, p.CallFunction):
        call(scope, expr, in_order(scope, expr.arguments))
    else:
        lowered(scope, expr)


def in_order(scope: Scope, exprs: Sequence[p.Expr]) -> list[Lowered]:
    """What ``exprs`` become, evaluated from left to right."""
    found: list[Lowered] = []
    for index, expr in enumerate(exprs):
        here = lowered(scope, expr)
        later = exprs[index + 1 :]
        if not isinstance(here, LocalAddress) and any(may_assign(other) for other in later):
            here = scope.keep(here, expr.span)
        found.append(here)
    return found


# --- places ---------------------------------------------------------------------------------


def place(scope: Scope, where: p.Place) -> PlaceRef:
    """The place; the effects of the expressions in it are emitted."""
    match where:
        case p.LocalPlace(local=local):
            return local_place(scope, local)
        case p.ObjectPlace(name=name, type=type_):
            return memory(object_address(name), type_)
        case p.DerefPlace(pointer=pointer, type=type_):
            found = lowered(scope, pointer)
            return found.local if isinstance(found, LocalAddress) else memory(found, type_)
        case p.FieldPlace():
            return _field(scope, where)
        case p.IndexPlace(base=base, index=index, type=type_):
            array = place(scope, base)
            assert isinstance(array, Memory), "arrays are in memory"
            start = array.address
            if may_assign(index):
                start = scope.keep(start, where.span)
            return memory(scope.apply("index", start, value(scope, index)), type_, array.racy)
        case _:
            assert_never(where)


def _field(scope: Scope, where: p.FieldPlace) -> PlaceRef:
    base = place(scope, where.base)
    kind = where.base.type
    if isinstance(kind, WordType):
        part = _part(scope, kind.name, where.field)
        match base:
            case Slot() | Pair():
                return LocalHalf(base, part)
            case Fixed(value=found):
                assert not isinstance(found, LocalAddress), "a word is no address"
                return Fixed(scope.apply(f"word_{part}", found))
            case Memory(address=start, word=word, racy=racy):
                return Memory(start, part, word, racy)
            case LocalHalf():
                raise AssertionError("a half has no halves")
    assert isinstance(base, Memory) and isinstance(kind, StructType), "structs are in memory"
    fields = scope.obligation.protocol.structs[kind.name].fields
    field = next(f for f in fields if f.name == where.field)
    start = member(scope, base.address, kind.name, where.field)
    return memory(start, where.type, base.racy or field.data_racy)


def _part(scope: Scope, word: str, field: str) -> str:
    """``low`` or ``high`` for the author's name of a half."""
    halves = scope.obligation.protocol.words[word].halves
    assert halves is not None, "only words with halves have fields"
    return "low" if field == halves[0] else "high"


def address(scope: Scope, where: PlaceRef, span: Span) -> Lowered:
    """``&place``."""
    match where:
        case Slot() | Pair():
            return LocalAddress(where)
        case Memory(part="whole", address=start):
            return start
        case Memory() | LocalHalf():
            message = "the address of a half of a word can only be given to an access primitive"
            scope.refuse("address-of-half", message, span)
            return ex.ZERO
        case Fixed():
            raise AssertionError("a parameter whose address is taken is not fixed")
        case _:
            assert_never(where)


def behind(scope: Scope, pointer: p.Expr) -> PlaceRef:
    """The place that a primitive's pointer argument points at."""
    if isinstance(pointer, p.AddressOf):
        return place(scope, pointer.place)
    assert isinstance(pointer.type, PointerType), "memory primitives take pointers"
    return place(scope, p.DerefPlace(pointer, pointer.type.to, pointer.span))


def stable(scope: Scope, where: PlaceRef, later: Sequence[p.Expr], span: Span) -> PlaceRef:
    """``where``, unaffected by what evaluating ``later`` assigns."""
    if isinstance(where, Memory) and any(may_assign(expr) for expr in later):
        return replace(where, address=scope.keep(where.address, span))
    return where


# --- operators ------------------------------------------------------------------------------


def _unary(scope: Scope, expr: p.Unary) -> Expr:
    operand = value(scope, expr.operand)
    match expr.op:
        case "!":
            return scope.apply("!", operand)
        case "~":
            return wrapped(scope, scope.apply("~", operand), expr.type)
        case "-":
            return wrapped(scope, scope.apply("neg", operand), expr.type)
        case _:
            raise AssertionError(f"unknown operator {expr.op}")


def _binary(scope: Scope, expr: p.Binary) -> Expr:
    left, right = in_order(scope, (expr.left, expr.right))
    if isinstance(left, LocalAddress) or isinstance(right, LocalAddress):
        # A local's address equals only itself.
        return Const(int((left == right) == (expr.op == "==")))
    types = (expr.type, expr.right.type)
    check_operands(scope, expr.op, left, right, types, expr.span)
    return arithmetic(scope, expr.op, left, right, expr.type)


def _cast(scope: Scope, expr: p.Cast) -> Expr:
    operand = lowered(scope, expr.operand)
    if isinstance(operand, LocalAddress):
        if isinstance(expr.type, BoolType):
            return ex.ONE
        return _refuse_address(scope, expr.span)
    return converted(scope, operand, expr.operand.type, expr.type)


def _word_make(scope: Scope, expr: p.WordMake) -> Expr:
    word = scope.obligation.protocol.words[expr.word]
    named = next(v for v in word.values if v.name == expr.value)
    if expr.argument is None or named.parameter is None:
        return scope.apply("word_make", params=(named.bits,))
    pointer = value(scope, expr.argument)
    check_object(scope, pointer, named.parameter.to, expr.argument.span)
    return scope.apply("word_make", pointer, params=(named.bits,))


def _choose(scope: Scope, expr: p.Choose) -> Expr:
    if expr.low == expr.high:
        return Const(expr.low)
    reg = scope.temporary()
    scope.builder.emit(Havoc(reg, expr.low, expr.high, scope.origin(expr.span)))
    return Reg(reg)


# --- lazy operators -------------------------------------------------------------------------


def condition(
    scope: Scope,
    expr: p.Expr,
    then: str,
    otherwise: str,
    arms: tuple[Span, ...] = (),
    chooses: Iterator[Chooses] | None = None,
) -> None:
    """Go to ``then`` if ``expr`` holds, else to ``otherwise``; the block ends here.

    ``arms`` are where the arms of an ``if`` stand that has this condition; where a ``?:`` has it
    ``chooses`` gives its value, for one operand after the other.
    """
    match expr:
        case p.Logical(op=op, left=left, right=right):
            middle = scope.builder.name("and" if op == "&&" else "or")
            if op == "&&":
                condition(scope, left, middle, otherwise, arms, chooses)
            else:
                condition(scope, left, then, middle, arms, chooses)
            scope.builder.start(middle)
            if scope.builder.alive():
                condition(scope, right, then, otherwise, arms, chooses)
        case p.Unary(op="!", operand=operand):
            condition(scope, operand, otherwise, then, arms, chooses)
        case _:
            origin = scope.origin(expr.span)
            holds, one = value(scope, expr), None if chooses is None else next(chooses)
            scope.builder.branch(holds, then, otherwise, origin, arms, one)


def _logical(scope: Scope, expr: p.Logical) -> Expr:
    """``a && b`` as a value: ``b`` is evaluated only where ``a`` does not decide.

    The value is computed from ``a`` on either way, so that what needs it waits for ``a``; but in
    a claim, which nobody waits for.
    """
    left = _truth(scope, expr.left)
    decides = expr.op == "||"
    known = ex.constant_truth(left)
    if known is not None:
        return Const(int(known)) if known == decides else _truth(scope, expr.right)
    if may_assign(expr.right):
        left = scope.keep(left, expr.left.span)
    names = scope.builder
    more, short, join = names.name("more"), names.name("short"), names.name("join")
    reg = scope.temporary()
    ways = (short, more) if decides else (more, short)
    names.branch(left, *ways, scope.origin(expr.left.span))
    names.start(more)
    right = _truth(scope, expr.right)
    whole = right if scope.judging is not None else scope.apply(expr.op, left, right)
    _set(scope, reg, whole, expr.span)
    names.jump(join)
    names.start(short)
    same = scope.judging is not None or ex.constant_truth(whole) == decides
    _set(scope, reg, Const(int(decides)) if same else left, expr.span)
    names.start(join)
    return Reg(reg)


def _truth(scope: Scope, expr: p.Expr) -> Expr:
    return scope.apply("bool", value(scope, expr))


def _set(scope: Scope, reg: str, to: Expr, span: Span) -> None:
    scope.builder.emit(Assign(reg, to, scope.origin(span)))


def _conditional(scope: Scope, expr: p.Conditional) -> Lowered:
    names = scope.builder
    then, otherwise, join = names.name("yes"), names.name("no"), names.name("join")
    regs: list[str] = []

    def chooses() -> Iterator[Chooses]:
        regs.append(scope.temporary())
        for rank in count():
            yield Chooses(regs[0], rank)

    # Nobody waits for a claim.
    asked = chooses() if scope.judging is None else None
    condition(scope, expr.condition, then, otherwise, chooses=asked)
    reg = regs[0] if regs else scope.temporary()
    found: list[Lowered] = []
    for block, side in ((then, expr.then), (otherwise, expr.otherwise)):
        names.start(block)
        if names.alive():
            found.append(_arm(scope, reg, side))
            names.jump(join)
    names.start(join)
    if len(found) == 1:
        return found[0]
    if any(isinstance(side, LocalAddress) for side in found):
        return _refuse_address(scope, expr.span)
    return Reg(reg)


def _arm(scope: Scope, reg: str, side: p.Expr) -> Lowered:
    """One side of ``?:``, in ``reg`` unless it is a local's address."""
    found = lowered(scope, side)
    if not isinstance(found, LocalAddress):
        _set(scope, reg, found, side.span)
    return found


# --- assignment -----------------------------------------------------------------------------


def _assign(scope: Scope, expr: p.Assign) -> Lowered:
    """A plain store; the value of the expression is what was stored."""
    target = stable(scope, place(scope, expr.target), (expr.value,), expr.target.span)
    if not expr.op:
        new = lowered(scope, expr.value)
    else:
        old = read(scope, target, "plain", expr.target.span)
        assert not isinstance(old, LocalAddress), "a local's address is never assigned to"
        if may_assign(expr.value):
            old = scope.keep(old, expr.target.span)
        operand = value(scope, expr.value)
        old = converted(scope, old, expr.type, expr.within)
        types = (expr.within, expr.value.type)
        check_operands(scope, expr.op, old, operand, types, expr.span)
        new = arithmetic(scope, expr.op, old, operand, expr.within)
        new = converted(scope, new, expr.within, expr.type)
    write(scope, target, new, "plain", expr.span)
    return assigned(scope, target, new)
