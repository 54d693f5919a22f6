"""``prove new``: a first sketch of a protocol from C functions of the kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from prover.cli.entry import USAGE_ERROR
from prover.cli.files import complain_about, read_source
from prover.cli.terminal import complain, emit, use_color


def new(
    file: Annotated[
        str, typer.Argument(metavar="FILE.c", help="A C file of the kernel; - is standard input.")
    ],
    functions: Annotated[
        list[str],
        typer.Argument(
            metavar="FUNCTION...",
            help="Functions that it defines: one beside itself, or several beside each other.",
        ),
    ],
    linux_version: Annotated[
        str, typer.Option(metavar="V", help="The kernel's version, for the first comment.")
    ] = "",
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="OUT", help="Write here, not to the output.")
    ] = "",
) -> None:
    """Make a first .khp file from C functions of the kernel.

    What the language does not have is marked FIXME(new) there, and reported.
    """
    import sys

    from dsl.diagnostic import DiagnosticError
    from dsl.paste.skeleton import paste
    from prover.render.diagnostics import render

    source = read_source(file)
    try:
        made = paste(source, tuple(functions), linux_version)
    except DiagnosticError as error:
        complain_about(error.diagnostics, {source.name: source})
        raise typer.Exit(USAGE_ERROR) from None
    if output:
        _write(Path(output), made.text)
    else:
        emit(made.text)
    if made.marks:
        color = use_color("auto", sys.stderr)
        complain(render(made.marks, {source.name: source}, color=color, word="fixme") + "\n")
    told = "\n".join(
        f"{share.marked} of {share.lines} lines of {share.function}() are marked FIXME(new)"
        for share in made.shares
    )
    checks = "the skeleton does not check yet" if made.rest else "the skeleton checks"
    complain(f"{told}; {checks}\n")


def _write(path: Path, text: str) -> None:
    """Writes a new file, whole or not at all; what is there already stays."""
    try:
        file = path.open("x", encoding="utf-8")
    except FileExistsError:
        _refuse(f"`{path}` is there already", "name another file, or delete this one")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "its name is none"
        _refuse(f"`{path}` cannot be written: {why}", "name another file")
    try:
        with file:
            file.write(text)
    except OSError as error:
        path.unlink(missing_ok=True)
        _refuse(f"`{path}` cannot be written: {error.strerror}", "name another file")


def _refuse(message: str, hint: str) -> NoReturn:
    from dsl.diagnostic import Diagnostic

    complain_about((Diagnostic("new-output", message, None, hint=hint),), {})
    raise typer.Exit(USAGE_ERROR)
