"""The scenes of a witness: its schedule carried out once more, with a look after each shown step.

Steps that are not shown count too: what they do stands in the scene after the next shown one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from prover.execution import skeleton as sk
from prover.execution.domains import Place
from prover.execution.hazards import address_of
from prover.execution.run.judge import CLAIMS
from prover.execution.run.machine import Machine
from prover.execution.run.state import Section, Step
from prover.execution.scene import Cell, Hold, Life, LockScene, OpenSection, Pending, Scene
from prover.execution.terms import Outcome, Term
from prover.execution.wording import cell_at, place_text, value_text
from prover.graph import ir
from prover.graph.values import POISON, Location, Pointer

MEMORY = ("scalar", "word")
"""The kinds of cell that hold values."""

RUNNING = {"callback": "softirq", "handler": "hardirq"}
"""What the context is called in which each kind of thread runs."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What the scenes of a witness are about.

    ``columns`` are the threads that it shows; ``locks`` has the kind of each lock.
    """

    columns: Mapping[int, int]
    places: tuple[Place, ...]
    locks: Mapping[Location, str]
    objects: tuple[str, ...]


def scenes_of(
    machine: Machine,
    schedule: Iterable[int],
    shown: Sequence[Step],
    standing: Mapping[int, int | None],
    columns: Mapping[int, int],
) -> tuple[Scene, ...]:
    """The scenes of a finished run of which some steps are shown.

    ``standing`` are the threads that are then shown to be stuck, in turn, with the event each waits
    at; None where it is interrupted.
    """
    waits = (number for number in standing.values() if number is not None)
    about = subject(machine, shown, waits, columns)
    recorder = Recorder(Machine(machine.stage, machine.decisions), about)
    recorder.record(schedule, frozenset(step.event for step in shown))
    so_far: dict[int, int] = {}
    for thread, number in standing.items():
        if number is not None:
            so_far[thread] = number
        recorder.look(so_far)
    return tuple(recorder.scenes)


# --- what there is to show


def subject(
    machine: Machine, shown: Iterable[Step], standing: Iterable[int], columns: Mapping[int, int]
) -> Subject:
    """What the steps of a finished run that are shown have to do with.

    ``standing`` are the events at which threads wait for ever.
    """
    shown = [*shown, *_claiming(machine)]
    events = [machine.skeleton.events[step.event] for step in shown]
    layout = machine.skeleton.layout
    touched = {place for step in shown for place in _touched(step)}
    places = tuple(p for p in _places(layout) if _is_touched(layout, p, touched))
    objects = {place[0].object for place in touched}
    for event in events:
        objects.update(_whose(machine, event))
    return Subject(
        columns,
        places,
        dict(_locks(machine, [*events, *(machine.skeleton.events[e] for e in standing)])),
        tuple(r.name for r in layout.regions.values() if r.name in objects and _has_life(r)),
    )


def _claiming(machine: Machine) -> list[Step]:
    """The steps of the claim that failed, if one did."""
    if machine.violation is None:
        return []
    thread = machine.skeleton.events[machine.violation.event].thread
    if machine.skeleton.threads[thread].kind not in CLAIMS:
        return []
    return [step for step in machine.steps if step.thread == thread]


def _touched(step: Step) -> Iterator[Place]:
    yield from (place for place, _ in step.reads)
    yield from (change.place for change in step.writes)


def _places(layout: ir.Layout) -> Iterator[Place]:
    """All of memory, in the order of its declaration."""
    for region in layout.regions.values():
        for cell in region.cells:
            parts = ("low", "high") if cell.split else ("whole",)
            if cell.kind in MEMORY:
                yield from ((Location(region.name, cell.path), part) for part in parts)


def _is_touched(layout: ir.Layout, place: Place, touched: set[Place]) -> bool:
    """Whether a place, or the other half of its word, is touched."""
    cell = cell_at(layout, place[0])
    split = cell is not None and cell.split
    return place in touched or (split and any((place[0], p) in touched for p in ("low", "high")))


def _locks(machine: Machine, events: Iterable[sk.Event]) -> Iterator[tuple[Location, str]]:
    for event in events:
        action = event.action
        if isinstance(action, sk.Grant | sk.Try | sk.Unlock | sk.LockState | sk.Access):
            pointer = machine.values.known.get(action.address)
            if isinstance(pointer, Pointer) and pointer.base is not None:
                cell = cell_at(machine.skeleton.layout, pointer.location)
                if cell is not None and cell.kind == "lock" and cell.type_name != "srcu":
                    yield pointer.location, cell.type_name


def _whose(machine: Machine, event: sk.Event) -> Iterator[str]:
    """The object that a step goes to, or whose life it begins or ends."""
    action = event.action
    if isinstance(action, sk.Deallocate | sk.GiveBack):
        value = machine.values.known.get(action.pointer)
    elif isinstance(action, sk.Allocate):
        value = machine.decisions.slots.get(event.number)
    else:
        address = address_of(event)
        value = None if address is None else machine.values.known.get(address)
    if isinstance(value, Pointer) and value.base is not None:
        yield value.base.object


def _has_life(region: ir.Region) -> bool:
    """Whether a region is an object that can be freed, and no single variable."""
    return bool(region.struct or region.pool)


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
                tuple(Hold(columns[t], mode) for t, mode in sorted(holders) if t in columns),
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
                    flush = machine.skeleton.events[end].action
                    what = "grace period"
                    if isinstance(flush, sk.GraceEnd) and flush.flush:
                        what = "flush"
                    on = self._on(machine.waits.get(end, ()))
                    yield self._pend(what, event, on)
                case sk.Queue(callback=callback):
                    begin = machine.skeleton.threads[callback].events[0]
                    if not self._over(begin):
                        name = machine.skeleton.threads[callback].name
                        yield self._pend(name, event, self._on(machine.waits.get(begin, ())))
                case sk.Deallocate(page=page) if page >= 0:
                    begin = machine.skeleton.threads[page].events[0]
                    gone = next(iter(_whose(machine, event)), "")
                    if gone in machine.memory.freed and not self._over(begin):
                        on = self._on(machine.waits.get(begin, ()))
                        yield self._pend(f"page of {gone} to be given back", event, on)
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
