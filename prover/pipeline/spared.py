"""Files of which only imports were edited: those that the edit leaves as they were.

What was edited is checked by itself first, asked for or not, then each library that imports it
and may be another now, those that read less before those that read more; each is a witness for the
next.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from dsl.reach import has_scenario
from dsl.source import sum_of
from prover.cache import outline
from prover.cache.spared import Spared, Vouched
from prover.cache.store import Store
from prover.cache.whole import Entry, Known, Recalled, Rows, Used, remember, renew, report_of
from prover.pipeline.loaded import AllRead, Loaded, load
from prover.pipeline.tree import Member
from prover.verdict import FileReport, Request

Place: TypeAlias = tuple[str, str]
"""A file, and the folder that it was found below."""


Found: TypeAlias = tuple[Mapping[Place, Known], Mapping[Place, Loaded | FileReport], AllRead, Rows]
"""What is known, files that were loaded to find that out, what is known of these.

Then what is to be remembered of it.
"""


def spared(
    request: Request,
    members: Sequence[Member | FileReport],
    recalled: Recalled,
    store: Store | None,
) -> Found:
    """What is known, with the files that edits of their imports leave as they were.

    And files that were loaded to find that out, with what is known of them.
    """
    read = AllRead()
    if store is None or not recalled.stale:
        return recalled.known, {}, read, {}
    found = _Search(request, recalled, read, _judge(recalled, store))
    asked = {(each.name, each.folder): each for each in members if isinstance(each, Member)}
    # As in whole.py: all that is made here lives to the end of the run.
    gc.disable()
    try:
        found.check_edited(asked)
        for place in sorted(
            recalled.stale, key=lambda each: (len(recalled.stale[each].used), each)
        ):
            if place in asked:
                found.judge(asked[place])
    finally:
        gc.freeze()
        gc.enable()
    rows = renew(found.entries, recalled.files, request)
    return {**recalled.known, **found.known}, found.ready, read, rows


def settled(
    request: Request,
    members: Sequence[Member | FileReport],
    found: Found,
    store: Store | None,
    *,
    idle: bool,
) -> list[FileReport] | None:
    """The reports on all files, where none is left that is to be proved; else None.

    What proves is not even imported then.  ``idle`` as in :func:`prover.pipeline.proving.prove`.
    """
    known, ready, read, rows = found
    reports: list[FileReport] = []
    for each in members:
        place = (each.name, each.folder)
        report = known[place].report if place in known else ready.get(place)
        if not isinstance(each, Member) or not isinstance(report, FileReport) or report.diagnostics:
            return None
        reports.append(report)
    if not (idle or any(report.outcomes for report in reports)):
        return None
    if store is not None:
        store.put(rows | to_keep(request, reports, known, read))
    return reports


def to_keep(
    request: Request,
    reports: Sequence[FileReport],
    known: Mapping[Place, Known],
    read: AllRead,
) -> Rows:
    """What is to be remembered: new reports, and what the files declare that were parsed."""
    new = [report for report in reports if (report.name, report.folder) not in known]
    outlines = read.outlines()
    return remember(map(read.made, new), outlines, request) | outline.keep(outlines)


def _judge(recalled: Recalled, store: Store) -> Spared:
    """What judges; so far it knows what was remembered."""
    files = recalled.files
    sums = {used.sum for entry in recalled.stale.values() for used in entry.used}
    sums |= {files.sum(u.path) for entry in recalled.stale.values() for u in entry.used}
    judge = Spared(files, outline.recall(store, sums))
    for known in recalled.known.values():
        if not known.unfinished:
            _vouch(judge, known.entry)
    return judge


def _vouch(judge: Spared, entry: Entry) -> None:
    vouched = Vouched.of(entry.used, entry.statements, entry.indexes)
    if vouched is not None:
        judge.vouched[entry.used[0].real] = vouched


class _Search:
    """What is found so far; ``entries`` are those told anew."""

    def __init__(self, request: Request, recalled: Recalled, read: AllRead, judge: Spared) -> None:
        self._request = request
        self._recalled = recalled
        self._read = read
        self._judge = judge
        self.known: dict[Place, Known] = {}
        self.ready: dict[Place, Loaded | FileReport] = {}
        self.entries: dict[Place, Entry] = {}

    def check_edited(self, asked: Mapping[Place, Member]) -> None:
        """Checks files that others import and that were edited.

        Of those that nobody has asked for only libraries, and nothing is said of them: they are
        witnesses for who imports them.
        """
        files = self._recalled.files
        edited = {
            used.real: used.path
            for entry in self._recalled.stale.values()
            for used in entry.used
            if files.sum(used.path) != used.sum
        }
        skipped = self._recalled.known.keys() | self._recalled.stale.keys()
        real = {place: files.real(member.name) for place, member in asked.items()}
        self._load(
            member
            for place, member in asked.items()
            if place not in skipped and real[place] in edited
        )
        for path in sorted(edited[each] for each in edited.keys() - {*real.values()}):
            text = files.text(path)
            if text is not None and not has_scenario(text[0]):
                # Below a folder: there a library without obligations is no mistake.
                self._load([Member(path, str(Path(path).parent))])

    def judge(self, member: Member) -> None:
        """Judges a file of which an import was edited; a library that may be another is checked."""
        place = member.name, member.folder
        before = self._recalled.stale[place]
        entry = self._judge.told_anew(before)
        report = None if entry is None else report_of(entry, *place, self._recalled.files)
        if entry is not None and report is not None:
            self.known[place] = Known(report, entry)
            self.entries[place] = entry
            _vouch(self._judge, entry)
        elif not before.lines:
            self._load([member])

    def _load(self, members: Iterable[Member]) -> None:
        """Loads files; who is a library and checks is a witness."""
        for member in members:
            place = member.name, member.folder
            found = self.ready[place] = load(member, self._request, self._read)
            if isinstance(found, Loaded) or found.diagnostics:
                continue
            made = self._read.made(found)
            self._judge.outlines.update(self._read.outlines())
            used = tuple(
                Used(each.name, each.path, each.real, sum_of(found.sources[each.name].text))
                for each in dict.fromkeys(made.read)
            )
            vouched = Vouched.of(used, made.statements, made.indexes)
            if vouched is not None:
                self._judge.vouched[used[0].real] = vouched
