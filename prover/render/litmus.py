"""The answers for litmus tests, as text for people and in the lines that herd7 prints."""

from __future__ import annotations

import textwrap
from collections import Counter

from prover.answers import Answered, LitmusReport, LitmusWitness

KINDS = {"exists": "Allowed", "~exists": "Forbidden", "forall": "Required"}
"""How herd7 names a test by its quantifier."""

WIDTH = 71
MAX_COLUMNS = 3
"""How wide a witness is, and how many processes stand side by side."""

STRENGTH = {
    "sc": "a plain interleaving (SC) shows it",
    "tso": "needs a store buffer (x86-TSO); no interleaving shows it",
    "lkmm": "allowed by LKMM; x86-TSO hardware forbids it",
}
"""What the strongest model that allows an execution says about it."""

HOW = {
    "po": "is before, in program order,",
    "rf": "is what is read by",
    "co": "is overwritten by",
    "fr": "reads what is older than",
}
"""What a step of a cycle says."""

COLORS = {"Never": "32", "Sometimes": "33", "Always": "33"}
"""ANSI colours of observations; no answer is red."""


def render_table(report: LitmusReport, *, quiet: bool, color: bool) -> str:
    """One line per test, the sum last."""
    lines = [f"{len(report.tests)} litmus tests: {report.model}"] if len(report.tests) > 1 else []
    for answer in report.tests:
        if quiet and answer.decided.observation and answer.decided.result:
            continue
        lines.append(_line(answer, color=color))
        if answer.decided.witness is not None:
            lines.extend(_witness(answer.decided.witness))
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
    if decided.observation and not decided.result and decided.quantifier != "exists":
        parts.append(f"(the test claims {decided.quantifier})")
    return "  ".join(parts)


def _witness(witness: LitmusWitness) -> list[str]:
    """The execution, one column per process; why it is no interleaving, if it is none."""
    processes = sorted({step.process for step in witness.steps})
    width = WIDTH // max(1, len(processes))
    strength = STRENGTH.get(witness.model, f"allowed by {witness.model}")
    if witness.model == "lkmm" and witness.plain:
        strength = "allowed by LKMM, where the compiler may reorder plain accesses"
    lines = ["", f"    {strength}", ""]
    columns = len(processes) <= MAX_COLUMNS
    if columns:
        heads = "".join(f"P{p}".ljust(width) for p in processes)
        lines += [
            f"    {heads}".rstrip(),
            f"    {''.join('=='.ljust(width) for _ in processes)}".rstrip(),
        ]
    for step in witness.steps:
        seen = ", ".join(f"{read.place} = {read.value}" for read in step.reads)
        text = f"{step.text}  [{seen}]" if seen else step.text
        index = processes.index(step.process)
        if columns:
            wrapped = textwrap.wrap(text, width - 2, subsequent_indent="  ")
            lines.extend("    " + " " * (index * width) + part for part in wrapped)
        else:
            lines.append(f"    P{step.process}: {text}")
    lines += ["", "    final: " + " ".join(f"{end.place}={end.value}" for end in witness.final)]
    if witness.cycle:
        lines += ["", "    no order of the statements shows this:"]
        for link, after in zip(witness.cycle, (*witness.cycle[1:], witness.cycle[0]), strict=True):
            lines.append(f"      P{link.process} {link.text}")
            lines.append(f"        {HOW[link.how]} P{after.process} {after.text}  ({link.how})")
    return [*lines, ""]


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
