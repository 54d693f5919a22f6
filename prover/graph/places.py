"""Places, and plain data movement between them and values."""

from __future__ import annotations

from itertools import takewhile
from typing import TypeAlias, assert_never

from dsl import protocol as p
from dsl.frozen import Frozen
from dsl.source import Span
from dsl.types import U32, ArrayType, StructType, Type, WordType
from prover.graph import expressions as ex
from prover.graph.context import Fixed, LocalAddress, Lowered, Pair, Scope, Slot
from prover.graph.ir import Assign, Const, Expr, Load, Reg, Store
from prover.graph.values import POISON, Allocation, Pointer


class LocalHalf(Frozen, frozen=True):
    """One half (``low`` or ``high``) of a word local."""

    local: Slot | Pair
    part: str


class Memory(Frozen, frozen=True):
    """A scalar or word in memory, or one half of a word there (``part``).

    ``racy``: declared ``__data_racy``, so that plain accesses count as marked.
    ``number``: a plain 32-bit number, which does not remember a half it was assigned from.
    """

    address: Expr
    part: str
    word: str
    racy: bool
    number: bool = False


PlaceRef: TypeAlias = Slot | Pair | LocalHalf | Fixed | Memory


def object_address(name: str) -> Const:
    """The address of a global object."""
    return Const(Pointer(Allocation(name, 0)))


def member(scope: Scope, start: Expr, struct: str, field: str, *, outwards: bool = False) -> Expr:
    """The address of a field of the struct at ``start``; ``outwards``: ``container_of()``."""
    fields = scope.obligation.protocol.structs[struct].fields
    before = takewhile(lambda one: one.name != field, fields)
    first = not any(_has_size(scope, one.type) for one in before)
    op = "container_of" if outwards else "field"
    return scope.apply(op, start, params=(field, int(first)))


def _has_size(scope: Scope, type_: Type) -> bool:
    """Whether something of a type takes room: an empty struct, and an array of them, does not."""
    match type_:
        case StructType(name=name):
            fields = scope.obligation.protocol.structs[name].fields
            return any(_has_size(scope, one.type) for one in fields)
        case ArrayType(element=element):
            return _has_size(scope, element)
        case _:
            return True


def memory(address: Expr, type_: Type, racy: bool = False) -> Memory:
    """The whole place of type ``type_`` at ``address``."""
    word = type_.name if isinstance(type_, WordType) else ""
    return Memory(address, "whole", word, racy, type_ == U32)


def local_place(scope: Scope, local: p.Local) -> Slot | Pair | Fixed:
    """What ``local`` is in this call; it gets its registers when first met."""
    found = scope.locals.get(local.number)
    if found is None:
        found = _fresh(scope, local)
        scope.locals[local.number] = found
    return found


def _fresh(scope: Scope, local: p.Local) -> Slot | Pair:
    reg = scope.prefix + scope.facts.shown.get(local.number, local.name)
    if local.number in scope.facts.addressed:
        scope.graph.addressed.update((reg, f"{reg}.low", f"{reg}.high"))
    declared = local.number in scope.facts.declared
    if isinstance(local.type, WordType) and local.number in scope.facts.halved:
        low, high = f"{reg}.low", f"{reg}.high"
        scope.graph.halves.update((low, high))
        return Pair(Slot(low, local.name, declared), Slot(high, local.name, declared))
    return Slot(reg, local.name, declared)


def is_split(scope: Scope, word: str) -> bool:
    """Whether the halves of ``word`` are locations of their own in this configuration."""
    return scope.obligation.layout.words[word].split


# --- reading ------------------------------------------------------------------------------


def read(scope: Scope, place: PlaceRef, order: str, span: Span) -> Lowered:
    """The value at ``place``."""
    match place:
        case Slot():
            return _read_slot(scope, place, span)
        case Pair(low=low, high=high):
            left = _read_slot(scope, low, span)
            return ex.join(scope.space, left, _read_slot(scope, high, span))
        case LocalHalf(local=local, part=part):
            if isinstance(local, Pair):
                return _read_slot(scope, local.half(part), span)
            return scope.apply(f"word_{part}", _read_slot(scope, local, span))
        case Fixed(value=value):
            return value
        case Memory():
            return _load(scope, place, order, span)
        case _:
            assert_never(place)


def _read_slot(scope: Scope, slot: Slot, span: Span) -> Expr:
    """The register of ``slot``, checked to hold something."""
    reg = Reg(slot.reg)
    if slot.declared:
        holds = scope.apply("!=", reg, ex.UNKNOWN)
        scope.check("uninitialized", holds, f"`{slot.name}` has no value here", span)
    return reg


