"""Offsets and positions: lines as the protocol has them, characters in its units."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.source import Span
from prover.lsp.paths import path_of, uri_of
from prover.lsp.places import UNITS, Lines

TEXT = "a\r\n\u00e9\U0001f512x\u2028y\rz\n"
"""Lines of 1, 5 and 1 characters: a line separator of Unicode ends no line."""


@pytest.mark.parametrize(
    ("offset", "utf16", "utf8", "utf32"),
    [
        (0, (0, 0), (0, 0), (0, 0)),
        (3, (1, 0), (1, 0), (1, 0)),
        (4, (1, 1), (1, 2), (1, 1)),
        (5, (1, 3), (1, 6), (1, 2)),
        (7, (1, 5), (1, 10), (1, 4)),
        (9, (2, 0), (2, 0), (2, 0)),
        (11, (3, 0), (3, 0), (3, 0)),
        (99, (3, 0), (3, 0), (3, 0)),
    ],
)
def test_each_encoding_counts_in_its_own_way(offset, utf16, utf8, utf32) -> None:
    for name, expected in (("utf-16", utf16), ("utf-8", utf8), ("utf-32", utf32)):
        lines = Lines(TEXT, UNITS[name])
        assert lines.position(offset) == expected
        assert lines.offset(*expected) == min(offset, len(TEXT))


def test_a_position_that_is_nowhere_is_the_nearest_before_it() -> None:
    lines = Lines(TEXT)
    assert lines.offset(-1, 5) == 0
    assert lines.offset(0, 99) == 1
    assert lines.offset(1, 2) == 4  # inside of a surrogate pair
    assert lines.offset(9, 0) == len(TEXT)


def test_an_empty_span_is_shown_as_the_character_behind_it() -> None:
    assert Lines("ab\n").range(Span("f", 1, 1)) == (0, 1, 0, 2)
    assert Lines("ab\n").range(Span("f", 2, 2)) == (0, 2, 0, 2)
    assert Lines("ab\n").range(Span("f", 9, 9)) == (1, 0, 1, 0)


@given(st.text("a\r\n\u00e9\U0001f512\u2028\ud800", max_size=20), st.sampled_from([*UNITS]))
def test_positions_lead_back(text: str, name: str) -> None:
    lines = Lines(text, UNITS[name])
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] != "\r\n":  # there is no position between the two
            assert lines.offset(*lines.position(offset)) == offset


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///a/b.khp", "/a/b.khp"),
        ("file://localhost/a.khp", "/a.khp"),
        ("file:///a%20b/%C3%A9.khp", "/a b/\u00e9.khp"),
        ("file:///a/../b.khp", "/b.khp"),
        ("untitled:one", None),
        ("file://host/a.khp", None),
        ("file:a.khp", None),
        ("file:///a%00.khp", None),
        ("http://[", None),
        ("\ud800", None),
        ("", None),
    ],
)
def test_only_files_of_this_machine_are_files(uri: str, path: str | None) -> None:
    assert path_of(uri) == (None if path is None else Path(path))


def test_names_of_files_lead_back() -> None:
    for name in ("/a b/c.khp", "/\u00e9%.khp", "/\udcff.khp"):
        assert path_of(uri_of(name)) == Path(name)
