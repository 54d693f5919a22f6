"""Locks: requests, grants, trylocks, releases, and the order of their classes."""

from __future__ import annotations

from dsl.interpreter.layout import Node
from dsl.interpreter.memory import access
from dsl.interpreter.sections import atomic_context, might_sleep, who_may_call
from dsl.interpreter.state import ACTOR, CALLBACK, HANDLER, ActorState, Held, Request
from dsl.interpreter.values import GONE, UNLOCKED, Lock, Mark, Pointer, Value, Violated
from dsl.interpreter.work import Work
from dsl.protocol import LockOrder

SLEEPING = frozenset({"mutex", "rwsem", "folio"})
"""Locks whose blocking acquisition may sleep, and whose sections delay no grace period."""

QUEUED = frozenset({"mutex", "rwsem", "rwlock"})
"""Locks with a queue that others can notice: request and grant are two steps."""

PASSED = " read in passing"
"""Ends the name of a class where a reader takes it who passes writers: what others take while they
read it does not matter to him, for he waits for none of them (lockdep-design.rst).
"""

FAIR = frozenset({"rwsem", "rwlock"})
"""Locks whose readers wait for the writers that were there before."""


def _lock(w: Work, ref: Value, kind: int) -> tuple[Node, Lock]:
    """The lock at ``ref``; using one that was never set up is a violation."""
    node = access(w, ref, kind)
    lock = w.memory[node.slot]
    if isinstance(lock, Mark):
        raise Violated("uninitialized")
    assert isinstance(lock, Lock)
    return node, lock


def _number(w: Work, node: Node) -> int:
    return w.lives[node.unit] >> 1


def _mine(w: Work, lock: Lock, mode: str) -> bool:
    """Whether the stepping actor's own hold keeps it from getting the lock."""
    reads = any(name == w.name for name, _ in lock.readers)
    return lock.owner == w.name or (mode == "w" and reads)


def _taken(lock: Lock, mode: str) -> bool:
    """Whether somebody's hold keeps anybody from getting the lock."""
    return lock.owner != "" or (mode == "w" and lock.readers != ())


def check_request(w: Work, ref: Value, kind: int, lock_kind: str, mode: str) -> Node:
    """Every violation of asking for the lock, blocking."""
    kinds: list[str] = []
    node = None
    try:
        node, lock = _lock(w, ref, kind)
        # Of a folio any other may end the wait: it is a deadlock where nobody is left to.
        if lock_kind != "folio" and _mine(w, lock, mode):
            kinds.append("self-deadlock")
    except Violated as violated:
        kinds.extend(violated.kinds)
    if lock_kind in SLEEPING and atomic_context(w):
        kinds.append("sleep-in-atomic")
    if kinds or node is None:
        raise Violated(*kinds)
    return node


def request(w: Work, ref: Value, kind: int, lock_kind: str, mode: str) -> None:
    """Stands in the queue of the lock; a reader stands behind the writers that wait now.

    A reader of an rwlock in interrupt context does not: it waits for who has the lock only.
    """
    if _passes(w, lock_kind, mode):
        return
    node = check_request(w, ref, kind, lock_kind, mode)
    number = _number(w, node)
    if lock_kind in FAIR and mode == "r":
        writer = Request(node.slot, number, "w")
        w.waiting = frozenset(a.name for a in w.others if a.request == writer)
    w.request = Request(node.slot, number, mode)


def _passes(w: Work, lock_kind: str, mode: str) -> bool:
    """Whether a reader passes the writers that wait."""
    return lock_kind == "rwlock" and mode == "r" and in_interrupt(w)


def grant_choices(w: Work, ref: Value, kind: int, lock_kind: str, mode: str) -> tuple[int, ...]:
    """Whether the lock can be had now; a step that violates something can always be taken."""
    try:
        if w.request is None:
            check_request(w, ref, kind, lock_kind, mode)
        _, lock = _lock(w, ref, kind)
    except Violated:
        return (0,)
    return () if _taken(lock, mode) or w.waiting else (0,)


def grant_blockers(w: Work, ref: Value, kind: int, lock_kind: str, mode: str) -> frozenset[str]:
    """The actors that must release the lock or be served first.

    A folio may be unlocked by any: all who may still do so have to be hopeless, which ``*`` says.
    """
    _, lock = _lock(w, ref, kind)
    if lock_kind == "folio":
        owner = {a.name for a in w.others if a.name == lock.owner}
        return frozenset(("*", w.name, *owner, *who_may_call(w, "folio_unlock")))
    names = {name for name in w.waiting if isinstance(name, str)}
    if lock.owner:
        names.add(lock.owner)
    if mode == "w":
        names.update(name for name, _ in lock.readers)
    return frozenset(names)


