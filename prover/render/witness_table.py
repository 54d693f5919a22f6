"""A witness as the table that kernel people put into commit messages.

At most 75 columns, plain ASCII, no tabs: one column per thread, time downward,
calls nested by indent, values in brackets, ``^^^^`` under the bad step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from textwrap import wrap

from dsl.source import Source, Span
from prover.execution.witness import Call, Column, Moment, Touch, Witness

WIDTH = 75
"""No line is longer."""

NARROWEST = 15
"""Columns start at least this far apart; beyond that many threads, the last ones share."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one thread does on one source line: the moments from ``first`` to ``last``."""

    moment: Moment
    touches: tuple[Touch, ...]
    notes: tuple[str, ...]
    first: int
    last: int

    def facts(self) -> list[str]:
        """What the source line does not say: what was read and written, and what came of it."""
        return [*_touch_texts(self.touches), *self.notes]


def witness_table(
    witness: Witness, sources: Mapping[str, Source], *, plainly: bool = False
) -> list[str]:
    """What shows it, the lines of the table, the explanation under it.

    ``plainly``: say so of a plain interleaving too.
    """
    shows = shown_by(witness)
    lines = [shows, ""] if shows and (plainly or witness.model != "sc") else []
    if not witness.columns:
        return [*lines, "(in the initial state)", "", *_verdict(witness)]
    offsets = _offsets(len(witness.columns))
    lines += _header(witness.columns, offsets)
    open_calls: dict[int, tuple[Call, ...]] = {}
    for row in rows_of(witness, sources):
        thread = row.moment.thread
        lines.extend(_calls(row.moment, open_calls.get(thread, ()), offsets[thread]))
        open_calls[thread] = row.moment.calls
        lines.extend(_step(row, offsets[thread], sources))
    lines.append("")
    lines.extend(_verdict(witness))
    return [line.rstrip() for line in lines]


def shown_by(witness: Witness) -> str:
    """What it takes to see this; nothing where no reordering does it, or the property says so."""
    weak = witness.model != "sc"
    if weak and (not witness.because or witness.property == "data-race"):
        return ""
    match witness.model:
        case "sc":
            return "a plain interleaving (SC)"
        case "tso":
            return "needs a store buffer (x86-TSO)"
        case "lkmm" if witness.plain:
            return "allowed by LKMM, where the compiler may reorder plain accesses"
        case "lkmm":
            return "allowed by LKMM; x86-TSO hardware forbids it"
        case _:
            return f"allowed by {witness.model}"


