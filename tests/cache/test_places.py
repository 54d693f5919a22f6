"""Places in JSON texts, and lines that strings in them may name."""

from __future__ import annotations

import msgspec
import pytest

from dsl.source import Span
from prover.cache.places import ANY_FILE, lines_named, moved, spans_in

SPANS = (Span("a.khp", 1, 2), Span('od"d\\.khp', 3, 4), Span("", 5, 6), Span("b.khp", 1, 2))
TEXT = msgspec.json.encode([*SPANS, 'not {"file":"a.khp","start":1,"end":2}', SPANS[0]])


def test_places_are_found() -> None:
    """What stands in a string is none, nor is what is in no file."""
    assert spans_in(TEXT) == {SPANS[0], SPANS[1], SPANS[3]}


def test_places_are_moved() -> None:
    asked: list[Span] = []

    def move(span: Span) -> Span:
        asked.append(span)
        return Span(span.file, span.start + 10, span.end + 10)

    known: dict[bytes, bytes] = {}
    parts = msgspec.json.decode(moved(TEXT, move, known))
    assert parts[4:5] == msgspec.json.decode(TEXT)[4:5]
    assert [(each["file"], each["start"]) for each in (*parts[:4], parts[5])] == [
        ("a.khp", 11),
        ('od"d\\.khp', 13),
        ("", 5),
        ("b.khp", 11),
        ("a.khp", 11),
    ]
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("said", "tied"),
    [
        ("as it is", ()),
        ("at a.khp:3 it waits", ("a.khp",)),
        ('"quoted" \\ at (a.khp:3)', ("a.khp",)),
        ("at c.khp:3", (ANY_FILE,)),
        ("in line 3", (ANY_FILE,)),
        ("a.khp:3 and c.khp:4", ("a.khp", ANY_FILE)),
        ("at b a.khp:3", ("b a.khp",)),
        ("at b a.khp:3 and a.khp:4", ("b a.khp", "a.khp")),
    ],
)
def test_lines_are_whose_they_are(said: str, tied: tuple[str, ...]) -> None:
    text = msgspec.json.encode([*SPANS, {"why": said}])
    assert lines_named(text, ["a.khp", "b.khp", "b a.khp"]) == tied
