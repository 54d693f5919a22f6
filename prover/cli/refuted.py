"""The witnesses of a report, and the options that select one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prover.execution.witness import Witness
from prover.verdict import FileReport, Outcome, Refuted, Report


@dataclass(frozen=True, slots=True)
class Found:
    """A witness, the first outcome that has it, and the others that were found beside it."""

    file: FileReport
    outcome: Outcome
    witness: Witness
    others: tuple[Witness, ...]


def witnesses(report: Report) -> list[Found]:
    """The reported witness of everything that is refuted, each once."""
    found: dict[tuple[str, str, str, Witness], Found] = {}
    for file in report.files:
        for outcome in file.outcomes:
            verdict, obligation = outcome.verdict, outcome.obligation
            if isinstance(verdict, Refuted):
                key = (file.name, obligation.scenario, obligation.variant, verdict.witness)
                found.setdefault(key, Found(file, outcome, verdict.witness, verdict.others))
    return list(found.values())


def of_what_stands(found: Sequence[Found]) -> Sequence[Found]:
    """Those of scenarios as they stand, where any is refuted, rather than of their variants."""
    return [one for one in found if not one.outcome.obligation.variant] or found


def options(one: Found) -> list[str]:
    """The file and the options that select a witness."""
    obligation = one.outcome.obligation
    variant = [f"--variant {obligation.variant}"] if obligation.variant else []
    return [
        one.file.name,
        f"--scenario {obligation.scenario}",
        *variant,
        *(f"--config {name}={value}" for name, value in obligation.configuration),
        f"--model {obligation.model}",
    ]
