"""A witness as SVG 1.1: a file of its own, or a part of a page, with one layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dsl.source import Source
from prover.execution.witness import Witness
from prover.render.letters import printable
from prover.render.lifelines import lay_out
from prover.render.shapes import (
    FONT,
    LINE,
    MARGIN,
    PAD,
    Arrow,
    Bar,
    Box,
    CallBox,
    Head,
    Picture,
    Step,
    characters,
)
from prover.render.svg_style import KINDS, stylesheet

CLASS = "lifelines"
"""The class of every picture: its rules begin with it."""


def standalone(witness: Witness, sources: Mapping[str, Source], *, full: bool = False) -> str:
    """A complete SVG file: the picture with its title, explanation and colours.

    It shows the decisive steps; ``full``: all.
    """
    picture = lay_out(witness, sources, full=full)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        *_opened(picture, "prove", 0, picture.height),
        f"<style>{stylesheet(f'.{CLASS}')}</style>",
        f'<rect class="paper" width="{picture.width}" height="{picture.height}"/>',
    ]
    y = MARGIN + FONT
    for text in picture.title:
        lines.append(_text(MARGIN, y, text, "headline"))
        y += LINE
    if picture.shown:
        lines.append(_text(MARGIN, y, picture.shown, "shown"))
    lines.extend(_columns(picture, "prove"))
    y = picture.end + MARGIN + FONT
    for text in picture.notes:
        lines.append(_text(MARGIN, y, text, "note"))
        y += LINE
    return "\n".join([*lines, "</svg>"]) + "\n"


def fragment(
    witness: Witness, sources: Mapping[str, Source], prefix: str, *, full: bool = True
) -> str:
    """The columns as an ``<svg>`` inside a page, which says the rest and has ``stylesheet()``.

    Every id begins with ``prefix``.
    """
    picture = lay_out(witness, sources, full=full)
    top = picture.top - PAD
    lines = [
        *_opened(picture, prefix, top, picture.end + PAD - top),
        *_columns(picture, prefix),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """``text`` as it may stand in XML, inside elements and attributes.

    What is no printable ASCII is shown by its number: XML has no place for control characters.
    """
    return "".join(_ESCAPES.get(character, character) for character in printable(text))


_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}


def _opened(picture: Picture, prefix: str, top: int, height: int) -> Iterator[str]:
    """The element's start, with what a screen reader says and the tips of arrows."""
    names = ", ".join(" ".join(head.lines) for head in picture.heads)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" version="1.1" class="{CLASS}" role="img"'
        f' aria-labelledby="{escaped(prefix)}-title {escaped(prefix)}-desc"'
        f' width="{picture.width}" height="{height}"'
        f' viewBox="0 {top} {picture.width} {height}">'
    )
    yield f'<title id="{escaped(prefix)}-title">{escaped(" ".join(picture.title))}</title>'
    told = ". ".join(
        text for text in (f"Threads: {names}" if names else "", *_told(picture)) if text
    )
    yield f'<desc id="{escaped(prefix)}-desc">{escaped(told)}</desc>'
    kinds = sorted({_kind(arrow) for arrow in picture.arrows})
    if kinds:
        yield "<defs>"
        for kind in kinds:
            yield (
                f'<marker id="{escaped(prefix)}-tip-{kind}" viewBox="0 0 10 10" refX="9" refY="5"'
                ' markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">'
                f'<path class="tip {kind}" d="M0 0L10 5L0 10z"/></marker>'
            )
        yield "</defs>"


def _told(picture: Picture) -> list[str]:
    """Every step in words, and the sentences below."""
    names = {head.thread: " ".join(head.lines) for head in picture.heads}
    steps = [
        " ".join(
            [
                f"{names[step.row.moment.thread]}:",
                *(line.strip() for line in (*step.code, *step.facts)),
                *((f"(here: {step.verdict})",) if step.bad else ()),
            ]
        )
        for step in picture.steps
    ]
    return [*steps, *(text.strip() for text in picture.notes)]


def _columns(picture: Picture, prefix: str) -> Iterator[str]:
    """Lifelines, and from back to front what is on them."""
    for head in picture.heads:
        yield from _lifeline(head, picture)
    for arrow in picture.arrows:
        yield from _edge(arrow, prefix)
    for step in picture.steps:
        yield from _moment(step, picture.width)
    for arrow in picture.arrows:
        yield from _name(arrow)


