"""What a request names, file by file: of a folder, every protocol below it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from dsl.diagnostic import Diagnostic
from dsl.files import Refusal, protocols_below
from dsl.frozen import Frozen
from prover.verdict import FileReport, Request


class Member(Frozen, frozen=True):
    """A file to be proved; ``folder`` is the one it was found below, "" where it was named."""

    name: str
    folder: str = ""


def members(names: Sequence[str]) -> Iterator[Member | FileReport]:
    """The files that ``names`` are or have below them, in order; a report of what has none.

    A file that is found is told once, and not at all where it is also named.
    """
    # os.path.isdir() of what may not be looked at is False; Path.is_dir() raises.
    # `-` is standard input, whatever else is called so.
    folders = [name for name in names if name != "-" and os.path.isdir(name)]  # noqa: PTH112
    known: set[str] = set()
    if folders:
        known.update(os.path.realpath(name) for name in names if name not in folders)
    for name in names:
        if name not in folders:
            yield Member(name)
            continue
        try:
            below = protocols_below(Path(name))
        except Refusal as refusal:
            yield FileReport(name, (), (refusal.about(name),), {})
            continue
        for path in below:
            real = os.path.realpath(path)
            if real not in known:
                known.add(real)
                yield Member(str(path), name)


def nothing_selected(
    folders: Sequence[str], found: Sequence[Diagnostic], request: Request
) -> Diagnostic:
    """What is said where nothing below the folders is selected; ``found`` is what each file says.

    If each has the same to say of the selection, that is it: there is no such memory model.
    """
    if len(set(found)) == 1 and found[0].code == "unknown-selection":
        return found[0]
    below = f"no protocol below `{'`, `'.join(folders)}`"
    if request.scenario or request.variant or request.config:
        hint = "`prove list` shows the scenarios, variants and configs of files and folders"
        message = f"nothing to prove: {below} has this selection"
    else:
        hint = "files that are only imported have nothing to prove"
        message = f"nothing to prove: {below} has a scenario"
    return Diagnostic("nothing-selected", message, None, (), hint)
