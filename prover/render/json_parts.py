"""What the JSON reports have in common: how a document begins, and places in files.

Documents are ASCII.  The text is the same on every run, apart from the members called
``measured``.  A document's version goes up when a member goes away or means something else;
readers skip members they do not know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import TypeAlias

from dsl.diagnostic import Diagnostic, Label
from dsl.source import Source, Span
from prover.version import VERSION

Json: TypeAlias = str | int | float | bool | list["Json"] | dict[str, "Json"] | None


def document(kind: tuple[str, int], code: int, content: dict[str, Json], seconds: float) -> str:
    """One JSON object: the schema and its version, who writes, the exit code, the content."""
    schema, schema_version = kind
    whole: dict[str, Json] = {
        "schema": schema,
        "version": schema_version,
        "tool": {"name": "prove", "version": VERSION},
        "solver": {"name": "z3", "version": version("z3-solver")},
        "exit_code": code,
        **content,
        "measured": {"seconds": round(seconds, 6)},
    }
    return json.dumps(whole, indent=2) + "\n"


@dataclass(frozen=True, slots=True)
class Places:
    """Writes what has places in one file or its imports."""

    sources: Mapping[str, Source]

    def at(self, span: Span | None) -> Json:
        """A span by lines and columns; null where it is in no file."""
        source = None if span is None else self.sources.get(span.file)
        if span is None or source is None:
            return None
        line, column = source.line_column(span.start)
        end_line, end_column = source.line_column(max(span.start, span.end))
        return {
            "file": span.file,
            "line": line,
            "column": column,
            "end_line": end_line,
            "end_column": end_column,
        }

    def diagnostic(self, diagnostic: Diagnostic) -> Json:
        """One thing that is wrong with the file."""
        primary = diagnostic.primary
        return {
            "code": diagnostic.code,
            "message": diagnostic.message,
            "primary": None if primary is None else self.label(primary),
            "trail": [self.label(label) for label in diagnostic.trail],
            "hint": diagnostic.hint or None,
        }

    def label(self, label: Label) -> Json:
        """A place and what is said about it."""
        return {"at": self.at(label.span), "text": label.text}
