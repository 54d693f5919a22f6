"""A machine that carries out a schedule of a skeleton's events, one by one.

It is the trusted reading of the skeleton under sequential consistency: memory is a
map, a lock is who holds it, a grace period is the list of sections it waits for.
It uses no solver, no domains and no hazards.  A step that the rules do not allow
raises :class:`NotAllowed`; that is how a wrong witness is found out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dsl.frozen import Frozen
from prover.execution import skeleton as sk
from prover.execution.construct.strand import SPINNING
from prover.execution.evaluate import Valuation
from prover.execution.interrupts import MASKS, may_be_interrupted, waiting_events
from prover.execution.lock_facts import LockOrderEdge
from prover.execution.order import AFTER_ALL, BEFORE_ALL
from prover.execution.run.judge import CLAIMS, Judge
from prover.execution.run.locking import Locks, reaches
from prover.execution.run.pages import release
from prover.execution.run.state import Change, Memory, NotAllowed, Section, Step, Violation
from prover.execution.terms import Allocated, Choice, Outcome, ReadValue, Term
from prover.graph.values import POISON, Location, Pointer, Value


class Decisions(Frozen, frozen=True):
    """What a schedule leaves open: values chosen, trylocks got, slots allocated."""

    choices: Mapping[int, int]
    taken: Mapping[int, bool]
    slots: Mapping[int, Value]


class Stage(Frozen, frozen=True):
    """A skeleton with the look-up tables that every run on it needs.

    ``place`` gives an event's thread and its index there; ``claims`` the threads that look
    at the moment after an event (or at the initial and final state).
    """

    skeleton: sk.Skeleton
    place: Mapping[int, tuple[int, int]]
    reads_of: Mapping[int, list[sk.ReadAccess]]
    writes_of: Mapping[int, list[sk.WriteAccess]]
    updates_of: Mapping[int, list[sk.Update]]
    stored_of: Mapping[int, list[sk.StoredWord]]
    edges_of: Mapping[int, list[LockOrderEdge]]
    claims: Mapping[int, list[sk.Thread]]
    choices: tuple[Choice, ...]


def stage(skeleton: sk.Skeleton) -> Stage:
    """The stage for a skeleton."""
    place: dict[int, tuple[int, int]] = {}
    claims: dict[int, list[sk.Thread]] = {}
    for thread in skeleton.threads:
        for index, event in enumerate(thread.events):
            place[event] = (thread.number, index)
        if thread.kind in ("final", "invariant"):
            anchor = skeleton.events[thread.events[0]].anchor
            claims.setdefault(anchor, []).append(thread)
    choices = tuple(row for row in skeleton.rows if isinstance(row, Choice))
    return Stage(
        skeleton,
        place,
        sk.by_event(skeleton.reads),
        sk.by_event(skeleton.writes),
        sk.by_event(skeleton.updates),
        sk.by_event(skeleton.stored),
        sk.by_event(skeleton.lock_edges),
        claims,
        choices,
    )


@dataclass(slots=True)
class Machine:
    """The state after some steps.

    ``hosts`` are, for each callback that has begun and may have to wait, the actors on whose
    CPU it may run: they took softirqs when it began and have made no step since.
    """

    stage: Stage
    decisions: Decisions
    skeleton: sk.Skeleton = field(init=False)
    values: Valuation = field(init=False)
    memory: Memory = field(init=False)
    locks: Locks = field(init=False)
    judge: Judge = field(init=False)
    next_index: dict[int, int] = field(default_factory=dict[int, int])
    sections: list[Section] = field(default_factory=list[Section])
    waits: dict[int, tuple[Section, ...]] = field(default_factory=dict[int, tuple[Section, ...]])
    barriers: dict[int, tuple[int, ...]] = field(default_factory=dict[int, tuple[int, ...]])
    hosts: dict[int, frozenset[int]] = field(default_factory=dict[int, frozenset[int]])
    queued: list[tuple[int, Location | None]] = field(
        default_factory=list[tuple[int, Location | None]]
    )
    edges: dict[tuple[str, str], None] = field(default_factory=dict[tuple[str, str], None])
    steps: list[Step] = field(default_factory=list[Step])
    violation: Violation | None = None
    also: list[Violation] = field(default_factory=list[Violation])

    def __post_init__(self) -> None:
        self.skeleton = self.stage.skeleton
        self.values = Valuation(self.skeleton)
        for row in self.stage.choices:
            self.values.settle(row, self.decisions.choices.get(row.number, row.low))
        self.memory = Memory(self.skeleton.layout)
        self.locks = Locks()
        self.next_index = {thread.number: 0 for thread in self.skeleton.threads}
        self.judge = Judge(self)
        self._look(BEFORE_ALL)

    # --- running

    def run(self, schedule: list[int]) -> None:
        """Carries out a schedule; stops at the first violation."""
        for event in schedule:
            if self.violation is not None:
                return
            self.step(event)
        if self.violation is None:
            self._look(AFTER_ALL)

    def step(self, number: int, early: tuple[list[str], bool] | None = None) -> None:
        """One event happens; ``early`` is what the judge has said of it just now, if asked."""
        event = self.skeleton.events[number]
        self.unhalt(number)
        self._at(event)
        if not self.values.holds(event.guard):
            raise NotAllowed(f"event {number} is not reached")
        self.judge.refuse_interrupted(event.thread)
        step = Step(number, event.thread, [], [])
        violated, blind = self.judge.early(event) if early is None else early
        if not blind:
            self._read(event, step)
            violated = violated + self.judge.late(event)
        if violated:
            self._violate(violated, number, step)
            return
        self.settle(number, "ok", 1)
        self._write(event, step)
        self._act(event)
        self.steps.append(step)
        if not isinstance(event.action, sk.Begin):  # An interrupt may come before its first step.
            self.hosts = {c: found - {event.thread} for c, found in self.hosts.items()}
        self.next_index[event.thread] = self.stage.place[number][1] + 1
        if self.violation is None:
            self._look(number)

    def unhalt(self, number: int) -> None:
        """Notes that no handler keeps an event from its turn."""
        if (row := Outcome(number, "steps")) in self.skeleton.term_of:
            self.values.settle(row, 1)

    def settle(self, event: int, what: str, value: int) -> None:
        """Notes an outcome."""
        self.values.settle(Outcome(event, what), value)

    def _violate(self, names: list[str], number: int, step: Step) -> None:
        self.settle(number, "ok", 0)
        self.steps.append(step)
        found = Violation(tuple(dict.fromkeys(names)), number)
        if self.violation is None:
            self.violation = found
        else:
            self.also.append(found)

    def _at(self, event: sk.Event) -> None:
        """Checks that the thread stands right before ``event``."""
        thread, index = self.stage.place[event.number]
        start = self.next_index[thread]
        if index < start:
            raise NotAllowed(f"event {event.number} is behind its thread")
        for skipped in self.skeleton.threads[thread].events[start:index]:
            if self.values.surely(self.skeleton.events[skipped].guard) is not False:
                raise NotAllowed(f"event {skipped} is skipped")

    # --- memory

    def _read(self, event: sk.Event, step: Step) -> None:
        """The event's reads."""
        for read in self.stage.reads_of.get(event.number, ()):
            pointer = self.values.value(read.address)
            if not isinstance(pointer, Pointer) or pointer.base is None:
                raise NotAllowed(f"event {event.number} reads through {pointer}")
            value = self.memory.load((pointer.location, read.part))
            self.values.settle(ReadValue(read.number), value)
            claim = self.skeleton.threads[event.thread].kind in CLAIMS
            if claim or not read.ghost:
                step.reads.append(((pointer.location, read.part), value))

    def _write(self, event: sk.Event, step: Step) -> None:
        """The event's writes; alloc settles its result first."""
        if isinstance(event.action, sk.Allocate):
            self._allocate(event.number, event.action)
        for write in self.stage.writes_of.get(event.number, ()):
            if not self.values.holds(write.when):
                continue
            pointer = self.values.value(write.address)
            assert isinstance(pointer, Pointer)
            where = (pointer.location, write.part)
            old = self.memory.peek(where)
            new = self.values.value(write.value)
            self.memory.store(where, new)
            if not isinstance(event.action, sk.Allocate) and write.part != "shadow":
                step.writes.append(Change(where, POISON if old is None else old, new))
        self.judge.note_updates(event.number)

    def _allocate(self, number: int, action: sk.Allocate) -> None:
        free = self.memory.free_slots(action.pool)
        wanted = self.decisions.slots.get(number, 0)
        if not free:
            if wanted != 0:
                raise NotAllowed(f"alloc at event {number} from a full pool")
        elif (
            not isinstance(wanted, Pointer) or wanted.base is None or wanted.base.object not in free
        ):
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
            case sk.Unlock():
                self._unlock(event.thread, action)
            case sk.LockState(address=address):
                self.settle(number, "locked", int(self.locks.held(self.location(address))))
            case sk.SectionStart(kind=kind, outer=outer):
                if self.values.holds(outer):
                    self.sections.append(Section(event.thread, kind, number))
            case sk.SectionEnd(kind=kind, outer=outer):
                if self.values.holds(outer):
                    self._end(event.thread, kind)
            case sk.SrcuStart() | sk.SrcuEnd():
                self._read_srcu(event, action)
            case sk.GraceStart() | sk.Queue() | sk.BarrierStart():
                self._start_waiting(action)
            case sk.Deallocate() | sk.GiveBack():
                release(self, number, action)
            case sk.Begin() | sk.GraceEnd() | sk.BarrierEnd() | sk.IpiEnd():
                if sk.is_blocking(self.skeleton, event):
                    if self.judge.stopped(event):
                        raise NotAllowed(f"event {number} cannot go on")
                    self.settle(number, "granted", 1)
                self._begin_running(event)
            case sk.Spin():
                raise NotAllowed(f"event {number} is where an await stands")
            case sk.Ended():
                self._end(event.thread, "running")
                if self.skeleton.threads[event.thread].kind == "handler":
                    self._end(event.thread, "irq")
            case _:
                pass

    def _unlock(self, thread: int, action: sk.Unlock) -> None:
        location = self.location(action.address)
        self.locks.release(location, thread, action.mode)
        self._close(thread, f"lock {location}", self.locks)
        if isinstance(action, sk.Downgrade):
            self.locks.take(location, thread, "shared")

    def _read_srcu(self, event: sk.Event, action: sk.SrcuStart | sk.SrcuEnd) -> None:
        """A reader of an SRCU domain begins or ends."""
        if isinstance(action, sk.SrcuStart):
            domain = self.location(action.address)
            self.sections.append(Section(event.thread, "srcu", event.number, domain))
            return
        over = [start for start, when in action.closes if self.values.holds(when)]
        for section in self.sections:
            section.open = section.open and section.start not in over

    def _start_waiting(self, action: sk.GraceStart | sk.Queue | sk.BarrierStart) -> None:
        """A grace period or a barrier begins."""
        domain = None if action.domain is None else self.location(action.domain)
        match action:
            case sk.GraceStart(end=end):
                self.waits[end] = self.open_sections(domain)
            case sk.Queue(callback=callback):
                begin = self.skeleton.threads[callback].events[0]
                self.waits[begin] = self.open_sections(domain)
                self.queued.append((callback, domain))
            case sk.BarrierStart(end=end):
                self.barriers[end] = tuple(c for c, of in self.queued if of == domain)

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
        for edge in self.stage.edges_of.get(event.number, ()):
            if self.values.holds(edge.when) and self.locks.keeps(edge, event.thread, self.location):
                self.edges[edge.held, edge.taken] = None
                if reaches((*self.edges, *self.skeleton.declared), edge.taken, edge.held):
                    self.violation = Violation(("lock-order",), event.number)

    def _try(self, event: sk.Event, action: sk.Try) -> None:
        location = self.location(action.address)
        wanted = self.decisions.taken.get(event.number, False)
        free = self.locks.available(location, action.mode)
        if wanted and not free:
            raise NotAllowed(f"trylock at event {event.number} cannot succeed")
        refusable = self.locks.asked(location, event.thread, action.kind)
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

    def _begin_running(self, event: sk.Event) -> None:
        """A running callback holds up grace periods like bh off, a handler like irqs off."""
        kind = self.skeleton.threads[event.thread].kind
        if isinstance(event.action, sk.Begin) and kind in ("callback", "handler"):
            self.sections.append(Section(event.thread, "running", event.number))
            if waiting_events(self.skeleton, self.skeleton.threads[event.thread]):
                self.hosts[event.thread] = frozenset(self._taking_softirqs())

    def _taking_softirqs(self) -> Iterator[int]:
        """The actors on whose CPU a callback could begin now."""
        threads = self.skeleton.threads
        masked = {s.thread for s in self.sections if s.open and s.kind in MASKS}
        running = (s.thread for s in self.sections if s.open and s.kind == "running")
        masked.update(threads[t].host for t in running)
        for thread in threads:
            if may_be_interrupted(self.skeleton, thread) and thread.number not in masked:
                if not self.judge.ended(thread.number):
                    yield thread.number

    def open_sections(self, domain: Location | None) -> tuple[Section, ...]:
        """The sections that a grace period of an SRCU domain, or of RCU, waits for from now on."""
        return tuple(s for s in self.sections if s.open and s.domain == domain)

    def _look(self, anchor: int) -> None:
        """Runs the claims that look at this moment: after an event, or a state's anchor."""
        if self.violation is not None:
            return
        for thread in self.stage.claims.get(anchor, ()):
            first = self.skeleton.events[thread.events[0]]
            if self.values.surely(first.guard):
                self._judge_claim(thread)

    def _judge_claim(self, thread: sk.Thread) -> None:
        """Runs one claim's events."""
        for number in thread.events:
            event = self.skeleton.events[number]
            if self.values.surely(event.guard):
                step = Step(number, thread.number, [], [])
                violated, blind = self.judge.early(event)
                if not blind:
                    self._read(event, step)
                    violated.extend(self.judge.late(event))
                if violated:
                    self._violate(violated, number, step)
                else:
                    self.steps.append(step)
                    self.settle(number, "ok", 1)
                    if isinstance(event.action, sk.LockState):
                        self._act(event)
