"""Who holds and who waits for each lock, in the machine's state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from prover.execution.construct.locks import refuses
from prover.execution.lock_facts import LockOrderEdge
from prover.execution.terms import Term
from prover.graph.values import Location


@dataclass(slots=True)
class Locks:
    """``holders[l][t]`` is (mode, depth); ``queue[l]`` has the waiting (thread, mode, grant)."""

    holders: dict[Location, dict[int, tuple[str, int]]] = field(
        default_factory=dict[Location, dict[int, tuple[str, int]]]
    )
    queue: dict[Location, list[tuple[int, str, int]]] = field(
        default_factory=dict[Location, list[tuple[int, str, int]]]
    )

    def held(self, location: Location) -> bool:
        """Whether anyone holds the lock."""
        return bool(self.holders.get(location))

    def holds_any(self, name: str, thread: int) -> bool:
        """Whether a thread holds the lock whose name is ``name``."""
        return any(str(loc) == name and thread in who for loc, who in self.holders.items())

    def keeps(self, edge: LockOrderEdge, thread: int, location: Callable[[Term], Location]) -> bool:
        """Whether nobody else has unlocked the folio that an order begins with."""
        return edge.folio is None or thread in self.holders.get(location(edge.folio), {})

    def blockers(self, location: Location, mode: str) -> list[int]:
        """The threads whose holding keeps anybody from taking the lock."""
        holders = self.holders.get(location, {})
        return [who for who, (held, _) in holders.items() if "exclusive" in (mode, held)]

    def writers_before(self, location: Location, thread: int, grant: int) -> list[int]:
        """The threads with an exclusive request in the queue before the one for ``grant``."""
        found: list[int] = []
        for who, mode, event in self.queue.get(location, []):
            if event == grant:
                break
            if mode == "exclusive" and who != thread:
                found.append(who)
        return found

    def available(self, location: Location, mode: str) -> bool:
        """Whether a trylock can succeed."""
        return not self.blockers(location, mode)

    def asked(self, location: Location, thread: int, kind: str) -> bool:
        """Whether another thread's request is queued that makes trylocks fail."""
        queue = self.queue.get(location, [])
        return any(who != thread and refuses(kind, mode) for who, mode, _ in queue)

    def writers(self, location: Location, thread: int) -> list[int]:
        """The other threads with an exclusive request in the queue."""
        queue = self.queue.get(location, [])
        return [who for who, mode, _ in queue if mode == "exclusive" and who != thread]

    def ask(self, location: Location, thread: int, mode: str, grant: int) -> None:
        """A request enters the queue."""
        self.queue.setdefault(location, []).append((thread, mode, grant))

    def unask(self, location: Location, grant: int) -> None:
        """A request leaves the queue."""
        queue = self.queue.get(location, [])
        self.queue[location] = [entry for entry in queue if entry[2] != grant]

    def take(self, location: Location, thread: int, mode: str) -> None:
        """The lock is taken."""
        who = self.holders.setdefault(location, {})
        _, depth = who.get(thread, (mode, 0))
        who[thread] = (mode, depth + 1)

    def release(self, location: Location, thread: int, mode: str) -> None:
        """The lock is let go; of a folio lock, whoever holds it."""
        who = self.holders.setdefault(location, {})
        if thread not in who:
            who.clear()
            return
        _, depth = who[thread]
        if depth > 1:
            who[thread] = (mode, depth - 1)
        else:
            del who[thread]


def reaches(edges: Iterable[tuple[str, str]], start: str, goal: str) -> bool:
    """Whether a path of edges leads from ``start`` to ``goal``."""
    known, seen = tuple(edges), {start}
    queue = [start]
    while queue:
        here = queue.pop()
        if here == goal:
            return True
        for a, b in known:
            if a == here and b not in seen:
                seen.add(b)
                queue.append(b)
    return False
