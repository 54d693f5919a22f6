"""Deadlocks of the machine: threads that can never go on.

A callback runs on the CPU of one actor at most, and a schedule does not say of which.  So each
choice is tried, and the one under which most threads stand still is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from prover.execution import skeleton as sk

if TYPE_CHECKING:
    from prover.execution.machine import Machine

Waits: TypeAlias = Mapping[int, list[frozenset[int]]]
"""For each thread that stands still, what stops it: the threads that could remove each obstacle."""

Pair: TypeAlias = tuple[int, int]
"""An actor, and the callback that has interrupted it on its CPU."""


@dataclass(frozen=True, slots=True)
class Deadlock:
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
    """The largest set of threads whose members wait for members only."""
    waits = _waits(machine)
    hosts = {c: found for c, found in sorted(machine.hosts.items()) if c in waits}
    every = [(host, c) for c, found in hosts.items() for host in sorted(found)]
    most = _hopeless(machine, waits, every)
    largest, chosen = _hopeless(machine, waits, ()), list[Pair]()
    chances = ([pair for pair in every if pair[1] == c and pair[0] in most] for c in hosts)
    for choice in product(*([None, *pairs] for pairs in chances if pairs)):
        if largest == most:
            break
        pairs = [pair for pair in choice if pair is not None]
        found = _hopeless(machine, waits, pairs)
        if len(found) > len(largest):
            largest, chosen = found, pairs
    gone = _gone(machine, largest)
    kept = {
        host: c
        for host, c in chosen
        if host in largest and not any(o <= gone for o in waits.get(host, ()))
    }
    return Deadlock(largest - frozenset(kept), kept)


def _waits(machine: Machine) -> Waits:
    """What stops each thread that stands at a blocking event that it could attempt in peace."""
    found: dict[int, list[frozenset[int]]] = {}
    for thread in machine.skeleton.threads:
        number = machine.judge.next_event(thread.number)
        if thread.kind not in ("actor", "callback", "handler") or number is None:
            continue
        event = machine.skeleton.events[number]
        if sk.is_blocking(machine.skeleton, event) and not machine.judge.early(event)[0]:
            if obstacles := machine.judge.obstacles(event):
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
