"""A witness as a graph of events for graphviz, drawn as herd7 draws executions.

A cluster per thread, events ``a: W[x]=1`` below each other; po black, rf red, co blue, fr orange.
Edges of locks, grace periods and frees, which herd7 has none of, are dark green and have dashes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from dsl.source import Source
from prover.execution.witness import Moment, Witness
from prover.render.letters import letter, printable
from prover.render.witness_rows import shortened, source_text
from prover.render.witness_table import explained, shown_by, title_of

WIDTH = 75
"""Of the lines below the graph."""

_STYLES: Mapping[str, tuple[str, str]] = {
    "po": ("black", "solid"),
    "rf": ("red", "solid"),
    "co": ("blue", "solid"),
    "fr": ("#ffa040", "solid"),
    "lock": ("darkgreen", "dashed"),
    "gp": ("darkgreen", "dashed"),
    "ipi": ("darkgreen", "dotted"),
    "callback": ("darkgreen", "dotted"),
    "free": ("darkgreen", "bold"),
}
_OTHER = ("indigo", "dashed")


def render(witness: Witness, sources: Mapping[str, Source], *, full: bool = False) -> str:
    """The graph, with what went wrong as its label; not ``full``: of the decisive events."""
    shown = [n for n, moment in enumerate(witness.moments) if full or moment.decisive]
    lines = [
        "digraph witness {",
        '  graph [fontname="Helvetica", fontsize=11, labelloc="b", labeljust="l"];',
        '  node [fontname="Helvetica", fontsize=10, shape=box, margin="0.08,0.04"];',
        '  edge [fontname="Helvetica", fontsize=10];',
        f"  label={_lines(_legend(witness))};",
        "",
    ]
    for thread, column in enumerate(witness.columns):
        lines.append(f"  subgraph cluster_{thread} {{")
        title = title_of(column, thread)
        lines.append(f"    label={quoted(title)}; labelloc=t; labeljust=c; color=magenta;")
        lines.extend(
            f"    {_node(number, letter(rank), witness.moments[number], sources)}"
            for rank, number in enumerate(shown)
            if witness.moments[number].thread == thread
        )
        lines.extend(["  }", ""])
    lines.extend(f"  {edge}" for edge in _edges(witness, shown))
    return "\n".join([*lines, "}"]) + "\n"


def quoted(text: str) -> str:
    """A string of DOT."""
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    """What graphviz takes for an escape or an entity is taken as it stands."""
    plain = printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return re.sub(r"&(?=#?\w+;)", "&amp;", plain)


def _lines(texts: list[str]) -> str:
    """Lines of a label, each at the left."""
    return '"' + "".join(f"{_escaped(text)}\\l" for text in texts) + '"'


def _legend(witness: Witness) -> list[str]:
    """What went wrong, what shows it, and why, in lines."""
    first, *rest = explained(witness)
    said = [edge.text for edge in witness.edges if edge.text]
    texts = [f"{witness.property}: {first}", shown_by(witness), *rest]
    numbered = list(dict.fromkeys(said))
    texts += [f"({number}) {text}" for number, text in enumerate(numbered, 1)]
    texts += [text for text in witness.because if text not in numbered]
    return [line for text in texts for line in wrap(printable(text), WIDTH, break_on_hyphens=False)]


def _node(number: int, name: str, moment: Moment, sources: Mapping[str, Source]) -> str:
    """An event: what it is for a memory model, then its source text."""
    lines = [f"{name}: {', '.join(_actions(moment))}"]
    text = shortened(source_text(moment, sources))
    lines.extend(wrap(printable(text), 40, subsequent_indent="  ", break_on_hyphens=False))
    marked = ", color=red, penwidth=2, peripheries=2" if moment.bad else ""
    return f"e{number} [label={_lines(lines)}{marked}];"


def _actions(moment: Moment) -> list[str]:
    """``R[x]=0``, ``W[x]=1``; in words what is no access to memory."""
    found = [
        f"{'W' if touch.writes else 'R'}[{touch.place}]={touch.new}" for touch in moment.touches
    ]
    if moment.note:
        found.append(moment.note)
    found = list(dict.fromkeys(found)) or [moment.what]
    return [*found, "early"] if moment.early else found


def _edges(witness: Witness, shown: Sequence[int]) -> Iterator[str]:
    """The edges; program order too where the witness is an interleaving.

    Where it is none, steps stand in the order of the witness, which need not be the program's.
    """
    drawn: dict[tuple[str, int, int], None] = {}
    last: dict[int, int] = {}
    for number in shown:
        thread = witness.moments[number].thread
        if thread in last and witness.model == "sc":
            drawn["po", last[thread], number] = None
        elif thread in last:
            yield f"e{last[thread]} -> e{number} [style=invis];"
        last[thread] = number
    for edge in witness.edges:
        if edge.source in shown and edge.target in shown:
            drawn[edge.kind, edge.source, edge.target] = None
    texts = list(dict.fromkeys(edge.text for edge in witness.edges if edge.text))
    said = {(e.kind, e.source, e.target): texts.index(e.text) + 1 for e in witness.edges if e.text}
    for kind, source, target in drawn:
        color, style = _STYLES.get(kind, _OTHER)
        sentence = said.get((kind, source, target), 0)
        label = quoted(f"{kind} ({sentence})" if sentence else kind)
        thick = ", penwidth=2" if sentence else ""
        free = "" if kind == "po" and witness.model == "sc" else ", constraint=false"
        yield (
            f"e{source} -> e{target} [label={label}, color={quoted(color)},"
            f" fontcolor={quoted(color)}, style={style}{thick}{free}];"
        )