def _load(scope: Scope, place: Memory, order: str, span: Span) -> Expr:
    """A load; a half of a word that is one location is taken out of the whole."""
    whole = place.part != "whole" and not is_split(scope, place.word)
    part = "whole" if whole else place.part
    reg = scope.temporary()
    if part != "whole":
        scope.graph.halves.add(reg)
    if order == "plain" and place.racy:
        order = "racy"
    scope.builder.emit(Load(reg, place.address, order, part, place.word, scope.origin(span)))
    if place.number:
        return scope.apply("wrap", Reg(reg), params=(U32.bits, int(U32.signed)))
    return scope.apply(f"word_{place.part}", Reg(reg)) if whole else Reg(reg)


# --- writing ------------------------------------------------------------------------------


def write(scope: Scope, place: PlaceRef, value: Lowered, order: str, span: Span) -> None:
    """Store ``value`` at ``place``."""
    if isinstance(value, LocalAddress):
        message = "the address of a local can only be passed to a function"
        scope.refuse("address-of-local", message, span)
        return
    match place:
        case Slot(reg=reg):
            scope.builder.emit(Assign(reg, value, scope.origin(span)))
        case Pair(low=low, high=high):
            if low.reg in ex.registers(value):
                value = scope.keep(value, span)
            _assign_half(scope, low, scope.apply("word_low", value), span)
            _assign_half(scope, high, scope.apply("word_high", value), span)
        case LocalHalf(local=local, part=part):
            if isinstance(local, Pair):
                _assign_half(scope, local.half(part), _as_half(scope, value), span)
            else:
                joined = _with_half(scope, Reg(local.reg), part, value)
                scope.builder.emit(Assign(local.reg, joined, scope.origin(span)))
        case Fixed():
            raise AssertionError("a parameter that is assigned is not fixed")
        case Memory():
            _store(scope, place, value, order, span)
        case _:
            assert_never(place)


def _as_half(scope: Scope, value: Expr) -> Expr:
    """``value`` as a half of a word; its provenance stays."""
    if isinstance(value, Reg) and value.name in scope.graph.halves:
        return value
    return ex.half(scope.space, value)


def _assign_half(scope: Scope, slot: Slot, value: Expr, span: Span) -> None:
    scope.builder.emit(Assign(slot.reg, value, scope.origin(span)))


def _with_half(scope: Scope, word: Expr, part: str, value: Expr) -> Expr:
    """``word`` with one half replaced."""
    if part == "low":
        return ex.join(scope.space, value, scope.apply("word_high", word))
    return ex.join(scope.space, scope.apply("word_low", word), value)


def _store(scope: Scope, place: Memory, value: Expr, order: str, span: Span) -> None:
    """A store; to a half only where the halves are locations of their own."""
    if place.part != "whole":
        if not is_split(scope, place.word):
            scope.refuse(
                "half-of-whole-word",
                f"{place.word} is one location in this configuration, "
                "so its halves cannot be stored one by one",
                span,
                "assign the whole word, or do this only where the word is split",
            )
            return
        value = _as_half(scope, value)
    if order == "plain" and place.racy:
        order = "racy"
    # A whole store to a split word is two stores to its halves, which the update counts too.
    update = scope.update if place.word and is_split(scope, place.word) else 0
    origin = scope.origin(span)
    store = Store(place.address, value, order, place.part, place.word, update, origin)
    scope.builder.emit(store)


def assigned(scope: Scope, place: PlaceRef, value: Lowered) -> Lowered:
    """The value of ``place = value`` just after it was written."""
    match place:
        case Slot(reg=reg):
            return Reg(reg)
        case Pair(low=low, high=high):
            return ex.join(scope.space, Reg(low.reg), Reg(high.reg))
        case LocalHalf(local=local, part=part):
            if isinstance(local, Pair):
                return Reg(local.half(part).reg)
            return scope.apply(f"word_{part}", Reg(local.reg))
        case Fixed() | Memory():
            return value
        case _:
            assert_never(place)


def forget(scope: Scope, place: PlaceRef, span: Span) -> None:
    """Make a local hold no value."""
    match place:
        case Slot(reg=reg):
            scope.builder.emit(Assign(reg, Const(POISON), scope.origin(span)))
        case Pair(low=low, high=high):
            forget(scope, low, span)
            forget(scope, high, span)
        case Fixed() | LocalHalf() | Memory():
            raise AssertionError("only locals are declared")
        case _:
            assert_never(place)
