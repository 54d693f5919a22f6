"""Why a file is proved, as one page: for each property the facts of a proof, and their source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from dsl.source import Span
from prover.explained import Core, Explanation, Site, Used, Why
from prover.render.diagnostics import render as render_diagnostics
from prover.render.html.page import embedded, page, visible
from prover.render.html.sources import Shelf, Shown
from prover.render.invariant import legend as legend_of
from prover.render.invariant import names_of, sentence
from prover.render.why import ALL, CHOICE, LEGEND, no_set, rule_of, title_of, unused_of


@dataclass(frozen=True, slots=True)
class Place:
    """A step: whose it is, its text, where; ``at`` is the place for the script."""

    who: str
    code: str
    place: str
    at: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of a set; ``needed``: it is in every set."""

    needed: bool
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Facts of a set that say the same of their places."""

    rule: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Set:
    """What suffices for a property."""

    title: str
    groups: tuple[Group, ...]
    minimal: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A scenario; ``lines`` are what is said of it before its sets, ``after`` what behind them."""

    title: str
    lines: tuple[str, ...]
    sets: tuple[Set, ...]
    unused: tuple[Place, ...]
    after: tuple[str, ...]


def render(found: Why) -> str:
    """The page."""
    writer = _Writer(Shown(Shelf(), found.sources), found.properties)
    errors = render_diagnostics(found.diagnostics, found.sources, color=False)
    said = [each.said for each in found.explanations if each.said is not None]
    legends = [LEGEND.format("" if found.properties else ALL)] if _cores(found) else []
    legends += [legend_of(said)] if said else []
    context: dict[str, object] = {
        "title": visible(f"prove why {found.name}"),
        "heading": visible(f"{found.name}: why it is proved"),
        "errors": visible(errors) if found.diagnostics else "",
        "parts": [writer.part(each) for each in found.explanations],
        "legend": " ".join(legends),
        "choice": CHOICE if found.properties else "",
    }
    return page("why", context, {"sources": writer.shown.shelf.document()})


def _cores(found: Why) -> bool:
    return any(each.cores for each in found.explanations)


@dataclass(frozen=True, slots=True)
class _Writer:
    shown: Shown
    properties: Sequence[str]

    def part(self, found: Explanation) -> Part:
        """One scenario."""
        spans, counts = unused_of(found)
        empty = dict.fromkeys(self._subject(core) for core in found.cores if not core.used)
        missing = sorted(set(self.properties) - {core.property for core in found.cores})
        none = "none of these sets" if self.properties else "no set"
        after = [f"{name}: {no_set(name, found.model)}" for name in missing if found.model]
        if empty:
            after.append(f"by what is taken for granted alone: {', '.join(empty)}")
        if counts:
            after.append(f"in {none} either: {', '.join(counts)}")
        return Part(
            title=visible(title_of(found)),
            lines=tuple(map(visible, self._lines(found))),
            sets=tuple(self._set(core, found.bound) for core in found.cores if core.used),
            unused=tuple(self._place("", span) for span in spans),
            after=tuple(map(visible, after)),
        )

    def _lines(self, found: Explanation) -> list[str]:
        lines = [f"no explanation: {found.why}"] if found.why else []
        if any(said.startswith("refuted") for _, said in found.verdicts):
            lines.append("the execution that refutes it is in the report of prove FILE")
        if not found.model:
            return lines
        lines += found.notes
        for span in found.unreached:
            lines.append(f"the assert at {self.shown.place(span)} is never reached")
        if found.said is not None:
            names = names_of(self.shown.sources)
            lines += [sentence(each, names, found.said.letter) for each in found.said.sentences]
        if not found.conditions:
            lines.append("tests in the code are taken for granted here")
        return lines

    def _set(self, core: Core, bound: int) -> Set:
        times = "once" if bound == 1 else f"{bound} times"
        title = (
            f"{core.property}: safe because"
            if core.loop is None
            else f"the loop at {self.shown.place(core.loop)} goes round at most {times} because"
        )
        groups = tuple(
            Group(visible(rule), tuple(map(self._fact, used)))
            for rule, used in groupby(core.used, key=lambda each: rule_of(each.fact))
        )
        return Set(visible(title), groups, core.minimal)

    def _fact(self, used: Used) -> Fact:
        return Fact(bool(used.needed), tuple(map(self._site, used.fact.sites)))

    def _site(self, site: Site) -> Place:
        return self._place(site.actor, site.span)

    def _place(self, who: str, span: Span) -> Place:
        source = self.shown.sources.get(span.file)
        text = "" if source is None else " ".join(source.text[span.start : span.end].split())
        return Place(
            visible(who), visible(text), self.shown.place(span), embedded(self.shown.at(span))
        )

    def _subject(self, core: Core) -> str:
        return core.property if core.loop is None else f"the loop at {self.shown.place(core.loop)}"
