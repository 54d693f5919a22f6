"""Lock operations in the skeleton, with the checks that are the thread's own affair."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from prover.execution import skeleton as sk
from prover.execution.construct.draft import Draft, Lock
from prover.execution.construct.strand import SPINNING, Strand
from prover.execution.lock_facts import (
    INTERRUPTS,
    PASSES,
    LockOrderEdge,
    LockUse,
    interrupt_class,
    passed,
)
from prover.execution.terms import Term
from prover.graph import ir
from prover.graph.values import POISON, Location

ASKING = ("mutex", "rwsem", "rwlock")
"""Kinds of lock whose waiting requests others can see."""

FAIR = ("rwsem", "rwlock")
"""Kinds of lock of which who asks to read gets it after the writers that asked before."""

SLEEPING = ("mutex", "rwsem", "folio")
"""Kinds of lock that may sleep."""

IN_INTERRUPT = "a mutex is not for interrupts, not even to be tried"
"""What is said of mutex_trylock() in a handler or a callback."""


def lock_step(
    strand: Strand,
    instr: ir.LockInit
    | ir.Acquire
    | ir.TryAcquire
    | ir.Release
    | ir.IsLocked
    | ir.Downgrade
    | ir.Holds,
) -> None:
    """Adds what a lock operation does to the thread."""
    match instr:
        case ir.LockInit():
            lock_init(strand, instr)
        case ir.Acquire():
            acquire(strand, instr)
        case ir.TryAcquire():
            try_acquire(strand, instr)
        case ir.Release():
            release(strand, instr)
        case ir.IsLocked():
            is_locked(strand, instr)
        case ir.Downgrade():
            downgrade(strand, instr)
        case ir.Holds(reg=reg, address=address, kind=kind, mode=mode):
            strand.env[reg] = strand.held_at(strand.value(address), (kind,), mode)
        case _:
            assert_never(instr)


def lock_init(strand: Strand, instr: ir.LockInit) -> None:
    """A lock is set up: its cell no longer holds poison; or it is set down, and does again."""
    address = strand.value(instr.address)
    event = strand.here(sk.Access("lock-init", "plain", address), instr.origin)
    value = strand.draft.constant(POISON if instr.gone else 0)
    if instr.gone:
        _set_up(strand, event, address)
    strand.draft.write(event, address, "whole", value, strand.draft.constant(1))


def acquire(strand: Strand, instr: ir.Acquire) -> None:
    """A blocking acquire: of a lock with a queue a request, then the grant."""
    draft = strand.draft
    address = strand.value(instr.address)
    checks: list[sk.LocalCheck] = []
    if instr.kind in SLEEPING:
        checks.append(strand.sleep_check())
    checks.append(sk.LocalCheck("self-deadlock", _own_conflict(strand, instr, address), ""))
    outer = _outer(strand, address, instr.kind, instr.mode, before=True)
    request = -1
    if _queues(strand, instr):
        request, grant = draft.reserve(), draft.reserve()
        asked = sk.Request(address, instr.kind, instr.mode, grant)
        strand.fill(request, asked, strand.guard, instr.origin, checks)
        _set_up(strand, request, address)
        strand.guard = draft.outcome(request, "ok")
        checks = []
    else:
        grant = draft.reserve()
    action = sk.Grant(address, instr.kind, instr.mode, outer, request)
    strand.fill(grant, action, strand.guard, instr.origin, checks)
    if request < 0:
        _set_up(strand, grant, address)
    strand.guard = draft.outcome(grant, "granted")
    _order_edges(strand, instr, grant, address)
    if instr.kind in SPINNING:
        _interrupt_edges(strand, instr, grant, address)
    subclass = max(instr.nested, 0)
    _use(strand, instr.kind, grant, address, subclass)
    strand.set_held(address, instr.kind, instr.mode, draft.constant(1), held=True)
    strand.set_subclass(address, instr.kind, subclass, draft.constant(1))


def _queues(strand: Strand, instr: ir.Acquire) -> bool:
    """Whether an acquire stands in a queue where it has to wait.

    queued_read_lock_slowpath(): in_interrupt() a reader of an rwlock passes the writers that
    wait.  Where it is open whether softirqs are off they are taken to be on.
    """
    if instr.kind == "rwlock" and instr.mode == "shared":
        off = strand.draft.truth(strand.get("!bh"))
        return strand.kind == "actor" and strand.draft.terms.known(off) != 1
    return instr.kind in ASKING


def refuses(kind: str, mode: str) -> bool:
    """Whether a trylock may fail because somebody waits for the lock in that mode.

    Of a rwlock only writers set _QW_WAITING.
    """
    return kind in ASKING and (kind != "rwlock" or mode == "exclusive")


def try_acquire(strand: Strand, instr: ir.TryAcquire) -> None:
    """A trylock: no waiting, no order edge into it."""
    draft = strand.draft
    address = strand.value(instr.address)
    if instr.kind == "mutex" and strand.in_interrupt():
        # kernel/locking/mutex.c, and !in_task() in rtmutex_api.c.
        wrong = sk.LocalCheck("sleep-in-atomic", draft.constant(1), IN_INTERRUPT)
        strand.here(sk.Local("might_sleep"), instr.origin, (wrong,))
    outer = _outer(strand, address, instr.kind, instr.mode, before=True)
    own = _own_conflict(strand, instr, address)
    event = strand.here(sk.Try(address, instr.kind, instr.mode, outer, own), instr.origin)
    _set_up(strand, event, address)
    taken = draft.outcome(event, "taken")
    _use(strand, instr.kind, event, address, 0)
    strand.env[instr.reg] = taken
    strand.set_held(address, instr.kind, instr.mode, taken, held=True)
    strand.set_subclass(address, instr.kind, 0, taken)


def release(strand: Strand, instr: ir.Release) -> None:
    """An unlock; of a folio lock anyone's, of the others only the holder's."""
    draft = strand.draft
    address = strand.value(instr.address)
    outer = _outer(strand, address, instr.kind, instr.mode, before=False)
    checks: tuple[sk.LocalCheck, ...] = ()
    if instr.kind != "folio":
        held = strand.held_at(address, (instr.kind,), instr.mode)
        checks = (sk.LocalCheck("unlock-not-held", draft.terms.invert(held), ""),)
    action = sk.Unlock(address, instr.kind, instr.mode, outer)
    event = strand.here(action, instr.origin, checks)
    _set_up(strand, event, address)
    strand.set_held(address, instr.kind, instr.mode, draft.constant(1), held=False)
    if instr.kind == "mutex":
        # mutex-design.rst: mutex_unlock() may touch the lock after it has let it go.
        strand.here(sk.Access("unlock-tail", "plain", address), instr.origin)


def downgrade(strand: Strand, instr: ir.Downgrade) -> None:
    """downgrade_write(): its subclass stays."""
    draft = strand.draft
    address = strand.value(instr.address)
    held = strand.held_at(address, (instr.kind,), "exclusive")
    checks = (sk.LocalCheck("unlock-not-held", draft.terms.invert(held), ""),)
    action = sk.Downgrade(address, instr.kind, "exclusive", draft.constant(1))
    event = strand.here(action, instr.origin, checks)
    _set_up(strand, event, address)
    strand.set_held(address, instr.kind, "exclusive", draft.constant(1), held=False)
    strand.set_held(address, instr.kind, "shared", held, held=True)


def is_locked(strand: Strand, instr: ir.IsLocked) -> None:
    """A look at a lock."""
    address = strand.value(instr.address)
    # Others may have unlocked a folio that this actor locked: the engine asks who holds it.
    folio = instr.kind == "folio"
    own = strand.draft.constant(0) if folio else strand.held_at(address, (instr.kind,), "any")
    event = strand.here(sk.LockState(address, instr.kind, own), instr.origin)
    _set_up(strand, event, address)
    strand.env[instr.reg] = strand.draft.outcome(event, "locked")


def _set_up(strand: Strand, event: int, address: Term) -> None:
    """Reads the lock's cell: poison means it was never set up."""
    strand.draft.read(event, address, "whole")


