"""Following one given schedule, as a witness is replayed on its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from dsl import protocol as p
from dsl.interpreter.machine import build_machine
from dsl.interpreter.state import State, Step, Violation
from dsl.source import Span

Choice: TypeAlias = Step
"""One decision of a schedule: the actor instance that steps, and its alternative."""


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step taken: who, which alternative, where in the source, and what it did."""

    actor: str
    choice: int
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Trace:
    """The steps taken and the state reached.

    ``violations`` are those of the state reached, final claims and deadlock
    included.  ``refused`` is the position of the first choice that was not
    possible, -1 if all were taken; the trace ends before it.
    """

    steps: tuple[TraceStep, ...]
    state: State
    violations: tuple[Violation, ...]
    refused: int


def run_schedule(
    protocol: p.Protocol,
    scenario: str,
    configuration: Mapping[str, str],
    schedule: Sequence[Choice],
) -> Trace:
    """Takes the steps of ``schedule`` one by one."""
    machine = build_machine(protocol, scenario, configuration)
    state = machine.initial()
    steps: list[TraceStep] = []
    refused = -1
    for position, choice in enumerate(schedule):
        if choice not in machine.enabled(state):
            refused = position
            break
        done = machine.perform(state, choice)
        steps.append(TraceStep(choice.actor, choice.choice, done.span, done.text))
        state = done.state
    return Trace(tuple(steps), state, machine.violations(state), refused)
