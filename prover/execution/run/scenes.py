"""The scenes of a witness: its schedule carried out once more, with a look after each shown step.

Steps that are not shown count too: what they do stands in the scene after the next shown one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from prover.execution import skeleton as sk
from prover.execution.run.machine import Machine
from prover.execution.run.state import Section
from prover.execution.scene import Cell, Hold, Life, LockScene, OpenSection, Pending, Scene
from prover.execution.subject import RUNNING, Subject, page_of
from prover.execution.terms import Outcome, Term
from prover.execution.wording import cell_at, place_text, value_text
from prover.graph.values import POISON, Location, Pointer


def scenes_of(
    machine: Machine,
    subject: Subject,
    schedule: Iterable[int],
    shown: frozenset[int],
    standing: Mapping[int, int | None],
) -> tuple[Scene, ...]:
    """The scenes of a finished run of which some events are shown.

    ``standing`` are the threads that are then shown to be stuck, in turn, with the event each waits
    at; None where it is interrupted.
    """
    recorder = Recorder(Machine(machine.stage, machine.decisions), subject)
    recorder.record(schedule, shown)
    so_far: dict[int, int] = {}
    for thread, number in standing.items():
        if number is not None:
            so_far[thread] = number
        recorder.look(so_far)
    return tuple(recorder.scenes)


# --- the state


@dataclass(slots=True)
class Recorder:
    """Looks at a machine between the steps of a witness.

    ``born`` gives for each event that happened the moment that it is, or that it led up to (-1:
    before the first); ``lives`` how often each slot has been allocated.
    """

    machine: Machine
    subject: Subject
    scenes: list[Scene] = field(default_factory=list[Scene])
    born: dict[int, int] = field(default_factory=dict[int, int])
    lives: dict[str, int] = field(default_factory=dict[str, int])

    def record(self, schedule: Iterable[int], shown: frozenset[int]) -> None:
        """The state before the first step that is shown, then after each."""
        for number in schedule:
            if self.machine.violation is not None:
                break
            if number in shown and not self.scenes:
                self.look()
            moment = len(self.scenes) - 1
            self.machine.step(number)
            if self.machine.values.leaves.get(Outcome(number, "ok")):
                self.born[number] = moment
            action = self.machine.skeleton.events[number].action
            if isinstance(action, sk.Allocate):
                slot = self.machine.decisions.slots.get(number)
                if isinstance(slot, Pointer) and slot.base is not None:
                    self.lives[slot.base.object] = self.lives.get(slot.base.object, 0) + 1
            if number in shown:
                self.look()
        if not self.scenes:
            self.look()

    def look(self, standing: Mapping[int, int] = MappingProxyType({})) -> None:
        """Adds a scene; ``standing`` are threads that wait, with the event each stands at."""
        self.scenes.append(
            Scene(
                tuple(self._cells()),
                tuple(self._locks(standing)),
                tuple(self._sections()),
                tuple(self._pending()),
                tuple(self._lives()),
            )
        )

    def _cells(self) -> Iterator[Cell]:
        layout = self.machine.skeleton.layout
        for place in self.subject.places:
            value = self.machine.memory.peek(place)
            text = value_text(layout, POISON if value is None else value, cell_at(layout, place[0]))
            half = place[1] != "whole"
            word, part = (str(place[0]), place[1]) if half else ("", "")
            yield Cell(place_text(place), text, word, part)

    def _locks(self, standing: Mapping[int, int]) -> Iterator[LockScene]:
        columns, locks = self.subject.columns, self.machine.locks
        for location, kind in self.subject.locks.items():
            holders = [(t, mode) for t, (mode, _) in locks.holders.get(location, {}).items()]
            waiters = {
                t: mode
                for t, mode, grant in locks.queue.get(location, [])
                if locks.blockers(location, t, mode, kind)
                or (mode == "shared" and locks.writers_before(location, t, grant))
            }
            for thread, number in standing.items():
                action = self.machine.skeleton.events[number].action
                if isinstance(action, sk.Grant) and self._at(action.address) == location:
                    waiters.setdefault(thread, action.mode)
            yield LockScene(
                str(location),
                kind,
                tuple(Hold(columns[t], mode) for t, mode in holders if t in columns),
                tuple(Hold(columns[t], mode) for t, mode in waiters.items() if t in columns),
            )

    def _at(self, address: Term) -> Location | None:
        value = self.machine.values.value(address)
        return value.location if isinstance(value, Pointer) and value.base is not None else None

    def _sections(self) -> Iterator[OpenSection]:
        columns, threads = self.subject.columns, self.machine.skeleton.threads
        for section in self.machine.sections:
            if section.open and section.thread in columns and not section.kind.startswith("lock "):
                kind = section.kind
                if kind == "running":
                    kind = RUNNING[threads[section.thread].kind]
                yield OpenSection(
                    columns[section.thread],
                    kind,
                    "" if section.domain is None else str(section.domain),
                    self.born[section.start],
                )

    def _on(self, sections: Iterable[Section]) -> tuple[int, ...]:
        """The columns of the threads whose sections a grace period still waits for."""
        columns = self.subject.columns
        return tuple(
            sorted({columns[s.thread] for s in sections if s.open and s.thread in columns})
        )

    def _pending(self) -> Iterator[Pending]:
        machine = self.machine
        for number in sorted(self.born, key=lambda e: (self.born[e], e)):
            event = machine.skeleton.events[number]
            match event.action:
                case sk.GraceStart(end=end) if not self._over(end):
                    ends = machine.skeleton.events[end].action
                    flush = isinstance(ends, sk.GraceEnd) and ends.flush
                    on = self._on(machine.waits.get(end, ()))
                    yield self._pend("flush" if flush else "grace period", event, on)
                case sk.Queue(callback=callback):
                    begin = machine.skeleton.threads[callback].events[0]
                    if not self._over(begin):
                        name = machine.skeleton.threads[callback].name
                        yield self._pend(name, event, self._on(machine.waits.get(begin, ())))
                case sk.Deallocate(pointer=pointer, page=page) if page >= 0:
                    begin = machine.skeleton.threads[page].events[0]
                    gone = self._at(pointer)
                    typesafe = gone and machine.skeleton.layout.regions[gone.object].typesafe
                    if gone is not None and typesafe and not self._over(begin):
                        if machine.memory.freed.get(gone.object) == number:
                            on = self._on(machine.waits.get(begin, ()))
                            yield self._pend(page_of(gone), event, on)
                case sk.BarrierStart(end=end) if not self._over(end):
                    yield self._pend(
                        "rcu_barrier()", event, self._going(machine.barriers.get(end, ()))
                    )
                case sk.IpiStart(handlers=handlers):
                    if any(not machine.judge.ended(h) for h in handlers):
                        yield self._pend("IPI", event, self._going(handlers))
                case _:
                    pass

    def _pend(self, what: str, event: sk.Event, on: tuple[int, ...]) -> Pending:
        column = self.subject.columns.get(event.thread, -1)
        return Pending(what, column, on, self.born[event.number])

    def _over(self, number: int) -> bool:
        """Whether an event has happened."""
        return number in self.born

    def _going(self, threads: Iterable[int]) -> tuple[int, ...]:
        """The columns of threads that have not ended; of a handler not shown, of its host."""
        columns, known = self.subject.columns, self.machine.skeleton.threads
        left = [t for t in threads if not self.machine.judge.ended(t)]
        found = [t if t in columns else known[t].host for t in left]
        return tuple(sorted({columns[t] for t in found if t in columns}))

    def _lives(self) -> Iterator[Life]:
        for name in self.subject.objects:
            yield Life(name, self._state(name), self.lives.get(name, 0))

    def _state(self, name: str) -> str:
        memory = self.machine.memory
        region = self.machine.skeleton.layout.regions[name]
        if name in memory.gone:
            return "page gone"
        if region.pool and name in memory.current:
            return "live"
        if name in memory.freed:
            return "freed"
        return "free slot" if region.pool else "live"
