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
from pathlib import Path
from typing import TypeAlias

import msgspec

from dsl import frozen
from dsl.files import Read, Refusal, library_root, read_text
from dsl.frozen import Frozen, Open, field, replace
from dsl.source import Source, sum_of
from prover.cache.aside import Aside, Stood, Witnesses, stood
from prover.cache.codec import Damaged, Line, is_kept, line, outcome_of
from prover.cache.fingerprint import fingerprint
from prover.cache.outline import Outline
from prover.cache.places import lines_named
from prover.cache.store import Packed, Store
from prover.verdict import FileReport, Outcome, Request, Verdict

Rows: TypeAlias = dict[bytes, bytes]
"""What is to be put into the store, by key."""


class Used(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that was read: its name in the report, its path, where that led, a sum of its text."""

    name: str
    path: str
    real: str
    sum: str


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is remembered of a file.

    ``unfinished``: a library that does not check by itself, and is passed over as long as a
    protocol that does imports it.  ``tied``: files of which a text in it
    names a line, ``*`` where that may be any.
    ``statements`` and ``indexes`` as in :class:`dsl.check.notes.Notes`.  ``witnesses`` is the sum
    they are found by ("": there are none), ``places`` are the declarations that they lead through.
    """

    used: tuple[Used, ...]
    absent: tuple[str, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    titles: dict[str, str]
    unfinished: bool
    tied: tuple[str, ...]
    statements: int
    indexes: tuple[str, ...]
    witnesses: str
    places: tuple[Stood, ...]


class Made(Frozen, frozen=True):
    """A report that was made, with what was read for it, and looked for where it was not.

    The rest as in :class:`Entry`.
    """

    report: FileReport
    read: tuple[Read, ...] = ()
    absent: tuple[str, ...] = ()
    unfinished: bool = False
    statements: int = 0
    indexes: tuple[str, ...] = ()


class Known(Frozen, frozen=True):
    """A report that is remembered, and its entry."""

    report: FileReport
    entry: Entry

    @property
    def unfinished(self) -> bool:
        """As in :class:`Entry`."""
        return self.entry.unfinished


class Files(Open):
    """The texts of files, each read once in a run; None for what cannot be read.

    ``witnesses`` are those of entries, by their sum.
    """

    _texts: dict[str, tuple[str, str] | None] = field(
        default_factory=dict[str, "tuple[str, str] | None"]
    )
    witnesses: dict[str, Packed] = field(default_factory=dict[str, Packed])
    _sources: dict[tuple[str, str], Source] = field(default_factory=dict[tuple[str, str], Source])
    _places: dict[str, str] = field(default_factory=dict[str, str])
    _absent: dict[str, bool] = field(default_factory=dict[str, bool])

    def real(self, path: str) -> str:
        """Where a path really leads, looked at once in a run."""
        if path not in self._places:
            self._places[path] = os.path.realpath(path)
        return self._places[path]

    def is_absent(self, path: str) -> bool:
        """Whether there is nothing at a path, looked at once in a run."""
        if path not in self._absent:
            self._absent[path] = not os.path.exists(path)  # noqa: PTH110
        return self._absent[path]

    def source(self, name: str, text: str) -> Source:
        """A text under a name; one for all reports that it is a part of."""
        if (name, text) not in self._sources:
            self._sources[name, text] = Source(name, text)
        return self._sources[name, text]

    def sum(self, path: str) -> str:
        """The sum of a file's text; "" for what cannot be read."""
        text = self.text(path)
        return "" if text is None else text[1]

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


class Recalled(Frozen, frozen=True):
    """What is remembered of files: reports that hold, and entries of which an import has changed.

    ``files`` are the texts that this was found out with.
    """

    known: dict[tuple[str, str], Known] = field(default_factory=dict[tuple[str, str], Known])
    stale: dict[tuple[str, str], Entry] = field(default_factory=dict[tuple[str, str], Entry])
    files: Files = field(default_factory=Files)


def recall(store: Store, asked: Sequence[tuple[str, str]], request: Request) -> Recalled:
    """What is remembered of files (each with the folder it was found below) under a request.

    An unfinished library counts only where one of the others imports it.
    """
    if request.cluster:
        here = recall(store, asked, frozen.replace(request, cluster=""))
        left = [each for each in asked if each not in here.known]
        return replace(here, known=here.known | _recall(store, left, request).known)
    return _recall(store, asked, request)


def _recall(store: Store, asked: Sequence[tuple[str, str]], request: Request) -> Recalled:
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
    stale: dict[tuple[str, str], Entry] = {}
    # All that is made here lives to the end of the run, and none of it is in a circle.
    gc.disable()
    try:
        entries = {place: _entry(values.get(key)) for place, key in keys.items()}
        files.witnesses.update(_witnesses(store, [each for each in entries.values() if each]))
        for (name, folder), entry in entries.items():
            if entry is None or not _is_there(entry, name, files):
                continue
            if any(files.sum(used.path) != used.sum for used in entry.used):
                stale[name, folder] = entry
                continue
            report = report_of(entry, name, folder, files)
            if report is not None:
                found[name, folder] = Known(report, entry)
    finally:
        # Nor is it looked through later.
        gc.freeze()
        gc.enable()
    return Recalled(_with_importers(found), stale, files)


def _witnesses(store: Store, entries: Sequence[Entry]) -> dict[str, Packed]:
    """The witnesses of entries, by their sums."""
    keys = {each.witnesses: _witness_key(each.witnesses) for each in entries if each.witnesses}
    found = store.get_packed(keys.values())
    return {total: found[key] for total, key in keys.items() if key in found}


def remember(made: Iterable[Made], outlines: Mapping[str, Outline], request: Request) -> Rows:
    """What is to be remembered of reports, of those that are answers.

    ``outlines`` are those of the files that were read for them, by the sums of their texts.
    """
    entries: Rows = {}
    for each in made:
        report = each.report
        main = report.sources.get(report.name)
        if main is None or report.diagnostics or not each.read:
            continue
        if not all(is_kept(outcome.verdict) for outcome in report.outcomes):
            continue
        with suppress(UnicodeEncodeError, Damaged):
            key = _key(report.name, report.folder, sum_of(main.text), request)
            entry, witnesses = _made(each, outlines)
            entries[key] = msgspec.json.encode(entry)
            if entry.witnesses:
                entries[_witness_key(entry.witnesses)] = witnesses
    return entries


def renew(entries: Mapping[tuple[str, str], Entry], files: Files, request: Request) -> Rows:
    """What is to be remembered of entries that were told anew of the texts that files have now."""
    values: Rows = {}
    for (name, folder), entry in entries.items():
        with suppress(UnicodeEncodeError):
            key = _key(name, folder, files.sum(name), request)
            values[key] = msgspec.json.encode(entry)
    return values


def _made(made: Made, outlines: Mapping[str, Outline]) -> tuple[Entry, bytes]:
    """The entry of a report, and the text of its witnesses."""
    report = made.report
    aside = Aside()
    used = tuple(
        Used(file.name, file.path, file.real, sum_of(report.sources[file.name].text))
        for file in dict.fromkeys(made.read)
    )
    lines = tuple(line(each, aside.given(each.verdict)) for each in report.outcomes)
    titles = dict(report.titles)
    witnesses = aside.text
    said = msgspec.json.encode((report.notes, titles, lines)) + witnesses
    known = {each.name: outlines[each.sum] for each in used if each.sum in outlines}
    places, nowhere = stood(witnesses, known)
    tied = (*lines_named(said, [each.name for each in used]), *nowhere)
    parts = made.unfinished, tied, made.statements, made.indexes
    total = sum_of(witnesses.decode("utf-8")) if aside else ""
    return Entry(used, made.absent, lines, report.notes, titles, *parts, total, places), witnesses


def _key(name: str, folder: str, text: str, request: Request) -> bytes:
    """What an entry is found by."""
    what = frozen.replace(request, files=(), stdin_text=None, jobs=0, cluster=elsewhere(request))
    place = os.path.abspath(name)  # noqa: PTH100 - the links in it are looked at apart
    parts = ("file", fingerprint(), str(library_root()), place, name, folder, text, what)
    return hashlib.sha256(msgspec.json.encode(parts)).digest()


def _witness_key(total: str) -> bytes:
    """What witnesses are found by: the sum of their text says which they are."""
    return hashlib.sha256(msgspec.json.encode(("witnesses", fingerprint(), total))).digest()


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


def _is_there(entry: Entry, name: str, files: Files) -> bool:
    """Whether all that an entry was made of is where it was, whatever its texts are now."""
    return (
        any(used.name == name for used in entry.used)
        and all(
            files.real(used.path) == used.real and files.text(used.path) is not None
            for used in entry.used
        )
        and all(map(files.is_absent, entry.absent))
    )


def report_of(entry: Entry, name: str, folder: str, files: Files) -> FileReport | None:
    """The report of an entry whose files are as it says; None where the entry is damaged."""
    sources: dict[str, Source] = {}
    for used in entry.used:
        text = files.text(used.path)
        if text is None:
            return None
        sources[used.name] = files.source(used.name, text[0])
    packed = files.witnesses.get(entry.witnesses)
    if entry.witnesses and packed is None:
        return None
    witnesses = Witnesses(packed, entry.places)
    # Memory models, configs and variants share most verdicts.
    known: dict[tuple[str, bytes], Verdict] = {}
    outcomes: list[Outcome] = []
    try:
        for each in entry.lines:
            said = each.verdict.kind, bytes(each.verdict.rest)
            if said not in known:
                known[said] = witnesses.verdict(each.verdict)
            outcomes.append(outcome_of(each, known[said]))
    except (Damaged, RecursionError):
        return None
    return FileReport(name, tuple(outcomes), (), sources, entry.notes, folder, entry.titles)


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
