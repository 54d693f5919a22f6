"""A witness as the table that kernel people put into commit messages.

At most 75 columns, plain ASCII, no tabs: one column per thread, time downward, calls nested by
indent, values in brackets, ``^^^^`` under the bad step.  More threads than fit side by side stand
below each other, each stretch of one with its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from dsl.frozen import replace
from dsl.primitives import PROPERTIES
from dsl.source import Source
from prover.execution.witness import Column, Witness
from prover.render.letters import printable
from prover.render.witness_rows import Line, lines_of

WIDTH = 75
"""No line is longer."""

NEAREST = {2: 25, 3: 18, 4: 15}
"""For so many threads side by side: columns start at least this far apart."""

PIECES = re.compile(r"[^(,>]*[(,>]|[^(,>]+")
"""The parts of an expression: each ends with a bracket, a comma or an arrow."""

FOR_EVER = "---- from here for ever ----"
"""Stands before the steps of a cycle."""

DEEPEST = 8
"""Calls nested deeper are indented no further: text is not pushed out."""


def witness_table(
    witness: Witness, sources: Mapping[str, Source], *, plainly: bool = False, full: bool = False
) -> list[str]:
    """What shows it, the lines of the table, the explanation under it.

    ``plainly``: say so of a plain interleaving too; ``full``: show every step.
    """
    shows = shown_by(witness)
    lines = [shows, ""] if shows and (plainly or witness.model != "sc") else []
    return [*lines, *columns_of(witness, sources, full=full), "", *_verdict(witness)]


def columns_of(
    witness: Witness, sources: Mapping[str, Source], *, full: bool = False, width: int = WIDTH
) -> list[str]:
    """The table itself."""
    if not witness.columns:
        return ["(in the initial state)"]
    return _shaped(witness, lines_of(witness, sources, full=full), width)


def looping_table(witness: Witness, begins: int, sources: Mapping[str, Source]) -> list[str]:
    """An endless run: every step, and where those begin that are taken again and again."""
    stem = replace(witness, moments=witness.moments[:begins])
    cycle = replace(witness, moments=witness.moments[begins:])
    lines = [
        *lines_of(stem, sources, full=True),
        Line(0, 0, FOR_EVER),
        *lines_of(cycle, sources, full=True),
    ]
    return [*_shaped(witness, lines, WIDTH - 2), "", *_verdict(witness)]


def _shaped(witness: Witness, lines: Sequence[Line], width: int) -> list[str]:
    """Lines side by side, or where there are too many threads, below each other."""
    titles = [title_of(column, index) for index, column in enumerate(witness.columns)]
    count = len(titles)
    if count == 1:
        return _side_by_side(titles, lines, [0], width)
    if count not in NEAREST:
        return _one_below_the_other(titles, lines, width)
    # Rows are wide and columns far apart as far as that goes together.
    pitches = range(width // count, NEAREST[count] - 1, -1)
    layouts = [_side_by_side(titles, lines, [p * i for i in range(count)], width) for p in pitches]
    return min(layouts, key=len)


def shown_by(witness: Witness) -> str:
    """What it takes to see this; nothing where no reordering does it, or the property says so."""
    weak = witness.model != "sc"
    if weak and (not witness.reordered or witness.property == "data-race"):
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


def title_of(column: Column, index: int) -> str:
    """A thread's title."""
    return f"CPU{index}: {column.name}" if column.kind == "actor" else column.name


def _side_by_side(
    titles: Sequence[str], found: Sequence[Line], offsets: Sequence[int], width: int
) -> list[str]:
    """A column for each thread, which starts at its offset; text may go on to the right."""
    lines = _header(titles, offsets, width)
    for line in found:
        lines.extend(_printed(line, offsets[line.thread], width))
    return lines


def _header(titles: Sequence[str], offsets: Sequence[int], width: int) -> list[str]:
    """The columns' titles and the rules under them, on as many lines as they need."""
    ends = [*(offset - 1 for offset in offsets[1:]), width]
    cells = [
        wrap(title, end - offset, break_on_hyphens=False)
        for title, offset, end in zip(titles, offsets, ends, strict=True)
    ]
    height = max(len(cell) for cell in cells)
    padded = [[*cell, *[""] * (height - len(cell))] for cell in cells]
    padded = [[*cell, "=" * max(map(len, cell))] for cell in padded]
    return [_across(list(line), offsets) for line in zip(*padded, strict=True)]


def _across(cells: Sequence[str], offsets: Sequence[int]) -> str:
    """One line with a text in each column."""
    line = ""
    for cell, offset in zip(cells, offsets, strict=True):
        line = line.ljust(offset) + cell if cell else line
    return line


def _one_below_the_other(titles: Sequence[str], found: Sequence[Line], width: int) -> list[str]:
    """A name before each stretch of one thread; the titles say whose names these are."""
    names = [
        title.split(":")[0] if title.startswith("CPU") else f"({index})"
        for index, title in enumerate(titles)
    ]
    lines: list[str] = []
    for name, title in zip(names, titles, strict=True):
        named = title if title.startswith(name) else f"{name} {title}"
        lines.extend(wrap(named, width, subsequent_indent="  ", break_on_hyphens=False))
    lines.append("=" * max(map(len, lines)))
    offset = max(map(len, names)) + 2
    last = -1
    for line in found:
        first, *rest = _printed(line, offset, width)
        if line.thread != last:
            first = names[line.thread].ljust(offset) + first[offset:]
        last = line.thread
        lines += [first, *rest]
    return lines


def _printed(line: Line, offset: int, width: int) -> Iterator[str]:
    """One line: the source line, and what it read or wrote."""
    start = offset + min(line.depth, DEEPEST)
    room = width - start
    if line.note and len(line.text) + 1 + len(line.note) <= room:
        lines = [f"{line.text} {line.note}"]
    else:
        notes = (f"  {part}" for part in _wrapped(line.note, room - 2))
        lines = [*_wrapped(line.text, room), *notes]
    if line.bad:
        lines.append("^" * len(lines[0]))
    return (" " * start + line for line in lines)


def _wrapped(text: str, room: int) -> list[str]:
    """A text on lines of at most ``room`` columns; long names are broken where C has a mark."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        pieces = PIECES.findall(word) if len(word) > room - 2 else [word]
        for index, piece in enumerate(pieces):
            gap = " " if line.strip() and not index else ""
            if len(line) + len(gap) + len(piece) > room and line.strip():
                lines.append(line)
                line, gap = "  ", ""
            line += gap + piece
            while len(line) > room:
                lines.append(line[:room])
                line = "  " + line[room:]
    return [*lines, line] if line else lines


def _verdict(witness: Witness) -> list[str]:
    """What went wrong, and why: a line for each reason."""
    first, *rest = explained(witness)
    lines = wrap(f"{witness.property}: {first}", WIDTH, break_on_hyphens=False)
    for text in rest:
        lines.extend(wrap(text, WIDTH, break_on_hyphens=False))
    for text in witness.because:
        lines.extend(_bullet(text))
    return lines


def explained(witness: Witness) -> tuple[str, ...]:
    """What went wrong; what the property is where that is all there is to say."""
    if witness.explanation:
        return tuple(map(printable, witness.explanation))
    silent = "the condition does not hold" if witness.property == "assert" else ""
    return (printable(witness.message) or silent or PROPERTIES[witness.property],)


def _bullet(text: str) -> list[str]:
    """A reason as an item of a list."""
    return wrap(f"- {printable(text)}", WIDTH, subsequent_indent="  ", break_on_hyphens=False)
