"""Collects the names that the files declare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from dsl import syntax as s
from dsl.check.report import Report
from dsl.check.typenames import NAMED_TYPES, TAGGED_TYPES
from dsl.check.world import BUILTIN_NAMES, World
from dsl.diagnostic import Label
from dsl.primitives import signature
from dsl.source import Span

Declared = TypeVar("Declared")

_CALLED = ("function", "update", "iterator")
_TYPES = ("typedef", "word", "struct")


def collect(report: Report, files: Iterable[s.File]) -> World:
    """Every declaration by name; a second declaration of a name is reported and left out."""
    world = World(report)
    tags: dict[str, tuple[str, Span]] = {}
    others: dict[str, tuple[str, Span]] = {}
    for file in files:
        for decl in file.declarations:
            _declare(world, tags, others, decl)
    _refuse_hiding(world)
    return world


def _refuse_hiding(world: World) -> None:
    """Report values of words with a function's name: one of the two would be out of reach."""
    for decl in world.word_decls.values():
        for name in (value.name for value in decl.values):
            first = world.ordinary.get(name.text)
            if first is not None and first[0] in _CALLED:
                duplicate(world.report, f"value of {decl.name.text}", name, first)
            elif signature(name.text):
                _refuse_primitive(world, name, "give this value another name")


def _refuse_primitive(world: World, name: s.Name, hint: str) -> None:
    what = f"`{name.text}()` is a primitive of the language"
    world.report.error("reserved-name", what, name.span, hint)


def _declare(
    world: World,
    tags: dict[str, tuple[str, Span]],
    others: dict[str, tuple[str, Span]],
    decl: s.Decl,
) -> None:
    match decl:
        case s.Config(name, values):
            if not _narrowed(world, decl) and _new(world, world.ordinary, "config", name):
                world.configs[name.text] = _distinct(world, "value of the config", values)
        case s.Typedef(_, name):
            if _new(world, world.ordinary, "typedef", name):
                world.typedefs[name.text] = decl
        case s.WordDecl(name):
            if _new(world, world.ordinary, "word", name):
                world.word_decls[name.text] = decl
        case s.EnumDecl(name, members):
            if _new(world, tags, "enum", name):
                world.enum_decls[name.text] = decl
                for member, _ in members:
                    if _new(world, world.ordinary, "enum member", member):
                        world.members[member.text] = name.text
        case s.StructDecl(name):
            if _new(world, tags, "struct", name):
                world.struct_decls[name.text] = decl
        case s.ObjectDecl():
            if _new(world, world.ordinary, "object", decl.declarator.name):
                world.object_decls[decl.declarator.name.text] = decl
                world.owners |= {decl.owner.text} if decl.owner is not None else set()
        case s.PoolDecl(_, name):
            if _new(world, world.ordinary, "pool", name):
                world.pool_decls[name.text] = decl
        case s.FunctionDecl():
            if _new(world, world.ordinary, decl.kind, decl.name):
                world.function_decls[decl.name.text] = decl
        case s.ActorDecl(name=name):
            if _new(world, world.ordinary, "actor", name):
                world.actors[name.text] = decl
        case s.Scenario(name):
            if _new(world, others, "scenario", name, "scenario "):
                world.scenarios[name.text] = decl
        case s.Variant(name):
            if _new(world, others, "variant", name, "variant "):
                world.variants[name.text] = decl
        case _:
            pass


def _new(
    world: World, space: dict[str, tuple[str, Span]], what: str, name: s.Name, prefix: str = ""
) -> bool:
    """Enter a name into a name space; False, after a report, where it is taken."""
    if what in _CALLED and signature(name.text):
        _refuse_primitive(world, name, "leave the function out, or give it another name")
        return False
    built_in = TAGGED_TYPES if what == "struct" else NAMED_TYPES
    if what in _TYPES and name.text in built_in:
        tagged = f"struct {name.text}" if what == "struct" else name.text
        message = f"`{tagged}` is a type of the language"
        hint = f"leave the {what} out, or give it another name"
        world.report.error("reserved-name", message, name.span, hint)
        return False
    if name.text in BUILTIN_NAMES and not prefix:
        world.report.error(
            "reserved-name",
            f"`{name.text}` means something in expressions",
            name.span,
            "choose another name",
        )
        return False
    first = space.get(prefix + name.text)
    if first is not None:
        duplicate(world.report, what, name, first)
        return False
    space[prefix + name.text] = (what, name.span)
    return True


def _narrowed(world: World, decl: s.Config) -> bool:
    """Leave out what an importer does not name of a config's values.

    False where the declaration is no such.
    """
    name = decl.name.text
    known = world.configs.get(name)
    if known is None or world.ordinary[name][1].file == decl.name.span.file:
        return False
    if set(known) <= {value.text for value in decl.values}:
        return False
    values = _distinct(world, "value of the config", decl.values)
    for value in decl.values:
        if value.text not in known:
            world.report.error(
                "unknown-name",
                f"config {name} has no value `{value.text}`",
                value.span,
                f"its values are {', '.join(known)}",
                (Label(world.ordinary[name][1], "declared here"),),
            )
    kept = tuple(value for value in values if value in known) or known
    world.configs[name] = kept
    world.left_out[name] = tuple(
        value for value in (*known, *world.left_out.get(name, ())) if value not in kept
    )
    return True


def duplicate(report: Report, what: str, name: s.Name, first: tuple[str, Span]) -> None:
    """Report a second declaration of a name, with the first one."""
    report.error(
        "duplicate-name",
        f"`{name.text}` is declared twice",
        name.span,
        f"rename this {what}",
        (Label(first[1], f"first declared here, as {first[0]}"),),
    )


def _distinct(world: World, what: str, names: Iterable[s.Name]) -> tuple[str, ...]:
    seen: dict[str, tuple[str, Span]] = {}
    for name in names:
        if name.text in seen:
            duplicate(world.report, what, name, seen[name.text])
        else:
            seen[name.text] = (what, name.span)
    return tuple(seen)
