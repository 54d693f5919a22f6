"""The engine that decides: the parts of :mod:`prover.parametric`, and what each has to be told."""

from __future__ import annotations

from dsl.protocol import Protocol
from prover.graph.lower import lower
from prover.graph.simplify import simplify
from prover.graph.split_words import split_words
from prover.parametric.certificate.checker import check
from prover.parametric.invariant import Endless, Invariant, Safe, Suspect
from prover.parametric.machine import build
from prover.parametric.search import Limits, search
from prover.parametric.search.limits import Progress
from prover.parametric.system import System
from prover.pipeline.anynumber.engine import Confirmed, Contradicted, Engine, Opinion
from prover.pipeline.anynumber.told import SEARCH
from prover.verdict import Obligation


def engine() -> Engine:
    """The engine."""
    return Engine(_system, _searched, (_checked,))


def _system(protocol: Protocol, obligation: Obligation) -> System:
    """The transition relation of an obligation: graphs with their loops, words split."""
    scenario = protocol.scenarios[obligation.scenario]
    lowered = lower(protocol, obligation.scenario, dict(obligation.configuration))
    program = simplify(split_words(lowered))
    return build(program, frozenset(scenario.many), scenario.forever)


def _searched(system: System, size: int, seconds: float) -> Safe | Suspect | Endless:
    """The search, which says how far it is."""

    def told(progress: Progress) -> None:
        SEARCH.say(size, progress.shared, progress.views, progress.frontier)

    try:
        return search(system, size, Limits(seconds=seconds, told=told))
    finally:
        SEARCH.say(0, 0, 0, 0)


def _checked(system: System, invariant: Invariant, _seconds: float) -> Opinion:
    """The small checker, which has the time that the worker has."""
    wrong = check(system, invariant)
    return Confirmed("checker") if wrong is None else Contradicted("checker", str(wrong))
