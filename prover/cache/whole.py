"""Reports on whole files: found again without a parser, while nothing they were made of changes.

An entry is looked for by the text of the file, what was asked of it and the program's own sum; it
says which files were read with it, where, and where others would have been read first.  Only if all
that is as it was does it count.
"""

from __future__ import annotations

import gc
import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from dsl.files import Read, Refusal, library_root, read_text
from dsl.source import Source, sum_of
from prover.cache.codec import Damaged, Line, is_kept, line, outcome_of
from prover.cache.fingerprint import fingerprint
from prover.cache.store import Store
from prover.verdict import FileReport, Request, Verdict


class Used(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that was read: its name in the report, its path, where that led, a sum of its text."""

    name: str
    path: str
    real: str
    sum: str


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is remembered of a file.

    ``unfinished``: a library that does not check by itself, and is passed over as long as a
    protocol that does imports it.
    """

    used: tuple[Used, ...]
    absent: tuple[str, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    titles: dict[str, str]
    unfinished: bool


@dataclass(frozen=True, slots=True)
class Made:
    """A report that was made, with what was read for it, and looked for where it was not."""

    report: FileReport
    read: tuple[Read, ...] = ()
    absent: tuple[str, ...] = ()
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """A report that is remembered; ``unfinished`` as in :class:`Entry`."""

    report: FileReport
    unfinished: bool


@dataclass(slots=True)
class Files:
    """The texts of files, each read once in a run; None for what cannot be read.

    ``verdicts`` are those that have been read, by their text.
    """

    _texts: dict[str, tuple[str, str] | None] = field(
        default_factory=dict[str, "tuple[str, str] | None"]
    )
    verdicts: dict[tuple[str, bytes], Verdict] = field(
        default_factory=dict[tuple[str, bytes], Verdict]
    )
    _sources: dict[tuple[str, str], Source] = field(default_factory=dict[tuple[str, str], Source])

    def source(self, name: str, text: str) -> Source:
        """A text under a name; one for all reports that it is a part of."""
        if (name, text) not in self._sources:
            self._sources[name, text] = Source(name, text)
        return self._sources[name, text]

    def text(self, path: str) -> tuple[str, str] | None:
        """A file's text and its sum."""
        if path not in self._texts:
            try:
                text, _ = read_text(Path(path))
            except Refusal:
                self._texts[path] = None
            else:
                self._texts[path] = text, sum_of(text)
        return self._texts[path]


def known(
    store: Store, asked: Sequence[tuple[str, str]], request: Request
) -> dict[tuple[str, str], Known]:
    """What is remembered of files (each with the folder it was found below) under a request.

    An unfinished library counts only where one of the others imports it.
    """
    if request.cluster:
        here = known(store, asked, replace(request, cluster=""))
        left = [each for each in asked if each not in here]
        return here | _known(store, left, request)
    return _known(store, asked, request)


def _known(
    store: Store, asked: Sequence[tuple[str, str]], request: Request
) -> dict[tuple[str, str], Known]:
    """What is remembered under just this request."""
    files = Files()
    keys: dict[tuple[str, str], bytes] = {}
    for name, folder in asked:
        text = None if name == "-" else files.text(name)
        if text is not None:
            with suppress(UnicodeEncodeError):  # a name that is no text is not remembered
                keys[name, folder] = _key(name, folder, text[1], request)
    values = store.get(keys.values())
    found: dict[tuple[str, str], Known] = {}
    # All that is made here lives to the end of the run, and none of it is in a circle.
    gc.disable()
    try:
        for (name, folder), key in keys.items():
            entry = _entry(values.get(key))
            report = None if entry is None else _report(entry, name, folder, files)
            if entry is not None and report is not None:
                found[name, folder] = Known(report, entry.unfinished)
    finally:
        # Nor is it looked through later.
        gc.freeze()
        gc.enable()
    return _with_importers(found)


def remember(store: Store, made: Iterable[Made], request: Request) -> None:
    """Remembers reports, those that are answers."""
    entries: dict[bytes, bytes] = {}
    for each in made:
        report = each.report
        main = report.sources.get(report.name)
        if main is None or report.diagnostics or not each.read:
            continue
        if not all(is_kept(outcome.verdict) for outcome in report.outcomes):
            continue
        with suppress(UnicodeEncodeError):
            key = _key(report.name, report.folder, sum_of(main.text), request)
            entries[key] = msgspec.json.encode(_made(each))
    store.put(entries)


def _made(made: Made) -> Entry:
    """The entry of a report."""
    report = made.report
    used = tuple(
        Used(file.name, file.path, file.real, sum_of(report.sources[file.name].text))
        for file in dict.fromkeys(made.read)
    )
    lines = tuple(line(outcome) for outcome in report.outcomes)
    return Entry(used, made.absent, lines, report.notes, dict(report.titles), made.unfinished)


def _key(name: str, folder: str, text: str, request: Request) -> bytes:
    """What an entry is found by."""
    what = replace(request, files=(), stdin_text=None, jobs=0, cluster=elsewhere(request))
    place = os.path.abspath(name)  # noqa: PTH100 - the links in it are looked at apart
    parts = ("file", fingerprint(), str(library_root()), place, name, folder, text, what)
    return hashlib.sha256(msgspec.json.encode(parts)).digest()


def elsewhere(request: Request) -> str:
    """What keys have of a cluster: that there was one, wherever.

    What was decided elsewhere answers only those who would ask elsewhere.
    """
    return "cluster" if request.cluster else ""


def _entry(value: bytes | None) -> Entry | None:
    if value is None:
        return None
    try:
        return msgspec.json.decode(value, type=Entry)
    except (Damaged, RecursionError):
        return None


def _report(entry: Entry, name: str, folder: str, files: Files) -> FileReport | None:
    """The report, if all it was made of is as it was."""
    sources: dict[str, Source] = {}
    for used in entry.used:
        text = files.text(used.path) if os.path.realpath(used.path) == used.real else None
        if text is None or text[1] != used.sum:
            return None
        sources[used.name] = files.source(used.name, text[0])
    if name not in sources or any(os.path.exists(path) for path in entry.absent):  # noqa: PTH110
        return None
    try:
        outcomes = tuple(outcome_of(each, files.verdicts) for each in entry.lines)
    except (Damaged, RecursionError):
        return None
    return FileReport(name, outcomes, (), sources, entry.notes, folder, entry.titles)


def _with_importers(
    found: Mapping[tuple[str, str], Known],
) -> dict[tuple[str, str], Known]:
    """Without the unfinished libraries that nothing else imports."""
    checked = {
        source.text
        for each in found.values()
        if not each.unfinished
        for source in each.report.sources.values()
    }
    return {
        place: each
        for place, each in found.items()
        if not each.unfinished or each.report.sources[each.report.name].text in checked
    }
