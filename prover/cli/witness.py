"""``--format witness`` and ``--format litmus``: the one witness that is selected, or its scenario.

The first is a document for ``prove replay``, the second a litmus test that asks for the violation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.frozen import replace
from prover.cli.entry import USAGE_ERROR
from prover.cli.files import complain_about
from prover.cli.output import Output
from prover.cli.refuted import Found, of_what_stands, options, witnesses
from prover.cli.terminal import Color
from prover.render.json_witness import render
from prover.verdict import Report, Request, exit_code

SHOWN: Final = 8
"""So many of several are listed."""


def save(report: Report, color: Color, out: Output) -> int:
    """Prints the document, or says why there is none; the exit code."""
    one = _selected(report, color)
    if one is None:
        return max(USAGE_ERROR, exit_code(report))
    bound = max(one.outcome.measured.bound, 1)
    out.write(render(one.file.name, one.outcome.obligation, bound, one.witness, one.file.sources))
    return exit_code(report)


def export(report: Report, request: Request, color: Color, out: Output) -> int:
    """Prints the litmus test of what is refuted, or says why there is none; the exit code."""
    from prover.export.litmus import export_litmus
    from prover.export.process import ASKED
    from prover.pipeline.program import first_obligation

    one = _selected(report, color)
    if one is None:
        return max(USAGE_ERROR, exit_code(report))
    asked, name = one.outcome.obligation, one.witness.property
    properties = (*ASKED, "final")
    if name not in properties:
        complain_about((_unasked(name, properties),), {}, color)
        return USAGE_ERROR
    try:
        narrow = replace(
            request,
            scenario=asked.scenario,
            variant=asked.variant or None,
            config=asked.configuration,
        )
        _, protocol, _ = first_obligation(one.file.name, narrow)
        text = export_litmus(protocol, asked.scenario, dict(asked.configuration))
    except DiagnosticError as error:
        complain_about(error.diagnostics, one.file.sources, color)
        return USAGE_ERROR
    out.write(text)
    return exit_code(report)


def _selected(report: Report, color: Color) -> Found | None:
    """The only witness; where there is none, or another one, says so.

    Where what stands is refuted too, it is the one of that, not of its variants; of the properties
    that an obligation violates, the one named first.
    """
    found = witnesses(report)
    chosen = of_what_stands(found)
    if len(chosen) == 1:
        return chosen[0]
    if found or not any(file.diagnostics for file in report.files):
        complain_about((_wrong(chosen),), {}, color)
    return None


def _unasked(name: str, properties: Sequence[str]) -> Diagnostic:
    message = f"a litmus test cannot ask about `{name}`"
    hint = f"it asks about {', '.join(properties)}; `--format witness` keeps any witness"
    return Diagnostic("export-question", message, None, hint=hint)


def _wrong(found: Sequence[Found]) -> Diagnostic:
    if not found:
        hint = "select a scenario, variant, config or model that is refuted"
        return Diagnostic("no-witness", "nothing is refuted: there is no witness", None, hint=hint)
    named = [" ".join(options(one)) for one in found]
    more = f"; and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    message = f"{len(named)} witnesses are selected, and a document has one"
    hint = f"one of {'; '.join(named[:SHOWN])}{more}"
    return Diagnostic("several-witnesses", message, None, hint=hint)
