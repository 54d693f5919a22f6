"""The outline of a file that was parsed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from dsl import syntax as s
from dsl.source import sum_of
from prover.cache.outline import Item, Outline, mentions_of


def outlined(file: s.File, text: str) -> Outline:
    """What the file of this text declares."""
    items: list[Item] = []
    for each in file.declarations:
        kind, name = "variant" if isinstance(each, s.Variant) else "other", ""
        if isinstance(each, s.FunctionDecl):
            kind, name = "function", each.name.text
        span = each.span
        part = text[span.start : span.end]
        own = _own(each, part) if isinstance(each, s.FunctionDecl) else ()
        items.append(Item(kind, name, span.start, span.end, sum_of(part), own))
    names = dict.fromkeys(name for each in file.declarations for name in _names(each))
    objects = [each.declarator.name.text for each in file.declarations if _is_plain(each)]
    tags = [each.name.text for each in file.declarations if isinstance(each, _TAGGED)]
    configs = [each for each in file.declarations if isinstance(each, s.Config)]
    values = {value.text: None for each in configs for value in (each.name, *each.values)}
    library = not any(isinstance(each, s.Scenario | s.Variant) for each in file.declarations)
    return Outline(tuple(items), tuple(values), tuple(objects), tuple(tags), tuple(names), library)


_TAGGED = (s.StructDecl, s.EnumDecl)


def _is_plain(declaration: s.Decl) -> TypeGuard[s.ObjectDecl]:
    """Whether it declares an object that is no actor's own."""
    return isinstance(declaration, s.ObjectDecl) and declaration.owner is None


def _own(function: s.FunctionDecl, text: str) -> tuple[str, ...]:
    """The names that mean a parameter, or a local of the outermost block, all through a function.

    A local does if the function has its name nowhere before the declaration: then all of it is in
    the local's scope, in which its own initializer is, as in C.
    """
    found = dict.fromkeys(each.name.text for each in function.parameters)
    first = mentions_of(text).names
    for statement in function.body.body:
        if isinstance(statement, s.Declare):
            for name in (each.name for each in statement.declarators):
                if first.get(name.text) == name.span.start - function.span.start:
                    found[name.text] = None
    return tuple(found)


def _names(declaration: s.Decl) -> Iterator[str]:
    """Every name that may mean something else, or nothing, without a declaration.

    Fields and halves are none: they are looked for in a type, which has a name.
    """
    match declaration:
        case (
            s.Import()
            | s.Models()
            | s.Config()
            | s.Final()
            | s.Invariant()
            | s.Transition()
            | s.LockOrder()
        ):
            pass
        case s.StructDecl():
            pass  # has a tag
        case s.EnumDecl():
            yield from (member.text for member, _ in declaration.members)
        case s.WordDecl():
            yield declaration.name.text
            yield from (value.name.text for value in declaration.values)
        case s.ObjectDecl():
            # An actor's own state is called by both names.
            if declaration.owner is not None:
                yield from declaration.declarator.name.text.split(".")
        case s.Variant():
            yield declaration.name.text
            for change in declaration.changes:
                yield from _changed(change)
        case _:
            yield declaration.name.text


def _changed(change: s.Change) -> Iterator[str]:
    """The functions whose meaning a variant changes."""
    match change:
        case s.Drop() | s.Replace():
            yield change.target.owner.text
        case s.Move():
            yield change.target.owner.text
            yield change.anchor.owner.text
        case s.Exchange():
            yield change.old.text
            yield change.new.text
