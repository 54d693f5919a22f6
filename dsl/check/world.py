"""Everything the program declares, by name: what the bodies of functions are checked against."""

from __future__ import annotations

from collections.abc import Iterable

from dsl import protocol as p
from dsl import syntax as s
from dsl.check.report import Report
from dsl.frozen import Frozen, Open, field
from dsl.source import Span
from dsl.types import Type

MODELS = ("sc", "tso", "lkmm")
"""The memory models a file may name."""

BUILTIN_NAMES = ("NULL", "true", "false", "choose", "container_of", "forall_actors")
"""Names of expressions that no program may declare."""


CURRENT = "current"
"""The task that runs, a local of each actor that has one: see :mod:`dsl.check.task`."""


class Signature(Frozen, frozen=True):
    """What a call needs to know of a function; a type is None where its declaration is wrong.

    ``task`` is the type of ``current``, where the function has it as a parameter unwritten.
    """

    name: str
    kind: str
    parameters: tuple[tuple[str, Type | None], ...]
    result: Type | None
    decl: s.FunctionDecl
    task: Type | None = None

    @property
    def all_parameters(self) -> tuple[tuple[s.Name, Type | None], ...]:
        """Names and types, with ``current`` first where it is one."""
        names = (parameter.name for parameter in self.decl.parameters)
        types = (type_ for _, type_ in self.parameters)
        written = tuple(zip(names, types, strict=True))
        if self.task is None:
            return written
        return (s.Name(CURRENT, self.decl.name.span), self.task), *written


class World(Open):
    """The program's global names.

    ``ordinary`` holds every name of C's ordinary namespace with what it is and
    where it was first declared; struct and enum tags are apart, as in C.  A None
    in place of a type means that its declaration is wrong and has been reported.
    ``configs`` has the values that are proved, ``left_out`` those that a narrower
    declaration took away: they are still names that a config can be compared with.
    """

    report: Report
    ordinary: dict[str, tuple[str, Span]] = field(default_factory=dict[str, tuple[str, Span]])
    typedefs: dict[str, s.Typedef] = field(default_factory=dict[str, s.Typedef])
    aliases: dict[str, Type | None] = field(default_factory=dict[str, Type | None])
    configs: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    left_out: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    enum_decls: dict[str, s.EnumDecl] = field(default_factory=dict[str, s.EnumDecl])
    enums: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    members: dict[str, str] = field(default_factory=dict[str, str])
    word_decls: dict[str, s.WordDecl] = field(default_factory=dict[str, s.WordDecl])
    words: dict[str, p.Word] = field(default_factory=dict[str, p.Word])
    value_words: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    struct_decls: dict[str, s.StructDecl] = field(default_factory=dict[str, s.StructDecl])
    structs: dict[str, p.Struct] = field(default_factory=dict[str, p.Struct])
    broken_fields: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    object_decls: dict[str, s.ObjectDecl] = field(default_factory=dict[str, s.ObjectDecl])
    objects: dict[str, Type | None] = field(default_factory=dict[str, Type | None])
    pool_decls: dict[str, s.PoolDecl] = field(default_factory=dict[str, s.PoolDecl])
    pools: dict[str, Type | None] = field(default_factory=dict[str, Type | None])
    functions: dict[str, Signature] = field(default_factory=dict[str, Signature])
    function_decls: dict[str, s.FunctionDecl] = field(default_factory=dict[str, s.FunctionDecl])
    actors: dict[str, s.ActorDecl] = field(default_factory=dict[str, s.ActorDecl])
    scenarios: dict[str, s.Scenario] = field(default_factory=dict[str, s.Scenario])
    variants: dict[str, s.Variant] = field(default_factory=dict[str, s.Variant])
    owners: set[str] = field(default_factory=set[str])
    quantified: list[s.Final | s.Invariant] = field(default_factory=list["s.Final | s.Invariant"])
    masks: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    statements: int = 0
    too_large: bool = False

    def values(self, config: str) -> tuple[str, ...]:
        """All values of a config, those that are proved first."""
        return self.configs[config] + self.left_out.get(config, ())

    def callables(self) -> Iterable[str]:
        """The names of the program's functions that can be called."""
        return (name for name, f in self.functions.items() if f.kind != "iterator")
