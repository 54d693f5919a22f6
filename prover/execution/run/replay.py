"""A schedule carried out, shortened, and told as a witness; no solver is involved."""

from __future__ import annotations

from dsl.frozen import Frozen, replace
from prover.execution import skeleton as sk
from prover.execution.evaluate import Unknown
from prover.execution.run.machine import Decisions, Machine, Stage, stage
from prover.execution.run.narrate import narrate
from prover.execution.run.record import schedule_of
from prover.execution.run.standstill import deadlocked
from prover.execution.run.state import NotAllowed
from prover.execution.shorten import Shorter
from prover.execution.witness import Witness


class ReplayError(Exception):
    """A schedule does not show what it should: the encoder and the machine disagree."""


def replay(
    skeleton: sk.Skeleton,
    events: tuple[int, ...],
    decisions: Decisions,
    name: str,
    *,
    trim: bool,
    show: bool = False,
) -> Witness:
    """The witness that a schedule violates property ``name``.

    ``trim`` makes it ready to be shown: what the violation does not need is left out, thread by
    thread from the back, and the states between the steps are added.  ``show`` does so without
    leaving anything out.
    """
    run = Shortening(stage(skeleton), decisions, name)
    machine = run.carry_out(events)
    if not run.shows(machine):
        raise ReplayError(f"claimed {name}, replayed {machine.violation}")
    happened = frozenset(step.event for step in machine.steps)
    short = tuple(event for event in events if event in happened)
    if trim:
        short = run.trim(short)
        machine = run.carry_out(short)
    told = narrate(machine, name, short, scenes=trim or show)
    return replace(told, record=schedule_of(machine, name, short))


def violations_of(skeleton: sk.Skeleton, events: tuple[int, ...], decisions: Decisions) -> set[str]:
    """What a schedule violates first; a deadlock where it ends in one without violation."""
    machine = Shortening(stage(skeleton), decisions, "").carry_out(events)
    found = () if machine.violation is None else (machine.violation, *machine.also)
    names = {name for violation in found for name in violation.properties}
    return names or ({"deadlock"} if deadlocked(machine).threads else set())


class Shortening(Frozen, frozen=True):
    """Schedules for one property carried out, and made shorter."""

    stage: Stage
    decisions: Decisions
    name: str

    def carry_out(self, events: tuple[int, ...]) -> Machine:
        """The machine after a schedule; raises ReplayError where a step is not allowed."""
        machine = Machine(self.stage, self.decisions)
        try:
            machine.run(list(events))
        except NotAllowed as error:
            raise ReplayError(str(error)) from error
        except Unknown as error:
            raise ReplayError("a step depends on what has not happened") from error
        return machine

    def shows(self, machine: Machine) -> bool:
        """Whether the machine's state shows the property violated."""
        found = machine.violation
        if self.name == "deadlock":
            return found is None and bool(deadlocked(machine).threads)
        seen = (*machine.also, *(() if found is None else (found,)))
        return any(self.name in violation.properties for violation in seen)

    def trim(self, events: tuple[int, ...]) -> tuple[int, ...]:
        """The schedule without the trailing steps that the violation can do without."""
        return Shorter(self.stage.skeleton, self.still, self._is_unnoticed).trim(events)

    def _is_unnoticed(self, event: int) -> bool:
        """Whether a step changes nothing for others; in a deadlock it counts where each stands."""
        action = self.stage.skeleton.events[event].action
        load = isinstance(action, sk.Access) and action.what == "load"
        return self.name != "deadlock" and (load or isinstance(action, sk.Local))

    def still(self, events: tuple[int, ...]) -> bool:
        """Whether a shorter schedule still shows the violation."""
        try:
            return self.shows(self.carry_out(events))
        except ReplayError:
            return False
