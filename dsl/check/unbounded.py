"""What a scenario of any number of actors, or of rounds, cannot ask: ``run walker *; forever;``."""

from __future__ import annotations

from collections.abc import Iterable

from dsl import syntax as s
from dsl.check.forall import is_quantified
from dsl.check.world import World
from dsl.diagnostic import Label
from dsl.source import Span


def mark_of(decl: s.Scenario) -> Span | None:
    """The place that makes a scenario one of any number: its first ``*`` or ``forever``."""
    for item in decl.items:
        if isinstance(item, s.Forever):
            return item.span
        for _, times in item.actors if isinstance(item, s.Run) else ():
            if isinstance(times, s.Many):
                return times.span
    return None


def many_of(decl: s.Scenario) -> tuple[str, ...]:
    """The actors of which a scenario runs any number."""
    return tuple(
        name.text
        for item in decl.items
        if isinstance(item, s.Run)
        for name, times in item.actors
        if isinstance(times, s.Many)
    )


def refuse(world: World, decl: s.Scenario) -> None:
    """Report what a scenario asks that has no answer for any number."""
    mark = mark_of(decl)
    if mark is None:
        return
    trail = (Label(mark, "any number, because of this"),)
    for item in decl.items:
        _refuse(world, item, trail)
    for claim in world.quantified:
        if isinstance(claim, s.Invariant):
            _quantified(world, claim, trail)
    _own_state(world, decl)
    _forever_twice(world, decl)


def _refuse(world: World, item: s.ScenarioItem, trail: tuple[Label, ...]) -> None:
    match item:
        case s.Final():
            message = "a `final` condition is about the end, and here there is none"
            hint = "say it as an `invariant`, or in an assert() of an actor"
            world.report.error("any-number", message, item.span, hint, trail)
        case s.Bound():
            message = "loops are not cut where there is any number of actors or rounds"
            world.report.error("any-number", message, item.span, "leave `bound` out", trail)
        case s.Invariant():
            _quantified(world, item, trail)
        case s.Expect(under=under) if under and "sc" not in [name.text for name in under]:
            message = "a scenario of any number is decided under `sc` alone"
            hint = "leave `under` out; a scenario with numbers is decided under all models"
            world.report.error("any-number", message, under[0].span, hint, trail)
        case _:
            pass


def _quantified(world: World, claim: s.Invariant, trail: tuple[Label, ...]) -> None:
    if is_quantified(claim.condition):
        message = "`forall_actors()` is not decided for any number of actors by this version"
        hint = "count in ghost state what the claim is about"
        world.report.error("any-number", message, claim.span, hint, trail)


def _own_state(world: World, decl: s.Scenario) -> None:
    """State of an instance's own needs a place for each instance."""
    owned = {d.owner.text: d for d in world.object_decls.values() if d.owner is not None}
    for item in decl.items:
        for name, times in item.actors if isinstance(item, s.Run) else ():
            if isinstance(times, s.Many) and name.text in owned:
                message = f"each `{name.text}` has state of its own, and there is any number"
                hint = "use a local variable of the actor, or run a number of them"
                here = Label(owned[name.text].span, "the state")
                world.report.error("any-number", message, times.span, hint, (here,))


def _forever_twice(world: World, decl: s.Scenario) -> None:
    found = _forever(decl.items)
    for item in found[1:]:
        first = (Label(found[0].span, "first here"),)
        world.report.error("duplicate-name", "`forever` is said twice", item.span, "", first)


def _forever(items: Iterable[s.ScenarioItem]) -> list[s.Forever]:
    return [item for item in items if isinstance(item, s.Forever)]
