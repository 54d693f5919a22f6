"""What a file reads, found without parsing it: its imports, and theirs.

Never less than :mod:`dsl.imports` reads: every string that follows the word ``import`` counts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from dsl.files import Refusal, decoded, read_bytes
from dsl.finding import Found, find, real_path
from dsl.frozen import Frozen, Open, field

_COMMENT = r"//[^\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/"
_LOOK = re.compile(rf"""{_COMMENT}|"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'|\bimport\b""")
_LOOK_FOR_SCENARIO = re.compile(_LOOK.pattern.replace("import", "scenario"))
_STRING = re.compile(rf"""(?:\s|{_COMMENT})*"((?:[^"\\\n]|\\[^\n])*)\"""")


class Reach(Frozen, frozen=True):
    """What a file reads, by the paths it is looked for at; where it would be looked for before.

    ``whole`` is false where that is not all: something cannot be read, or is not followed.
    """

    read: tuple[str, ...]
    absent: tuple[str, ...]
    whole: bool


_Place: TypeAlias = tuple[str, Path, Path]
"""A file that was found: where it really is, where its imports are looked for, and their tree."""


class _Step(NamedTuple):
    """What a file imports itself: as in :class:`Reach`, and where to go on."""

    read: Mapping[str, None]
    absent: Mapping[str, None]
    next: tuple[_Place, ...]
    whole: bool


class Texts(Open):
    """Files and their imports, each read and looked for once.  ``roots`` as in dsl.imports."""

    roots: tuple[Path, ...]
    _bytes: dict[str, bytes | None] = field(default_factory=dict[str, "bytes | None"])
    _wanted: dict[str, tuple[str, ...] | None] = field(
        default_factory=dict[str, "tuple[str, ...] | None"]
    )
    _found: dict[tuple[str, Path, Path], tuple[Found | None, tuple[str, ...] | None]] = field(
        default_factory=dict[tuple[str, Path, Path], "tuple[Found | None, tuple[str, ...] | None]"]
    )

    _leading: dict[Path, str] = field(default_factory=dict[Path, str])
    _steps: dict[_Place, _Step] = field(default_factory=dict["_Place", "_Step"])

    def content(self, path: str) -> bytes | None:
        """A file's bytes; None where it cannot be read, or is too long to be a protocol."""
        if path not in self._bytes:
            try:
                self._bytes[path] = read_bytes(Path(path))
            except Refusal:
                self._bytes[path] = None
        return self._bytes[path]

    def reach(self, path: Path) -> Reach:
        """What the file at ``path`` reads, itself first."""
        read: dict[str, None] = {str(path.absolute()): None}
        absent: dict[str, None] = {}
        real = real_path(path)
        whole = real is not None
        pending = [] if real is None else [(str(real), path.parent, path.parent)]
        # What a file may import depends on the tree that it was found in.
        seen = {(each, tree) for each, _, tree in pending}
        while pending:
            step = self._step(pending.pop())
            whole = whole and step.whole
            absent.update(step.absent)
            read.update(step.read)
            for each in step.next:
                if (each[0], each[2]) not in seen:
                    seen.add((each[0], each[2]))
                    pending.append(each)
        return Reach(tuple(read), tuple(absent), whole)

    def _step(self, place: _Place) -> _Step:
        """What a file imports itself, looked for once for all that read it."""
        if place not in self._steps:
            here, folder, tree = place
            wanted = self.imports(here)
            found = [self._find(each, folder, tree) for each in wanted or ()]
            whole = wanted is not None and all(looked is not None for _, looked in found)
            files = [each for each, _ in found if each is not None]
            self._steps[place] = _Step(
                {str(each.path): None for each in files},
                {path: None for _, looked in found for path in looked or ()},
                tuple((str(each.real), each.real.parent, each.tree) for each in files),
                whole,
            )
        return self._steps[place]

    def imports(self, path: str) -> tuple[str, ...] | None:
        """The imports of a file as they are written; None where it cannot be read."""
        if path not in self._wanted:
            data = self.content(path)
            try:
                self._wanted[path] = None if data is None else imports_of(decoded(data))
            except Refusal:
                self._wanted[path] = None
        return self._wanted[path]

    def may_be_library(self, path: str) -> bool:
        """Whether a file may have no scenario, as a library; true where nobody can tell."""
        data = self.content(path)
        try:
            return data is None or not has_scenario(decoded(data))
        except Refusal:
            return True

    def _find(
        self, wanted: str, folder: Path, tree: Path
    ) -> tuple[Found | None, tuple[str, ...] | None]:
        """What an import means, and where it is not; None where it is refused."""
        key = wanted, folder, tree
        if key not in self._found:
            absent: dict[str, None] = {}
            try:
                found = find(wanted, folder, tree, self.roots, absent, self._leads_to)
                self._found[key] = found, tuple(absent)
            except Refusal:
                self._found[key] = None, None
        return self._found[key]

    def _leads_to(self, path: Path) -> str:
        if path not in self._leading:
            self._leading[path] = os.path.realpath(path)
        return self._leading[path]


def has_scenario(text: str) -> bool:
    """Whether the word ``scenario`` is in the code of ``text``: then it is no library.

    Or it does not parse, whoever imports it.
    """
    # Most libraries do not have it anywhere.
    return "scenario" in text and any(
        match[0] == "scenario" for match in _LOOK_FOR_SCENARIO.finditer(text)
    )


def imports_of(text: str) -> tuple[str, ...]:
    """What ``text`` imports, and perhaps more: a file that does not parse has it, too."""
    found: list[str] = []
    # Imports stand at the beginning as a rule: what is behind the last need not be looked at.
    last = text.rfind("import")
    for match in _LOOK.finditer(text) if last >= 0 else ():
        if match.start() > last:
            break
        if match[0] == "import":
            string = _STRING.match(text, match.end())
            if string is not None:
                found.append(string[1])
    return tuple(dict.fromkeys(found))


class Way(NamedTuple):
    """The symbolic links that a path goes through, each by a path without links before it.

    ``real`` is where they lead, as os.path.realpath() has it; ``left`` are the folders that a
    ``..`` leaves, which have to be there for that.
    """

    links: list[str]
    real: str
    left: list[str]


def links_on(path: str) -> Way:
    """How ``path`` leads where it does.

    Not by its letters: ``link/..`` is above where the link leads.
    """
    links: list[str] = []
    left: list[str] = []
    here = os.sep
    parts = os.path.join(os.getcwd(), path).split(os.sep)
    pending = [part for part in reversed(parts) if part not in {"", "."}]
    while pending and len(links) < 40:
        part = pending.pop()
        if part == os.pardir:
            left.append(here)
            here = os.path.dirname(here)
            continue
        beside = os.path.join(here, part)
        try:
            target = os.readlink(beside)
        except OSError:
            here = beside
            continue
        links.append(beside)
        if os.path.isabs(target):
            here = os.sep
        pending.extend(each for each in reversed(target.split(os.sep)) if each not in {"", "."})
    return Way(links, here, left)
