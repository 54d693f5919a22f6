"""Text to syntax: ``parse(source)`` -> :class:`dsl.syntax.File`.

The only module that knows lark.  A file is scanned first (limits, characters,
comments: :mod:`dsl.scan`), then parsed whole.  Only if that fails is it cut into
top-level declarations that are parsed one by one, so that each can report its
own mistake (:mod:`dsl.syntax_errors`).
"""

from __future__ import annotations

import functools
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
        match _parse_text(scanned.text):
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
    silent = [d.primary.span.start for d in scanned.diagnostics if d.primary is not None]
    reported = bool(silent)
    for start, end in chunks(scanned):
        match _parse_text(scanned.text, start, end):
            case Failure() as failure:
                # A scanner's complaint in this chunk is the likelier cause.
                if not any(start <= offset < end for offset in silent):
                    reported = True
                    yield explain(failure, source, scanned, start)
            case tree:
                _, complaints = build(tree, source, ())
                reported = reported or bool(complaints)
                yield from complaints
    if not reported:
        yield explain(first, source, scanned, 0)


def _ordered(found: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    def place(diagnostic: Diagnostic) -> tuple[int, str]:
        primary = diagnostic.primary
        return (primary.span.start if primary else -1, diagnostic.code)

    return tuple(sorted(found, key=place)[:MAX_REPORTS])


def _parse_text(text: str, start: int = 0, end: int | None = None) -> Any:
    """The tree of ``text[start:end]``, with offsets in ``text``, or the :class:`Failure`."""
    from lark import TextSlice, UnexpectedCharacters, UnexpectedToken

    stop = len(text) if end is None else end
    try:
        return _lark().parse(TextSlice(text, start, stop))
    except UnexpectedToken as error:
        return _failure(error, stop)
    except UnexpectedCharacters as error:
        position = error.pos_in_stream or 0
        allowed = frozenset(_spellings().get(name, name) for name in error.allowed or ())
        return Failure(position, position + 1, "", allowed)


def _failure(error: Any, stop: int) -> Failure:
    spelled = _spellings()
    token = error.token
    kind = spelled.get(token.type, token.type)
    expected = frozenset(spelled.get(name, name) for name in error.accepts or error.expected)
    if token.type == "$END":
        return Failure(stop, stop, kind, expected)
    return Failure(token.start_pos, token.end_pos, kind, expected)


@functools.cache
def _spellings() -> dict[str, str]:
    """``SEMICOLON`` -> ``;`` for every terminal that is spelled in one way only."""
    from lark.lexer import PatternStr

    terminals = _lark().terminals
    return {t.name: t.pattern.value for t in terminals if isinstance(t.pattern, PatternStr)}


@functools.cache
def _lark() -> Any:
    """The parser of the language, made once."""
    from lark import Lark
    from lark import __version__ as version

    grammar = Path(__file__).with_name("khp.lark").read_text(encoding="utf-8")
    return cached(
        key=f"{version}\n{grammar}",
        make=lambda: Lark(
            grammar,
            parser="lalr",
            lexer="contextual",
            start="file",
            propagate_positions=True,
            maybe_placeholders=True,
        ),
        load=Lark.load,
    )
