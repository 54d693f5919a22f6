"""Concrete values as the author would write them."""

from __future__ import annotations

from typing import assert_never

from prover.graph.ir import Layout, WordKind
from prover.graph.values import (
    ADDRESS_MASK,
    Half,
    Location,
    Pointer,
    Poison,
    Value,
    Wild,
    Word,
    number_text,
    word_bits,
)


def constant_text(layout: Layout, value: Value) -> str:
    """One value, with the names of one obligation's memory."""
    match value:
        case int():
            return str(value)
        case Pointer(base=None, path=path):
            return f"&{Location('NULL', path)}"
        case Pointer():
            life = value.base.site if value.base is not None else 0
            return f"&{value.location}" + (f"#{life}" if life else "")
        case Wild(low=low, high=high, path=path):
            return Location(f"wild({number_text(low, high)})", path).__str__()
        case Half(bits=bits):
            return f"0x{bits:08x}"
        case Word():
            return _word(layout, value)
        case Poison():
            return "poison"
        case _:
            assert_never(value)


def _word(layout: Layout, word: Word) -> str:
    """A word by the first named value that fits, else by its bits."""
    bits = word_bits(word)
    for kind in layout.words.values():
        found = _named(layout, kind, bits)
        if found:
            return found
    return number_text(word.low.bits, word.high.bits)


def _named(layout: Layout, kind: WordKind, bits: int) -> str:
    for name, has_pointer, flags, struct in kind.values:
        if not has_pointer and bits == flags:
            return name
        if has_pointer and bits & ~ADDRESS_MASK == flags:
            target = layout.space.object_at(bits & ADDRESS_MASK, struct)
            if target is not None:
                return f"{name}(&{target})"
    return ""
