"""One thread under construction: where it stands, and what it holds there.

What a thread holds is kept in registers whose names start with ``!``:

========== ==========================================================
``!rcu``   depth of RCU readers; ``!preempt`` and ``!bh`` likewise
``!irq``   interrupts are off
``!x:L``   the thread holds lock L exclusively
``!s:L``   how often it holds L shared
``!n:L``   the lockdep subclass L was taken with
``!v:N``   the SRCU reader with index N is open
========== ==========================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dsl.frozen import Frozen
from prover.execution import skeleton as sk
from prover.execution.construct.draft import Draft, Env, Lock
from prover.execution.terms import Term
from prover.graph import ir
from prover.graph.values import Location

SPINNING = ("spinlock", "rwlock")
"""Kinds of lock that make their holder atomic."""

OWNED = ("spinlock", "rwlock", "mutex", "rwsem")
"""Kinds of lock that only their holder may unlock."""

CLAIMS = ("final", "invariant")
"""Kinds of thread that only look."""


class Page(Frozen, frozen=True):
    """A page that may be given back by ``thread`` once event ``free`` has freed ``pointer``.

    ``typesafe`` holds where what is freed belongs to a typesafe pool.
    """

    thread: int
    free: int
    pointer: Term
    typesafe: Term
    origin: ir.Origin


@dataclass(slots=True)
class Strand:
    """A thread under construction.

    ``haltable``: a handler or callback that never ends may stop this thread before any event,
    which the event's outcome ``steps`` says.  ``more_follows``: after the half-store at hand
    another one of its update may come.  ``controls``: the conditions that decide on this block;
    ``surely``: those that do whatever open configs are.
    ``worker``: this is a callback of call_srcu(), which a workqueue runs.
    ``watches``: for each await, the number of the first event of its last round.
    """

    draft: Draft
    thread: int
    kind: str
    transitions: Sequence[ir.TransitionTable]
    anchor: int
    haltable: bool = False
    more_follows: bool = False
    controls: tuple[Term, ...] = ()
    surely: tuple[Term, ...] = ()
    worker: bool = False
    guard: Term = field(init=False)
    env: Env = field(default_factory=dict[str, Term])
    numbers: list[int] = field(default_factory=list[int])
    subclasses: dict[Location, set[int]] = field(default_factory=dict[Location, set[int]])
    callbacks: list[tuple[ir.CallRcu, int, int, Term]] = field(
        default_factory=list[tuple[ir.CallRcu, int, int, Term]]
    )
    pages: list[Page] = field(default_factory=list[Page])
    watches: dict[str, int] = field(default_factory=dict[str, int])
    ipis: list[tuple[ir.Ipi, int, Term]] = field(default_factory=list[tuple[ir.Ipi, int, Term]])
    readers: list[tuple[int, int, Term]] = field(default_factory=list[tuple[int, int, Term]])

    @property
    def looks(self) -> bool:
        """Whether this is a claim, which touches nothing."""
        return self.kind in CLAIMS

    def initial(self) -> Env:
        """The registers a thread starts with."""
        return {"!irq": self.draft.constant(int(self.kind == "handler"))}

    def get(self, name: str) -> Term:
        """A register of the builder's own; 0 where it was never set."""
        found = self.env.get(name)
        return self.draft.constant(0) if found is None else found

    def value(self, expr: ir.Expr) -> Term:
        """The term of an expression here."""
        return self.draft.value_of(expr, self.env)

    # --- events

    def emit(
        self,
        action: sk.Action,
        guard: Term,
        origin: ir.Origin,
        checks: Iterable[sk.LocalCheck] = (),
    ) -> int:
        """Adds an event that is reached where ``guard`` holds."""
        return self.fill(self.draft.reserve(), action, guard, origin, checks)

    def fill(
        self,
        number: int,
        action: sk.Action,
        guard: Term,
        origin: ir.Origin,
        checks: Iterable[sk.LocalCheck] = (),
    ) -> int:
        """Makes the event of a reserved number."""
        if self.haltable and not isinstance(action, sk.Begin):
            guard = self.draft.terms.both(guard, self.draft.outcome(number, "steps"))
        # An assert() that always holds is still one that somebody comes to.
        known = self.draft.terms.known
        live = tuple(c for c in checks if c.property == "assert" or known(c.bad) != 0)
        if self.kind == "final":
            anchor, rank = -1, 0
        elif self.kind == "invariant":
            anchor, rank = self.anchor, 1
        else:
            anchor, rank = number, 0
        self.draft.events[number] = sk.Event(
            number,
            self.thread,
            guard,
            action,
            live,
            anchor,
            rank,
            origin,
            self.controls,
            self.surely,
        )
        self.numbers.append(number)
        return number

    def here(
        self, action: sk.Action, origin: ir.Origin, checks: Iterable[sk.LocalCheck] = ()
    ) -> int:
        """Adds an event at the current point; control goes on from it if it is ok."""
        number = self.emit(action, self.guard, origin, checks)
        self.guard = self.draft.outcome(number, "ok")
        return number

    def blocking(
        self, action: sk.Action, origin: ir.Origin, checks: Iterable[sk.LocalCheck] = ()
    ) -> int:
        """Adds an event that control passes only once it is granted."""
        number = self.emit(action, self.guard, origin, checks)
        self.guard = self.draft.outcome(number, "granted")
        return number

    # --- locks

    def holds(self, lock: Lock) -> Term:
        """Whether the thread holds a lock in any mode."""
        draft = self.draft
        shared = draft.truth(self.get(lock.shared))
        return draft.terms.either(self.get(lock.exclusive), shared)

    def held_at(self, address: Term, kinds: Iterable[str], mode: str) -> Term:
        """Whether the thread holds the lock at ``address`` (``mode`` any: in any mode)."""
        draft = self.draft
        parts: list[Term] = []
        for lock in draft.locks(*kinds):
            here = draft.is_at(address, lock)
            if mode == "any":
                held = self.holds(lock)
            elif mode == "exclusive":
                held = self.get(lock.exclusive)
            else:
                held = draft.truth(self.get(lock.shared))
            parts.append(draft.terms.both(here, held))
        return draft.terms.either(*parts)

    def shared_depth(self, address: Term, kind: str, depth: int) -> Term:
        """Whether the thread holds the lock at ``address`` shared exactly ``depth`` times."""
        draft = self.draft
        parts: list[Term] = []
        for lock in draft.locks(kind):
            here = draft.is_at(address, lock)
            same = draft.equal(self.get(lock.shared), draft.constant(depth))
            parts.append(draft.terms.both(here, same))
        return draft.terms.either(*parts)

    def set_held(self, address: Term, kind: str, mode: str, when: Term, *, held: bool) -> None:
        """Notes that the lock at ``address`` was taken or let go, where ``when`` holds.

        One that is not held is not let go.
        """
        draft = self.draft
        terms = draft.terms
        for lock in draft.locks(kind):
            here = terms.both(when, draft.is_at(address, lock))
            if terms.known(here) == 0:
                continue
            if mode == "exclusive":
                name = lock.exclusive
                old = self.get(name)
                new = terms.either(old, here) if held else terms.both(old, terms.invert(here))
            else:
                name = lock.shared
                old = self.get(name)
                one = here if held else terms.both(here, draft.truth(old))
                new = draft.operation("+" if held else "-", (), (old, one))
            self.env[name] = new

    def set_subclass(self, address: Term, kind: str, subclass: int, when: Term) -> None:
        """Notes the lockdep subclass that a lock was taken with."""
        draft = self.draft
        for lock in draft.locks(kind):
            here = draft.terms.both(when, draft.is_at(address, lock))
            if draft.terms.known(here) == 0:
                continue
            self.subclasses.setdefault(lock.location, set()).add(subclass)
            name = lock.subclass
            self.env[name] = draft.select(here, draft.constant(subclass), self.get(name))

    # --- context

    def atomic(self) -> Term:
        """Whether the thread must not sleep here."""
        return self._off("!rcu", "!irq", "!preempt", "!bh")

    def stays(self) -> Term:
        """Whether the thread stays on its CPU here: its task is not preempted."""
        return self._off("!irq", "!preempt", "!bh")

    def _off(self, *names: str) -> Term:
        """Whether something is off or counted, a spinlock is held, or this is no task."""
        draft = self.draft
        if self.kind in ("callback", "handler"):
            return draft.constant(1)
        parts = [draft.truth(self.get(name)) for name in names]
        parts.extend(self.holds(lock) for lock in draft.locks(*SPINNING))
        return draft.terms.either(*parts)

    def in_interrupt(self) -> bool:
        """Whether the thread is no task: a handler, or a callback that a softirq runs."""
        return self.kind == "handler" or (self.kind == "callback" and not self.worker)

    def in_reader(self) -> Term:
        """Whether the thread is in an SRCU reader of its own."""
        opened = (self.get(f"!v:{token}") for _, token, _ in self.readers)
        return self.draft.terms.either(*opened)

    def sleep_check(self) -> sk.LocalCheck:
        """The check of a call that may sleep."""
        return sk.LocalCheck("sleep-in-atomic", self.atomic(), "")

    def end_checks(self) -> tuple[sk.LocalCheck, ...]:
        """What must not be left at a thread's end."""
        if self.looks:
            return ()
        draft = self.draft
        held = [self.holds(lock) for lock in draft.locks(*OWNED)]
        irq = self.get("!irq")
        if self.kind == "handler":
            irq = draft.terms.invert(irq)
        counts = draft.terms.either(*(draft.truth(self.get(n)) for n in ("!preempt", "!bh")))
        return (
            sk.LocalCheck("lock-held-at-end", draft.terms.either(*held), ""),
            sk.LocalCheck("rcu-unbalanced", draft.truth(self.get("!rcu")), ""),
            sk.LocalCheck("srcu-unbalanced", self.in_reader(), ""),
            sk.LocalCheck("irq-unbalanced", irq, ""),
            sk.LocalCheck("preempt-unbalanced", counts, ""),
        )
