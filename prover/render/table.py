"""A report as text: one line per verdict, witnesses where they matter, the sum last."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import assert_never

from dsl.source import Source
from prover.render.witness_table import witness_table
from prover.verdict import (
    Bounded,
    Broken,
    FileReport,
    Outcome,
    Proved,
    Refuted,
    Report,
    Unknown,
    Vacuous,
    Verdict,
    name_of,
)

WIDTH = 79
TAIL = 48
"""The widest line, and the column where it says what the verdict means."""

COLORS = {"proved": "32", "refuted": "31", "broken": "31"}
"""ANSI colours of verdicts; the others are yellow."""


def render_report(report: Report, verbose: bool, quiet: bool, color: bool) -> str:
    """The whole report.  The first line of each file names its models and configs."""
    lines: list[str] = []
    for file in report.files:
        if file.outcomes:
            lines.extend(_file(file, verbose=verbose, quiet=quiet, color=color))
    lines.append(_summary(report))
    return "\n".join(lines) + "\n"


def _file(file: FileReport, *, verbose: bool, quiet: bool, color: bool) -> list[str]:
    """One file's part."""
    lines = [_title(file)]
    for group in _groups(file.outcomes):
        outcome = group[0]
        if quiet and outcome.as_expected:
            continue
        lines.extend(_line(group, file.outcomes, color=color))
        if verbose or not outcome.as_expected:
            lines.extend(_details(outcome, file, verbose=verbose))
    if verbose:
        notes = dict.fromkeys(n for o in file.outcomes for n in o.notes)
        lines.extend(f"  note: {note}" for note in notes)
    return lines


def _title(file: FileReport) -> str:
    models = ", ".join(dict.fromkeys(o.obligation.model for o in file.outcomes))
    configs: dict[str, dict[str, None]] = {}
    for outcome in file.outcomes:
        for name, value in outcome.obligation.configuration:
            configs.setdefault(name, {})[value] = None
    parts = [models, *(f"{name}={'|'.join(values)}" for name, values in configs.items())]
    return f"{file.name}: {', '.join(parts)}"


def _groups(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    """Outcomes that differ in nothing but the configuration, in order of their first."""
    groups: dict[tuple[object, ...], list[Outcome]] = {}
    for outcome in outcomes:
        obligation = outcome.obligation
        key = (
            obligation.scenario,
            obligation.variant,
            obligation.model,
            summary_of(outcome.verdict),
            outcome.as_expected,
        )
        groups.setdefault(key, []).append(outcome)
    return list(groups.values())


def _line(group: list[Outcome], everything: Sequence[Outcome], *, color: bool) -> list[str]:
    """One verdict's line: what it is about, what it is, and whether it was expected.

    What does not fit goes on below, in the column of what the verdict says.
    """
    outcome = group[0]
    obligation = outcome.obligation
    name = obligation.scenario + (f" / {obligation.variant}" if obligation.variant else "")
    about = f"{name}  {_where(group, everything)}".strip()
    tail = summary_of(outcome.verdict)
    if not isinstance(outcome.verdict, Proved) or not outcome.as_expected:
        tail += "  " + _expectation(outcome)
    # As one word: its two are never on two lines.
    tail = tail.replace("(as expected)", "(as\x1fexpected)")
    wrapped = textwrap.wrap(tail, WIDTH - TAIL, break_long_words=False) or [""]
    said = [text.replace("\x1f", " ") for text in wrapped]
    verdict = name_of(outcome.verdict).ljust(8)
    lines = [f"{' ' * TAIL}{text}" for text in said]
    head = f"  {verdict} {about}"
    if len(head) < TAIL - 1:
        lines[0] = head.ljust(TAIL) + said[0]
    else:
        lines.insert(0, head)
    if color:
        code = COLORS.get(name_of(outcome.verdict), "33")
        lines[0] = lines[0].replace(verdict, f"\x1b[{code}m{verdict}\x1b[0m", 1)
    return [line.rstrip() for line in lines]


def _expectation(outcome: Outcome) -> str:
    """Whether the verdict was expected, in words."""
    if outcome.as_expected:
        return "(as expected)"
    expected = outcome.expected
    if expected is None:
        return "(NOT EXPECTED: nothing said, so proved)"
    words = [expected.verdict, ", ".join(expected.properties)]
    return f"(NOT EXPECTED: {' '.join(w for w in words if w)})"


def _where(group: list[Outcome], everything: Sequence[Outcome]) -> str:
    """The configurations of a group, in as few words as say it: nothing if it is all of them."""
    obligation = group[0].obligation
    alike = [
        o.obligation.configuration
        for o in everything
        if (o.obligation.scenario, o.obligation.variant, o.obligation.model)
        == (obligation.scenario, obligation.variant, obligation.model)
    ]
    own = [o.obligation.configuration for o in group]
    if len(own) == len(alike):
        return ""
    fixed: list[str] = []
    for index, (name, value) in enumerate(own[0]):
        if all(c[index][1] == value for c in own) and any(c[index][1] != value for c in alike):
            fixed.append(f"{name}={value}")
    covered = [c for c in alike if all(f"{n}={v}" in fixed or _free(n, fixed) for n, v in c)]
    if fixed and len(covered) == len(own):
        return " ".join(fixed)
    return " or ".join(" ".join(f"{n}={v}" for n, v in c) for c in own)


def _free(name: str, fixed: list[str]) -> bool:
    return not any(text.startswith(f"{name}=") for text in fixed)


def summary_of(verdict: Verdict) -> str:
    """What a verdict says, in a few words."""
    match verdict:
        case Proved():
            return "all executions, loops complete"
        case Bounded(bound=bound):
            return f"no violation where loops go back at most {bound} times"
        case Refuted():
            return ", ".join(verdict.properties)
        case Vacuous(what=what):
            return what
        case Unknown(why=why):
            return why
        case Broken(what=what):
            return what
        case _:
            assert_never(verdict)


def _details(outcome: Outcome, file: FileReport, *, verbose: bool) -> list[str]:
    """The witness of a refutation, or the loops of a bounded verdict."""
    lines: list[str] = []
    match outcome.verdict:
        case Refuted():
            shown = [outcome.verdict.witness, *(outcome.verdict.others if verbose else ())]
            for witness in shown:
                lines.append("")
                lines.extend(witness_table(witness, file.sources))
            lines.append("")
        case Bounded(loops=loops):
            for loop in loops:
                source = file.sources[loop.file]
                lines.append(f"    loop at {_at(source, loop.start)} can go further")
        case _:
            pass
    return lines


def _at(source: Source, offset: int) -> str:
    return f"{source.name}:{source.line_column(offset)[0]}"


def _summary(report: Report) -> str:
    """The last line."""
    outcomes = [o for file in report.files for o in file.outcomes]
    wrong = sum(not o.as_expected for o in outcomes)
    broken = sum(bool(file.diagnostics) for file in report.files)
    plural = "" if len(outcomes) == 1 else "s"
    text = f"{len(outcomes)} obligation{plural}: {len(outcomes) - wrong} as expected"
    if wrong:
        text += f", {wrong} NOT as expected"
    if broken:
        text += f"; {broken} file{'' if broken == 1 else 's'} with errors"
    return text
