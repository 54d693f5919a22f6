"""``xchg``, ``cmpxchg`` and ``try_cmpxchg``: one step on the whole place, words included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dsl import protocol as p
from dsl.interpreter import memory
from dsl.interpreter.atomics import integer_type
from dsl.interpreter.emit import Emitter
from dsl.interpreter.values import LocalRef, Value, binary, truth
from dsl.interpreter.work import Work
from dsl.types import BOOL, AtomicType, PointerType, Type

Meaning = Callable[[Emitter, p.CallPrimitive, int], None]
Same = Callable[[Value, Value], Value]


def _types(expr: p.CallPrimitive) -> tuple[Type, Type]:
    """The type of the place, and that of the values it is compared with."""
    pointer = expr.arguments[0]
    assert isinstance(pointer.type, PointerType)
    place = pointer.type.to
    return place, integer_type(pointer) if isinstance(place, AtomicType) else place


def _replace(
    w: Work, ref: Value, kind: int, expected: Value | None, new: Value, same: Same
) -> Value:
    """Stores ``new`` if the value is ``expected`` (None: whatever it is); the value before."""
    if isinstance(ref, LocalRef):
        old = memory.local_value(w.local(ref))
        if expected is None or truth(same(old, expected)):
            memory.store_local(w, ref, new)
        return old
    node = memory.access(w, ref, kind)
    old = memory.read(w, node)
    w.note = f"finds {w.layout.cell_text(node.slot, old)} at {node.text}"
    if expected is None or truth(same(old, expected)):
        memory.write(w, node, new)
        w.note = f"replaces {w.layout.cell_text(node.slot, old)} at {node.text}"
    return old


def _xchg(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    place, type_ = _types(expr)
    kind, same = e.layout.kind(place), binary("==", type_, BOOL)
    e.expression(expr.arguments[0], dst)
    e.expression(expr.arguments[1], dst + 1)

    def run(w: Work, _: int) -> None:
        w.registers[dst] = _replace(w, w.registers[dst], kind, None, w.registers[dst + 1], same)

    _add(e, expr, run, dst, (dst, dst + 1), kind)


def _cmpxchg(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    place, type_ = _types(expr)
    kind, same = e.layout.kind(place), binary("==", type_, BOOL)
    for i, argument in enumerate(expr.arguments):
        e.expression(argument, dst + i)

    def run(w: Work, _: int) -> None:
        ref, expected, new = w.registers[dst : dst + 3]
        w.registers[dst] = _replace(w, ref, kind, expected, new, same)

    _add(e, expr, run, dst, (dst, dst + 1, dst + 2), kind)


def _try_cmpxchg(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    place, type_ = _types(expr)
    kind, same = e.layout.kind(place), binary("==", type_, BOOL)
    address, old, value = expr.arguments
    assert isinstance(old, p.AddressOf) and isinstance(old.place, p.LocalPlace)
    local = e.register(old.place.local)
    e.expression(address, dst)
    e.expression(value, dst + 1)

    def run(w: Work, _: int) -> None:
        expected = memory.local_value(w.registers[local])
        before = _replace(w, w.registers[dst], kind, expected, w.registers[dst + 1], same)
        equal = truth(same(before, expected))
        if not equal:
            w.registers[local] = before
        w.registers[dst] = int(equal)

    e.addressed.add(local)
    _add(e, expr, run, dst, (dst, dst + 1, local), kind)


def _add(
    e: Emitter,
    expr: p.CallPrimitive,
    run: Callable[[Work, int], None],
    dst: int,
    reads: tuple[int, ...],
    kind: int,
) -> None:
    half = kind == e.layout.half_kind
    e.shared(run, expr.span, expr.primitive, reads=reads, writes=dst, place=dst, stores_half=half)


def _exchanges() -> Mapping[str, Meaning]:
    table: dict[str, Meaning] = {}
    for order in ("", "_acquire", "_release", "_relaxed"):
        for prefix in ("", "atomic_"):
            table[f"{prefix}xchg{order}"] = _xchg
            table[f"{prefix}cmpxchg{order}"] = _cmpxchg
            table[f"{prefix}try_cmpxchg{order}"] = _try_cmpxchg
    return MappingProxyType(table)


EXCHANGES = _exchanges()
"""How each exchange is compiled."""
