"""A failing program made smaller, statement by statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from dsl.diagnostic import DiagnosticError
from tests.differential.generator import Generated

PIECE = re.compile(r"[^;{}\n]*;|[^;{}\n]*\{|\}")
"""A statement, or where a block begins or ends."""


def shrink(generated: Generated, fails: Callable[[Generated], bool]) -> Generated:
    """A program from which no statement, block or line can be taken without it failing no more."""
    found = generated
    changed = True
    while changed:
        changed = False
        for smaller in _smaller(found):
            if _still(smaller, fails):
                found, changed = smaller, True
                break
    return found


def _still(generated: Generated, fails: Callable[[Generated], bool]) -> bool:
    """Whether a program is accepted, and fails."""
    try:
        return fails(generated)
    except DiagnosticError:
        return False


def _smaller(generated: Generated) -> Iterator[Generated]:
    """The program without one piece each, large pieces first."""
    text = generated.text
    for start, end in sorted(set(_pieces(text)), key=lambda piece: piece[0] - piece[1]):
        gone = text[start:end]
        places = generated.places
        probe = gone.count('"probe"')
        if probe:
            before = text[:start].count('"probe"')
            places = (*places[:before], *places[before + probe :])
        yield replace(generated, text=text[:start] + text[end:], places=places)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
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
