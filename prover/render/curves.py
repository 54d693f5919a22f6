"""The edges of a witness as curves between the boxes of its steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from prover.execution.scene import Edge
from prover.render.shapes import Arrow, Step

BULGE = 26
"""How far an edge within a thread leans to the right."""

_End = tuple[int, int]
"""A step by its index, and the side of it: -1 its lifeline, 1 the right of its box."""


def arrows(edges: Sequence[Edge], steps: Sequence[Step]) -> tuple[Arrow, ...]:
    """The edges between different steps; program order needs no arrow where time shows it."""
    at = {m: i for i, step in enumerate(steps) for m in range(step.row.first, step.row.last + 1)}
    texts = list(dict.fromkeys(edge.text for edge in edges if edge.text))
    drawn: list[tuple[Edge, _End, _End]] = []
    for edge in edges:
        source, target = at.get(edge.source), at.get(edge.target)
        if source is None or target is None or source == target:
            continue
        if edge.kind == "po" and not edge.text and source < target:
            continue
        drawn.append((edge, *_sides(steps, source, target)))
    places = _places(drawn, steps)
    found: list[Arrow] = []
    for index, (edge, start, end) in enumerate(drawn):
        number = texts.index(edge.text) + 1 if edge.text else 0
        one, two = places[index, 0], places[index, 1]
        if start[1] == end[1]:
            lean = _beyond(steps, start[0], end[0])
            curve = (one, (lean, one[1]), (lean, two[1]), two)
        else:
            bend = max(BULGE, abs(two[0] - one[0]) // 2) * start[1]
            curve = (one, (one[0] + bend, one[1]), (two[0] - bend, two[1]), two)
        found.append(Arrow(edge.kind, edge.source, edge.target, edge.text, number, curve))
    return tuple(found)


def _sides(steps: Sequence[Step], source: int, target: int) -> tuple[_End, _End]:
    """On which side an edge leaves, and on which it arrives."""
    one, two = steps[source].row.moment.thread, steps[target].row.moment.thread
    return (source, 1 if one <= two else -1), (target, 1 if one >= two else -1)


def _places(
    drawn: Sequence[tuple[Edge, _End, _End]], steps: Sequence[Step]
) -> dict[tuple[int, int], tuple[int, int]]:
    """The points where edges meet boxes, by edge and end: spread where several meet one side."""
    met: defaultdict[_End, list[tuple[int, int, int]]] = defaultdict(list)
    for index, (_, start, end) in enumerate(drawn):
        met[start].append((steps[end[0]].box.y, index, 0))
        met[end].append((steps[start[0]].box.y, index, 1))
    places: dict[tuple[int, int], tuple[int, int]] = {}
    for (number, side), ends in met.items():
        step = steps[number]
        for rank, (_, index, which) in enumerate(sorted(ends), 1):
            y = step.box.y + step.box.height * rank // (len(ends) + 1)
            places[index, which] = (step.box.right if side > 0 else step.line - 4, y)
    return places


def _beyond(steps: Sequence[Step], one: int, two: int) -> int:
    """Right of all steps of a thread between two of it."""
    thread = steps[one].row.moment.thread
    between = steps[min(one, two) : max(one, two) + 1]
    return max(step.box.right for step in between if step.row.moment.thread == thread) + BULGE
