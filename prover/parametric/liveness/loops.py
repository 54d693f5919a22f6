"""Retry loops: loops of a graph that can be left, by their positions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dsl.source import Span
from prover.graph.order import headers, loop_span, looping
from prover.parametric.machine.code import Body


@dataclass(frozen=True, slots=True)
class Loop:
    """One loop of a body: the statement, its positions, and those that are in no loop inside."""

    body: int
    span: Span
    positions: frozenset[int]
    own: frozenset[int]


def loops_of(number: int, body: Body) -> Iterator[Loop]:
    """The loops that can be left, inner ones first.  One without an exit goes round on purpose."""
    found: list[tuple[Span, frozenset[int]]] = []
    for head in headers(body.graph):
        blocks = looping(body.graph, head)
        positions = frozenset(
            n for n, label in enumerate(body.labels) if label.rpartition(".")[0] in blocks
        )
        if any(way not in positions for n in positions for way in body.after[n]):
            found.append((loop_span(body.graph.blocks[head]), positions))
    for span, positions in sorted(found, key=lambda each: (len(each[1]), each[0].start)):
        inside = [other for _, other in found if other < positions]
        yield Loop(number, span, positions, positions.difference(*inside))
