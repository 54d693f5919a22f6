"""Locks, grace periods, IPIs and lives in a claimed execution: judged by simple rules.

Locks are gone through in the order of coherence.  Grace periods follow the law: of each section and
each grace period one comes first, as claimed, and what that puts in order are strong fences.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from dsl.frozen import Frozen
from prover.execution import skeleton as sk
from prover.execution.interrupts import domain_of
from prover.execution.nodes import Nodes
from prover.execution.order import AFTER_ALL, static_order
from prover.execution.run.locking import Locks
from prover.execution.terms import Allocated, Term
from prover.execution.weak.barriers import EXCLUSIVE, passed_over, queued_before
from prover.execution.weak.run import NotAnExecution, Run
from prover.graph.values import Allocation, Location, Pointer

DELAYS_GRACE = ("rcu", "irq", "preempt", "bh")
"""Kinds of section that a grace period waits for; regions with a spinning lock held are more."""

DELAYS = (*DELAYS_GRACE, "lock")

SPINNING = ("spinlock", "rwlock")


class Section(Frozen, frozen=True):
    """A section that began, and where it ended (-1: it never did)."""

    thread: int
    kind: str
    start: int
    end: int
    domain: Location | None = None


class Law:
    """Judges one run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.skeleton = run.skeleton
        self.order = static_order(run.skeleton)

    # --- orders

    def edges(self) -> Iterator[tuple[int, int]]:
        """From the sender of an IPI to its handler, from there to the return, from a callback to
        each rcu_barrier() that it was queued before.
        """
        happened = self.run.happened
        for thread in self.skeleton.threads:
            begin = thread.events[0]
            if thread.kind == "handler" and begin in happened:
                yield thread.parent, begin
        for number in sorted(happened):
            for thread in self.waited_for(self.skeleton.events[number]):
                yield thread.events[-1], number

    def waited_for(self, event: sk.Event) -> Iterator[sk.Thread]:
        """The handlers or callbacks that an event has waited for, for certain."""
        match event.action:
            case sk.IpiEnd(by=by) as action if by < 0:
                for number in sk.waited_on(self.skeleton, action):
                    yield self.skeleton.threads[number]
            case sk.BarrierEnd(start=start):
                law = self.ordered()
                for thread in self.callbacks_for(start):
                    if queued_before(self.run, self.order, thread.parent, start, law):
                        yield thread
            case _:
                pass

    def begun_before(self, event: sk.Event) -> Iterator[int]:
        """Where handlers of an earlier IPI begin that the next one has waited for."""
        if isinstance(event.action, sk.IpiEnd) and event.action.by >= 0:
            for number in sk.waited_on(self.skeleton, event.action):
                yield self.skeleton.threads[number].events[0]

    def callbacks_for(self, start: int) -> Iterator[sk.Thread]:
        """The callbacks that were queued for the domain of a barrier."""
        begun = self.skeleton.events[start].action
        assert isinstance(begun, sk.BarrierStart)
        for thread in self.skeleton.threads:
            if thread.kind == "callback" and thread.parent in self.run.happened:
                own = self.domain(domain_of(self.skeleton, thread))
                if own == self.domain(begun.domain):
                    yield thread

    def passed_over(self) -> Iterator[tuple[int, int]]:
        """Nodes before a barrier, with that of a callback queued later by somebody else."""
        for event in self.skeleton.events:
            if isinstance(event.action, sk.BarrierEnd) and event.number in self.run.happened:
                start, law = event.action.start, self.ordered()
                for thread in self.callbacks_for(start):
                    yield from passed_over(self.run, self.order, thread.parent, start, law)

    def law(self, nodes: Nodes) -> frozenset[tuple[int, int]]:
        """What grace periods put in order, as strong fences."""
        found: set[tuple[int, int]] = set()
        for one, two in self.precedences():
            found.update(self._between(nodes, one, two))
        return frozenset(found)

    def precedences(self) -> Iterator[tuple[int, int]]:
        """What is over before what: a grace period and its end, sections and grace periods.

        All that stands before the first comes before all that stands behind the second.
        """
        for one, two, start in self._found():
            if one < 0:
                raise NotAnExecution(f"the section of event {start} never ended")
            yield one, two

    def ordered(self) -> list[tuple[int, int]]:
        """The same, whether or not all sections that were waited for have ended."""
        return [(one, two) for one, two, _ in self._found() if one >= 0]

    def _found(self) -> Iterator[tuple[int, int, int]]:
        """What is over before what, and where the section or the grace period began that is it."""
        sections = list(self.sections())
        for start, end, domain in self._waits():
            yield start, end, start
            for section in sections:
                delays = DELAYS if domain is None else ("srcu",)
                if section.kind not in delays or section.domain != domain:
                    continue
                if self.order.before(end, section.start) is True:
                    continue
                if not self.comes_first(section, start):
                    yield start, section.start, start
                else:
                    yield section.end, end, section.start

    def comes_first(self, section: Section, start: int) -> bool:
        """Whether a section came before a grace period, which waits for it then."""
        contains = self.order.before(section.start, start) is True
        return contains or self.run.claim.first.get((section.start, start), False)

    def _between(self, nodes: Nodes, one: int, two: int) -> Iterator[tuple[int, int]]:
        """Every node before event ``one`` with every node behind event ``two``."""
        first, last = self._index(one), self._index(two)
        inclusive = not isinstance(self.skeleton.events[one].action, EXCLUSIVE)
        own = self.skeleton.threads[self.skeleton.events[one].thread].events
        other = self.skeleton.threads[self.skeleton.events[two].thread].events
        before = self._made(nodes, own[: first + inclusive])
        behind = self._made(nodes, other[last + 1 :])
        yield from product(before, behind)

    def _made(self, nodes: Nodes, events: tuple[int, ...]) -> list[int]:
        """The nodes of events that are there: an update that fails has no store."""
        found = (node for e in events for node in nodes.of_event.get(e, ()))
        return [node.number for node in found if self.run.has(nodes, node)]

    def _index(self, event: int) -> int:
        return self.order.place[event][1]

    def domain(self, address: Term | None) -> Location | None:
        """The SRCU domain at an address, None for RCU."""
        return None if address is None else self.location(address)

    def _waits(self) -> Iterator[tuple[int, int, Location | None]]:
        """Grace periods that are over: where they began, what they let go on, of which domain."""
        for event in self.skeleton.events:
            match event.action:
                case sk.GraceStart(end=end, domain=domain) if end in self.run.happened:
                    yield event.number, end, self.domain(domain)
                case sk.Queue(callback=callback, domain=domain):
                    begin = self.skeleton.threads[callback].events[0]
                    if begin in self.run.happened:
                        yield event.number, begin, self.domain(domain)
                case sk.Deallocate(page=page) if page >= 0:
                    begin = self.skeleton.threads[page].events[0]
                    if begin in self.run.happened:
                        yield event.number, begin, None
                case _:
                    pass

    # --- sections

    def sections(self) -> Iterator[Section]:
        """Every section that began."""
        for thread in self.skeleton.threads:
            own = [e for e in thread.events if e in self.run.happened]
            yield from self._marked(thread, own)
            yield from self._locked(thread, own)
            yield from self._readers(own)
            running = {"callback": "bh", "handler": "irq"}.get(thread.kind)
            if running and thread.events[0] in self.run.happened:
                end = thread.events[-1]
                yield Section(thread.number, running, thread.events[0], end if end in own else -1)

    def _marked(self, thread: sk.Thread, own: list[int]) -> Iterator[Section]:
        for index, number in enumerate(own):
            action = self.skeleton.events[number].action
            if not isinstance(action, sk.SectionStart) or not self.run.values.holds(action.outer):
                continue
            end = next((e for e in own[index + 1 :] if self._ends(e, action.kind)), -1)
            if end < 0 and thread.kind == "handler" and action.kind == "irq":
                end = own[-1] if own[-1] == thread.events[-1] else -1
            yield Section(thread.number, action.kind, number, end)

    def _ends(self, event: int, kind: str) -> bool:
        action = self.skeleton.events[event].action
        return (
            isinstance(action, sk.SectionEnd)
            and action.kind == kind
            and self.run.values.holds(action.outer)
        )

    def _readers(self, own: list[int]) -> Iterator[Section]:
        """The readers of SRCU domains that a thread began; whoever ended them."""
        for number in own:
            event = self.skeleton.events[number]
            if isinstance(event.action, sk.SrcuStart):
                end = next((e for e in sorted(self.run.happened) if self._closes(e, number)), -1)
                domain = self.location(event.action.address)
                yield Section(event.thread, "srcu", number, end, domain)

    def _closes(self, event: int, start: int) -> bool:
        action = self.skeleton.events[event].action
        return isinstance(action, sk.SrcuEnd) and any(
            reader == start and self.run.values.holds(when) for reader, when in action.closes
        )

    def _locked(self, thread: sk.Thread, own: list[int]) -> Iterator[Section]:
        held = Locks()
        open_: dict[Location, int] = {}
        done: list[Section] = []
        for number in own:
            action = self.skeleton.events[number].action
            if not isinstance(action, sk.Grant | sk.Try | sk.Unlock) or action.kind not in SPINNING:
                continue
            location = self.location(action.address)
            if isinstance(action, sk.Unlock):
                held.release(location, thread.number, action.mode)
                if not held.holds_any(str(location), thread.number) and location in open_:
                    start = open_.pop(location)
                    done.append(Section(thread.number, "lock", start, number))
            elif self._got(number, action):
                held.take(location, thread.number, action.mode)
                open_.setdefault(location, number)
        yield from done
        for start in open_.values():
            yield Section(thread.number, "lock", start, -1)

    def _got(self, number: int, action: sk.Grant | sk.Try) -> bool:
        return isinstance(action, sk.Grant) or bool(
            self.run.claim.decisions.taken.get(number, False)
        )

    def location(self, address: object) -> Location:
        """Where an address leads."""
        pointer = self.run.values.value(address)  # type: ignore[arg-type]
        assert isinstance(pointer, Pointer)
        return pointer.location

    # --- rules

    def check(self) -> None:
        """Raises NotAnExecution where a lock, an IPI or a pool is not as it can be."""
        self._check_threads()
        self.locks()
        self._check_interrupts()
        self._check_pools()

    def _check_threads(self) -> None:
        """Waits are over for a reason."""
        for number in sorted(self.run.happened):
            event = self.skeleton.events[number]
            ends = (thread.events[-1] for thread in self.waited_for(event))
            for needed in (*ends, *self.begun_before(event)):
                if needed not in self.run.happened:
                    late = self.skeleton.threads[self.skeleton.events[needed].thread]
                    raise NotAnExecution(f"{late.name} was not waited for")

    def locks(self) -> Locks:
        """Who holds and waits for each lock in the end; raises NotAnExecution as ``check`` does."""
        locks = Locks()
        rank = self.run.claim.coherence
        judged = self.run.happened | self.run.in_vain
        # What is claimed of the end has no place in coherence: it sees what is left.
        last = {e for e in judged if self.skeleton.events[e].anchor == AFTER_ALL}
        for number in sorted(judged, key=lambda e: (e in last, rank.get(e, 0), -e)):
            self._check_lock(locks, number)
        return locks

    def _check_lock(self, locks: Locks, number: int) -> None:
        event = self.skeleton.events[number]
        thread = event.thread
        match event.action:
            case sk.Request(address=address, mode=mode, grant=grant):
                locks.ask(self.location(address), thread, mode, grant)
            case sk.Grant(address=address, mode=mode, in_queue=in_queue):
                location = self.location(address)
                if locks.blockers(location, mode) or (
                    in_queue and locks.writers_before(location, thread, number)
                ):
                    raise NotAnExecution(f"the lock of event {number} is held")
                locks.take(location, thread, mode)
                locks.unask(location, number)
            case sk.Try(address=address, mode=mode, kind=kind):
                location = self.location(address)
                free = locks.available(location, mode)
                got = bool(self.run.claim.decisions.taken.get(number, False))
                asked = locks.asked(location, thread, kind)
                if (got and not free) or (not got and free and not asked):
                    raise NotAnExecution(f"the trylock of event {number} cannot come out so")
                if got:
                    locks.take(location, thread, mode)
            case sk.Unlock(address=address, mode=mode, kind=kind):
                held = locks.held(self.location(address))
                if kind == "folio" and held != (number in self.run.claim.locked):
                    raise NotAnExecution(f"event {number} does not find the lock so")
                locks.release(self.location(address), thread, mode)
                if isinstance(event.action, sk.Downgrade):
                    locks.take(self.location(address), thread, "shared")
            case sk.LockState(address=address):
                held = bool(locks.held(self.location(address)))
                if held != (number in self.run.claim.locked):
                    raise NotAnExecution(f"event {number} does not see the lock so")
            case _:
                pass

    def _check_interrupts(self) -> None:
        """No handler runs while its host has interrupts off, nor two at a time."""
        for thread in self.skeleton.threads:
            if thread.kind != "handler" or thread.events[0] not in self.run.happened:
                continue
            gap = self.run.claim.gaps.get(thread.number)
            if gap is None:
                raise NotAnExecution(f"{thread.name} runs nowhere")
            for section in self.sections():
                if section.thread == thread.host and section.kind == "irq":
                    inside = self._index(section.start) < gap
                    if inside and (section.end < 0 or self._index(section.end) >= gap):
                        raise NotAnExecution(f"{thread.name} runs with interrupts off")

    def _check_pools(self) -> None:
        """A slot has one life at a time."""
        lives: dict[str, list[Allocation]] = {}
        for _, life in self._begun():
            lives.setdefault(life.object, []).append(life)
        ended = {life for _, life in self._ended()}
        for slot, own in lives.items():
            if self.skeleton.layout.regions[slot].typesafe:
                continue
            if len([life for life in own if life not in ended]) > 1:
                raise NotAnExecution("an object has two lives at once")

    def _begun(self) -> Iterator[tuple[int, Allocation]]:
        """The allocs that gave something, with the life that each began."""
        for event in self.skeleton.events:
            if isinstance(event.action, sk.Allocate) and event.number in self.run.happened:
                value = self.run.values.leaves.get(Allocated(event.number), 0)
                if isinstance(value, Pointer) and value.base is not None:
                    yield event.number, value.base

    def _ended(self) -> Iterator[tuple[int, Allocation]]:
        """The frees, with the life that each ended."""
        for event in self.skeleton.events:
            if isinstance(event.action, sk.Deallocate) and event.number in self.run.happened:
                value = self.run.values.value(event.action.pointer)
                if isinstance(value, Pointer) and value.base is not None and not value.path:
                    yield event.number, value.base

    def reuses(self, nodes: Nodes) -> Iterator[tuple[int, int]]:
        """Each free with each alloc that gave the slot of an earlier life again."""
        rank = self.run.claim.position
        ended = list(self._ended())
        begun = list(self._begun())
        for alloc, life in begun:
            typesafe = self.skeleton.layout.regions[life.object].typesafe
            read = nodes.read(alloc)
            assert read is not None
            over: set[Allocation] = set()
            for free, other in ended:
                write = nodes.write(free)
                assert write is not None
                earlier = self.order.before(free, alloc)
                if earlier is None:
                    earlier = rank.get(write.number, 0) < rank.get(read.number, 0)
                if other.object == life.object and (typesafe or other != life) and earlier:
                    over.add(other)
                    yield free, alloc
            for other_alloc, other in begun:
                first = nodes.read(other_alloc)
                assert first is not None
                before = self.order.before(other_alloc, alloc)
                if before is None:
                    before = rank.get(first.number, 0) < rank.get(read.number, 0)
                if other.object == life.object and other != life and before and other not in over:
                    raise NotAnExecution("an object has two lives at once")
