"""The answers for litmus tests, as text for people and in the lines that herd7 prints."""

from __future__ import annotations

from collections import Counter

from prover.answers import Answered, LitmusReport

KINDS = {"exists": "Allowed", "~exists": "Forbidden", "forall": "Required"}
"""How herd7 names a test by its quantifier."""

COLORS = {"Never": "32", "Sometimes": "33", "Always": "33"}
"""ANSI colours of observations; no answer is red."""


def render_table(report: LitmusReport, *, quiet: bool, color: bool) -> str:
    """One line per test, the sum last."""
    lines = [f"{len(report.tests)} litmus tests: {report.model}"] if len(report.tests) > 1 else []
    lines.extend(
        _line(answer, color=color)
        for answer in report.tests
        if not quiet or not answer.decided.observation or not answer.decided.result
    )
    lines.append(_summary(report))
    return "\n".join(lines) + "\n"


def _line(answer: Answered, *, color: bool) -> str:
    decided = answer.decided
    word = (decided.observation or "unknown").ljust(9)
    if color:
        word = f"\x1b[{COLORS.get(decided.observation, '31')}m{word}\x1b[0m"
    parts = [f"  {word} {decided.name}"]
    if decided.why:
        parts.append(decided.why)
    if decided.flags:
        parts.append("flags: " + ", ".join(decided.flags))
    if decided.observation and not decided.result:
        parts.append(f"(the test claims {decided.quantifier})")
    return "  ".join(parts)


def _summary(report: LitmusReport) -> str:
    counts = Counter(a.decided.observation or "unknown" for a in report.tests)
    told = [f"{counts[w]} {w}" for w in ("Never", "Sometimes", "Always", "unknown") if counts[w]]
    number = len(report.tests)
    return f"{number} test{'s' * (number != 1)} under {report.model}: {', '.join(told)}"


def render_herd(report: LitmusReport) -> str:
    """For each test the lines that scripts around herd7 look for."""
    lines: list[str] = []
    for answer in report.tests:
        decided = answer.decided
        if not decided.observation:
            lines.append(f"Error {decided.name}: {decided.why}")
            continue
        lines.append(f"Test {decided.name} {KINDS[decided.quantifier]}")
        lines.append("Ok" if decided.result else "No")
        lines.extend(f"Flag {flag}" for flag in decided.flags)
        lines.append(f"Observation {decided.name} {decided.observation}")
        lines.append(f"Result {decided.name} {'Ok' if decided.result else 'No'}")
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"
