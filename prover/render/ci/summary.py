"""A run as Markdown, for the summary that a job has on GitHub: ``$GITHUB_STEP_SUMMARY``.

What is not as expected comes first, in full.  GitHub shows nothing of a summary above 1 MiB, so
what does not fit is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from prover.render.ci.cases import errors_of, files_of, findings, notes_of, state_of
from prover.render.letters import printable
from prover.render.table import certified_in, counted, counts_of
from prover.verdict import FileReport, Report, name_of

LIMIT = 1 << 20
"""GitHub's, in bytes."""

ROOM = LIMIT - 1024
"""What blocks may fill; the sentences about those that are left out stand in the rest."""


def render(report: Report) -> str:
    """The page: the sum, what is wrong, and a line for each file.  ASCII."""
    files = files_of(report)
    heading = f"## prove\n\n{_sum(files)}\n\n"
    wrong = [block for file in files for block in _wrong(file)]
    shown = _fitting(wrong, ROOM * 3 // 4)
    text = heading + "".join(wrong[:shown])
    if shown < len(wrong):
        text += f"{len(wrong) - shown} more that are not as expected do not fit here.\n\n"
    rows = [_row(file) for file in files]
    notes = [f"- {_span(note)}\n" for note in dict.fromkeys(n for f in files for n in notes_of(f))]
    if rows:
        text += "| file | verdicts | |\n| --- | --- | --- |\n"
        text += _all_or_counted(rows, ROOM - len(text), "| {} more | | |\n")
    if notes:
        text += "\nNot covered:\n\n"
        text += _all_or_counted(notes, ROOM - len(text), "- {} more\n")
    return text


def _fitting(blocks: Sequence[str], room: int) -> int:
    """How many blocks fit, from the first on."""
    for number, block in enumerate(blocks):
        room -= len(block)
        if room < 0:
            return number
    return len(blocks)


def _all_or_counted(blocks: Sequence[str], room: int, rest: str) -> str:
    shown = _fitting(blocks, room)
    more = rest.format(len(blocks) - shown) if shown < len(blocks) else ""
    return "".join(blocks[:shown]) + more


def _sum(files: Sequence[FileReport]) -> str:
    outcomes = [outcome for file in files for outcome in file.outcomes]
    wrong = sum(state_of(outcome) != "pass" for outcome in outcomes)
    broken = sum(bool(file.diagnostics) for file in files)
    parts = [f"{counted(len(outcomes), 'obligation')}: {len(outcomes) - wrong} as expected"]
    if wrong:
        parts.append(f"**{wrong} not as expected**")
    if certified := certified_in(outcomes):
        parts.append(certified)
    if broken:
        parts.append(f"**{counted(broken, 'file')} with errors**")
    return ", ".join(parts)


def _wrong(file: FileReport) -> Iterator[str]:
    """A block for the errors of a file, and one for each thing that is not as expected."""
    if file.diagnostics:
        yield f"### {_span(file.name)}\n\n{_fenced(errors_of(file))}"
    for finding in findings(file):
        title = f"### {_span(file.name)}: {_span(finding.name)}\n\n"
        said = f"{_span(finding.found)} ({_span(finding.scope)})\n\n"
        yield title + said + (_fenced(finding.text) if finding.text else "")


def _row(file: FileReport) -> str:
    wrong = sum(state_of(outcome) != "pass" for outcome in file.outcomes)
    verdicts = counts_of([name_of(outcome.verdict) for outcome in file.outcomes])
    word = "as expected"
    if file.diagnostics:
        word = f"**{counted(len(file.diagnostics), 'error')}**"
    elif wrong:
        word = f"**{wrong} not as expected**"
    return f"| {_span(file.name)} | {verdicts} | {word} |\n"


def _fenced(lines: Sequence[str]) -> str:
    """Lines as they are, between fences that none of them ends."""
    text = "\n".join(lines)
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}\n\n"


def _span(text: str) -> str:
    """Text in a line or a cell, in which nothing is markup."""
    shown = printable(text).strip()
    if shown and not re.search(r"[`|\\]", shown):
        return f"`{shown}`"
    return re.sub(r"[^A-Za-z0-9 ]", lambda found: f"&#{ord(found[0])};", shown)
