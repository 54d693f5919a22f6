"""``alloc()`` and ``free()``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dsl import protocol as p
from dsl.interpreter import pages, updates
from dsl.interpreter.emit import Emitter
from dsl.interpreter.values import NearNull, Pointer, Value, Violated, Wild, Word, bits_of
from dsl.interpreter.work import Work

Meaning = Callable[[Emitter, p.CallPrimitive, int], None]


def free(w: Work, ref: Value) -> None:
    """Ends an allocation; ``ref`` must be its start.  Nothing happens to NULL."""
    if ref == 0:
        return
    if isinstance(ref, NearNull):
        raise Violated("double-free")
    assert isinstance(ref, Pointer | Wild)
    if ref.origin and updates.torn(w, ref.origin):
        raise Violated("torn-value")
    node = w.layout.nodes[ref.node] if isinstance(ref, Pointer) else None
    if (
        node is None
        or not isinstance(ref, Pointer)
        or w.layout.units[node.unit].root != node.number
        or w.lives[node.unit] != ref.number << 1 | 1
    ):
        raise Violated("double-free")
    _set_life(w, node.unit, ref.number << 1)
    if w.layout.typesafe(node.unit):
        pages.freed(w, node.unit)
    w.note = f"frees {node.text}"


def _set_life(w: Work, unit: int, life: int) -> None:
    w.lives = (*w.lives[:unit], life, *w.lives[unit + 1 :])


def _free_slots(w: Work, pool: str) -> tuple[int, ...]:
    units = w.layout.pools[pool]
    return tuple(i for i, unit in enumerate(units) if not w.lives[unit] & 1)


def _allocate(w: Work, pool: str, choice: int) -> Value:
    """A new allocation of slot ``choice``; NULL where no slot is free."""
    if not _free_slots(w, pool):
        w.note = f"finds {pool} empty"
        return 0
    unit = w.layout.pools[pool][choice]
    if w.layout.typesafe(unit):
        return _given_again(w, unit)
    number = (w.lives[unit] >> 1) + 1
    _set_life(w, unit, number << 1 | 1)
    zeroed = w.layout.protocol.pools[pool].zeroed
    w.note = f"allocates {w.layout.units[unit].name}"
    for slot in w.layout.units[unit].slots:
        value = w.layout.fresh(slot, zeroed)
        w.store(slot, value)
        pair = bits_of(value) if isinstance(value, Word) else None
        if w.settled:
            w.settled = (*w.settled[:slot], pair, *w.settled[slot + 1 :])
        if pair is not None and w.layout.is_split(w.layout.slot_type(slot)):
            w.completed = w.completed | {(slot, number, *pair)}
    return Pointer(w.layout.units[unit].root, number)


def _given_again(w: Work, unit: int) -> Pointer:
    """A slot of a typesafe pool is taken: its memory stays as it is, and so do pointers to it."""
    _set_life(w, unit, 1)
    pages.given_out(w, unit)
    w.note = f"allocates {w.layout.units[unit].name}"
    return Pointer(w.layout.units[unit].root, 0)


def _alloc(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    (name,) = expr.arguments
    assert isinstance(name, p.PoolName)
    pool = name.name

    def run(w: Work, choice: int) -> None:
        w.registers[dst] = _allocate(w, pool, choice)

    e.shared(
        run,
        expr.span,
        expr.primitive,
        choices=lambda w: _free_slots(w, pool) or (0,),
        writes=dst,
    )


def _free(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
    e.expression(expr.arguments[0], dst)
    e.shared(lambda w, _: free(w, w.registers[dst]), expr.span, expr.primitive, reads=(dst,))


LIFETIMES: Mapping[str, Meaning] = MappingProxyType({"alloc": _alloc, "free": _free})
"""How both are compiled."""