def _own_conflict(strand: Strand, instr: ir.Acquire | ir.TryAcquire, address: Term) -> Term:
    """Whether the thread already holds the lock in a way that excludes taking it.

    For folio locks the engine asks who locked it, since others may have unlocked it.
    """
    if instr.kind == "folio":
        return strand.draft.constant(0)
    mode = "any" if instr.mode == "exclusive" else "exclusive"
    return strand.held_at(address, (instr.kind,), mode)


def _outer(strand: Strand, address: Term, kind: str, mode: str, *, before: bool) -> Term:
    """Whether this acquire begins (or, for ``before`` false, this release ends) the holding."""
    if mode == "exclusive":
        return strand.draft.constant(1)
    return strand.shared_depth(address, kind, 0 if before else 1)


def _order_edges(strand: Strand, instr: ir.Acquire, grant: int, address: Term) -> None:
    """The lock-order edges that a granted acquire adds."""
    draft = strand.draft
    terms = draft.terms
    granted = draft.outcome(grant, "granted")
    subclass = max(instr.nested, 0)
    edges: dict[tuple[str, str, Location | None, bool], list[Term]] = {}
    recursion, passes = _is_recursion(strand, instr), _passes(strand, instr)
    every = [(held, strand.holds(held)) for held in draft.locks(*SPINNING, *SLEEPING)]
    holding = [(held, holds) for held, holds in every if terms.known(holds) != 0]
    for taken in draft.locks(instr.kind) if holding else ():
        here = draft.is_at(address, taken)
        if terms.known(here) == 0:
            continue
        into = lock_class(taken.cell.lock_class, subclass)
        for held, holds in holding:
            again = held.location == taken.location
            if again and terms.known(recursion) == 0:
                continue
            for number in sorted(strand.subclasses.get(held.location, ())):
                outer = lock_class(held.cell.lock_class, number)
                if outer == into and instr.kind == "folio":
                    # No lockdep class: two are locked by their index, which no class could say.
                    continue
                counts = recursion if again else draft.constant(1)
                which = _subclass_is(strand, held, number)
                when = terms.both(granted, here, holds, counts, which)
                folio = held.location if held.cell.type_name == "folio" else None
                for from_, out in _holders(strand, held, outer):
                    for to, comes in ((into, terms.invert(passes)), (passed(into), passes)):
                        both = terms.both(when, out, comes)
                        if terms.known(both) != 0:
                            edges.setdefault((from_, to, folio, again), []).append(both)
    for (held_class, into, folio, again), parts in edges.items():
        where = None if folio is None else draft.pointer_to(folio)
        when = terms.either(*parts)
        draft.lock_edges.append(LockOrderEdge(grant, held_class, into, when, where, again))


