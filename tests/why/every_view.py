"""What sentences about an invariant mean, read off one view after the other: slow and obvious."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, product

from dsl.check import check
from dsl.files import library_root
from dsl.imports import load
from dsl.protocol import Protocol
from prover.parametric.certificate.table import Table, tabled
from prover.parametric.invariant import Safe
from prover.parametric.machine import Compiled
from prover.parametric.said import (
    Apart,
    Awaited,
    Lines,
    Only,
    Sentence,
    Stance,
    Where,
    While,
)
from prover.parametric.search import Limits, search
from prover.parametric.system import IDLE, Refused, Shared
from prover.pipeline.anynumber.real import engine
from prover.verdict import Obligation
from prover.why.invariant.places import in_hand
from prover.why.invariant.values import Values


@dataclass
class Every:
    """A system, its invariant, and every pair of a view with its shared state."""

    protocol: Protocol
    system: Compiled
    table: Table
    sets: dict[tuple[Stance, str], frozenset[int]] = field(default_factory=dict)

    @property
    def slots(self) -> list[str]:
        return sorted(self.system.parts.slots) or [""]

    @cached_property
    def present(self) -> dict[Shared, frozenset[int]]:
        return {each: self.table.locals(each) - {IDLE} for each in self.table.shared()}

    @cached_property
    def reachable(self) -> frozenset[int]:
        return frozenset().union(*self.present.values())

    @cached_property
    def pairs(self) -> frozenset[tuple[int, int, bool]]:
        """Two of one view, both ways round, and whether the first waits for the second."""
        return frozenset(self._pairs())

    def _pairs(self) -> Iterator[tuple[int, int, bool]]:
        size = self.table.size
        for shared in self.table.shared():
            if size == 1:
                for one, other in product(self.present[shared], repeat=2):
                    # Views of one do not say who is together; of a lock its rule does.
                    if self.two(one, other) and not self.one_lock(one, other):
                        yield one, other, False
            for members, labels in self.table.views(shared) if size > 1 else ():
                for a, b in combinations(range(size), 2):
                    for one, other in ((a, b), (b, a)):
                        if IDLE not in (members[one], members[other]):
                            label = labels[one * (size - 1) + other - (other > one)]
                            yield members[one], members[other], bool(label)

    def two(self, one: int, other: int) -> bool:
        """Whether there can be one of each at all."""
        single = self.system.single
        return single(one) < 0 or single(one) != single(other)

    def one_lock(self, one: int, other: int) -> bool:
        """Whether both have one lock, and one of them alone."""
        first, second = (self.system.parts.locals.all[number].held for number in (one, other))
        return any(
            a.place == b.place and "exclusive" in (a.mode, b.mode) for a in first for b in second
        )

    # --- stances

    def of(self, stance: Stance, slot: str) -> frozenset[int]:
        """The local states that a stance means, with ``slot`` for A."""
        key = (stance, slot)
        if key not in self.sets:
            self.sets[key] = frozenset(
                local for local in self.reachable if self.is_at(stance, slot, local)
            )
        return self.sets[key]

    def is_at(self, stance: Stance, slot: str, number: int) -> bool:
        local = self.system.parts.locals.all[number]
        if local.stopped or self.system.actor(number) != stance.actor:
            return False
        if stance.hand and slot not in in_hand(self.system, local):
            return False
        return any(self.among(lines, number) for lines in stance.at)

    def among(self, lines: Lines, number: int) -> bool:
        local = self.system.parts.locals.all[number]
        origin = self.system.parts.bodies[local.body].origin(local.position)
        assert origin is not None
        calls = [(frame.function, *self.line(frame.site)) for frame in origin.frames]
        depth = len(lines.calls)
        if [(c.function, c.file, c.line) for c in lines.calls] != calls[:depth]:
            return False
        deeper = len(calls) > depth
        file, line = calls[depth][1:] if deeper else self.line(origin.span)
        if lines.waiting is not None and (
            deeper or lines.waiting != (local.wait >= 0 or local.pending)
        ):
            return False
        return file == lines.file and lines.first <= line <= lines.last

    def line(self, span) -> tuple[str, int]:
        text = self.protocol.sources[span.file].text
        return span.file, text.count("\n", 0, span.start) + 1

    # --- sentences

    def violations(self, said: Sentence) -> Iterator[object]:
        """What is in the invariant, and what a sentence says there is not."""
        return self.against(said, self.pairs, self.present.items())

    def excludes(self, said: Sentence) -> bool:
        """Whether a sentence excludes something of what can be reached singly."""
        pairs = (
            (one, other, False)
            for one, other in product(self.reachable, repeat=2)
            if self.two(one, other)
        )
        if isinstance(said, While):
            loose = [(shared, self.reachable) for shared in self.present]
            return any(self.against(said, pairs, loose))
        if isinstance(said, Where):
            return any(self.mixed(said))
        return any(self.against(said, pairs, ()))

    def against(self, said: Sentence, pairs, states) -> Iterator[object]:
        for slot in self.slots:
            match said:
                case Apart(one=ones, other=others):
                    one = frozenset().union(*(self.of(each, slot) for each in ones))
                    other = frozenset().union(*(self.of(each, slot) for each in others))
                    yield from (p for p in pairs if p[0] in one and p[1] in other)
                case Only(one=one, at=at):
                    mine, allowed = self.of(one, slot), self.of(at, slot)
                    anywhere = self.everywhere(at, slot)
                    yield from (
                        p
                        for p in pairs
                        if p[0] in mine and p[1] in anywhere and p[1] not in allowed
                    )
                case Awaited(one=one, other=other):
                    mine, theirs = self.of(one, slot), self.of(other, slot)
                    yield from (p for p in pairs if p[0] in mine and p[1] in theirs and not p[2])
                case While(one=one, variable=variable, values=values):
                    mine = self.of(one, slot)
                    meant = slot if one.hand else ""
                    for shared, present in states:
                        if present & mine and self.value(variable, shared, meant) not in values:
                            yield shared
                case Where(variable=variable, values=values, other=other, others=others):
                    for shared, _ in states:
                        if self.value(variable, shared, slot) in values:
                            if self.value(other, shared, slot) not in others:
                                yield shared
            pairs = list(pairs) if not isinstance(pairs, (frozenset, list)) else pairs

    def everywhere(self, stance: Stance, slot: str) -> frozenset[int]:
        return frozenset(
            n
            for n in self.reachable
            if self.system.actor(n) == stance.actor
            and not self.system.parts.locals.all[n].stopped
            and (not stance.hand or slot in in_hand(self.system, self.system.parts.locals.all[n]))
        )

    def mixed(self, said: Where) -> Iterator[object]:
        for slot in self.slots:
            mine = {self.value(said.variable, shared, slot) for shared in self.present}
            theirs = {self.value(said.other, shared, slot) for shared in self.present}
            if mine & set(said.values) and theirs - set(said.others):
                yield said

    def value(self, name: str, shared: Shared, slot: str) -> str:
        words = Values(self.system)
        (number,) = (n for n in words.numbers if words.name(n, slot) == name)
        return words.text(number, shared[number], slot)


def every(path: str, scenario: str, configuration: tuple[tuple[str, str], ...] = ()) -> Every:
    """The invariant of a scenario, of the smallest views that prove it; of counts, by their parts."""
    from pathlib import Path

    protocol = check(load(Path(path), (library_root(),)))
    obligation = Obligation(scenario, "", configuration, "sc")
    made = engine()
    assert made.counted is not None
    system = made.counted(protocol, obligation) or made.system(protocol, obligation)
    assert isinstance(system, Compiled)
    for size in (1, 2, 3):
        # Views that see too little may come to a count that no count comes to.
        with suppress(Refused):
            found = search(system, size, Limits())
            if isinstance(found, Safe):
                return Every(protocol, system, tabled(found.invariant))
    raise AssertionError("nothing is proved")
