"""A kernel tree: its version, and the definitions that its files have of a function.

The tree may be hostile: no file outside of it is read, none above a size, and of what is searched
there is an end.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.files import Refusal, read_text
from dsl.paste.definitions import Definition, definitions
from dsl.paste.tokens import Tokens, tokens
from dsl.source import Source
from prover.drift.rows import LINE, SUM

MAX_FILE: Final = 4 << 20
MAX_SEARCHED: Final = 200_000
"""Files and folders that are looked through for functions that are not where they were."""
MAX_PLACES: Final = 5
GENERIC: Final = ("block", "fs", "include", "ipc", "kernel", "lib", "mm", "virt")

_VERSION: Final = re.compile(
    r"^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION) *= *(\S*) *$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Code:
    """All definitions of one function in one file: the sum of their words, and their lines.

    ``lines`` are the lines that have words, as they are written, each with its number and sum.
    """

    sum: str
    lines: tuple[tuple[int, str, str], ...]

    @property
    def line_sums(self) -> tuple[str, ...]:
        """The short sums of the lines."""
        return tuple(short for _, _, short in self.lines)


@dataclass(slots=True)
class Tree:
    """A folder with kernel sources.  ``known`` are the files that were read already."""

    root: Path
    sources: dict[str, Source] = field(default_factory=dict[str, Source])
    known: dict[str, tuple[Source, Tokens] | Diagnostic | None] = field(
        default_factory=dict[str, tuple[Source, Tokens] | Diagnostic | None]
    )

    _version: str | None = None

    def version(self) -> str:
        """The version as ``Makefile`` has it: ``v6.6``, ``v6.12.3``, ``v6.7-rc1``; "" if not."""
        if self._version is None:
            self._version = self._named()
        return self._version

    def _named(self) -> str:
        try:
            text = self._text("Makefile")
        except (Refusal, DiagnosticError):
            return ""
        parts = {match[1]: match[2] for match in reversed(list(_VERSION.finditer(text)))}
        numbers = [parts.get(key, "") for key in ("VERSION", "PATCHLEVEL", "SUBLEVEL")]
        if not all(re.fullmatch(r"[0-9]{1,6}", number) for number in numbers):
            return ""
        extra = parts.get("EXTRAVERSION", "")
        if not re.fullmatch(r"[\w.+~-]{0,40}", extra, re.ASCII):
            return ""
        return "v" + ".".join(numbers if numbers[2] != "0" else numbers[:2]) + extra

    def code(self, path: str, name: str) -> Code | None:
        """What the file at ``path`` has of ``name``; None if nothing, or if there is no file.

        Raises DiagnosticError where that cannot be told.
        """
        if path not in self.known:
            self.known[path] = self._read(path)
        match self.known[path]:
            case None:
                return None
            case Diagnostic() as trouble:
                raise DiagnosticError((trouble,))
            case source, words:
                return code(source, words, name)

    def elsewhere(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
        """For each path and function the other files that define it; at most a few.

        Looked into are the kernel's generic folders and the path's own (of arch/ the same one).
        """
        found: dict[tuple[str, str], list[str]] = {pair: [] for pair in wanted}
        if not found:
            return found
        patterns = {name: _definition(name) for _, name in found}
        for path in self._files(sorted({*GENERIC, *(_folder(path) for path, _ in found)})):
            open_pairs = [pair for pair in found if len(found[pair]) < MAX_PLACES]
            try:
                data = read_text(self.root / path, MAX_FILE)[0]
            except Refusal:
                continue
            for pair in open_pairs:
                name = pair[1]
                if path != pair[0] and name in data and patterns[name].search(data):
                    found[pair].append(path)
        return found

    def _files(self, folders: Iterable[str]) -> Iterator[str]:
        """The C files below some folders, links left out, in the order of their names."""
        searched = 0
        for folder in folders:
            for place, below, files in os.walk(self.root / folder):
                below[:] = sorted(name for name in below if not name.startswith("."))
                searched += len(below) + len(files)
                if searched > MAX_SEARCHED:
                    return
                for name in sorted(files):
                    path = Path(place) / name
                    if name.endswith((".c", ".h")) and not path.is_symlink():
                        yield path.relative_to(self.root).as_posix()

    def _read(self, path: str) -> tuple[Source, Tokens] | Diagnostic | None:
        """A file's words, what is wrong with it, or None if there is no such file."""
        try:
            source = self.sources[path] = Source(path, self._text(path))
            return source, tokens(source)
        except Refusal as refusal:
            return None if refusal.code == "file-not-found" else _trouble(path, refusal.what)
        except DiagnosticError as error:
            return _told(error)

    def _text(self, path: str) -> str:
        place = self.root / path
        root, real = os.path.realpath(self.root), os.path.realpath(place)
        if os.path.commonpath([root, real]) != root:
            raise DiagnosticError((_trouble(path, "is a link that leads out of the kernel tree"),))
        return read_text(Path(real), MAX_FILE)[0]


