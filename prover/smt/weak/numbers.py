"""The integers of a weak order, by name, and the inequalities between them."""

from __future__ import annotations

from prover.execution import skeleton as sk
from prover.execution.nodes import Node
from prover.smt.logic import Lit
from prover.smt.weak.com import Communication, communication
from prover.smt.weak.frame import WeakFrame
from prover.smt.weak.reuses import reuses
from prover.smt.weak.sources import Sources


class Numbers:
    """What the parts of the encoding of an order share.

    ``threads`` are the processors that can see that a write has not arrived.  The rest is noted
    while the threads are walked through: ``cumulated`` what a read brought with it, ``handed`` what
    an unlock passes on and what a lock is passed, ``before_unlock`` what stands before
    the events of :attr:`WeakFrame.captures` and before unlocks, ``fences_after_lock`` the
    smp_mb__after_unlock_lock() with their locks.
    """

    def __init__(self, frame: WeakFrame) -> None:
        self.frame = frame
        self.logic = frame.logic
        self.nodes = frame.nodes.nodes
        self.lkmm = frame.model == "lkmm"
        self.com: Communication = communication(frame)
        self.reuses = reuses(frame)
        self.sources = Sources(frame)
        self._fresh = 0
        for free, _, _ in self.reuses:
            frame.captures[free] = None
        self.threads = self._watching() if self.lkmm else ()
        self.continued = self._read_by_updates()
        self.from_others = {
            link.target.number
            for link in (*self.com.rf, *self.com.handoffs)
            if link.source.thread != link.target.thread
        }
        self.from_others.update(
            node.number
            for _, alloc, _ in self.reuses
            for node in frame.nodes.of_event[alloc]
            if node.kind == "R"
        )
        self.locking: set[tuple[int, int]] = set()
        self.cumulated: dict[int, dict[int, str]] = {}
        self.fences_after_lock: list[tuple[str, Lit, list[Node]]] = []
        self.handed: dict[tuple[int, int], str] = {}
        self.before_unlock: dict[int, tuple[str, dict[int, str]]] = {}

    def _watching(self) -> tuple[int, ...]:
        """Threads that can see that a write has not arrived: the others need no arrival times."""
        links = (*self.com.fr, *self.com.co)
        found = {link.source.thread for link in links if link.source.thread != link.target.thread}
        found.update(self._processor(free) for free, _ in self.frame.landings)
        found.update(self.frame.racing)
        return tuple(sorted(found))

    def _processor(self, event: int) -> int:
        node = self.frame.nodes.last(event)
        assert node is not None
        return node.thread

    def _read_by_updates(self) -> frozenset[int]:
        """Writes that a read-modify-write may read."""
        updates = {
            link.source.number for link in self.com.rf if link.target.role in ("rmw", "lock")
        }
        return frozenset(updates | {link.source.number for link in self.com.handoffs})

    # --- names

    def fresh(self) -> str:
        """An integer of its own."""
        self._fresh += 1
        return f"z{self._fresh}"

    def executes(self, node: Node) -> str:
        """The position of a node."""
        return f"p{node.number}"

    def arrives(self, node: Node, thread: int) -> str:
        """When a write has reached a thread."""
        return f"v{thread}_{node.number}"

    def brought(self, node: Node, thread: int) -> str:
        """When what a cumulative fence brought before a write has reached a thread."""
        letter = "u" if node.number in self.continued else "v"
        return f"{letter}{thread}_{node.number}"

    def number(self, name: str) -> str:
        """An integer by its name, declared."""
        return self.logic.number(name)

    def below(self, lower: str, upper: str, *unless: Lit, strict: bool = False) -> None:
        """An inequality; nothing where there is no lower integer."""
        if lower and lower != upper:
            atom = self.frame.less(lower, upper) if strict else self.frame.most(lower, upper)
            self.logic.clause(*unless, atom)

    def cumulates(self, node: Node, thread: int) -> str:
        """When all that a read from another thread brought with it has reached a thread."""
        names = self.cumulated.setdefault(node.number, {})
        if thread not in names:
            names[thread] = self.number(self.fresh())
        return names[thread]

    def reused(self, alloc: int) -> Lit:
        """Whether an alloc gives a slot that was freed before."""
        return self.logic.any_of(lit for _, event, lit in self.reuses if event == alloc)

    def got(self, node: Node) -> Lit:
        """Whether the lock that a lock node reads is taken."""
        grant = isinstance(self.frame.skeleton.events[node.event].action, sk.Grant)
        return self.frame.outcome(node.event, "granted" if grant else "taken")
