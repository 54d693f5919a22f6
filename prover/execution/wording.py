"""Values and places as the author of a protocol writes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prover.execution import skeleton as sk
from prover.execution.domains import Place
from prover.execution.terms import Term
from prover.graph.ir import Cell, Layout
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


def wait_text(
    action: sk.Action, who: str, others: Sequence[str], held: Sequence[str], seen: str
) -> str:
    """What a thread in a deadlock waits for.

    ``others`` are the threads that could end that, ``held`` those of them that hold the lock;
    ``seen`` is the lock, or what an await has looked at.
    """
    names = " and ".join(others)
    match action:
        case sk.Grant():
            if held:
                verb = "holds" if len(held) == 1 else "hold"
                return f"{who} waits for {seen}, which {' and '.join(held)} {verb}"
            return f"{who} waits for {seen}, behind the queued request of {names}"
        case sk.GraceEnd(flush=flush):
            what = "flush" if flush else "grace period"
            return f"{who} waits for a {what} that {names} holds up"
        case sk.Spin():
            looks = f"{who} waits for {seen} to change"
            return f"{looks}: {names} cannot do that any more" if names else looks
        case sk.IpiEnd(by=by):
            what = "an IPI" if by < 0 else "an earlier IPI"
            return f"{who} waits for {what} to be taken: {names}"
        case _:
            return f"{who} waits for {names}"


def cell_at(layout: Layout, location: Location) -> Cell | None:
    """The cell at a location."""
    region = layout.regions.get(location.object)
    if region is None:
        return None
    return next((c for c in region.cells if c.path == location.path), None)


def place_text(place: Place) -> str:
    """A place: ``m.pmd``, ``m.pmd.low``."""
    location, part = place
    return str(location) if part == "whole" else f"{location}.{part}"


def value_text(layout: Layout, value: Value, cell: Cell | None = None) -> str:
    """A value, in the words of the cell it is in."""
    match value:
        case int():
            return _integer_text(value, cell)
        case Pointer(base=None, path=path):
            return "NULL->" + ".".join(str(p) for p in path)
        case Pointer(base=base):
            assert base is not None
            return f"&{value.location}"
        case Wild(low=low, high=high, path=path):
            tail = "".join(f"[{p}]" if isinstance(p, int) else f"->{p}" for p in path)
            return f"page at {number_text(low & ~0xFFF, high)}{tail}"
        case Half(bits=bits):
            return f"{bits:#x}" if bits else "0"
        case Word():
            return word_text(layout, value, cell)
        case Poison():
            return "poison"


def pointer_text(layout: Layout, value: Value) -> str:
    """What a pointer leads to; other values as they are."""
    if isinstance(value, Pointer) and value.base is not None:
        return str(value.location)
    return value_text(layout, value)


def note_text(action: sk.Action, named: Callable[[Term], str], *, seen: bool) -> str:
    """What a step does that cannot be seen from its source line.

    ``named`` says what a pointer leads to; ``seen`` whether a trylock got the lock, or a look at
    one found it locked.
    """
    match action:
        case sk.Grant(address=address):
            return f"takes {named(address)}"
        case sk.Downgrade(address=address):
            return f"holds {named(address)} as a reader from now on"
        case sk.Unlock(address=address):
            return f"releases {named(address)}"
        case sk.SrcuStart(address=address):
            return f"enters a reader of {named(address)}"
        case sk.SrcuEnd(address=address):
            return f"leaves a reader of {named(address)}"
        case sk.Try(address=address):
            return f"{named(address)} {'taken' if seen else 'busy'}"
        case sk.LockState(address=address):
            return f"{named(address)} {'locked' if seen else 'not locked'}"
        case sk.Deallocate(pointer=pointer):
            return f"frees {named(pointer)}"
        case sk.GiveBack(pointer=pointer):
            return f"gives back the page of {named(pointer)}"
        case sk.GraceEnd(flush=flush):
            return "the flush is over" if flush else "the grace period is over"
        case _:
            return ""


def _integer_text(value: int, cell: Cell | None) -> str:
    """An integer; 0 of a pointer is NULL, a value of an enum its name."""
    if cell is not None and cell.pointer and value == 0:
        return "NULL"
    for member, name in () if cell is None else cell.named:
        if member == value:
            return name
    return str(value) if -1024 < value < 1024 else hex(value)


def word_text(layout: Layout, word: Word, cell: Cell | None) -> str:
    """A word as one of its named values, else its bits."""
    bits = word_bits(word)
    names = sorted(layout.words) if cell is None else [cell.type_name]
    for name in names:
        kind = layout.words.get(name)
        if kind is None:
            continue
        for title, takes, fixed, struct in kind.values:
            if not takes and bits == fixed:
                return title
            address = bits & ADDRESS_MASK
            found = layout.space.object_at(address, struct) if takes else None
            if found is not None and bits & ~ADDRESS_MASK == fixed:
                return f"{title}(&{found})"
    return number_text(word.low.bits, word.high.bits)
