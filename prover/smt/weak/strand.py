"""One thread while it is walked through: what stands before, and what bounds what follows."""

from __future__ import annotations

from prover.execution.nodes import Node
from prover.smt.logic import FALSE, TRUE, Lit, neg
from prover.smt.weak.numbers import Numbers


class Top:
    """The greatest of integers pushed one after the other; a new name only where needed."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._name = ""
        self._pending: list[tuple[str, Lit]] = []

    def push(self, name: str, when: Lit = TRUE) -> None:
        """One more, where ``when`` holds."""
        if name and when != FALSE:
            self._pending.append((name, when))

    def name(self) -> str:
        """The integer that none of those pushed so far is above; "" where there is none."""
        if self._pending:
            if not self._name and len(self._pending) == 1 and self._pending[0][1] == TRUE:
                self._name = self._pending[0][0]
            else:
                new = self._numbers.fresh()
                self._numbers.frame.at_most(filter(None, (self._name,)), new)
                for name, when in self._pending:
                    self._numbers.frame.at_most((name,), new, neg(when))
                self._name = new
            self._pending = []
        return self._name


class Strand:
    """One thread while it is walked through: what stands before, and what bounds what follows."""

    def __init__(self, numbers: Numbers, thread: int) -> None:
        self.thread = thread
        every = numbers.threads
        self.all, self.reads, self.writes = Top(numbers), Top(numbers), Top(numbers)
        self.spread = {t: Top(numbers) for t in every}
        self.stored = {t: Top(numbers) for t in every}
        self.passed = {t: Top(numbers) for t in every}
        self.floor, self.read_floor, self.write_floor = Top(numbers), Top(numbers), Top(numbers)
        self.spread_floor = {t: Top(numbers) for t in every}
        self.handed = {t: Top(numbers) for t in every}
        self.named = {
            "all": self.all,
            "reads": self.reads,
            "writes": self.writes,
            "floor": self.floor,
            "rf": self.read_floor,
            "wf": self.write_floor,
            **{f"s{t}": top for t, top in self.spread.items()},
            **{f"w{t}": top for t, top in self.stored.items()},
            **{f"l{t}": top for t, top in self.passed.items()},
            **{f"sf{t}": top for t, top in self.spread_floor.items()},
            **{f"h{t}": top for t, top in self.handed.items()},
        }
        self.unlocks: list[tuple[Node, str, dict[int, str]]] = []
        self.updates: list[tuple[Node, str]] = []
        self.before_atomics: list[tuple[str, Lit]] = []
        self.after_atomic = self.after_lock = self.after_srcu = False
        self.readers: list[tuple[Node, str]] = []
        self.locks: list[tuple[Node, str]] = []
