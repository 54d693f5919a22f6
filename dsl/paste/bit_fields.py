"""The bit fields of the structs that a C file defines: the language has none.

::

    struct page {
        unsigned long flags;
        unsigned int dirty : 1, order : 4;     dirty, order
        struct { u8 pinned : 1; };             pinned, as in C
        struct { u8 cold : 1; } list;          none of page
    };
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dsl.paste.tokens import Token, Tokens

_AGGREGATES: Final = ("struct", "union")
_DEPTH: Final = 8
"""So deep are structs without a name looked into."""


@dataclass(frozen=True, slots=True)
class BitField:
    """One as it is written, with its type, and its place."""

    text: str
    start: int
    end: int


def bit_fields(tokens: Tokens) -> dict[str, dict[str, BitField]]:
    """Of each struct that has some its bit fields."""
    every = tokens.kept
    closings = _closings(every)
    found: dict[str, dict[str, BitField]] = {}
    for at, token in enumerate(every[:-3]):
        if token.text in _AGGREGATES and every[at + 1].kind == "name" and every[at + 2].text == "{":
            fields = dict(_within(every, closings, at + 2, _DEPTH))
            if fields:
                found.setdefault(every[at + 1].text, fields)
    return found


def _closings(every: tuple[Token, ...]) -> dict[int, int]:
    """For each ``{`` that is closed the place of its ``}``."""
    found: dict[int, int] = {}
    opened: list[int] = []
    for at, token in enumerate(every):
        if token.text == "{":
            opened.append(at)
        elif token.text == "}" and opened:
            found[opened.pop()] = at
    return found


def _within(
    every: tuple[Token, ...], closings: dict[int, int], opened: int, depth: int
) -> Iterator[tuple[str, BitField]]:
    """The bit fields between two brackets, those of structs without a name too."""
    at, last = opened + 1, closings.get(opened, opened)
    first = at
    while at < last:
        if every[at].text == "{":
            end = closings[at]
            anonymous = every[at - 1].text in _AGGREGATES and every[end + 1].text == ";"
            if anonymous and depth:
                yield from _within(every, closings, at, depth - 1)
            at, first = end, end + 1
        elif every[at].text == ";":
            yield from _declared(every[first:at])
            first = at + 1
        at += 1


def _declared(words: tuple[Token, ...]) -> Iterator[tuple[str, BitField]]:
    """The bit fields of one declaration, each with its type."""
    texts = [word.text for word in words]
    if ":" not in texts:
        return
    head: list[str] = []
    for part in _parts(words):
        shown = [word.text for word in part]
        if ":" not in shown:
            continue
        colon = shown.index(":")
        if colon > 1:
            head = shown[: colon - 1]
        if 0 < colon < len(part) - 1 and part[colon - 1].kind == "name" and head:
            name = shown[colon - 1]
            text = f"{' '.join(head)} {name} : {' '.join(shown[colon + 1 :])}"
            yield name, BitField(text, part[colon - 1].start, part[-1].end)


def _parts(words: tuple[Token, ...]) -> Iterator[list[Token]]:
    """What stands between the commas."""
    part: list[Token] = []
    for word in words:
        if word.text == ",":
            yield part
            part = []
        else:
            part.append(word)
    yield part
