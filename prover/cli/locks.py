"""``prove locks``: the order in which lock classes are taken."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from prover.cli.entry import USAGE_ERROR
from prover.cli.files import STANDARD_INPUT, complain_about, read_standard_input, settings
from prover.cli.options import OnlyConfig
from prover.cli.terminal import emit


def locks(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Protocols; - is standard input."),
    ],
    scenario: Annotated[str, typer.Option(metavar="NAME", help="Only this scenario.")] = "",
    config: OnlyConfig = None,
    bound: Annotated[int, typer.Option(metavar="N", min=1, help="Loops unrolled so often.")] = 2,
    format: Annotated[  # noqa: A002 - the option's name
        Literal["text", "dot"], typer.Option(help="What to print.")
    ] = "text",
) -> None:
    """Say which lock classes are taken where, and under which others."""
    from dsl.imports import LoadError
    from prover.pipeline.locks import locks as graph_of
    from prover.render.lock_graph import render, render_dot
    from prover.verdict import Request

    request = Request(
        files=tuple(files),
        stdin_text=read_standard_input() if STANDARD_INPUT in files else None,
        scenario=scenario or None,
        config=settings(config),
        max_bound=bound,
        jobs=1,
    )
    try:
        graph = graph_of(request)
    except LoadError as error:
        complain_about(error.diagnostics, error.sources)
        raise typer.Exit(USAGE_ERROR) from None
    emit(render(graph, bound) if format == "text" else render_dot(graph))
