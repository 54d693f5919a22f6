"""Atomic counters and bit operations: one step each on one integer place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dsl import protocol as p
from dsl.interpreter import memory, places
from dsl.interpreter.emit import Emitter
from dsl.interpreter.values import LocalRef, Violated, integer, wrap
from dsl.interpreter.work import Work
from dsl.types import AtomicType, IntType, PointerType, Type

Meaning = Callable[[Emitter, p.CallPrimitive, int], None]

Change = Callable[[int, tuple[int, ...]], tuple[int | None, int]]
"""From the old value and the operands to the new value (None: no store) and the result."""

Warns = Callable[[int, tuple[int, ...]], bool]
"""Whether refcount_t warns, of the old value and the operands."""


@dataclass(frozen=True, slots=True)
class Rmw:
    """One read-modify-write; ``place`` is the position of the address among the arguments.

    Where there is a ``test``, the result is whether the value stored passes it.
    ``warns`` says of the old value and the operands where refcount_t warns.
    """

    place: int
    change: Change
    test: Callable[[int], bool] | None = None
    warns: Warns | None = None


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
        warned = e.use(dst + count)

        def run(w: Work, _: int) -> None:
            values = tuple(integer(w.registers[r]) for r in operands)
            if bitop and not 0 <= values[0] < type_.bits:
                raise Violated("wild-pointer")
            old, w.registers[dst] = _perform(w, rmw, kind, type_, place, values)
            w.registers[warned] = int(rmw.warns is not None and rmw.warns(old, values))

        reads = tuple(range(dst, dst + count))
        half = kind == e.layout.half_kind
        e.shared(
            run, expr.span, expr.primitive, reads=reads, writes=dst, place=place, stores_half=half
        )
        if rmw.warns is not None:
            e.local(lambda w: _saturates(w, warned), expr.span, (warned,))

    return meaning


def _saturates(w: Work, warned: int) -> None:
    if w.registers[warned]:
        raise Violated("refcount")


def _perform(
    w: Work, rmw: Rmw, kind: int, type_: IntType, place: int, operands: tuple[int, ...]
) -> tuple[int, int]:
    """The old value, and the result."""
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
        return old, wrap(result, type_)
    new = wrap(changed, type_)
    if node is not None:
        memory.write(w, node, new)
        w.note = f"changes {node.text} from {old} to {new}"
    elif isinstance(ref, LocalRef):
        memory.store_local(w, ref, new)
    return old, wrap(result, type_) if rmw.test is None else int(rmw.test(new))


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


def _two_steps(change: Callable[[int, int], int | None]) -> Meaning:
    """A bit changed by a read and a store, between which others may come."""

    def meaning(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
        number, pointer = expr.arguments
        type_ = integer_type(pointer)
        address, value = dst + 1, e.use(dst + 2)
        e.expression(number, dst)
        e.expression(pointer, address)

        def inside(w: Work) -> None:
            if not 0 <= integer(w.registers[dst]) < type_.bits:
                raise Violated("wild-pointer")

        def changed(w: Work) -> int:
            old, mask = integer(w.registers[value]), 1 << integer(w.registers[dst])
            new = change(old, mask)
            assert new is not None
            w.registers[dst] = int(bool(old & mask))
            return wrap(new, type_)

        e.local(inside, expr.span, (dst,))
        e.move(address, value, expr.span)
        places.load(e, type_, value, expr.span, expr.primitive)
        e.compute(changed, value, expr.span, (value, dst))
        places.store(e, type_, address, value, expr.span, expr.primitive)
        e.code.ops[-1].reads = (*e.code.ops[-1].reads, dst)

    return meaning


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
    "test_bit_acquire": lambda _value, _mask: None,
}


_MOST = 2**31 - 1
_SATURATED = -(2**30)


def _gets(old: int, by: int) -> bool:
    """Whether refcount_add() warns: the object is gone, or so many are not counted."""
    return not 0 < old <= _MOST - by


def _refcounts() -> dict[str, Rmw]:
    """refcount_t, with the warnings of lib/refcount.c."""

    def live(by: Callable[[tuple[int, ...]], int]) -> tuple[Change, Warns]:
        def change(value: int, operands: tuple[int, ...]) -> tuple[int | None, int]:
            return (value + by(operands), 1) if value else (None, 0)

        return change, lambda value, operands: value != 0 and _gets(value, by(operands))

    def one(_: tuple[int, ...]) -> int:
        return 1

    def first(operands: tuple[int, ...]) -> int:
        return operands[0]

    rows = {
        "inc": Rmw(0, _step(1, old=True), None, lambda v, _: _gets(v, 1)),
        "add": Rmw(1, lambda v, o: (v + o[0], v), None, lambda v, o: _gets(v, o[0])),
        "dec": Rmw(0, _step(-1, old=True), None, lambda v, _: v <= 1),
        "dec_and_test": Rmw(0, _step(-1, old=False), _zero, lambda v, _: v < 1),
        "sub_and_test": Rmw(1, lambda v, o: (v - o[0], 0), _zero, lambda v, o: v <= 0 or v < o[0]),
        "dec_if_one": Rmw(0, lambda v, _: (0, 1) if v == 1 else (None, 0)),
        "dec_not_one": Rmw(0, _not_one, None, lambda v, _: v == 0),
    }
    for suffix in ("", "_acquire"):
        for name, place, by in (("inc", 0, one), ("add", 1, first)):
            change, warns = live(by)
            rows[f"{name}_not_zero{suffix}"] = Rmw(place, change, None, warns)
    return {f"refcount_{name}": row for name, row in rows.items()}


def _not_one(value: int, _: tuple[int, ...]) -> tuple[int | None, int]:
    if value in (0, 1, _SATURATED):
        return None, int(value != 1)
    return value - 1, 1


def _rows() -> dict[str, Rmw]:
    rows = _counted()
    value: Change = lambda v, _: (None, v)  # noqa: E731 (a row of the table)
    subtract, add = rows["atomic_sub"].change, rows["atomic_add"].change
    down, up = rows["atomic_dec"].change, rows["atomic_inc"].change
    for name in ("atomic_read", "atomic_read_acquire", "refcount_read"):
        rows[name] = Rmw(0, value)
    rows.update(_refcounts())
    rows["atomic_inc_not_zero"] = Rmw(0, _not_zero)
    rows["atomic_dec_and_test"] = Rmw(0, down, _zero)
    rows["atomic_sub_and_test"] = Rmw(1, subtract, _zero)
    rows["atomic_inc_and_test"] = Rmw(0, up, _zero)
    for order in _ORDERS:
        rows[f"atomic_add_negative{order}"] = Rmw(1, add, _negative)
    rows["atomic_add_unless"] = Rmw(0, _unless)
    rows["atomic_fetch_add_unless"] = Rmw(0, lambda v, o: (_unless(v, o)[0], v))
    rows["atomic_inc_unless_negative"] = Rmw(0, lambda v, _: (None, 0) if v < 0 else (v + 1, 1))
    rows["atomic_dec_unless_positive"] = Rmw(0, lambda v, _: (None, 0) if v > 0 else (v - 1, 1))
    rows["atomic_dec_if_positive"] = Rmw(0, _if_positive)
    return rows


def _atomics() -> Mapping[str, Meaning]:
    table = {name: _emit(row, bitop=False) for name, row in _rows().items()}
    table.update({name: _emit(Rmw(1, _bit(change)), bitop=True) for name, change in _BITS.items()})
    for name in ("atomic_set", "refcount_set", "atomic_set_release", "refcount_set_release"):
        table[name] = _set
    for name in ("set_bit", "clear_bit", "change_bit"):
        table[f"__{name}"] = table[f"__test_and_{name}"] = _two_steps(_BITS[name])
    table["__clear_bit_unlock"] = _two_steps(_BITS["clear_bit"])
    return MappingProxyType(table)


ATOMICS = _atomics()
"""How each counter and bit primitive is compiled."""
