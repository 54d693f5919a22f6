"""Which steps of an execution decided that it goes wrong, and which are only passed on the way.

A step matters if the violation, or another step that matters, follows from what it read, and with
a read every store to the place that it read.  So do barriers of memory where the model has any use
for them, and whatever waits.  A section, or a lock that is held, matters where a step in it does.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from dsl.frozen import replace
from prover.execution import skeleton as sk
from prover.execution.evaluate import Unknown, Valuation
from prover.execution.nodes import touched
from prover.execution.terms import (
    Allocated,
    And,
    Not,
    Operation,
    Or,
    Outcome,
    Phi,
    ReadValue,
    Row,
    Term,
)
from prover.execution.witness import Moment
from prover.graph.values import Location, Pointer

Place: TypeAlias = tuple[Location, str]

WAITS = (
    sk.GraceStart,
    sk.GraceEnd,
    sk.Queue,
    sk.BarrierStart,
    sk.BarrierEnd,
    sk.IpiStart,
    sk.Spin,
)
"""Steps that make somebody wait, or wait themselves: they are never left out."""

TAKES = (sk.Grant, sk.Try, sk.SectionStart, sk.SrcuStart)
LETS_GO = (sk.Unlock, sk.SectionEnd, sk.SrcuEnd)


@dataclass(slots=True)
class Slice:
    """The steps of ``told``, in the order of time, that matter; ``shown`` are those worth a line.

    ``barriers``: they are of use to the model.
    """

    skeleton: sk.Skeleton
    values: Valuation
    told: Sequence[int]
    shown: Callable[[int], bool]
    barriers: bool = False
    found: set[int] = field(default_factory=set[int])
    _terms: set[Term] = field(default_factory=set[Term])
    _places: set[Place] = field(default_factory=set[Place])
    _pending: list[int] = field(default_factory=list[int])
    _writers: dict[Place, list[int]] = field(default_factory=dict[Place, list[int]])
    _lockers: dict[Location, list[int]] = field(default_factory=dict[Location, list[int]])
    _reads: dict[int, list[sk.ReadAccess]] = field(init=False)
    _writes: dict[int, list[sk.WriteAccess]] = field(init=False)
    _stored: dict[int, list[sk.StoredWord]] = field(init=False)

    def __post_init__(self) -> None:
        self._reads = sk.by_event(self.skeleton.reads)
        self._writes = sk.by_event(self.skeleton.writes)
        self._stored = sk.by_event(self.skeleton.stored)
        for number in self.told:
            for write in self._writes.get(number, ()):
                place = self._place(write)
                if place is not None and self.values.surely(write.when):
                    self._writers.setdefault(place, []).append(number)
            action = self.skeleton.events[number].action
            if isinstance(action, sk.Grant | sk.Try | sk.Unlock):
                lock = self.location(action.address)
                if lock is not None:
                    self._lockers.setdefault(lock, []).append(number)

    def matters(self, seeds: Collection[int]) -> frozenset[int]:
        """All that matter, with those that are known to."""
        self._pending = list(seeds)
        while self._pending:
            number = self._pending.pop()
            if number not in self.found:
                self.found.add(number)
                self._follow(number)
        self.found -= self._repeated(frozenset(seeds))
        self.found.update(
            number
            for number in self.told
            if isinstance(self.skeleton.events[number].action, WAITS)
            or (self.barriers and isinstance(self.skeleton.events[number].action, sk.Local))
        )
        self.found.update(self._around())
        return frozenset(self.found)

    def _follow(self, number: int) -> None:
        """What a step that matters follows from."""
        event = self.skeleton.events[number]
        address = touched(event)
        if address is not None:
            self._from(address)
        self._from(event.guard)
        for term in event.controls:
            self._from(term)
        for write in self._writes.get(number, ()):
            self._from(write.when)
            self._from(write.value)
        for word in self._stored.get(number, ()):
            self._from(word.value)
        for check in event.checks:
            self._from(check.bad)
        for read in self._reads.get(number, ()):
            place = self._place(read)
            if place is not None and place not in self._places:
                self._places.add(place)
                self._pending.extend(self._writers.get(place, ()))
        if isinstance(event.action, sk.Try | sk.LockState):
            lock = self.location(event.action.address)
            others = self._lockers.get(lock, ()) if lock is not None else ()
            self._pending.extend(e for e in others if e != number)

    def _from(self, term: Term) -> None:
        """The steps that a term is computed from."""
        pending = [term]
        while pending:
            one = pending.pop()
            if one not in self._terms:
                self._terms.add(one)
                row = self.skeleton.rows[one]
                pending.extend(self._parts(row))
                source = self._source(row)
                if source is not None:
                    self._pending.append(source)

    def _source(self, row: Row) -> int | None:
        """The step that a leaf is the outcome of; that a lock was granted goes without saying."""
        match row:
            case ReadValue(access=access):
                return self.skeleton.reads[access].event
            case Outcome(event=event, what="taken" | "locked") | Allocated(event=event):
                return event
            case _:
                return None

    def _parts(self, row: Row) -> Iterator[Term]:
        """The terms that decided another one."""
        surely = self.values.surely
        match row:
            case And(args=args):
                yield from next(((a,) for a in args if surely(a) is False), args)
            case Or(args=args):
                yield from next(((a,) for a in args if surely(a)), args)
            case Outcome(event=event):
                # Whoever has got past a step has come to it.
                yield self.skeleton.events[event].guard
            case Not(arg=arg):
                yield arg
            case Operation(args=args):
                yield from args
            case Phi(arms=arms):
                yield from next((arm for arm in arms if surely(arm[0])), ())
            case _:
                pass

    def _repeated(self, seeds: frozenset[int]) -> set[int]:
        """Loads of what the thread has just seen: nobody has stored to the place since."""
        seen: dict[tuple[int, Place], object] = {}
        again: set[int] = set()
        for number in self.told:
            action, thread = (
                self.skeleton.events[number].action,
                self.skeleton.events[number].thread,
            )
            values = {
                place: self.values.leaves.get(ReadValue(read.number))
                for read in self._reads.get(number, ())
                if (place := self._place(read)) is not None
            }
            stored = [place for place, by in self._writers.items() if number in by]
            if isinstance(action, sk.Access) and action.what == "load" and values:
                known = all(seen.get((thread, place)) == value for place, value in values.items())
                if known and number not in seeds:
                    again.add(number)
            if number in self.found:
                seen.update({(thread, place): value for place, value in values.items()})
            for place in stored:
                seen = {key: value for key, value in seen.items() if key[1] != place}
        return again

    def _around(self) -> set[int]:
        """Where sections and locks with a step in them that matters begin and end."""
        events = self.skeleton.events
        inside = {n for n in self.found if self.shown(n)}
        open_: dict[int, list[int]] = {}
        kept: set[int] = set()
        for number in (*self.told, *sorted(inside - set(self.told))):
            event = events[number]
            own = open_.setdefault(event.thread, [])
            if number in inside:
                kept.update(own)
            if isinstance(event.action, TAKES):
                own.append(number)
            elif isinstance(event.action, sk.Downgrade):
                kept.update({number} if set(own) & (kept | inside) else ())
            elif isinstance(event.action, LETS_GO):
                start = self._begun(event, open_)
                if start is not None:
                    if start in kept or start in inside:
                        kept.add(number)
                    open_[events[start].thread].remove(start)
        return kept

    def _begun(self, event: sk.Event, open_: dict[int, list[int]]) -> int | None:
        """Where what a step ends has begun: in its own thread, else in another."""
        others = [starts for thread, starts in open_.items() if thread != event.thread]
        key = self._key(event)
        for starts in (open_[event.thread], *others):
            for start in reversed(starts):
                if self._key(self.skeleton.events[start]) == key:
                    return start
        return None

    def _key(self, event: sk.Event) -> object:
        """What sections that end each other have in common."""
        action = event.action
        if isinstance(action, sk.SectionStart | sk.SectionEnd):
            return action.kind
        assert isinstance(action, sk.Grant | sk.Try | sk.Unlock | sk.SrcuStart | sk.SrcuEnd)
        return self.location(action.address)

    def _place(self, access: sk.ReadAccess | sk.WriteAccess) -> Place | None:
        """Where an access goes, None where that is not known."""
        found = self.location(access.address)
        return None if found is None else (found, access.part)

    def location(self, address: Term) -> Location | None:
        """Where a pointer leads, None where it leads nowhere or is not known."""
        try:
            value = self.values.value(address)
        except Unknown:
            return None
        known = isinstance(value, Pointer) and value.base is not None
        return value.location if known else None  # type: ignore[union-attr]


def with_something(moments: Iterable[Moment]) -> tuple[Moment, ...]:
    """The steps of a witness: all of a thread count where none of them matters by itself.

    The violation needs the thread, or it would not be there.
    """
    known = tuple(moments)
    heard = {moment.thread for moment in known if moment.decisive}
    return tuple(replace(m, decisive=m.decisive or m.thread not in heard) for m in known)
