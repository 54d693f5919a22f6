"""``--format witness``: the one witness that is selected, as a document for ``prove replay``."""

from __future__ import annotations

from typing import Final

from dsl.diagnostic import Diagnostic
from prover.cli.entry import USAGE_ERROR
from prover.cli.files import complain_about
from prover.cli.pictures import Found, witnesses
from prover.cli.terminal import Color, emit
from prover.render.json_witness import render
from prover.verdict import Report, exit_code

SHOWN: Final = 8
"""So many of several are listed."""


def save(report: Report, color: Color) -> int:
    """Prints the document, or says why there is none; the exit code.

    Where what stands is refuted too, it is the one of that, not of its variants; of the properties
    that an obligation violates, the one named first.
    """
    found = witnesses(report)
    if not found and any(file.diagnostics for file in report.files):
        return exit_code(report)
    plain = [one for one in found if not one.outcome.obligation.variant]
    chosen = plain or found
    if len(chosen) != 1:
        complain_about((_wrong(chosen),), {}, color)
        return USAGE_ERROR
    (one,) = chosen
    bound = max(one.outcome.measured.bound, 1)
    emit(render(one.file.name, one.outcome.obligation, bound, one.witness, one.file.sources))
    return exit_code(report)


def _wrong(found: list[Found]) -> Diagnostic:
    if not found:
        hint = "select a scenario, variant, config or model that is refuted"
        return Diagnostic("no-witness", "nothing is refuted: there is no witness", None, hint=hint)
    named = [_options(one) for one in found]
    more = f"; and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    message = f"{len(named)} witnesses are selected, and a document has one"
    hint = f"one of {'; '.join(named[:SHOWN])}{more}"
    return Diagnostic("several-witnesses", message, None, hint=hint)


def _options(one: Found) -> str:
    """The options that select a witness."""
    asked = one.outcome.obligation
    parts = [one.file.name, "--scenario", asked.scenario]
    if asked.variant:
        parts += ["--variant", asked.variant]
    for name, value in asked.configuration:
        parts += ["--config", f"{name}={value}"]
    return " ".join([*parts, "--model", asked.model])
