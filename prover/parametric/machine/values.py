"""Values as states keep them: with as little provenance as makes a difference.

Of the lives of a pool's slot two can be told apart: the one that it is in (NOW), and any one that
is over (OVER).  A free makes all that was of the first of the second; a pointer to a life that
is over stays one, whatever becomes of the slot.  Comparison looks at addresses, as everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import cast

from dsl.frozen import replace
from prover.graph.values import (
    Allocation,
    Half,
    Location,
    Pointer,
    Source,
    Value,
    Via,
    Wild,
    Word,
)
from prover.parametric.machine.ranges import Range

NOW, OVER = 1, -1
"""The sites of the two lives of a slot; an object with a name has but the life 0."""

Pairs = Mapping[Location, tuple[int, int]]
"""The bits of split words at the start."""


def outlived(value: Value, slot: str) -> Value:
    """What a value is once the slot's life is over."""
    match value:
        case Pointer(base=base, via=via):
            after, left = _base_outlived(base, slot), via_outlived(via, slot)
            same = after is base and left is via
            return value if same else replace(value, base=after, via=left)
        case Wild(via=via):
            left = via_outlived(via, slot)
            return value if left is via else replace(value, via=left)
        case Half(base=base, origin=origin):
            after = _base_outlived(base, slot)
            word = None if origin is None else _source_outlived(origin, slot)
            same = after is base and word is origin
            return value if same else replace(value, base=after, origin=word)
        case Word(low=low, high=high):
            one, two = outlived(low, slot), outlived(high, slot)
            if one is low and two is high:
                return value
            assert isinstance(one, Half)
            assert isinstance(two, Half)
            return Word(one, two)
        case _:
            return value


def _base_outlived(base: Allocation | None, slot: str) -> Allocation | None:
    return Allocation(slot, OVER) if base == Allocation(slot, NOW) else base


def _source_outlived(source: Source, slot: str) -> Source:
    past = source.base == Allocation(slot, NOW)
    return Source(Allocation(slot, OVER), source.path) if past else source


def via_outlived(via: Via | None, slot: str) -> Via | None:
    """How a pointer was got, once the slot's life is over."""
    if via is None or all(source.base != Allocation(slot, NOW) for source in via.sources):
        return via
    sources = (_source_outlived(source, slot) for source in via.sources)
    return replace(via, sources=tuple(dict.fromkeys(sources)))


def of_life(value: Value, slot: str) -> bool:
    """Whether a value is of the life that a slot is in."""
    return outlived(value, slot) is not value


def bare(value: Value) -> Value:
    """A value with all that a comparison sees, and nothing else."""
    match value:
        case Pointer(base=None) | int():
            return value
        case Pointer(base=base, path=path):
            assert base is not None
            return Pointer(Allocation(base.object, OVER if base.site else 0), path)
        case Half(bits=bits):
            return Half(bits)
        case Word(low=low, high=high):
            return Word(Half(low.bits), Half(high.bits))
        case Wild(low=low, high=high, path=path):
            return Wild(low, high, path)
        case _:
            return value


def plain_base(half: Half, pools: Collection[str]) -> Half:
    """A half without the object whose address it is part of, where that has but one life."""
    if half.base is not None and half.base.object not in pools:
        return replace(half, base=None)
    return half


def settled(value: Value, start: Pairs, proven: Collection[Via], pools: Collection[str]) -> Value:
    """A value without the marks that cannot matter any more.

    What was in a word at the start was stored as a whole, and what has been found to be stored as
    a whole (``proven``) stays so.
    """
    match value:
        case Pointer(via=via) | Wild(via=via) if via is not None:
            if via in proven:
                return replace(value, via=None)
            pair = (via.low, via.high)
            left = tuple(word for word in via.sources if start.get(word.location) != pair)
            if left == via.sources:
                return value
            return replace(value, via=Via(left, *pair) if left else None)
        case Half():
            return plain_base(value, pools)
        case Word(low=low, high=high):
            one, two = plain_base(low, pools), plain_base(high, pools)
            return value if one is low and two is high else Word(one, two)
        case _:
            return value


def without_origin(value: Value) -> Value:
    """A half, or a word, as memory keeps it: whoever reads it knows where it was read."""
    match value:
        case Half(origin=origin) if origin is not None:
            return replace(value, origin=None)
        case Word(low=low, high=high):
            return Word(replace(low, origin=None), replace(high, origin=None))
        case _:
            return value


# --- in words ------------------------------------------------------------------------------------


def value_text(value: object) -> str:
    """A value in words."""
    match value:
        case Pointer(base=None, path=path):
            return f"&{Location('NULL', path)}"
        case Pointer(base=base, path=path):
            assert base is not None
            stale = " (of a life that is over)" if base.site == OVER else ""
            return f"&{Location(base.object, path)}{stale}"
        case Wild(low=low, high=high):
            return f"wild {high:#x}:{low:#010x}"
        case Half(bits=bits):
            return f"{bits:#x}"
        case Word(low=low, high=high):
            return f"{high.bits << 32 | low.bits:#x}"
        case int():
            return str(value)
        case Range(low=low, high=high):
            return f"{low} to {high}"
        case frozenset():
            pairs = sorted(cast("frozenset[tuple[int, int]]", value))
            return "{" + ", ".join(f"{high:#x}:{low:#x}" for low, high in pairs) + "}"
        case _:
            return "nothing"


def value_key(value: object) -> str:
    """A value, one to one."""
    match value:
        case Pointer(base=base, path=path, via=via):
            where = "NULL" if base is None else f"{base.object}@{base.site}"
            return f"&{where}{list(path)}{_via_key(via)}"
        case Wild(low=low, high=high, path=path, via=via):
            return f"wild({low},{high}){list(path)}{_via_key(via)}"
        case Half(bits=bits, base=base, origin=origin):
            life = "" if base is None else f"@{base.object}@{base.site}"
            return f"half({bits}{life}{'' if origin is None else f'<{_source_key(origin)}'})"
        case Word(low=low, high=high):
            return f"word({value_key(low)},{value_key(high)})"
        case int():
            return str(value)
        case Range(low=low, high=high, shift=shift, of=of):
            return f"{low}..{high}" + ("" if shift is None else f"r{of}+{shift}")
        case frozenset():
            return str(sorted(cast("frozenset[tuple[int, int]]", value)))
        case _:
            return "poison"


def _source_key(source: Source) -> str:
    return f"{source.location}@{source.base.site}"


def _via_key(via: Via | None) -> str:
    if via is None:
        return ""
    return f" via {','.join(map(_source_key, via.sources))} ({via.low},{via.high})"
