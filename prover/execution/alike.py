"""Actors that are alike: two may change places, and every execution is one of the same program.

A permutation of the threads is looked for under which the skeleton stays what it is, term by term
and event by event.  That actors are instances of one declaration is where it begins, not
what it rests on: whose state has an address of its own, whom something names by its number, or who
runs another variant's code is not alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeVar

from dsl.frozen import fields_of
from prover.execution import skeleton as sk
from prover.execution.nodes import LOOKERS
from prover.execution.terms import (
    Allocated,
    And,
    Choice,
    Constant,
    Not,
    Operation,
    Or,
    Outcome,
    Phi,
    ReadValue,
    Row,
    Term,
)

TERMS = ("address", "outer", "own", "index", "domain", "pointer")
"""The fields of actions that hold a term, or None."""

EVENTS = ("grant", "request", "end", "start", "since", "free", "by")
"""Those that hold an event's number, or -1."""

THREADS = ("callback", "page")
"""Those that hold a thread's number, or -1."""

SEVERAL = ("closes", "rivals", "handlers")
"""Those that hold several events or threads, in no order."""

WORDS = ("what", "order", "looks", "kind", "mode", "pool", "anybody", "token", "flush", "always")
"""Those that say the same of whoever does it."""


Part = TypeVar("Part", bound=sk.OfEvent)
Key = TypeVar("Key")
Value = TypeVar("Value")


class NotAlikeError(Exception):
    """Something tells the two apart."""


def alike(skeleton: sk.Skeleton) -> list[tuple[int, ...]]:
    """The actors that may change places with each other: threads, in groups of two and more.

    Where neighbours can any two can.
    """
    groups: dict[str, list[int]] = {}
    for thread in skeleton.threads:
        if thread.kind == "actor":
            groups.setdefault(thread.symmetry, []).append(thread.number)
    return [
        tuple(group)
        for group in groups.values()
        if len(group) > 1
        and all(may_change_places(skeleton, one, two) for one, two in pairwise(group))
    ]


def may_change_places(skeleton: sk.Skeleton, one: int, two: int) -> bool:
    """Whether the skeleton is the same with two actors exchanged."""
    try:
        _Exchange(skeleton, one, two).check()
    except NotAlikeError:
        return False
    return True


