"""``prove needs``: which parts of a protocol its proofs need."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from prover.cli.entry import USAGE_ERROR
from prover.cli.files import STANDARD_INPUT, complain_about, read_standard_input, settings
from prover.cli.options import (
    Jobs,
    MaxBound,
    Memory,
    OnlyConfig,
    OnlyModel,
    OnlyScenario,
    ProtocolFile,
    Timeout,
)
from prover.cli.reports import NEEDS, ReportOption, Reports, reports
from prover.cli.terminal import ProgressLine, emit

if TYPE_CHECKING:
    from prover.needed import Needs
    from prover.verdict import Request


def needs(
    file: ProtocolFile,
    scenario: OnlyScenario = "",
    config: OnlyConfig = None,
    model: OnlyModel = "",
    witness: Annotated[
        list[int] | None,
        typer.Option(metavar="N", help="Show what change N lets happen; twice: both together."),
    ] = None,
    pairs: Annotated[
        int, typer.Option(metavar="N", min=0, help="Try at most N pairs of redundant changes.")
    ] = 50,
    every: Annotated[
        bool, typer.Option("--all", help="Say of each scenario whether a change breaks it.")
    ] = False,
    max_bound: MaxBound = 8,
    timeout: Timeout = 60,
    memory: Memory = 2048,
    jobs: Jobs = 0,
    output: Annotated[
        Literal["table", "json"], typer.Option("--format", help="What to print.")
    ] = "table",
    report_to: ReportOption = None,
) -> None:
    """Say which locks, barriers, checks and so on the proofs need.

    Each is dropped or weakened, and every scenario that is proved is proved again.

    Exit: 0 everything has an answer, 2 usage or an error in the file, 3 something has
    none, 4 a bug in prove, 130 interrupted.
    """
    from prover.verdict import Request

    into = reports(report_to, NEEDS, [file])
    request = Request(
        files=(file,),
        stdin_text=read_standard_input() if file == STANDARD_INPUT else None,
        scenario=scenario or None,
        config=settings(config),
        model=model or None,
        max_bound=max_bound,
        timeout=timeout,
        memory=memory,
        jobs=jobs,
    )
    if witness and into:
        message = "a report has the whole answer: it cannot be asked for with --witness"
        raise typer.BadParameter(message, param_hint="'--report'")
    if witness:
        raise typer.Exit(_show(file, request, tuple(witness)))
    raise typer.Exit(_needs(file, request, pairs, into, every=every, as_json=output == "json"))


def _needs(
    file: str, request: Request, pairs: int, into: Reports[Needs], *, every: bool, as_json: bool
) -> int:
    """Prints the answer; the exit code."""
    from prover.needed import needs_exit_code
    from prover.needs.answer import needs as answered

    with ProgressLine(sys.stderr, enabled=True) as line:
        found = answered(file, request, pairs, line.show, every=every)
    complain_about(found.diagnostics, found.sources)
    if as_json:
        from prover.render.json_needs import render

        emit(render(found))
    elif not found.diagnostics:
        from prover.render.needs import render_needs

        emit(render_needs(found))
    into.write(found)
    return needs_exit_code(found)


def _show(file: str, request: Request, numbers: tuple[int, ...]) -> int:
    """Prints what changes let happen; the exit code."""
    from dsl.imports import LoadError
    from prover.needs.answer import show
    from prover.render.needs import render_shown

    try:
        with ProgressLine(sys.stderr, enabled=True) as line:
            shown = show(file, request, numbers, line.show)
    except LoadError as error:
        complain_about(error.diagnostics, error.sources)
        return USAGE_ERROR
    emit(render_shown(shown))
    return 0
