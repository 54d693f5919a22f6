"""What the protocol library has of the functions that a body calls.

Either a file is imported, with its structs as they are there, or a function that is nothing
but one lock operation is copied: importing does not do where the body needs other fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dsl import syntax as s
from dsl.check.task import needing
from dsl.files import library_root
from dsl.imports import load_text
from dsl.paste.scopes import World
from dsl.paste.tree import Parameter, Signature, TypeUse
from dsl.paste.types import Array, Cell, Number

_HEAD: Final = re.compile(
    r"^(?P<kind>static|update|iterator) (?:\w+ )*\**(?P<name>\w+)\((?P<parameters>[^)]*)\)",
    re.MULTILINE,
)
_WRAPPER: Final = re.compile(
    r"^static (?P<result>void|bool) (?P<name>\w+)\(struct (?P<struct>\w+) \*(?P<of>\w+)\)\n"
    r"\{\n(?P<body>\t(?:return )?(?P<primitive>\w+)\(&(?P=of)->(?P<field>\w+)\);\n)\}",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A function of a file, and with how many arguments it is called: one of ``counts``."""

    file: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A function of the library that is one operation on one field."""

    file: str
    text: str
    result: str
    struct: str
    field: str
    primitive: str


@dataclass(frozen=True, slots=True)
class Library:
    """The files that are imported, what they declare, and what can be copied instead.

    ``tasks`` are the functions that use ``current``.
    """

    imports: tuple[str, ...] = ()
    files: tuple[s.File, ...] = ()
    signatures: Mapping[str, Signature] = field(default_factory=dict[str, Signature])
    names: frozenset[str] = frozenset()
    constants: frozenset[str] = frozenset()
    tasks: frozenset[str] = frozenset()
    wrappers: Mapping[str, Wrapper] = field(default_factory=dict[str, Wrapper])

    def declare(self, world: World) -> None:
        """Tells ``world`` of the types of the imported files."""
        declarations = [d for file in self.files for d in file.declarations]
        world.closed = frozenset(d.name.text for d in declarations if isinstance(d, s.StructDecl))
        for declaration in declarations:
            if isinstance(declaration, s.WordDecl):
                name = declaration.name.text
                world.typedefs[name] = Cell(Number(name))
        for declaration in declarations:
            if isinstance(declaration, s.Typedef):
                world.typedefs[declaration.name.text] = world.cell(_used(declaration.type))
        for declaration in declarations:
            if isinstance(declaration, s.StructDecl):
                _struct(world, declaration)


def _struct(world: World, declaration: s.StructDecl) -> None:
    record = world.record(declaration.name.text)
    for part in declaration.fields:
        for declarator in part.declarators:
            cell = world.cell(_used(part.type, declarator.stars))
            for _ in declarator.lengths:
                cell = Cell(Array(cell), length=1)
            record.fields[declarator.name.text] = cell


def _used(type_: s.TypeName, stars: int = 0) -> TypeUse:
    words = (type_.tag, type_.name) if type_.tag else tuple(type_.name.split())
    return TypeUse(words, type_.stars + stars, 0, 0)


def index() -> tuple[dict[str, list[Offer]], dict[str, Wrapper]]:
    """The functions of ``kernel/`` with the files that have them, and those that can be copied."""
    found: dict[str, list[Offer]] = {}
    wrappers: dict[str, Wrapper] = {}
    for path in sorted((library_root() / "kernel").glob("*.khp")):
        text = path.read_text(encoding="utf-8")
        name = f"kernel/{path.name}"
        for match in _HEAD.finditer(text):
            listed = match["parameters"].strip()
            count = 0 if listed in ("", "void") else listed.count(",") + 1
            # An iterator's condition is one argument more.
            counts = (count, count + 1) if match["kind"] == "iterator" else (count,)
            found.setdefault(match["name"], []).append(Offer(name, counts))
        for match in _WRAPPER.finditer(text):
            parts = (match["result"], match["struct"], match["field"], match["primitive"])
            wrappers[match["name"]] = Wrapper(name, match[0], *parts)
    return found, wrappers


def imported(imports: tuple[str, ...], wrappers: Mapping[str, Wrapper]) -> Library:
    """The library with these files imported."""
    if not imports:
        return Library(wrappers=wrappers)
    text = "".join(f'import "{name}";\n' for name in imports)
    program = load_text("<library>", text, None, (library_root(),))
    files = program.files[:-1]
    declarations = [d for file in files for d in file.declarations]
    signatures: dict[str, Signature] = {}
    names: set[str] = set()
    constants: set[str] = set()
    for declaration in declarations:
        match declaration:
            case s.FunctionDecl(name=name):
                signatures[name.text] = _signature(declaration)
                names.add(name.text)
            case s.EnumDecl(name=name, members=members):
                names.add(f"enum {name.text}")
                constants |= {member.text for member, _ in members}
            case s.StructDecl() | s.Import() | s.Models():
                pass
            case s.ObjectDecl(declarator=declarator):
                names.add(declarator.name.text)
            case s.Typedef(name=name) | s.WordDecl(name=name) | s.Config(name=name):
                names.add(name.text)
                if isinstance(declaration, s.WordDecl):
                    names |= {value.name.text for value in declaration.values}
            case _:
                pass
    functions = {d.name.text: d for d in declarations if isinstance(d, s.FunctionDecl)}
    tasks = frozenset(needing(functions))
    return Library(
        imports, files, signatures, frozenset(names), frozenset(constants), tasks, wrappers
    )


def _signature(declaration: s.FunctionDecl) -> Signature:
    parameters = tuple(Parameter(p.name.text, _used(p.type)) for p in declaration.parameters)
    return Signature(declaration.name.text, _used(declaration.result), parameters, 0, 0)
