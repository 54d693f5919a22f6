"""What a report on files depends on, as it is now, and the folders where that would change."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from dsl.files import library_root
from dsl.reach import Texts, links_on
from prover.pipeline.tree import Member, members


@dataclass(frozen=True, slots=True)
class Seen:
    """Every path that counts with a sum of what is there ("" for nothing), and the folders.

    Those in ``below`` are meant with all that is below them, those in ``beside`` by themselves.
    """

    paths: dict[str, str]
    below: tuple[str, ...]
    beside: tuple[str, ...]

    def changed_in(self, other: Seen) -> list[str]:
        """The paths where there is something else, in order."""
        both = self.paths.keys() | other.paths.keys()
        return sorted(path for path in both if self.paths.get(path) != other.paths.get(path))


def look(names: Sequence[str]) -> Seen:
    """What the files ``names``, and those below folders, read now."""
    texts = Texts((library_root(),))
    paths: dict[str, str] = {}
    folders = [os.path.abspath(name) for name in names if os.path.isdir(name)]
    for name in names:
        paths.setdefault(os.path.abspath(name), "folder" if os.path.isdir(name) else "")
    for member in members(names):
        if not isinstance(member, Member):
            paths[os.path.abspath(member.name)] = member.diagnostics[0].code
            continue
        reach = texts.reach(Path(member.name))
        paths.update(dict.fromkeys(reach.absent, ""))
        for path in reach.read:
            real = os.path.realpath(path)
            content = texts.content(real)
            paths[path] = "" if content is None else f"{real} {sha256(content).hexdigest()}"
    beside = {
        _existing(os.path.dirname(each))
        for path in paths
        for way in [links_on(path)]
        for each in (path, *way.links, way.real)
    }
    return Seen(paths, tuple(dict.fromkeys(folders)), tuple(sorted(beside)))


def _existing(folder: str) -> str:
    """The folder, or the nearest above it that there is."""
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return folder
