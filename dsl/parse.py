"""Text to syntax: ``parse(source)`` -> :class:`dsl.syntax.File`.

The only module, with its lexer, that knows lark.  A file is scanned first (limits, characters,
comments: :mod:`dsl.scan`), then parsed whole.  Only if that fails is it cut into
top-level declarations that are parsed one by one, so that each can report its
own mistake (:mod:`dsl.syntax_errors`).
"""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from dsl import syntax as s
from dsl.build import build
from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.grammar_cache import cached
from dsl.scan import MAX_REPORTS, Scan, scan
from dsl.source import Source
from dsl.syntax_errors import Failure, chunks, explain


def parse(source: Source) -> s.File:
    """The syntax of ``source``; raises :class:`DiagnosticError` with all that is wrong with it."""
    scanned = scan(source)
    found = list(scanned.diagnostics)
    if not scanned.fatal:
        match _parse_part(scanned):
            case Failure() as failure:
                room = MAX_REPORTS - len(found)
                found.extend(islice(_failures(source, scanned, failure), room))
            case tree:
                file, complaints = build(tree, source, scanned.comments)
                found.extend(complaints)
                if not found:
                    return file
    raise DiagnosticError(_ordered(found))


def _failures(source: Source, scanned: Scan, first: Failure) -> Iterator[Diagnostic]:
    """What is wrong in each top-level declaration, at most one mistake in each."""
    found = False
    for diagnostic in _mistakes(source, scanned, list(chunks(scanned)), first):
        found = True
        yield diagnostic
    if not found and not scanned.diagnostics:
        yield explain(first, source, scanned, 0)


def _mistakes(
    source: Source, scanned: Scan, parts: list[tuple[int, int]], known: Failure | None = None
) -> Iterator[Diagnostic]:
    """The mistakes in ``parts``, which follow one another; ``known`` is where they fail together.

    They are parsed together; if that fails, what is before the part where it
    failed, that part, and what is behind it each on its own.
    """
    if not parts:
        return
    start, end = parts[0][0], parts[-1][1]
    match known or _parse_part(scanned, start, end):
        case Failure() as failure if len(parts) == 1:
            # A complaint of the scanner in this part is the likelier cause.
            if not any(start <= place < end for place in _places(scanned.diagnostics)):
                yield explain(failure, source, scanned, start)
        case Failure() as failure:
            at = bisect_right(parts, failure.start, key=lambda part: part[0]) - 1
            yield from _mistakes(source, scanned, parts[:at])
            yield from _mistakes(source, scanned, parts[at : at + 1])
            yield from _mistakes(source, scanned, parts[at + 1 :])
        case tree:
            yield from build(tree, source, ())[1]


def _places(diagnostics: tuple[Diagnostic, ...]) -> list[int]:
    return [d.primary.span.start for d in diagnostics if d.primary is not None]


def _ordered(found: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    def place(diagnostic: Diagnostic) -> tuple[int, str]:
        primary = diagnostic.primary
        return (primary.span.start if primary else -1, diagnostic.code)

    return tuple(sorted(found, key=place)[:MAX_REPORTS])


def _parse_part(scanned: Scan, start: int = 0, end: int | None = None) -> Any:
    """The tree of a part of the text, or the :class:`Failure`."""
    from lark import UnexpectedToken

    from dsl.lexer import Part

    stop = len(scanned.text) if end is None else end
    try:
        return _lark().parse(Part(scanned, start, stop))
    except UnexpectedToken as error:
        return _failure(error, stop)


def _failure(error: Any, stop: int) -> Failure:
    token = error.token
    kind = _spelled(token.type)
    expected = frozenset(_spelled(name) for name in error.accepts or error.expected)
    if token.type == "$END":
        return Failure(stop, stop, kind, expected)
    return Failure(token.start_pos, token.end_pos, kind, expected)


def _spelled(name: str) -> str:
    return _spellings().get(name, name)


@functools.cache
def _spellings() -> dict[str, str]:
    """``SEMICOLON`` -> ``;`` for every terminal that is spelled in one way only."""
    from lark.lexer import PatternStr

    return {
        terminal.name: str(terminal.pattern.value)
        for terminal in _lark().terminals
        if isinstance(terminal.pattern, PatternStr)
    }


@functools.cache
def _lark() -> Any:
    """The parser of the language, made once."""
    from lark import Lark
    from lark import __version__ as version

    from dsl.lexer import Words

    # Lark's own annotations are partly missing.
    make: Any = Lark
    grammar = Path(__file__).with_name("khp.lark").read_text(encoding="utf-8")
    return cached(
        key=f"{version}\nown words\n{grammar}",
        make=lambda: make(
            grammar,
            parser="lalr",
            lexer=Words,
            start="file",
            propagate_positions=True,
            maybe_placeholders=True,
        ),
        load=make.load,
    )
