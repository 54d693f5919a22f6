"""Executions of a skeleton as far as they are choices of threads: read by read, outcome by outcome.

A run is made again and again; each time it asks for choices in one order, and a tape says
which to take.  What comes out are claims without any order between the threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar, cast

from prover.execution import skeleton as sk
from prover.execution.claim import Claim
from prover.execution.domains import Domains
from prover.execution.evaluate import Unknown
from prover.execution.execution import INITIAL
from prover.execution.run.machine import Decisions
from prover.execution.terms import Allocated, Choice, Outcome, ReadValue
from prover.execution.weak.run import NotAnExecution, Run
from prover.graph.values import Value

Option = TypeVar("Option")


@dataclass(slots=True)
class Tape:
    """Which option to take at each choice; beyond its end the first."""

    taken: list[int]
    sizes: list[int] = field(default_factory=list[int])

    def pick(self, options: Sequence[Option]) -> Option:
        """One of the options."""
        index = len(self.sizes)
        if index == len(self.taken):
            self.taken.append(0)
        self.sizes.append(len(options))
        return options[self.taken[index]]

    def following(self) -> Tape | None:
        """The next tape; None after the last."""
        taken = self.taken[: len(self.sizes)]
        while taken:
            taken[-1] += 1
            if taken[-1] < self.sizes[len(taken) - 1]:
                return Tape(taken)
            taken.pop()
        return None


@dataclass(slots=True)
class Choices:
    """What one run has chosen so far; it serves as the run's claim meanwhile."""

    rf: dict[int, int] = field(default_factory=dict[int, int])
    granted: set[int] = field(default_factory=set[int])
    steps: set[int] = field(default_factory=set[int])
    locked: set[int] = field(default_factory=set[int])
    choices: dict[int, int] = field(default_factory=dict[int, int])
    taken: dict[int, bool] = field(default_factory=dict[int, bool])
    slots: dict[int, Value] = field(default_factory=dict[int, Value])

    def claim(self) -> Claim:
        """The claim, with no order in it."""
        return Claim(
            dict(self.rf),
            {},
            {},
            frozenset(self.granted),
            frozenset(self.steps),
            frozenset(self.locked),
            {},
            {},
            Decisions(self.choices, self.taken, self.slots),
        )


class Lazy(Run):
    """A run that decides everything when it is first asked for."""

    def __init__(self, skeleton: sk.Skeleton, domains: Domains, tape: Tape) -> None:
        self.domains = domains
        self.tape = tape
        self.made = Choices()
        self.met: set[int] = set()
        super().__init__(skeleton, cast("Claim", self.made))

    def _settle_choices(self) -> None:
        for row in self.skeleton.rows:
            if isinstance(row, Choice):
                value = self.tape.pick(range(row.low, row.high + 1))
                self.made.choices[row.number] = value
                self.values.settle(row, value)
        for thread in self.skeleton.threads:
            self._halt(thread)

    def _halt(self, thread: sk.Thread) -> None:
        """From which event on a handler that never ends keeps a thread from its steps."""
        rows = [Outcome(number, "steps") for number in thread.events]
        known = [row for row in rows if row in self.skeleton.term_of]
        if not known:
            return
        first = self.tape.pick((len(known), *range(len(known))))
        for index, row in enumerate(known):
            self.values.settle(row, int(index < first))
            if index < first:
                self.made.steps.add(row.event)

    def _kind(self, event: int) -> str:
        # Claims about the end wait for the order of everything.
        kind = super()._kind(event)
        return "invariant" if kind == "final" else kind

    def _settle(self, number: int) -> bool:
        event = self.skeleton.events[number]
        if number not in self.met and self.values.surely(event.guard):
            self.met.add(number)
            self._decide(event)
        return super()._settle(number)

    def _decide(self, event: sk.Event) -> None:
        number = event.number
        if sk.is_blocking(self.skeleton, event):
            granted = self.tape.pick((True, False))
            self.values.settle(Outcome(number, "granted"), int(granted))
            if granted:
                self.made.granted.add(number)
        match event.action:
            case sk.Try():
                taken = self.tape.pick((True, False))
                self.made.taken[number] = taken
                self.values.settle(Outcome(number, "taken"), int(taken))
            case sk.Unlock(kind="folio"):
                if self.tape.pick((True, False)):
                    self.made.locked.add(number)
            case sk.LockState():
                locked = self.tape.pick((True, False))
                self.values.settle(Outcome(number, "locked"), int(locked))
                if locked:
                    self.made.locked.add(number)
            case sk.Allocate():
                row = Allocated(number)
                values = self.domains.values[self.skeleton.term_of[row]]
                slot = self.tape.pick(values)
                self.made.slots[number] = slot
                self.values.settle(row, slot)
            case _:
                pass

    def source(self, read: sk.ReadAccess) -> int:
        """A source drawn, left out at once where it cannot be."""
        if read.number not in self.made.rf:
            place = self._place(read.address, read.part)
            options = [INITIAL] if place in self.domains.starts[read.number] else []
            options += self.domains.sources[read.number]
            options = [w for w in options if w == INITIAL or self._may_be(w, place, read.event)]
            if not options:
                raise NotAnExecution("nothing to read")
            self.made.rf[read.number] = self.tape.pick(options)
        return self.made.rf[read.number]

    def _may_be(self, write: int, place: object, reader: int) -> bool:
        access = self.skeleton.writes[write]
        if access.event == reader:
            return False
        event = self.skeleton.events[access.event]
        if self.values.surely(event.guard) is False:
            return False
        if self.values.surely(access.when) is False or access.event in self.waiting:
            return False
        try:
            return self._place(access.address, access.part) == place
        except (Unknown, NotAnExecution):
            return True

    def steps_at(self, event: int) -> bool | None:
        """Whether the thread is let to its event; None where nothing can keep it from there."""
        row = Outcome(event, "steps")
        return None if row not in self.skeleton.term_of else event in self.made.steps

    def forget(self) -> None:
        """Reads that were not made have no source."""
        made = {number for number in self.read_places if ReadValue(number) in self.values.leaves}
        self.made.rf = {r: w for r, w in self.made.rf.items() if r in made}


def choices(skeleton: sk.Skeleton, domains: Domains, most: int) -> Iterator[Lazy]:
    """Every run; TooMany after so many tapes."""
    tape: Tape | None = Tape([])
    count = 0
    while tape is not None:
        count += 1
        if count > most:
            raise TooMany
        try:
            run = Lazy(skeleton, domains, tape)
        except NotAnExecution:
            pass
        else:
            run.forget()
            yield run
        tape = tape.following()


class TooMany(Exception):
    """A program with more executions than are looked at."""
