"""From rules and events to facts and places in the source."""

from __future__ import annotations

from prover.execution import skeleton as sk
from prover.execution.domains import Domains
from prover.execution.terms import Term
from prover.explained import Fact, Kind, Site
from prover.graph.ir import Origin
from prover.graph.values import Location, Pointer
from prover.smt.labels import Rule, rule_of
from prover.why.opened import Gate

_ALONE: dict[str, Kind] = {
    "trylock": "trylock",
    "lock state": "lock state",
    "strong": "grace period orders",
    "read": "read",
    "alloc fails": "alloc fails",
    "fence": "barrier",
    "acquire": "acquire",
    "release": "release",
    "full": "full",
}
"""Rules about one event."""

_PAIRS: dict[str, Kind] = {
    "queue": "queue",
    "over callback": "rcu_barrier",
    "lifetime": "lifetime",
    "reuse": "lifetime",
}
"""Rules about two events."""


_HANDLERS = {
    "stops its host": "its host makes no step meanwhile",
    "one at a time": "one after the other",
}
"""What handlers on one processor do to each other, and to who is interrupted."""

_ORDER = ("acquire", "release", "full")
_TAKING = (sk.Grant, sk.Try)


def fact_of(label: str, skeleton: sk.Skeleton, domains: Domains) -> Fact | None:
    """The fact that an assertion belongs to; None for what every proof takes for granted."""
    rule = rule_of(label)
    return None if rule is None else _Reader(skeleton, domains).fact(rule)


def fact_of_gate(gate: Gate) -> Fact:
    """The fact that a test says what it says."""
    kind: Kind = "assume" if gate.kind == "assume" else "condition"
    return Fact(kind, (_site(gate.actor, gate.origin),))


class _Reader:
    """Reads rules about one skeleton."""

    def __init__(self, skeleton: sk.Skeleton, domains: Domains) -> None:
        self.skeleton = skeleton
        self.domains = domains

    def fact(self, rule: Rule) -> Fact | None:
        """The fact of a rule."""
        match rule.name, rule.events:
            case "exclusion", (one, two):
                return Fact("lock", self._pair(one, two))
            case "handover", (unlock, lock):
                return self._handed(unlock, lock)
            case "over section", (start, section):
                return self._over(start, section)
            case "follows", (later, earlier):
                return self._follows(later, earlier)
            case "IPI waits", (start,):
                return Fact("ipi", (self._at(start),), rule.threads[0])
            case "dependency", (later, earlier):
                return Fact("dependency", (self._at(earlier), self._at(later)))
            case _:
                return self._plain(rule)

    def _plain(self, rule: Rule) -> Fact | None:
        events = rule.events
        if rule.name in _PAIRS:
            kind = _PAIRS[rule.name]
            sites = self._pair(*events) if kind == "lifetime" else tuple(map(self._at, events))
            return Fact(kind, sites)
        if rule.name in _ORDER and isinstance(self._action(events[0]), (*_TAKING, sk.Unlock)):
            return Fact("lock order", (self._at(events[0]),))
        if rule.name in _ORDER and self._thread_of(events[0]).kind == "handler":
            if isinstance(self._action(events[0]), sk.Begin | sk.Ended):
                thread = self._thread_of(events[0])
                return Fact("ipi", (self._at(thread.parent),), thread.name)
        if rule.name in _ALONE:
            return Fact(_ALONE[rule.name], (self._at(events[0]),))
        threads = {t.name: t for t in self.skeleton.threads}
        senders = sorted({self._at(threads[name].parent) for name in rule.threads})
        who = " and ".join(rule.threads)
        if rule.name == "handler over section":
            return Fact("irq", (*senders, self._at(events[0])), who)
        return Fact("handlers", tuple(senders), f"{who}: {_HANDLERS[rule.name]}")

    def _over(self, start: int, section: int) -> Fact:
        """A grace period waits for a section; under sc also a handler for interrupts."""
        action = self.skeleton.events[start].action
        if isinstance(action, sk.Begin):
            thread = self._thread_of(start)
            return Fact("irq", (self._at(thread.parent), self._at(section)), thread.name)
        return Fact("grace period", (self._at(start), self._at(section)), self._section(section))

    def _section(self, event: int) -> str:
        """What kind of section begins at an event."""
        action = self.skeleton.events[event].action
        match action:
            case sk.SectionStart(kind=kind):
                return kind
            case sk.SrcuStart():
                return "srcu"
            case sk.Grant() | sk.Try() | sk.Downgrade():
                return "lock"
            case _:
                return f"the run of {self._thread_of(event).name}"

    def _follows(self, later: int, earlier: int) -> Fact:
        """What an IPI, or rcu_barrier(), has before and behind it."""
        action = self.skeleton.events[later].action
        ended = self._thread_of(earlier)
        if isinstance(action, sk.BarrierEnd):
            return Fact("rcu_barrier", (self._at(action.start), self._at(ended.parent)))
        if isinstance(action, sk.IpiEnd):
            return Fact("ipi", (self._at(action.start),), ended.name)
        begun = self._thread_of(later)
        return Fact("ipi", (self._at(begun.parent),), begun.name)

    def _handed(self, unlock: int, lock: int) -> Fact:
        """A lock handed over is part of what its critical sections do to each other.

        Where what is let go may have been taken in several places it is a fact of its own.
        """
        taken = {self._at(number) for number in self._taken_by(unlock)}
        if self._thread_of(unlock) == self._thread_of(lock):
            return Fact("lock order", (self._at(unlock), self._at(lock)))
        first = taken.pop() if len(taken) == 1 else self._at(unlock)
        return Fact("lock", tuple(sorted((first, self._at(lock)))))

    def _taken_by(self, unlock: int) -> list[int]:
        """The events of its own thread that may have taken what an unlock lets go."""
        action = self._action(unlock)
        assert isinstance(action, sk.Unlock)
        places = self._places(action.address)
        return [
            number
            for number in self._thread_of(unlock).events
            if number < unlock
            and isinstance(taking := self._action(number), _TAKING)
            and taking.kind == action.kind
            and places & self._places(taking.address)
        ]

    def _places(self, address: Term) -> set[Location]:
        values = self.domains.values[address]
        return {v.location for v in values if isinstance(v, Pointer) and v.base is not None}

    def _action(self, event: int) -> sk.Action:
        return self.skeleton.events[event].action

    def _thread_of(self, event: int) -> sk.Thread:
        return self.skeleton.threads[self.skeleton.events[event].thread]

    def _pair(self, one: int, two: int) -> tuple[Site, ...]:
        return tuple(sorted((self._at(one), self._at(two))))

    def _at(self, event: int) -> Site:
        """Where an event is; what only begins or ends a thread is where that was started."""
        found = self.skeleton.events[event]
        thread = self._thread_of(event)
        if isinstance(found.action, sk.Begin | sk.Ended) and thread.parent >= 0:
            return self._at(thread.parent)
        actor = thread.symmetry if thread.kind == "actor" else thread.name
        return _site(actor, found.origin)


def _site(actor: str, origin: Origin) -> Site:
    function = origin.frames[-1].function if origin.frames else ""
    span = origin.span
    return Site(span.file, span.start, span.end, actor, function)
