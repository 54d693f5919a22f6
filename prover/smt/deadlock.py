"""Deadlock: a violation that belongs to several threads at once."""

from __future__ import annotations

from collections.abc import Iterator

from prover.execution import skeleton as sk
from prover.execution.construct.locks import FAIR
from prover.execution.hazards import Freed
from prover.execution.interrupts import domain_of, queued_ahead
from prover.execution.run.spinning import watched
from prover.execution.terms import Term
from prover.smt.frame import Frame
from prover.smt.interrupts import hostings
from prover.smt.locks import Taking, begins, conflict, releases, taken, takings
from prover.smt.logic import FALSE, TRUE, Lit, neg
from prover.smt.memory import effective, same_location
from prover.smt.violations import ever_freed
from prover.smt.waits import Section, Wait, queues, sections, waits, waits_for_queue


def deadlock(frame: Frame) -> Lit:
    """Whether some set of blocked threads can never go on.

    ``b<t>`` says that thread t is in the set.  Each member is stopped at a blocking event by
    something that only members, or threads that have ended, could take away.
    """
    plan = _Plan(frame)
    blocked = plan.blocked
    if not blocked:
        return FALSE
    logic = frame.logic
    for thread, events in blocked.items():
        reasons = [logic.all_of((plan.stuck(event), plan.obstacle(event))) for event in events]
        reasons.extend(plan.interrupted(thread))
        logic.label = f"thread {thread} in a deadlock"
        logic.clause(neg(plan.member(thread)), *reasons)
    stopped = [plan.member(thread) for thread in blocked]
    return logic.any_of(stopped)


