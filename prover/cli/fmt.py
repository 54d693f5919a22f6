"""``prove fmt``: rewrite protocol files in the one format."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated

import typer

from prover.cli.entry import USAGE_ERROR
from prover.cli.files import STANDARD_INPUT, complain_about, read_source, replace_file
from prover.cli.terminal import complain, emit_source, plain

CHANGED = 1
"""The exit code of ``--check`` and ``--diff`` where a file is not in the format."""


_NO_NEWLINE = "\n\\ No newline at end of file\n"
"""What a diff says of a last line without an end."""


def fmt(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Files, and folders with those below; - formats standard input to output.",
        ),
    ],
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if a file would change.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; print what would change.")
    ] = False,
) -> None:
    """Rewrite files in the canonical format; comments stay.

    Of a folder, every protocol below it, but links.
    Exit: 0 done, 1 a file would change (--check, --diff), 2 an error in a file.
    """
    from prover.pipeline.tree import Member, members

    code = 0
    for found in members(files):
        if not isinstance(found, Member):
            complain_about(found.diagnostics, {})
            code = USAGE_ERROR
        elif not (found.folder and Path(found.name).is_symlink()):
            code = max(code, _format_one(found.name, write=not (check or diff), diff=diff))
    raise typer.Exit(code)


def _format_one(name: str, *, write: bool, diff: bool) -> int:
    from dsl.diagnostic import DiagnosticError
    from dsl.parse import parse
    from dsl.printer import format_file

    source = read_source(name)
    try:
        text = format_file(parse(source), source)
    except DiagnosticError as error:
        complain_about(error.diagnostics, {source.name: source})
        return USAGE_ERROR
    if write:
        if name == STANDARD_INPUT:
            emit_source(text)
        elif text != source.text:
            replace_file(Path(name), text)
            complain(f"formatted {name}\n")
        return 0
    if text == source.text:
        return 0
    if diff:
        before, after = source.text.splitlines(keepends=True), text.splitlines(keepends=True)
        called = plain(name)
        found = difflib.unified_diff(before, after, called, f"{called} (formatted)")
        emit_source(
            "".join(line if line.endswith("\n") else f"{line}{_NO_NEWLINE}" for line in found)
        )
    else:
        complain(f"would format {name}\n")
    return CHANGED
