"""Memory: which objects there are, their locations, and what these hold at the start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from dsl import protocol as p
from dsl.types import (
    ArrayType,
    AtomicType,
    EnumType,
    LockType,
    PointerType,
    RcuHeadType,
    StructType,
    Type,
    WordType,
)
from prover.graph.constants import Constants
from prover.graph.ir import Cell, Layout, Region, WordKind
from prover.graph.values import POISON, ZERO_WORD, AddressSpace, Location, Path, Value


def layout(protocol: p.Protocol, scenario: str, configuration: Mapping[str, str]) -> Layout:
    """All memory of one obligation, with the scenario's ``init`` in place of the initial values."""
    words = {name: _word(word, configuration) for name, word in protocol.words.items()}
    space = AddressSpace(dict(_addresses(protocol)))
    constants = Constants(protocol, configuration, words, space)
    start = _initial(protocol, protocol.scenarios[scenario], constants)
    regions: dict[str, Region] = {}
    for name, obj in protocol.objects.items():
        cells = tuple(_cells(protocol, words, obj.type, (), obj.lock_class))
        initial = {
            cell.path: start.get(Location(name, cell.path), _zero(cell))
            for cell in cells
            if cell.kind != "head"
        }
        regions[name] = Region(name, _struct(obj.type), cells, initial, "", False, obj.ghost)
    for pool in protocol.pools.values():
        cells = tuple(_cells(protocol, words, pool.type, (), ""))
        unset: dict[Path, Value] = {
            cell.path: _at_first(cell, pool) for cell in cells if cell.kind != "head"
        }
        for slot in slots(pool):
            struct = _struct(pool.type)
            regions[slot] = Region(
                slot, struct, cells, unset, pool.name, pool.zeroed, False, pool.typesafe
            )
    return Layout(regions, words, space)


def slots(pool: p.Pool) -> tuple[str, ...]:
    """The names of a pool's slots, in order."""
    return tuple(f"{pool.name}[{index}]" for index in range(pool.length))


def _word(word: p.Word, configuration: Mapping[str, str]) -> WordKind:
    split = word.split_when is not None and word.split_when.holds(configuration)
    values = tuple(
        (v.name, v.parameter is not None, v.bits, _struct(v.parameter.to) if v.parameter else "")
        for v in word.values
    )
    return WordKind(word.name, word.present, values, split)


def _struct(type_: Type) -> str:
    """The struct's name, "" for other types."""
    return type_.name if isinstance(type_, StructType) else ""


def _addresses(protocol: p.Protocol) -> Iterator[tuple[str, tuple[int, str]]]:
    """Physical addresses of what words can point at: objects and slots of struct types."""
    for obj in protocol.objects.values():
        if isinstance(obj.type, StructType):
            yield obj.name, (obj.address, obj.type.name)
    for pool in protocol.pools.values():
        for slot, address in zip(slots(pool), pool.addresses, strict=True):
            yield slot, (address, _struct(pool.type))


def _cells(
    protocol: p.Protocol, words: Mapping[str, WordKind], type_: Type, path: Path, lock_class: str
) -> Iterator[Cell]:
    """The cells of a place of type ``type_``, in the order of declaration."""
    match type_:
        case StructType(name=name):
            for field in protocol.structs[name].fields:
                inner = (*path, field.name)
                yield from _cells(protocol, words, field.type, inner, field.lock_class)
        case ArrayType(element=element, length=length):
            for index in range(length):
                yield from _cells(protocol, words, element, (*path, index), lock_class)
        case WordType(name=name):
            yield Cell(path, "word", name, "", words[name].split, False)
        case LockType(kind=kind):
            yield Cell(path, "lock", kind, lock_class, False, False)
        case RcuHeadType():
            yield Cell(path, "head", "", "", False, False)
        case AtomicType(name=name):
            yield Cell(path, "scalar", name, "", False, False)
        case EnumType(name=name):
            yield Cell(path, "scalar", "", "", False, False, _named(protocol.enums.get(name, {})))
        case _:
            yield Cell(path, "scalar", "", "", False, isinstance(type_, PointerType))


def _named(members: Mapping[str, int]) -> tuple[tuple[int, str], ...]:
    """The values of an enum that one member alone has, with its name."""
    values = Counter(members.values())
    return tuple((value, name) for name, value in members.items() if values[value] == 1)


def _zero(cell: Cell) -> Value:
    """What a static cell holds where nothing is said."""
    return ZERO_WORD if cell.kind == "word" else 0


def _at_first(cell: Cell, pool: p.Pool) -> Value:
    """What a slot's cell holds before anything runs; a typesafe pool's may have a constructor."""
    if not pool.typesafe or (cell.type_name == "srcu"):
        return POISON
    return _zero(cell) if pool.zeroed or cell.type_name == "folio" else POISON


def _initial(
    protocol: p.Protocol, scenario: p.Scenario, constants: Constants
) -> dict[Location, Value]:
    """What the authors' initializers and the scenario's ``init`` put where, later ones last."""
    found: dict[Location, Value] = {}
    for obj in protocol.objects.values():
        for path, expr in obj.initial:
            found[Location(obj.name, path)] = constants.value(expr)
    for place, expr in scenario.init:
        found[constants.location(place)] = constants.value(expr)
    return found
