"""What cannot be said in the other language, as diagnostics."""

from __future__ import annotations

from dsl.diagnostic import Diagnostic, DiagnosticError, Label
from dsl.source import Span

CONSTRUCT = "not-exportable"
LOOP = "export-loop"
POINTER = "export-pointer"
VALUE = "export-value"
QUESTION = "export-question"
TOO_LARGE = "too-large"


def refuse(code: str, message: str, span: Span, hint: str, label: str = "here") -> DiagnosticError:
    """The error that names what is in the way, and where it stands."""
    return DiagnosticError((Diagnostic(code, message, Label(span, label), hint=hint),))


def lacking(what: str, span: Span, hint: str) -> DiagnosticError:
    """The error for a construct that litmus tests do not have."""
    return refuse(CONSTRUCT, f"a litmus test cannot say {what}", span, hint)


def too_large(why: str) -> DiagnosticError:
    """The error for what would be longer or deeper than a litmus test may be."""
    hint = "leave actors or calls out of the scenario: litmus tests are small"
    return DiagnosticError((Diagnostic(TOO_LARGE, why, None, hint=hint),))
