"""The skeleton: everything a bounded program may do, as events over terms.

An *event* is one atomic step of one *thread* (an actor, an RCU callback, an
IPI handler, or a claim that only looks).  Its guard says when it is reached.
Events of a thread are numbered in an order that every run of it respects.
The skeleton knows no memory model and no solver.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeAlias, TypeVar

from dsl.frozen import Frozen, field
from dsl.source import Span
from prover.execution.changes import Change
from prover.execution.lock_facts import LockOrderEdge, LockUse
from prover.execution.terms import Row, Term
from prover.graph.ir import Layout, Origin, Region
from prover.graph.values import Allocation


class Begin(Frozen, frozen=True):
    """The thread starts.

    For a callback and a handler this is a blocking event: it is *granted* once the
    grace period is over, or once the host can take the interrupt.
    """


class Ended(Frozen, frozen=True):
    """The thread has run to its end."""


class Access(Frozen, frozen=True):
    """Loads, stores and read-modify-writes: the accesses that belong to the event say which.

    ``what`` is ``load``, ``store`` or ``rmw``, ``order`` the instruction's ordering and
    ``address`` the pointer it goes through.  ``looks``: an update that has tried nothing where it
    fails, ``always`` or in its ``generic`` form.
    """

    what: str
    order: str
    address: Term
    looks: str = ""


class Request(Frozen, frozen=True):
    """A mutex, rwsem or rwlock is asked for; ``grant`` is the event that gets it."""

    address: Term
    kind: str
    mode: str
    grant: int


class Grant(Frozen, frozen=True):
    """A lock is taken, once it can be.

    ``outer``: this is not a recursive read.  ``request`` is the event that asked, -1
    where nobody sees that it waits: no queue, or one that it passes.
    """

    address: Term
    kind: str
    mode: str
    outer: Term
    request: int

    @property
    def in_queue(self) -> bool:
        """Whether it is to read, and waits for the writers that asked before."""
        return self.mode == "shared" and self.request >= 0


class Try(Frozen, frozen=True):
    """A lock is tried; Outcome ``taken`` says whether it was got.  ``own``: it is held already."""

    address: Term
    kind: str
    mode: str
    outer: Term
    own: Term


class Unlock(Frozen, frozen=True):
    """A lock is let go; ``outer``: the actor now holds it no more."""

    address: Term
    kind: str
    mode: str
    outer: Term


class Downgrade(Unlock, frozen=True):
    """An exclusive holding is let go, and a shared one begins, in one step."""


class LockState(Frozen, frozen=True):
    """A look at a lock; Outcome ``locked`` is what was seen.  ``own``: the actor holds it."""

    address: Term
    kind: str
    own: Term


class SectionStart(Frozen, frozen=True):
    """A section of ``kind`` (rcu, irq, preempt, bh) begins, if ``outer``."""

    kind: str
    outer: Term


class SectionEnd(Frozen, frozen=True):
    """A section of ``kind`` ends, if ``outer``."""

    kind: str
    outer: Term


class SrcuStart(Frozen, frozen=True):
    """A reader of an SRCU domain begins; ``anybody`` may end it, else its thread.

    Its index is ``token`` more than what the event reads, which is 0.
    """

    address: Term
    anybody: bool
    token: int


class SrcuEnd(Frozen, frozen=True):
    """A reader of an SRCU domain ends: of ``closes``, pairs of its start and a term, the one
    whose term holds.  ``rivals`` are the events that end the same one where a term holds.
    """

    address: Term
    anybody: bool
    index: Term
    closes: tuple[tuple[int, Term], ...]
    rivals: tuple[tuple[int, Term], ...] = ()


class GraceStart(Frozen, frozen=True):
    """``synchronize_rcu()`` is called; ``end`` is its return.

    With a ``domain`` it is ``synchronize_srcu()``.
    """

    end: int
    domain: Term | None = None


class GraceEnd(Frozen, frozen=True):
    """``synchronize_rcu()`` returns; ``flush``: it is a flush of translations that does."""

    start: int
    flush: bool = False


class Queue(Frozen, frozen=True):
    """``call_rcu()``, or ``call_srcu()``: ``callback`` is the thread that will run."""

    address: Term
    callback: int
    domain: Term | None = None


class BarrierStart(Frozen, frozen=True):
    """``rcu_barrier()``, or ``srcu_barrier()``, is called; ``end`` is its return."""

    end: int
    domain: Term | None = None


class BarrierEnd(Frozen, frozen=True):
    """``rcu_barrier()`` returns."""

    start: int


class IpiStart(Frozen, frozen=True):
    """An IPI is sent; ``handlers`` are the threads that take it."""

    handlers: tuple[int, ...]


class IpiEnd(Frozen, frozen=True):
    """An IPI that is waited for has been taken everywhere.

    ``always``: whoever gets past the call has waited.  With a ``by`` it is the IPI sent there that
    waits: until handlers of the earlier one of ``start`` have begun, on the hosts of both.
    """

    start: int
    always: bool
    by: int = -1


class Allocate(Frozen, frozen=True):
    """A slot of ``pool`` is taken, or 0 returned if none is free."""

    pool: str


class Deallocate(Frozen, frozen=True):
    """The object at ``pointer`` is freed (nothing happens for NULL).

    ``page`` is the thread that may give its page back, -1 where no pool is typesafe.
    """

    pointer: Term
    page: int = -1


class GiveBack(Frozen, frozen=True):
    """The page of what event ``free`` has freed through ``pointer`` is gone."""

    pointer: Term
    free: int


class Spin(Frozen, frozen=True):
    """A round of an await, begun at event ``since``, has failed: it goes on where that changes."""

    since: int


class Local(Frozen, frozen=True):
    """A step that touches nothing shared: a check, a fence, a mark."""

    what: str


Action: TypeAlias = (
    Begin
    | Ended
    | Access
    | Request
    | Grant
    | Try
    | Unlock
    | LockState
    | SectionStart
    | SectionEnd
    | SrcuStart
    | SrcuEnd
    | GraceStart
    | GraceEnd
    | Queue
    | BarrierStart
    | BarrierEnd
    | IpiStart
    | IpiEnd
    | Allocate
    | Deallocate
    | GiveBack
    | Spin
    | Local
)


class LocalCheck(Frozen, frozen=True):
    """A violation of ``property`` at an event where ``bad`` holds: a matter of the thread alone.

    ``about`` is the change that a transition table does not have.
    """

    property: str
    bad: Term
    message: str
    about: Change | None = None


class Event(Frozen, frozen=True):
    """One step.

    ``anchor`` and ``rank`` place it: an event that only looks stands right after the event it
    is anchored at (rank 1), all others at themselves (rank 0).  ``checks`` in order of precedence.
    ``controls`` are the conditions of the branches that decide whether control gets here, and
    ``surely`` of those that do in the program of each value of the configs left open.
    """

    number: int
    thread: int
    guard: Term
    action: Action
    checks: tuple[LocalCheck, ...]
    anchor: int
    rank: int
    origin: Origin
    controls: tuple[Term, ...] = ()
    surely: tuple[Term, ...] = ()


class ReadAccess(Frozen, frozen=True):
    """One location read by an event; its value is the term ReadValue(number).

    ``part`` is ``whole``, or ``low`` or ``high`` of a split word.  ``address`` points at the
    scalar or word.  A ``ghost`` read looks without touching: no check applies to it.
    """

    number: int
    event: int
    address: Term
    part: str
    ghost: bool


class WriteAccess(Frozen, frozen=True):
    """One location written by an event, where ``when`` holds and the event is ok."""

    number: int
    event: int
    address: Term
    part: str
    value: Term
    when: Term


class Update(Frozen, frozen=True):
    """A completed update of a split word: at ``event``, where ``when`` holds, these bits stand."""

    event: int
    address: Term
    when: Term
    low: Term
    high: Term


class StoredWord(Frozen, frozen=True):
    """A word or half stored to memory by ``event``, where ``when`` holds: it must not be torn.

    ``present`` is the mask that makes the value count (0 for a word: any bit does).
    """

    event: int
    value: Term
    present: int
    when: Term


class Thread(Frozen, frozen=True):
    """One strand of events.

    ``kind`` is ``actor``, ``callback``, ``handler``, ``page``, ``final`` or ``invariant``.  A
    page's thread gives it back, or never begins; nobody waits for it.  ``events``
    in order; the first is its Begin, the last its Ended.  ``parent`` is the event that created
    it (-1: none), ``host`` the thread that a handler interrupts (-1: none).
    """

    number: int
    name: str
    kind: str
    symmetry: str
    events: tuple[int, ...]
    parent: int
    host: int

    @property
    def processor(self) -> int:
        """The thread whose processor it runs on: a handler's is its host's."""
        return self.host if self.kind == "handler" else self.number


class CutPoint(Frozen, frozen=True):
    """The bound was reached at ``loop`` by ``thread`` where ``guard`` holds."""

    thread: int
    guard: Term
    loop: Span


class MarkPoint(Frozen, frozen=True):
    """A labelled statement is passed where ``guard`` holds."""

    owner: str
    label: str
    guard: Term


class Skeleton(Frozen, frozen=True):
    """Everything that may happen in one bounded program.

    ``shared`` are the choices that are made once for the whole of it, by their names: configs
    that were left open.  ``kept`` says which register, an author's local, first had a term, and
    where.  ``declared`` are the orders of lock classes (first, then) that
    matter to ``lock_edges``, each with the place that says so.
    """

    rows: tuple[Row, ...]
    events: tuple[Event, ...]
    threads: tuple[Thread, ...]
    reads: tuple[ReadAccess, ...]
    writes: tuple[WriteAccess, ...]
    updates: tuple[Update, ...]
    stored: tuple[StoredWord, ...]
    lock_edges: tuple[LockOrderEdge, ...]
    cuts: tuple[CutPoint, ...]
    marks: tuple[MarkPoint, ...]
    term_of: Mapping[Row, Term]
    layout: Layout
    lock_uses: tuple[LockUse, ...] = ()
    shared: Mapping[str, Term] = field(default_factory=dict[str, Term])
    kept: Mapping[Term, tuple[str, Span]] = field(default_factory=dict[Term, tuple[str, Span]])
    declared: Mapping[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])


def life(region: Region, alloc: int) -> Allocation:
    """The life of a slot that event ``alloc`` begins; a typesafe pool's slots have but one."""
    return Allocation(region.name, 0 if region.typesafe else alloc)


