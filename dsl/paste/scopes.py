"""What a function and its file declare, as cells: locals, structs, constants, other functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dsl.paste.field_of import FieldOf, Fields
from dsl.paste.known import OPAQUE, TYPES
from dsl.paste.setups import SetUp
from dsl.paste.structs import Structs
from dsl.paste.tokens import Token, Tokens
from dsl.paste.tree import Signature, TypeUse
from dsl.paste.types import (
    Array,
    Cell,
    Number,
    Opaque,
    Pointer,
    Record,
    Struct,
    Void,
    find,
    pointer,
    root,
    shape,
    unify,
)
from dsl.scan import number_value

_DEFINE: Final = re.compile(r"\s*#\s*define\s+(\w+)\s+\(?(-?\w+)\)?\s*(?:/\*.*)?")
_INT: Final = frozenset("unsigned signed char short int long".split())
_MOST_TYPEDEFS: Final = 16
"""So many typedefs are followed from one to the next."""
_NUMBERS: Final = frozenset("bool u8 u16 u32 u64 s8 s16 s32 s64 size_t".split())


@dataclass(slots=True)
class World:
    """Everything that is found out, or declared, about types and names.

    ``structs`` are what the file defines, ``values`` its constants.
    """

    structs: Structs = field(default_factory=Structs)
    values: Mapping[str, int] = field(default_factory=dict[str, int])
    records: dict[str, Record] = field(default_factory=dict[str, Record])
    typedefs: dict[str, Cell] = field(default_factory=dict[str, Cell])
    enums: set[str] = field(default_factory=set[str])
    globals: dict[str, Cell] = field(default_factory=dict[str, Cell])
    constants: dict[str, Cell] = field(default_factory=dict[str, Cell])
    """Names in capitals; a shape other than a number makes one a global."""
    closed: frozenset[str] = frozenset()
    """Structs that are declared elsewhere, and have no other fields."""
    _typedefs: int = 0

    def record(self, name: str) -> Record:
        """The struct called ``name``."""
        if name not in self.records:
            record = self.records[name] = Record(name)
            written = None if name in self.closed else self.structs.struct(name)
            if written is not None:
                self._declare(record, written.fields)
        return self.records[name]

    def _declare(self, record: Record, fields: Fields) -> None:
        """Tells a struct what the file declares in it; fields come to be when they are used."""

        def known(name: str) -> Cell | None:
            member = fields.members.get(name)
            return None if member is None else self.declared(member, record)

        record.declared, record.known = fields, known

    def declared(self, member: FieldOf, of: Record | None = None) -> Cell | None:
        """The cell of a field as the file declares it; None if its type is not known."""
        if member.inside is not None:
            hint = member.name if of is None else f"{of.name or of.hint}_{member.name}"
            record = Record(hint=hint.strip("_"))
            self._declare(record, member.inside)
            found = Cell(Struct(record))
            for _ in range(member.stars):
                found = pointer(found)
        elif member.type is not None:
            found = self.cell(member.type, member.stars)
        else:
            return None
        for length in reversed(member.lengths):
            found = Cell(Array(found), length=length_of(length, self.values) or 2)
        return found

    def cell(self, used: TypeUse, stars: int | None = None) -> Cell:
        """The cell of a type as written."""
        count = used.stars if stars is None else stars
        found = self._base(used.words)
        if count and isinstance(found.shape, Void):
            found = Cell(hint="object")
        for _ in range(count):
            found = Cell(Pointer(found))
        return found

    def _base(self, words: tuple[str, ...]) -> Cell:
        text = " ".join(words)
        text = TYPES.get(text, text)
        if text in OPAQUE:
            return Cell(Opaque(text))
        if words[0] == "enum":
            self.enums.add(words[1])
            return Cell(Number(text))
        if words[0] in {"struct", "union"}:
            return Cell(Struct(self.record(words[1])))
        if text == "void":
            return Cell(Void())
        if text in _NUMBERS or all(word in _INT for word in text.split()):
            return Cell(Number(text))
        name = typedef_name(text)
        if name not in self.typedefs:
            self.typedefs[name] = Cell(hint=name.removesuffix("_t"))
            self._typedef(name, text)
        return self.typedefs[name]

    def _typedef(self, name: str, text: str) -> None:
        """What the file says of a typedef, itself made of others of these."""
        written = self.structs.typedef(text)
        if written is None or self._typedefs > _MOST_TYPEDEFS:
            return
        self._typedefs += 1
        made = self.declared(written)
        self._typedefs -= 1
        if made is not None and isinstance(shape(made), Number | Opaque | Pointer | Struct):
            unify(self.typedefs[name], made)

    def pointee(self, cell: Cell, hint: str = "") -> Cell | None:
        """What ``cell`` points at; it becomes a pointer if nothing is known of it."""
        cell = find(cell)
        match cell.shape:
            case None:
                to = Cell(hint=hint or cell.hint)
                cell.shape = Pointer(to)
                return to
            case Pointer(to):
                return to
            case _:
                return None

    def field(self, base: Cell, name: str) -> Cell | None:
        """The field of a struct; a cell becomes a struct if nothing is known of it."""
        base = find(base)
        if base.shape is None or isinstance(base.shape, Void):
            base.shape = Struct(Record(hint=base.hint))
        if not isinstance(base.shape, Struct):
            return None
        record = root(base.shape.record)
        if name not in record.fields and record.name in self.closed:
            return Cell()
        if name not in record.fields:
            made = None if record.known is None else record.known(name)
            hint = f"{record.name or record.hint}_{name}".strip("_")
            record.fields[name] = Cell(hint=hint) if made is None else made
        return record.fields[name]


def length_of(words: tuple[str, ...], values: Mapping[str, int]) -> int | None:
    """The length of an array, if it is a number or has the name of one; behind `bits`, of those."""
    bits, words = words[:1] == ("bits",), words[words[:1] == ("bits",) :]
    if len(words) != 1:
        return None
    found = values.get(words[0], number_value(words[0]))
    if found is None or found <= 0:
        return None
    return (found + 63) // 64 if bits else found


def typedef_name(text: str) -> str:
    """The name of a typedef, which ends in ``_t`` in the language."""
    return text if text.endswith("_t") else f"{text}_t"


@dataclass(frozen=True, slots=True)
class Outside:
    """What the rest of the file says: constants with their values, functions by their heads."""

    values: dict[str, int]
    signatures: dict[str, Signature]
    enums: dict[str, tuple[str, ...]]
    used: frozenset[int] = frozenset()
    """Numbers that the body has: no value that is made up is one of them."""
    structs: Structs = field(default_factory=Structs)
    """The structs and typedefs of the file."""
    setups: Mapping[tuple[str, str], SetUp] = field(default_factory=dict[tuple[str, str], SetUp])
    """What counts start with, by struct and field."""


def constants_of(tokens: Tokens) -> tuple[dict[str, int], dict[str, tuple[str, ...]]]:
    """Numbers that the file defines, and the members of its enums."""
    values: dict[str, int] = {}
    for directive in tokens.directives:
        match = _DEFINE.fullmatch(directive.text)
        value = None if match is None else number_value(match[2].lstrip("-"))
        if match is not None and value is not None:
            values[match[1]] = -value if match[2].startswith("-") else value
    enums: dict[str, tuple[str, ...]] = {}
    every = tokens.kept
    for at, token in enumerate(every[:-3]):
        if token.text == "enum" and token.kind == "name":
            named = every[at + 1].kind == "name"
            opened = at + 1 + named
            if every[opened].text == "{":
                members = _members(every, opened, values)
                if named:
                    enums[every[at + 1].text] = members
    return values, enums


def _members(every: tuple[Token, ...], opened: int, values: dict[str, int]) -> tuple[str, ...]:
    """The members of an enum; values go on counting, as in C, from the last that is known."""
    found: list[str] = []
    last: int | None = -1
    at = opened + 1
    while at < len(every) and every[at].text != "}":
        name = every[at].text
        if every[at].kind != "name":
            at += 1
            continue
        last = None if last is None else last + 1
        at += 1
        if at < len(every) and every[at].text == "=":
            negative = every[at + 1].text == "-"
            number = number_value(every[at + 1 + negative].text)
            last = -number if negative and number is not None else number
            if every[at + 2 + negative].text not in {",", "}"}:
                last = None
        found.append(name)
        if last is not None:
            values.setdefault(name, last)
        while at < len(every) and every[at].text not in {",", "}"}:
            at += 1
        at += at < len(every) and every[at].text == ","
    return tuple(found)
