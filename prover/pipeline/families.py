"""Which variants are decided in one program, and that program, in one worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dsl.diagnostic import DiagnosticError
from dsl.protocol import Expect, Protocol
from prover.graph.kept import Kept
from prover.kin.family import kin
from prover.pipeline.limits import Clock, Limits
from prover.pipeline.obligations import Task
from prover.pipeline.shared import Shared, share


@dataclass(slots=True)
class Families:
    """The last family of one worker: one scenario's variants in one configuration.

    Only the worker that comes to the first of a family puts it together: another one that helps
    out later has less to gain than that takes.
    """

    key: object = None
    shared: Shared | None = None

    def of(
        self,
        key: object,
        tasks: Sequence[Task],
        protocols: Callable[[str], Protocol],
        limits: Limits,
        kept: Kept | None,
        *,
        first: bool,
    ) -> Shared | None:
        """The program of a family's ``tasks``; ``protocols`` gives the protocol of a variant."""
        if key != self.key:
            # The memory of the last is given back before the next is put together.
            self.key, self.shared = key, None
            self.shared = _shared(tasks, protocols, limits, kept) if first else None
        return self.shared


def _shared(
    tasks: Sequence[Task],
    protocols: Callable[[str], Protocol],
    limits: Limits,
    kept: Kept | None,
) -> Shared | None:
    """The program of all variants, None where there is one only, or a claim about states.

    An invariant is about every state of an interleaving, which no weak model has.
    """
    base = protocols("")
    scenario = base.scenarios[tasks[0].obligation.scenario]
    variants: dict[str, Protocol] = {}
    for name in dict.fromkeys(task.obligation.variant for task in tasks):
        try:
            variants[name] = protocols(name)
        except DiagnosticError:
            continue
    variants.pop("", None)
    if not variants or base.invariants or scenario.invariants:
        return None
    expected: dict[str, dict[str, Expect | None]] = {"": {}}
    for task in tasks:
        own = expected.setdefault(task.obligation.variant, {})
        own[task.obligation.model] = task.expected
    together = kin(base, variants)
    if not together.switches:
        return None
    configuration = dict(tasks[0].obligation.configuration)
    return share(together, scenario.name, configuration, expected, limits, kept, Clock())
