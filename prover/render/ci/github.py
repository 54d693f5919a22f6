"""What is not as expected as GitHub's workflow commands: annotations of the lines of a change.

GitHub shows ten of a kind for each step.  The tenth counts those that it stands for, so that
nothing is cut silently.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prover.render.ci.cases import (
    Finding,
    Place,
    errors_of,
    files_of,
    findings,
    path_of,
    place_of_error,
)
from prover.render.letters import printable
from prover.verdict import EXIT_UNSETTLED, FileReport, Report, exit_of

MOST = 10
"""So many of a kind are shown."""

LINES = 200
"""The most lines of one: an annotation has at most 64 KiB."""


@dataclass(frozen=True, slots=True)
class _Command:
    kind: str
    file: str
    place: Place
    title: str
    lines: tuple[str, ...]


def render(report: Report) -> str:
    """A line for each annotation, errors before warnings; nothing if all is as expected."""
    commands = [command for file in files_of(report) for command in _commands(file)]
    texts: list[str] = []
    for kind in ("error", "warning"):
        own = [command for command in commands if command.kind == kind]
        shown = own if len(own) <= MOST else own[: MOST - 1]
        texts += map(_line, shown)
        if len(own) > len(shown):
            more = f"{len(own) - len(shown)} more are not shown here, {len(own)} in all"
            texts.append(f"::{kind} title=prove::{_data(more)}")
    return "".join(f"{text}\n" for text in texts)


def _commands(file: FileReport) -> Iterator[_Command]:
    path = path_of(file)
    if file.diagnostics:
        # One for the file: what follows from its first error is no news.
        first = file.diagnostics[0]
        at = place_of_error(first, file)
        title = f"{first.code}: {first.message}"
        yield _Command("error", path, at, title, errors_of(file))
    for finding in findings(file):
        yield _finding(finding, path)


def _finding(finding: Finding, path: str) -> _Command:
    """A warning where nothing was settled, as by the exit code."""
    kind = "warning" if exit_of(finding.outcome) == EXIT_UNSETTLED else "error"
    lines = (f"{finding.found} ({finding.scope})", *finding.text)
    return _Command(kind, path, finding.place, f"prove: {finding.name}", lines)


def _line(command: _Command) -> str:
    at = command.place
    lines = command.lines
    if len(lines) > LINES:
        lines = (*lines[:LINES], f"({len(lines) - LINES} more lines)")
    properties = {
        "file": command.file,
        "line": str(at.line),
        "endLine": str(at.end_line),
        "title": printable(command.title),
    }
    said = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    text = "\n".join(lines)
    return f"::{command.kind} {said}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A value; only a path has other characters than ASCII, which belong to it."""
    shown = text if text.isprintable() else printable(text)
    return _data(shown).replace(":", "%3A").replace(",", "%2C")
