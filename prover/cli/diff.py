"""``prove diff``: which verdicts changed between two files, folders or revisions."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from prover.cli.cache import say_trouble, store
from prover.cli.entry import USAGE_ERROR
from prover.cli.files import complain_about
from prover.cli.options import Jobs, MaxBound, Memory, Timeout
from prover.cli.terminal import ProgressLine, complain, emit

if TYPE_CHECKING:
    from prover.pipeline.diff import Side


def diff(
    names: Annotated[
        list[str],
        typer.Argument(metavar="OLD NEW", help="Files, folders, or REV:PATH of this repository."),
    ],
    rev: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="A B",
            help="Compare revision A with B at one PATH; an empty B is the work tree.",
            show_default=False,
        ),
    ] = None,
    max_bound: MaxBound = 8,
    timeout: Timeout = 60,
    memory: Memory = 2048,
    jobs: Jobs = 0,
    output: Annotated[
        Literal["table", "json"], typer.Option("--format", help="What to print.")
    ] = "table",
    *,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Prove all again, and remember nothing.")
    ] = False,
) -> None:
    """Say which verdicts are not what they were, and what was edited.

    Exit: 0 nothing got worse, 1 something proved is refuted or gone, or a new verdict is
    not as expected, 2 usage or an error in a file, 3 a new verdict is unknown, vacuous or
    bounded, 4 a bug in prove, 130 interrupted.
    """
    if len(names) != (2 if rev is None else 1):
        wanted = "two: OLD and NEW" if rev is None else "one PATH, beside --rev A B"
        raise typer.BadParameter(f"give {wanted}", param_hint="'OLD NEW'")
    from prover.verdict import Request

    request = Request(
        (), max_bound=max_bound, timeout=timeout, memory=memory, jobs=jobs, explain=False
    )
    with ExitStack() as stack:
        old, new = _sides(names, rev, stack)
        from prover.pipeline.diff import diff as compare

        remembered = None if no_cache else store()
        if remembered is not None:
            # The current folder is another while a revision is proved.
            remembered.folder = remembered.folder.absolute()
        with ProgressLine(sys.stderr, enabled=True) as line:
            found, *reports = compare(old, new, request, line.show, remembered)
    say_trouble(remembered)
    for side, report in zip((old, new), reports, strict=True):
        for file in report.files:
            if file.diagnostics:
                complain(f"{side.shown}:\n")
                complain_about(file.diagnostics, file.sources)
    from prover.render.compared import render, render_json

    emit(render_json(found) if output == "json" else render(found))
    raise typer.Exit(found.exit_code)


def _sides(
    names: Sequence[str], rev: tuple[str, str] | None, stack: ExitStack
) -> tuple[Side, Side]:
    """Both sides, what is of a revision written to a folder that ``stack`` takes away again."""
    if rev is None:
        old, new = (_side(*_split(name), stack) for name in names)
    else:
        beside = names[0] if names[0].startswith((".", "/")) else f"./{names[0]}"
        path = os.path.relpath(beside) if os.path.isabs(beside) else beside  # noqa: PTH117
        beside = path if path.startswith(".") else f"./{path}"
        old, new = (_side(each, beside, stack) for each in rev)
    if old.name.endswith(".khp") != new.name.endswith(".khp"):
        raise typer.BadParameter("one is a file and one a folder", param_hint="'OLD NEW'")
    return old, new


def _split(name: str) -> tuple[str, str]:
    """A revision ("" for the work tree) and a path."""
    revision, colon, path = name.partition(":")
    return ("", name) if not colon or os.path.lexists(name) else (revision, path)


def _side(revision: str, path: str, stack: ExitStack) -> Side:
    """A path in a revision, or in the work tree; exits with what is wrong."""
    from prover.pipeline.diff import Side, checked_out
    from prover.pipeline.git import GitError

    if not revision:
        # `link/..` is above where the link leads.
        real, name = os.path.realpath(path), os.path.normpath(path)
        same = os.path.realpath(name) == real
        return Side(path, os.getcwd(), name if same else os.path.relpath(real))  # noqa: PTH109
    try:
        into = stack.enter_context(tempfile.TemporaryDirectory(prefix="prove-"))
        return checked_out(revision, path, into, os.curdir, os.environ)
    except GitError as error:
        complain_about((error.diagnostic,), {})
    except OSError as error:
        from dsl.diagnostic import Diagnostic

        message = f"`{revision}:{path}` cannot be written to a temporary folder: {error.strerror}"
        hint = "TMPDIR in the environment names another"
        complain_about((Diagnostic("unwritable-file", message, None, hint=hint),), {})
    raise typer.Exit(USAGE_ERROR)
