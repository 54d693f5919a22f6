"""Variants: their names, their changes against the program, their expectations."""

from __future__ import annotations

from collections.abc import Mapping

from dsl import protocol as p
from dsl import syntax as s
from dsl.check.report import Report, Skip, did_you_mean
from dsl.check.scenarios import expect, refuse_conflicts
from dsl.check.world import World
from dsl.diagnostic import Diagnostic, Label
from dsl.variant import Owner, problems


def variant(world: World, owners: Mapping[str, Owner], decl: s.Variant) -> p.Variant:
    """The checked variant; what its new code means is checked when it is applied."""
    scenarios: list[str] = []
    for name in decl.scenarios:
        if name.text not in world.scenarios:
            world.report.error(
                "unknown-name",
                f"no scenario `{name.text}`",
                name.span,
                did_you_mean(name.text, world.scenarios),
            )
        elif name.text in scenarios:
            world.report.error(
                "duplicate-name", f"scenario `{name.text}` is named twice", name.span
            )
        else:
            scenarios.append(name.text)
    for diagnostic in problems(owners, decl):
        relay(world.report, diagnostic)
    for change in decl.changes:
        if isinstance(change, s.Exchange):
            _same_signature(world, change)
    expects: list[p.Expect] = []
    for written in decl.expects:
        try:
            expects.append(expect(world, written))
        except Skip:
            continue
    refuse_conflicts(world, expects)
    title = "" if decl.title is None else decl.title.text
    return p.Variant(
        decl.name.text,
        title,
        tuple(scenarios),
        _labels(world, decl),
        tuple(expects),
        decl.span,
        _exchanged(world, decl),
    )


def relay(report: Report, found: Diagnostic) -> None:
    """Report what applying a variant found."""
    span = None if found.primary is None else found.primary.span
    report.error(found.code, found.message, span, found.hint, found.trail)


def _labels(world: World, decl: s.Variant) -> tuple[tuple[str, str], ...]:
    """The labels it touches; those of iterators are gone once they are in place."""
    touched: list[tuple[str, str]] = []
    for change in decl.changes:
        if isinstance(change, s.Exchange):
            continue
        owner = world.functions.get(change.target.owner.text)
        if owner is None or owner.kind != "iterator":
            touched.append((change.target.owner.text, change.target.label.text))
    return tuple(dict.fromkeys(touched))


def _exchanged(world: World, decl: s.Variant) -> tuple[str, ...]:
    """The functions in whose place it puts others, unless the uses may be its own doing.

    Iterators are gone once they are in place.
    """
    if any(isinstance(change, s.Replace) for change in decl.changes):
        return ()
    exchanges = [change for change in decl.changes if isinstance(change, s.Exchange)]
    found = dict.fromkeys(change.old.text for change in exchanges)
    for change in exchanges:
        found.pop(change.new.text, None)
    return tuple(
        name
        for name in found
        if name in world.functions and world.functions[name].kind != "iterator"
    )


def _same_signature(world: World, change: s.Exchange) -> None:
    old = world.functions.get(change.old.text)
    new = world.functions.get(change.new.text)
    if old is None or new is None or old.result is None or new.result is None:
        return
    same_kind = (old.kind == "iterator") == (new.kind == "iterator")
    old_types = [type_ for _, type_ in old.parameters]
    new_types = [type_ for _, type_ in new.parameters]
    if same_kind and old.result == new.result and old_types == new_types:
        return
    world.report.error(
        "bad-exchange",
        f"`{old.name}` and `{new.name}` have different signatures",
        change.new.span,
        "give both the same parameters and the same result",
        (
            Label(old.decl.name.span, f"`{old.name}` is declared here"),
            Label(new.decl.name.span, f"`{new.name}` is declared here"),
        ),
    )