def _lifeline(head: Head, picture: Picture) -> Iterator[str]:
    """One thread: its title, its line, its calls and its bars."""
    yield f'<g class="lifeline" data-thread="{head.thread}">'
    yield f'<line x1="{head.line}" y1="{head.box.bottom}" x2="{head.line}" y2="{head.bottom}"/>'
    yield f'<g class="head">{_rect(head.box)}'
    yield from _lines(head.box.x + PAD, head.box.y + PAD, head.lines, "title")
    yield "</g>"
    for call in picture.calls:
        if call.thread == head.thread:
            yield from _call(call)
    for bar in picture.bars:
        if bar.stretch.thread == head.thread:
            yield from _bar(bar)
    yield "</g>"


def _call(call: CallBox) -> Iterator[str]:
    yield f'<g class="call">{_rect(call.box)}'
    yield f"{_text(call.box.x + PAD, call.box.y + FONT + 1, f'{call.function}()', 'function')}</g>"


def _bar(bar: Bar) -> Iterator[str]:
    """A bar; its label along it, as far as there is room; all of it where one points."""
    label, box = printable(bar.stretch.label), bar.box
    yield f'<g class="bar {bar.stretch.kind}"><title>{escaped(label)}</title>{_rect(box)}'
    room = characters((box.height - PAD) * 4 // 3)
    told = label if len(label) <= room else f"{label[: room - 2]}.."
    if room > 3:
        x, y = box.x + 4, box.y + 4
        yield f'<text transform="translate({x} {y}) rotate(90)">{escaped(told)}</text>'
    yield "</g>"


def _moment(step: Step, width: int) -> Iterator[str]:
    """A row: the band across all columns, the dot on its lifeline, its box."""
    moment = step.row.moment
    bad = " bad" if step.bad else ""
    y = step.box.y + step.box.height // 2
    yield (
        f'<g class="moment{bad}" data-moment="{step.row.last}" data-first="{step.row.first}"'
        f' data-thread="{moment.thread}">'
    )
    band, height = step.box.y - 2, step.box.height + 4
    yield f'<rect class="band" x="0" y="{band}" width="{width}" height="{height}"/>'
    yield _dot(step.line, y, bad=step.bad)
    yield f'<g class="step">{_rect(step.box)}'
    x, top = step.box.x + PAD, step.box.y + PAD // 2
    yield from _lines(x, top, step.code, "code")
    top += LINE * len(step.code)
    yield from _lines(x, top, step.facts, "facts")
    if step.bad:
        yield from _lines(x, top + LINE * len(step.facts), (f"X {step.verdict}",), "verdict")
    yield "</g></g>"


def _dot(x: int, y: int, *, bad: bool) -> str:
    """Where a step is on its lifeline: a dot, or a cross."""
    if bad:
        stroke = f"M{x - 5} {y - 5}L{x + 5} {y + 5}M{x - 5} {y + 5}L{x + 5} {y - 5}"
        return f'<path class="dot" d="{stroke}"/>'
    return f'<circle class="dot" cx="{x}" cy="{y}" r="3"/>'


def _edge(arrow: Arrow, prefix: str) -> Iterator[str]:
    """A curve."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = arrow.curve
    kind = _kind(arrow)
    yield (
        f'{_edge_start(arrow)}<path d="M{x0} {y0}C{x1} {y1} {x2} {y2} {x3} {y3}"'
        f' marker-end="url(#{escaped(prefix)}-tip-{kind})"/></g>'
    )


def _name(arrow: Arrow) -> Iterator[str]:
    """An edge's name, and the number of its sentence."""
    box = arrow.label
    yield (
        f"{_edge_start(arrow)}<title>{escaped(arrow.text or arrow.name)}</title>"
        f'<rect class="pill" x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}"'
        f' rx="3"/>{_text(box.x + box.width // 2, box.y + FONT, arrow.name, "name")}</g>'
    )


def _edge_start(arrow: Arrow) -> str:
    said = " said" if arrow.text else ""
    return (
        f'<g class="edge {_kind(arrow)}{said}" data-kind="{escaped(" ".join(arrow.kinds))}"'
        f' data-source="{arrow.source}" data-target="{arrow.target}">'
    )


def _kind(arrow: Arrow) -> str:
    """The class of an edge."""
    return arrow.kinds[0] if arrow.kinds[0] in KINDS else "other"


def _rect(box: Box) -> str:
    return f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="3"/>'


def _lines(x: int, y: int, lines: Sequence[str], name: str) -> Iterator[str]:
    for index, line in enumerate(lines):
        yield _text(x, y + LINE * index + FONT, line, name)


def _text(x: int, y: int, text: str, name: str) -> str:
    return f'<text x="{x}" y="{y}" class="{name}" xml:space="preserve">{escaped(text)}</text>'
