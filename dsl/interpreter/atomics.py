"""Atomic counters and bit operations: one step each on one integer place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dsl import protocol as p
from dsl.interpreter import memory
from dsl.interpreter.emit import Emitter
from dsl.interpreter.values import LocalRef, Violated, integer, wrap
from dsl.interpreter.work import Work
from dsl.types import AtomicType, IntType, PointerType, Type

Meaning = Callable[[Emitter, p.CallPrimitive, int], None]

Change = Callable[[int, tuple[int, ...]], tuple[int | None, int]]
"""From the old value and the operands to the new value (None: no store) and the result."""


@dataclass(frozen=True, slots=True)
class Rmw:
    """One read-modify-write; ``place`` is the position of the address among the arguments.

    Where there is a ``test``, the result is whether the value stored passes it.
    """

    place: int
    change: Change
    test: Callable[[int], bool] | None = None


_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "andnot": lambda a, b: a & ~b,
}

_STEPS = {"inc": 1, "dec": -1}

_ORDERS = ("", "_acquire", "_release", "_relaxed")


def integer_type(expr: p.Expr) -> IntType:
    """The integer behind an address: a counter counts as a signed number of its width."""
    assert isinstance(expr.type, PointerType)
    type_: Type = expr.type.to
    if isinstance(type_, AtomicType):
        return IntType(type_.bits, True)
    assert isinstance(type_, IntType)
    return type_


def _emit(rmw: Rmw, bitop: bool) -> Meaning:
    def meaning(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
        count = len(expr.arguments)
        for i, argument in enumerate(expr.arguments):
            e.expression(argument, dst + i)
        pointer = expr.arguments[rmw.place]
        type_ = integer_type(pointer)
        assert isinstance(pointer.type, PointerType)
        kind = e.layout.kind(pointer.type.to)
        place = dst + rmw.place
        operands = tuple(dst + i for i in range(count) if i != rmw.place)

        def run(w: Work, _: int) -> None:
            values = tuple(integer(w.registers[r]) for r in operands)
            if bitop and not 0 <= values[0] < type_.bits:
                raise Violated("wild-pointer")
            w.registers[dst] = _perform(w, rmw, kind, type_, place, values)

        reads = tuple(range(dst, dst + count))
        half = kind == e.layout.half_kind
        e.shared(
            run, expr.span, expr.primitive, reads=reads, writes=dst, place=place, stores_half=half
        )

    return meaning


def _perform(
    w: Work, rmw: Rmw, kind: int, type_: IntType, place: int, operands: tuple[int, ...]
) -> int:
    ref = w.registers[place]
    node = None if isinstance(ref, LocalRef) else memory.access(w, ref, kind)
    if node is None:
        assert isinstance(ref, LocalRef)
        old = integer(memory.local_value(w.local(ref)))
    else:
        old = integer(memory.read(w, node))
        w.note = f"reads {old} at {node.text}"
    changed, result = rmw.change(old, operands)
    if changed is None:
        return wrap(result, type_)
    new = wrap(changed, type_)
    if node is not None:
        memory.write(w, node, new)
        w.note = f"changes {node.text} from {old} to {new}"
    elif isinstance(ref, LocalRef):
        memory.store_local(w, ref, new)
    return wrap(result, type_) if rmw.test is None else int(rmw.test(new))


def _set(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    """A plain store of a counter: it needs no old value."""
    e.expression(expr.arguments[0], dst)
    e.expression(expr.arguments[1], dst + 1)
    pointer = expr.arguments[0].type
    assert isinstance(pointer, PointerType)
    kind = e.layout.kind(pointer.to)

    def run(w: Work, _: int) -> None:
        memory.store(w, w.registers[dst], kind, w.registers[dst + 1])

    e.shared(run, expr.span, expr.primitive, reads=(dst, dst + 1), place=dst)


def _counted() -> dict[str, Rmw]:
    """The families made of one arithmetic operation."""
    rows: dict[str, Rmw] = {}
    for name, operation in _OPERATIONS.items():
        rows[f"atomic_{name}"] = Rmw(1, _change(operation, old=False))
        for order in _ORDERS:
            rows[f"atomic_fetch_{name}{order}"] = Rmw(1, _change(operation, old=True))
            if name in ("add", "sub"):
                rows[f"atomic_{name}_return{order}"] = Rmw(1, _change(operation, old=False))
    for name, by in _STEPS.items():
        rows[f"atomic_{name}"] = Rmw(0, _step(by, old=False))
        for order in _ORDERS:
            rows[f"atomic_{name}_return{order}"] = Rmw(0, _step(by, old=False))
            rows[f"atomic_fetch_{name}{order}"] = Rmw(0, _step(by, old=True))
    return rows


def _change(operation: Callable[[int, int], int], *, old: bool) -> Change:
    def change(value: int, operands: tuple[int, ...]) -> tuple[int, int]:
        new = operation(value, operands[0])
        return new, value if old else new

    return change


def _step(by: int, *, old: bool) -> Change:
    return lambda value, _: (value + by, value if old else value + by)


def _zero(value: int) -> bool:
    return value == 0


def _negative(value: int) -> bool:
    return value < 0


def _unless(value: int, operands: tuple[int, ...]) -> tuple[int | None, int]:
    add, forbidden = operands
    return (None, 0) if value == forbidden else (value + add, 1)


def _not_zero(value: int, _: tuple[int, ...]) -> tuple[int | None, int]:
    return (value + 1, 1) if value else (None, 0)


def _if_positive(value: int, _: tuple[int, ...]) -> tuple[int | None, int]:
    return (value - 1 if value > 0 else None, value - 1)


def _bit(change: Callable[[int, int], int | None]) -> Change:
    def changed(value: int, operands: tuple[int, ...]) -> tuple[int | None, int]:
        mask = 1 << operands[0]
        return change(value, mask), int(bool(value & mask))

    return changed


_BITS: dict[str, Callable[[int, int], int | None]] = {
    "set_bit": lambda v, m: v | m,
    "clear_bit": lambda v, m: v & ~m,
    "clear_bit_unlock": lambda v, m: v & ~m,
    "change_bit": lambda v, m: v ^ m,
    "test_and_set_bit": lambda v, m: v | m,
    "test_and_set_bit_lock": lambda v, m: v | m,
    "test_and_clear_bit": lambda v, m: v & ~m,
    "test_and_change_bit": lambda v, m: v ^ m,
    "test_bit": lambda _value, _mask: None,
}


def _rows() -> dict[str, Rmw]:
    rows = _counted()
    value: Change = lambda v, _: (None, v)  # noqa: E731 (a row of the table)
    subtract, add = rows["atomic_sub"].change, rows["atomic_add"].change
    down, up = rows["atomic_dec"].change, rows["atomic_inc"].change
    for name in ("atomic_read", "atomic_read_acquire", "refcount_read"):
        rows[name] = Rmw(0, value)
    for prefix in ("atomic", "refcount"):
        rows[f"{prefix}_inc"] = rows["atomic_inc"]
        rows[f"{prefix}_dec"] = rows["atomic_dec"]
        rows[f"{prefix}_inc_not_zero"] = Rmw(0, _not_zero)
        rows[f"{prefix}_dec_and_test"] = Rmw(0, down, _zero)
        rows[f"{prefix}_sub_and_test"] = Rmw(1, subtract, _zero)
    rows["refcount_add"] = rows["atomic_add"]
    rows["atomic_inc_and_test"] = Rmw(0, up, _zero)
    rows["atomic_add_negative"] = Rmw(1, add, _negative)
    rows["atomic_add_unless"] = Rmw(0, _unless)
    rows["atomic_dec_if_positive"] = Rmw(0, _if_positive)
    return rows


def _atomics() -> Mapping[str, Meaning]:
    table = {name: _emit(row, bitop=False) for name, row in _rows().items()}
    table.update({name: _emit(Rmw(1, _bit(change)), bitop=True) for name, change in _BITS.items()})
    for name in ("atomic_set", "refcount_set", "atomic_set_release", "refcount_set_release"):
        table[name] = _set
    return MappingProxyType(table)


ATOMICS = _atomics()
"""How each counter and bit primitive is compiled."""
