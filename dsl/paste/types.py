"""Types that are found out by use: cells that are unified, in the manner of Hindley and Milner.

A cell is unknown, or has one shape.  Numbers convert into each other, so that two of them
agree wherever they meet as values; behind a pointer they must be the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from dsl.paste.field_of import Fields


@dataclass(frozen=True, slots=True)
class Number:
    """A number: ``text`` is the type as it is written; ``weak`` if it is no more than a guess."""

    text: str
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Opaque:
    """A lock, an atomic, an RCU head: what only primitives touch."""

    text: str


@dataclass(frozen=True, slots=True)
class Void:
    """No value."""


@dataclass(slots=True, eq=False)
class Record:
    """A struct; ``name`` is empty as long as nobody has named it, ``hint`` is for that case.

    ``declared`` is what the file declares in it, ``known`` makes the cell of a field of that.
    """

    name: str = ""
    hint: str = ""
    fields: dict[str, Cell] = field(default_factory=dict[str, "Cell"])
    same: Record | None = None
    declared: Fields | None = None
    known: Callable[[str], Cell | None] | None = None


@dataclass(frozen=True, slots=True)
class Struct:
    """A value of a struct."""

    record: Record


@dataclass(frozen=True, slots=True)
class Pointer:
    """A pointer."""

    to: Cell


@dataclass(frozen=True, slots=True)
class Array:
    """An array inside a struct or a global; its length is found out elsewhere."""

    element: Cell


Shape: TypeAlias = Number | Opaque | Void | Struct | Pointer | Array


@dataclass(slots=True, eq=False)
class Cell:
    """The type of a place or a value; ``hint`` names a struct that nobody else names."""

    shape: Shape | None = None
    hint: str = ""
    same: Cell | None = None
    length: int = 0


def find(cell: Cell) -> Cell:
    """The cell that stands for all that are one with ``cell``."""
    while cell.same is not None:
        if cell.same.same is not None:
            cell.same = cell.same.same
        cell = cell.same
    return cell


def shape(cell: Cell) -> Shape | None:
    """What is known of ``cell``."""
    return find(cell).shape


def root(record: Record) -> Record:
    """The record that stands for all that are one with ``record``."""
    while record.same is not None:
        record = record.same
    return record


def pointer(to: Cell) -> Cell:
    """A pointer to ``to``."""
    return Cell(Pointer(to))


def number(text: str = "int", *, weak: bool = False) -> Cell:
    """A number."""
    return Cell(Number(text, weak))


def unify(one: Cell, other: Cell, *, exact: bool = False, depth: int = 0) -> bool:
    """Makes both the same type; False where they cannot be.  ``exact``: behind a pointer."""
    one, other = find(one), find(other)
    if one is other or depth > 50:
        return True
    if one.shape is None or other.shape is None:
        first, second = (one, other) if other.shape is None else (other, one)
        if _reaches(first, second):
            return False
        _join(second, first)
        return True
    return _shapes(one, other, exact, depth)


def _shapes(one: Cell, other: Cell, exact: bool, depth: int) -> bool:
    match one.shape, other.shape:
        case Number(a, weak_a), Number(b, weak_b):
            if weak_a or weak_b or a == b:
                first, second = (other, one) if weak_a else (one, other)
                _join(second, first)
                return True
            return not exact
        case Pointer(a), Pointer(b):
            return unify(a, b, exact=True, depth=depth + 1)
        case Array(a), Array(b) | Pointer(b):
            return unify(a, b, exact=True, depth=depth + 1)
        case Pointer(a), Array(b):
            return unify(a, b, exact=True, depth=depth + 1)
        case Struct(a), Struct(b):
            return _records(a, b, depth)
        case Opaque(a), Opaque(b):
            return a == b
        case Void(), Void():
            return True
        case _:
            return False


def _records(one: Record, other: Record, depth: int) -> bool:
    one, other = root(one), root(other)
    if one is other:
        return True
    if one.name and other.name and one.name != other.name:
        return False
    first, second = (one, other) if one.name else (other, one)
    second.same = first
    first.hint = first.hint or second.hint
    if first.declared is None and second.declared is not None:
        first.declared, first.known = second.declared, second.known
        first.fields, second.fields = second.fields, first.fields
    good = True
    for name, cell in second.fields.items():
        if name not in first.fields and first.known is not None:
            made = first.known(name)
            if made is not None:
                first.fields[name] = made
        if name in first.fields:
            good = unify(first.fields[name], cell, exact=True, depth=depth + 1) and good
        else:
            first.fields[name] = cell
    return good


def _join(gone: Cell, stays: Cell) -> None:
    gone.same = stays
    stays.hint = stays.hint or gone.hint
    stays.length = max(stays.length, gone.length)


def _reaches(start: Cell, target: Cell) -> bool:
    """Whether ``target`` is behind the pointers of ``start``: no type holds itself."""
    cell = find(start)
    while True:
        if cell is target:
            return True
        match cell.shape:
            case Pointer(to):
                cell = find(to)
            case Array(element):
                cell = find(element)
            case _:
                return False


def compatible(one: Cell, other: Cell, depth: int = 0) -> bool:
    """Whether :func:`unify` would succeed; changes nothing."""
    one, other = find(one), find(other)
    if one is other or one.shape is None or other.shape is None or depth > 20:
        return True
    match one.shape, other.shape:
        case Number(a, weak_a), Number(b, weak_b):
            return depth == 0 or weak_a or weak_b or a == b
        case Pointer(a), Pointer(b):
            return compatible(a, b, depth + 1)
        case Struct(a), Struct(b):
            a, b = root(a), root(b)
            if a.name and b.name:
                return a.name == b.name
            shared = a.fields.keys() & b.fields.keys()
            return all(compatible(a.fields[f], b.fields[f], depth + 1) for f in sorted(shared))
        case Opaque(a), Opaque(b):
            return a == b
        case Void(), Void():
            return True
        case _:
            return False
