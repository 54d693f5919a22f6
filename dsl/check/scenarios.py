"""Scenarios and the expectations of scenarios and variants."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice
from math import prod

from dsl import protocol as p
from dsl import syntax as s
from dsl.check import unbounded
from dsl.check.bodies import Checked, constant_in
from dsl.check.claims import claim
from dsl.check.conditions import condition, configurations, kept, mask, masks
from dsl.check.constants import is_constant_place, show_place
from dsl.check.forall import is_quantified
from dsl.check.interrupts import needs_host
from dsl.check.objects import constant_value
from dsl.check.report import Skip, did_you_mean
from dsl.check.world import MODELS, World
from dsl.diagnostic import Label
from dsl.primitives import PROPERTIES
from dsl.source import Span
from dsl.types import WordType

MAX_ACTORS = 64
MAX_BOUND = 64
MAX_CONFIGURATIONS = 4096
MAX_EXPECTS = 256
"""Expectations of one scenario or variant."""


def scenario(world: World, decl: s.Scenario) -> p.Scenario:
    """The checked scenario; wrong items are reported and left out."""
    run: dict[str, int] = {}
    init: list[tuple[p.Place, p.Expr]] = []
    finals: list[p.Claim] = []
    invariants: list[p.Claim] = []
    expects: list[p.Expect] = []
    bounds: list[tuple[int, Span]] = []
    seen: dict[str, Span] = {}
    for item in decl.items:
        if isinstance(item, s.Run):
            _run(world, item, run, seen)
    unbounded.refuse(world, decl)
    any_number = unbounded.mark_of(decl) is not None
    for everywhere in () if any_number else world.quantified:
        # None of an actor that this scenario does not run.
        counts = {**dict.fromkeys(world.actors, 0), **run}
        claims = finals if isinstance(everywhere, s.Final) else invariants
        with suppress(Skip):
            claims.append(claim(world, everywhere, counts))
    for item in decl.items:
        try:
            match item:
                case s.Run() | s.Forever():
                    pass
                case s.Init():
                    init.extend(_init(world, item, seen))
                case s.Bound():
                    bounds.append((_bound(world, item, bounds), item.span))
                case s.Expect():
                    expects.append(expect(world, item))
                case s.Final() | s.Invariant() if any_number and is_quantified(item.condition):
                    pass
                case s.Final():
                    finals.append(claim(world, item, run))
                case s.Invariant():
                    invariants.append(claim(world, item, run))
        except Skip:
            continue
    _size(world, decl, run)
    refuse_conflicts(world, expects)
    bound = bounds[0][0] if bounds else 0
    return p.Scenario(
        decl.name.text,
        tuple(run.items()),
        tuple(init),
        bound,
        tuple(finals),
        tuple(invariants),
        tuple(expects),
        decl.span,
        unbounded.many_of(decl),
        any(isinstance(item, s.Forever) for item in decl.items),
        any_number and any(isinstance(each, s.Final) for each in world.quantified),
    )


def _run(world: World, item: s.Run, run: dict[str, int], seen: dict[str, Span]) -> None:
    for name, times in item.actors:
        try:
            if name.text not in world.actors:
                world.report.fail(
                    "unknown-name",
                    f"no actor `{name.text}`",
                    name.span,
                    did_you_mean(name.text, world.actors),
                )
            if name.text in run:
                world.report.fail(
                    "duplicate-name",
                    f"actor `{name.text}` is listed twice",
                    name.span,
                    f"write `{name.text} * 2`",
                    (Label(seen[f"actor {name.text}"], "first here"),),
                )
            seen[f"actor {name.text}"] = name.span
            run[name.text] = 1
            if times is not None and not isinstance(times, s.Many):
                what = "the number of actors"
                run[name.text] = constant_in(world, times, what, 1, MAX_ACTORS)
        except Skip:
            continue


def _size(world: World, decl: s.Scenario, run: dict[str, int]) -> None:
    needs_host(world, decl, run)
    if not any(isinstance(item, s.Run) for item in decl.items):
        world.report.error(
            "nothing-runs",
            f"scenario `{decl.name.text}` runs no actor",
            decl.name.span,
            "write `run actor, actor;`",
        )
    if sum(run.values()) > MAX_ACTORS:
        world.report.error(
            "too-large",
            f"scenario `{decl.name.text}` runs more than {MAX_ACTORS} actors",
            decl.name.span,
        )


def _init(world: World, item: s.Init, seen: dict[str, Span]) -> Iterable[tuple[p.Place, p.Expr]]:
    found: list[tuple[p.Place, p.Expr]] = []
    for assignment in item.assignments:
        try:
            found.append(_assignment(world, assignment, seen))
        except Skip:
            continue
    return found


def _assignment(
    world: World, assignment: s.Assign, seen: dict[str, Span]
) -> tuple[p.Place, p.Expr]:
    body = Checked(world)
    if assignment.op != "=":
        world.report.fail("bad-initializer", "`init` gives values with `=` only", assignment.span)
    place = body.place(assignment.target)
    if not is_constant_place(place):
        world.report.fail(
            "not-constant",
            "`init` assigns fields and elements of global objects",
            assignment.target.span,
        )
    if isinstance(place, p.FieldPlace) and isinstance(place.base.type, WordType):
        world.report.fail(
            "bad-initializer",
            "`init` gives a word one whole value",
            assignment.target.span,
            f"write `{show_place(place.base)} = ...`",
        )
    value = constant_value(body, assignment.value, place.type)
    shown = show_place(place)
    if f"init {shown}" in seen:
        world.report.error(
            "duplicate-name",
            f"`{shown}` is given two values",
            assignment.target.span,
            trail=(Label(seen[f"init {shown}"], "first here"),),
        )
    seen[f"init {shown}"] = assignment.target.span
    return place, value


def _bound(world: World, item: s.Bound, bounds: list[tuple[int, Span]]) -> int:
    if bounds:
        world.report.fail(
            "duplicate-name",
            "a scenario has one bound",
            item.span,
            trail=(Label(bounds[0][1], "first here"),),
        )
    return constant_in(world, item.value, "the bound", 1, MAX_BOUND)


def expect(world: World, decl: s.Expect) -> p.Expect:
    """The checked expectation; the parser has seen to its verdict."""
    properties = _known(decl.properties, lambda name: _property(world, name))
    allowing = _known(decl.allowing, lambda name: _property(world, name))
    models = _known(decl.under, lambda name: model(world, name))
    when = p.ALWAYS if decl.when is None else condition(world, decl.when)
    if decl.when is not None and not any(kept(world, clause) for clause in when.clauses):
        world.report.fail(
            "never-holds",
            "no configuration of this file satisfies this condition",
            decl.when.span,
            "the file leaves that value out",
        )
    return p.Expect(decl.verdict.text, properties, allowing, when, models, decl.span)


def _known(names: Iterable[s.Name], check: Callable[[s.Name], None]) -> tuple[str, ...]:
    kept: list[str] = []
    for name in names:
        try:
            check(name)
        except Skip:
            continue
        kept.append(name.text)
    return tuple(kept)


def _property(world: World, name: s.Name) -> None:
    if name.text not in PROPERTIES:
        world.report.fail(
            "unknown-property",
            f"no property `{name.text}`",
            name.span,
            did_you_mean(name.text, PROPERTIES),
        )


def model(world: World, name: s.Name) -> None:
    """Refuse memory models that are unknown."""
    if name.text not in MODELS:
        world.report.fail(
            "unknown-model",
            f"no memory model `{name.text}`",
            name.span,
            did_you_mean(name.text, MODELS) or f"memory models are {', '.join(MODELS)}",
        )


def refuse_conflicts(world: World, expects: list[p.Expect]) -> None:
    """Report expectations that disagree about one configuration under one memory model."""
    if len(expects) < 2:
        return
    combinations = prod(len(values) for values in world.configs.values())
    if combinations > MAX_CONFIGURATIONS:
        return  # reported once, for the configs themselves
    everywhere = (1 << combinations) - 1
    if len(expects) > MAX_EXPECTS:
        world.report.error("too-large", f"more than {MAX_EXPECTS} expectations", expects[-1].span)
        return
    if not world.masks:
        world.masks = masks(world)
    where = [mask(each.when, world.masks, everywhere) for each in expects]
    for position, later in enumerate(expects):
        for before, earlier in enumerate(expects[:position]):
            shared = where[position] & where[before]
            if shared and _models_meet(earlier, later) and _claims(earlier) != _claims(later):
                world.report.error(
                    "expect-conflict",
                    f"two expectations disagree{_shown(world, shared)}",
                    later.span,
                    "let each obligation match one `expect`: narrow one with `when` or `under`",
                    (Label(earlier.span, "the other one"),),
                )
                break


def _claims(expect: p.Expect) -> tuple[str, frozenset[str], frozenset[str]]:
    return expect.verdict, frozenset(expect.properties), frozenset(expect.allowing)


def _models_meet(a: p.Expect, b: p.Expect) -> bool:
    return bool(set(a.models or MODELS) & set(b.models or MODELS))


def _shown(world: World, shared: int) -> str:
    """The first configuration of a set, for a message."""
    first = (shared & -shared).bit_length() - 1
    configuration = next(islice(configurations(world), first, None))
    shown = ", ".join(f"{name} == {value}" for name, value in configuration.items())
    return f" where {shown}" if shown else ""
