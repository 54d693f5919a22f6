"""A folder of protocols as a page: ``prove list --format markdown``.

::

    ## bugs

    | file | question | verdicts | fix | time |
    | --- | --- | --- | --- | --- |
    | [mremap.khp](bugs/mremap.khp) | May it? | proved 2, refuted 1 | 6fa1066fc5d0 (v6.12) | <1 s |

Columns that say nothing of any file of a folder are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import PurePosixPath
from typing import Final

from dsl.header import Commit
from prover.catalog import Catalog, Entry
from prover.render.table import counted, counts_of

_STEPS: Final = (
    (1, "<1 s"),
    (2, "<2 s"),
    (5, "<5 s"),
    (10, "<10 s"),
    (30, "<30 s"),
    (60, "<1 min"),
    (120, "<2 min"),
    (300, "<5 min"),
)
"""Times are coarse, so that making the page again changes little."""

_HEADS: Final = ("file", "question", "verdicts", "fix", "CVE", "time")

_INTRODUCTION: Final = """\
# Protocols

Each file asks one question.  The verdicts are those that it expects, one for each obligation: a
scenario as it stands or with one variant, under one configuration and one memory model.  What
is refuted is, as a rule, a variant: the code before a fix, or without one of its steps.
"""


def render(found: Catalog) -> str:
    """The whole page."""
    files = sum(bool(entry.verdicts) for entry in found.entries)
    obligations = sum(len(entry.verdicts) for entry in found.entries)
    parts = [_INTRODUCTION]
    if found.timed:
        parts.append("Times are of the processor, for all obligations of a file.\n")
    parts.append(f"Together: {counted(files, 'file')}, {counted(obligations, 'obligation')}.\n")
    for folder, entries in groupby(found.entries, key=_folder):
        if folder != ".":
            parts.append(f"## {_plain(folder)}\n")
        parts.extend(_tables(list(entries), timed=found.timed))
    return "\n".join(parts)


def _folder(entry: Entry) -> str:
    return PurePosixPath(entry.name).parent.as_posix()


def _tables(entries: Sequence[Entry], *, timed: bool) -> Iterator[str]:
    """The files of one folder: those that ask, then those that are only imported."""
    asking = [entry for entry in entries if entry.verdicts]
    rows = [_row(entry, timed=timed) for entry in asking]
    if rows:
        kept = [n for n in range(len(_HEADS)) if any(row[n] for row in rows)]
        yield _table([[row[n] for n in kept] for row in (_HEADS, *rows)])
    imported = [entry for entry in entries if not entry.verdicts]
    if imported:
        yield _table([("file", "what it has"), *((_link(e), _plain(e.about)) for e in imported)])


def _row(entry: Entry, *, timed: bool) -> tuple[str, ...]:
    header = entry.header
    return (
        _link(entry),
        _plain(header.question if header else entry.about),
        counts_of(entry.verdicts),
        "" if header is None else ", ".join(_commit(fix) for fix in header.fixes),
        "" if header is None else ", ".join(header.cves),
        _coarse(entry.seconds) if timed else "",
    )


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = [*rows[:1], ["---"] * len(rows[0]), *rows[1:]]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _link(entry: Entry) -> str:
    return f"[{_plain(PurePosixPath(entry.name).name)}]({entry.name.replace(' ', '%20')})"


def _commit(commit: Commit) -> str:
    if not commit.id:
        return _plain(commit.note)
    return f"{commit.id[:12]} ({_plain(commit.note)})" if commit.note else commit.id[:12]


def _coarse(seconds: float) -> str:
    return next((text for most, text in _STEPS if seconds < most), ">5 min")


def _plain(text: str) -> str:
    """Text in which no character means anything to Markdown."""
    ascii_ = "".join(c if c.isascii() else f"<U+{ord(c):04X}>" for c in text)
    return re.sub(r"[\\`*|<\[\]]|(?<!\w)_|_(?!\w)", r"\\\g<0>", ascii_)
