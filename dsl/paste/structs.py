"""The structs and typedefs that a C file defines, each read when it is first asked for.

Of ``#if ... #else ... #endif`` in a struct the first branch counts, as everywhere.  A field
that stands under one says so, and one of a branch that is left out is not known.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from dsl.diagnostic import DiagnosticError
from dsl.paste.field_of import FieldOf, Fields
from dsl.paste.struct_fields import declared, fields_of
from dsl.paste.tokens import Token, Tokens

_AGGREGATES: Final = ("struct", "union")
_KIND: Final = re.compile(r"\s*#\s*(\w+)")


@dataclass(frozen=True, slots=True, eq=False)
class StructOf:
    """A struct of the file.

    ``hidden`` are the words of the branches that do not count; ``under`` are the directives that
    fields stand under, by the places of those.
    """

    fields: Fields
    hidden: frozenset[str] = frozenset()
    under: dict[int, str] = field(default_factory=dict[int, str])


class Structs:
    """What a file defines, by name; nothing of what is not followed."""

    def __init__(self, file: str = "", tokens: Tokens | None = None) -> None:
        self._file = file
        self._tokens = tokens if tokens is not None else Tokens((), (), (), ())
        self._structs: dict[str, StructOf | None] = {}
        self._typedefs: dict[str, FieldOf | None] = {}

    def struct(self, name: str) -> StructOf | None:
        """The struct or union called ``name``."""
        if name not in self._structs:
            at = self._index.get(name)
            self._structs[name] = None if at is None else self._read(*at)
        return self._structs[name]

    def typedef(self, name: str) -> FieldOf | None:
        """What a typedef declares, as if it were a field."""
        if name not in self._typedefs:
            place = self._index_of_typedefs.get(name)
            self._typedefs[name] = None if place is None else self._declared(*place)
        return self._typedefs[name]

    # --- where they are -----------------------------------------------------------

    @cached_property
    def _closings(self) -> dict[int, int]:
        """For each ``{`` that is closed the place of its ``}``."""
        found: dict[int, int] = {}
        opened: list[int] = []
        for at, token in enumerate(self._tokens.kept):
            if token.text == "{":
                opened.append(at)
            elif token.text == "}" and opened:
                found[opened.pop()] = at
        return found

    @cached_property
    def _index(self) -> dict[str, tuple[int, int]]:
        """For each struct the places of its name and of its ``{``."""
        found: dict[str, tuple[int, int]] = {}
        every = self._tokens.kept
        for at, token in enumerate(every[:-3]):
            if token.text not in _AGGREGATES or token.kind != "name":
                continue
            # An attribute may stand before the name.
            named = at + 1 + (every[at + 1].text.startswith("__") and every[at + 2].kind == "name")
            opened = named + 1
            if every[named].kind == "name" and every[opened].text == "{":
                if opened in self._closings:
                    found.setdefault(every[named].text, (named, opened))
        return found

    @cached_property
    def _index_of_typedefs(self) -> dict[str, tuple[int, int]]:
        """For each typedef where its declaration begins and ends."""
        found: dict[str, tuple[int, int]] = {}
        every = self._tokens.kept
        for at, token in enumerate(every):
            if token.text != "typedef" or token.kind != "name":
                continue
            end = at + 1
            while end < len(every) and every[end].text not in (";", "typedef"):
                end = self._closings.get(end, end) + 1
            if end < len(every) and every[end].text == ";" and every[end - 1].kind == "name":
                found.setdefault(every[end - 1].text, (at + 1, end))
        return found

    # --- what they are --------------------------------------------------------------

    def _declared(self, start: int, end: int) -> FieldOf | None:
        try:
            return declared(self._file, self._tokens.kept[start:end])
        except DiagnosticError:
            return None

    def _read(self, named: int, opened: int) -> StructOf | None:
        every, closed = self._tokens.kept, self._closings[opened]
        union = every[named - 1].text == "union" or every[named - 2].text == "union"
        try:
            fields = fields_of(self._file, every[opened + 1 : closed], union=union)
        except DiagnosticError:
            return None
        token, start, end = every[named], every[opened].start, every[closed].end
        fields.place = (token.start, token.end)
        hidden = self._hidden(start, end)
        under = self._under(start, end, fields)
        return StructOf(fields, hidden, under)

    def _hidden(self, start: int, end: int) -> frozenset[str]:
        """The words between two places that do not count."""
        found: set[str] = set()
        for region in self._tokens.regions:
            if region.skipped and start <= region.start < end:
                for token in _between(self._tokens.every, region.start, region.end):
                    found.add(token.text)
        return frozenset(found)

    def _under(self, start: int, end: int, fields: Fields) -> dict[int, str]:
        """The innermost directive that each field stands under, if there is one."""
        directives = _between(self._tokens.directives, start, end)
        if not directives:
            return {}
        places = sorted(one.start for one in fields.members.values())
        found: dict[int, str] = {}
        frames: list[str] = []
        at = 0
        for place in places:
            while at < len(directives) and directives[at].start < place:
                _follow(frames, directives[at].text)
                at += 1
            if frames:
                found[place] = frames[-1]
        return found


def _follow(frames: list[str], text: str) -> None:
    """One directive's effect on those that hold."""
    match = _KIND.match(text)
    kind = match[1] if match else ""
    if kind in ("if", "ifdef", "ifndef"):
        frames.append(text)
    elif kind.startswith("el") and frames:
        frames[-1] = text
    elif kind == "endif" and frames:
        frames.pop()


def _between(tokens: tuple[Token, ...], start: int, end: int) -> tuple[Token, ...]:
    first = bisect_left(tokens, start, key=lambda token: token.start)
    return tokens[first : bisect_left(tokens, end, key=lambda token: token.start)]
