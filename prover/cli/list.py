"""``prove list``: what a file has, and what it expects."""

from __future__ import annotations

from typing import Annotated

import typer

from prover.cli.files import check_program, load_program
from prover.cli.terminal import emit


def list_(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Protocol files; - is standard input."),
    ],
) -> None:
    """List scenarios, variants, configs, and what they expect."""
    from prover.render.listing import render

    tables = [render(check_program(load_program(name))) for name in files]
    emit("\n".join(tables))
