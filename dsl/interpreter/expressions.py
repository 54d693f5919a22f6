"""Compiling expressions; every operand is in a register before the next is evaluated."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from dsl import protocol as p
from dsl.interpreter import places
from dsl.interpreter.code import Label, Op
from dsl.interpreter.emit import Emitter
from dsl.interpreter.layout import Layout
from dsl.interpreter.primitives import primitive
from dsl.interpreter.values import (
    UNSET,
    NearNull,
    Pointer,
    Value,
    Violated,
    Wild,
    binary,
    integer,
    truth,
    unary,
    word_bits,
    word_of,
    wrap,
)
from dsl.interpreter.work import Work
from dsl.types import BoolType, PointerType, StructType, Type, WordType


def expression(e: Emitter, expr: p.Expr, dst: int) -> None:
    """``dst = expr``."""
    e.use(dst)
    match expr:
        case p.Constant(value, type_, span):
            e.constant(wrap(value, type_), dst, span)
        case p.ConfigValue(name, _, span):
            e.constant(e.configured(name), dst, span)
        case p.Read(place, _, span):
            places.read_place(e, place, dst, span)
        case p.AddressOf(place):
            places.address(e, place, dst)
        case p.Unary(op, operand, type_, span):
            expression(e, operand, dst)
            e.apply1(unary(op, type_), dst, span)
        case p.Binary(op, left, right, type_, span):
            expression(e, left, dst)
            expression(e, right, dst + 1)
            e.apply2(binary(op, left.type, type_), dst, span)
        case p.Logical():
            _logical(e, expr, dst)
        case p.Conditional():
            _conditional(e, expr, dst)
        case p.Cast():
            _cast(e, expr, dst)
        case p.WordMake():
            _word(e, expr, dst)
        case p.ContainerOf():
            _container_of(e, expr, dst)
        case p.Assign():
            _assign(e, expr, dst)
        case p.CallFunction():
            _call(e, expr, dst)
        case p.CallPrimitive():
            primitive(e, expr, dst)
        case p.Choose():
            _choose(e, expr, dst)
        case p.FunctionName() | p.PoolName():
            raise AssertionError("names are read by the primitives that take them")
        case _:
            assert_never(expr)


def _logical(e: Emitter, expr: p.Logical, dst: int) -> None:
    end = Label()
    expression(e, expr.left, dst)
    e.apply1(lambda v: int(truth(v)), dst, expr.span)
    e.jump_if(expr.op == "||", dst, end, expr.span)
    expression(e, expr.right, dst)
    e.apply1(lambda v: int(truth(v)), dst, expr.span)
    e.here(end)


def _conditional(e: Emitter, expr: p.Conditional, dst: int) -> None:
    otherwise, end = Label(), Label()
    expression(e, expr.condition, dst)
    e.jump_if(False, dst, otherwise, expr.span)
    expression(e, expr.then, dst)
    e.jump(end, expr.span)
    e.here(otherwise)
    expression(e, expr.otherwise, dst)
    e.here(end)


def _cast(e: Emitter, expr: p.Cast, dst: int) -> None:
    source, target = expr.operand.type, expr.type
    expression(e, expr.operand, dst)
    match target:
        case BoolType():
            e.apply1(lambda v: int(truth(v)), dst, expr.span)
        case PointerType() if isinstance(source, WordType):
            e.compute(
                lambda w: e.layout.pointed(w.registers[dst], target, w.lives),
                dst,
                expr.span,
                (dst,),
            )
        case PointerType():
            pass
        case WordType():
            e.apply1(lambda v: word_of(integer(v)), dst, expr.span)
        case _ if isinstance(source, WordType):
            e.apply1(lambda v: wrap(word_bits(v), target), dst, expr.span)
        case _:
            e.apply1(lambda v: wrap(integer(v), target), dst, expr.span)


def _word(e: Emitter, expr: p.WordMake, dst: int) -> None:
    value = next(v for v in e.layout.protocol.words[expr.word].values if v.name == expr.value)
    if expr.argument is None or value.parameter is None:
        e.constant(word_of(value.bits), dst, expr.span)
        return
    expression(e, expr.argument, dst)
    wanted = value.parameter.to
    e.apply1(lambda ref: _word_with(e.layout, ref, wanted, value.bits), dst, expr.span)


def _word_with(layout: Layout, ref: Value, wanted: Type, bits: int) -> Value:
    if ref == 0:
        raise Violated("null-pointer")
    if isinstance(ref, Pointer):
        node = layout.nodes[ref.node]
        unit = layout.units[node.unit]
        if unit.root == node.number and node.type == wanted:
            return word_of(unit.address | bits, node.unit, ref.number)
    raise Violated("wild-pointer")


def _container_of(e: Emitter, expr: p.ContainerOf, dst: int) -> None:
    expression(e, expr.pointer, dst)
    e.apply1(lambda ref: _container(e.layout, ref, expr.struct, expr.field), dst, expr.span)


def _container(layout: Layout, ref: Value, struct: str, field: str) -> Value:
    if not isinstance(ref, Pointer):
        first = layout.at_start(StructType(struct), field)
        return ref if first else _around(ref, field)
    node = layout.nodes[ref.node]
    if node.parent >= 0 and node.step == field:
        outer = layout.nodes[node.parent]
        if getattr(outer.type, "name", "") == struct and outer.slot < 0:
            return Pointer(outer.number, ref.number, ref.origin)
    return Wild(-1, ref.origin)


def _around(ref: Value, field: str) -> Value:
    """The struct that has ``ref``, no object's address, for a field that is not at its start."""
    match ref:
        case int():
            return NearNull(field, ())
        case NearNull(outer, steps) if steps and steps[-1] == field:
            return NearNull(outer, steps[:-1]) if outer or len(steps) > 1 else 0
        case NearNull():
            return Wild(-1)
        case _:
            return ref


