"""A failing program made smaller, statement by statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from dsl.diagnostic import DiagnosticError
from dsl.frozen import replace
from tests.differential.generator import Generated

PIECE = re.compile(r"[^;{}\n]*;|[^;{}\n]*\{|\}")
"""A statement, or where a block begins or ends."""

PROBE = '"probe"'
"""What claims say that only read a place."""


def shrink(generated: Generated, fails: Callable[[Generated], bool]) -> Generated:
    """A program from which no statement, block or line can be taken without it failing no more."""
    found, index, fruitless = generated, 0, 0
    pieces = _pieces(found.text)
    while pieces and fruitless < len(pieces):
        smaller = _without(found, *pieces[index % len(pieces)])
        if _still(smaller, fails):
            found, fruitless = smaller, 0
            pieces = _pieces(found.text)
        else:
            index, fruitless = index + 1, fruitless + 1
    return found


def _still(generated: Generated, fails: Callable[[Generated], bool]) -> bool:
    """Whether a program is accepted, and fails."""
    try:
        return fails(generated)
    except DiagnosticError:
        return False


def _without(generated: Generated, start: int, end: int) -> Generated:
    """The program without one piece, and without the probes in it."""
    text, places = generated.text, generated.places
    first = text[:start].count(PROBE)
    last = first + text[start:end].count(PROBE)
    return replace(
        generated, text=text[:start] + text[end:], places=(*places[:first], *places[last:])
    )


def _pieces(text: str) -> list[tuple[int, int]]:
    """Where pieces begin and end, large ones first."""
    found = {(start, end) for start, end in _found(text) if text[start:end].strip()}
    return sorted(found, key=lambda piece: (piece[0] - piece[1], piece))


def _found(text: str) -> Iterator[tuple[int, int]]:
    """Where statements, blocks with and without what heads them, and lines begin and end."""
    line = 0
    for match in re.finditer(r"\n", text):
        yield line, match.end()
        line = match.end()
    opened: list[tuple[int, int]] = []
    for match in PIECE.finditer(text):
        piece = match[0]
        if piece.endswith("{"):
            opened.append((match.start(), match.end()))
        elif piece == "}":
            start, inside = opened.pop()
            yield start, match.end()
            yield inside, match.start()
        else:
            yield match.start(), match.end()
