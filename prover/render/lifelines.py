"""The layout of a witness as a picture, in whole units: what SVG and HTML draw.

One lifeline per thread, time downward.  A row is a step of one thread, as in the table; calls
are boxes around the steps in them; locks held and sections open are bars left of the lifeline;
edges are curves from step to step.  Widths come from counting characters of a monospace font.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from dsl.source import Source
from prover.execution.witness import Column, Witness
from prover.render.bars import Stretch, stretches
from prover.render.curves import arrows
from prover.render.letters import printable
from prover.render.shapes import (
    LINE,
    MARGIN,
    PAD,
    Bar,
    Box,
    CallBox,
    Head,
    Picture,
    Step,
    characters,
    text_width,
)
from prover.render.witness_rows import Row, shortened, shown_rows, source_text
from prover.render.witness_table import explained, shown_by, title_of

INDENT = 10
CALL_HEAD = 18
LANE = 15
"""The width of a bar with the gap beside it."""

DEEPEST = 8
"""Deeper calls are not indented further."""

WIDEST = {1: 72, 2: 44, 3: 36}
"""Characters in a line of a step, by the number of threads."""

NARROW = 34
"""The same with more threads."""

LEAST = 560
"""No picture is narrower: the sentences under it want room."""


def lay_out(
    witness: Witness, sources: Mapping[str, Source], *, about: str = "", full: bool
) -> Picture:
    """The picture of a witness; not ``full``: of its decisive steps.

    ``about`` says of what it is the witness.
    """
    rows = shown_rows(witness, sources, full=full)
    plans = [_planned(witness, row, sources) for row in rows]
    # What begins and ends in one row, or between two, is no bar: the row says it, or nobody asks.
    held = [one for one in stretches(witness) if _rank(one.first, rows) < _rank(one.last, rows)]
    lanes = _lanes(held, len(witness.columns))
    columns = _columns(witness, plans, lanes)
    width = max(columns[-1].right + MARGIN if columns else 0, LEAST)
    room = characters(width - 2 * MARGIN)
    title = tuple(wrap(printable(_headline(witness)), room, break_on_hyphens=False))
    shown = tuple(line for text in (about, shown_by(witness)) for line in _wrapped(text, room))
    top = MARGIN + LINE * (len(title) + len(shown)) + PAD
    heads = _head_lines(witness.columns, columns)
    y = top + LINE * max((len(lines) for lines in heads), default=0) + 2 * PAD + MARGIN
    steps, calls, end = _stacked(plans, columns, y)
    bars = tuple(_bars(lanes, columns, steps, y, end))
    curves = arrows(witness.edges, steps, bars)
    notes = tuple(_notes(witness, room))
    return Picture(
        width=max(width, *(arrow.label.right + PAD for arrow in curves)) if curves else width,
        height=end + MARGIN + LINE * len(notes) + PAD,
        top=top,
        end=end,
        title=title,
        shown=shown,
        heads=tuple(
            Head(
                thread,
                lines,
                Box(column.line - PAD, top, column.right - column.line + PAD, y - MARGIN - top),
                column.line,
                end,
            )
            for thread, (lines, column) in enumerate(zip(heads, columns, strict=True))
        ),
        calls=tuple(calls),
        bars=bars,
        steps=tuple(steps),
        arrows=curves,
        notes=notes,
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """A row with its lines, and how many calls it opens and closes."""

    row: Row
    code: tuple[str, ...]
    facts: tuple[str, ...]
    verdict: str

    @property
    def width(self) -> int:
        """Of its box."""
        verdict = f"X {self.verdict}" if self.verdict else ""
        return text_width(max(map(len, (*self.code, *self.facts, verdict)))) + 2 * PAD

    @property
    def height(self) -> int:
        """Of its box."""
        return LINE * (len(self.code) + len(self.facts) + bool(self.verdict)) + PAD


@dataclass(frozen=True, slots=True)
class _Column:
    """Where a thread's lifeline and its text are."""

    line: int
    content: int
    right: int


def _planned(witness: Witness, row: Row, sources: Mapping[str, Source]) -> _Plan:
    """A row's lines."""
    room = WIDEST.get(len(witness.columns), NARROW)
    code = _wrapped(shortened(source_text(row.moment, sources)), room)
    facts = [printable(fact) for fact in row.facts()]
    told = _bracketed(facts, room - 2) if facts else []
    verdict = witness.property if row.moment.bad else ""
    return _Plan(row, tuple(code), tuple(f"  {part}" for part in told), verdict)


def _bracketed(facts: Sequence[str], room: int) -> list[str]:
    """``[one, two]``, a new line before a fact that does not fit rather than inside it."""
    lines = [""]
    for index, fact in enumerate(facts):
        text = fact + ("]" if index + 1 == len(facts) else ",")
        if lines[-1] and len(lines[-1]) + 1 + len(text) <= room:
            lines[-1] += f" {text}"
        else:
            first, *rest = _wrapped(f"{' ' if lines[0] else '['}{text}", room)
            lines = [*lines, first, *rest] if lines[0] else [first, *rest]
    return lines


def _wrapped(text: str, room: int) -> list[str]:
    return wrap(printable(text), room, subsequent_indent="  ", break_on_hyphens=False)


def _indent(depth: int) -> int:
    """How far a step in so many calls is moved to the right."""
    return INDENT * min(depth, DEEPEST) + (PAD if depth else 0)


def _rank(moment: int, rows: Sequence[Row]) -> int:
    """Where a moment is: even between rows, odd in one."""
    for index, row in enumerate(rows):
        if moment <= row.last:
            return 2 * index + (moment >= row.first)
    return 2 * len(rows)


