"""``--changed``: what a change since a revision can affect."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from prover.cli.entry import USAGE_ERROR
from prover.cli.files import STANDARD_INPUT, complain_about
from prover.cli.terminal import Color, complain

if TYPE_CHECKING:
    from prover.pipeline.tree import Member
    from prover.verdict import FileReport


def since(revision: str, names: Sequence[str], color: Color) -> Sequence[Member | FileReport]:
    """The files that are affected; says how many, or exits with what is wrong.

    ``revision`` is "" where none was given.
    """
    if STANDARD_INPUT in names:
        message = "standard input is in no revision: name files or folders"
        raise typer.BadParameter(message, param_hint="'--changed'")
    from prover.pipeline.changed import affected
    from prover.pipeline.git import GitError

    try:
        found = affected(names, revision or None, os.curdir, os.environ)
    except GitError as error:
        complain_about((error.diagnostic,), {}, color)
        raise typer.Exit(USAGE_ERROR) from None
    number, total = len(found.files), found.total
    files = f"{total} file{'' if total == 1 else 's'}"
    why = ", as prove itself has changed" if found.tool else ""
    complain(
        f"changed since {revision or 'HEAD'}: {number} of {files} to be looked at{why}, "
        f"{total - number} left out\n"
    )
    return found.files
