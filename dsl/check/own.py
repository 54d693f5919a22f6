"""Ghost state that each instance of an actor has for itself: ``ghost int walker.seen;``.

It is one array with a place for each instance.  ``walker.seen`` is the running instance's in the
body of ``walker``, and in ``forall_actors(walker, ...)`` that of the instance at hand.
"""

from __future__ import annotations

from dsl import protocol as p
from dsl import syntax as s
from dsl.check.context import Body
from dsl.check.convert import arithmetic, show
from dsl.check.report import Skip, did_you_mean
from dsl.check.world import World
from dsl.source import Span
from dsl.types import INT, ArrayType, Type


def check_declaration(world: World, decl: s.ObjectDecl, owner: s.Name, type_: Type) -> None:
    """Refuse state of what is no actor, of an interrupt handler, or of more than a number."""
    if owner.text not in world.actors:
        world.report.fail(
            "unknown-name",
            f"no actor `{owner.text}`",
            owner.span,
            did_you_mean(owner.text, world.actors),
        )
    if world.actors[owner.text].host is not None:
        world.report.fail(
            "actor-state",
            f"`{owner.text}` is an interrupt handler, which has no state of its own",
            owner.span,
            "give the state to the actor that it interrupts, or to nobody: `ghost int name;`",
        )
    if not arithmetic(type_):
        world.report.fail(
            "actor-state",
            f"the state of an actor is a number, a bool or an enum, not {show(type_)}",
            decl.type.span,
        )


def at_hand(body: Body, decl: s.ActorDecl) -> tuple[p.Local, ...]:
    """The parameter that says which instance runs; none for actors without state of their own."""
    if decl.name.text not in body.world.owners:
        return ()
    instance = body.local(f"{decl.name.text}.instance", INT, decl.name.span)
    where = p.LocalPlace(instance, INT, decl.name.span)
    body.instances[decl.name.text] = p.Read(where, INT, decl.name.span)
    return (instance,)


def is_own(body: Body, expr: s.Member) -> bool:
    """Whether ``expr`` is ``walker.seen`` with the name of an actor before the dot."""
    base = expr.base
    if expr.arrow or not isinstance(base, s.Ident):
        return False
    return base.name in body.world.actors and not body.scope.find(base.name)[0]


def place(body: Body, expr: s.Member) -> p.Place:
    """The place that the instance at hand has for itself."""
    assert isinstance(expr.base, s.Ident)
    actor = expr.base.name
    name = f"{actor}.{expr.field.text}"
    world = body.world
    if name not in world.objects:
        known = [other for other, decl in world.object_decls.items() if decl.owner is not None]
        hint = did_you_mean(name, known) or f"declare it: `ghost int {name};`"
        return body.report.fail("unknown-name", f"`{name}` is not declared", expr.span, hint)
    if actor not in body.instances:
        body.report.fail(
            "actor-state",
            f"`{name}` is that of which `{actor}`?",
            expr.span,
            f"it is named in the body of `{actor}`, and in `forall_actors({actor}, ...)`",
        )
    array = world.objects[name]
    if not isinstance(array, ArrayType):
        raise Skip
    base = p.ObjectPlace(name, array, expr.base.span)
    return p.IndexPlace(base, body.instances[actor], array.element, expr.span)


def refuse_address(body: Body, found: p.Place, span: Span) -> None:
    """Nobody gets the address of what is an instance's own."""
    if not isinstance(found, p.IndexPlace) or not isinstance(found.base, p.ObjectPlace):
        return
    decl = body.world.object_decls.get(found.base.name)
    if decl is not None and decl.owner is not None:
        body.report.fail(
            "actor-state",
            f"`{found.base.name}` has no address to give",
            span,
            "read and assign it by name",
        )
