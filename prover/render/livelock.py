"""Retry loops that go round for ever, as text: warnings below a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from prover.render.witness_table import looping_table
from prover.verdict import Livelock, Obligation, Report

WIDTH: Final = 79


def liveness_lines(report: Report, *, verbose: bool) -> Iterator[str]:
    """What was found of retry loops; ``verbose``: also where nothing was."""
    sources = {file.name: file.sources for file in report.files}
    for each in report.liveness or ():
        about = f"{each.file}: {question(each.obligation)}"
        for found in each.found:
            yield ""
            yield from _wrapped(f"warning: {about}: {word(found)}")
            yield ""
            yield from indented(looping_table(found.witness, found.begins, sources[each.file]))
        if each.why:
            yield from _wrapped(f"note: {about}: retry loops not looked at: {each.why}")
        elif verbose and not each.found:
            looked = f"{each.who} ({each.configurations} configurations, sc)"
            yield from _wrapped(f"note: {about}: no retry loop goes round for ever with {looked}")
    if any(each.found for each in report.liveness or ()):
        yield ""


def _wrapped(text: str) -> list[str]:
    return wrap(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def word(found: Livelock) -> str:
    """What kind of thing it is."""
    if found.kind == "stuck":
        return f"{found.actor} retries for ever and nothing changes any more"
    return f"{found.actor} may retry for ever, others going on"


def question(obligation: Obligation) -> str:
    """The obligation without its model."""
    where = "".join(f" {name}={value}" for name, value in obligation.configuration)
    return f"{obligation.question}{where}"


def indented(lines: Sequence[str]) -> Iterator[str]:
    """Lines below what they are about."""
    yield from (f"  {line}".rstrip() for line in lines)


def counted_livelocks(report: Report) -> str:
    """How many there are, for the last line of a report."""
    found = sum(len(each.found) for each in report.liveness or ())
    return f"{found} warning{'' if found == 1 else 's'} of retry loops" if found else ""
