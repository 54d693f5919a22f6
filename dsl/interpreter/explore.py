"""Every interleaving of a tiny protocol under sequential consistency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from dsl import protocol as p
from dsl.interpreter.idle import has_loops, waiting
from dsl.interpreter.machine import Machine, Moves, build_machine
from dsl.interpreter.state import (
    ACTOR,
    CUT,
    ENDED,
    PENDING,
    RUNNING,
    STOPPED,
    ActorState,
    State,
    Violation,
)
from dsl.source import Span
from dsl.types import LockType, RcuHeadType

BLOCKED = "blocked"
"""The status of an actor that waits for one that has stopped."""


class Outcome(NamedTuple):
    """How a run without violation ends.

    ``places`` are (path, value as text) of every scalar and word of every named
    object, ghosts included, locks and RCU heads excluded, pools excluded;
    ``actors`` are (instance, ``ended``, ``stopped`` or ``blocked``) of the
    scenario's actors.  Both are sorted.
    """

    places: tuple[tuple[str, str], ...]
    actors: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Exploration:
    """What was found.

    ``complete`` is False if ``max_states`` or a loop bound kept anything from
    being explored; ``cut_loops`` says that a bound did.  ``some_run_ends``: in
    some run every actor, callback and handler ends.  ``stands_still``: in some run
    without another violation nobody but who is in a deadlock can do anything more.
    """

    outcomes: frozenset[Outcome]
    violations: frozenset[str]
    violation_sites: frozenset[Violation]
    complete: bool
    cut_loops: bool
    states: int
    some_run_ends: bool
    stands_still: bool


@dataclass(slots=True)
class _Search:
    machine: Machine
    outcomes: set[Outcome] = field(default_factory=set[Outcome])
    sites: set[tuple[str, Span]] = field(default_factory=set[tuple[str, Span]])
    cut: bool = False
    ends: bool = False
    stands: bool = False
    loops: bool = False

    def visit(self, state: State, moves: Moves) -> None:
        """Judges one state."""
        if state.violations:
            self.sites.update(state.violations)
            return
        self.cut = self.cut or any(a.status == CUT for a in state.actors)
        blocked = waiting(self.machine, state, moves, loops=self.loops)
        stuck = self.machine.deadlocked(state, blocked) if blocked else ()
        self.sites.update(("deadlock", self.machine.span(state, name)) for name in stuck)
        if stuck and not self.stands:
            hopeless = self.machine.hopeless(state, blocked)
            self.stands = all(step.actor in hopeless for step in moves.steps)
        if not moves.steps and not stuck:
            self.finish(state)

    def finish(self, state: State) -> None:
        """A run is over."""
        if all(a.status == ENDED for a in state.actors):
            self.ends = True
            broken = self.machine.broken_finals(state)
            self.sites.update(broken)
            if broken:
                return
        if all(a.status in (ENDED, STOPPED, RUNNING, PENDING) for a in state.actors):
            self.outcomes.add(outcome(self.machine, state))


def outcome(machine: Machine, state: State) -> Outcome:
    """The final state of a run as text."""
    layout = machine.program.layout
    places: list[tuple[str, str]] = []
    for slot, number in enumerate(layout.slots):
        node = layout.nodes[number]
        if not isinstance(node.type, LockType | RcuHeadType) and not layout.units[node.unit].pool:
            places.append((node.text, layout.cell_text(slot, state.memory[slot])))
    actors = [(a.name, _status(a)) for a in state.actors if a.kind == ACTOR]
    return Outcome(tuple(sorted(places)), tuple(sorted(actors)))


def _status(actor: ActorState) -> str:
    return BLOCKED if actor.status in (RUNNING, PENDING) else actor.status


def explore(
    protocol: p.Protocol,
    scenario: str,
    configuration: Mapping[str, str],
    *,
    max_states: int = 200_000,
    loop_bound: int | None = None,
) -> Exploration:
    """Explores every interleaving, depth first, each state once.

    A violation ends its run, except a deadlock: actors outside of it go on, as
    they could have gone before it was complete.
    """
    machine = build_machine(protocol, scenario, configuration, loop_bound)
    search = _Search(machine, loops=has_loops(machine.program.codes))
    first = machine.initial()
    seen, todo, complete = {first}, [first], True
    while todo:
        state = todo.pop()
        moves = machine.moves(state)
        search.visit(state, moves)
        for step in reversed(moves.steps):
            if moves.urgent and step.actor != moves.urgent:
                continue
            following = machine.apply(state, step)
            if following in seen:
                continue
            if len(seen) >= max_states:
                complete = False
                continue
            seen.add(following)
            todo.append(following)
    return Exploration(
        frozenset(search.outcomes),
        frozenset(kind for kind, _ in search.sites),
        frozenset(search.sites),
        complete and not search.cut,
        search.cut,
        len(seen),
        search.ends,
        search.stands,
    )
