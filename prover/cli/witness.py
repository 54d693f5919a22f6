"""``--format witness``: the one witness of a run, as a document for ``prove replay``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from prover.cli.entry import USAGE_ERROR
from prover.cli.files import complain_about
from prover.cli.terminal import Color

if TYPE_CHECKING:
    from prover.verdict import FileReport, Outcome, Report

SHOWN = 8
"""So many of several are listed."""


def the_witness(report: Report, color: Color = "auto") -> str:
    """The document of the only witness; a usage error where there is none, or another one.

    Of the properties that an obligation violates it is the one named first.
    """
    from prover.render.json_witness import render
    from prover.verdict import Refuted

    found = refuted(report)
    if any(file.diagnostics for file in report.files):
        raise typer.Exit(USAGE_ERROR)
    if len(found) != 1:
        _complain(found, color)
        raise typer.Exit(USAGE_ERROR)
    ((file, outcome),) = found
    assert isinstance(outcome.verdict, Refuted)
    bound = max(outcome.measured.bound, 1)
    return render(file.name, outcome.obligation, bound, outcome.verdict.witness, file.sources)


def refuted(report: Report) -> list[tuple[FileReport, Outcome]]:
    """What is refuted; of obligations with one witness, under several models, the first."""
    from prover.verdict import Refuted

    found: dict[object, tuple[FileReport, Outcome]] = {}
    for file in report.files:
        for outcome in file.outcomes:
            if isinstance(outcome.verdict, Refuted):
                asked = outcome.obligation
                where = file.name, asked.scenario, asked.variant, asked.configuration
                found.setdefault((*where, outcome.verdict.witness), (file, outcome))
    return list(found.values())


def _complain(found: list[tuple[FileReport, Outcome]], color: Color) -> None:
    from dsl.diagnostic import Diagnostic

    if not found:
        hint = "select a scenario, variant, config or model that is refuted"
        wrong = Diagnostic("no-witness", "nothing is refuted: there is no witness", None, hint=hint)
        complain_about((wrong,), {}, color)
        return
    named = [_options(file, outcome) for file, outcome in found]
    more = f", and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    message = f"there are {len(named)} witnesses, and a document has one"
    hint = f"select one: {'; '.join(named[:SHOWN])}{more}"
    complain_about((Diagnostic("several-witnesses", message, None, hint=hint),), {}, color)


def _options(file: FileReport, outcome: Outcome) -> str:
    """The options that select an obligation."""
    asked = outcome.obligation
    parts = [file.name, "--scenario", asked.scenario]
    if asked.variant:
        parts += ["--variant", asked.variant]
    for name, value in asked.configuration:
        parts += ["--config", f"{name}={value}"]
    return " ".join([*parts, "--model", asked.model])
