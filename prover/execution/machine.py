"""A machine that carries out a schedule of a skeleton's events, one by one.

It is the trusted reading of the skeleton under sequential consistency: memory is a
map, a lock is who holds it, a grace period is the list of sections it waits for.
It uses no solver, no domains and no hazards.  A step that the rules do not allow
raises :class:`NotAllowed`; that is how a wrong witness is found out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from prover.execution import skeleton as sk
from prover.execution.evaluate import Valuation
from prover.execution.judge import Judge
from prover.execution.locking import Locks
from prover.execution.state import Change, Memory, NotAllowed, Section, Step, Violation
from prover.execution.terms import Allocated, Choice, Outcome, ReadValue, Term
from prover.graph.values import POISON, Location, Pointer, Value

SPINNING = ("spinlock", "rwlock")


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a schedule leaves open: values chosen, trylocks got, slots allocated."""

    choices: Mapping[int, int]
    taken: Mapping[int, bool]
    slots: Mapping[int, Value]


@dataclass(slots=True)
class Machine:
    """The state after some steps."""

    skeleton: sk.Skeleton
    decisions: Decisions
    values: Valuation = field(init=False)
    memory: Memory = field(init=False)
    locks: Locks = field(init=False)
    judge: Judge = field(init=False)
    place: dict[int, tuple[int, int]] = field(default_factory=dict)
    next_index: dict[int, int] = field(default_factory=dict)
    sections: list[Section] = field(default_factory=list)
    waits: dict[int, tuple[Section, ...]] = field(default_factory=dict)
    barriers: dict[int, tuple[int, ...]] = field(default_factory=dict)
    queued: list[int] = field(default_factory=list)
    edges: dict[tuple[str, str], None] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    violation: Violation | None = None
    reads_of: dict[int, list[sk.ReadAccess]] = field(default_factory=dict)
    writes_of: dict[int, list[sk.WriteAccess]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.values = Valuation(self.skeleton)
        for row in self.skeleton.rows:
            if isinstance(row, Choice):
                self.values.settle(row, self.decisions.choices.get(row.number, row.low))
        self.memory = Memory(self.skeleton.layout)
        self.locks = Locks()
        for thread in self.skeleton.threads:
            self.next_index[thread.number] = 0
            for index, event in enumerate(thread.events):
                self.place[event] = (thread.number, index)
        for read in self.skeleton.reads:
            self.reads_of.setdefault(read.event, []).append(read)
        for write in self.skeleton.writes:
            self.writes_of.setdefault(write.event, []).append(write)
        self.judge = Judge(self)
        self._look("initial state")

    # --- running

    def run(self, schedule: list[int]) -> None:
        """Carries out a schedule; stops at the first violation."""
        for event in schedule:
            if self.violation is not None:
                return
            self.step(event)
        if self.violation is None:
            self._look("final state")

    def step(self, number: int) -> None:
        """One event happens."""
        event = self.skeleton.events[number]
        self._at(event)
        if not self.values.holds(event.guard):
            raise NotAllowed(f"event {number} is not reached")
        step = Step(number, event.thread, [], [])
        violated = self.judge.early(event)
        if violated is None:
            self._read(event, step)
            violated = self.judge.late(event)
        if violated is not None:
            self._violate(violated, number, step)
            return
        self.settle(number, "ok", 1)
        self._write(event, step)
        self._act(event)
        self.steps.append(step)
        self.next_index[event.thread] = self.place[number][1] + 1
        if self.violation is None:
            self._look_after(number)

    def settle(self, event: int, what: str, value: int) -> None:
        """Notes an outcome."""
        self.values.settle(Outcome(event, what), value)

    def _violate(self, name: str, number: int, step: Step) -> None:
        self.settle(number, "ok", 0)
        self.steps.append(step)
        self.violation = Violation(name, number)

    def _at(self, event: sk.Event) -> None:
        """Checks that the thread stands right before ``event``."""
        thread, index = self.place[event.number]
        start = self.next_index[thread]
        if index < start:
            raise NotAllowed(f"event {event.number} is behind its thread")
        for skipped in self.skeleton.threads[thread].events[start:index]:
            if self.values.surely(self.skeleton.events[skipped].guard) is not False:
                raise NotAllowed(f"event {skipped} is skipped")

    # --- memory

    def _read(self, event: sk.Event, step: Step) -> None:
        """The event's reads."""
        for read in self.reads_of.get(event.number, ()):
            pointer = self.values.value(read.address)
            if not isinstance(pointer, Pointer) or pointer.base is None:
                raise NotAllowed(f"event {event.number} reads through {pointer}")
            value = self.memory.load((pointer.location, read.part))
            self.values.settle(ReadValue(read.number), value)
            if not read.ghost:
                step.reads.append(((pointer.location, read.part), value))

    def _write(self, event: sk.Event, step: Step) -> None:
        """The event's writes; alloc settles its result first."""
        if isinstance(event.action, sk.Allocate):
            self._allocate(event.number, event.action)
        for write in self.writes_of.get(event.number, ()):
            if not self.values.holds(write.when):
                continue
            pointer = self.values.value(write.address)
            assert isinstance(pointer, Pointer)
            where = (pointer.location, write.part)
            old = self.memory.peek(where)
            new = self.values.value(write.value)
            self.memory.store(where, new)
            if not isinstance(event.action, sk.Allocate):
                step.writes.append(Change(where, POISON if old is None else old, new))
        self.judge.note_updates(event.number)

    def _allocate(self, number: int, action: sk.Allocate) -> None:
        free = self.memory.free_slots(action.pool)
        wanted = self.decisions.slots.get(number, 0)
        if not free:
            if wanted != 0:
                raise NotAllowed(f"alloc at event {number} from a full pool")
        elif not isinstance(wanted, Pointer) or wanted.base is None or wanted.base.object not in free:
            raise NotAllowed(f"alloc at event {number} gives {wanted}")
        else:
            self.memory.begin_life(wanted.base)
        self.values.settle(Allocated(number), wanted)

    # --- actions

    def _act(self, event: sk.Event) -> None:
        """What an event does beyond memory."""
        number, action = event.number, event.action
        match action:
            case sk.Grant():
                self._grant(event, action)
            case sk.Request(address=address, mode=mode, grant=grant):
                self.locks.ask(self.location(address), event.thread, mode, grant)
            case sk.Try():
                self._try(event, action)
            case sk.Unlock(address=address, mode=mode):
                location = self.location(address)
                self.locks.release(location, event.thread, mode)
                self._close(event.thread, f"lock {location}", self.locks)
            case sk.LockState(address=address):
                self.settle(number, "locked", int(self.locks.held(self.location(address))))
            case sk.SectionStart(kind=kind, outer=outer):
                if self.values.holds(outer):
                    self.sections.append(Section(event.thread, kind, number))
            case sk.SectionEnd(kind=kind, outer=outer):
                if self.values.holds(outer):
                    self._end(event.thread, kind)
            case sk.GraceStart(end=end):
                self.waits[end] = self._open()
            case sk.Queue(callback=callback):
                begin = self.skeleton.threads[callback].events[0]
                self.waits[begin] = self._open()
                self.queued.append(callback)
            case sk.BarrierStart(end=end):
                self.barriers[end] = tuple(self.queued)
            case sk.Deallocate(pointer=pointer):
                self.memory.end_life(self.values.value(pointer))
            case sk.Begin() | sk.GraceEnd() | sk.BarrierEnd() | sk.IpiEnd():
                if self.judge.blocking(event):
                    if self.judge.stopped(event):
                        raise NotAllowed(f"event {number} cannot go on")
                    self.settle(number, "granted", 1)
            case sk.Ended() | sk.Access() | sk.IpiStart() | sk.Allocate() | sk.Local():
                pass

    def location(self, address: Term) -> Location:
        """Where an address term points."""
        pointer = self.values.value(address)
        assert isinstance(pointer, Pointer)
        return pointer.location

    def _grant(self, event: sk.Event, action: sk.Grant) -> None:
        if self.judge.stopped(event):
            raise NotAllowed(f"the lock of event {event.number} is held")
        location = self.location(action.address)
        self.locks.take(location, event.thread, action.mode)
        self.locks.unask(location, event.number)
        self.settle(event.number, "granted", 1)
        self._open_lock(event, action.kind, location)
        for edge in self.skeleton.lock_edges:
            if edge.event == event.number and self.values.holds(edge.when):
                self.edges[edge.held, edge.taken] = None
                if _reaches(self.edges, edge.taken, edge.held):
                    self.violation = Violation("lock-order", event.number)

    def _try(self, event: sk.Event, action: sk.Try) -> None:
        location = self.location(action.address)
        wanted = self.decisions.taken.get(event.number, False)
        free = self.locks.available(location, event.thread, action.mode, action.kind)
        if wanted and not free:
            raise NotAllowed(f"trylock at event {event.number} cannot succeed")
        refusable = action.kind in ("mutex", "rwsem") and self.locks.asked(location, event.thread)
        if not wanted and free and not refusable:
            raise NotAllowed(f"trylock at event {event.number} cannot fail")
        self.settle(event.number, "taken", int(wanted))
        if wanted:
            self.locks.take(location, event.thread, action.mode)
            self._open_lock(event, action.kind, location)

    def _open_lock(self, event: sk.Event, kind: str, location: Location) -> None:
        """A region with a spinning lock held is a section."""
        name = f"lock {location}"
        known = any(s.thread == event.thread and s.kind == name and s.open for s in self.sections)
        if kind in SPINNING and not known:
            self.sections.append(Section(event.thread, name, event.number))

    def _close(self, thread: int, name: str, locks: Locks) -> None:
        """The region ends where the thread holds the lock no more."""
        if not locks.holds_any(name.removeprefix("lock "), thread):
            self._end(thread, name)

    def _end(self, thread: int, kind: str) -> None:
        for section in self.sections:
            if section.thread == thread and section.kind == kind:
                section.open = False

    def _open(self) -> tuple[Section, ...]:
        """The sections that a grace period begun now waits for."""
        return tuple(section for section in self.sections if section.open)

    # --- claims

    def _look_after(self, number: int) -> None:
        self._look("state", number)

    def _look(self, what: str, anchor: int = -3) -> None:
        """Runs the claims that look at this moment."""
        wanted = {"initial state": -2, "final state": -1}.get(what, anchor)
        for thread in self.skeleton.threads:
            if thread.kind not in ("final", "invariant") or self.violation is not None:
                continue
            first = self.skeleton.events[thread.events[0]]
            if first.anchor == wanted and self.values.surely(first.guard):
                self._judge_claim(thread)

    def _judge_claim(self, thread: sk.Thread) -> None:
        """Runs one claim's events."""
        for number in thread.events:
            event = self.skeleton.events[number]
            if self.violation is None and self.values.surely(event.guard):
                step = Step(number, thread.number, [], [])
                self._read(event, step)
                violated = self.judge.late(event)
                if violated is not None:
                    self._violate(violated, number, step)
                else:
                    self.settle(number, "ok", 1)


def _reaches(edges: Mapping[tuple[str, str], None], start: str, goal: str) -> bool:
    """Whether a path of edges leads from ``start`` to ``goal``."""
    seen = {start}
    queue = [start]
    while queue:
        here = queue.pop()
        if here == goal:
            return True
        for a, b in edges:
            if a == here and b not in seen:
                seen.add(b)
                queue.append(b)
    return False
