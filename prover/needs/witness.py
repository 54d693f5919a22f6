"""The execution that a change lets happen, made in a worker process."""

from __future__ import annotations

from collections.abc import Iterable

from prover.execution.witness import Witness
from prover.needed import Broken
from prover.needs.plan import Planned
from prover.needs.run import Asked, Based, pooled
from prover.pipeline.pool import Lost


def witness_of(
    asked: Asked, based: Based, chosen: Iterable[Planned], broken: Broken
) -> Witness | None:
    """The smallest witness for the scenario and configuration that a trial found broken."""
    from prover.needs.probe import Prober
    from prover.pipeline.limits import Limits

    request = asked.request
    limits = Limits(request.timeout, request.memory, request.max_bound)
    prober = Prober(asked.protocol, asked.models, limits, based.bounds)
    edits = [edit for each in chosen for edit in each.edits]

    def job(_: int) -> Witness | None:
        return prober.witness(edits, broken.scenario, broken.configuration)

    (made,) = pooled(asked, job, [broken.scenario], lambda _: None)
    return None if isinstance(made, Lost) else made
