"""What lock operations do in a step.

Who has a lock is local: taking one is a rule that forbids others to have it in a mode that
excludes this one.  That somebody has it exclusively is shared as well.  Nobody owns the lock of a
folio, which anybody may unlock: it is shared, and no more.

That a trylock fails because others read or wait for the lock, or that a look finds readers, needs
such others.  No rule asks for them, so these happen without them too.
``Work.needs`` has the guard that has to forbid some other actor, for those who look at whole
configurations.
"""

from __future__ import annotations

from prover.graph import ir
from prover.graph.values import POISON, Location
from prover.parametric.machine.local import Lock
from prover.parametric.machine.work import Blocked, Work, Wrong

SLEEPING = ("mutex", "rwsem", "folio")
"""Kinds of lock that may sleep."""

QUEUED = {"mutex": "any", "rwsem": "any", "rwlock": "exclusive"}
"""Kinds of lock of which a trylock may fail because others wait: anybody, or writers only."""


def _set_up(work: Work, place: Location) -> None:
    """The lock's cell is read: poison means that it was never set up."""
    if work.read(place) == POISON:
        raise Wrong("uninitialized")


def _conflicts(work: Work, place: Location, mode: str) -> bool:
    """Whether this actor itself has the lock in a way that excludes taking it."""
    return work.holding(place, "any" if mode == "exclusive" else "exclusive") is not None


def acquire(work: Work, instr: ir.Acquire) -> None:
    """A blocking acquire; a request and its grant are one step."""
    early = work.sleep_check() if instr.kind in SLEEPING else []
    place = work.touch(instr.address, early)
    locked = work.read(place)
    late: list[str] = []
    if locked == POISON:
        late.append("uninitialized")
    elif instr.kind != "folio" and _conflicts(work, place, instr.mode):
        late.append("self-deadlock")
    if early or late:
        raise Wrong(*early, *late)
    if instr.kind == "folio":
        if locked == 1:
            raise Blocked
        work.write(place, "whole", 1)
    else:
        if work.look("owned", place) == 1:
            raise Blocked
        work.guard = work.parts.guard(place, instr.mode)
    subclass = max(instr.nested, 0)
    work.parts.orders.note(work, instr, place, subclass)
    take(work, place, instr.kind, instr.mode, subclass)


def take(work: Work, place: Location, kind: str, mode: str, subclass: int) -> None:
    """The lock is this actor's, once more where it reads already."""
    mine = work.holding(place, mode)
    if mode == "exclusive" and kind != "folio":
        work.write(place, "whole", 1, "owned")
    if mine is None:
        work.held = (*work.held, Lock(place, kind, mode, 1, subclass))
    else:
        deeper = mine._replace(depth=mine.depth + 1, subclass=subclass)
        work.held = (*(lock for lock in work.held if lock is not mine), deeper)


def drop(work: Work, mine: Lock) -> None:
    """The lock is let go, once."""
    rest = tuple(lock for lock in work.held if lock is not mine)
    if mine.mode == "exclusive" and mine.kind != "folio" and mine.depth < 2:
        work.write(mine.place, "whole", 0, "owned")
    work.held = rest if mine.depth < 2 else (*rest, mine._replace(depth=mine.depth - 1))


def try_acquire(work: Work, instr: ir.TryAcquire) -> None:
    """A trylock: one rule for success, one for failure."""
    if instr.kind == "mutex" and work.body.kind != "actor" and work.domain is None:
        raise Wrong("sleep-in-atomic")
    place = work.touch(instr.address)
    _set_up(work, place)
    if instr.kind == "folio":
        free = work.read(place) == 0
        if free:
            work.write(place, "whole", 1)
    elif _conflicts(work, place, instr.mode) or work.look("owned", place) == 1:
        free = False
    else:
        guard = work.parts.guard(place, instr.mode)
        free = instr.kind not in QUEUED or work.fork(2) == 1
        if free:
            work.guard = guard
        else:
            work.needs = work.parts.guard(place, instr.mode, QUEUED.get(instr.kind, ""))
    work.registers[instr.reg] = int(free)
    if free:
        take(work, place, instr.kind, instr.mode, 0)


def release(work: Work, instr: ir.Release) -> None:
    """An unlock; of a folio lock anyone's, of the others only the holder's."""
    place = work.touch(instr.address)
    _set_up(work, place)
    mine = work.holding(place, instr.mode)
    if instr.kind == "folio":
        if work.read(place) != 1:
            raise Wrong("unlock-not-held")
        work.write(place, "whole", 0)
        if mine is None:
            work.change = work.parts.change("unlock", place)
    elif mine is None or mine.kind != instr.kind:
        raise Wrong("unlock-not-held")
    if mine is not None:
        drop(work, mine)


def downgrade(work: Work, instr: ir.Downgrade) -> None:
    """downgrade_write(): nobody comes between."""
    place = work.touch(instr.address)
    _set_up(work, place)
    mine = work.holding(place, "exclusive")
    if mine is None:
        raise Wrong("unlock-not-held")
    drop(work, mine)
    take(work, place, instr.kind, "shared", mine.subclass)


def lock_init(work: Work, instr: ir.LockInit) -> None:
    """A lock is set up, or set down; of what is fresh nobody has a lock yet, but for a typesafe
    pool, where a slot is what it was before.
    """
    place = work.touch(instr.address)
    if instr.gone:
        _set_up(work, place)
    region = work.parts.layout.regions[place.object]
    kinds = [cell.type_name for cell in region.cells if cell.path == place.path]
    lasting = region.typesafe or not region.pool
    if lasting and kinds != ["srcu"] and place in work.parts.points.locked:
        if work.holding(place) is not None or (kinds == ["folio"] and work.read(place) == 1):
            raise Wrong("lock-init-held")
        if kinds != ["folio"]:
            guard = work.parts.guard(place, "exclusive")
            if work.look("owned", place) == 1:
                raise Wrong("lock-init-held")
            if kinds[0] in ("rwlock", "rwsem") and work.fork(2):
                work.needs = guard
                raise Wrong("lock-init-held")
            work.guard = guard
    work.write(place, "whole", POISON if instr.gone else 0)


def is_locked(work: Work, instr: ir.IsLocked) -> None:
    """A look at a lock."""
    place = work.touch(instr.address)
    _set_up(work, place)
    if instr.kind == "folio":
        locked = work.read(place) == 1
    elif work.holding(place) is not None or work.look("owned", place) == 1:
        locked = True
    else:
        locked = instr.kind in ("rwlock", "rwsem") and work.fork(2) == 1
        guard = work.parts.guard(place, "exclusive")
        if locked:
            work.needs = guard
        else:
            work.guard = guard
    work.registers[instr.reg] = int(locked)


def holds(work: Work, instr: ir.Holds) -> None:
    """Whether this actor has the lock; it is not touched."""
    value = work.value(instr.address)
    base = getattr(value, "base", None)
    place = None if base is None else getattr(value, "location", None)
    found = None if place is None else work.holding(place, instr.mode)
    work.registers[instr.reg] = int(found is not None and found.kind == instr.kind)


def tail(work: Work, address: ir.Expr) -> None:
    """mutex_unlock() may touch the lock after it has let it go."""
    work.touch(address)
