"""A witness as a Mermaid sequence diagram, which forges and wikis draw.

Steps are notes, edges are messages: a message stands where its later end is, and says where it
comes from.  What a thread holds and is in is an activation of its lifeline.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from dsl.source import Source
from prover.execution.scene import Edge
from prover.execution.witness import Call, Witness
from prover.render.bars import stretches
from prover.render.letters import printable
from prover.render.witness_rows import Row, shortened, shown_rows, source_text
from prover.render.witness_table import explained, shown_by, title_of

WIDTH = 44
"""Characters in a line of a note."""

WIDE = 20
"""The same of the notes over all lifelines, for each of them."""

_PLAIN = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _.,:='()[]+*/!?|^-"
)
"""What means nothing to Mermaid within a text."""


def render(witness: Witness, sources: Mapping[str, Source], *, full: bool = False) -> str:
    """The diagram; not ``full``: of the decisive steps."""
    rows = shown_rows(witness, sources, full=full)
    lines = ["sequenceDiagram"]
    names = [title_of(column, index) for index, column in enumerate(witness.columns)]
    if not names:
        names = ["initial state"]
    lines.extend(f"  participant T{i} as {_lines([name], WIDTH)}" for i, name in enumerate(names))
    everybody = "T0" if len(names) == 1 else f"T0,T{len(names) - 1}"
    wide = max(WIDE * len(names), 36)
    first, *rest = explained(witness)
    lines.append(f"  Note over {everybody}: {_lines([first_line(witness, first)], wide)}")
    # An activation that no step ends is ended after the last one: else it is not drawn.
    held = [s for s in stretches(witness) if _row_of(s.first, rows) < _row_of(s.last, rows)]
    lines.extend(f"  activate T{s.thread}" for s in held if _row_of(s.first, rows) < 0)
    open_calls: dict[int, tuple[Call, ...]] = {}
    edges = _Edges(witness, rows, sources)
    for index, row in enumerate(rows):
        lines.extend(f"  {line}" for line in edges.into(index))
        lines.extend(f"  {line}" for line in _step(witness, row, open_calls, sources))
        open_calls[row.moment.thread] = row.moment.calls
        lines.extend(f"  {line}" for line in edges.back_from(index))
        lines.extend(f"  deactivate T{s.thread}" for s in held if _row_of(s.last, rows) == index)
        lines.extend(f"  activate T{s.thread}" for s in held if _row_of(s.first, rows) == index)
    told = [*rest, *edges.sentences(), *(t for t in witness.because if t not in edges.texts)]
    if told:
        lines.append(f"  Note over {everybody}: {_lines(told, wide)}")
    return "\n".join(lines) + "\n"


def first_line(witness: Witness, explanation: str) -> str:
    """What went wrong, and what shows it."""
    shown = shown_by(witness)
    return f"{witness.property}: {explanation}" + (f" ({shown})" if shown else "")


def escaped(text: str) -> str:
    """``text`` as Mermaid shows it and reads nothing into it: the rest by numbers."""
    return "".join(c if c in _PLAIN else f"#{ord(c)};" for c in printable(text))


def _lines(texts: Sequence[str], width: int) -> str:
    """Texts, wrapped, as lines of one label."""
    found = [
        line for text in texts for line in wrap(printable(text), width, break_on_hyphens=False)
    ]
    label = "<br/>".join(escaped(line) for line in found)
    # A label that begins so says to Mermaid how to break its lines.
    return re.sub(r"^((?:no)?wrap):", r"\1#58;", label)


def _row_of(moment: int, rows: Sequence[Row]) -> int:
    """The row that a moment is in, or that it comes after: -1 before the first."""
    return max((i for i, row in enumerate(rows) if row.first <= moment), default=-1)


def _is_shown(moment: int, rows: Sequence[Row]) -> bool:
    return any(row.first <= moment <= row.last for row in rows)


def _step(
    witness: Witness,
    row: Row,
    open_calls: Mapping[int, tuple[Call, ...]],
    sources: Mapping[str, Source],
) -> Iterator[str]:
    """A row: the calls entered, its source text, what came of it."""
    moment = row.moment
    before = open_calls.get(moment.thread, ())
    same = 0
    while same < min(len(before), len(moment.calls)) and before[same] == moment.calls[same]:
        same += 1
    texts = [f"in {call.function}()" for call in moment.calls[same:]]
    texts.append(shortened(source_text(moment, sources)))
    facts = row.facts()
    if facts:
        texts.append(f"[{', '.join(facts)}]")
    if moment.bad:
        yield "rect rgba(213, 94, 0, 0.25)"
        texts.append(f"X {witness.property}")
    yield f"Note over T{moment.thread}: {_lines(texts, WIDTH)}"
    if moment.bad:
        yield "end"


class _Edges:
    """The messages of a diagram."""

    def __init__(
        self, witness: Witness, rows: Sequence[Row], sources: Mapping[str, Source]
    ) -> None:
        self._witness = witness
        self._rows = rows
        self._sources = sources
        self.texts = list(dict.fromkeys(edge.text for edge in witness.edges if edge.text))
        self._drawn = [
            (edge, _row_of(edge.source, rows), _row_of(edge.target, rows))
            for edge in witness.edges
            if (edge.kind != "po" or edge.text)
            and all(_is_shown(moment, rows) for moment in (edge.source, edge.target))
        ]

    def into(self, row: int) -> Iterator[str]:
        """The edges from earlier rows to this one."""
        for edge, source, target in self._drawn:
            if source < target == row:
                yield self._message(edge, "from", source)

    def back_from(self, row: int) -> Iterator[str]:
        """The edges from this row to earlier ones."""
        for edge, source, target in self._drawn:
            if target < source == row:
                yield self._message(edge, "to", target)

    def sentences(self) -> Iterator[str]:
        """What the numbers mean."""
        for number, text in enumerate(self.texts, 1):
            yield f"({number}) {text}"

    def _message(self, edge: Edge, which: str, other: int) -> str:
        moments = self._witness.moments
        source, target = moments[edge.source].thread, moments[edge.target].thread
        number = f" ({self.texts.index(edge.text) + 1})" if edge.text else ""
        place = shortened(source_text(self._rows[other].moment, self._sources))
        text = _lines([f"{edge.kind}{number} {which} {place}"], WIDTH)
        return f"T{source}{'->>' if edge.text else '-->>'}T{target}: {text}"
