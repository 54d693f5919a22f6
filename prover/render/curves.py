"""The edges of a witness as curves between the boxes of its steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prover.execution.scene import Edge
from prover.render.letters import printable
from prover.render.shapes import LINE, PAD, Arrow, Bar, Box, Curve, Point, Step, text_width

BULGE = 26
"""How far an edge within a thread leans to the right."""

_SPOTS = (50, 40, 60, 30, 70, 22, 78)
"""Where along a curve its name may stand, in percent, the best first."""

_End = tuple[int, int]
"""A step by its index, and the side of it: -1 its lifeline, 1 the right of its box."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Edges between the same two moments, and where they leave and arrive."""

    edges: tuple[Edge, ...]
    start: _End
    end: _End


def arrows(edges: Sequence[Edge], steps: Sequence[Step], bars: Sequence[Bar]) -> tuple[Arrow, ...]:
    """The edges from thread to thread, and those within one that a sentence is about.

    Those between the same moments are one arrow.
    """
    texts = list(dict.fromkeys(edge.text for edge in edges if edge.text))
    drawn = list(_drawn(edges, steps))
    places = _places(drawn, steps)
    taken: list[Box] = []
    behind = [*(step.box for step in steps), *(bar.box for bar in bars)]
    found: list[Arrow] = []
    for index, one in enumerate(drawn):
        curve = _curve(one, places[index, 0], places[index, 1], steps)
        chief = one.edges[0]
        kinds = tuple(dict.fromkeys(edge.kind for edge in one.edges))
        said = [edge.text for edge in one.edges if edge.text]
        numbers = "".join(f" ({texts.index(text) + 1})" for text in dict.fromkeys(said))
        name = printable(", ".join(kinds)) + numbers
        label = _label(curve, name, behind, taken)
        taken.append(label)
        text = "; ".join(dict.fromkeys(said))
        found.append(Arrow(kinds, chief.source, chief.target, text, name, curve, label))
    return tuple(found)


def _drawn(edges: Sequence[Edge], steps: Sequence[Step]) -> Iterator[_Drawn]:
    """What there is to draw, the edges that sentences are about first in each arrow."""
    at = {m: i for i, step in enumerate(steps) for m in range(step.row.first, step.row.last + 1)}
    groups: dict[tuple[int, int], list[Edge]] = {}
    for edge in edges:
        groups.setdefault((edge.source, edge.target), []).append(edge)
    for (source, target), group in groups.items():
        if source not in at or target not in at or at[source] == at[target]:
            continue
        one, two = (steps[at[m]].row.moment.thread for m in (source, target))
        ordered = sorted(
            (edge for edge in group if edge.text or one != two), key=lambda edge: not edge.text
        )
        if ordered:
            start = (at[source], 1 if one <= two else -1)
            yield _Drawn(tuple(ordered), start, (at[target], 1 if one >= two else -1))


def _places(drawn: Sequence[_Drawn], steps: Sequence[Step]) -> dict[tuple[int, int], Point]:
    """The points where edges meet boxes, by edge and end: spread where several meet one side."""
    met: defaultdict[_End, list[tuple[int, int, int]]] = defaultdict(list)
    for index, one in enumerate(drawn):
        met[one.start].append((steps[one.end[0]].box.y, index, 0))
        met[one.end].append((steps[one.start[0]].box.y, index, 1))
    places: dict[tuple[int, int], Point] = {}
    for (number, side), ends in met.items():
        step = steps[number]
        for rank, (_, index, which) in enumerate(sorted(ends), 1):
            y = step.box.y + step.box.height * rank // (len(ends) + 1)
            places[index, which] = (step.box.right if side > 0 else step.line - 4, y)
    return places


def _curve(one: _Drawn, start: Point, end: Point, steps: Sequence[Step]) -> Curve:
    """From point to point: straight on at both ends."""
    if one.start[1] == one.end[1]:
        lean = _beyond(steps, one.start[0], one.end[0])
        return start, (lean, start[1]), (lean, end[1]), end
    bend = max(BULGE, abs(end[0] - start[0]) // 2) * one.start[1]
    return start, (start[0] + bend, start[1]), (end[0] - bend, end[1]), end


def _beyond(steps: Sequence[Step], one: int, two: int) -> int:
    """Right of all steps of a thread between two of it."""
    thread = steps[one].row.moment.thread
    between = steps[min(one, two) : max(one, two) + 1]
    return max(step.box.right for step in between if step.row.moment.thread == thread) + BULGE


def _label(curve: Curve, name: str, behind: Sequence[Box], taken: Sequence[Box]) -> Box:
    """Where a name hides least: other names count more than what is behind them."""
    boxes: list[Box] = []
    for percent in _SPOTS:
        x, y = _along(curve, percent)
        width = text_width(len(name)) + PAD
        boxes.append(Box(x - width // 2, y - LINE // 2, width, LINE))

    def hidden(box: Box) -> int:
        others = sum(box.covers(other) for other in taken)
        return 3 * others + sum(box.covers(other) for other in behind)

    return min(boxes, key=hidden)


def _along(curve: Curve, percent: int) -> Point:
    """A point of a curve."""
    t, u = percent, 100 - percent
    weights = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)
    x = sum(w * point[0] for w, point in zip(weights, curve, strict=True)) // 1000000
    y = sum(w * point[1] for w, point in zip(weights, curve, strict=True)) // 1000000
    return x, y
