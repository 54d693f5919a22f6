"""A file's declarations as an outline, and what can be proved in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from dsl import syntax as s
from dsl.source import Span
from prover.lsp.declared import labels_in


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the outline; ``span`` is all of it, ``name_span`` the name."""

    kind: str
    name: str
    span: Span
    name_span: Span
    inside: tuple[Entry, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Provable:
    """A scenario, or a variant of some: where its name stands."""

    scenario: str
    variant: str
    span: Span


def outline(file: s.File) -> list[Entry]:
    """The declarations of a file."""
    return [entry for decl in file.declarations for entry in _entries(decl)]


def provable(file: s.File) -> list[Provable]:
    """Everything in a file that can be proved by itself."""
    found: list[Provable] = []
    for decl in file.declarations:
        if isinstance(decl, s.Scenario):
            found.append(Provable(decl.name.text, "", decl.name.span))
        elif isinstance(decl, s.Variant):
            found.append(Provable("", decl.name.text, decl.name.span))
    return found


def _named(
    kind: str, name: s.Name, span: Span, inside: Iterator[Entry] | None = None, detail: str = ""
) -> Entry:
    # A client refuses a name that is outside of what it names.
    return Entry(kind, name.text, span.to(name.span), name.span, tuple(inside or ()), detail)


def _entries(decl: s.Decl) -> Iterator[Entry]:
    match decl:
        case s.Config(name=name) | s.Typedef(name=name):
            yield _named("config" if isinstance(decl, s.Config) else "typedef", name, decl.span)
        case s.EnumDecl(name=name, members=members):
            inside = (_named("enum member", n, n.span) for n, _ in members)
            yield _named("enum", name, decl.span, inside)
        case s.StructDecl(name=name, fields=fields):
            yield _named("struct", name, decl.span, _fields(fields))
        case s.WordDecl(name=name, values=values):
            inside = (_named("value", v.name, v.span) for v in values)
            yield _named("word", name, decl.span, inside)
        case s.ObjectDecl(declarator=one, type=type_):
            detail = f"{type_.tag} {type_.name}".strip()
            yield _named("object", one.name, decl.span, None, detail)
        case s.PoolDecl(name=name, type=type_):
            yield _named("pool", name, decl.span, None, f"{type_.tag} {type_.name}".strip())
        case s.FunctionDecl(name=name, kind=kind, body=body):
            yield _named(kind, name, decl.span, _labels(body))
        case s.ActorDecl(name=name, body=body):
            yield _named("actor", name, decl.span, _labels(body))
        case s.Scenario(name=name):
            yield _named("scenario", name, decl.span)
        case s.Variant(name=name, title=title):
            yield _named("variant", name, decl.span, None, title.text if title else "")
        case s.Transition(word=word):
            yield Entry("transition", "transition", decl.span, word.span)
        case s.LockOrder():
            yield Entry("lock_order", "lock_order", decl.span, decl.span)
        case s.Import() | s.Models() | s.Invariant() | s.Final():
            pass
        case _:
            assert_never(decl)


def _fields(fields: tuple[s.FieldDecl, ...]) -> Iterator[Entry]:
    for line in fields:
        detail = f"{line.type.tag} {line.type.name}".strip()
        for one in line.declarators:
            yield _named("field", one.name, one.name.span, None, detail)


def _labels(body: s.Block) -> Iterator[Entry]:
    for label, statement in labels_in(body):
        yield _named("label", label, label.span.to(statement.span))
