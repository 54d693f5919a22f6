"""What is wrong with a program, collected while it is checked."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NoReturn

from dsl.diagnostic import Diagnostic, DiagnosticError, Label
from dsl.frozen import Open, field
from dsl.source import Span

MAX_DIAGNOSTICS = 50
"""More than these help nobody; the rest comes with the next run."""

_MAX_COLLECTED = 200
"""Collected before they are ordered and cut: a hostile file must not cost more."""

_MAX_KNOWN = 2000
"""Among more names than these no nearest one is looked for."""


class Skip(Exception):
    """The construct at hand is wrong and has been reported; go on with the next one."""


class EnoughError(Exception):
    """More is wrong than anybody reads; stop."""


class Report(Open):
    """Collects diagnostics; equal ones (same code, place and message) count once."""

    found: dict[tuple[str, str, Span | None], Diagnostic] = field(
        default_factory=dict[tuple[str, str, Span | None], Diagnostic]
    )

    def error(
        self,
        code: str,
        message: str,
        span: Span | None,
        hint: str = "",
        trail: tuple[Label, ...] = (),
    ) -> None:
        """Report one diagnostic; ``hint`` says what to do, ``trail`` how it came to this."""
        if len(self.found) >= _MAX_COLLECTED:
            raise EnoughError
        primary = None if span is None else Label(span, "")
        self.found.setdefault(
            (code, message, span), Diagnostic(code, message, primary, trail, hint)
        )

    def fail(
        self,
        code: str,
        message: str,
        span: Span | None,
        hint: str = "",
        trail: tuple[Label, ...] = (),
    ) -> NoReturn:
        """Report and give up on the construct at hand."""
        self.error(code, message, span, hint, trail)
        raise Skip

    def close(self, files: Iterable[str]) -> None:
        """Raise what was found, in the order of ``files`` and of the text; nothing if none."""
        if not self.found:
            return
        order = {name: rank for rank, name in enumerate(files)}

        def position(diagnostic: Diagnostic) -> tuple[int, int, int, str]:
            if diagnostic.primary is None:
                return (-1, 0, 0, diagnostic.code)
            span = diagnostic.primary.span
            return (order.get(span.file, len(order)), span.start, span.end, diagnostic.code)

        ordered = sorted(self.found.values(), key=position)
        raise DiagnosticError(tuple(ordered[:MAX_DIAGNOSTICS]))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint that names the known name nearest to ``name``; empty if none is near."""
    names = sorted(set(known))
    if len(names) > _MAX_KNOWN:
        return ""
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else ""