class _Plan:
    """What the search for deadlocks looks at."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.takings = takings(frame)
        self.sections = sections(frame)
        self.grace = {wait.end: wait for wait in waits(frame)}
        self.blocked: dict[int, list[int]] = {}
        for event in frame.skeleton.events:
            if frame.skeleton.threads[event.thread].kind == "page":
                continue
            if sk.is_blocking(frame.skeleton, event) and frame.reached(event.number) != FALSE:
                self.blocked.setdefault(event.thread, []).append(event.number)
        for thread in frame.skeleton.threads:
            if thread.kind == "handler" and self.blocked.get(thread.number):
                self.blocked.setdefault(thread.host, [])
        self.hostings = hostings(frame)
        for hosting in self.hostings:
            self.blocked.setdefault(hosting.host, [])

    def member(self, thread: int) -> Lit:
        """Whether a thread is in the set."""
        if thread not in self.blocked:
            return FALSE
        return self.frame.logic.variable(f"b{thread}")

    def stuck(self, event: int) -> Lit:
        """Whether a thread has stopped at a blocking event, and waits there for something alive."""
        frame = self.frame
        stopped = (frame.ok(event), neg(frame.outcome(event, "granted")))
        gone = (ever_freed(frame, h) for h in frame.hazards[event] if isinstance(h, Freed))
        return frame.logic.all_of((*stopped, *(neg(lit) for lit in gone)))

    def gone(self, thread: int) -> Lit:
        """Whether a thread will never make a step again: in the set, or at its end."""
        frame = self.frame
        ended = frame.ok(frame.skeleton.threads[thread].events[-1])
        return frame.logic.any_of((self.member(thread), ended))

    def interrupted(self, thread: int) -> list[Lit]:
        """A host stands still while a handler or callback that is in the set runs on it."""
        frame = self.frame
        found = [h.lit for h in self.hostings if h.host == thread]
        for other in frame.skeleton.threads:
            if other.kind == "handler" and other.host == thread:
                began = frame.outcome(other.events[0], "granted")
                found.append(frame.logic.all_of((began, self.member(other.number))))
        return found

    def obstacle(self, event: int) -> Lit:
        """Whether something that will never go away stops a blocking event."""
        frame = self.frame
        action = frame.skeleton.events[event].action
        match action:
            case sk.Grant():
                return frame.logic.any_of(self._lock_obstacles(event, action))
            case sk.GraceEnd():
                return self._open_sections(self.grace[event])
            case sk.Begin():
                return self._begin_obstacle(event)
            case sk.IpiEnd():
                return frame.logic.any_of(self._ipi_obstacles(action))
            case sk.BarrierEnd():
                return frame.logic.any_of(self._barrier_obstacles(action))
            case sk.Spin() as spin:
                return frame.logic.all_of(self._spins(frame.skeleton.events[event], spin))
            case _:
                return FALSE

    # --- locks

    def _lock_obstacles(self, event: int, action: sk.Grant) -> Iterator[Lit]:
        for taking in self.takings:
            if taking.kind == action.kind and taking.event != event:
                if conflict(taking.mode, action.mode):
                    yield self._held_for_ever(taking, action.address)
                if self._queues_before(taking, event, action):
                    earlier = self.frame.coherent(taking.request, action.request)
                    pending = self._pending_writer(taking, action.address)
                    yield self.frame.logic.all_of((pending, earlier))

    def _held_for_ever(self, taking: Taking, address: Term) -> Lit:
        """A holding that never ends."""
        frame = self.frame
        same = frame.same_place(taking.address, address)
        if same == FALSE:
            return FALSE
        parts = [begins(frame, taking), same]
        threads = {taking.thread}
        for number in releases(frame, taking):
            unlock = frame.skeleton.events[number]
            assert isinstance(unlock.action, sk.Unlock)
            ends = frame.logic.all_of(
                (
                    frame.acts(number),
                    frame.holds(unlock.action.outer),
                    frame.same_place(unlock.action.address, taking.address),
                    frame.coherent(taking.event, number),
                )
            )
            parts.append(neg(ends))
            threads.add(unlock.thread)
        parts.extend(self._never(thread) for thread in sorted(threads))
        return frame.logic.all_of(parts)

    def _never(self, thread: int) -> Lit:
        """Whether a thread will never make a step: it is gone, or nobody will ever start it."""
        frame = self.frame
        parent = frame.skeleton.threads[thread].parent
        if parent < 0:
            return self.gone(thread)
        starter = self._never(frame.skeleton.events[parent].thread)
        unborn = frame.logic.all_of((neg(frame.ok(parent)), starter))
        return frame.logic.any_of((self.gone(thread), unborn))

    def _queues_before(self, taking: Taking, event: int, action: sk.Grant) -> bool:
        """Whether a writer's request can stand before a reader's in a queue."""
        return action.in_queue and self._may_pend(taking, event)

    def _may_pend(self, taking: Taking, event: int) -> bool:
        """Whether a taking is by a writer whose request another thread's event may come upon."""
        return (
            taking.kind in FAIR
            and taking.mode == "exclusive"
            and taking.request >= 0
            and taking.thread != self.frame.skeleton.events[event].thread
        )

    def _pending_writer(self, writer: Taking, address: Term) -> Lit:
        """A writer has asked and will never be granted."""
        frame = self.frame
        return frame.logic.all_of(
            (
                frame.ok(writer.request),
                neg(taken(frame, writer)),
                frame.same_place(writer.address, address),
                self.member(writer.thread),
            )
        )

    # --- waits

    def _open_sections(self, wait: Wait) -> Lit:
        """A section that was open when a grace period began, and never ends.

        That of a callback that has not begun may begin at any time, so any section may be that.
        """
        frame, start = self.frame, wait.start
        late = isinstance(frame.skeleton.events[start].action, sk.Queue)
        found: list[Lit] = []
        for section in self.sections:
            over = wait.over(frame, section)
            if over != FALSE:
                earlier = TRUE if late else frame.called_after(section.start, start)
                opened = (over, section.begins, earlier)
                found.append(frame.logic.all_of((*opened, *self._never_closed(section))))
        for taking in self.takings:
            if taking.kind in ("spinlock", "rwlock") and wait.domain is None:
                held = self._held_for_ever(taking, taking.address)
                earlier = TRUE if late else frame.before(taking.event, start)
                found.append(frame.logic.all_of((held, earlier)))
        return frame.logic.any_of(found)

    def _never_closed(self, section: Section) -> list[Lit]:
        frame = self.frame
        parts = [
            neg(frame.logic.all_of((frame.ok(end), frame.holds(outer))))
            for end, outer in section.ends
        ]
        threads = {frame.skeleton.events[end].thread for end, _ in section.ends}
        if section.kind != "srcu" or not threads:
            threads.add(section.thread)
        return [*parts, *(self._never(thread) for thread in sorted(threads))]

    def _begin_obstacle(self, event: int) -> Lit:
        """A callback's grace period, or a handler's host, that never lets it start."""
        frame = self.frame
        thread = frame.skeleton.threads[frame.skeleton.events[event].thread]
        if thread.kind == "callback":
            waits = self._open_sections(self.grace[event])
            return frame.logic.any_of((waits, *self._behind(thread)))
        masked = [
            frame.logic.all_of((section.begins, *self._never_closed(section)))
            for section in self.sections
            if section.kind == "irq" and section.thread == thread.host
        ]
        return frame.logic.any_of((*masked, *self._busy(thread), *self._unsent(thread)))

    def _behind(self, thread: sk.Thread) -> Iterator[Lit]:
        """A callback of call_srcu() in the set itself, which was queued before on the same CPU."""
        frame = self.frame
        domain = domain_of(frame.skeleton, thread)
        for other in queued_ahead(frame.skeleton, thread):
            its = domain_of(frame.skeleton, other)
            if domain is not None and its is not None:
                queued = (frame.ok(other.parent), frame.same_place(domain, its))
                yield frame.logic.all_of((*queued, self.member(other.number)))

    def _busy(self, thread: sk.Thread) -> Iterator[Lit]:
        """Another handler that has begun on the same host, and is in the set itself."""
        frame = self.frame
        for other in frame.skeleton.threads:
            alike = other.kind == "handler" and other.host == thread.host
            if alike and other.number != thread.number:
                began = frame.outcome(other.events[0], "granted")
                yield frame.logic.all_of((began, self.member(other.number)))

    def _unsent(self, thread: sk.Thread) -> Iterator[Lit]:
        """The sender that is in the set itself, waiting for an earlier IPI before it sends this."""
        frame = self.frame
        for event in frame.skeleton.events:
            if isinstance(event.action, sk.IpiEnd) and event.action.by == thread.parent:
                yield frame.logic.all_of((self.member(event.thread), self.stuck(event.number)))

    def _ipi_obstacles(self, action: sk.IpiEnd) -> Iterator[Lit]:
        """A handler that is in the set itself; with a ``by``, one that has not begun."""
        threads = self.frame.skeleton.threads
        for handler in sk.waited_on(self.frame.skeleton, action):
            begun = self.frame.outcome(threads[handler].events[0], "granted")
            waits = neg(begun) if action.by >= 0 else TRUE
            yield self.frame.logic.all_of((self.member(handler), waits))

    def _barrier_obstacles(self, barrier: sk.BarrierEnd) -> Iterator[Lit]:
        """A callback queued before that is in the set itself."""
        frame = self.frame
        for number, queue in queues(frame):
            yield frame.logic.all_of(
                (
                    waits_for_queue(frame, barrier, queue),
                    frame.ok(number),
                    frame.called_after(number, barrier.start),
                    self.member(queue.callback),
                )
            )

    # --- awaits

    def _spins(self, event: sk.Event, spin: sk.Spin) -> Iterator[Lit]:
        """Nobody is left to change anything, and the round that failed saw how it stays."""
        frame = self.frame
        for thread in frame.skeleton.threads:
            if thread.kind in ("actor", "callback", "handler") and thread.number != event.thread:
                never = neg(frame.ok(thread.parent)) if thread.parent >= 0 else FALSE
                yield frame.logic.any_of((self.gone(thread.number), never))
        reads = sk.by_event(frame.skeleton.reads)
        for number in watched(frame.skeleton, event, spin):
            reached = frame.reached(number)
            if reached != FALSE:
                final = [self._final(read) for read in reads.get(number, ())]
                frees = (h for h in frame.hazards[number] if isinstance(h, Freed))
                final.extend(neg(ever_freed(frame, hazard)) for hazard in frees)
                final.append(self._lock_stays(number))
                yield frame.logic.any_of((neg(reached), frame.logic.all_of(final)))

    def _final(self, read: sk.ReadAccess) -> Lit:
        """Whether no write to the place read comes after the read."""
        frame = self.frame
        own = frame.skeleton.events[read.event].thread
        return frame.logic.all_of(
            frame.logic.any_of(
                (
                    neg(effective(frame, write.number)),
                    neg(same_location(frame, write.number, read)),
                    frame.coherent(write.event, read.event),
                )
            )
            for write in frame.skeleton.writes
            if frame.skeleton.events[write.event].thread != own
        )

    def _lock_stays(self, number: int) -> Lit:
        """Whether a look at a lock, if the event is one, shows how the lock stays."""
        frame = self.frame
        action = frame.skeleton.events[number].action
        if not isinstance(action, sk.Try | sk.LockState):
            return TRUE
        held = [
            self._held_for_ever(taking, action.address)
            for taking in self.takings
            if taking.kind == action.kind and taking.event != number
            if isinstance(action, sk.LockState) or conflict(taking.mode, action.mode)
        ]
        ever = frame.logic.any_of(held)
        if isinstance(action, sk.Try):
            # Nor does a trylock get what a writer waits for: RWSEM_FLAG_WAITERS, _QW_WAITING.
            waiting = [
                self._pending_writer(taking, action.address)
                for taking in self.takings
                if taking.kind == action.kind and self._may_pend(taking, number)
            ]
            return frame.logic.any_of((ever, *waiting))
        seen = frame.outcome(number, "locked")
        both, none = (seen, ever), (neg(seen), neg(ever))
        return frame.logic.any_of((frame.logic.all_of(both), frame.logic.all_of(none)))
