"""The engine that decides: the parts of :mod:`prover.parametric`, and what each has to be told."""

from __future__ import annotations

from functools import partial

from dsl.frozen import replace
from dsl.protocol import Protocol
from prover.graph.with_loops import with_loops
from prover.parametric.certificate.checker import check
from prover.parametric.certificate.folded import Folded, folded
from prover.parametric.certificate.table import Table, tabled
from prover.parametric.certificate.text import questions
from prover.parametric.invariant import Endless, Invariant, Safe, Suspect
from prover.parametric.machine import Compiled, build
from prover.parametric.machine.code import may_wait
from prover.parametric.search import Limits, search
from prover.parametric.search.exact import explore
from prover.parametric.search.limits import Progress
from prover.parametric.search.pairs import Pairs
from prover.parametric.system import System
from prover.pipeline.anynumber.engine import Confirmed, Contradicted, Engine, Opinion, Unfinished
from prover.pipeline.anynumber.told import SEARCH
from prover.smt.none import first_yes
from prover.smt.reply import Sat
from prover.verdict import Obligation

FEW = 3000
"""So many configurations of one of each actor are looked at for what has no end."""


def engine(*, several: bool = False, folds: bool = True) -> Engine:
    """The engine; with ``several`` its checkers work at the same time.

    ``folds``: of shared states that are one with slots in each other's places it looks at one.
    """
    return Engine(
        _system,
        partial(_searched, folds=folds),
        {"checker": _checked, "z3": _asked},
        _few,
        _interrupts,
        _counted,
        _counts,
        several,
    )


def _system(protocol: Protocol, obligation: Obligation) -> System:
    """The transition relation of an obligation: graphs with their loops, words split."""
    return _built(protocol, obligation, counting=False)


def _counted(protocol: Protocol, obligation: Obligation) -> System | None:
    """The same, with parts of counts only; None where there are none."""
    found = _built(protocol, obligation, counting=True)
    return found if found.counts() else None


def _built(protocol: Protocol, obligation: Obligation, *, counting: bool) -> Compiled:
    scenario = protocol.scenarios[obligation.scenario]
    program = with_loops(protocol, scenario.name, dict(obligation.configuration))
    # It has no end, so what only `final` looks at nobody reads.
    program = replace(program, finals=())
    many = frozenset(scenario.many)
    return build(program, many, scenario.forever, counting=counting, forgetful=True)


def _counts(system: System) -> tuple[str, ...]:
    """The counts of which only parts are kept."""
    assert isinstance(system, Compiled)
    return system.counts()


def _searched(
    system: System, size: int, seconds: float, *, folds: bool
) -> Safe | Suspect | Endless:
    """The search, which says how far it is."""
    assert isinstance(system, Compiled)
    exchanges = system.exchanges() if folds and size == 2 else ()

    def told(progress: Progress) -> None:
        SEARCH.say(size, progress.shared, progress.views, progress.frontier)

    try:
        found = search(system, size, Limits(seconds=seconds, told=told), exchanges)
        # What is checked is a table, made once; what else the search has found is given up.
        return Safe(_table(found.invariant), found.stuck) if isinstance(found, Safe) else found
    finally:
        SEARCH.say(0, 0, 0, 0)


def _table(invariant: Invariant) -> Table | Folded:
    """What a search has found, with one of those shared states that it looked at as one."""
    if isinstance(invariant, Pairs) and invariant.exchanges:
        return folded(invariant, invariant.rooms, invariant.exchanges)
    return tabled(invariant)


def _few(system: System) -> None:
    """Runs one of each actor as far as that is quickly done."""
    explore(system, (*system.start.single, *system.start.many), FEW)


def _interrupts(system: System) -> bool:
    """Whether a callback may have to wait: the actor that it interrupts waits with it."""
    assert isinstance(system, Compiled)
    return any(body.kind == "callback" and may_wait(body) for body in system.parts.bodies)


def _checked(system: System, invariant: Invariant, _seconds: float) -> Opinion:
    """The small checker, which has the time that the worker has."""
    wrong = check(system, invariant)
    return Confirmed("checker") if wrong is None else Contradicted("checker", str(wrong))


def _asked(system: System, invariant: Invariant, seconds: float) -> Opinion:
    """z3, which is asked for a step out of the invariant."""
    said = first_yes(questions(system, invariant), seconds)
    if said is None:
        return Confirmed("z3")
    name, reply = said
    if isinstance(reply, Sat):
        return Contradicted("z3", name)
    return Unfinished("z3", f"{name}: {getattr(reply, 'reason', 'no answer')}")
