"""Which file an import means: beside its importer, else in a root, and nowhere else.

Apart from :mod:`dsl.imports`, for those who want to know what a file reads without parsing it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from dsl.files import Refusal
from dsl.frozen import Frozen


class Found(Frozen, frozen=True):
    """An imported file: its path, where that leads, and the folder it was looked for in.

    ``tree`` is the folder tree that its own imports may use.
    """

    path: Path
    real: Path
    folder: Path
    tree: Path


def find(
    wanted: str,
    folder: Path | None,
    tree: Path | None,
    roots: Sequence[Path],
    absent: dict[str, None],
    leads_to: Callable[[Path], str] = os.path.realpath,
) -> Found | None:
    """What ``wanted`` names for an importer in ``folder`` (of ``tree``), None where nothing does.

    ``absent`` gets every path where a file would have been taken first.  ``leads_to`` follows
    links, for who has done that before.  Raises Refusal.
    """
    _check_string(wanted)
    trees = [each for each in (tree, *roots) if each is not None]
    outside = False
    for place in unique([folder, *roots]):
        candidate = place / wanted
        if not _may_be_inside(candidate, trees, leads_to):
            outside = True
            continue
        real = real_path(candidate)
        path = candidate.absolute()
        if real is None:
            absent[str(path)] = None
            continue
        inside = _tree_of(real, trees, leads_to)
        if inside is None:
            raise _outside("is a link that leads out of the protocol roots")
        return Found(path, real, place, inside)
    if outside:
        raise _outside("leads out of the protocol roots")
    return None


def _check_string(wanted: str) -> None:
    if not wanted.strip():
        raise Refusal("import-not-found", "is empty", 'write import "kernel/mm.khp";', "no name")
    if "\\" in wanted:
        raise Refusal("import-not-found", "has a `\\` in it", "folders are separated by `/`")
    if PurePosixPath(wanted).is_absolute():
        raise _outside("is an absolute path")


def _outside(what: str) -> Refusal:
    hint = "import from the folder of this file or from the protocol library"
    return Refusal("import-outside", what, hint, "outside")


def _may_be_inside(path: Path, trees: list[Path], leads_to: Callable[[Path], str]) -> bool:
    """Whether ``path`` as it stands is in one of ``trees``, as they are named or where they lead.

    The folder of a file that was imported is one without links, that of a tree may be a link.
    """
    if _tree_of(path, trees, os.path.abspath) is not None:
        return True
    led = [Path(leads_to(tree)) for tree in trees]
    return _tree_of(path, led, os.path.abspath) is not None


def _tree_of(path: Path, trees: list[Path], full: Callable[[Path], str]) -> Path | None:
    """The first of ``trees`` that ``path`` is in, both made absolute by ``full``."""
    here = full(path)
    for tree in trees:
        there = full(tree)
        if here == there or here.startswith(there.rstrip(os.sep) + os.sep):
            return tree
    return None


def real_path(path: Path) -> Path | None:
    """``path`` with its links followed; None if there is no such thing."""
    try:
        return Path(os.path.realpath(path, strict=True))
    except (OSError, ValueError):
        return None


def unique(folders: Sequence[Path | None]) -> list[Path]:
    """Those that are folders, each once."""
    return list(dict.fromkeys(folder for folder in folders if folder is not None))