def grant(
    w: Work, ref: Value, kind: int, lock_kind: str, mode: str, subclass: int, *, comes: bool
) -> None:
    """Takes the lock, as a blocking acquisition whose order is checked.

    ``comes``: there are interrupts, so that the lock must be safe from them.
    """
    if w.request is None:
        check_request(w, ref, kind, lock_kind, mode)
    node, lock = _lock(w, ref, kind)
    name = f"{node.lock_class}/{subclass}" if subclass > 0 else node.lock_class
    spins = comes and lock_kind not in SLEEPING
    passes = _passes(w, lock_kind, mode)
    around = _interrupts(w, mode, name, passes) if spins else frozenset[tuple[str, str]]()
    again = lock_kind in FAIR and mode == "r" and not passes
    here = (node.slot, _number(w, node))
    outer = [h for h in w.held if again or (h.slot, h.number) != here]
    names = {h.lock_class for h in outer} | {h.lock_class + PASSED for h in outer if h.mode == "w"}
    _order(w, node, name + PASSED if passes else name, around, names)
    w.request, w.waiting = None, frozenset()
    if lock_kind in FAIR and mode == "w":
        w.forget(w.name)
    _take(w, node, lock, lock_kind, mode, name)


def _interrupts(w: Work, mode: str, name: str, passes: bool) -> frozenset[tuple[str, str]]:
    """Lockdep's irq-safety as orders: an interrupt is like a lock that is taken where it comes
    and that is held around what it takes.  Nobody's read keeps an interrupt from reading.
    """
    found: set[tuple[str, str]] = set()
    own = {HANDLER: "hardirq", CALLBACK: "softirq"}.get(w.kind)
    comes = [] if w.irqs_off else ["hardirq"]
    if w.kind == ACTOR and not w.irqs_off and w.bh == 0:
        comes.append("softirq")
    for interrupt in comes:
        for at in (name, name + PASSED) if mode == "w" else (name,):
            found.add((at, f"<{interrupt} {'any' if mode == 'w' else 'writer'}>"))
    if own:
        found.add((f"<{own} any>", name + PASSED if passes else name))
        if mode == "w":
            found.add((f"<{own} writer>", name))
    return frozenset(found)


def _order(
    w: Work, node: Node, name: str, around: frozenset[tuple[str, str]], held: set[str]
) -> None:
    """Records class held -> class taken; a violation where that closes a cycle."""
    if w.program.is_folio(node.slot):
        # Lockdep knows of no folio locks: an order among themselves is the author's business.
        held.discard(name)
    new = around | {(outer, name) for outer in held}
    edges = w.edges | new
    declared = w.layout.protocol.lock_orders
    known = edges | _declared(declared, edges) if declared else edges
    for outer, inner in new:
        if outer == inner or _reaches(known, inner, outer):
            raise Violated("lock-order")
    w.edges = edges


def _declared(
    orders: tuple[LockOrder, ...], edges: frozenset[tuple[str, str]]
) -> set[tuple[str, str]]:
    """The declared orders, of the classes themselves and of every subclass that was taken."""
    names: dict[str, set[str]] = {}
    for order in orders:
        for name in (order.first, order.then):
            names.setdefault(name, {name})
    for name in (n for edge in edges for n in edge):
        names.setdefault(name.removesuffix(PASSED).split("/")[0], set()).add(name)
    return {(a, b) for o in orders for a in names[o.first] for b in names[o.then]}


def _reaches(edges: frozenset[tuple[str, str]], source: str, target: str) -> bool:
    seen, todo = {source}, [source]
    while todo:
        current = todo.pop()
        if current == target:
            return True
        for outer, inner in edges:
            if outer == current and inner not in seen:
                seen.add(inner)
                todo.append(inner)
    return False


def _take(w: Work, node: Node, lock: Lock, lock_kind: str, mode: str, name: str) -> None:
    if mode == "w":
        w.store(node.slot, Lock(w.name, lock.readers))
    else:
        counts = dict(lock.readers)
        counts[w.name] = counts.get(w.name, 0) + 1
        w.store(node.slot, Lock(lock.owner, tuple(sorted(counts.items()))))
    held = Held(node.slot, _number(w, node), mode, name, lock_kind in SLEEPING)
    w.held = (*(h for h in w.held if not _same(h, held)), held)


def _same(a: Held, b: Held) -> bool:
    return (a.slot, a.number, a.mode) == (b.slot, b.number, b.mode)


def in_interrupt(w: Work) -> bool:
    """Whether the actor runs where no softirq can come: a handler, a callback, or BH off."""
    return w.kind in (HANDLER, CALLBACK) or w.bh > 0


