"""The nodes of a skeleton: what a weak memory model puts in order.

A memory model knows reads, writes and fences.  A read-modify-write, and taking a lock, is a
read followed by a write; a wide access to a split word is one node (its halves have their own
sources and their own coherence, ``rf``, ``co`` and ``fr`` relate the node).  Sending an IPI and
the end of what it runs are releases, starting to run it and its return acquires.  Claims, and
accesses of ghost state, have no nodes: they look at the execution from outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dsl.frozen import Frozen
from prover.execution import skeleton as sk
from prover.execution.hazards import address_of
from prover.execution.hazards_of_holders import looks_at_folio
from prover.execution.terms import Constant, Outcome, Term
from prover.graph.arithmetic import SHIFT
from prover.graph.values import Pointer

CONTINUES = frozenset(
    (
        "assert",
        "warn-on",
        "lockdep-assert",
        "refcount",
        "transition",
        "torn-value",
        "use-after-free",
        "double-free",
        "srcu-unbalanced",
        "lock-init-held",
        "sleep-in-atomic",
        "ipi-irqs-off",
        "rcu-unbalanced",
        "irq-unbalanced",
        "preempt-unbalanced",
        "lock-held-at-end",
        "unlock-not-held",
    )
)
"""Properties whose violation does not keep a thread from its next steps under a weak model: a
store that follows in program order may have been seen before.
"""

IN_VAIN = "unlock-not-held"
"""Of these the one whose event does nothing all the same: there is no holding that it could end."""


def goes_on(event: sk.Event, name: str) -> bool:
    """Whether a thread goes on after a violation at an event.

    ``VM_BUG_ON_FOLIO()`` stops who unlocks a folio that nobody has locked.  Who ends an SRCU
    reader, or is about to return from a call that uses a domain, does not learn that this was set
    down meanwhile.  A shift out of range has some result, where ``BUG_ON()`` and a division stop.
    """
    if name == "bug-on":
        return any(c.property == name and c.message.startswith(SHIFT) for c in event.checks)
    if name == "uninitialized":
        looks = isinstance(event.action, sk.Access) and event.action.what == "srcu-look"
        return looks or isinstance(event.action, sk.SrcuEnd)
    return name in CONTINUES and not (name == IN_VAIN and looks_at_folio(event))


LOOSE = ("plain", "racy")
"""Orders of accesses that the compiler may move: what is computed of them is in no order."""

LOOKERS = ("final", "invariant")
"""Kinds of thread that only look."""


class Node(Frozen, frozen=True):
    """One read (``kind`` R), write (W) or fence (F) of an event.

    ``thread`` is whose processor it is on: a handler's nodes are on that of its host.

    It is there where its event happens and ``when`` holds.  ``order`` is ``plain``, ``racy``,
    ``once``, ``acquire``, ``release``, ``full`` or ``noreturn``, and for a fence the primitive's
    name; it counts where ``active`` holds (a failed cmpxchg() orders nothing).  ``role`` tells what
    the node is part of: ``access``, ``rmw``, ``lock``, ``unlock``, ``look`` (trylock refused,
    is_locked, or at an SRCU domain that is waited for), ``request``, ``srcu``, ``queue``,
    ``alloc``, ``free``, ``ipi``, ``barrier``, ``fence``.
    """

    number: int
    event: int
    thread: int
    kind: str
    order: str
    role: str
    when: Term
    active: Term


class Nodes(Frozen, frozen=True):
    """All nodes; ``of_event`` gives those of each event, the read first."""

    nodes: tuple[Node, ...]
    of_event: Mapping[int, tuple[Node, ...]]

    def first(self, event: int) -> Node | None:
        """The node at which an event begins."""
        found = self.of_event.get(event, ())
        return found[0] if found else None

    def last(self, event: int) -> Node | None:
        """The node at which an event is done: the barrier of smp_store_mb() is not its store."""
        found = self.of_event.get(event, ())
        return next((n for n in reversed(found) if n.kind != "F"), found[-1] if found else None)

    def read(self, event: int) -> Node | None:
        """The node that reads."""
        return next((n for n in self.of_event.get(event, ()) if n.kind == "R"), None)

    def write(self, event: int) -> Node | None:
        """The node that writes."""
        return next((n for n in self.of_event.get(event, ()) if n.kind == "W"), None)


def nodes(skeleton: sk.Skeleton) -> Nodes:
    """The nodes of a skeleton, in the order of threads and events."""
    true = skeleton.term_of[Constant(1)]
    found: list[Node] = []
    of_event: dict[int, tuple[Node, ...]] = {}
    writes = sk.by_event(skeleton.writes)
    for thread in skeleton.threads:
        if thread.kind in LOOKERS:
            continue
        for number in thread.events:
            event = skeleton.events[number]
            if _is_ghost(skeleton, event):
                continue
            own: list[Node] = []
            processor = thread.processor
            for kind, order, role, when, active in _parts(skeleton, event, writes, true):
                own.append(
                    Node(len(found) + len(own), number, processor, kind, order, role, when, active)
                )
            if own:
                of_event[number] = tuple(own)
                found.extend(own)
    return Nodes(tuple(found), of_event)


def touched(event: sk.Event) -> Term | None:
    """The address through which an event touches memory or frees it, None if it does neither."""
    if isinstance(event.action, sk.Deallocate):
        return event.action.pointer
    return address_of(event)


def looks_and_stores(event: sk.Event) -> bool:
    """Whether an event looks at an SRCU domain by what is one store to it in a memory model."""
    match event.action:
        case sk.SrcuEnd():
            return True
        case sk.Access(what=what):
            return what == "lock-init"
        case _:
            return False


def _is_ghost(skeleton: sk.Skeleton, event: sk.Event) -> bool:
    """Whether an event touches nothing but ghost state."""
    if not isinstance(event.action, sk.Access):
        return False
    row = skeleton.rows[event.action.address]
    if not isinstance(row, Constant) or not isinstance(row.value, Pointer):
        return False
    base = row.value.base
    return base is not None and skeleton.layout.regions[base.object].ghost


Part = tuple[str, str, str, Term, Term]
"""Kind, order, role, when, active."""


def _of_access(access: sk.Access, writes: list[sk.WriteAccess], true: Term) -> Iterator[Part]:
    """The nodes of a load, a store, an update, and of what sets up or ends the use of a lock."""
    match access.what:
        case "load":
            yield "R", access.order, "access", true, true
        case "store":
            full = access.order == "mb"
            # The barrier of smp_store_mb() is a node of its own.
            yield "W", "once" if full else access.order, "access", true, true
            if full:
                yield "F", "smp_mb", "fence", true, true
        case "rmw":
            when = writes[0].when if writes else true
            yield "R", access.order, "rmw", true, when
            yield "W", access.order, "rmw", when, true
        case "lock-init":
            yield "W", "once", "access", true, true
        case _:
            # What an unlock does to a lock that it has let go, and whoever uses a domain to it.
            order = "acquire" if access.order == "acquire" else "once"
            yield "R", order, "look", true, true


def _of_lock(skeleton: sk.Skeleton, event: sk.Event, true: Term) -> Iterator[Part]:
    """The nodes of a lock operation."""
    match event.action:
        case sk.Request():
            yield "R", "once", "request", true, true
        case sk.Grant():
            yield "R", "acquire", "lock", true, true
            yield "W", "once", "lock", true, true
        case sk.Try():
            taken = skeleton.term_of[Outcome(event.number, "taken")]
            yield "R", "acquire", "lock", true, taken
            yield "W", "once", "lock", taken, true
        case sk.Unlock(kind=kind):
            if kind == "folio":
                # An update: whether anyone had locked it is what it reads.
                yield "R", "once", "unlock", true, true
            yield "W", "release", "unlock", true, true
        case sk.LockState():
            yield "R", "once", "look", true, true
        case _:
            pass


def _parts(
    skeleton: sk.Skeleton,
    event: sk.Event,
    writes: Mapping[int, list[sk.WriteAccess]],
    true: Term,
) -> Iterator[Part]:
    """The nodes of one event, in order."""
    thread = skeleton.threads[event.thread]
    match event.action:
        case sk.Access() as access:
            yield from _of_access(access, writes.get(event.number, []), true)
        case sk.Request() | sk.Grant() | sk.Try() | sk.Unlock() | sk.LockState():
            yield from _of_lock(skeleton, event, true)
        case sk.SrcuStart():
            yield "R", "once", "srcu", true, true
        case sk.SrcuEnd():
            yield "W", "once", "srcu", true, true
        case sk.Queue():
            yield "W", "once", "queue", true, true
        case sk.GraceStart(domain=domain) | sk.BarrierStart(domain=domain) if domain is not None:
            yield "R", "once", "look", true, true
        case sk.BarrierEnd():
            yield "R", "acquire", "barrier", true, true
        case sk.IpiStart():
            yield "W", "release", "ipi", true, true
        case sk.IpiEnd():
            yield "R", "acquire", "ipi", true, true
        case sk.Begin() if thread.kind == "handler":
            yield "R", "acquire", "ipi", true, true
        case sk.Ended() if thread.kind in ("handler", "callback"):
            yield "W", "release", "ipi", true, true
        case sk.Allocate():
            yield "R", "once", "alloc", true, true
            yield "W", "once", "alloc", true, true
        case sk.Deallocate() | sk.GiveBack():
            yield "W", "once", "free", true, true
        case sk.Local(what=what) if what.startswith("smp_") or what == "barrier":
            yield "F", what, "fence", true, true
        case _:
            pass