def _offsets(count: int) -> list[int]:
    """Where each column starts."""
    pitch = max(NARROWEST, WIDTH // max(count, 1))
    most = WIDTH - 2 * NARROWEST
    return [min(index * pitch, most) for index in range(count)]


def _header(columns: tuple[Column, ...], offsets: list[int]) -> list[str]:
    """The columns' titles and the rules under them, on as many lines as they need."""
    titles = [title_of(column, index) for index, column in enumerate(columns)]
    cells: list[list[str]] = []
    for index, title in enumerate(titles):
        following = [o for o in offsets[index + 1 :] if o > offsets[index]]
        room = (following[0] - 1 if following else WIDTH) - offsets[index]
        cells.append(wrap(title, max(room, 8), break_on_hyphens=False))
    height = max(len(cell) for cell in cells)
    lines = [
        _across([cell[i] if i < len(cell) else "" for cell in cells], offsets)
        for i in range(height)
    ]
    lines.append(_across(["=" * max(len(part) for part in cell) for cell in cells], offsets))
    return lines


def title_of(column: Column, index: int) -> str:
    """A thread's title."""
    return f"CPU{index}: {column.name}" if column.kind == "actor" else column.name


def _across(cells: list[str], offsets: list[int]) -> str:
    """One line with a text in each column; columns that share a start follow each other."""
    line = ""
    for cell, offset in zip(cells, offsets, strict=True):
        if cell:
            line = f"{line.ljust(offset)}" if len(line) <= offset else f"{line} "
            line += cell
    return line


def rows_of(witness: Witness, sources: Mapping[str, Source]) -> list[Row]:
    """The steps, with those of one source line joined."""
    rows: list[Row] = []
    for number, moment in enumerate(witness.moments):
        notes = (moment.note,) if moment.note else ()
        if rows and _same_line(rows[-1].moment, moment, sources):
            last = rows[-1]
            kept = tuple(n for n in notes if n not in last.notes)
            joined = replace(last.moment, bad=moment.bad)
            touches = (*last.touches, *moment.touches)
            rows[-1] = Row(joined, touches, (*last.notes, *kept), last.first, number)
        else:
            rows.append(Row(moment, moment.touches, notes, number, number))
    return rows


def _same_line(one: Moment, two: Moment, sources: Mapping[str, Source]) -> bool:
    """Whether two steps are one line's work."""
    return (
        one.thread == two.thread
        and one.calls == two.calls
        and not one.bad
        and one.span.file == two.span.file
        and _line_number(one.span, sources) == _line_number(two.span, sources)
        and source_text(one.span, sources) == source_text(two.span, sources)
    )


def _line_number(span: Span, sources: Mapping[str, Source]) -> int:
    source = sources.get(span.file)
    return 0 if source is None else source.line_column(span.start)[0]


def _calls(moment: Moment, before: tuple[Call, ...], offset: int) -> list[str]:
    """The calls entered on the way to a step."""
    common = 0
    while common < min(len(before), len(moment.calls)) and before[common] == moment.calls[common]:
        common += 1
    return [
        " " * _indent(offset, depth) + f"{moment.calls[depth].function}()"
        for depth in range(common, len(moment.calls))
    ]


def _indent(offset: int, depth: int) -> int:
    """Where a line of call depth ``depth`` starts; deep nesting does not push text out."""
    return offset + min(depth, 8)


def _step(row: Row, offset: int, sources: Mapping[str, Source]) -> list[str]:
    """One row: the source line, and what it read or wrote."""
    start = _indent(offset, len(row.moment.calls))
    room = WIDTH - start
    text = source_text(row.moment.span, sources)
    facts = row.facts()
    note = f"[{', '.join(facts)}]" if facts else ""
    if note and len(text) + 1 + len(note) <= room:
        lines = [f"{text} {note}"]
    else:
        lines = [*_wrapped(text, room), *(f"  {part}" for part in _wrapped(note, room - 2))]
    if row.moment.bad:
        lines.append("^" * max(len(line.strip()) for line in lines[:1]))
    return [" " * start + line for line in lines]


def _wrapped(text: str, room: int) -> list[str]:
    """A text on lines of at most ``room`` columns."""
    return wrap(text, max(room, 10), subsequent_indent="  ", break_on_hyphens=False)


def source_text(span: Span, sources: Mapping[str, Source]) -> str:
    """The statement that a span stands in, as far as it is on the span's first line."""
    source = sources.get(span.file)
    if source is None or not span.file:
        return "(end)"
    number, column = source.line_column(span.start)
    line = source.line(number).split("//")[0].split("/*")[0]
    start = max(line.rfind(mark, 0, column - 1) for mark in ";{}") + 1
    end = min((at for at in (line.find(mark, column - 1) for mark in ";{}") if at >= 0), default=-1)
    text = line[start:] if end < 0 else line[start:end]
    return " ".join(text.split()) or "(end)"


def _touch_texts(touches: tuple[Touch, ...]) -> list[str]:
    """What was read and written, each place once."""
    texts: list[str] = []
    written = {t.place for t in touches if t.writes}
    for touch in touches:
        if touch.writes:
            texts.append(f"{touch.place}: {touch.old} -> {touch.new}")
        elif touch.place not in written:
            texts.append(f"{touch.place} = {touch.new}")
    return list(dict.fromkeys(texts))


def _verdict(witness: Witness) -> list[str]:
    """What went wrong, and why."""
    first, *rest = witness.explanation or (witness.message or "violated",)
    lines = wrap(f"{witness.property}: {first}", WIDTH, break_on_hyphens=False)
    for text in (*rest, *witness.because):
        lines.extend(wrap(text, WIDTH, break_on_hyphens=False))
    return lines