def same_release(version: str, other: str) -> bool:
    """Whether two versions are of one release: v6.6 and v6.6.3 are, v6.6 and v6.7-rc1 are not."""
    return _release(version) == _release(other)


def _release(version: str) -> str:
    match = re.match(r"v[0-9]+\.[0-9]+", version)
    return match[0] if match else version


def code(source: Source, words: Tokens, name: str) -> Code | None:
    """The definitions of ``name`` in a file, as one; None if it has none.

    Of several, the conditions that they stand under count as well: they say which is meant.
    """
    try:
        found = definitions(source, words, name)
    except DiagnosticError as error:
        raise DiagnosticError((_told(error),)) from None
    if not found:
        return None
    all_words = [word for one in found for word, _ in one.words]
    if len(found) > 1:
        all_words = [
            word for one in found for word in (*one.conditions, *(w for w, _ in one.words))
        ]
    return Code(_sum(all_words, SUM), tuple(_lines(source, found)))


def _lines(source: Source, found: Iterable[Definition]) -> Iterator[tuple[int, str, str]]:
    """The lines of definitions that have words."""
    for one in found:
        by_line: dict[int, list[str]] = {}
        at, number = 0, 0
        for word, place in one.words:
            number += source.text.count("\n", at, place)
            at = place
            by_line.setdefault(number, []).append(word)
        texts = source.text.split("\n")
        for line, line_words in by_line.items():
            yield line + 1, texts[line].rstrip("\r"), _sum(line_words, LINE)


def _sum(words: Iterable[str], digits: int) -> str:
    """The first digits of a sum over words; each with its length, so that none runs on."""
    text = "".join(f"{len(word)}:{word}" for word in words)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:digits]


def _folder(path: str) -> str:
    """The folder of a path that is looked through: the first, of arch/ the architecture's."""
    parts = path.split("/")[:-1]
    return "/".join(parts[: 2 if parts[:1] == ["arch"] else 1])


def _definition(name: str) -> re.Pattern[str]:
    """Where a definition seems to begin: at the margin, or as a macro with arguments."""
    word = re.escape(name)
    head = rf"(?:[A-Za-z_][\w \t*]*[ \t*])?{word}[ \t]*\([^;{{]{{0,2000}}\{{"
    return re.compile(rf"^{head}|^[ \t]*#[ \t]*define[ \t]+{word}\(", re.MULTILINE)


def _told(error: DiagnosticError) -> Diagnostic:
    """What a file of the kernel is refused for, under the code of this command."""
    one = error.diagnostics[0]
    return Diagnostic("drift-source", one.message, one.primary, hint=one.hint)


def _trouble(path: str, what: str) -> Diagnostic:
    hint = "compare with a tree that is whole, or correct the path in the .drift file"
    return Diagnostic("drift-source", f"`{path}` of the kernel {what}", None, hint=hint)
