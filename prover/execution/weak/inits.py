"""Locks set up while somebody holds them, in a claimed execution."""

from __future__ import annotations

from prover.execution import skeleton as sk
from prover.execution.hazards_of_holders import held_at_init
from prover.execution.run.locking import Locks
from prover.execution.weak.run import Run
from prover.graph.values import Location, Pointer


def held_when_set_up(run: Run, event: sk.Event) -> bool:
    """Whether an event sets up a lock that is held then, in the order of coherence."""
    action = event.action
    if not isinstance(action, sk.Access) or action.what != "lock-init":
        return False
    place = run.values.value(action.address)
    if not isinstance(place, Pointer) or place.base is None:
        return False
    if not any(held_at_init(run.skeleton, action.address, [place])):
        return False
    rank = run.claim.coherence
    moment = (rank.get(event.number, 0), -event.number)
    earlier = (e for e in run.happened if (rank.get(e, 0), -e) < moment)
    locks = Locks()
    for number in sorted(earlier, key=lambda e: (rank.get(e, 0), -e)):
        _follow(run, locks, run.skeleton.events[number], place.location)
    return locks.held(place.location)


def _follow(run: Run, locks: Locks, event: sk.Event, lock: Location) -> None:
    """One event takes or lets go a lock, or does neither."""
    action = event.action
    if not isinstance(action, sk.Grant | sk.Try | sk.Unlock):
        return
    pointer = run.values.value(action.address)
    if not isinstance(pointer, Pointer) or pointer.location != lock:
        return
    if isinstance(action, sk.Unlock):
        locks.release(lock, event.thread, action.mode)
        if isinstance(action, sk.Downgrade):
            locks.take(lock, event.thread, "shared")
    elif isinstance(action, sk.Grant) or run.claim.decisions.taken.get(event.number, False):
        locks.take(lock, event.thread, action.mode)
