"""``prove list``: what files have and expect; a folder of them as a page."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Literal

import typer

from prover.cli.entry import USAGE_ERROR
from prover.cli.files import check_program, complain_about, load_program
from prover.cli.options import Jobs
from prover.cli.terminal import ProgressLine, complain, emit


def list_(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Protocols, or folders; - is standard input."),
    ],
    output: Annotated[
        Literal["table", "markdown"],
        typer.Option("--format", help="What to print; a page is made of one folder."),
    ] = "table",
    jobs: Jobs = 0,
    *,
    timed: Annotated[
        bool, typer.Option("--timed", help="Prove all for the page, and say how long each takes.")
    ] = False,
) -> None:
    """List scenarios, variants, configs, and what they expect."""
    if output == "markdown":
        raise typer.Exit(_page(files, jobs, timed=timed))
    if timed:
        raise typer.BadParameter("times are part of a page", param_hint="'--timed'")
    from prover.pipeline.tree import Member, members
    from prover.render.listing import render

    found = list(members(files))
    for member in found:
        if not isinstance(member, Member):
            complain_about(member.diagnostics, {})
            raise typer.Exit(USAGE_ERROR)
    names = [member.name for member in found]
    emit("\n".join(render(check_program(load_program(name))) for name in names))


def _page(files: list[str], jobs: int, *, timed: bool) -> int:
    """Prints the page of one folder; the exit code."""
    if len(files) != 1 or not os.path.isdir(files[0]):  # noqa: PTH112 - this one raises nothing
        raise typer.BadParameter("a page is made of one folder", param_hint="'FILE...'")
    from prover.pipeline.catalog import catalog
    from prover.render.catalog import render
    from prover.verdict import Request

    request = Request(files=(), jobs=jobs, explain=False)
    with ProgressLine(sys.stderr, enabled=timed) as line:
        found = catalog(files[0], request, line.show, timed=timed)
    complain_about(found.diagnostics, found.sources or {})
    for name in found.unexpected:
        complain(f"error: `{name}` is not as it expects: `prove {name}` says more\n")
    if not found.exit_code:
        emit(render(found))
    return found.exit_code
