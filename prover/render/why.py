"""Why a file is proved, as text: for each property the facts of one proof, by kind and line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from dsl.source import Source, Span
from prover.explained import Core, Explanation, Fact, Kind, Site, Used, Why
from prover.render.invariant import invariant_lines, legend, names_of, who

WIDTH: Final = 79

_RULES: Final[Mapping[Kind, str]] = {
    "lock": "critical sections of one lock do not overlap",
    "rcu_barrier": "the first waits for the callback that the second has queued",
    "queue": "the second, a reader, waits behind a writer that asked before: the first",
    "trylock": "a trylock is refused only where the lock is held or asked for",
    "lock state": "a look at a lock sees whether it is held",
    "lifetime": "an object is given out again only after it was freed",
    "alloc fails": "alloc() gives NULL only where no slot is free",
    "grace period orders": "a grace period is a full barrier on every CPU",
    "barrier": "barriers keep what is before them before what is behind",
    "full": "fully ordered atomics are full barriers",
    "acquire": "acquires come before what is behind them",
    "release": "releases come after what is before them",
    "lock order": "taking a lock is an acquire, letting go of it a release",
    "dependency": "the second depends on what the first reads",
    "condition": "control goes on only as the test says",
    "assume": "what is assumed holds from there on",
    "read": "what is read is what was stored there last",
}
"""What facts of a kind say; of the others their notes say more."""

_SECTIONS: Final = {
    "rcu": "RCU readers",
    "srcu": "SRCU readers",
    "irq": "irq-off regions",
    "preempt": "preempt-off regions",
    "bh": "bh-off regions",
    "lock": "regions under a spinning lock",
}

_COUNTED: Final[Mapping[Kind, tuple[str, str]]] = {
    "lock order": ("order of a lock", "orders of locks"),
    "dependency": ("dependency", "dependencies"),
    "condition": ("test", "tests"),
    "assume": ("assumption", "assumptions"),
    "read": ("read", "reads"),
}
"""Kinds of fact that are counted, not listed, where no set has them."""

LEGEND: Final = (
    "Each set suffices for its property, and none of it can be left out of the set, unless it "
    "says so; others may exist.  What is marked * is in all of them.  Taken for granted: every "
    "actor's own steps in order, with what they compute and the locks they hold; the axioms of "
    "the memory model.{}  What is in no set need not be redundant: `prove needs` tries that."
)

ALL: Final = "  A property that is not named is one that no step could violate."

CHOICE: Final = (
    "Only what was asked for is explained: other properties have sets of their own, and so have "
    "loops (`--property loop`), which every proof rests on."
)


def render_why(found: Why, *, verbose: bool = False) -> str:
    """The whole answer; ``verbose``: with all that is said of an invariant."""
    writer = _Writer(found.name, found.sources, found.properties, verbose=verbose)
    lines = [found.name]
    for each in found.explanations:
        lines += ["", *writer.explanation(each)]
    if any(each.cores for each in found.explanations):
        lines += ["", *_wrapped(LEGEND.format("" if found.properties else ALL), "")]
    said = [each.said for each in found.explanations if each.said is not None]
    if said:
        lines += ["", *textwrap.wrap(legend(said), 75)]
    if found.properties and len(said) < len(found.explanations):
        lines += ["", *_wrapped(CHOICE, "")]
    return "\n".join(lines) + "\n"


class _Writer:
    """Writes what has places in one file or its imports."""

    def __init__(
        self,
        name: str,
        sources: Mapping[str, Source],
        properties: Sequence[str],
        *,
        verbose: bool,
    ) -> None:
        self.name = name
        self.verbose = verbose
        self.properties = properties
        self.sources = sources
        self.shown = names_of(sources)

    def explanation(self, found: Explanation) -> Iterator[str]:
        """One scenario: its verdicts, its cores, and what is in none of them."""
        yield from _wrapped(title_of(found), "", "  ")
        if any(said.startswith("refuted") for _, said in found.verdicts):
            yield "  the execution that refutes it is shown by"
            yield f"    {self._command(found)}"
        if found.why:
            yield from _wrapped(f"no explanation: {found.why}", "  ", "    ")
        if not found.model:
            return
        for note in found.notes:
            yield from _wrapped(note, "  ", "    ")
        for span in found.unreached:
            yield from _wrapped(f"the assert at {self._at(span)} is never reached", "  ", "    ")
        if found.said is not None:
            yield from invariant_lines(found.said, self.shown, whole=self.verbose)
            return
        if not found.conditions:
            yield from _wrapped("tests in the code are taken for granted here", "  ", "    ")
        for core in found.cores:
            if core.used:
                yield ""
                yield from self._core(core, found.bound)
        empty = [self._subject(core) for core in found.cores if not core.used]
        if empty:
            text = f"by what is taken for granted alone: {', '.join(dict.fromkeys(empty))}"
            yield ""
            yield from _wrapped(text, "  ", "    ")
        without = set(self.properties) - {core.property for core in found.cores}
        for name in sorted(without):
            yield ""
            yield f"  {name}: {no_set(name, found.model)}"
        yield from self._unused(found)

    def _core(self, core: Core, bound: int) -> Iterator[str]:
        if core.loop is None:
            yield f"  {core.property}: safe because"
        else:
            times = "once" if bound == 1 else f"{bound} times"
            yield f"  the loop at {self._at(core.loop)} goes round at most {times} because"
        number = 0
        for rule, facts in groupby(core.used, key=lambda used: rule_of(used.fact)):
            yield from _wrapped(f"{rule}:", "    ")
            for used in facts:
                number += 1
                yield from self._used(number, used)
        if not core.minimal:
            yield from _wrapped("(out of time: perhaps some of this can be left out)", "    ")

    def _used(self, number: int, used: Used) -> Iterator[str]:
        mark = f"{number:>7}{'*' if used.needed else ' '} "
        for site in used.fact.sites:
            for line in self._site(site, WIDTH - len(mark)):
                yield mark + line
                mark = " " * len(mark)

    def _site(self, site: Site, width: int) -> Iterator[str]:
        who, where = f"{site.actor}: ", self._at(site.span)
        text = self._text(site.span)
        room = width - len(who) - len(where) - 2
        if room < min(len(text), 24):
            yield who.rstrip()
            who, room = "  ", width - 2 - len(where) - 2
        yield f"{who}{_short(text, room):<{room}}  {where}"

    def _unused(self, found: Explanation) -> Iterator[str]:
        """Primitives that no set has, by line, and how many other facts."""
        sites, counts = unused_of(found)
        if sites:
            yield ""
            yield f"  primitives in {self._none_of()}:"
            for span in sites:
                where = self._at(span)
                yield f"    {_short(self._text(span), 71 - len(where))}  {where}"
        if counts:
            yield from _wrapped(f"in {self._none_of()} either: {', '.join(counts)}", "  ")

    def _none_of(self) -> str:
        """The sets that are shown; of a property that was not asked about there may be others."""
        return "none of these sets" if self.properties else "no set"

    def _subject(self, core: Core) -> str:
        return core.property if core.loop is None else f"the loop at {self._at(core.loop)}"

    def _command(self, found: Explanation) -> str:
        """What shows the witness of a refutation."""
        model = next(model for model, said in found.verdicts if said.startswith("refuted"))
        variant = f" --variant {found.variant}" if found.variant else ""
        configs = "".join(f" --config {name}={value}" for name, value in found.configurations[0])
        options = f"--scenario {found.scenario}{variant}{configs} --model {model}"
        return f"prove -v {self.name} {options}"

    def _at(self, span: Span) -> str:
        source = self.sources.get(span.file)
        if source is None:
            return "(nowhere)"
        return f"{self.shown[span.file]}:{source.line_column(span.start)[0]}"

    def _text(self, span: Span) -> str:
        source = self.sources.get(span.file)
        return "" if source is None else " ".join(source.text[span.start : span.end].split())


def unused_of(found: Explanation) -> tuple[list[Span], list[str]]:
    """Primitives that no set has, in the order of their places, and how many other facts."""
    used = {site for core in found.cores for each in core.used for site in each.fact.sites}
    lost = [fact for fact in found.unused if fact.kind not in _COUNTED]
    spans = sorted({s.span for fact in lost for s in fact.sites if s not in used}, key=_place)
    counts = [
        f"{number} {words[number > 1]}"
        for kind, words in _COUNTED.items()
        if (number := sum(fact.kind == kind for fact in found.unused))
    ]
    return spans, counts


def title_of(found: Explanation) -> str:
    """The scenario, its configurations, what came out under which model."""
    name = f"{found.scenario} / {found.variant}" if found.variant else found.scenario
    settings = " or ".join(
        " ".join(f"{key}={value}" for key, value in each) for each in found.configurations
    )
    models: dict[str, list[str]] = {}
    if found.said is not None:
        runs = who(found.said.number)
        return f"{name}{'  ' if settings else ''}{settings}: proved under sc for {runs}"
    for model, said in found.verdicts:
        models.setdefault(said, []).append(model)
    verdicts = "; ".join(f"{said} under {', '.join(names)}" for said, names in models.items())
    explained = f"; explained under {found.model}" if found.model else ""
    return f"{name}{'  ' if settings else ''}{settings}: {verdicts}{explained}"


def no_set(name: str, model: str) -> str:
    """Why a property that was asked about has no set."""
    if name == "loop":
        return "none has a bound"
    if (name == "invariant" and model != "sc") or (name == "data-race" and model != "lkmm"):
        return f"not checked under {model}"
    return "no step could violate it"


def rule_of(fact: Fact) -> str:
    """What a fact says, in words for all of its kind."""
    match fact.kind:
        case "grace period":
            who = _SECTIONS.get(fact.note, fact.note)
            return f"the first waits for the end of {who} begun at the second"
        case "ipi":
            return f"{fact.note} runs after it is sent, and a sender who waits goes on after it"
        case "irq":
            return f"{fact.note} waits for the end of irq-off regions begun at the second"
        case "handlers":
            return fact.note
        case _:
            return _RULES[fact.kind]


def _place(span: Span) -> tuple[str, int, int]:
    return span.file, span.start, span.end


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(0, width - 3)] + "..."


def _wrapped(text: str, first: str, rest: str | None = None) -> Iterable[str]:
    further = first if rest is None else rest
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=further, break_on_hyphens=False
    )
