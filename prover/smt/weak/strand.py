"""One thread while it is walked through: what stands before, and what bounds what follows."""

from __future__ import annotations

from prover.execution.nodes import Node
from prover.smt.logic import FALSE, TRUE, Lit, neg
from prover.smt.weak.numbers import Numbers


class Top:
    """The greatest of integers pushed one after the other; a new name only where needed.

    Each stands there by the rule at hand when it was pushed.  ``label`` is that rule where the
    name is the one integer pushed itself, "" else.
    """

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._name = ""
        self._pending: list[tuple[str, Lit, str]] = []
        self.label = ""

    def push(self, name: str, when: Lit = TRUE) -> None:
        """One more, where ``when`` holds."""
        if name and when != FALSE:
            self._pending.append((name, when, self._numbers.logic.label))

    def name(self) -> str:
        """The integer that none of those pushed so far is above; "" where there is none."""
        if self._pending:
            if not self._name and len(self._pending) == 1 and self._pending[0][1] == TRUE:
                self._name, _, self.label = self._pending[0]
            else:
                new, logic = self._numbers.fresh(), self._numbers.logic
                here = logic.label
                logic.label = self.label or here
                self._numbers.frame.at_most(filter(None, (self._name,)), new)
                for name, when, logic.label in self._pending:
                    self._numbers.frame.at_most((name,), new, neg(when))
                logic.label = here
                self._name, self.label = new, ""
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
        self.before_atomics: list[tuple[str, Lit, str]] = []
        self.after_atomic = self.after_lock = self.after_srcu = False
        self.readers: list[tuple[Node, str]] = []
        self.locks: list[tuple[Node, str]] = []
