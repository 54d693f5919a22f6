"""One shared state for all that are it with objects in each other's places.

Of shared states that exchanges lead to one another the least is looked at, with all its views;
what there is in the others is what there is in it, exchanged.  So a step to another one is turned
by the exchange that leads from there to the least, and by each that does, where several do: then
what is there is closed under those that leave it as it is.  Two views of a shared state
are combined as everywhere: both have all their orders there.

That exchanges are symmetries is not taken for granted: rules that are used are compared with those
where all has changed places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from dsl.frozen import replace
from prover.parametric.system import Exchange, Infinite, Label, Refused, Rule, Shared, System

Rows: TypeAlias = Mapping[int, Mapping[tuple[Label, Label], int]]
"""For each local state, by labels, the set of those it is together with, as bits."""


class Unlike(Exception):
    """An exchange is no symmetry: something tells the objects apart."""


@dataclass(slots=True, eq=False)
class Turn:
    """An exchange, of whole sets of local states."""

    exchange: Exchange
    _known: int = 0
    _stay: int = 0
    _up: dict[int, int] = field(default_factory=dict[int, int])
    _down: dict[int, int] = field(default_factory=dict[int, int])
    _labels: dict[tuple[Label, Label], tuple[Label, Label]] = field(
        default_factory=dict[tuple[Label, Label], tuple[Label, Label]]
    )

    def labels(self, labels: tuple[Label, Label]) -> tuple[Label, Label]:
        """The labels of two local states."""
        found = self._labels.get(labels)
        if found is None:
            to, back = labels
            found = self.exchange.label(to), self.exchange.label(back)
            self._labels[labels] = found
        return found

    def local(self, local: int) -> int:
        """A local state."""
        return self.exchange.local(local)

    def rows(self, rows: Rows) -> dict[int, dict[tuple[Label, Label], int]]:
        """All of a shared state."""
        return {
            self.local(one): {self.labels(each): self.mask(mask) for each, mask in of.items()}
            for one, of in rows.items()
        }

    def mask(self, mask: int) -> int:
        """A set of local states, as bits."""
        if mask & ~self._known:
            self._learn(mask & ~self._known)
        after = mask & self._stay
        for by, moved in self._up.items():
            after |= (mask & moved) << by
        for by, moved in self._down.items():
            after |= (mask & moved) >> by
        return after

    def _learn(self, new: int) -> None:
        """How far local states move."""
        self._known |= new
        while new:
            low = new & -new
            local = low.bit_length() - 1
            by = self.exchange.local(local) - local
            if by > 0:
                self._up[by] = self._up.get(by, 0) | low
            elif by < 0:
                self._down[-by] = self._down.get(-by, 0) | low
            else:
                self._stay |= low
            new ^= low


Turns: TypeAlias = tuple[Turn | None, ...]
"""Ways to the least of some shared states; None: nothing is turned."""

IDENTITY: Turns = (None,)


@dataclass(slots=True)
class Folding:
    """The least of each shared state, and the comparison of rules.  Without exchanges: itself."""

    system: System
    turns: tuple[Turn, ...] = ()
    _least: dict[Shared, tuple[Shared, Turns]] = field(
        default_factory=dict[Shared, tuple[Shared, Turns]]
    )
    _compared: tuple[Shared, list[Shared]] = ((), [])
    _contents: dict[Rule, int] = field(default_factory=dict[Rule, int])
    _known: dict[tuple[int, int], tuple[Rule, int]] = field(
        default_factory=dict[tuple[int, int], tuple[Rule, int]]
    )

    def least(self, shared: Shared) -> tuple[Shared, Turns]:
        """The least shared state that one becomes, and all turns that lead there; None: stay."""
        if not self.turns:
            return shared, IDENTITY
        found = self._least.get(shared)
        if found is None:
            images = list(self.images(shared))
            least = min(image for image, _ in images)
            if len({self.system.broken(image) is None for image, _ in images}) > 1:
                raise Unlike
            found = least, tuple(turn for image, turn in images if image == least)
            self._least[shared] = found
        return found

    def images(self, shared: Shared) -> Iterator[tuple[Shared, Turn | None]]:
        """What a shared state becomes; itself first."""
        yield shared, None
        for turn in self.turns:
            yield turn.exchange.shared(shared), turn

    def compare(self, local: int, shared: Shared, rules: Sequence[Rule]) -> None:
        """Raises Unlike where the rules are not those of what a local state becomes."""
        if shared != self._compared[0]:
            self._compared = shared, [turn.exchange.shared(shared) for turn in self.turns]
        for number, turn in enumerate(self.turns):
            try:
                theirs = self.system.rules(turn.local(local), self._compared[1][number])
            except (Refused, Infinite):
                # What a step is refused for is refused of both, where they are alike.
                raise Unlike from None
            wanted = {self._content(number, rule) for rule in rules}
            if wanted != {self._content(-1, rule) for rule in theirs}:
                raise Unlike

    def finish(self, locals_: Sequence[int]) -> None:
        """Raises Unlike where guards, waits or broadcasts are not those of what becomes of all."""
        rules = [rule for rule, _ in self._known.values()]
        for each in (turn.exchange for turn in self.turns):
            for guard in {rule.guard for rule in rules} - {-1}:
                self._same(each.guard(guard), guard, each, locals_, self.system.forbids, _itself)
            for wait in self._waits(rules):
                self._same(each.wait(wait), wait, each, locals_, self.system.waited_for, each.label)
            for change in {rule.change for rule in rules} - {-1}:
                after = each.change(change)
                self._same(after, change, each, locals_, self.system.changed, each.local)

    def _waits(self, rules: Sequence[Rule]) -> set[int]:
        """The waits that some rules, or those that they spawn, begin."""
        waits = {rule.begins for rule in rules}
        for spawned in {each for rule in rules for each in rule.spawned}:
            wait = self.system.awaits(spawned)
            waits.add(wait)
            for turn in self.turns:
                if self.system.awaits(turn.local(spawned)) != turn.exchange.wait(wait):
                    raise Unlike
        return waits - {-1}

    def _same(
        self,
        after: int,
        number: int,
        exchange: Exchange,
        locals_: Sequence[int],
        of: Callable[[int, int], int],
        becomes: Callable[[int], int],
    ) -> None:
        if any(of(after, exchange.local(k)) != becomes(of(number, k)) for k in locals_):
            raise Unlike

    def _content(self, turn: int, rule: Rule) -> int:
        """A number for what a rule does, turned or (-1) as it is; what it reads is left out."""
        key = turn, id(rule)
        known = self._known.get(key)
        if known is None:
            turned = rule if turn < 0 else exchanged(self.turns[turn].exchange, rule)
            content = replace(turned, reads=())
            # The rule is kept, or its identity might become another's.
            known = rule, self._contents.setdefault(content, len(self._contents))
            self._known[key] = known
        return known[1]


def _itself(said: int) -> int:
    return said


def turned(turn: Turn | None) -> Exchange | None:
    """What a turn exchanges."""
    return None if turn is None else turn.exchange


def folding(system: System, exchanges: Sequence[Exchange]) -> Folding:
    """What folds a search: exchanges that leave the start as it is."""
    start = system.start
    for each in exchanges:
        many = {each.local(local) for local in start.many}
        single = tuple(map(each.local, start.single))
        if (each.shared(start.shared), many, single) != (
            start.shared,
            set(start.many),
            start.single,
        ):
            return Folding(system)
    return Folding(system, tuple(map(Turn, exchanges)))


def exchanged(exchange: Exchange, rule: Rule) -> Rule:
    """A rule with everything in its other's place."""
    return replace(
        rule,
        local=exchange.local(rule.local),
        reads=tuple(sorted(exchange.pair(*each) for each in rule.reads)),
        writes=tuple(sorted(exchange.pair(*each) for each in rule.writes)),
        after=exchange.local(rule.after),
        guard=exchange.guard(rule.guard),
        begins=exchange.wait(rule.begins),
        ended=exchange.label(rule.ended),
        change=exchange.change(rule.change),
        spawned=tuple(map(exchange.local, rule.spawned)),
    )
