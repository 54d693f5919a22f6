"""What was found, in the types of the protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lsprotocol import types

from dsl.diagnostic import Diagnostic, Label
from dsl.source import Span
from prover.lsp.analysis import Analysis
from prover.lsp.asked import Message
from prover.lsp.outline import Entry
from prover.lsp.paths import uri_of
from prover.lsp.places import Lines, Range, Units
from prover.render.letters import printable

SOURCE: Final = "prove"

MOST: Final = 100
"""How many places of a trail, or steps of an execution, are told."""

_WEIGHTS: Final[Mapping[str, types.DiagnosticSeverity]] = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "information": types.DiagnosticSeverity.Information,
}

_KINDS: Final[Mapping[str, types.SymbolKind]] = {
    "config": types.SymbolKind.Property,
    "typedef": types.SymbolKind.TypeParameter,
    "enum": types.SymbolKind.Enum,
    "enum member": types.SymbolKind.EnumMember,
    "struct": types.SymbolKind.Struct,
    "field": types.SymbolKind.Field,
    "word": types.SymbolKind.Struct,
    "value": types.SymbolKind.Constant,
    "object": types.SymbolKind.Variable,
    "pool": types.SymbolKind.Array,
    "label": types.SymbolKind.Key,
    "actor": types.SymbolKind.Class,
    "scenario": types.SymbolKind.Event,
    "variant": types.SymbolKind.Event,
}


def range_of(found: Range) -> types.Range:
    """A range, for the client."""
    line, character, end_line, end_character = found
    return types.Range(types.Position(line, character), types.Position(end_line, end_character))


class Places:
    """Spans of an analysis as places of the client."""

    def __init__(self, analysis: Analysis, units: Units) -> None:
        self._analysis = analysis
        self._units = units
        self._lines: dict[str, Lines] = {}
        self._paths = {read.name: read.path for read in analysis.read}

    def lines(self, file: str) -> Lines:
        """A file's text by its lines; of a file that was not read, an empty one."""
        if file not in self._lines:
            source = self._analysis.sources.get(file)
            self._lines[file] = Lines("" if source is None else source.text, self._units)
        return self._lines[file]

    def range(self, span: Span) -> types.Range:
        """A span."""
        return range_of(self.lines(span.file).range(span))

    def uri(self, file: str) -> str | None:
        """A file that spans name; None where it is not known where that is."""
        if file == self._analysis.name:
            return self._analysis.document.uri
        path = self._paths.get(file)
        return None if path is None else uri_of(path)

    def location(self, span: Span) -> types.Location | None:
        """A span with its file."""
        uri = self.uri(span.file)
        return None if uri is None else types.Location(uri, self.range(span))


def diagnostic(found: Diagnostic, analysis: Analysis, places: Places) -> types.Diagnostic:
    """What is wrong with a file; what is wrong in an import stands where that is imported."""
    labels = [*found.trail, *([found.primary] if found.primary else [])]
    own = [label for label in labels if label.span.file == analysis.name]
    at = found.primary if found.primary in own else own[0] if own else None
    lines = [found.message]
    if at is not None and at is found.primary and at.text:
        lines[0] += f": {at.text}"
    others = [label for label in labels if label is not at and label.span.file]
    if at is not found.primary and found.primary is not None:
        lines[0] = f"in {found.primary.span.file}: {lines[0]}"
    if found.hint:
        lines.append(f"hint: {found.hint}")
    return types.Diagnostic(
        range=places.range(at.span) if at is not None else range_of((0, 0, 0, 0)),
        message="\n".join(map(printable, lines)),
        severity=types.DiagnosticSeverity.Error,
        code=found.code,
        source=SOURCE,
        related_information=_related(others, places) or None,
    )


def _related(labels: list[Label], places: Places) -> list[types.DiagnosticRelatedInformation]:
    found = [(places.location(label.span), label.text) for label in labels[:MOST]]
    return [
        types.DiagnosticRelatedInformation(location, printable(text or "here"))
        for location, text in found
        if location is not None
    ]


def verdict(found: Message) -> types.Diagnostic:
    """What a proof has shown."""
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(uri_of(each.path), range_of(each.range)), each.text
        )
        for each in found.related[:MOST]
    ]
    return types.Diagnostic(
        range=range_of(found.range),
        message=found.text,
        severity=_WEIGHTS[found.weight],
        code=found.code,
        source=f"{SOURCE} (proof)",
        related_information=related or None,
    )


def symbol(entry: Entry, places: Places) -> types.DocumentSymbol:
    """A line of the outline, with what is in it."""
    return types.DocumentSymbol(
        name=entry.name,
        kind=_KINDS.get(entry.kind, types.SymbolKind.Function),
        range=places.range(entry.span),
        selection_range=places.range(entry.name_span),
        detail=printable(entry.detail) or entry.kind,
        children=[symbol(each, places) for each in entry.inside] or None,
    )