def _assign(e: Emitter, expr: p.Assign, dst: int) -> None:
    """The place, then (compound) its old value, then the value, then the store."""
    target = expr.target
    local = places.local_half(e, target)[0] >= 0
    value = dst if local else dst + 1
    if not local:
        places.address(e, target, dst)
    if expr.op and local:
        places.read_place(e, target, value, expr.span)
    elif expr.op:
        e.move(dst, value, expr.span)
        places.load(e, target.type, value, expr.span, "reads")
    if expr.op:
        expression(e, expr.value, value + 1)
        e.apply2(_compound(expr), value, expr.span)
    else:
        expression(e, expr.value, value)
    if local:
        places.write_place(e, target, value, expr.span)
    else:
        places.store(e, target.type, dst, value, expr.span, "writes")
        e.move(value, dst, expr.span)


def _compound(expr: p.Assign) -> Callable[[Value, Value], Value]:
    """The new value from the old one and the operand."""
    within = expr.within
    operation = binary(expr.op, within, within)

    def meaning(old: Value, operand: Value) -> Value:
        return wrap(integer(operation(wrap(integer(old), within), operand)), expr.type)

    return meaning


def call(w: Work, number: int, first: int, count: int, dst: int) -> None:
    """Enters a body with ``count`` registers from ``first`` on; its result goes to ``dst``."""
    code = w.program.codes[number]
    registers: list[Value] = [UNSET] * code.registers
    registers[:count] = w.registers[first : first + count]
    w.call(number, registers, dst)
    if code.update and w.update < 0:
        w.update = len(w.lower)


def _call(e: Emitter, expr: p.CallFunction, dst: int) -> None:
    count = len(expr.arguments)
    for i, argument in enumerate(expr.arguments):
        expression(e, argument, dst + i)
    number = e.numbers[expr.function]

    def run(w: Work, _: int) -> None:
        call(w, number, dst, count, dst)

    reads = tuple(range(dst, dst + count))
    e.add(Op(run, expr.span, expr.function, reads=reads, writes=dst, calls=expr.function))


def _choose(e: Emitter, expr: p.Choose, dst: int) -> None:
    values = tuple(range(expr.low, expr.high + 1))

    def run(w: Work, choice: int) -> None:
        w.registers[dst] = choice
        w.note = f"chooses {choice}"

    e.shared(run, expr.span, "choose", choices=lambda _: values, writes=dst)
    e.code.ops[-1].fork = True