def _holders(strand: Strand, held: Lock, name: str) -> list[tuple[str, Term]]:
    """What a held lock is in orders from it, each with where it is: a writer's are also those of
    who came by passing writers.
    """
    found = [(name, strand.draft.constant(1))]
    if held.cell.type_name == "rwlock":
        found.append((passed(name), strand.get(held.exclusive)))
    return found


def _passes(strand: Strand, instr: ir.Acquire) -> Term:
    """Whether who takes a lock passes the writers that wait for it, where it is granted."""
    draft = strand.draft
    if instr.kind != "rwlock" or instr.mode != "shared":
        return draft.constant(0)
    return draft.truth(strand.get("!bh")) if _queues(strand, instr) else draft.constant(1)


def _is_recursion(strand: Strand, instr: ir.Acquire) -> Term:
    """Whether a lock is not to be taken by who has it for reading, though it would be given.

    check_deadlock() of lockdep: a writer may ask in between.  What passes writers may take a lock
    again, see read_lock_is_recursive().
    """
    draft = strand.draft
    if instr.mode != "shared" or instr.kind not in FAIR:
        return draft.constant(0)
    return draft.terms.invert(_passes(strand, instr))


def _interrupt_edges(strand: Strand, instr: ir.Acquire, grant: int, address: Term) -> None:
    """The edges by way of an interrupt: this thread is one, or one may come now."""
    draft = strand.draft
    terms = draft.terms
    off = {"hardirq": strand.get("!irq")}
    if strand.kind == "actor":
        off["softirq"] = terms.either(strand.get("!irq"), draft.truth(strand.get("!bh")))
    inside = INTERRUPTS.get(strand.kind, "")
    granted = draft.outcome(grant, "granted")
    for lock in draft.locks(instr.kind):
        here = terms.both(granted, draft.is_at(address, lock))
        name = lock_class(lock.cell.lock_class, max(instr.nested, 0))
        edges: list[tuple[str, str, Term]] = []
        for interrupt, masked in off.items():
            comes = terms.both(here, terms.invert(masked))
            edges.append((name, interrupt_class(interrupt, instr.mode), comes))
            if instr.kind == "rwlock" and instr.mode == "exclusive":
                edges.append((passed(name), interrupt_class(interrupt, instr.mode), comes))
        if inside:
            reads = instr.mode == "shared"
            taken = passed(name) if reads else name
            edges.append((interrupt_class(inside, "exclusive"), taken, here))
            if instr.mode == "exclusive":
                edges.append((interrupt_class(inside, "shared"), name, here))
        for held, taken, when in edges:
            if terms.known(when) != 0:
                draft.lock_edges.append(LockOrderEdge(grant, held, taken, when))


