"""The outline of a file that was parsed."""

from __future__ import annotations

from collections.abc import Iterator

from dsl import syntax as s
from dsl.source import sum_of
from prover.cache.outline import Item, Outline


def outlined(file: s.File, text: str) -> Outline:
    """What the file of this text declares."""
    items: list[Item] = []
    for each in file.declarations:
        kind, name = "variant" if isinstance(each, s.Variant) else "other", ""
        if isinstance(each, s.FunctionDecl):
            kind, name = "function", each.name.text
        span = each.span
        items.append(Item(kind, name, span.start, span.end, sum_of(text[span.start : span.end])))
    names = dict.fromkeys(name for each in file.declarations for name in _names(each))
    configs = [each for each in file.declarations if isinstance(each, s.Config)]
    values = {value.text: None for each in configs for value in (each.name, *each.values)}
    library = not any(isinstance(each, s.Scenario | s.Variant) for each in file.declarations)
    return Outline(tuple(items), tuple(values), tuple(names), library)


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
        case s.EnumDecl():
            yield declaration.name.text
            yield from (member.text for member, _ in declaration.members)
        case s.WordDecl():
            yield declaration.name.text
            yield from (value.name.text for value in declaration.values)
        case s.ObjectDecl():
            # An actor's own state is called by both names.
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
