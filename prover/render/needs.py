"""What the proofs of a file need, as text: load-bearing, covered, redundant, no answer."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from prover.needed import Broken, Change, Needs, Pairs, Result, Shown
from prover.render.witness_table import witness_table

WIDTH = 79
_INDENT = " " * 6

TITLES = (
    "load-bearing",
    "covered by another: redundant alone, not together",
    "redundant in these scenarios",
    "no answer",
)
"""What is said of the changes of each part, in the order of :func:`parts_of`."""

ONE = "one scenario is enough to show what is load-bearing: --all looks at all of them"


def render_needs(found: Needs) -> str:
    """The whole answer."""
    names = ", ".join(found.scenarios) or "none"
    title = f"{found.name}: {', '.join(found.models)}; proved as they are: {names}"
    lines = _wrapped(title, "", "  ")
    lines += [line for name, why in found.left_out for line in _wrapped(_left(name, why), "  ")]
    parts = parts_of(found)
    for title, results in zip(TITLES, parts, strict=True):
        lines += _part(title, results, found)
    if found.skipped:
        lines += ["", "not tried:"]
        for each in found.skipped:
            lines += _wrapped(f"{_at(found, each.span.file, each.span.start)}: {each.what}", "  ")
            lines += _wrapped(each.why, _INDENT)
    lines += ["", *_wrapped(summary_of(*parts), "", "  ")]
    lines += _wrapped(pairs_of(found.pairs), "", "  ")
    if len(found.scenarios) > 1 and parts[0] and not found.every:
        lines += _wrapped(ONE, "", "  ")
    if any(parts):
        lines += _wrapped(
            f"prove needs {found.name} --witness N shows what change N lets happen", ""
        )
    return "\n".join(lines) + "\n"


def parts_of(found: Needs) -> tuple[list[Result], list[Result], list[Result], list[Result]]:
    """The changes that are load-bearing, covered by another, redundant, without an answer."""
    covers = found.pairs.covers
    covered = {number for cover in covers for number in (cover.one, cover.other)}
    redundant = [result for result in found.results if result.redundant]
    return (
        [result for result in found.results if result.bearing],
        [result for result in redundant if result.change.number in covered],
        [result for result in redundant if result.change.number not in covered],
        [r for r in found.results if not r.bearing and not r.redundant],
    )


def _left(name: str, why: str) -> str:
    return f"left out: {name} ({why})"


def _part(title: str, results: Iterable[Result], found: Needs) -> list[str]:
    lines: list[str] = []
    for result in results:
        if not lines:
            lines += ["", f"{title}:"]
        change = result.change
        where = _at(found, change.span.file, change.span.start)
        lines += _wrapped(f"{change.number:>4}  {change.kind}  {where} {change.owner}", "", _INDENT)
        lines += _wrapped(f"{_short(change.what)}: {change.how}", _INDENT)
        for text in breaks_of(result.broken):
            lines += _wrapped(text, _INDENT, _INDENT + "  ")
        for each in result.unsettled:
            lines += _wrapped(f"no answer in {each.scenario}: {each.why}", _INDENT)
        for text in covers_of(change, found.pairs):
            lines += _wrapped(text, _INDENT)
    return lines


def breaks_of(broken: Iterable[Broken]) -> list[str]:
    """What breaks where: scenarios with the same properties on one line."""
    alike: dict[str, list[str]] = {}
    for each in broken:
        where = " ".join(f"{name}={value}" for name, value in each.configuration)
        alike.setdefault(", ".join(each.properties), []).append(
            f"{each.scenario} ({where})" if where else each.scenario
        )
    return [f"{properties} in {', '.join(names)}" for properties, names in alike.items()]


def covers_of(change: Change, pairs: Pairs) -> list[str]:
    """What covers a change that is redundant by itself."""
    texts: list[str] = []
    for cover in pairs.covers:
        if change.number in (cover.one, cover.other):
            other = cover.other if change.number == cover.one else cover.one
            properties = ", ".join(cover.broken.properties)
            where = f"{properties} in {cover.broken.scenario}"
            texts.append(f"covered by {other}: {where} without both")
    return texts


def summary_of(
    bearing: list[Result], both: list[Result], alone: list[Result], other: list[Result]
) -> str:
    """How many changes there are of each part."""
    total = len(bearing) + len(both) + len(alone) + len(other)
    plural = "" if total == 1 else "s"
    text = f"{total} change{plural}: {len(bearing)} load-bearing, {len(both)} covered, "
    text += f"{len(alone)} redundant"
    return f"{text}, {len(other)} without an answer" if other else text


def pairs_of(pairs: Pairs) -> str:
    """How many pairs were tried."""
    text = f"pairs of redundant changes: {pairs.tried} of {pairs.total}"
    none = f", {pairs.unsettled} trials without an answer" if pairs.unsettled else ""
    return f"{text} tried{none}"


def render_shown(shown: Shown) -> str:
    """One change, or some together, with the execution that they let happen."""
    lines: list[str] = []
    for change in shown.changes:
        source = shown.sources[change.span.file]
        line = source.line_column(change.span.start)[0]
        lines += _wrapped(
            f"{change.number}  {change.kind}  {source.name}:{line} {change.owner}", ""
        )
        lines += _wrapped(f"{_short(change.what)}: {change.how}", _INDENT)
    for text in breaks_of(() if shown.broken is None else (shown.broken,)):
        lines += _wrapped(text, _INDENT, _INDENT + "  ")
    if shown.why:
        lines += _wrapped(shown.why, _INDENT)
    if shown.witness is not None:
        lines += ["", *witness_table(shown.witness, shown.sources, plainly=True)]
    return "\n".join(lines) + "\n"


def _at(found: Needs, file: str, offset: int) -> str:
    return f"{file}:{found.sources[file].line_column(offset)[0]}"


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."


def _wrapped(text: str, first: str, rest: str | None = None) -> list[str]:
    further = first if rest is None else rest
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=further, break_on_hyphens=False
    )
