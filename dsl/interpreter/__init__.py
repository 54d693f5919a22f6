"""The interpreter: a checked protocol, stepped under sequential consistency.

Slow and obvious: it is what every other engine is compared with.
"""

from dsl.interpreter.explore import Exploration, Outcome, explore
from dsl.interpreter.machine import Machine, build_machine
from dsl.interpreter.schedule import Choice, Trace, TraceStep, run_schedule
from dsl.interpreter.state import State, Step

__all__ = [
    "Choice",
    "Exploration",
    "Machine",
    "Outcome",
    "State",
    "Step",
    "Trace",
    "TraceStep",
    "build_machine",
    "explore",
    "run_schedule",
]