def interrupting(edges: Iterable[LockOrderEdge]) -> tuple[LockOrderEdge, ...]:
    """The edges, without those to an interrupt that takes no lock, and those of who has passed
    writers where nobody does.
    """
    known = tuple(edges)
    taken = {edge.taken for edge in known}
    known = tuple(e for e in known if e.held in taken or not e.held.endswith(PASSES))
    comes = {edge.held for edge in known}
    return tuple(e for e in known if e.taken in comes or not e.taken.startswith("<"))


def folio_edges(draft: Draft) -> list[LockOrderEdge]:
    """The edges; where no other thread unlocks folios a thread's own program says what it holds."""
    unlockers = {
        event.thread
        for event in draft.events
        if event and isinstance(event.action, sk.Unlock) and event.action.kind == "folio"
    }
    found: dict[tuple[int, str, str, int], LockOrderEdge] = {}
    for index, edge in enumerate(draft.lock_edges):
        event = draft.events[edge.event]
        assert event is not None
        own = edge.folio is not None and not unlockers - {event.thread}
        key = (edge.event, edge.held, edge.taken, -1 if own else index)
        if own:
            when = draft.terms.either(found[key].when, edge.when) if key in found else edge.when
            found[key] = LockOrderEdge(edge.event, edge.held, edge.taken, when)
        else:
            found[key] = edge
    return list(found.values())


def _use(strand: Strand, kind: str, event: int, address: Term, subclass: int) -> None:
    """Which classes of lock an event may take, and in what context."""
    draft = strand.draft
    irqs, bh, rcu, preempt = (strand.get(n) for n in ("!irq", "!bh", "!rcu", "!preempt"))
    classes: dict[str, list[Term]] = {}
    for lock in draft.locks(kind):
        here = draft.is_at(address, lock)
        if draft.terms.known(here) != 0:
            classes.setdefault(lock_class(lock.cell.lock_class, subclass), []).append(here)
    for name, parts in classes.items():
        when = draft.terms.either(*parts)
        draft.lock_uses.append(LockUse(event, name, when, irqs, bh, rcu, preempt))


def _subclass_is(strand: Strand, lock: Lock, number: int) -> Term:
    """Whether a held lock was taken with lockdep subclass ``number``."""
    draft = strand.draft
    return draft.equal(strand.get(lock.subclass), draft.constant(number))


def lock_class(name: str, subclass: int) -> str:
    """The lockdep class of a lock taken with a subclass."""
    return f"{name}/{subclass}" if subclass else name
