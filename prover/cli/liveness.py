"""``--liveness``: warnings of retry loops that go round for ever."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from prover.cli.terminal import ProgressLine

if TYPE_CHECKING:
    from prover.verdict import Report, Request

LivenessOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--liveness", help="Warn of retry loops that can go round for ever (docs/liveness.md)."
    ),
]


def can_have_warnings(output: str) -> None:
    """A usage error for a format that has no warnings."""
    if output not in {"table", "json"}:
        message = f"--format {output} has no endless runs: table and json have"
        raise typer.BadParameter(message, param_hint="'--liveness'")


def look(report: Report, request: Request, *, quiet: bool) -> Report:
    """The report with what becomes of retry loops."""
    from prover.pipeline.liveness.look import with_liveness

    with ProgressLine(sys.stderr, enabled=not quiet) as line:
        return with_liveness(report, request, line.show)
