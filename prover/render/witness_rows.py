"""The steps of a witness as rows: calls entered, source lines, what they read and wrote.

Only what decided the violation has a row, unless all is asked for.  What the source line itself
says is not said again behind it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from dsl.frozen import Frozen, replace
from dsl.source import Source, Span
from prover.execution.witness import Call, Moment, Touch, Witness

DECLARED = re.compile(r"^(?:struct \w+ |union \w+ |[A-Za-z_]\w* )+\**(?=[A-Za-z_]\w* = )")
"""The type of a variable that is declared where it gets its value."""

MESSAGE = re.compile(r',\s*"(?:[^"\\]|\\.)*"(?=\)$)')
"""The author's words in a check, which stand below the table."""

SAYS = re.compile(r"^(?:takes|releases|frees) (\S+)$")
"""A note of what a step does to something."""


class Line(Frozen, frozen=True):
    """A line of one thread; ``note`` is what stands in brackets behind the text.

    ``facts`` are in the note unless the text says so; a ``call`` that is entered has what it does
    below it.
    """

    thread: int
    depth: int
    text: str
    note: str = ""
    facts: str = ""
    bad: bool = False
    call: Call | None = None


class Row(Frozen, frozen=True):
    """What one thread does on one source line: the moments from ``first`` to ``last``."""

    moment: Moment
    touches: tuple[Touch, ...]
    notes: tuple[str, ...]
    first: int
    last: int

    def facts(self) -> list[str]:
        """What the source line does not say: what was read and written, and what came of it."""
        early = ["early"] if self.moment.early else []
        return [*_touch_texts(self.touches), *self.notes, *early]


def lines_of(witness: Witness, sources: Mapping[str, Source], *, full: bool) -> list[Line]:
    """The lines of a witness: with ``full`` all its steps have one."""
    lines = list(_lines(witness, sources, full=full))
    return lines if full else _folded(lines)


def _folded(lines: Sequence[Line]) -> list[Line]:
    """Calls that do one thing have one line: what that is stands behind the name."""
    found: list[Line] = []
    # Under a weak model a thread may come back to a call.
    entered = Counter((line.thread, line.call) for line in lines)
    for index, line in enumerate(lines):
        last = found[-1] if found else line
        once = last.call is not None and entered[last.thread, last.call] == 1
        inside = once and last.thread == line.thread and line.depth == last.depth + 1
        if inside and line.facts and line.call is None and not line.bad:
            beyond = next((r for r in lines[index + 1 :] if r.thread == line.thread), None)
            # Of a thread that goes no further nobody knows whether the call is over.
            if beyond is not None and beyond.depth <= last.depth:
                found[-1] = replace(last, note=line.facts, call=None)
                continue
        found.append(line)
    return found


def _lines(witness: Witness, sources: Mapping[str, Source], *, full: bool) -> Iterator[Line]:
    """Every call and every step that is shown."""
    open_calls: dict[int, tuple[Call, ...]] = {}
    for row in rows_of(witness, sources, apart=not full):
        moment = row.moment
        before = open_calls.get(moment.thread, ())
        common = _common(before, moment.calls)
        if not (moment.decisive or full):
            # Whoever comes back to a function has entered it anew.
            open_calls[moment.thread] = before[:common]
            continue
        open_calls[moment.thread] = moment.calls
        for depth in range(common, len(moment.calls)):
            call = moment.calls[depth]
            yield Line(moment.thread, depth, f"{call.function}()", call=call)
        text = shortened(source_text(moment, sources))
        touched = _touch_texts(row.touches, text)
        early = ["early"] if moment.early else []
        facts = _bracketed([*touched, *row.notes, *early])
        note = _bracketed([*touched, *(n for n in row.notes if not _said(n, text)), *early])
        yield Line(moment.thread, len(moment.calls), text, note, facts, moment.bad)


def _bracketed(facts: Sequence[str]) -> str:
    return f"[{', '.join(facts)}]" if facts else ""


def rows_of(witness: Witness, sources: Mapping[str, Source], *, apart: bool = False) -> list[Row]:
    """The steps, with those of one source line joined.

    ``apart``: not those that decided the violation with others.
    """
    rows: list[Row] = []
    for number, moment in enumerate(witness.moments):
        notes = (moment.note,) if moment.note else ()
        last = rows[-1] if rows else None
        alike = last is not None and (not apart or last.moment.decisive == moment.decisive)
        if last is not None and alike and _same_line(last.moment, moment, sources):
            kept = tuple(n for n in notes if n not in last.notes)
            joined = replace(last.moment, bad=moment.bad)
            touches = (*last.touches, *moment.touches)
            rows[-1] = Row(joined, touches, (*last.notes, *kept), last.first, number)
        else:
            rows.append(Row(moment, moment.touches, notes, number, number))
    return rows


def shown_rows(witness: Witness, sources: Mapping[str, Source], *, full: bool) -> list[Row]:
    """The rows that a picture has: those that decided the violation, with ``full`` all."""
    rows = rows_of(witness, sources, apart=not full)
    return [row for row in rows if full or row.moment.decisive]


def _same_line(one: Moment, two: Moment, sources: Mapping[str, Source]) -> bool:
    """Whether two steps are one line's work."""
    return (
        one.thread == two.thread
        and one.calls == two.calls
        and not one.bad
        and one.early == two.early
        and one.span.file == two.span.file
        and _line_number(one.span, sources) == _line_number(two.span, sources)
        and source_text(one, sources) == source_text(two, sources)
    )


def _line_number(span: Span, sources: Mapping[str, Source]) -> int:
    source = sources.get(span.file)
    return 0 if source is None else source.line_column(span.start)[0]


def _common(before: tuple[Call, ...], calls: tuple[Call, ...]) -> int:
    """How many calls are still the same."""
    common = 0
    while common < min(len(before), len(calls)) and before[common] == calls[common]:
        common += 1
    return common


def source_text(moment: Moment, sources: Mapping[str, Source]) -> str:
    """The statement that a step stands in, as far as it is on its first line.

    No statement is what a thread ends with, and what one waits for that has not begun.
    """
    span = moment.span
    source = sources.get(span.file)
    if source is None or not span.file:
        return "(not begun)" if moment.what == "waits" else "(end)"
    number, column = source.line_column(span.start)
    line = source.line(number).split("//")[0].split("/*")[0]
    start = max(line.rfind(mark, 0, column - 1) for mark in ";{}") + 1
    end = min((at for at in (line.find(mark, column - 1) for mark in ";{}") if at >= 0), default=-1)
    text = line[start:] if end < 0 else line[start:end]
    return " ".join(text.split()) or "(end)"


def shortened(text: str) -> str:
    """A statement without what a reader of the table does not miss: types and messages."""
    return MESSAGE.sub("", DECLARED.sub("", text))


def _touch_texts(touches: tuple[Touch, ...], text: str = "") -> list[str]:
    """What was read and written, each place once."""
    texts: list[str] = []
    written = {t.place for t in touches if t.writes}
    read = {t.new for t in touches if not t.writes}
    for touch in touches:
        if touch.writes:
            # That a variable gets what is read beside it is to be seen.
            if not (text.startswith(f"{touch.place} = ") and touch.new in read):
                texts.append(f"{touch.place}: {touch.old} -> {touch.new}")
        elif touch.place not in written:
            texts.append(f"{touch.place} = {touch.new}")
    return list(dict.fromkeys(texts))


def _said(note: str, text: str) -> bool:
    """Whether the source line names what a note says that it takes, releases or frees."""
    found = SAYS.match(note)
    return found is not None and re.search(rf"[(&]{re.escape(found[1])}[),]", text) is not None