@dataclass(slots=True)
class _Exchange:
    """What becomes of threads, events, accesses, choices and terms where two actors change places.

    Raises NotAlikeError where there is nothing that something could become.
    """

    skeleton: sk.Skeleton
    one: int
    two: int
    threads: dict[int, int] = field(default_factory=lambda: {-1: -1})
    events: dict[int, int] = field(default_factory=lambda: {-1: -1})
    reads: dict[int, int] = field(default_factory=dict[int, int])
    choices: dict[int, int] = field(default_factory=dict[int, int])
    terms: dict[Term, Term] = field(default_factory=dict[Term, Term])
    sets: dict[tuple[type, frozenset[Term]], Term] = field(
        default_factory=dict[tuple[type, frozenset[Term]], Term]
    )

    def check(self) -> None:
        """Raises NotAlikeError where something tells the two apart."""
        skeleton = self.skeleton
        self._threads()
        self._leaves()
        self._terms()
        for event in skeleton.events:
            self._event(event)
        self._accesses()
        self._lists()

    # --- what there is in a fixed order

    def _threads(self) -> None:
        """Who becomes whom: the two, and whatever they started or are interrupted by."""
        threads = self.skeleton.threads
        started: dict[tuple[int, int, int], list[sk.Thread]] = {}
        for thread in threads:
            started.setdefault(self._origin(thread), []).append(thread)
        for one, two in ((self.one, self.two), (self.two, self.one)):
            self._thread(threads[one], threads[two])
        for thread in threads:
            # Who starts a thread, and whose CPU it runs on, stands before it.
            if thread.number not in (self.one, self.two):
                parent, host, looks = origin = self._origin(thread)
                place = _known(self.events, parent), _known(self.threads, host)
                # Of several that one event starts on one host, the first becomes the first.
                mine = started[origin]
                theirs = started.get((*place, self.events.get(looks, looks)), [])
                _same(len(mine), len(theirs))
                self._thread(thread, theirs[mine.index(thread)])

    def _origin(self, thread: sk.Thread) -> tuple[int, int, int]:
        """What started a thread, on whose CPU; and the step after which it only looks, or -1."""
        looks = self.skeleton.events[thread.events[0]].anchor if thread.kind in LOOKERS else -1
        return thread.parent, thread.host, looks

    def _thread(self, mine: sk.Thread, theirs: sk.Thread) -> None:
        _same(mine.kind, theirs.kind)
        _same(len(mine.events), len(theirs.events))
        self.threads[mine.number] = theirs.number
        self.events.update(zip(mine.events, theirs.events, strict=True))

    def _leaves(self) -> None:
        """Which read and which choice becomes which: in each thread the first the first."""
        reads = sk.by_event(self.skeleton.reads)
        for event, other in self.events.items():
            for mine, theirs in self._both(reads, event, other):
                self.reads[mine.number] = theirs.number
        choices: dict[int, list[Choice]] = {}
        for row in self.skeleton.rows:
            if isinstance(row, Choice):
                choices.setdefault(row.thread, []).append(row)
        for thread, found in choices.items():
            others = choices.get(self.threads[thread], [])
            _same([(c.low, c.high) for c in found], [(c.low, c.high) for c in others])
            for one, two in zip(found, others, strict=True):
                self.choices[one.number] = two.number

    def _both(
        self, parts: dict[int, list[Part]], event: int, other: int
    ) -> Iterable[tuple[Part, Part]]:
        mine, theirs = parts.get(event, []), parts.get(other, [])
        _same(len(mine), len(theirs))
        return zip(mine, theirs, strict=True)

    def _event(self, event: sk.Event) -> None:
        other = self.skeleton.events[self.events[event.number]]
        _same((event.rank, event.origin), (other.rank, other.origin))
        _same(self.events.get(event.anchor, event.anchor), other.anchor)
        self._becomes(event.guard, other.guard)
        _same({self._term(t) for t in event.controls}, set(other.controls))
        _same({self._term(t) for t in event.surely}, set(other.surely))
        self._action(event.action, other.action)
        _same(len(event.checks), len(other.checks))
        for one, two in zip(event.checks, other.checks, strict=True):
            _same((one.property, one.message), (two.property, two.message))
            self._becomes(one.bad, two.bad)

    def _action(self, mine: sk.Action, theirs: sk.Action) -> None:
        """An action becomes another one of its kind."""
        _same(type(mine), type(theirs))
        for name in fields_of(mine):
            self._field(name, getattr(mine, name), getattr(theirs, name))
        match mine, theirs:
            case sk.SrcuEnd(), sk.SrcuEnd():
                _same(self._pairs(mine.closes), set(theirs.closes))
                _same(self._pairs(mine.rivals), set(theirs.rivals))
            case sk.IpiStart(), sk.IpiStart():
                _same({self.threads[t] for t in mine.handlers}, set(theirs.handlers))
            case _:
                pass

    def _pairs(self, pairs: tuple[tuple[int, Term], ...]) -> set[tuple[int, Term]]:
        return {(_known(self.events, event), self._term(term)) for event, term in pairs}

    def _field(self, name: str, one: object, two: object) -> None:
        """The field of an action that has ``name``."""
        if name in TERMS and isinstance(one, int):
            _same(self._term(Term(one)), two)
        elif name in EVENTS and isinstance(one, int):
            _same(_known(self.events, one), two)
        elif name in THREADS and isinstance(one, int):
            _same(_known(self.threads, one), two)
        elif name in (*TERMS, *WORDS):
            _same(one, two)
        elif name not in SEVERAL:
            raise NotAlikeError

    def _accesses(self) -> None:
        """What events read and store."""
        skeleton = self.skeleton
        reads, writes = sk.by_event(skeleton.reads), sk.by_event(skeleton.writes)
        updates, stored = sk.by_event(skeleton.updates), sk.by_event(skeleton.stored)
        for event, other in self.events.items():
            for read, its in self._both(reads, event, other):
                _same((read.part, read.ghost), (its.part, its.ghost))
                self._becomes(read.address, its.address)
            for write, their in self._both(writes, event, other):
                _same(write.part, their.part)
                self._each(write, their, "address", "value", "when")
            for update, another in self._both(updates, event, other):
                self._each(update, another, "address", "when", "low", "high")
            for word, second in self._both(stored, event, other):
                _same(word.present, second.present)
                self._each(word, second, "value", "when")

    def _lists(self) -> None:
        """What is no matter of one event alone."""
        skeleton = self.skeleton
        edges = {(e.event, e.held, e.taken, e.when, e.folio, e.again) for e in skeleton.lock_edges}
        images = {
            (self.events[e], h, t, self._term(w), None if f is None else self._term(f), again)
            for e, h, t, w, f, again in edges
        }
        _same(images, edges)
        cuts = {(c.thread, c.guard, c.loop) for c in skeleton.cuts}
        _same({(self.threads[t], self._term(g), loop) for t, g, loop in cuts}, cuts)

    # --- terms

    def _each(self, mine: object, theirs: object, *names: str) -> None:
        for name in names:
            self._becomes(getattr(mine, name), getattr(theirs, name))

    def _becomes(self, mine: Term, theirs: Term) -> None:
        _same(self._term(mine), theirs)

    def _terms(self) -> None:
        """What each term becomes, operands first; some that nobody uses may become nothing."""
        rows = self.skeleton.rows
        for number, row in enumerate(rows):
            if isinstance(row, And | Or):
                self.sets[type(row), frozenset(row.args)] = Term(number)
        for number, row in enumerate(rows):
            try:
                found = self._found(row, Term(number))
            except NotAlikeError:
                continue
            if found is not None:
                self.terms[Term(number)] = found

    def _term(self, term: Term) -> Term:
        return _known(self.terms, term)

    def _found(self, row: Row, term: Term) -> Term | None:
        match row:
            case Constant():
                return term
            case And(args=args) | Or(args=args):
                return self.sets.get((type(row), frozenset(map(self._term, args))))
            case Not(arg=arg):
                return self._row(Not(self._term(arg)))
            case Phi(arms=arms):
                return self._row(Phi(tuple((self._term(g), self._term(v)) for g, v in arms)))
            case Operation(op=op, params=params, args=args):
                return self._row(Operation(op, params, tuple(map(self._term, args))))
            case ReadValue(access=access):
                return self._row(ReadValue(_known(self.reads, access)))
            case Choice(number=number, low=low, high=high):
                return self._row(Choice(_known(self.choices, number), low, high))
            case Outcome(event=event, what=what):
                return self._row(Outcome(_known(self.events, event), what))
            case Allocated(event=event):
                return self._row(Allocated(_known(self.events, event)))

    def _row(self, row: Row) -> Term | None:
        return self.skeleton.term_of.get(row)


def _known(found: Mapping[Key, Value], key: Key) -> Value:
    """What something becomes; raises NotAlikeError where it becomes nothing."""
    if key not in found:
        raise NotAlikeError
    return found[key]


def _same(one: object, two: object) -> None:
    """Raises NotAlikeError unless two things are one."""
    if one != two:
        raise NotAlikeError
