"""What the tool tells the author of a file, as values.  Rendering is someone else's job."""

from __future__ import annotations

from dsl.frozen import Frozen
from dsl.source import Span


class Label(Frozen, frozen=True):
    """A place and what is to be said about it."""

    span: Span
    text: str


class Diagnostic(Frozen, frozen=True):
    """One thing to tell the author.

    ``code`` is stable (:data:`dsl.codes.CODES` explains it); ``message`` one
    sentence without a full stop that names things as the author wrote them;
    ``primary`` the narrowest place that is wrong, None only for a file that
    cannot be read; ``trail`` how we got there, outermost first; ``hint`` what to do.
    """

    code: str
    message: str
    primary: Label | None
    trail: tuple[Label, ...] = ()
    hint: str = ""


class DiagnosticError(Exception):
    """The file is wrong; carries every diagnostic found, at least one."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics[0].message)
        self.diagnostics = diagnostics
