"""What the machine's state says about an event: what it would violate, whether it must wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prover.execution import skeleton as sk
from prover.execution.hazards import LATE_PROPERTIES, PRECEDENCE, address_of, vias_of
from prover.execution.hazards_of_holders import held_at_init
from prover.execution.interrupts import queued_ahead
from prover.execution.run.spinning import spin_obstacles
from prover.execution.run.state import NotAllowed, Section
from prover.execution.terms import Outcome, ReadValue, Term
from prover.graph.values import POISON, Half, Location, Pointer, Source, Value, Via, Wild, Word

if TYPE_CHECKING:
    from prover.execution.run.machine import Machine

CLAIMS = ("final", "invariant")
"""Kinds of thread that only look; whatever goes wrong in them, the claim does not hold."""

EMPTY = 2
"""The events of a handler that does nothing: it begins, and it ends."""

RANK = {name: index for index, name in enumerate(PRECEDENCE)}


class Judge:
    """Judges events against a machine's state."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._stored: dict[Source, set[tuple[int, int]]] = {}
        self._handlers: dict[int, list[int]] = {}
        for thread in machine.skeleton.threads:
            if thread.kind == "handler":
                self._handlers.setdefault(thread.host, []).append(thread.number)

    # --- violations

    def early(self, event: sk.Event) -> tuple[list[str], bool]:
        """What is violated before the event reads, and whether that keeps it from reading."""
        hazards: list[str] = []
        address = address_of(event)
        if address is not None:
            hazards.extend(self._pointer(self._value(address)))
        if isinstance(event.action, sk.Deallocate):
            hazards.extend(self._free(self._value(event.action.pointer)))
        found = self._checks(event, late=False)
        if not hazards:
            return found, False
        claim = self._machine.skeleton.threads[event.thread].kind
        first = min(hazards, key=RANK.__getitem__)
        return [*found, claim if claim in CLAIMS else first], True

    def late(self, event: sk.Event) -> list[str]:
        """What is violated once the event has read."""
        machine = self._machine
        hazards: list[str] = []
        claim = machine.skeleton.threads[event.thread].kind
        for read in machine.stage.reads_of.get(event.number, ()):
            poisoned = machine.values.leaves[ReadValue(read.number)] == POISON
            if poisoned and (not read.ghost or claim in CLAIMS):
                hazards.append(claim if claim in CLAIMS else "uninitialized")
        for word in machine.stage.stored_of.get(event.number, ()):
            if machine.values.holds(word.when):
                value = self._value(word.value)
                if any(self._torn(via) for via in vias_of(value, word.present)):
                    hazards.append("torn-value")
        hazards.extend(self._folio(event))
        if isinstance(event.action, sk.SrcuEnd):
            for other, when in event.action.rivals:
                if machine.values.leaves.get(Outcome(other, "ok")) and machine.values.holds(when):
                    hazards.append("srcu-unbalanced")
        if hazards:
            return [min(hazards, key=RANK.__getitem__)]
        return self._checks(event, late=True)

    def _checks(self, event: sk.Event, *, late: bool) -> list[str]:
        """The checks of the event that fail."""
        return [
            check.property
            for check in event.checks
            if (check.property in LATE_PROPERTIES) == late and self._machine.values.holds(check.bad)
        ]

    def _folio(self, event: sk.Event) -> list[str]:
        machine = self._machine
        match event.action:
            case sk.Access(what="lock-init", address=address):
                values = [machine.values.value(address)]
                lasting = any(held_at_init(machine.skeleton, address, values))
                held = lasting and machine.locks.held(machine.location(address))
                return ["lock-init-held"] if held else []
            case sk.Unlock(address=address, kind="folio"):
                held = machine.locks.held(machine.location(address))
                return [] if held else ["unlock-not-held"]
            case _:
                return []

    def _value(self, term: Term) -> Value:
        return self._machine.values.value(term)

    def _pointer(self, value: Value) -> list[str]:
        """What an access through ``value`` violates."""
        match value:
            case Pointer(base=None) | int():
                return ["null-pointer"]
            case Wild(via=via):
                return ["wild-pointer", *(["torn-value"] if self._torn(via) else [])]
            case Pointer(base=base, via=via):
                assert base is not None
                found = ["torn-value"] if self._torn(via) else []
                if not self._machine.memory.is_cell(value.location):
                    found.append("wild-pointer")
                if not self._machine.memory.alive(base):
                    found.append("use-after-free")
                return found
            case _:
                return ["wild-pointer"]

    def _free(self, value: Value) -> list[str]:
        """What a free of ``value`` violates."""
        match value:
            case int():
                return []
            case Wild(via=via):
                return ["double-free", *(["torn-value"] if self._torn(via) else [])]
            case Pointer(base=base, path=path, via=via):
                found = ["torn-value"] if self._torn(via) else []
                if base is None or path or not self._machine.memory.allocated(base):
                    found.append("double-free")
                return found
            case _:
                return ["double-free"]

    def _torn(self, via: Via | None) -> bool:
        """Whether no completed update has stored these bits."""
        if via is None:
            return False
        return any(self._never_stored(place, via) for place in via.sources)

    def _never_stored(self, place: Source, via: Via) -> bool:
        """Whether no completed update has stored the bits in one word, in that life of it."""
        start = self._machine.skeleton.layout.regions[place.base.object].initial.get(place.path)
        if isinstance(start, Word) and (start.low.bits, start.high.bits) == (via.low, via.high):
            return False
        return (via.low, via.high) not in self._stored.get(place, set())

    def note_updates(self, number: int) -> None:
        """Records the updates that an event completes."""
        values = self._machine.values
        for update in self._machine.stage.updates_of.get(number, ()):
            if not values.holds(update.when):
                continue
            pointer, low, high = (self._value(t) for t in (update.address, update.low, update.high))
            assert isinstance(pointer, Pointer)
            if not (isinstance(low, Half) and isinstance(high, Half)):
                # Beside a half that nobody has stored yet: no word.
                continue
            self._stored.setdefault(pointer.source, set()).add((low.bits, high.bits))

    # --- waiting

    def stopped(self, event: sk.Event) -> bool:
        """Whether a blocking event has to wait now."""
        return bool(self.obstacles(event))

    def obstacles(self, event: sk.Event) -> list[frozenset[int]]:
        """What a blocking event waits for: for each obstacle, the threads that could remove it."""
        machine = self._machine
        match event.action:
            case sk.Grant(address=address):
                return self._lock_obstacles(event, event.action, machine.location(address))
            case sk.GraceEnd():
                return self._open(event.number)
            case sk.Spin() as spin:
                return spin_obstacles(machine, event, spin)
            case sk.Begin():
                thread = machine.skeleton.threads[event.thread]
                if thread.kind in ("callback", "page"):
                    return self._open(event.number)
                return [
                    frozenset((thread.host,))
                    for s in machine.sections
                    if s.open and s.kind == "irq" and s.thread == thread.host
                ] + self._busy(thread)
            case sk.BarrierEnd():
                waiting = machine.barriers[event.number]
                return [frozenset((c,)) for c in waiting if not self.ended(c)]
            case sk.IpiEnd(by=by) as action:
                waited = sk.waited_on(machine.skeleton, action)
                over = self.ended if by < 0 else self.begun
                return [frozenset((h,)) for h in waited if not over(h)]
            case _:
                return []

    def lasting(self, event: sk.Event) -> list[frozenset[int]]:
        """:meth:`obstacles` where all stand still: a callback's grace period may begin only now."""
        thread = self._machine.skeleton.threads[event.thread]
        if isinstance(event.action, sk.Begin) and thread.kind == "callback":
            sections = [self._enders(section) for section in self.holding_up(event)]
            return [*sections, *self._behind(thread)]
        return [*self.obstacles(event), *self._unsent(event)]

    def _behind(self, thread: sk.Thread) -> Iterator[frozenset[int]]:
        """The callbacks of call_srcu() that a callback may stand behind, as they have not ended."""
        queued = dict(self._machine.queued)
        for other in queued_ahead(self._machine.skeleton, thread):
            alike = other.number in queued and queued[other.number] == queued.get(thread.number)
            if alike and not self.ended(other.number):
                yield frozenset((other.number,))

    def _unsent(self, event: sk.Event) -> list[frozenset[int]]:
        """Who has not sent the IPI that an event begins: it waits for an earlier one first."""
        machine = self._machine
        thread = machine.skeleton.threads[event.thread]
        if not isinstance(event.action, sk.Begin) or thread.kind != "handler":
            return []
        sender = machine.skeleton.events[thread.parent].thread
        stands = self.next_event(sender)
        waits = None if stands is None else machine.skeleton.events[stands].action
        unsent = isinstance(waits, sk.IpiEnd) and waits.by == thread.parent
        return [frozenset((sender,))] if unsent else []

    def holding_up(self, event: sk.Event) -> tuple[Section, ...]:
        """The open sections that a grace period still waits for, where all stand still.

        That of a callback which has not begun may begin at any time after the callback was queued.
        """
        machine = self._machine
        for callback, domain in machine.queued:
            if callback == event.thread:
                return machine.open_sections(domain)
        return tuple(section for section in machine.waits[event.number] if section.open)

    def _busy(self, thread: sk.Thread) -> list[frozenset[int]]:
        """Another handler runs on the same host: this one waits for it."""
        others = self.running_on(thread.host)
        return [frozenset((other,)) for other in others if other != thread.number]

    def _open(self, number: int) -> list[frozenset[int]]:
        waits = self._machine.waits[number]
        return [self._enders(s) for s in waits if s.open]

    def _enders(self, section: Section) -> frozenset[int]:
        """Who can end a section: its thread, or whoever has an srcu_up_read() before it."""
        machine = self._machine
        start = machine.skeleton.events[section.start].action
        if not isinstance(start, sk.SrcuStart) or not start.anybody:
            return frozenset((section.thread,))
        found: set[int] = set()
        for event in machine.skeleton.events:
            thread, index = machine.stage.place[event.number]
            if isinstance(event.action, sk.SrcuEnd) and index >= machine.next_index[thread]:
                if machine.values.surely(event.guard) is not False:
                    ends = any(s == section.start for s, _ in event.action.closes)
                    found.update((self._starter(thread),) if ends else ())
        return frozenset(found or (section.thread,))

    def _lock_obstacles(
        self, event: sk.Event, action: sk.Grant, location: Location
    ) -> list[frozenset[int]]:
        machine = self._machine
        who = machine.locks.blockers(location, action.mode)
        if action.kind == "folio":
            found = [frozenset((*who, *self._unlockers()))] if who else []
        else:
            found = [frozenset((holder,)) for holder in who]
        if action.in_queue:
            writers = machine.locks.writers_before(location, event.thread, event.number)
            found.extend(frozenset((w,)) for w in writers)
        return found

    def _unlockers(self) -> list[int]:
        """The threads that have an unlock of some folio lock still before them.

        For one that is not there yet whoever would start it.
        """
        machine = self._machine
        found: set[int] = set()
        for event in machine.skeleton.events:
            action = event.action
            thread, index = machine.stage.place[event.number]
            if not isinstance(action, sk.Unlock) or action.kind != "folio":
                continue
            if (
                index >= machine.next_index[thread]
                and machine.values.surely(event.guard) is not False
            ):
                found.add(self._starter(thread))
        return sorted(found)

    def _starter(self, thread: int) -> int:
        """The thread itself, if it is there; else that of the event that would start it."""
        machine = self._machine
        parent = machine.skeleton.threads[thread].parent
        if parent < 0 or machine.values.leaves.get(Outcome(parent, "ok")) == 1:
            return thread
        return self._starter(machine.skeleton.events[parent].thread)

    def running_on(self, host: int) -> list[int]:
        """The handlers that have begun on an actor's CPU and not ended: it makes no step."""
        begun = self._machine.next_index
        handlers = self._handlers.get(host, ())
        return [number for number in handlers if begun[number] > 0 and not self.ended(number)]

    def refuse_interrupted(self, thread: int) -> None:
        """Raises NotAllowed where a thread is kept from its turn by a handler on its CPU.

        Not by an empty one: it might as well have ended before, and nobody could tell.
        """
        threads = self._machine.skeleton.threads
        if any(len(threads[number].events) > EMPTY for number in self.running_on(thread)):
            raise NotAllowed(f"a handler runs on the CPU of {threads[thread].name}")

    def begun(self, thread: int) -> bool:
        """Whether a thread has made its first step."""
        return self._machine.next_index[thread] > 0

    def ended(self, thread: int) -> bool:
        """Whether a thread has run to its end."""
        last = self._machine.skeleton.threads[thread].events[-1]
        return self._machine.values.leaves.get(Outcome(last, "ok")) == 1

    def next_event(self, thread: int) -> int | None:
        """The event that a thread stands before, None at its end or where it has stopped."""
        machine = self._machine
        for number in machine.skeleton.threads[thread].events[machine.next_index[thread] :]:
            machine.unhalt(number)
            if machine.values.surely(machine.skeleton.events[number].guard):
                return number
        return None
