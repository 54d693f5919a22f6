"""A run as KTAP version 1, as the kernel's tests report: a test for each file, with its obligations
as subtests.

Names have no ``#``, which begins a directive there; it is shown by its number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prover.render.ci.cases import (
    case_name,
    details,
    errors_of,
    files_of,
    found_in,
    notes_of,
    state_of,
)
from prover.render.letters import printable
from prover.verdict import FileReport, Outcome, Report

INDENT = "  "
"""Before each line of a subtest, once for each level."""


def render(report: Report) -> str:
    """The whole run."""
    files = files_of(report)
    lines = ["KTAP version 1", f"1..{len(files)}"]
    for number, file in enumerate(files, 1):
        lines += _file(number, file)
    return "".join(f"{line}\n" for line in lines)


def _file(number: int, file: FileReport) -> Iterator[str]:
    """One file; its own result comes last."""
    if file.outcomes:
        yield f"{INDENT}KTAP version 1"
        yield f"{INDENT}1..{len(file.outcomes)}"
        for index, outcome in enumerate(file.outcomes, 1):
            yield from (INDENT + line for line in _case(index, outcome, file))
    yield from _diagnostic(f"note: {note}" for note in notes_of(file))
    yield from _diagnostic(errors_of(file))
    if file.diagnostics:
        first = file.diagnostics[0]
        yield _result(number, file.name, "error", f"{first.code}: {first.message}")
    else:
        good = all(state_of(outcome) == "pass" for outcome in file.outcomes)
        yield _result(number, file.name, "pass" if good else "failure", "")


def _case(number: int, outcome: Outcome, file: FileReport) -> Iterator[str]:
    """One obligation, what shows that it fails before it."""
    state = state_of(outcome)
    if state != "pass":
        yield from _diagnostic(details(outcome, file))
    yield _result(number, case_name(outcome), state, found_in(outcome) if state != "pass" else "")


def _result(number: int, name: str, state: str, why: str) -> str:
    word = "ok" if state == "pass" else "not ok"
    directive = "ERROR " if state == "error" else ""
    data = f" # {directive}{_clean(why)}" if why else ""
    return f"{word} {number} {_clean(name)}{data}"


def _clean(text: str) -> str:
    """Text in which no directive begins, on one line."""
    return printable(text).replace("#", "<U+0023>").strip() or "(no name)"


def _diagnostic(lines: Iterable[str]) -> Iterator[str]:
    # The space keeps parsers from reading `# Subtest:` in what a file says.
    return (f"#  {line}".rstrip() for line in lines)
