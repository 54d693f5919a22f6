"""The declarations that a skeleton needs, from the types that were found out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from dsl.paste.known import NUMBERS
from dsl.paste.library import Library
from dsl.paste.noted import LONGEST, Noted, Wrong
from dsl.paste.scopes import Outside, World
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
    root,
    shape,
)

_WORD: Final = re.compile(r"\W+")
_LONG: Final = 50
_COUNTS: Final = frozenset({"refcount_t", "atomic_t", "atomic_long_t", "atomic64_t"})
_LARGEST: Final = 2**31 - 1


@dataclass(slots=True)
class Names:
    """Names that are taken, so that new ones differ."""

    taken: set[str] = field(default_factory=set[str])

    def fresh(self, wanted: str) -> str:
        """``wanted``, with a number behind it if that is taken."""
        name, count = wanted, 2
        while name in self.taken:
            name, count = f"{wanted}_{count}", count + 1
        self.taken.add(name)
        return name


class Declarations:
    """Names the structs, writes types, and makes an object wherever a pointer needs one."""

    def __init__(
        self, world: World, outside: Outside, names: Names, library: Library, file: str
    ) -> None:
        self.library = library
        self.world = world
        self.outside = outside
        self.names = names
        self.structs: dict[Record, str] = {}
        self._tags: set[str] = set(world.records)
        self._objects: dict[str, str] = {}
        self._made: list[str] = []
        self._set_up_by: set[str] = set()
        self._noted = Noted(file, outside.structs, outside.values)

    @property
    def wrong(self) -> list[Wrong]:
        """The fields that are marked, of the structs that were declared."""
        return self._noted.wrong

    # --- types ------------------------------------------------------------------

    def settle(self) -> None:
        """Gives a shape to every typedef."""
        for name, cell in self.world.typedefs.items():
            found = shape(cell)
            if found is None or (isinstance(found, Number) and found.weak):
                find(cell).shape = Number(name)

    def struct(self, record: Record) -> str:
        """The name of a struct."""
        record = root(record)
        if record not in self.structs:
            wanted = record.name or _WORD.sub("_", record.hint).strip("_") or "object"
            name, count = wanted, 2
            while not record.name and (name in self._tags or name in self.world.records):
                name, count = f"{wanted}_{count}", count + 1
            self._tags.add(name)
            self.structs[record] = name
        return self.structs[record]

    def name_all(self) -> None:
        """Has every struct declared that the text names."""
        for record in self.world.records.values():
            self.struct(record)

    def base(self, cell: Cell, *, pointed: bool = False) -> tuple[str, int]:
        """The words and the stars of a type, arrays aside."""
        cell = find(cell)
        match cell.shape:
            case Number(text):
                return text, 0
            case Opaque(text):
                return text, 0
            case Void():
                return "void", 0
            case Struct(record):
                return f"struct {self.struct(record)}", 0
            case Pointer(to):
                text, stars = self.base(to, pointed=True)
                return text, stars + 1
            case Array(element):
                return self.base(element, pointed=pointed)
            case None if pointed:
                cell.shape = Struct(Record(hint=cell.hint))
                return self.base(cell)
            case None:
                cell.shape = Number("int")
                return "int", 0

    def declared(self, cell: Cell, name: str) -> str:
        """``struct foo *name[2]``."""
        text, stars = self.base(cell)
        lengths = ""
        inner = find(cell)
        while isinstance(inner.shape, Array):
            lengths += f"[{min(max(inner.length, 1), LONGEST)}]"
            inner = find(inner.shape.element)
        return f"{text} {'*' * stars}{name}{lengths}"

    # --- objects ----------------------------------------------------------------

    def object(self, cell: Cell) -> str:
        """The name of an object that a pointer to ``cell`` may point at."""
        text, stars = self.base(cell, pointed=True)
        key = f"{text}{'*' * stars}"
        if key not in self._objects:
            stem = text.removeprefix("struct ").removesuffix("_t") + "_pointer" * stars
            name = self.names.fresh(f"{_WORD.sub('_', stem)}_0")
            self._objects[key] = name
            self._object(cell, name, second=False)
        return self._objects[key]

    def another(self, type_: str, stem: str) -> str:
        """The name of an object that nothing points at yet."""
        name = self.names.fresh(stem)
        self._made.append(f"{type_} {name};")
        return name

    def _object(self, cell: Cell, name: str, *, second: bool) -> None:
        own = None if second else self._another(find(cell), name)
        self._made.append(self._with_value(cell, name, own))

    def _with_value(self, cell: Cell, name: str, own: str | None = None) -> str:
        """The declaration of an object; before it a comment if it has counts from the file."""
        before, self._set_up_by = self._set_up_by, set()
        text = f"{self.declared(cell, name)}{self.initial(cell, own)};"
        by, self._set_up_by = sorted(self._set_up_by), before
        if not by:
            return text
        names = " and ".join(f"{name}()" for name in by)
        return f"// TODO: its counts are those of {names}.\n{text}"

    def _another(self, cell: Cell, name: str) -> str | None:
        """A second object for a struct that points at its own kind."""
        if not isinstance(cell.shape, Struct):
            return None
        record = root(cell.shape.record)
        if not any(_points_at(c, record) for c in record.fields.values()):
            return None
        other = self.names.fresh(f"{name.removesuffix('_0')}_1")
        self._object(cell, other, second=True)
        return other

    def initial(self, cell: Cell, own: str | None = None) -> str:
        """`` = value`` of an object, or nothing; ``own`` is what it points at of its own kind."""
        inner = find(cell)
        match inner.shape:
            case Pointer(to):
                return f" = &{self.object(to)}"
            case Struct(record):
                text = self._braces(root(record), own, (root(record),))
                return f" = {text}" if text else ""
            case _:
                return ""

    def _braces(self, record: Record, own: str | None, around: tuple[Record, ...]) -> str:
        """``{ ... }`` for a struct; ``around`` are those that it is part of, and itself."""
        parts: list[str] = []
        setups = self.outside.setups
        for name, cell in self._noted.ordered(record):
            inner = find(cell)
            match inner.shape:
                case Pointer(to):
                    if _points_at(inner, around[0]):
                        if own is not None:
                            parts.append(f".{name} = &{own}")
                    elif not isinstance(shape(to), Array):
                        parts.append(f".{name} = &{self.object(to)}")
                case Struct(other) if root(other) not in around:
                    text = self._braces(root(other), own, (*around, root(other)))
                    if text:
                        parts.append(f".{name} = {text}")
                case Opaque(text) if text in _COUNTS and (record.name, name) in setups:
                    parts.append(f".{name} = {setups[record.name, name].value}")
                    self._set_up_by.add(setups[record.name, name].function)
                case _:
                    pass
        if sum(len(part) for part in parts) > _LONG:
            return "{\n" + "".join(f"{part},\n" for part in parts) + "}"
        return f"{{ {', '.join(parts)} }}" if parts else ""

    def objects(self) -> list[str]:
        """The objects so far, what is pointed at first."""
        return list(self._made)

    # --- declarations -----------------------------------------------------------

    def struct_texts(self) -> Iterator[tuple[str, str]]:
        """Name and declaration of every struct that was named; naming goes on meanwhile."""
        done: set[Record] = set()
        while True:
            todo = [record for record in self.structs if record not in done]
            if not todo:
                return
            for record in todo:
                done.add(record)
                if record.name in self.world.closed:
                    continue
                body = "".join(
                    f"{self.declared(cell, name)};{self._noted.behind(record, name)}\n"
                    for name, cell in self._noted.ordered(record)
                )
                note = self._noted.before(record)
                yield self.structs[record], f"{note}struct {self.structs[record]} {{\n{body}}};"

    def typedef_texts(self) -> Iterator[tuple[str, str]]:
        """Every typedef of the kernel that is named."""
        for name, cell in self.world.typedefs.items():
            found = find(cell).shape
            if name in self.library.names:
                continue
            if isinstance(found, Number) and found.text == name:
                yield name, f"typedef unsigned long {name};"
            elif not isinstance(found, Array):
                yield name, f"typedef {self.declared(cell, name)};"

    def constant_texts(self) -> Iterator[tuple[str, str]]:
        """Enums, and an enum for all other constants."""
        plain = [
            name
            for name, cell in self.world.constants.items()
            if isinstance(shape(cell), Number | None) and name not in self.library.constants
        ]
        for enum in sorted(self.world.enums):
            if f"enum {enum}" in self.library.names:
                continue
            known = self.outside.enums.get(enum, ())
            mine = [name for name in plain if name in known]
            plain = [name for name in plain if name not in mine]
            members = mine or list(known[:2]) or [self.names.fresh(f"{enum.upper()}_0")]
            todo = "" if known else "// TODO: its members.\n"
            yield enum, f"{todo}enum {enum} {{ {', '.join(self._values(members, 0))} }};"
        if plain:
            rows = ",\n".join(self._values(plain, 1))
            todo = "// TODO: the values of those that the file does not have are made up.\n"
            yield "kernel_constant", f"{todo}enum kernel_constant {{\n{rows},\n}};"

    def _values(self, names: list[str], first: int) -> Iterator[str]:
        """``name = value``: the kernel's where it is known, else the next power of two."""
        known = (NUMBERS[name] for name in names if name in NUMBERS)
        used = {*self.outside.values.values(), *self.outside.used, *known}
        guess = first
        for name in names:
            value = self.outside.values.get(name, NUMBERS.get(name))
            if value is None or not -_LARGEST <= value <= _LARGEST:
                while guess in used:
                    guess = _next(guess)
                value = guess
                guess = _next(guess)
            yield f"{name} = {value}"

    def global_texts(self) -> Iterator[tuple[str, str]]:
        """The globals that the body names."""
        constants = self.world.constants.items()
        others = {name: c for name, c in constants if not isinstance(shape(c), Number | None)}
        for name, cell in {**self.world.globals, **others}.items():
            if name in self.library.names:
                continue
            yield name, self._with_value(cell, name)


def _next(guess: int) -> int:
    """The numbers that are made up: 0, powers of two while they fit, then what is left."""
    if guess == 0:
        return 1
    small = guess & (guess - 1) == 0 and guess < 2**30
    return guess * 2 if small else (3 if guess == 2**30 else guess + 2)


def _points_at(cell: Cell, record: Record) -> bool:
    found = shape(cell)
    if not isinstance(found, Pointer):
        return False
    inner = shape(found.to)
    return isinstance(inner, Struct) and root(inner.record) is record
