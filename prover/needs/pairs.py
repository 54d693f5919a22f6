"""Changes that drop a lock or a section: an acquisition with all its releases.

Acquisitions and releases that belong together are one change.  It is a change of the innermost
function that all of them are in, or are called from; it holds wherever that function is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from dsl.source import Source, Span
from prover.needed import Change, Kind, Skipped
from prover.needs.edits import Drop, Edit
from prover.needs.plan import Planned
from prover.needs.sections import Sections, Site
from prover.needs.unions import Unions

_KINDS: dict[str, Kind] = {
    "lock": "lock",
    "rcu": "rcu",
    "irq": "irq",
    "preempt": "preempt",
    "bh": "softirq",
}

_PARTS = {"lock": "lock", "irq": "irq", "bh": "softirq"}


@dataclass(frozen=True, slots=True)
class Key:
    """An acquisition or release as seen from a function: the calls to it, where, and what."""

    owner: str
    path: tuple[Span, ...]
    span: Span
    kind: str
    takes: bool

    @property
    def place(self) -> Span:
        """Where in the function it is."""
        return self.path[0] if self.path else self.span

    def edit(self) -> Edit:
        """What drops it."""
        return Edit(self.owner, self.path, self.span, Drop(_PARTS.get(self.kind, "")))


@dataclass(slots=True)
class Paired:
    """What all programs of a file show of its locks and sections.

    ``begins`` and ``ends`` have, for each function, the places where it takes and releases,
    itself or by a call.
    """

    unions: Unions[Key] = field(default_factory=Unions[Key])
    loose: dict[tuple[Span, bool], Site] = field(default_factory=dict[tuple[Span, bool], Site])
    matched: set[Span] = field(default_factory=set[Span])
    begins: dict[str, set[Span]] = field(default_factory=dict[str, set[Span]])
    ends: dict[str, set[Span]] = field(default_factory=dict[str, set[Span]])

    def add(self, found: Sections) -> None:
        """Takes in what one program shows."""
        together: Unions[Site] = Unions()
        for one, other in found.pairs:
            together.join(one, other)
            self.matched.update((one.span, other.span))
        for component in together.classes():
            keys = _seen_from(component)
            for key in keys:
                self.unions.join(keys[0], key)
        for site in (*found.taken, *found.loose):
            self.loose.setdefault((site.span, site.takes), site)
        for site in {each for pair in found.pairs for each in pair}:
            where = self.begins if site.takes else self.ends
            for owner, place in _levels(site):
                where.setdefault(owner, set()).add(place)

    def unmatched(self) -> Iterator[Site]:
        """What no program shows the other end of."""
        for (span, _), site in self.loose.items():
            if span not in self.matched:
                yield site


def _levels(site: Site) -> Iterator[tuple[str, Span]]:
    """Every function around a site, with the place in it that leads there."""
    owner = site.root
    for function, call in site.calls:
        yield owner, call
        owner = function
    yield owner, site.span


def _seen_from(component: Iterable[Site]) -> list[Key]:
    """The sites as seen from the innermost function around all of them."""
    sites = sorted(component, key=lambda s: (s.span.file, s.span.start, s.calls != (), repr(s)))
    common = sites[0].calls
    for site in sites:
        shared = 0
        for one, other in zip(common, site.calls, strict=False):
            if one != other:
                break
            shared += 1
        common = common[:shared]
    depth = len(common)
    owner = common[-1][0] if common else sites[0].root
    return [
        Key(owner, tuple(call for _, call in site.calls[depth:]), site.span, site.kind, site.takes)
        for site in sites
    ]


def planned(paired: Paired, sources: Mapping[str, Source]) -> list[Planned]:
    """The changes, not numbered yet."""
    made: list[Planned] = []
    for keys in paired.unions.classes():
        takes = sorted(
            (key for key in keys if key.takes), key=lambda k: (k.place.file, k.place.start)
        )
        first = takes[0]
        places = dict.fromkeys(key.place for key in takes)
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        what = text(sources, first.place) + more
        change = Change(0, _KINDS[first.kind], first.owner, first.place, what, "dropped")
        edits = sorted(keys, key=lambda k: (k.span.file, k.span.start, repr(k.path)))
        made.append(Planned(change, tuple(dict.fromkeys(key.edit() for key in edits))))
    return made


def skipped(paired: Paired, sources: Mapping[str, Source]) -> list[Skipped]:
    """What was found to have no other end, with the reason why it is left alone."""
    found: dict[Span, Skipped] = {}
    for site in paired.unmatched():
        why = "no release of it is found" if site.takes else "what it releases is not found"
        found.setdefault(site.span, Skipped(site.span, text(sources, site.span), why))
    return list(found.values())


def text(sources: Mapping[str, Source], span: Span) -> str:
    """The source text at a place, on one line."""
    return " ".join(sources[span.file].text[span.start : span.end].split())
