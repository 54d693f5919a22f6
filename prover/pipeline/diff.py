"""``prove diff``: the files of two sides, each proved, and what is not what it was."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dsl.diagnostic import DiagnosticError
from dsl.files import MAX_BYTES, library_root
from dsl.frozen import replace
from dsl.parse import parse
from dsl.source import Source
from dsl.statements import statements_of
from prover.cache.store import Store
from prover.compared import Compared, Edited, Statements, compared, edits
from prover.pipeline import run
from prover.pipeline.git import GitError, Object, Repository
from prover.verdict import FileReport, Progress, Report, Request

MOST_FILES = 5000
"""So many protocols of a revision are looked at."""

_ITSELF = "= "
"""Before the name of a file that was asked about; an import goes by its name alone."""


@dataclass(frozen=True, slots=True)
class Side:
    """A file or folder as ``name`` in the folder ``place``; ``shown`` is how it was asked for.

    ``library`` is the one it is proved with, "" for the one that comes with the program.
    """

    shown: str
    place: str
    name: str
    library: str = ""


def checked_out(
    revision: str, path: str, into: str, folder: str, environment: Mapping[str, str]
) -> Side:
    """The protocols of ``path`` in a revision, written below the folder ``into``.

    ``path`` is from the top of the repository, or of the current folder with ``./`` before it.
    Raises GitError, OSError.
    """
    repository = Repository(folder, environment)
    commit = repository.base(revision)
    beside = os.path.relpath(os.path.realpath(folder), repository.top)
    own = os.path.normpath(os.path.join(beside, path) if path.startswith(".") else path or ".")
    if own.startswith(("..", "/")):
        raise _no_path(revision, path)
    below = os.path.dirname(own) if own.endswith(".khp") else own
    library = os.path.relpath(os.path.realpath(library_root()), repository.top)
    wanted = [below] if library.startswith("..") else [below, library]
    listed = repository.below(commit, [] if "." in wanted or "" in wanted else wanted)
    files = {name: each for name, each in listed.items() if _is_protocol(name, each)}
    if not any(own in {name, "."} or name.startswith(f"{own}/") for name in files):
        raise _no_path(revision, path)
    if len(files) > MOST_FILES:
        hint = "name a smaller folder"
        raise GitError("unknown-revision", f"`{revision}` has {len(files)} protocols there", hint)
    contents = repository.contents(sorted({each.name for each in files.values()}))
    for name, each in files.items():
        place = Path(into, name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(contents[each.name][: MAX_BYTES + 1])
    there = os.path.join(into, library)
    found = there if len(wanted) == 2 and os.path.isdir(os.path.join(there, "kernel")) else ""
    return Side(f"{revision}:{path}", into, own, found)


def _is_protocol(name: str, what: Object) -> bool:
    """Whether it is a plain file to be written, wherever a hostile repository would have it."""
    parts = name.split("/")
    plain = all(part not in {"", ".", "..", ".git"} for part in parts)
    return plain and name.endswith(".khp") and what.mode.startswith("100")


def _no_path(revision: str, path: str) -> GitError:
    hint = "paths of a revision are from the top of the repository; ./PATH is from here"
    return GitError("unknown-revision", f"`{revision}` has no protocol at `{path}`", hint)


def diff(
    old: Side,
    new: Side,
    request: Request,
    on_progress: Callable[[Progress], None],
    store: Store | None,
) -> tuple[Compared, Report, Report]:
    """Both sides proved, and compared; and the report of each, for what is wrong with it."""
    reports = [_proved(side, request, on_progress, store) for side in (old, new)]
    keys = _keys(reports[0], old), _keys(reports[1], new)
    pairs, wrong = compared(reports[0], reports[1], keys)
    edited = tuple(_edited(reports[0], reports[1], keys))
    seconds = sum(report.seconds for report in reports)
    found = Compared(pairs, edited, wrong, seconds, (old.shown, new.shown))
    return found, reports[0], reports[1]


def _proved(
    side: Side, request: Request, on_progress: Callable[[Progress], None], store: Store | None
) -> Report:
    """One side, by the names that its files have in its own place."""
    asked = replace(request, files=(side.name,), library=side.library)
    with contextlib.chdir(side.place):
        return run(asked, on_progress, store)


def _keys(report: Report, side: Side) -> dict[str, str]:
    """What a file is called that both sides may have: the file itself, or its path below."""
    return {
        file.name: os.path.relpath(file.name, side.name) if file.folder else ""
        for file in report.files
    }


def _edited(
    old: Report, new: Report, keys: tuple[Mapping[str, str], Mapping[str, str]]
) -> Iterator[Edited]:
    """What was edited in the files of both sides and in what they import, each file once.

    Nothing is said of a file that one side has and cannot parse, nor of an import that a side may
    only not have come to, as something of it cannot be read: both are errors, and said elsewhere.
    """
    before = {name: each for file in old.files for name, each in _sources(file, keys[0])}
    after = {name: each for file in new.files for name, each in _sources(file, keys[1])}
    broken = _with_errors(old, keys[0]), _with_errors(new, keys[1])
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        if was is not None and now is not None and was.text == now.text:
            continue
        if _is_unread(key, was, broken[0]) or _is_unread(key, now, broken[1]):
            continue
        shown, said = now or was, (_statements(was), _statements(now))
        if shown is not None and said[0] is not None and said[1] is not None:
            yield from edits(shown.name, said[0], said[1])


def _with_errors(report: Report, keys: Mapping[str, str]) -> frozenset[str]:
    return frozenset(f"{_ITSELF}{keys[file.name]}" for file in report.files if file.diagnostics)


def _is_unread(key: str, source: Source | None, broken: frozenset[str]) -> bool:
    """Whether a side may have a file of which there is no text only because of an error."""
    is_import = not key.startswith(_ITSELF)
    return source is None and (key in broken or (is_import and bool(broken)))


def _sources(file: FileReport, keys: Mapping[str, str]) -> Iterator[tuple[str, Source]]:
    for name, source in file.sources.items():
        yield (f"{_ITSELF}{keys[file.name]}" if name == file.name else _import(name, keys)), source


def _import(name: str, keys: Mapping[str, str]) -> str:
    return f"{_ITSELF}{keys[name]}" if name in keys else name


def _statements(source: Source | None) -> Statements | None:
    """What a file says: nothing where there is none, None where it cannot be parsed."""
    if source is None:
        return {}
    try:
        return statements_of(parse(source), source)
    except DiagnosticError:
        return None