def _refusing(w: Work, node: Node, lock_kind: str) -> bool:
    """Whether somebody waits for the lock so that a trylock may fail.

    Who waits to read an rwlock leaves no mark that writers look at.
    """
    if lock_kind == "rwlock":
        return _writer_waits(w, node)
    here = (node.slot, _number(w, node))
    return lock_kind in QUEUED and any(a.request and a.request[:2] == here for a in w.others)


def _writer_waits(w: Work, node: Node) -> bool:
    writer = Request(node.slot, _number(w, node), "w")
    return any(a.request == writer for a in w.others)


def try_choices(w: Work, ref: Value, kind: int, lock_kind: str, mode: str) -> tuple[int, ...]:
    """Whether a trylock succeeds (1), fails (0), or may do either."""
    try:
        node, lock = _lock(w, ref, kind)
    except Violated:
        return (0,)
    if _taken(lock, mode):
        return (0,)
    return (0, 1) if _refusing(w, node, lock_kind) else (1,)


def try_lasting(w: Work, ref: Value, kind: int, lock_kind: str, mode: str) -> tuple[int, ...]:
    """The same as long as nobody else does anything: a writer that waits keeps others out."""
    choices = try_choices(w, ref, kind, lock_kind, mode)
    if choices == (0, 1) and lock_kind in FAIR and _writer_waits(w, _lock(w, ref, kind)[0]):
        return (0,)
    return choices


def try_lock(w: Work, ref: Value, kind: int, lock_kind: str, mode: str, choice: int) -> int:
    """Takes the lock if that is the alternative; it records no order."""
    node, lock = _lock(w, ref, kind)
    if choice:
        _take(w, node, lock, lock_kind, mode, node.lock_class)
    return choice


def give_up(w: Work, ref: Value, kind: int) -> None:
    """A signal ends a killable acquisition, which has looked at the lock."""
    might_sleep(w)
    _lock(w, ref, kind)


def release(w: Work, ref: Value, kind: int, lock_kind: str, mode: str) -> None:
    """Gives the lock back; a folio lock may be anybody's."""
    node, lock = _lock(w, ref, kind)
    counts = dict(lock.readers)
    if mode == "r":
        if w.name not in counts:
            raise Violated("unlock-not-held")
        counts[w.name] -= 1
        if counts[w.name]:
            w.store(node.slot, Lock(lock.owner, tuple(sorted(counts.items()))))
            return
        del counts[w.name]
        w.store(node.slot, Lock(lock.owner, tuple(sorted(counts.items()))))
    else:
        if lock.owner == "" or (lock.owner != w.name and lock_kind != "folio"):
            raise Violated("unlock-not-held")
        w.store(node.slot, Lock("", lock.readers))
    _drop(w, Held(node.slot, _number(w, node), mode, "", False), lock.owner)


def _drop(w: Work, gone: Held, owner: str) -> None:
    """Takes the lock off its holder's list and ends its region."""
    w.held = tuple(h for h in w.held if not _same(h, gone))
    w.forget((w.name, "lock", gone.slot, gone.number))
    if owner in ("", w.name):
        return
    for i, other in enumerate(w.others):
        if other.name == owner:
            w.others[i] = _without(other, gone)


def _without(actor: ActorState, gone: Held) -> ActorState:
    return actor._replace(held=tuple(h for h in actor.held if not _same(h, gone)))


def downgrade(w: Work, ref: Value, kind: int) -> None:
    """``downgrade_write()``: the writer is a reader from now on, and nobody came between."""
    node, lock = _lock(w, ref, kind)
    if lock.owner != w.name:
        raise Violated("unlock-not-held")
    w.store(node.slot, Lock("", tuple(sorted((*lock.readers, (w.name, 1))))))
    mine = Held(node.slot, _number(w, node), "w", "", False)
    w.held = tuple(h._replace(mode="r") if _same(h, mine) else h for h in w.held)


def holds(w: Work, ref: Value, mode: str) -> bool:
    """Whether the stepping actor holds the lock at ``ref``, in ``mode`` unless that is empty."""
    if not isinstance(ref, Pointer):
        return False
    slot = w.layout.nodes[ref.node].slot
    return any(h.slot == slot and mode in ("", h.mode) for h in w.held)


def initialize(w: Work, ref: Value, kind: int) -> None:
    """``spin_lock_init()`` and its kind."""
    node = access(w, ref, kind)
    unit, lock = w.layout.units[node.unit], w.memory[node.slot]
    # Of a fresh object nobody has a lock yet.
    lasting = not unit.pool or w.layout.typesafe(node.unit)
    if lasting and isinstance(lock, Lock) and lock.owner != GONE and lock != UNLOCKED:
        raise Violated("lock-init-held")
    w.store(node.slot, UNLOCKED)


def is_locked(w: Work, ref: Value, kind: int) -> int:
    """Whether anybody holds the lock."""
    _, lock = _lock(w, ref, kind)
    return int(_taken(lock, "w"))
