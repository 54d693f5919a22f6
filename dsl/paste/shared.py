"""What the functions of a skeleton share: types, names, stubs, and what they are to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from dsl.paste.library import Library
from dsl.paste.scopes import Outside, World
from dsl.paste.tree import Call, Member, Name, Paren, Prefix
from dsl.paste.types import Cell, compatible, unify
from dsl.primitives import SIGNATURES

_NO_NAMES: Final = frozenset({*SIGNATURES, "true", "false", "null"})


@dataclass(slots=True, eq=False)
class Site:
    """One call of something that is to be a stub.

    ``kept`` are the indices of the arguments that stay, ``parameters`` their cells; ``used``
    says how the result is used: not at all, as a condition, or as a value.
    """

    name: str
    kept: tuple[int, ...]
    parameters: list[Cell]
    result: Cell
    used: str
    iterator: bool = False
    position: int = -1
    addressed: frozenset[int] = frozenset()
    arrays: frozenset[int] = frozenset()
    outs: frozenset[int] = frozenset()
    group: Group | None = None


@dataclass(slots=True, eq=False)
class Group:
    """The calls that one stub serves; ``name`` is the stub's."""

    name: str
    called: str
    parameters: list[Cell]
    names: tuple[str, ...]
    result: Cell
    used: set[str] = field(default_factory=set[str])
    iterator: bool = False
    position: int = -1
    outs: frozenset[int] = frozenset()


@dataclass(slots=True, eq=False)
class Listed:
    """A function that is asked for, as others call it.

    Of ``parameters`` those are None that it does not have in the language.
    """

    parameters: tuple[Cell | None, ...]
    result: Cell


@dataclass(slots=True, eq=False)
class Shared:
    """``sites`` are the calls of stubs, ``direct`` those of functions that are asked for.

    ``callbacks`` are the functions that primitives are given, ``unknown`` the stubs for values
    that are not followed; ``misfits`` are the library's functions that are given another struct
    than theirs, and so are something else of the same name.
    """

    world: World
    outside: Outside
    library: Library
    listed: dict[str, Listed] = field(default_factory=dict[str, Listed])
    sites: dict[Call, Site] = field(default_factory=dict[Call, Site])
    direct: dict[Call, Site] = field(default_factory=dict[Call, Site])
    callbacks: set[str] = field(default_factory=set[str])
    unknown: list[tuple[str, Cell]] = field(default_factory=list[tuple[str, Cell]])
    misfits: set[str] = field(default_factory=set[str])

    def groups(self) -> tuple[Group, ...]:
        """One group for each stub: calls of one name share it if their types agree."""
        found: dict[str, list[Group]] = {}
        for call, site in self.sites.items():
            same = found.setdefault(site.name, [])
            group = next((g for g in same if _fits(g, site)), None)
            if site.name in self.library.signatures and same:
                # It is there once, whatever it is given: the checker says where that is wrong.
                site.group = same[0]
                continue
            if group is None:
                called = f"{site.name}_again" if site.name in self.listed else site.name
                name = called if not same else f"{called}_{len(same) + 1}"
                names = tuple(_argument_name(call, i) for i in site.kept)
                group = Group(name, site.name, site.parameters, names, site.result)
                group.iterator, group.position = site.iterator, site.position
                same.append(group)
            else:
                for one, other in zip(group.parameters, site.parameters, strict=True):
                    unify(one, other)
                unify(group.result, site.result)
            group.used.add(site.used)
            group.outs |= site.outs
            site.group = group
        return tuple(group for same in found.values() for group in same)


def _fits(group: Group, site: Site) -> bool:
    same = group.iterator == site.iterator and group.position == site.position
    if not same or len(group.parameters) != len(site.parameters):
        return False
    pairs = [*zip(group.parameters, site.parameters, strict=True), (group.result, site.result)]
    return all(compatible(one, other) for one, other in pairs)


def _argument_name(call: Call, index: int) -> str:
    """A name for a stub's parameter, after what it was given."""
    argument = call.arguments[index]
    while isinstance(argument, Prefix | Paren):
        argument = argument.operand if isinstance(argument, Prefix) else argument.inner
    match argument:
        case Name(text) if text.islower() and text not in _NO_NAMES:
            return text
        case Member(field=text):
            return text
        case _:
            return f"arg{index + 1}"
