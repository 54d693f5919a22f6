"""What a program declares, by name: where the name stands, and where the declaration does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from dsl import syntax as s
from dsl.source import Span

Kind: TypeAlias = tuple[str, int]
"""A type: the name of its base, and how often it can be followed (stars and dimensions)."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """Something that has a name.

    ``kind`` is what people call it; ``span`` is the name, ``whole`` the declaration; ``type`` is
    what it holds, or returns, if anything.
    """

    kind: str
    name: str
    span: Span
    whole: Span
    type: Kind | None = None
    lock_class: str = ""


@dataclass(slots=True)
class Declared:
    """Everything that is declared, at the top level and in types.

    ``fields`` and ``values`` are by type and name, ``labels`` by function or actor and name.
    """

    types: dict[str, Symbol] = field(default_factory=dict[str, Symbol])
    names: dict[str, Symbol] = field(default_factory=dict[str, Symbol])
    fields: dict[tuple[str, str], Symbol] = field(default_factory=dict[tuple[str, str], Symbol])
    values: dict[tuple[str, str], Symbol] = field(default_factory=dict[tuple[str, str], Symbol])
    labels: dict[tuple[str, str], Symbol] = field(default_factory=dict[tuple[str, str], Symbol])
    own: dict[tuple[str, str], Symbol] = field(default_factory=dict[tuple[str, str], Symbol])
    configs: dict[tuple[str, str], Symbol] = field(default_factory=dict[tuple[str, str], Symbol])
    classes: dict[str, Symbol] = field(default_factory=dict[str, Symbol])
    scenarios: dict[str, Symbol] = field(default_factory=dict[str, Symbol])
    variants: dict[str, Symbol] = field(default_factory=dict[str, Symbol])
    aliases: dict[str, Kind] = field(default_factory=dict[str, Kind])
    parameters: dict[str, tuple[Kind, ...]] = field(default_factory=dict[str, tuple[Kind, ...]])

    def base(self, kind: Kind | None) -> Kind | None:
        """A type with its typedefs looked through."""
        for _ in range(len(self.aliases)):
            if kind is None or kind[0] not in self.aliases:
                break
            target = self.aliases[kind[0]]
            kind = (target[0], target[1] + kind[1])
        return kind

    def named(self, table: dict[tuple[str, str], Symbol], name: str) -> tuple[Symbol, ...]:
        """Everything in a table that has this name, whosever it is."""
        return tuple(symbol for (_, known), symbol in table.items() if known == name)


def kind_of(type_: s.TypeName, more: int = 0) -> Kind:
    """What a type name says."""
    return (type_.name, type_.stars + more)


def declared(files: Sequence[s.File]) -> Declared:
    """What the files declare."""
    found = Declared()
    for file in files:
        for decl in file.declarations:
            _declare(found, decl)
    return found


def _declare(found: Declared, decl: s.Decl) -> None:
    match decl:
        case s.Typedef(type=type_, name=name):
            found.types[name.text] = Symbol("typedef", name.text, name.span, decl.span)
            found.aliases[name.text] = kind_of(type_)
        case s.EnumDecl(name=name, members=members):
            found.types[name.text] = Symbol("enum", name.text, name.span, decl.span)
            for member, _ in members:
                symbol = Symbol("enum member", member.text, member.span, decl.span, (name.text, 0))
                found.names[member.text] = symbol
        case s.StructDecl():
            _struct(found, decl)
        case s.WordDecl():
            _word(found, decl)
        case s.ObjectDecl():
            _object(found, decl)
        case s.PoolDecl(name=name, type=type_):
            found.names[name.text] = Symbol("pool", name.text, name.span, decl.span, kind_of(type_))
        case s.FunctionDecl() | s.ActorDecl():
            _code(found, decl)
        case s.Scenario(name=name):
            found.scenarios[name.text] = Symbol("scenario", name.text, name.span, decl.span)
        case s.Variant(name=name):
            found.variants[name.text] = Symbol("variant", name.text, name.span, decl.span)
        case s.Config(name=name, values=values):
            # A file that narrows a config declares it again: the first is where it comes from.
            found.names.setdefault(
                name.text, Symbol("config", name.text, name.span, decl.span, (name.text, 0))
            )
            for value in values:
                symbol = Symbol("value", f"{name.text}={value.text}", value.span, decl.span)
                found.configs.setdefault((name.text, value.text), symbol)
        case _:
            pass


def _class(found: Declared, written: s.String | None, otherwise: str) -> str:
    """The class of a lock that is declared here."""
    if written is None:
        return otherwise
    symbol = Symbol("lock class", written.text, written.span, written.span)
    found.classes.setdefault(written.text, symbol)
    return written.text


def _struct(found: Declared, decl: s.StructDecl) -> None:
    owner = decl.name.text
    found.types[owner] = Symbol("struct", owner, decl.name.span, decl.span)
    for line in decl.fields:
        for one in line.declarators:
            path = f"{owner}.{one.name.text}"
            kind = kind_of(line.type, one.stars + len(one.lengths))
            of = _class(found, line.lock_class, path) if is_lock(kind) else ""
            symbol = Symbol("field", path, one.name.span, line.span, kind, of)
            found.fields[owner, one.name.text] = symbol


def _word(found: Declared, decl: s.WordDecl) -> None:
    owner = decl.name.text
    found.types[owner] = Symbol("word", owner, decl.name.span, decl.span)
    for half in decl.halves or ():
        path = f"{owner}.{half.text}"
        symbol = Symbol("half of a word", path, half.span, decl.span, ("u32", 0))
        found.fields[owner, half.text] = symbol
    for value in decl.values:
        name = value.name
        symbol = Symbol("value of a word", name.text, name.span, value.span, (owner, 0))
        found.values[owner, name.text] = symbol


def _object(found: Declared, decl: s.ObjectDecl) -> None:
    one = decl.declarator
    kind = kind_of(decl.type, one.stars + len(one.lengths))
    name = one.name.text
    if decl.owner is not None:
        owner, short = decl.owner.text, name.rsplit(".", 1)[-1]
        found.own[owner, short] = Symbol("ghost state", name, one.name.span, decl.span, kind)
        return
    of = _class(found, decl.lock_class, name) if is_lock(kind) else ""
    what = "ghost state" if decl.ghost else "object"
    found.names[name] = Symbol(what, name, one.name.span, decl.span, kind, of)


def _code(found: Declared, decl: s.FunctionDecl | s.ActorDecl) -> None:
    name = decl.name.text
    if isinstance(decl, s.FunctionDecl):
        symbol = Symbol(decl.kind, name, decl.name.span, decl.span, kind_of(decl.result))
        found.parameters[name] = tuple(kind_of(p.type) for p in decl.parameters)
    else:
        symbol = Symbol("actor", name, decl.name.span, decl.span)
    found.names[name] = symbol
    for label, body in labels_in(decl.body):
        at = Span(label.span.file, label.span.start, body.span.end)
        found.labels[name, label.text] = Symbol("label", f"{name}.{label.text}", label.span, at)


def labels_in(statement: s.Stmt) -> Iterator[tuple[s.Name, s.Stmt]]:
    """The labels in a statement, with what they stand before."""
    match statement:
        case s.Labelled(label=label, body=body):
            yield label, body
            yield from labels_in(body)
        case s.Block(body=body):
            for one in body:
                yield from labels_in(one)
        case s.If(then=then, otherwise=otherwise):
            yield from labels_in(then)
            if otherwise is not None:
                yield from labels_in(otherwise)
        case s.While(body=body) | s.DoWhile(body=body) | s.For(body=body) | s.ForEach(body=body):
            yield from labels_in(body)
        case s.Switch(cases=cases):
            for case in cases:
                for one in case.body:
                    yield from labels_in(one)
        case s.ChooseStmt(branches=branches):
            for branch in branches:
                yield from labels_in(branch)
        case _:
            pass


LOCKS = ("spinlock_t", "rwlock_t", "mutex", "rw_semaphore", "folio_lock_t", "srcu_struct")
"""Types that have a lock class, or a domain."""


def is_lock(kind: Kind) -> bool:
    """Whether a type is that of a lock."""
    return kind[0] in LOCKS
