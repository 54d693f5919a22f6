"""Answers about a place in a document: where its name is declared and used, and what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from lsprotocol import types

from dsl.primitives import PROPERTIES, SIGNATURES
from prover.lsp import texts
from prover.lsp.analysis import Analysis
from prover.lsp.asked import Answer
from prover.lsp.declared import Symbol
from prover.lsp.messages import Places
from prover.lsp.paths import path_of, real
from prover.lsp.places import Units
from prover.lsp.uses import Index, Use


@dataclass(frozen=True, slots=True)
class Place:
    """An offset in a document's text; ``good`` is the last analysis that has an index."""

    analysis: Analysis
    good: Analysis | None
    offset: int

    def found(self) -> tuple[Use, Analysis] | None:
        """The name there, and the analysis that knows it.

        In a text that cannot be parsed, what was last declared by that name.
        """
        good = self.good
        if good is None or good.index is None:
            return None
        if good is self.analysis:
            use = good.index.at(good.name, self.offset)
            return None if use is None else (use, good)
        symbols = _by_name(good.index, self.word())
        return (Use(symbols[0].span, symbols), good) if symbols else None

    def word(self) -> str:
        """The name there, as it is written."""
        return texts.word_at(self.analysis.document.text, self.offset)


def _by_name(index: Index, name: str) -> tuple[Symbol, ...]:
    known = index.known
    for table in (known.names, known.types, known.scenarios, known.variants):
        if name in table:
            return (table[name],)
    pairs = (known.fields, known.values, known.own, known.labels)
    return tuple(symbol for table in pairs for symbol in known.named(table, name))


def definitions(place: Place, units: Units) -> list[types.Location]:
    """Where what is pointed at is declared."""
    found = place.found()
    if found is None:
        return []
    use, analysis = found
    places = Places(analysis, units)
    located = (places.location(symbol.span) for symbol in use.symbols if symbol.span.file)
    return [location for location in located if location is not None]


def references(
    place: Place, everywhere: Sequence[Analysis], units: Units, *, declaration: bool
) -> list[types.Location]:
    """Every use of what is pointed at, in what is open and all that it imports."""
    found = place.found()
    if found is None:
        return []
    use, analysis = found
    wanted = {_key(symbol, analysis) for symbol in use.symbols}
    located: dict[tuple[object, ...], types.Location] = {}
    for each in everywhere:
        places = Places(each, units)
        for other in _uses(each):
            for symbol in other.symbols:
                key = _key(symbol, each)
                if key not in wanted or (symbol.span == other.span and not declaration):
                    continue
                location = places.location(other.span)
                if location is not None:
                    file = _path(each, other.span.file)
                    located[file, other.span.start, other.span.end] = location
    return [located[key] for key in sorted(located, key=repr)]


def _uses(analysis: Analysis) -> Iterator[Use]:
    if analysis.index is not None:
        for uses in analysis.index.by_file.values():
            yield from uses


def _key(symbol: Symbol, analysis: Analysis) -> tuple[str, str, str, int]:
    """What is the same of one thing in all programs that have it."""
    path = _path(analysis, symbol.span.file) if symbol.span.file else ""
    return symbol.kind, symbol.name, path, symbol.span.start


def _path(analysis: Analysis, file: str) -> str:
    for read in analysis.read:
        if read.name == file:
            return read.real
    return file


def hover(place: Place, codes: Sequence[str]) -> types.Hover | None:
    """What is pointed at, and what the codes of the diagnostics there mean."""
    parts: list[str] = []
    found = place.found()
    word = place.word()
    if found is not None:
        use, analysis = found
        parts.append(texts.shown(use, analysis.sources, analysis.name))
    elif word in SIGNATURES:
        parts.append(texts.primitive(word))
    elif word in PROPERTIES:
        parts.append(texts.explanation(word))
    parts += [text for code in dict.fromkeys(codes) if (text := texts.explanation(code))]
    if not parts:
        return None
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(parts)))


def paths_of(uri: str) -> set[str]:
    """The real path of a document, if it has any."""
    path = path_of(uri)
    return set() if path is None else {real(path)}


def told(answer: Answer) -> dict[str, object]:
    """A proof's answer as the command gives it."""
    return {
        "refused": answer.refused or None,
        "said": answer.said or None,
        "obligations": [asdict(found) for found in answer.found],
    }
