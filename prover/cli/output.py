"""``--output OUT``: where what ``prove FILE`` prints goes, if not to standard output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import typer

from dsl.frozen import Frozen
from prover.cli.files import not_writable, refuse_to_write, replace_file, resolved
from prover.cli.terminal import emit, plain

TO_FILES: Final = ("commit", "witness", "litmus", "svg", "mermaid", "dot")
"""The formats that ``--output`` writes; the others are reports, or for the terminal."""

READ: Final = (".khp", ".cat")
"""Ends of names that no output has: a slip of the hand costs no protocol."""


class Output(Frozen, frozen=True):
    """Where text goes: a file, written whole or not at all, or standard output."""

    path: Path | None

    def write(self, text: str) -> None:
        """Writes all that there is; says so and exits where that cannot be."""
        if self.path is None:
            emit(text)
        else:
            replace_file(self.path, plain(text))


def output_to(name: str, format_: str, inputs: Sequence[str]) -> Output:
    """The output that ``name`` asks for, "" for none; a usage error where it cannot be meant.

    ``inputs`` are the files of the command: none of them is written over.
    """
    if not name:
        return Output(None)
    if format_ not in TO_FILES:
        formats = f"{', '.join(TO_FILES[:-1])} and {TO_FILES[-1]}"
        raise _usage(f"it is for --format {formats}; `--report FORMAT=PATH` writes the others")
    if name == "-":
        raise _usage("'-' is no file: without it all is printed")
    target = resolved(Path(name))
    if target in {resolved(Path(each)) for each in inputs}:
        raise _usage(f"{name!r} is read: it would be written over")
    if target.suffix in READ:
        raise _usage(f"{name!r} is the name of a file that prove reads, not of an output")
    why = not_writable(Path(name))
    if why:
        refuse_to_write(Path(name), why)
    return Output(Path(name))


def _usage(message: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint="'--output'")
