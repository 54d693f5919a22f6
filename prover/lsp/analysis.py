"""What is known of an open document: its program, what is wrong with it, the index of its names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dsl.check import check
from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.files import Read, library_root
from dsl.imports import LoadError, Program, load, load_text
from dsl.parse import parse
from dsl.printer import format_file
from dsl.source import Source
from dsl.syntax import File, Scenario
from prover.lsp.index import index_of
from prover.lsp.paths import real
from prover.lsp.uses import Index


@dataclass(frozen=True, slots=True)
class Document:
    """An open document: ``path`` is where it is saved, None where it is nowhere yet."""

    uri: str
    text: str
    version: int
    path: Path | None


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found out about a document's text.

    ``name`` is what the text is called in spans, ``read`` where its imports are; ``syntax`` and
    ``program`` are there as far as the text goes.  ``library``: it has no scenario and checks
    only as a part of others, maybe.
    """

    document: Document
    name: str
    sources: Mapping[str, Source]
    read: tuple[Read, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    program: Program | None = None
    index: Index | None = None
    library: bool = False

    @property
    def checked(self) -> bool:
        """Whether nothing is wrong."""
        return self.program is not None and not self.diagnostics


@dataclass(slots=True)
class Analyst:
    """Analyses texts; keeps the syntax of what it saw last, for the next time."""

    parsed: dict[Source, File] = field(default_factory=dict[Source, File])

    def analyse(self, document: Document, texts: Mapping[str, str]) -> Analysis:
        """What is to be said of a document; ``texts`` are all that are open, by real path."""
        name = document.uri if document.path is None else str(document.path)
        roots = (library_root(),)
        try:
            if document.path is None:
                program = load_text(name, document.text, None, roots)
            else:
                # Links may give one file two documents: this one is about its own text.
                own = {**texts, real(document.path): document.text}
                program = load(document.path, roots, self.parsed, own)
        except LoadError as error:
            return Analysis(document, name, error.sources, error.read, error.diagnostics)
        except RecursionError:
            return Analysis(document, name, {}, (), (_too_deep(),))
        return self._checked(document, name, program)

    def _checked(self, document: Document, name: str, program: Program) -> Analysis:
        found: Sequence[Diagnostic] = ()
        try:
            check(program)
        except DiagnosticError as error:
            found = error.diagnostics
        except RecursionError:
            found = (_too_deep(),)
        try:
            index = index_of(program)
        except RecursionError:
            index = None
        scenarios = any(isinstance(each, Scenario) for each in program.main.declarations)
        return Analysis(
            document,
            name,
            program.sources,
            program.read,
            tuple(found),
            program,
            index,
            not scenarios,
        )

    def formatted(self, document: Document) -> str | None:
        """The text in the one format; None where it cannot be parsed."""
        source = Source(document.uri, document.text)
        try:
            return format_file(parse(source), source)
        except (DiagnosticError, RecursionError):
            return None

    def forget(self, kept: Sequence[Analysis]) -> None:
        """Keeps the syntax of what these have read, and of nothing else."""
        used = {source for each in kept for source in each.sources.values()}
        for source in [source for source in self.parsed if source not in used]:
            del self.parsed[source]


def _too_deep() -> Diagnostic:
    message = "the text is nested too deeply to be looked at"
    return Diagnostic("too-deep", message, None, hint="write it with fewer levels")
