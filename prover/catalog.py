"""What is said of a folder of protocols: for each file its question, and what it expects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsl.diagnostic import Diagnostic
from dsl.header import Header
from dsl.source import Source


@dataclass(frozen=True, slots=True)
class Entry:
    """One file.

    ``name`` is its place below the folder.  ``header`` is None where it has none; ``about`` is the
    first sentence of its comment then.  ``verdicts`` are those expected, one for each obligation:
    none of a file that is only imported.  ``seconds`` of processor time are what proving it took,
    0 where that was not measured.
    """

    name: str
    header: Header | None
    about: str
    verdicts: tuple[str, ...]
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Catalog:
    """A folder, file by file.

    ``timed``: all was proved for it.  What kept it from being made is in ``diagnostics``;
    ``exit_code`` is that of proving, and ``unexpected`` are the files that made it what it is.
    """

    folder: str
    entries: tuple[Entry, ...] = ()
    timed: bool = False
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, Source] | None = None
    exit_code: int = 0
    unexpected: tuple[str, ...] = ()
