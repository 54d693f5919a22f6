"""One thread while it is walked through: what stands before, and what bounds what follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from dsl.frozen import Frozen
from prover.execution.nodes import Node
from prover.smt.logic import FALSE, TRUE, Lit, neg
from prover.smt.weak.numbers import Numbers


class Point(Frozen, frozen=True):
    """A handler that does nothing: under LKMM a point somewhere in its host's program.

    ``begin`` is its read; ``sooner[n]`` holds if it runs at place n or at an earlier one, and
    ``later[n]`` if at n or at a later one.
    """

    thread: int
    begin: Node
    runs: Lit
    sooner: list[Lit]
    later: list[Lit]

    def before(self, places: int) -> Lit:
        """Whether it ran when so many places had been passed."""
        return self.sooner[places - 1] if places else FALSE

    def after(self, places: int) -> Lit:
        """Whether it runs only when so many places have been passed."""
        return self.later[places] if places < len(self.later) else FALSE


@dataclass(slots=True)
class Hosted:
    """The handlers of a strand, if none of them does anything, and how many places it has passed
    where they may run.
    """

    points: list[Point] = field(default_factory=list[Point])
    places: int = 0


class Top:
    """The greatest of integers pushed one after the other; a new name only where needed.

    Each stands there by the rule at hand when it was pushed.  ``label`` is that rule where the
    name is the one integer pushed itself, "" else.  ``pushed`` are all
    of them where the strand has points: (places passed, integer, when, rule).
    """

    def __init__(self, numbers: Numbers, hosted: Hosted) -> None:
        self._numbers = numbers
        self._hosted = hosted
        self.pushed: list[tuple[int, str, Lit, str]] = []
        self._looked = 0
        self._name = ""
        self._pending: list[tuple[str, Lit, str]] = []
        self.label = ""

    def push(self, name: str, when: Lit = TRUE) -> None:
        """One more, where ``when`` holds."""
        if name and when != FALSE:
            label = self._numbers.logic.label
            self._pending.append((name, when, label))
            if self._hosted.points:
                self.pushed.append((self._hosted.places, name, when, label))

    def push_points(self, found: Iterable[tuple[str, Lit]]) -> None:
        """What handlers leave behind that ran at places passed since this was asked for last.

        They look at each other by themselves.
        """
        if self._looked < self._hosted.places:
            self._looked = self._hosted.places
            label = self._numbers.logic.label
            self._pending += [(name, when, label) for name, when in found if when != FALSE]

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
        self.hosted = Hosted()
        every = numbers.threads

        def top() -> Top:
            return Top(numbers, self.hosted)

        self.all, self.reads, self.writes = top(), top(), top()
        self.spread = {t: top() for t in every}
        self.stored = {t: top() for t in every}
        self.passed = {t: top() for t in every}
        self.floor, self.read_floor, self.write_floor = top(), top(), top()
        self.spread_floor = {t: top() for t in every}
        self.handed = {t: top() for t in every}
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
