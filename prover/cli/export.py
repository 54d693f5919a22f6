"""``prove export``: write a scenario for another tool."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from prover.cli.entry import USAGE_ERROR
from prover.cli.files import STANDARD_INPUT, complain_about, read_standard_input, settings
from prover.cli.options import ProtocolFile
from prover.cli.terminal import emit


def export(
    file: ProtocolFile,
    format: Annotated[  # noqa: A002 - the option's name
        Literal["litmus"], typer.Option("--format", metavar="<litmus>", help="What to write.")
    ] = "litmus",
    scenario: Annotated[
        str, typer.Option(metavar="NAME", help="This scenario; else the first.")
    ] = "",
    variant: Annotated[
        str, typer.Option(metavar="NAME", help="With this variant applied; else with none.")
    ] = "",
    config: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="With this value of a config; repeatable."),
    ] = None,
) -> None:
    """Write one scenario as a litmus test: can what it claims fail?"""
    assert format == "litmus"
    configuration = settings(config)
    emit(_litmus(file, scenario, variant, configuration))


def _litmus(
    file: str, scenario: str, variant: str, configuration: tuple[tuple[str, str], ...]
) -> str:
    from dsl.diagnostic import DiagnosticError
    from dsl.imports import LoadError
    from prover.export.litmus import export_litmus
    from prover.pipeline.program import first_obligation
    from prover.verdict import Request

    request = Request(
        files=(file,),
        stdin_text=read_standard_input() if file == STANDARD_INPUT else None,
        scenario=scenario or None,
        variant=variant or None,
        config=configuration,
    )
    try:
        program, protocol, obligation = first_obligation(file, request)
    except LoadError as error:
        complain_about(error.diagnostics, error.sources)
        raise typer.Exit(USAGE_ERROR) from None
    try:
        return export_litmus(protocol, obligation.scenario, dict(obligation.configuration))
    except DiagnosticError as error:
        complain_about(error.diagnostics, program.sources)
        raise typer.Exit(USAGE_ERROR) from None
