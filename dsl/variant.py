"""Applies a variant to the syntax: the files as the author would have written them.

``drop f.l`` leaves ``l: ;``; ``replace f.l with { B }`` leaves ``l: { B }``;
``move f.l after f.m`` takes ``l: S`` away and puts it behind ``m: T``;
``exchange f with g`` makes every use of f one of g, in claims, too, except in g itself (which may
be a wrapper around f).
"""

from __future__ import annotations

import difflib
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import TypeAlias

from dsl import syntax as s
from dsl.diagnostic import Diagnostic, Label
from dsl.frozen import Open, field, replace
from dsl.source import Source
from dsl.syntax_rewrite import edit_list, labels_in, rename

Owner: TypeAlias = s.FunctionDecl | s.ActorDecl

_MOST_NAMED = 3
"""So many other places of a label are named."""

Claiming: TypeAlias = s.Scenario | s.Final | s.Invariant
"""What claims stand in."""


class _Editing(Open):
    """The owners of labels by name, as edited so far, and what went wrong.

    ``sources`` are the texts that they were in before; ``claims`` are declarations with claims, as
    edited so far, by the identity of what they were.
    """

    owners: MutableMapping[str, Owner]
    sources: Mapping[str, Source] = field(default_factory=dict[str, Source])
    changed: set[str] = field(default_factory=set[str])
    diagnostics: list[Diagnostic] = field(default_factory=list[Diagnostic])
    claims: dict[int, Claiming] = field(default_factory=dict[int, "Claiming"])


def owners(files: tuple[s.File, ...]) -> dict[str, Owner]:
    """The functions and actors by name: what a variant can change."""
    found: dict[str, Owner] = {}
    for file in files:
        for decl in file.declarations:
            if isinstance(decl, Owner):
                found.setdefault(decl.name.text, decl)
    return found


def problems(known: Mapping[str, Owner], variant: s.Variant) -> tuple[Diagnostic, ...]:
    """What is wrong with a variant's changes, without the cost of exchanging calls."""
    editing = _Editing(ChainMap({}, dict(known)))
    for change in variant.changes:
        if isinstance(change, s.Exchange):
            _exchangeable(editing, change)
        else:
            _change(editing, change)
    return tuple(editing.diagnostics)


def apply(
    files: tuple[s.File, ...], variant: s.Variant, sources: Mapping[str, Source]
) -> tuple[tuple[s.File, ...], tuple[Diagnostic, ...]]:
    """The files, of these ``sources``, with the variant's changes in order.

    Wrong changes are left out and reported.

    Declarations and files that do not change are the same objects as before.
    """
    before = owners(files)
    claims = {id(d): d for file in files for d in file.declarations if isinstance(d, Claiming)}
    editing = _Editing(dict(before), sources, claims=dict(claims))
    for change in variant.changes:
        if isinstance(change, s.Exchange):
            _exchange(editing, change)
        else:
            _change(editing, change)
    edited: dict[int, s.Decl] = {
        id(before[name]): editing.owners[name] for name in sorted(editing.changed)
    }
    edited |= {number: d for number, d in editing.claims.items() if d is not claims[number]}
    return tuple(_file(file, edited) for file in files), tuple(editing.diagnostics)


def _file(file: s.File, edited: Mapping[int, s.Decl]) -> s.File:
    if not any(id(decl) in edited for decl in file.declarations):
        return file
    declarations = tuple(edited.get(id(decl), decl) for decl in file.declarations)
    return replace(file, declarations=declarations)


def _change(editing: _Editing, change: s.Drop | s.Replace | s.Move) -> None:
    match change:
        case s.Drop(target):
            _at(editing, target, lambda it: (replace(it, body=s.Empty(it.body.span)),))
        case s.Replace(target, body):
            _at(editing, target, lambda it: (replace(it, body=body),))
        case s.Move():
            _move(editing, change)


def _find(editing: _Editing, path: s.LabelPath) -> bool:
    """Whether the label is there; reports what is missing."""
    owner = editing.owners.get(path.owner.text)
    if owner is None:
        known = list(editing.owners)
        _report(editing, "unknown-name", "no function or actor", path.owner, known)
        return False
    labels = labels_in(owner.body)
    if path.label.text not in labels:
        what = f"`{path.owner.text}` has no label"
        _report(
            editing,
            "unknown-label",
            what,
            path.label,
            labels,
            trail=(Label(owner.name.span, "declared here"),),
            hint=_elsewhere(editing, path.label.text),
        )
        return False
    return True


