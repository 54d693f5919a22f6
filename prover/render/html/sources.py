"""The source texts of a page, each once, and places in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from dsl.source import Source, Span
from prover.render.html.page import visible
from prover.render.json_parts import Json


@dataclass(slots=True)
class Shelf:
    """The texts that something on the page points into: a text of one name is there once."""

    _numbers: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])

    def number(self, source: Source) -> int:
        """Which text of the page it is."""
        return self._numbers.setdefault((source.name, source.text), len(self._numbers))

    def document(self) -> Json:
        """Names and lines, by number."""
        return [
            {"name": visible(name), "lines": [visible(line) for line in text.split("\n")]}
            for name, text in self._numbers
        ]


@dataclass(frozen=True, slots=True)
class Shown:
    """Places in the files of one report, as the page's script reads them."""

    shelf: Shelf
    sources: Mapping[str, Source]

    def at(self, span: Span) -> Json:
        """Text, line from 1, first and last column from 0; nothing where it is in no file."""
        source = self.sources.get(span.file)
        if source is None or not span.file:
            return None
        line, column = source.line_column(span.start)
        text = source.line(line)
        start = column - 1
        end = min(len(text), start + max(span.end - span.start, 0))
        # Columns of the text as it is shown.
        first, last = len(visible(text[:start])), len(visible(text[:end]))
        return [self.shelf.number(source), line, first, last]

    def place(self, span: Span) -> str:
        """``file:line``, without the folder where that says which file it is."""
        source = self.sources.get(span.file)
        if source is None or not span.file:
            return ""
        name = PurePath(source.name).name
        alone = sum(PurePath(each).name == name for each in self.sources) == 1
        shown = name if alone else source.name
        return f"{visible(shown)}:{source.line_column(span.start)[0]}"