def _lanes(found: Sequence[Stretch], threads: int) -> list[list[list[Stretch]]]:
    """For each thread its bars, in lanes that have no two at a time."""
    lanes: list[list[list[Stretch]]] = [[] for _ in range(threads)]
    for stretch in found:
        own = lanes[stretch.thread]
        free = next((lane for lane in own if lane[-1].last < stretch.first), None)
        if free is None:
            own.append([stretch])
        else:
            free.append(stretch)
    return lanes


def _columns(
    witness: Witness, plans: Sequence[_Plan], lanes: Sequence[Sequence[object]]
) -> list[_Column]:
    """Where each thread is drawn: as wide as its widest line wants."""
    columns: list[_Column] = []
    x = MARGIN
    for thread, column in enumerate(witness.columns):
        own = [plan for plan in plans if plan.row.moment.thread == thread]
        title = printable(title_of(column, thread))
        widths = [text_width(min(len(title), NARROW)) + 2 * PAD]
        for plan in own:
            calls = plan.row.moment.calls
            widths.append(_indent(len(calls)) + plan.width + PAD * len(calls))
            widths.extend(
                _indent(depth) + text_width(len(printable(call.function)) + 2) + PAD * (depth + 2)
                for depth, call in enumerate(calls)
            )
        line = x + LANE * len(lanes[thread]) + PAD
        content = line + 2 * PAD
        columns.append(_Column(line, content, content + max(widths)))
        x = columns[-1].right + 3 * MARGIN
    return columns


def _head_lines(threads: Sequence[Column], columns: Sequence[_Column]) -> list[tuple[str, ...]]:
    """The threads' titles, on as many lines as they need."""
    return [
        tuple(
            wrap(
                printable(title_of(thread, index)),
                max(characters(column.right - column.line - 2 * PAD), 8),
                break_on_hyphens=False,
            )
        )
        for index, (thread, column) in enumerate(zip(threads, columns, strict=True))
    ]


def _stacked(
    plans: Sequence[_Plan], columns: Sequence[_Column], y: int
) -> tuple[list[Step], list[CallBox], int]:
    """The steps below each other, the boxes of their calls, and where they end."""
    steps: list[Step] = []
    calls: list[CallBox] = []
    begun: dict[int, list[tuple[str, int]]] = {}
    for index, plan in enumerate(plans):
        moment = plan.row.moment
        column = columns[moment.thread]
        stack = begun.setdefault(moment.thread, [])
        for call in moment.calls[len(stack) :]:
            stack.append((call.function, y))
            y += CALL_HEAD
        x = column.content + _indent(len(moment.calls))
        box = Box(x, y, plan.width, plan.height)
        steps.append(Step(plan.row, plan.code, plan.facts, plan.verdict, box, column.line))
        y = box.bottom
        kept = _kept(plans, index)
        while len(stack) > kept:
            function, start = stack.pop()
            y += PAD - 1
            calls.append(_call_box(moment.thread, len(stack), function, column, start, y))
        y += PAD
    return steps, sorted(calls, key=lambda c: (c.thread, c.box.y, c.depth)), y


def _call_box(
    thread: int, depth: int, function: str, column: _Column, start: int, end: int
) -> CallBox:
    """The box of a call."""
    x = column.content + INDENT * min(depth, DEEPEST)
    right = column.right - PAD * depth
    return CallBox(thread, depth, function, Box(x, start, right - x, end - start))


def _kept(plans: Sequence[_Plan], index: int) -> int:
    """How many calls of a row's thread go on after it."""
    moment = plans[index].row.moment
    later = (p.row.moment for p in plans[index + 1 :] if p.row.moment.thread == moment.thread)
    following = next(later, None)
    if following is None:
        return 0
    both = zip(moment.calls, following.calls, strict=False)
    return next(
        (depth for depth, (one, two) in enumerate(both) if one != two),
        min(len(moment.calls), len(following.calls)),
    )


def _bars(
    lanes: Sequence[Sequence[Sequence[Stretch]]],
    columns: Sequence[_Column],
    steps: Sequence[Step],
    top: int,
    end: int,
) -> list[Bar]:
    """The bars, the first lane next to the lifeline."""
    bars: list[Bar] = []
    for thread, own in enumerate(lanes):
        for lane, held in enumerate(own):
            x = columns[thread].line - PAD - LANE * (lane + 1)
            for stretch in held:
                start = _height_of(stretch.first, steps, top, end)
                stop = _height_of(stretch.last, steps, top, end)
                bars.append(Bar(stretch, Box(x, start, LANE - 2, max(stop - start, PAD))))
    return bars


def _height_of(moment: int, steps: Sequence[Step], top: int, end: int) -> int:
    """How far down a moment is."""
    height = top
    for step in steps:
        if step.row.first <= moment <= step.row.last:
            return step.box.y + step.box.height // 2
        if step.row.first > moment:
            # Not shown: it is between the step before and this one.
            return height
        height = step.box.bottom + 1
    return end


def _headline(witness: Witness) -> str:
    """What went wrong."""
    return f"{witness.property}: {explained(witness)[0]}"


def _notes(witness: Witness, room: int) -> list[str]:
    """The sentences below: the rest of the explanation, then why, by the numbers of the edges."""
    texts = list(explained(witness)[1:])
    if not witness.columns:
        texts.insert(0, "(in the initial state)")
    numbered = list(dict.fromkeys(edge.text for edge in witness.edges if edge.text))
    texts.extend(f"({number}) {text}" for number, text in enumerate(numbered, 1))
    texts.extend(text for text in witness.because if text not in numbered)
    return [line for text in texts for line in _wrapped(text, room)]
