"""``prove why``: the facts that the proofs of a protocol use."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

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
from prover.cli.reports import WHY, ReportOption, reports
from prover.cli.terminal import ProgressLine, emit


def why(
    file: ProtocolFile,
    scenario: OnlyScenario = "",
    variant: Annotated[
        str,
        typer.Option(metavar="NAME", help="With this variant; else with none.", show_default=False),
    ] = "",
    config: OnlyConfig = None,
    model: OnlyModel = "",
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--property",
            metavar="NAME",
            help="Only this property, or loop; repeatable.",
            show_default=False,
        ),
    ] = None,
    budget: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=0, help="For making the sets of one scenario small."),
    ] = 60,
    max_bound: MaxBound = 8,
    timeout: Timeout = 60,
    memory: Memory = 2048,
    jobs: Jobs = 0,
    verbose: Annotated[
        bool,
        typer.Option(
            "-v", "--verbose", help="All that is said of the invariant of any number of actors."
        ),
    ] = False,
    output: Annotated[
        Literal["table", "json"], typer.Option("--format", help="What to print.")
    ] = "table",
    report_to: ReportOption = None,
) -> None:
    """Say which locks, waits, orders and tests the proofs use.

    For each property a set of facts that suffices, and of which none can be left out; of
    any number of actors, what the invariant says.

    Exit: 0 explained, 2 usage or an error in the file, 3 something is not (no proof, or no
    smallest set in time), 4 a bug in prove, 130 interrupted.
    """
    from prover.explained import why_exit_code
    from prover.verdict import Request
    from prover.why.run import why as answered

    into = reports(report_to, WHY, [file])
    request = Request(
        files=(file,),
        stdin_text=read_standard_input() if file == STANDARD_INPUT else None,
        scenario=scenario or None,
        variant=variant or None,
        config=settings(config),
        model=model or None,
        max_bound=max_bound,
        timeout=timeout,
        memory=memory,
        jobs=jobs,
        explain=False,
    )
    with ProgressLine(sys.stderr, enabled=True) as line:
        found = answered(file, request, budget, line.show, tuple(dict.fromkeys(only or ())))
    complain_about(found.diagnostics, found.sources)
    if output == "json":
        from prover.render.json_why import render

        emit(render(found))
    elif not found.diagnostics:
        from prover.render.why import render_why

        emit(render_why(found, verbose=verbose))
    into.write(found)
    raise typer.Exit(why_exit_code(found))
