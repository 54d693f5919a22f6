"""The compiled transition relation: shared variables, local states, and rules between them.

Everything is a number, so that who searches and who checks a certificate need know nothing of
kernel locking.  A *configuration* is the value of every shared variable, any number of *actors*
with a local state each, and for each ordered pair of actors a *label*: the regions of the second
that a wait of the first has not seen end yet.

A rule moves one actor.  It applies where the shared variables that it reads have the values it
names, where its guard forbids none of the other actors, and, if it ends a wait, where the labels
of its actor towards all others are empty.  Then, in one step,

- shared variables change (``writes``),
- its actor goes to another local state (``after``; IDLE: it is gone),
- regions of its actor end (``ended``): they leave every label towards it,
- if it begins a wait (``begins``), its labels become what the wait waits for in each other actor,
- if it ends one (``over``), its labels become empty,
- every other actor changes as the broadcast says (``change``): pointers to what was freed are
  pointers to something freed from now on,
- new actors appear (``spawned``: callbacks), which wait from the start if their local state
  says so (:meth:`System.awaits`).

Who holds a lock is local: taking one is a rule whose guard forbids those who hold it.  That
somebody holds it exclusively is shared as well (a variable of the lock's own, that the rule reads
and writes): without that, somebody whose views lack the holder could take it while the holder is
in the middle of its work.  A label is one set of regions for each pair of a waiter and a reader,
as several waits that overlap need it: one bit per reader would take the second wait's readers for
those of the first.

What is unknown of existence is left out: a failed trylock does not ask that somebody holds the
lock. So rules allow too much, never too little, and what goes wrong by them is looked for once
more with a number of actors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from dsl.source import Span

IDLE = 0
"""The local state of an actor that is not there: no rules, nothing held, and any number of them."""

Shared: TypeAlias = tuple[int, ...]
"""The value of each shared variable, by its number; each variable has values of its own from 0."""

Label: TypeAlias = int
"""Regions as a set of bits; 0 is the empty one."""


@dataclass(frozen=True, slots=True)
class Violated:
    """What a rule violates, where: the first of ``properties`` is the one to report."""

    properties: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Rule:
    """One way for one actor to go on.

    ``reads`` and ``writes`` are (variable, value) pairs, each variable at most once, in the order
    of their numbers.  ``guard``, ``begins`` and ``change`` are numbers that the system explains
    (-1: none).  A rule that is ``violated`` leads nowhere: its writes are empty and ``after`` is
    IDLE. ``kind`` says in one word what it does: local, load, store, update, acquire, release,
    enter, leave, wait, alloc, free, defer, choose.  ``span`` is the statement.
    """

    local: int
    reads: tuple[tuple[int, int], ...]
    writes: tuple[tuple[int, int], ...]
    after: int
    kind: str
    span: Span
    guard: int = -1
    begins: int = -1
    over: bool = False
    ended: Label = 0
    change: int = -1
    spawned: tuple[int, ...] = ()
    violated: Violated | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """How a system begins: the shared variables, and who is there.

    ``many`` are local states of which there is any number, ``single`` those of actors that there
    is one of.
    """

    shared: Shared
    many: tuple[int, ...]
    single: tuple[int, ...]


class System(Protocol):
    """A transition relation that is found as it is asked for.

    Local states are numbered as they are found, IDLE first.  All methods are functions: the same
    arguments give the same answer.
    """

    @property
    def start(self) -> Start:
        """How it begins."""
        ...

    def rules(self, local: int, shared: Shared) -> tuple[Rule, ...]:
        """The rules of ``local`` whose reads fit ``shared``; guards and labels are not looked at.

        None: the actor waits for a shared variable to change (an await is a rule that leads
        back, see :meth:`standing`) or has stopped for good (a false ``assume()``).
        """
        ...

    def forbids(self, guard: int, other: int) -> bool:
        """Whether a guard forbids another actor in local state ``other``."""
        ...

    def waited_for(self, wait: int, other: int) -> Label:
        """The open regions of ``other`` that a wait, begun now, waits for."""
        ...

    def changed(self, change: int, other: int) -> int:
        """The local state that a broadcast makes of ``other``; IDLE stays IDLE."""
        ...

    def awaits(self, local: int) -> int:
        """The wait that an actor spawned in ``local`` begins with, -1 for none."""
        ...

    def single(self, local: int) -> int:
        """Which of the actors that there is one of this is (from 0), -1 for one of many."""
        ...

    def broken(self, shared: Shared) -> Violated | None:
        """An invariant of the protocol that does not hold."""
        ...

    def stopped(self, local: int) -> bool:
        """Whether the actor has stopped for good at a false ``assume()``: it counts as running."""
        ...

    def wants(self, local: int, shared: Shared) -> int:
        """The guard of the lock that an actor stands before and may have to wait for, -1 for none.

        Whom it forbids of the others is who may hold it; it has no rule where the lock's variable
        says that it is taken.
        """
        ...

    # --- what it says to people ---------------------------------------------------------------

    def variables(self) -> tuple[str, ...]:
        """The shared variables by name, as the author would write them."""
        ...

    def value_text(self, variable: int, value: int) -> str:
        """A value of a shared variable in words."""
        ...

    def local_text(self, local: int) -> str:
        """A local state in words: actor, statement, what it holds."""
        ...

    def value_key(self, variable: int, value: int) -> str:
        """A value of a shared variable, one to one, the same in every run of the program."""
        ...

    def local_key(self, local: int) -> str:
        """A local state, one to one, the same in every run of the program."""
        ...

    def region_key(self, region: int) -> str:
        """The region that bit ``region`` of a label is, one to one, the same in every run."""
        ...

    def actor(self, local: int) -> str:
        """The actor, or the callback, that a local state is of; empty for IDLE."""
        ...

    def place(self, local: int) -> Span | None:
        """The statement that the actor stands before; None for IDLE."""
        ...


class Exchange(Protocol):
    """Objects that change places: what becomes of everything that a system numbers.

    Whether what it makes of the rules are the rules is for others to find out.
    """

    @property
    def inverse(self) -> Exchange:
        """What leads back."""
        ...

    def shared(self, shared: Shared) -> Shared:
        """A shared state."""
        ...

    def pair(self, variable: int, value: int) -> tuple[int, int]:
        """A variable with one of its values."""
        ...

    def local(self, number: int) -> int:
        """A local state; IDLE stays IDLE."""
        ...

    def label(self, label: Label) -> Label:
        """A set of regions."""
        ...

    def guard(self, guard: int) -> int:
        """A guard; -1 stays -1, here and below."""
        ...

    def wait(self, wait: int) -> int:
        """A wait."""
        ...

    def change(self, change: int) -> int:
        """A broadcast."""
        ...


class Refused(Exception):
    """The protocol has what this engine does not: ``what`` in words, at ``span``."""

    def __init__(self, what: str, span: Span | None = None) -> None:
        super().__init__(what)
        self.what, self.span = what, span


class Infinite(Exception):
    """A shared variable or a local takes more values than a proof could list: ``what`` names it."""

    def __init__(self, what: str, span: Span | None = None) -> None:
        super().__init__(what)
        self.what, self.span = what, span
