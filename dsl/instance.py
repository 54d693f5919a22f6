"""A scenario of any number made one with numbers: so many actors, each so many rounds.

An actor with several rounds calls its body, as a function, once for each::

    actor walker { walk(); }   =>   walker() { walk(); }   actor walker { walker(); walker(); }
"""

from __future__ import annotations

from collections.abc import Mapping

from dsl import protocol as p
from dsl.check.iterators import STATE
from dsl.check.walk import deep, expressions
from dsl.frozen import replace
from dsl.types import BOOL, VOID


def instance(
    protocol: p.Protocol,
    scenario: str,
    numbers: Mapping[str, int],
    rounds: int = 1,
    *,
    restless: bool = False,
) -> p.Protocol:
    """The protocol in which a scenario of any number has ``numbers`` of the actors it runs many of.

    Each of its actors has ``rounds`` rounds, one where it has no more than that.  With
    ``restless`` nobody ends: an actor that has done all rounds is as one that goes on somewhere
    else, so that whoever stands still does so while all others do.
    """
    chosen = protocol.scenarios[scenario]
    run = tuple(
        (name, numbers.get(name, 0) if name in chosen.many else count) for name, count in chosen.run
    )
    run = tuple((name, count) for name, count in run if count)
    named = {name for name, _ in run}
    bounded = replace(chosen, run=run, many=(), forever=False, finals=(), bound=0)
    actors, functions = dict(protocol.actors), dict(protocol.functions)
    if chosen.forever and (rounds > 1 or restless):
        states = rounds > 1 and any(map(_sets_state, (*actors.values(), *functions.values())))
        for name in named:
            functions[name] = replace(actors[name], kind="function")
            actors[name] = _again(actors[name], rounds, restless=restless, states=states)
    return replace(
        protocol,
        scenarios={**protocol.scenarios, scenario: bounded},
        actors=actors,
        functions=functions,
        finals=(),
    )


def _sets_state(function: p.Function) -> bool:
    """Whether a function says itself that its task is about to sleep, or runs."""
    return any(
        isinstance(part, p.CallPrimitive) and part.primitive == STATE
        for expr in expressions(function.body)
        for part in deep(expr)
    )


def _again(actor: p.Function, rounds: int, *, restless: bool, states: bool) -> p.Function:
    """An actor that calls its body, a function of its name, once a round."""
    span = actor.span
    arguments = tuple(
        p.Read(p.LocalPlace(local, local.type, span), local.type, span)
        for local in actor.parameters
    )
    call = p.Evaluate(p.CallFunction(actor.name, arguments, VOID, span), span)
    # Whoever begins again runs, whatever state the round before has left behind.
    running = p.CallPrimitive(STATE, (p.Constant(0, BOOL, span),), "", (), VOID, span)
    each = (p.Evaluate(running, span), call) if states else (call,)
    never = p.CallPrimitive("assume", (p.Constant(0, BOOL, span),), "", (), VOID, span)
    end = (p.Evaluate(never, span),) if restless else ()
    body = p.Block((call, *each * (rounds - 1), *end), span)
    return replace(actor, locals=actor.parameters, body=body, labels=())
