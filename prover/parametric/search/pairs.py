"""Views of two actors, as bits: for each shared state, with which others each local state is.

Most of the work is this: a rule changes the shared state while two others stand by, so that what is
together with the actor and with each other is together in the new shared state too.  With a row of
bits for each local state that is one ``and`` and one ``or`` for each bystander.  Only what is new
since a shared state was last looked at is carried on.  Of shared states that are one with slots in
each other's places one is looked at (:mod:`prover.parametric.search.folding`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import permutations
from typing import TypeAlias

from prover.parametric.invariant import Move, View
from prover.parametric.search.folding import IDENTITY, Folding, Turn, Turns, turned
from prover.parametric.search.limits import Limits, Progress
from prover.parametric.search.step import after_labels, spawned_labels, written
from prover.parametric.search.trace import Cause, Wrong, path
from prover.parametric.system import IDLE, Exchange, Label, Rule, Shared, System

Labels: TypeAlias = tuple[Label, Label]
"""Of a local state in a row: its label towards the other, and the other's towards it."""

Rows: TypeAlias = dict[int, dict[Labels, int]]
"""For each local state, by labels, the set of those it is together with, as bits."""

NONE: Labels = (0, 0)


def bits(mask: int) -> Iterator[int]:
    """The numbers in a set of bits, in ascending order."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


@dataclass(slots=True)
class Room:
    """One shared state: all its pairs, those not looked at yet, the rules of its local states."""

    shared: Shared
    rows: Rows = field(default_factory=dict[int, dict[Labels, int]])
    new: Rows = field(default_factory=dict[int, dict[Labels, int]])
    rules: dict[int, list[tuple[Rule, Room, Turns]]] = field(
        default_factory=dict[int, "list[tuple[Rule, Room, Turns]]"]
    )
    waiting: bool = False


@dataclass(slots=True)
class Pairs:
    """The search with k = 2, and the invariant it ends with.

    ``rooms`` are the shared states that stand for those that are them, exchanged.
    """

    system: System
    limits: Limits
    folding: Folding
    rooms: dict[Shared, Room] = field(default_factory=dict[Shared, Room])
    causes: dict[Shared, dict[int, Cause | None]] = field(
        default_factory=dict[Shared, "dict[int, Cause | None]"]
    )
    found: int = 0
    size: int = 2
    _wrong: Wrong | None = None
    _todo: deque[Room] = field(default_factory=deque[Room])
    _known: int = 0
    _everywhere: dict[Shared, tuple[Room, Turn | None]] = field(
        default_factory=dict[Shared, "tuple[Room, Turn | None]"]
    )
    _allowed: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    _moved: dict[int, tuple[int, dict[int, int]]] = field(
        default_factory=dict[int, "tuple[int, dict[int, int]]"]
    )

    # --- what was found

    def shared(self) -> Iterator[Shared]:
        """Every shared state, in ascending order."""
        yield from sorted(self._all())

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What has led others to the shared states that stand for them."""
        return tuple(turn.exchange for turn in self.folding.turns)

    def _all(self) -> dict[Shared, tuple[Room, Turn | None]]:
        """For each shared state the one that stands for it, and what leads from there."""
        if not self._everywhere:
            for room in self.rooms.values():
                for image, turn in self.folding.images(room.shared):
                    self._everywhere.setdefault(image, (room, turn))
        return self._everywhere

    def _rows(self, shared: Shared) -> Rows:
        room, turn = self._all()[shared]
        return room.rows if turn is None else turn.rows(room.rows)

    def views(self, shared: Shared) -> Iterator[View]:
        """The views of one shared state, in ascending order."""
        rows = self._rows(shared)
        for local in sorted(rows):
            views: list[View] = []
            for (to, back), mask in rows[local].items():
                for other in bits(mask >> local << local):
                    if other == local and to > back:
                        continue
                    views.append(((local, other), (to, back)))
            yield from sorted(views)

    def rows(self, shared: Shared) -> Iterator[tuple[tuple[int, ...], tuple[Label, ...], int]]:
        """The same as rows: the first of two, the labels, the second ones as bits."""
        rows = self._rows(shared)
        for local in sorted(rows):
            for (to, back), mask in rows[local].items():
                others = mask >> local << local
                if to > back:
                    others &= ~(1 << local)
                if others:
                    yield (local,), (to, back), others

    def locals(self, shared: Shared) -> Iterator[int]:
        """The local states of one shared state, in ascending order."""
        yield from sorted(self._rows(shared))

    def beside(self, shared: Shared, local: int) -> Iterator[tuple[int, Label, Label]]:
        """Who can be together with ``local``, with the labels towards it and back."""
        for (to, back), mask in sorted(self._rows(shared).get(local, {}).items()):
            for other in bits(mask):
                yield other, to, back

    def path(self, shared: Shared, local: int) -> tuple[Move, ...]:
        """One way to a local state in a shared state, or to what it is, exchanged."""
        room, turn = self._all()[shared]
        if turn is not None:
            local = turn.exchange.inverse.local(local)
        return path(self.causes, room.shared, local)

    # --- the search

    def run(self) -> Wrong | None:
        """Finds every view, or the first thing that is wrong.  Raises Unlike and Overrun."""
        self._begin()
        while self._todo and self._wrong is None:
            room = self._todo.popleft()
            room.waiting = False
            self._look(room)
            self.limits.check(self.progress())
        self.folding.finish(list(bits(self._known)))
        return self._wrong

    def progress(self) -> Progress:
        """Where the search is."""
        return Progress(len(self.rooms), self._known.bit_count(), self.found, len(self._todo))

    def _begin(self) -> None:
        """The views of the configurations that it starts with."""
        start = self.system.start
        room = self._room(start.shared, None)
        many = (IDLE, *start.many)
        for local in (*many, *start.single):
            self.causes[start.shared][local] = None
        for one in many:
            for other in (*many, *start.single):
                self._add(room, None, (one, other), NONE, None)
        for pair in permutations(start.single, 2):
            self._add(room, None, pair, NONE, None)

    def _room(self, shared: Shared, cause: Cause | None) -> Room:
        room = self.rooms.get(shared)
        if room is None:
            room = self.rooms[shared] = Room(shared)
            self.causes[shared] = {}
            broken = self.system.broken(shared)
            if broken is not None and self._wrong is None:
                local = IDLE if cause is None else cause.rule.after
                self.causes[shared][local] = cause
                self._wrong = Wrong(broken, shared, local, None)
        return room

    def _add(
        self,
        room: Room,
        turn: Turn | None,
        pair: tuple[int, int],
        labels: Labels,
        cause: Cause | None,
    ) -> None:
        """One pair, both ways round."""
        one, other = pair
        if turn is not None:
            one, other, labels = turn.local(one), turn.local(other), turn.labels(labels)
        self._add_row(room, one, labels, 1 << other, cause)
        self._add_row(room, other, (labels[1], labels[0]), 1 << one, None)

    def _add_row(
        self, room: Room, local: int, labels: Labels, mask: int, cause: Cause | None
    ) -> int:
        """Pairs of one local state, and which were new; the other way round is the caller's."""
        rows = room.rows.get(local)
        if rows is None:
            rows = room.rows[local] = {}
            self._known |= 1 << local
        if cause is not None:
            self.causes[room.shared].setdefault(local, cause)
        old = rows.get(labels, 0)
        fresh = mask & ~old
        if not fresh:
            return 0
        rows[labels] = old | fresh
        self.found += fresh.bit_count()
        new = room.new.setdefault(local, {})
        new[labels] = new.get(labels, 0) | fresh
        if not room.waiting:
            room.waiting = True
            self._todo.append(room)
        return fresh

    # --- one shared state

    def _look(self, room: Room) -> None:
        """Carries on what is new in one shared state."""
        delta, room.new = room.new, {}
        touched = 0
        for local in delta:
            touched |= 1 << local
        for local in list(room.rows):
            rules = self._rules(room, local)
            if self._wrong is not None:
                return
            fresh = delta.get(local, {})
            for rule, target, turns in rules:
                if fresh:
                    for turn in turns:
                        self._with_one(room, rule, (target, turn), fresh)
                if target is not room or rule.change >= 0 or turns != IDENTITY:
                    beside, beside_new = self._beside(room, local, rule, fresh)
                    if beside & touched:
                        looked = beside if beside_new else beside & touched
                        for turn in turns:
                            among = (looked, beside, beside_new)
                            self._stand_by(room, rule, (target, turn), among, delta)

    def _rules(self, room: Room, local: int) -> list[tuple[Rule, Room, Turns]]:
        """The rules of a local state, each with the shared state that it leads to, and how."""
        found = room.rules.get(local)
        if found is not None:
            return found
        found = room.rules[local] = []
        rules = self.system.rules(local, room.shared)
        self.folding.compare(local, room.shared, rules)
        for rule in rules:
            if rule.violated is not None:
                self._wrong = self._wrong or Wrong(rule.violated, room.shared, local, rule)
                return found
            shared = written(room.shared, rule)
            target, turns = room, IDENTITY
            if shared != room.shared:
                least, turns = self.folding.least(shared)
                target = self._room(least, Cause(room.shared, local, rule, turned(turns[0])))
            found.append((rule, target, turns))
        return found

    def _with_one(
        self, room: Room, rule: Rule, way: tuple[Room, Turn | None], fresh: dict[Labels, int]
    ) -> None:
        """The actor of the rule, and those spawned, beside one other that is new beside it."""
        target, turn = way
        system, cause = self.system, Cause(room.shared, rule.local, rule, turned(turn))
        known = self.causes[target.shared]
        allowed = self._others(rule.guard)
        plain = rule.begins < 0 and rule.change < 0 and not rule.spawned
        for (to, back), mask in fresh.items():
            others = mask & allowed
            if not others or (rule.over and to):
                continue
            if plain:
                self._with_many(room, rule, way, (to, back), others)
                continue
            for other in bits(others):
                stands = self._change(rule.change, other)
                where = stands if turn is None else turn.local(stands)
                if where not in known:
                    known[where] = cause._replace(local=other)
                labels = after_labels(system, rule, stands, (to, back))
                self._add(target, turn, (rule.after, stands), labels, cause)
                for number, spawned in enumerate(rule.spawned):
                    for one in (rule.after, stands, *rule.spawned[:number]):
                        seen = spawned_labels(system, spawned, one)
                        self._add(target, turn, (spawned, one), seen, cause)

    def _with_many(
        self, room: Room, rule: Rule, way: tuple[Room, Turn | None], labels: Labels, others: int
    ) -> None:
        """:meth:`_with_one` where nobody changes but the actor: all others at once."""
        target, turn = way
        now, after = after_labels(self.system, rule, rule.after, labels), rule.after
        if turn is not None:
            now, after, others = turn.labels(now), turn.local(after), turn.mask(others)
        known, cause = self.causes[target.shared], Cause(room.shared, 0, rule, turned(turn))
        known.setdefault(after, cause._replace(local=rule.local))
        fresh = self._add_row(target, after, now, others, None)
        mine, swapped = 1 << after, (now[1], now[0])
        for other in bits(fresh):
            if other not in known:
                before = other if turn is None else turn.exchange.inverse.local(other)
                known[other] = cause._replace(local=before)
            self._add_row(target, other, swapped, mine, None)

    def _beside(
        self, room: Room, local: int, rule: Rule, fresh: dict[Labels, int]
    ) -> tuple[int, int]:
        """Who may be beside the actor when it carries out a rule; those of them that are new."""
        allowed = self._others(rule.guard)
        both = [0, 0]
        for number, rows in enumerate((room.rows[local], fresh)):
            for labels, mask in rows.items():
                if not (rule.over and labels[0]):
                    both[number] |= mask & allowed
        return both[0], both[1]

    def _stand_by(
        self,
        room: Room,
        rule: Rule,
        way: tuple[Room, Turn | None],
        among: tuple[int, int, int],
        delta: Rows,
    ) -> None:
        """Two others that stand by while a rule is carried out.

        ``among`` are the first of the two to look at, all of them, and those that are new.
        """
        target, turn = way
        looked, beside, beside_new = among
        known = self.causes[target.shared]
        changes, moved = self._changes(rule.change)
        for other in bits(looked):
            everything = beside_new >> other & 1
            new = delta.get(other, {})
            stands = moved.get(other, other)
            if turn is not None:
                stands = turn.local(stands)
            cause = None if stands in known else Cause(room.shared, other, rule, turned(turn))
            for labels, mask in list(room.rows[other].items()):
                carried = mask & beside if everything else mask & beside_new
                carried |= new.get(labels, 0) & beside
                if not carried:
                    continue
                if carried & changes:
                    stay = carried & ~changes
                    for third in bits(carried & changes):
                        stay |= 1 << moved[third]
                    carried = stay
                if turn is None:
                    self._add_row(target, stands, labels, carried, cause)
                else:
                    self._add_row(target, stands, turn.labels(labels), turn.mask(carried), cause)

    # --- what the system says of sets

    def _others(self, guard: int) -> int:
        """The local states that a guard allows, of those known."""
        if guard < 0:
            return -1
        known, allowed = self._allowed.get(guard, (0, 0))
        missing = self._known & ~known
        if missing:
            for local in bits(missing):
                if not self.system.forbids(guard, local):
                    allowed |= 1 << local
            self._allowed[guard] = (known | missing, allowed)
        return allowed

    def _changes(self, change: int) -> tuple[int, dict[int, int]]:
        """The local states that a broadcast changes, of those known, and what becomes of them."""
        if change < 0:
            return 0, {}
        known, moved = self._moved.get(change, (0, {}))
        missing = self._known & ~known
        if missing:
            for local in bits(missing):
                after = self.system.changed(change, local)
                if after != local:
                    moved[local] = after
            self._moved[change] = (known | missing, moved)
        mask = 0
        for local in moved:
            mask |= 1 << local
        return mask, moved

    def _change(self, change: int, local: int) -> int:
        return local if change < 0 else self._changes(change)[1].get(local, local)
