"""Accesses to memory: which place, whether it may be touched, what is read and written."""

from __future__ import annotations

from dsl.interpreter import pages, updates
from dsl.interpreter.layout import Node
from dsl.interpreter.values import (
    POISON,
    UNSET,
    Half,
    LocalRef,
    Mark,
    NearNull,
    Pointer,
    Value,
    Violated,
    Wild,
    Word,
    half_of,
    integer,
)
from dsl.interpreter.work import Work
from dsl.types import WordType

LOW, HIGH, WHOLE = 0, 1, -1


def touch(w: Work, ref: Value, kind: int) -> None:
    """The place is looked at, whatever is there."""
    access(w, ref, kind)


def access(w: Work, ref: Value, kind: int) -> Node:
    """The place at ``ref`` if it is of type ``kind`` and alive.

    A pointer got from a torn word is just that; where it points is not judged.
    """
    if isinstance(ref, NearNull):
        raise Violated("wild-pointer" if ref.field else "null-pointer")
    if ref == 0:
        raise Violated("null-pointer")
    assert isinstance(ref, Pointer | Wild)
    if ref.origin and not w.quiet and updates.torn(w, ref.origin):
        raise Violated("torn-value")
    if isinstance(ref, Wild):
        raise Violated("wild-pointer")
    node = w.layout.nodes[ref.node]
    if node.kind != kind:
        raise Violated("wild-pointer")
    if w.lives[node.unit] != ref.number << 1 | 1 and not w.quiet:
        if not pages.is_there(w, node.unit):
            raise Violated("use-after-free")
    return node


def _sourced(half: Half | Mark, source: int, number: int) -> Half:
    if not isinstance(half, Half):
        raise Violated("uninitialized")
    return Half(half.bits, half.unit, half.number, source, number)


def read(w: Work, node: Node, half: int = WHOLE) -> Value:
    """The value in memory at ``node`` (or the named half of it), with where it was read from."""
    value = w.memory[node.slot]
    if isinstance(value, Word):
        number = w.lives[node.unit] >> 1
        word = node if node.half < 0 else w.layout.nodes[node.parent]
        split = w.layout.is_split(word.type)
        sources = tuple(word.children.values()) if split else (-1, -1)
        wanted = node.half if node.half >= 0 else half
        if wanted >= 0:
            return _sourced(value[wanted], sources[wanted], number)
        return Word(
            _sourced(value.low, sources[LOW], number), _sourced(value.high, sources[HIGH], number)
        )
    if value is POISON:
        raise Violated("uninitialized")
    return value


def load(w: Work, ref: Value, kind: int) -> Value:
    """One read access through ``ref``."""
    if isinstance(ref, LocalRef):
        return local_value(w.local(ref))
    node = access(w, ref, kind)
    value = read(w, node)
    w.note = f"reads {w.layout.cell_text(node.slot, value)} at {node.text}"
    return value


def local_value(value: Value) -> Value:
    """A local's value; a local (or a half of it) that was never assigned is a violation."""
    if value is UNSET or (isinstance(value, Word) and UNSET in value):
        raise Violated("uninitialized")
    return value


def with_half(word: Value, half: int, value: Value) -> Word:
    """``word`` (or no word yet) with one half replaced."""
    old = word if isinstance(word, Word) else Word(UNSET, UNSET)
    new = value if isinstance(value, Half) else half_of(value)
    return Word(new, old.high) if half == LOW else Word(old.low, new)


def store_local(w: Work, ref: LocalRef, value: Value) -> None:
    """Assigns through an out-parameter; a half keeps what was known of where it came from."""
    if ref.half >= 0:
        whole = w.local(LocalRef(ref.frame, ref.register))
        w.set_local(LocalRef(ref.frame, ref.register), with_half(whole, ref.half, value))
    else:
        w.set_local(ref, value)


def _check_stored(w: Work, node: Node, value: Value) -> None:
    """A present value whose halves no completed update stored together must not be stored."""
    if isinstance(value, Word) and isinstance(node.type, WordType):
        assert isinstance(value.low, Half) and isinstance(value.high, Half)
        origins = w.layout.origins(value.low, value.high)
        if origins and updates.present(w, node.type, value) and updates.torn(w, origins):
            raise Violated("torn-value")
    elif isinstance(value, Half) and updates.torn_half(w, value):
        raise Violated("torn-value")


def stored(value: Value, node: Node) -> Value:
    """``value`` as memory keeps it: only words and halves of words keep provenance."""
    if isinstance(value, Word):
        return Word(half_of(_half(value.low)), half_of(_half(value.high)))
    if node.half >= 0:
        return half_of(value)
    return value.bits if isinstance(value, Half) else value


def _half(half: Half | Mark) -> Half:
    assert isinstance(half, Half)
    return half


def store(w: Work, ref: Value, kind: int, value: Value) -> None:
    """One write access of the whole place at ``ref``."""
    if isinstance(ref, LocalRef):
        store_local(w, ref, value)
        return
    write(w, access(w, ref, kind), value)


def write(w: Work, node: Node, value: Value) -> None:
    """Writes memory and judges the update of the word that this completes, if any."""
    _check_stored(w, node, value)
    w.note = f"writes {w.layout.cell_text(node.slot, value)} to {node.text}"
    new = stored(value, node)
    if node.half >= 0:
        w.store(node.slot, with_half(w.memory[node.slot], node.half, new))
        updates.half_stored(w, node.slot, node.half, integer(new))
        return
    w.store(node.slot, new)
    if isinstance(new, Word):
        updates.completed(w, node.slot, new)


def load_half(w: Work, ref: Value, kind: int, half: int) -> Half:
    """The read of one half that a whole-word read of a split word is made of."""
    node = access(w, ref, kind)
    value = read(w, node, half)
    assert isinstance(value, Half)
    w.note = f"reads 0x{value.bits:08x} in half {half} of {node.text}"
    return value


def store_half(w: Work, ref: Value, kind: int, value: Word, half: int, last: bool) -> None:
    """The write of one half that a whole-word write of a split word is made of."""
    node = access(w, ref, kind)
    if not last:
        _check_stored(w, node, value)
    part = half_of(_half(value[half]))
    w.note = f"writes 0x{part.bits:08x} in half {half} of {node.text}"
    w.store(node.slot, with_half(w.memory[node.slot], half, part))
    if w.update >= 0:
        updates.half_stored(w, node.slot, half, part.bits)
    elif last:
        whole = stored(value, node)
        assert isinstance(whole, Word)
        updates.completed(w, node.slot, whole)
