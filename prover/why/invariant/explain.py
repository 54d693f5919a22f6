"""A proof for any number of actors explained: what its invariant says, in words."""

from __future__ import annotations

from dsl.diagnostic import DiagnosticError
from dsl.frozen import replace
from dsl.protocol import Expect, Protocol
from prover.explained import Explanation, Said
from prover.parametric.certificate.table import tabled
from prover.parametric.invariant import Invariant
from prover.parametric.machine import Compiled
from prover.parametric.system import System
from prover.pipeline.anynumber import wording
from prover.pipeline.anynumber.decide import decide_any_number
from prover.pipeline.anynumber.engine import Engine
from prover.pipeline.limits import Limits, raised
from prover.render.table import summary_of
from prover.verdict import Broken, Obligation, Proved, name_of
from prover.why.invariant.read import read
from prover.why.invariant.values import letter_of


def explain_number(
    protocol: Protocol,
    obligation: Obligation,
    expected: Expect | None,
    limits: Limits,
    engine: Engine,
) -> Explanation:
    """Why an obligation about any number of actors is proved.

    It is decided as `prove FILE` does: what is put into words is what both checkers have confirmed.
    ``protocol`` has its variant applied.  Raises DiagnosticError for what is wrong with the file.
    """
    kept: list[tuple[System, Invariant]] = []
    seconds, memory = raised(limits.timeout, limits.memory)
    decision = decide_any_number(
        protocol,
        obligation,
        expected,
        replace(limits, timeout=seconds, memory=memory),
        engine,
        lambda system, invariant: kept.append((system, invariant)),
    )
    if decision.diagnostics:
        raise DiagnosticError(decision.diagnostics)
    verdict = decision.verdict
    name = name_of(verdict)
    proved = isinstance(verdict, Proved)
    found = Explanation(
        obligation.scenario,
        obligation.variant,
        (obligation.configuration,),
        (("sc", name if proved else f"{name}: {summary_of(verdict)}"),),
        bug=isinstance(verdict, Broken),
    )
    if not isinstance(verdict, Proved) or verdict.number is None or not kept:
        return found
    system, invariant = kept[0]
    assert isinstance(system, Compiled)
    said = Said(
        verdict.number,
        letter_of(system.parts.layout),
        read(system, tabled(invariant), protocol.sources),
    )
    counts = system.counts()
    taken = (wording.few_references(counts),) if counts else ()
    notes = (*decision.notes, *taken)
    return replace(found, model="sc", said=said, notes=notes, unreached=decision.unreached)
