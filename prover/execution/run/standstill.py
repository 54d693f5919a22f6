"""Deadlocks of the machine: threads that can never go on.

A callback runs on the CPU of one actor at most, and a schedule does not say of which.  So the
choices are tried, those with few interrupted actors first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

from dsl.frozen import Frozen
from prover.execution import skeleton as sk

if TYPE_CHECKING:
    from prover.execution.run.machine import Machine

Waits: TypeAlias = Mapping[int, list[frozenset[int]]]
"""For each thread that stands still, what stops it: the threads that could remove each obstacle."""

Pair: TypeAlias = tuple[int, int]
"""An actor, and the callback that has interrupted it on its CPU."""


class Deadlock(Frozen, frozen=True):
    """Threads that can never go on.

    ``waiting`` stand at an event that cannot happen, ``interrupted`` are actors, each with the
    callback that runs on its CPU.
    """

    waiting: frozenset[int]
    interrupted: Mapping[int, int]

    @property
    def threads(self) -> frozenset[int]:
        """All of them."""
        return self.waiting | frozenset(self.interrupted)


def deadlocked(machine: Machine) -> Deadlock:
    """A set of threads whose members wait for members only.

    Among the sets that take the fewest interrupted actors, one of the largest.
    """
    waits = _waits(machine)
    pairs = [(host, c) for c in sorted(machine.hosts) for host in sorted(machine.hosts[c])]
    most = _hopeless(machine, waits, pairs)
    useful = [(host, c) for host, c in pairs if host in most and c in most]
    for size in range(len({c for _, c in useful}) + 1):
        found: frozenset[int] = frozenset()
        chosen: tuple[Pair, ...] = ()
        for choice in combinations(useful, size):
            if len(dict(choice)) == size == len({c for _, c in choice}):
                stuck = _hopeless(machine, waits, choice)
                if len(stuck) > len(found):
                    found, chosen = stuck, choice
        if found:
            # Each of them is needed, or fewer would have done.
            interrupted = dict(chosen)
            return Deadlock(found - interrupted.keys(), interrupted)
    return Deadlock(frozenset(), {})


def _waits(machine: Machine) -> Waits:
    """What stops each thread that stands at a blocking event that it could attempt in peace."""
    found: dict[int, list[frozenset[int]]] = {}
    for thread in machine.skeleton.threads:
        if thread.kind not in ("actor", "callback", "handler"):
            continue
        number = machine.judge.next_event(thread.number)
        if number is None:
            continue
        event = machine.skeleton.events[number]
        if sk.is_blocking(machine.skeleton, event) and not machine.judge.early(event)[0]:
            if obstacles := machine.judge.lasting(event):
                found[thread.number] = obstacles
    return found


def _hopeless(machine: Machine, waits: Waits, pairs: Iterable[Pair]) -> frozenset[int]:
    """The largest set of threads stopped by its members, or by threads that have ended."""
    reasons = {thread: list(obstacles) for thread, obstacles in waits.items()}
    for host, callback in pairs:
        reasons.setdefault(host, []).append(frozenset((callback,)))
    stuck = frozenset(reasons)
    while True:
        gone = _gone(machine, stuck)
        kept = frozenset(t for t in stuck if any(o <= gone for o in reasons[t]))
        if kept == stuck:
            return stuck
        stuck = kept


def _gone(machine: Machine, stuck: frozenset[int]) -> frozenset[int]:
    """The threads that make no step where ``stuck`` stand still: those, hosts, and the ended."""
    threads = machine.skeleton.threads
    ended = (t.number for t in threads if machine.judge.ended(t.number))
    begun = (t for t in stuck if threads[t].kind == "handler" and machine.next_index[t] > 0)
    return stuck | frozenset(ended) | frozenset(threads[t].host for t in begun)