def is_blocking(skeleton: Skeleton, event: Event) -> bool:
    """Whether an event can make its thread wait."""
    match event.action:
        case Grant() | GraceEnd() | BarrierEnd() | IpiEnd() | Spin():
            return True
        case Begin():
            return skeleton.threads[event.thread].parent >= 0
        case _:
            return False


def waited_on(skeleton: Skeleton, action: IpiEnd) -> tuple[int, ...]:
    """The handlers that a wait is for: their ends, or with a ``by`` their beginnings."""
    found = _handlers(skeleton, action.start)
    if action.by < 0:
        return found
    hosts = {skeleton.threads[handler].host for handler in _handlers(skeleton, action.by)}
    return tuple(handler for handler in found if skeleton.threads[handler].host in hosts)


def _handlers(skeleton: Skeleton, number: int) -> tuple[int, ...]:
    sent = skeleton.events[number].action
    assert isinstance(sent, IpiStart)
    return sent.handlers


def is_check(event: Event) -> bool:
    """Whether an event is a check that stands in the program, such as an assert()."""
    return isinstance(event.action, Local) and event.action.what == "check"


def is_assert(event: Event) -> bool:
    """Whether an event asserts something."""
    return any(check.property == "assert" for check in event.checks)


class OfEvent(Protocol):
    """What belongs to one event: an access, an update, a stored word, an edge."""

    @property
    def event(self) -> int:
        """The event's number."""
        ...


Part = TypeVar("Part", bound=OfEvent)


def by_event(parts: Iterable[Part]) -> dict[int, list[Part]]:
    """What belongs to each event, by the event's number."""
    found: dict[int, list[Part]] = {}
    for part in parts:
        found.setdefault(part.event, []).append(part)
    return found
