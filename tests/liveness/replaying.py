"""An endless run carried out by the interpreter, which knows nothing of rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dsl.interpreter.machine import Machine, build_machine
from dsl.interpreter.state import State, Step
from dsl.protocol import Protocol
from prover.execution.witness import Moment, Witness
from prover.verdict import Livelock, Obligation

SILENT = 3
"""So many steps of the interpreter one step by the rules may take."""


def replayed(protocol: Protocol, obligation: Obligation, found: Livelock) -> bool:
    """Whether the stem and the cycle can be carried out, and the cycle leads back.

    The first round settles what is left in variables that nobody reads any more.
    """
    machine = build_machine(protocol, obligation.scenario, dict(obligation.configuration))
    witness = found.witness
    stem, cycle = witness.moments[: found.begins], witness.moments[found.begins :]
    for begun in _runs(machine, witness, machine.initial(), [*stem, *cycle]):
        for back in _runs(machine, witness, begun, cycle):
            if _alike(begun, back):
                return True
    return False


def _alike(one: State, other: State) -> bool:
    """Equal but for the orders of locks seen so far, and whether somebody has just gone back."""

    def bare(state: State) -> State:
        actors = tuple(actor._replace(spun=False) for actor in state.actors)
        return state._replace(edges=frozenset(), actors=actors)

    return bare(one) == bare(other)


def _runs(
    machine: Machine, witness: Witness, state: State, moments: Sequence[Moment]
) -> Iterator[State]:
    """The states after some moments, each of them one to three steps of its actor."""
    if not moments:
        yield state
        return
    moment, *rest = moments
    column = witness.columns[moment.thread]
    for after in _steps(machine, state, column.name, moment, SILENT):
        yield from _runs(machine, witness, after, rest)


def _steps(machine: Machine, state: State, name: str, moment: Moment, left: int) -> Iterator[State]:
    """The states after one or more steps of an actor that are all of one statement."""
    if moment.what == "local":
        yield state
    for step in machine.enabled(state):
        # A callback is called otherwise there.
        mine = step.actor == name or step.actor.startswith(name.removesuffix("()") + "#")
        if not mine or not left:
            continue
        done = machine.perform(state, Step(step.actor, step.choice))
        same = done.span.file == moment.span.file and (
            done.span.start <= moment.span.start <= done.span.end
            or moment.span.start <= done.span.start <= moment.span.end
        )
        if done.text.startswith("choose"):
            # A choice is a step of its own there.
            yield from _steps(machine, done.state, name, moment, left)
        elif same and not done.state.violations:
            yield done.state
            yield from _steps(machine, done.state, name, moment, left - 1)
