"""Actors that interrupt another on its CPU: ``actor tick interrupts walker { ... }``.

The checked protocol has no such actor.  It has a function ``tick.handler`` with the body, and
an actor ``tick`` that sends it to the CPU of each instance of its host, or does not::

    choose { smp_call_function(tick.handler, false, walker); } or { }

An interrupt and an IPI are the same to whom they interrupt.
"""

from __future__ import annotations

from dsl import protocol as p
from dsl import syntax as s
from dsl.check.report import Skip, did_you_mean
from dsl.check.world import World
from dsl.frozen import replace
from dsl.source import Span
from dsl.types import BOOL, VOID


def put_in_place(
    world: World, functions: dict[str, p.Function], actors: dict[str, p.Function]
) -> None:
    """Turns each actor that interrupts another into a handler and who sends it."""
    for name, decl in world.actors.items():
        if decl.host is None:
            continue
        try:
            host = _host(world, name, decl.host)
        except Skip:
            continue
        handler = p.handler_of(name)
        functions[handler] = replace(actors[name], kind="function")
        span = Span(decl.name.span.file, decl.name.span.start, decl.host.span.end)
        actors[name] = _sender(actors[name], handler, host, span)


def _host(world: World, name: str, host: s.Name) -> str:
    """The actor that is interrupted."""
    if host.text not in world.actors:
        world.report.fail(
            "unknown-name",
            f"no actor `{host.text}`",
            host.span,
            did_you_mean(host.text, [other for other in world.actors if other != name]),
        )
    if world.actors[host.text].host is not None:
        world.report.fail(
            "bad-host",
            f"`{host.text}` is an interrupt handler itself",
            host.span,
            "name the actor on whose CPU it runs",
        )
    return host.text


def _sender(actor: p.Function, handler: str, host: str, span: Span) -> p.Function:
    """Who sends the handler, with ``tick interrupts walker`` for its text."""
    arguments = (p.FunctionName(handler, VOID, span), p.Constant(0, BOOL, span))
    call = p.CallPrimitive("smp_call_function", arguments, "", (host,), VOID, span)
    comes = p.Block((p.Evaluate(call, span),), span)
    choice = p.ChooseBranch((comes, p.Block((), span)), span)
    return replace(actor, locals=(), body=p.Block((choice,), span), labels=())


def needs_host(world: World, decl: s.Scenario, run: dict[str, int]) -> None:
    """Reports an interrupt handler whose host a scenario does not run."""
    for name in run:
        host = world.actors[name].host if name in world.actors else None
        if host is not None and host.text in world.actors and host.text not in run:
            world.report.error(
                "bad-host",
                f"scenario `{decl.name.text}` runs `{name}`, but not `{host.text}`, "
                "which it interrupts",
                decl.name.span,
                f"write `run {host.text}, {name};`",
            )
