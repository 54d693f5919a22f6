"""Transitions: the legal state machine of a word."""

from __future__ import annotations

from dsl import protocol as p
from dsl import syntax as s
from dsl.check.bodies import Checked
from dsl.check.constants import is_constant_place, show_place
from dsl.check.context import Scope
from dsl.check.convert import show
from dsl.check.report import Skip, did_you_mean
from dsl.check.walk import deep
from dsl.check.world import World
from dsl.diagnostic import Label
from dsl.source import Span
from dsl.types import VOID, LockType, PointerType, Type, WordType

ANY = "any"


def transition(world: World, decl: s.Transition, seen: dict[str, Span]) -> p.Transition:
    """The checked table; ``seen`` holds the words that have one already."""
    place = Checked(world).place(decl.word)
    if not isinstance(place.type, WordType):
        world.report.fail(
            "bad-transition",
            f"a transition is about a word, not {show(place.type)}",
            decl.word.span,
        )
    if not is_constant_place(place):
        world.report.fail(
            "not-constant",
            "a transition is about a field or element of a global object",
            decl.word.span,
        )
    shown = show_place(place)
    if shown in seen:
        world.report.fail(
            "duplicate-name",
            f"`{shown}` has two transition tables",
            decl.word.span,
            "put all edges in one table",
            (Label(seen[shown], "first here"),),
        )
    seen[shown] = decl.word.span
    word = world.words[place.type.name]
    edges: list[p.TransitionEdge] = []
    for edge in decl.edges:
        try:
            edges.append(_edge(world, word, edge))
        except Skip:
            continue
    before = _before(word, edges, decl.span)
    return p.Transition(place, word.name, before, tuple(edges), decl.span)


def _before(word: p.Word, edges: list[p.TransitionEdge], span: Span) -> p.Local:
    """The local of the table: of the type that the first edge gives it."""
    types = {value.name: value.parameter for value in word.values}
    known: list[Type] = [t for t in (types.get(edge.before) for edge in edges) if t is not None]
    return p.Local("before", 0, known[0] if known else PointerType(VOID), span)


def _edge(world: World, word: p.Word, edge: s.Edge) -> p.TransitionEdge:
    names = [value.name for value in word.values]
    wrong = False
    for name in (edge.before, edge.after):
        if name.text != ANY and name.text not in names:
            world.report.error(
                "unknown-name",
                f"{word.name} has no value `{name.text}`",
                name.span,
                did_you_mean(name.text, [*names, ANY]),
            )
            wrong = True
    if wrong:
        raise Skip
    parameter = next((v.parameter for v in word.values if v.name == edge.before.text), None)
    holding: list[p.Place] = []
    for written in edge.holding:
        try:
            holding.append(_lock(world, edge, written, parameter))
        except Skip:
            continue
    return p.TransitionEdge(edge.before.text, edge.after.text, tuple(holding), edge.span)


def _lock(world: World, edge: s.Edge, written: s.Expr, parameter: PointerType | None) -> p.Place:
    body = Checked(world)
    body.scope = Scope(None)
    if parameter is not None:
        name = s.Name("before", edge.before.span)
        body.bind(name, body.local("before", parameter, edge.before.span))
    elif _mentions_before(written):
        world.report.fail(
            "bad-transition",
            f"`{edge.before.text}` has no object for `before` to stand for",
            written.span,
            "only an old value with an argument, as `table(p)`, has one",
        )
    place = body.place(written)
    if not isinstance(place.type, LockType) or place.type.kind == "srcu":
        world.report.fail(
            "bad-transition", f"only locks can be held, this is {show(place.type)}", written.span
        )
    for part in deep(place):
        if isinstance(part, p.Assign | p.CallFunction | p.CallPrimitive | p.Choose):
            world.report.fail("impure-claim", "the name of a lock does nothing", part.span)
    return place


def _mentions_before(expr: s.Expr) -> bool:
    match expr:
        case s.Ident(name):
            return name == "before"
        case s.Member(base):
            return _mentions_before(base)
        case s.Index(base, index):
            return _mentions_before(base) or _mentions_before(index)
        case s.Unary(_, operand) | s.Cast(_, operand):
            return _mentions_before(operand)
        case _:
            return False
