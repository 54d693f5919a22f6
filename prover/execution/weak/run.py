"""A claimed execution computed anew: values, what happens, what each event touches.

Nothing is taken from the solver but the choices in the claim: which write each read reads, the
order of coherence, which waits were over, which values were chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from prover.execution import skeleton as sk
from prover.execution.claim import Claim
from prover.execution.domains import Place, initial_value
from prover.execution.evaluate import Unknown, Valuation
from prover.execution.execution import INITIAL
from prover.execution.hazards import LATE_PROPERTIES, address_of
from prover.execution.hazards_of_holders import looks_at_folio
from prover.execution.nodes import IN_VAIN, Node, Nodes, goes_on
from prover.execution.order import AFTER_ALL
from prover.execution.terms import (
    Allocated,
    And,
    Choice,
    Not,
    Operation,
    Or,
    Outcome,
    Phi,
    ReadValue,
    Term,
)
from prover.graph.values import POISON, Pointer, Value, Wild


class NotAnExecution(Exception):
    """What was claimed is no execution; says why."""


@dataclass(slots=True)
class Run:
    """An execution of a skeleton.

    ``happened`` are the events that took place, ``waiting`` those that somebody came to and that
    were never granted; ``violated`` has for each event that violates
    something by itself what it violates.  ``places`` has where each read and write access goes.
    ``stopped`` are steps that nobody makes, as their threads have stopped before: with each step
    all that its thread would do then.
    """

    skeleton: sk.Skeleton
    claim: Claim
    stopped: frozenset[int] = frozenset()
    values: Valuation = field(init=False)
    happened: set[int] = field(default_factory=set[int])
    waiting: set[int] = field(default_factory=set[int])
    violated: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    read_places: dict[int, Place] = field(default_factory=dict[int, Place])
    write_places: dict[int, Place] = field(default_factory=dict[int, Place])
    reads_of: dict[int, list[sk.ReadAccess]] = field(init=False)
    writes_of: dict[int, list[sk.WriteAccess]] = field(init=False)

    def __post_init__(self) -> None:
        self.values = Valuation(self.skeleton)
        self.reads_of = sk.by_event(self.skeleton.reads)
        self.writes_of = sk.by_event(self.skeleton.writes)
        self._settle_choices()
        self._settle_events()
        self._check_sources()

    @property
    def reached(self) -> set[int]:
        """The events that somebody has come to."""
        return self.happened | self.waiting | self.violated.keys()

    def has(self, nodes: Nodes, node: Node) -> bool:
        """Whether a node is there.

        What went wrong and did not happen is there all the same, without a source.
        """
        if node.event in self.happened:
            return self.values.holds(node.when)
        waiting = node.event in self.waiting and node.kind != "F"
        wrong = node.event in self.violated and node is nodes.first(node.event)
        return waiting or wrong

    @property
    def in_vain(self) -> set[int]:
        """The unlocks of folios that did not find them locked: they have looked."""
        return {
            number
            for number, names in self.violated.items()
            if looks_at_folio(self.skeleton.events[number]) and "unlock-not-held" in names
        }

    # --- values

    def _settle_choices(self) -> None:
        claim = self.claim
        for row in self.skeleton.rows:
            match row:
                case Choice(number=number, low=low):
                    self.values.settle(row, claim.decisions.choices.get(number, low))
                case Outcome(event=event, what="granted"):
                    self.values.settle(row, int(event in claim.granted))
                case Outcome(event=event, what="taken"):
                    self.values.settle(row, int(claim.decisions.taken.get(event, False)))
                case Outcome(event=event, what="locked"):
                    self.values.settle(row, int(event in claim.locked))
                case Outcome(event=event, what="steps"):
                    self.values.settle(row, int(event in claim.steps))
                case Allocated(event=event):
                    self.values.settle(row, claim.decisions.slots.get(event, 0))
                case _:
                    pass

    def _settle_events(self) -> None:
        """Events one after another, as soon as what they need is known."""
        pending = [e.number for e in self.skeleton.events if self._kind(e.number) != "invariant"]
        while pending:
            left = [number for number in pending if not self._settle(number)]
            if len(left) == len(pending) and not (self._one_goes_on(left) or self._one_reads(left)):
                break
            pending = left
        for number in pending:
            guard = self.values.surely(self.skeleton.events[number].guard)
            if guard:
                raise NotAnExecution(f"event {number} depends on itself")

    def _one_goes_on(self, pending: list[int]) -> bool:
        """Settles of one event that it does not stop its thread, as a read reads what comes later.

        What the event reads, or claims, may depend on that by way of other threads, where no branch
        stands between.  Whether it does go on is looked at as soon as its values are known.
        """
        for number in pending:
            if self.values.surely(self.skeleton.events[number].guard):
                for read in self.reads_of.get(number, ()):
                    source = self.claim.rf.get(read.number, INITIAL)
                    if source != INITIAL:
                        before = self._open_before(self.skeleton.writes[source].event)
                        if before >= 0:
                            self.values.settle(Outcome(before, "ok"), 1)
                            return True
        return False

    def _open_before(self, event: int) -> int:
        """An event that is reached, stands before another, and may stop its thread; -1: none."""
        pending, seen = [self.skeleton.events[event].guard], set[Term]()
        while pending:
            term = pending.pop()
            if term in seen or self.values.surely(term) is not None:
                continue
            seen.add(term)
            match self.skeleton.rows[term]:
                case Outcome(event=before, what="ok"):
                    guard = self.skeleton.events[before].guard
                    if self.values.surely(guard):
                        return before
                    pending.append(guard)
                case And(args=args) | Or(args=args) | Operation(args=args):
                    pending.extend(args)
                case Not(arg=arg):
                    pending.append(arg)
                case Phi(arms=arms):
                    pending.extend(guard for guard, _ in arms)
                case _:
                    pass
        return -1

    def _one_reads(self, pending: list[int]) -> bool:
        """Settles what one read reads, of a store that nobody knows to be made.

        Whether it is may depend on the read by way of a branch, where its value does not.  That it
        was made, at the place of the read, is looked at in the end.
        """
        for number in pending:
            if self.values.surely(self.skeleton.events[number].guard):
                seen: set[int] = set()
                if any(self._foretold(r.number, seen) for r in self.reads_of.get(number, ())):
                    return True
        return False

    def _foretold(self, number: int, seen: set[int]) -> bool:
        """Whether a read's value could be settled, or one that it is computed from."""
        leaf = ReadValue(number)
        if number in seen or leaf in self.values.leaves:
            return False
        seen.add(number)
        read = self.skeleton.reads[number]
        source = self.claim.rf.get(number, INITIAL)
        try:
            if source == INITIAL:
                value = self._source_value(read, self._place(read.address, read.part))
            else:
                value = self.values.value(self.skeleton.writes[source].value)
        except Unknown:
            needed = read.address if source == INITIAL else self.skeleton.writes[source].value
            return any(self._foretold(each, seen) for each in self._unread(needed))
        except NotAnExecution:
            # It may be a read that nobody comes to.
            return False
        self.values.settle(leaf, value)
        return True

    def _unread(self, term: Term) -> list[int]:
        """The reads that a term is computed from and whose values are not known."""
        pending, seen, found = [term], set[Term](), list[int]()
        while pending:
            each = pending.pop()
            if each in seen:
                continue
            seen.add(each)
            match self.skeleton.rows[each]:
                case ReadValue(access=number) as leaf if leaf not in self.values.leaves:
                    found.append(number)
                case And(args=args) | Or(args=args) | Operation(args=args):
                    pending.extend(args)
                case Not(arg=arg):
                    pending.append(arg)
                case Phi(arms=arms):
                    pending.extend(value for _, value in arms)
                case _:
                    pass
        return found

    def _kind(self, event: int) -> str:
        return self.skeleton.threads[self.skeleton.events[event].thread].kind

    def _settle(self, number: int) -> bool:
        """Whether an event could be decided now."""
        if number in self.stopped:
            return True
        event = self.skeleton.events[number]
        reached = self.values.surely(event.guard)
        if reached is None:
            return False
        if not reached:
            if number in self.claim.granted:
                # What stands behind it would happen.
                raise NotAnExecution(f"event {number} goes on and is not reached")
            return True
        try:
            early = self._early(event)
            if not self._stopped(event, early):
                self._read(event)
            late = [] if self._stopped(event, early) else self._late(event)
        except Unknown:
            return False
        found = [*early, *late]
        if found:
            self.violated[number] = found
        stops, outcome = self._stopped(event, found), Outcome(number, "ok")
        if stops and self.values.leaves.get(outcome):
            raise NotAnExecution(f"event {number} goes on and is stopped")
        self.values.settle(outcome, int(not stops))
        if stops or IN_VAIN in found:
            return True
        if sk.is_blocking(self.skeleton, event) and number not in self.claim.granted:
            self.waiting.add(number)
            return True
        self.happened.add(number)
        return True

    @staticmethod
    def _stopped(event: sk.Event, names: list[str]) -> bool:
        return not all(goes_on(event, name) for name in names)

    def _early(self, event: sk.Event) -> list[str]:
        """What keeps an event from touching memory."""
        found = self._checks(event, late=False)
        address = address_of(event)
        if address is not None:
            value = self.values.value(address)
            if isinstance(value, Wild):
                found.append("wild-pointer")
            elif not isinstance(value, Pointer) or value.base is None:
                found.append("null-pointer")
            elif not self._is_cell(value):
                found.append("wild-pointer")
        if isinstance(event.action, sk.Deallocate):
            freed = self.values.value(event.action.pointer)
            if freed != 0 and (not isinstance(freed, Pointer) or freed.base is None or freed.path):
                found.append("double-free")
        return found

    def _is_cell(self, value: Pointer) -> bool:
        region = self.skeleton.layout.regions.get(value.location.object)
        return region is not None and any(c.path == value.location.path for c in region.cells)

    def _late(self, event: sk.Event) -> list[str]:
        """What is wrong once an event has read: poison, and checks judged then."""
        poisoned = any(
            not read.ghost and self.values.leaves.get(ReadValue(read.number)) == POISON
            for read in self.reads_of.get(event.number, ())
        )
        if poisoned:
            return ["uninitialized"]
        found = self._checks(event, late=True)
        if looks_at_folio(event) and event.number not in self.claim.locked:
            found.append("unlock-not-held")
        return found

    def _checks(self, event: sk.Event, *, late: bool) -> list[str]:
        """The checks of an event that fail, before or after it reads."""
        return [
            check.property
            for check in event.checks
            if (check.property in LATE_PROPERTIES) == late and self.values.holds(check.bad)
        ]

    # --- memory

    def _read(self, event: sk.Event) -> None:
        for read in self.reads_of.get(event.number, ()):
            place = self._place(read.address, read.part)
            self.read_places[read.number] = place
            leaf = ReadValue(read.number)
            if leaf not in self.values.leaves:
                self.values.settle(leaf, self._source_value(read, place))

    def _source_value(self, read: sk.ReadAccess, place: Place) -> Value:
        source = self.source(read)
        if source == INITIAL:
            start = initial_value(self.skeleton.layout, place, weak=True)
            if start is None:
                raise NotAnExecution(f"read {read.number} reads from nowhere")
            return start
        write = self.skeleton.writes[source]
        if self._surely_elsewhere(write, place):
            # What is stored there may be of another type.
            raise NotAnExecution(f"read {read.number} reads what is not written there")
        return self.values.value(write.value)

    def _surely_elsewhere(self, write: sk.WriteAccess, place: Place) -> bool:
        """Whether a write access goes to another place, as far as is known by now."""
        try:
            where = self.values.value(write.address)
        except Unknown:
            return False
        if not isinstance(where, Pointer) or where.base is None:
            return True
        return (where.location, write.part) != place

    def source(self, read: sk.ReadAccess) -> int:
        """What a read reads from: as claimed; at the end of everything the last write."""
        if self.skeleton.events[read.event].anchor == AFTER_ALL:
            place = self._place(read.address, read.part)
            own = [w.number for w in self.skeleton.writes if self._writes(w) == place]
            order = self.in_coherence(own)
            return order[-1] if order else INITIAL
        return self.claim.rf.get(read.number, INITIAL)

    def in_coherence(self, writes: list[int]) -> list[int]:
        """Write accesses in the order of coherence."""
        rank, of = self.claim.coherence, self.skeleton.writes
        return sorted(writes, key=lambda w: (rank.get(of[w].event, 0), -of[w].event))

    def _writes(self, write: sk.WriteAccess) -> Place | None:
        """Where a write access goes, None where it is not made; raises Unknown."""
        event = self.skeleton.events[write.event]
        if not self.values.holds(event.guard):
            return None
        if not self.values.holds(self._ok(write.event)) or not self.values.holds(write.when):
            return None
        return self._place(write.address, write.part)

    def _ok(self, event: int) -> Term:
        row = Outcome(event, "ok")
        if row not in self.values.leaves:
            raise Unknown
        known = self.skeleton.term_of.get(row)
        return self.skeleton.events[event].guard if known is None else known

    def _place(self, address: Term, part: str) -> Place:
        pointer = self.values.value(address)
        if not isinstance(pointer, Pointer) or pointer.base is None:
            raise NotAnExecution("an access goes to no object")
        return pointer.location, part

    def _check_sources(self) -> None:
        """Writes where they go; every read reads a write that was made, of its own place."""
        for write in self.skeleton.writes:
            if write.event in self.happened and self.values.holds(write.when):
                self.write_places[write.number] = self._place(write.address, write.part)
        for number, place in self.read_places.items():
            read = self.skeleton.reads[number]
            source = self.source(read)
            if source != INITIAL and self.write_places.get(source) != place:
                raise NotAnExecution(f"read {number} reads what is not written there")
