"""Compiling places: their addresses, and plain reads and writes through them."""

from __future__ import annotations

from typing import assert_never

from dsl import protocol as p
from dsl.interpreter import memory
from dsl.interpreter.emit import Emitter
from dsl.interpreter.layout import Layout
from dsl.interpreter.values import LocalRef, Mark, NearNull, Pointer, Value, Wild, Word, integer
from dsl.interpreter.work import Work
from dsl.source import Span
from dsl.types import Type, WordType


def local_half(e: Emitter, place: p.Place) -> tuple[int, int]:
    """The register and half of a place in the function's own local; (-1, -1) for any other."""
    match place:
        case p.LocalPlace(local):
            return e.register(local), memory.WHOLE
        case p.FieldPlace(p.LocalPlace(local, WordType(name)), field):
            halves = e.layout.protocol.words[name].halves
            assert halves is not None
            return e.register(local), halves.index(field)
        case _:
            return -1, -1


def address(e: Emitter, place: p.Place, dst: int) -> None:
    """``dst = &place``."""
    register, half = local_half(e, place)
    if register >= 0:
        e.addressed.add(register)
        e.compute(lambda w: LocalRef(len(w.lower), register, half), dst, place.span)
        return
    match place:
        case p.ObjectPlace(name):
            e.constant(Pointer(e.layout.roots[name], 0), dst, place.span)
        case p.DerefPlace(pointer):
            e.expression(pointer, dst)
        case p.FieldPlace(base, field):
            address(e, base, dst)
            step = _half_number(e.layout, base.type, field)
            first = e.layout.at_start(base.type, field)
            e.apply1(lambda ref: member(e.layout, ref, field, step, first), dst, place.span)
        case p.IndexPlace(base, index):
            address(e, base, dst)
            e.expression(index, dst + 1)
            e.apply2(lambda ref, i: _element(e.layout, ref, integer(i)), dst, place.span)
        case p.LocalPlace():
            raise AssertionError("local places are handled above")
        case _:
            assert_never(place)


def _half_number(layout: Layout, type_: Type, field: str) -> int:
    halves = layout.protocol.words[type_.name].halves if isinstance(type_, WordType) else None
    return halves.index(field) if halves else -1


def _element(layout: Layout, ref: Value, index: int) -> Value:
    return member(layout, ref, index, -1, index == 0)


def member(layout: Layout, ref: Value, step: str | int, half: int, first: bool) -> Value:
    """The address of a field or element; ``first``: at the start.  Wild stays wild."""
    match ref:
        case int():
            return ref if first else NearNull("", (step,))
        case NearNull(field, steps):
            if first:
                return ref
            return 0 if (field, steps) == (step, ()) else NearNull(field, (*steps, step))
        case LocalRef(frame, register):
            return LocalRef(frame, register, half)
        case Pointer(node, number, origin):
            child = layout.nodes[node].children.get(step, -1)
            return Pointer(child, number, origin) if child >= 0 else Wild(-1, origin)
        case _:
            return ref


def read_place(e: Emitter, place: p.Place, dst: int, span: Span) -> None:
    """``dst = place`` by a plain access."""
    register, half = local_half(e, place)
    if register < 0:
        address(e, place, dst)
        load(e, place.type, dst, span, "reads")
    elif half < 0:
        e.compute(lambda w: memory.local_value(w.registers[register]), dst, span, (register,))
    else:
        ref = (register, half)
        e.compute(lambda w: _half_of_local(w, *ref), dst, span, (register,))


def _half_of_local(w: Work, register: int, half: int) -> Value:
    return memory.local_value(w.local(LocalRef(len(w.lower), register, half)))


def load(e: Emitter, type_: Type, dst: int, span: Span, text: str) -> None:
    """``dst = *dst``; two accesses, in either order, where the place is a split word."""
    kind = e.layout.kind(type_)
    if not e.layout.is_split(type_):

        def whole(w: Work, _: int) -> None:
            w.registers[dst] = memory.load(w, w.registers[dst], kind)

        e.shared(whole, span, text, reads=(dst,), writes=dst, place=dst)
        return
    part = e.use(dst + 1)

    def first(w: Work, choice: int) -> None:
        ref = w.registers[dst]
        if not isinstance(ref, LocalRef):
            half = memory.load_half(w, ref, kind, choice)
            w.registers[part] = memory.with_half(0, choice, half)

    def second(w: Work, _: int) -> None:
        ref, got = w.registers[dst], w.registers[part]
        if isinstance(ref, LocalRef):
            w.registers[dst] = memory.local_value(w.local(ref))
            return
        assert isinstance(got, Word)
        missing = memory.LOW if isinstance(got.low, Mark) else memory.HIGH
        half = memory.load_half(w, ref, kind, missing)
        w.registers[dst] = memory.with_half(got, missing, half)

    both = (memory.LOW, memory.HIGH)
    e.shared(first, span, text, choices=lambda _: both, reads=(dst,), writes=part, place=dst)
    e.shared(second, span, text, reads=(dst, part), writes=dst, place=dst)


def write_place(e: Emitter, place: p.Place, src: int, span: Span) -> None:
    """Assigns register ``src`` to the function's own local (or a half of it)."""
    register, half = local_half(e, place)

    def run(w: Work) -> None:
        memory.store_local(w, LocalRef(len(w.lower), register, half), w.registers[src])

    if half < 0:
        e.move(src, register, span)
    else:
        e.local(run, span, (src, register))
        e.code.ops[-1].writes = register


def store(e: Emitter, type_: Type, ref: int, src: int, span: Span, text: str) -> None:
    """``*ref = src``; two accesses, in either order, where the place is a split word."""
    kind = e.layout.kind(type_)
    if not e.layout.is_split(type_):

        def whole(w: Work, _: int) -> None:
            memory.store(w, w.registers[ref], kind, w.registers[src])

        half = kind == e.layout.half_kind
        e.shared(whole, span, text, reads=(ref, src), place=ref, stores_half=half)
        return
    done = e.use(max(ref, src) + 1)

    def first(w: Work, choice: int) -> None:
        place, value = w.registers[ref], w.registers[src]
        w.registers[done] = choice
        if isinstance(place, LocalRef):
            memory.store_local(w, place, value)
            return
        assert isinstance(value, Word)
        memory.store_half(w, place, kind, value, choice, last=False)

    def second(w: Work, _: int) -> None:
        place, value, before = w.registers[ref], w.registers[src], w.registers[done]
        if not isinstance(place, LocalRef):
            assert isinstance(value, Word)
            memory.store_half(w, place, kind, value, 1 - integer(before), last=True)

    both = (memory.LOW, memory.HIGH)
    e.shared(
        first,
        span,
        text,
        choices=lambda _: both,
        reads=(ref, src),
        writes=done,
        place=ref,
        stores_half=True,
    )
    e.shared(second, span, text, reads=(ref, src, done), place=ref, stores_half=True)