def _elsewhere(editing: _Editing, label: str) -> str:
    """Where a label stands, if in few functions or actors: a call of one has it."""
    found = [name for name, owner in editing.owners.items() if label in labels_in(owner.body)]
    if not 0 < len(found) <= _MOST_NAMED:
        return ""
    paths = " and ".join(f"`{name}.{label}`" for name in found)
    return f"there is {paths}: a label is named by the function that it stands in"


def _report(
    editing: _Editing,
    code: str,
    what: str,
    name: s.Name,
    known: Iterable[str],
    trail: tuple[Label, ...] = (),
    hint: str = "",
) -> None:
    """Reports a name that is not known; ``hint`` is what to do where no other is like it."""
    near = difflib.get_close_matches(name.text, sorted(set(known)), n=1)
    hint = f"did you mean `{near[0]}`?" if near else hint
    editing.diagnostics.append(
        Diagnostic(code, f"{what} `{name.text}`", Label(name.span, ""), trail, hint)
    )


def _at(
    editing: _Editing,
    path: s.LabelPath,
    edit: Callable[[s.Labelled], tuple[s.Stmt, ...]],
) -> None:
    """Replace the labelled statement by what ``edit`` makes of it."""
    if not _find(editing, path):
        return
    owner = editing.owners[path.owner.text]
    _put(editing, owner, edit_list(owner.body.body, path.label.text, edit))


def _put(editing: _Editing, owner: Owner, statements: tuple[s.Stmt, ...]) -> None:
    body = replace(owner.body, body=statements)
    editing.owners[owner.name.text] = replace(owner, body=body)
    editing.changed.add(owner.name.text)


def _move(editing: _Editing, change: s.Move) -> None:
    target, anchor = change.target, change.anchor
    if not _find(editing, target) or not _find(editing, anchor):
        return
    if target.owner.text != anchor.owner.text or target.label.text == anchor.label.text:
        editing.diagnostics.append(
            Diagnostic(
                "bad-move",
                "a statement moves next to another one of the same function",
                Label(anchor.span, ""),
                (),
                "use two labels of one function, or `drop` here and `replace` there",
            )
        )
        return
    taken: list[s.Labelled] = []

    def take(found: s.Labelled) -> tuple[s.Stmt, ...]:
        taken.append(found)
        return ()

    owner = editing.owners[target.owner.text]
    rest = edit_list(owner.body.body, target.label.text, take)
    if not taken or anchor.label.text in labels_in(taken[0]):
        editing.diagnostics.append(
            Diagnostic(
                "bad-move",
                f"`{anchor.label.text}` is inside of what is moved",
                Label(anchor.label.span, ""),
            )
        )
        return

    def put(found: s.Labelled) -> tuple[s.Stmt, ...]:
        return (taken[0], found) if change.where == "before" else (found, taken[0])

    _put(editing, owner, edit_list(rest, anchor.label.text, put))


def _exchangeable(editing: _Editing, change: s.Exchange) -> bool:
    """Whether both functions are there; reports those that are not."""
    missing = [
        each
        for each in (change.old, change.new)
        if not isinstance(editing.owners.get(each.text), s.FunctionDecl)
    ]
    for each in missing:
        known = [n for n, owner in editing.owners.items() if isinstance(owner, s.FunctionDecl)]
        _report(editing, "unknown-name", "no function", each, known)
    return not missing


def _exchange(editing: _Editing, change: s.Exchange) -> None:
    if not _exchangeable(editing, change):
        return
    for name, owner in list(editing.owners.items()):
        if name == change.new.text or not _may_use(editing, owner, change.old.text):
            continue
        body = rename(owner.body, change.old.text, change.new.text)
        if body is not owner.body:
            editing.owners[name] = replace(owner, body=body)
            editing.changed.add(name)
    for number, claiming in editing.claims.items():
        if id(claiming) != number or _names(editing, claiming, change.old.text):
            editing.claims[number] = rename(claiming, change.old.text, change.new.text)


def _may_use(editing: _Editing, owner: Owner, name: str) -> bool:
    """Whether a function may be used in an owner, as it is by now."""
    return owner.name.text in editing.changed or _names(editing, owner, name)


def _names(editing: _Editing, decl: Owner | Claiming, name: str) -> bool:
    """Whether a name is in a declaration's text, which takes less time than its syntax does."""
    span = decl.span
    return editing.sources[span.file].text.find(name, span.start, span.end) >= 0
