"""Sections and waits: grace periods, rcu_barrier(), IPIs.

The law, in its reading under sequential consistency: a wait that begins while a
section is open does not end before that section has.  It says which sections a
wait waits for; nothing else orders them.
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl.frozen import Frozen
from prover.execution import skeleton as sk
from prover.execution.terms import Constant, Outcome, Term
from prover.smt.frame import Frame
from prover.smt.interrupts import Hosting, encode_hostings, hostings, interrupted
from prover.smt.locks import ended_between, taken, takings
from prover.smt.logic import FALSE, TRUE, Lit, neg

DELAYS_GRACE = ("rcu", "irq", "preempt", "bh")
"""Kinds of section that a grace period waits for (one flavour since v4.20)."""


RUNNING = {"callback": "bh", "handler": "irq"}
"""The kind of section that a thread of each kind is while it runs."""


class Section(Frozen, frozen=True):
    """A section that may begin at ``start`` (if ``begins``) and ends at the first of ``ends``.

    ``ends`` are pairs (event, term or None for always), ``known_ends`` pairs (event, literal).
    An SRCU reader has a ``domain``.
    """

    thread: int
    kind: str
    start: int
    begins: Lit
    ends: tuple[tuple[int, Term], ...]
    known_ends: tuple[tuple[int, Lit], ...] = ()
    domain: Term | None = None


class Wait(Frozen, frozen=True):
    """A grace period from event ``start`` to ``end``: of RCU, or of an SRCU ``domain``."""

    start: int
    end: int
    domain: Term | None

    def over(self, frame: Frame, section: Section) -> Lit:
        """Whether it waits for sections like this one."""
        if self.domain is None or section.domain is None:
            alike = self.domain is None and section.domain is None
            return TRUE if alike and section.kind in (*DELAYS_GRACE, "lock") else FALSE
        return frame.same_place(self.domain, section.domain)


def sections(frame: Frame) -> list[Section]:
    """The RCU, irq-off, preempt-off and bh-off sections of every thread."""
    found: list[Section] = []
    for event in frame.skeleton.events:
        action = event.action
        if not isinstance(action, sk.SectionStart) or frame.reached(event.number) == FALSE:
            continue
        begins = frame.logic.all_of((frame.ok(event.number), frame.holds(action.outer)))
        if begins != FALSE:
            ends = _ends(frame, event.thread, event.number, action.kind)
            found.append(Section(event.thread, action.kind, event.number, begins, ends))
    found.extend(_running(frame))
    found.extend(_readers(frame))
    return found


def _readers(frame: Frame) -> list[Section]:
    """The readers of SRCU domains; others' events may end those begun by srcu_down_read()."""
    ends: dict[int, list[tuple[int, Term]]] = {}
    for event in frame.skeleton.events:
        if isinstance(event.action, sk.SrcuEnd) and frame.reached(event.number) != FALSE:
            for start, when in event.action.closes:
                if frame.domains.may(when):
                    ends.setdefault(start, []).append((event.number, when))
    return [
        Section(
            event.thread,
            "srcu",
            event.number,
            frame.ok(event.number),
            tuple(ends.get(event.number, ())),
            domain=event.action.address,
        )
        for event in frame.skeleton.events
        if isinstance(event.action, sk.SrcuStart) and frame.reached(event.number) != FALSE
    ]


def _running(frame: Frame) -> list[Section]:
    """A running callback is a bh-off region, a running handler an irq-off region of its own."""
    found: list[Section] = []
    for thread in frame.skeleton.threads:
        if thread.kind not in RUNNING or frame.reached(thread.events[0]) == FALSE:
            continue
        begins = frame.outcome(thread.events[0], "granted")
        end = thread.events[-1]
        always = frame.skeleton.term_of[Constant(1)]
        kind = RUNNING[thread.kind]
        found.append(Section(thread.number, kind, thread.events[0], begins, ((end, always),)))
    return found


def _ends(frame: Frame, thread: int, start: int, kind: str) -> tuple[tuple[int, Term], ...]:
    """Where a section of ``thread`` that began at ``start`` may end."""
    found: list[tuple[int, Term]] = []
    for number in frame.skeleton.threads[thread].events:
        action = frame.skeleton.events[number].action
        if not isinstance(action, sk.SectionEnd) or action.kind != kind:
            continue
        if frame.order.before(start, number) is True and frame.domains.may(action.outer):
            found.append((number, action.outer))
    if kind == "irq" and frame.skeleton.threads[thread].kind == "handler":
        # A handler ends with interrupts off: its return gives them back to its host.
        last = frame.skeleton.threads[thread].events[-1]
        found.append((last, frame.skeleton.term_of[Constant(1)]))
    return tuple(found)


def closed_before(frame: Frame, section: Section, moment: int) -> Lit:
    """Whether a section has ended when ``moment`` comes."""
    return frame.logic.any_of(
        frame.logic.all_of((frame.ok(end), frame.holds(outer), frame.before(end, moment)))
        for end, outer in section.ends
    )


def waits(frame: Frame) -> list[Wait]:
    """Every grace period."""
    found: list[Wait] = []
    for event in frame.skeleton.events:
        if frame.reached(event.number) == FALSE:
            continue
        match event.action:
            case sk.GraceStart(end=end, domain=domain):
                found.append(Wait(event.number, end, domain))
            case sk.Queue(callback=callback, domain=domain):
                begin = frame.skeleton.threads[callback].events[0]
                found.append(Wait(event.number, begin, domain))
            case sk.Deallocate(page=page) if page >= 0:
                found.append(Wait(event.number, frame.skeleton.threads[page].events[0], None))
            case _:
                pass
    return found


def encode_waits(frame: Frame) -> None:
    """All constraints on waits."""
    for event in frame.skeleton.events:
        if _blocks(frame, event):
            frame.logic.label = f"event {event.number} goes on"
            frame.logic.clause(neg(frame.outcome(event.number, "granted")), frame.ok(event.number))
    found = sections(frame)
    for wait in waits(frame):
        for section in found:
            over = wait.over(frame, section)
            if over != FALSE:
                _law(frame, section, wait.start, wait.end, over)
        if wait.domain is None:
            _locks_delay(frame, wait.start, wait.end)
    _encode_barriers(frame)
    known = hostings(frame)
    encode_hostings(frame, found, known)
    _encode_halts(frame, known)
    _encode_ipis(frame, found)


def _blocks(frame: Frame, event: sk.Event) -> bool:
    """Whether an event is a wait (locks have their own rule)."""
    wait = sk.is_blocking(frame.skeleton, event) and not isinstance(event.action, sk.Grant)
    return wait and frame.reached(event.number) != FALSE


def _law(frame: Frame, section: Section, start: int, end: int, when: Lit = TRUE) -> None:
    """A section open when the wait starts has ended when it ends."""
    frame.logic.label = f"grace period {start} over section {section.start}"
    frame.logic.clause(
        neg(when),
        neg(section.begins),
        neg(frame.outcome(end, "granted")),
        neg(frame.before(section.start, start)),
        closed_before(frame, section, end),
    )


def _locks_delay(frame: Frame, start: int, end: int) -> None:
    """A region with a spinning lock held is a section too."""
    for taking in takings(frame):
        if taking.kind not in ("spinlock", "rwlock"):
            continue
        begun = frame.logic.all_of((taken(frame, taking), frame.holds(taking.outer)))
        frame.logic.label = f"grace period {start} over lock at event {taking.event}"
        frame.logic.clause(
            neg(begun),
            neg(frame.outcome(end, "granted")),
            neg(frame.before(taking.event, start)),
            *ended_between(frame, taking, end),
        )


def queues(frame: Frame) -> list[tuple[int, sk.Queue]]:
    """Every call_rcu() that can be reached."""
    return [
        (event.number, event.action)
        for event in frame.skeleton.events
        if isinstance(event.action, sk.Queue) and frame.reached(event.number) != FALSE
    ]


def barriers(frame: Frame) -> list[tuple[sk.Event, sk.BarrierEnd]]:
    """Every return of rcu_barrier() that can be reached."""
    return [
        (event, event.action)
        for event in frame.skeleton.events
        if isinstance(event.action, sk.BarrierEnd) and frame.reached(event.number) != FALSE
    ]


def waits_for_queue(frame: Frame, barrier: sk.BarrierEnd, queue: sk.Queue) -> Lit:
    """Whether a barrier is for the kind of callback, and the domain, of a queue."""
    begun = frame.skeleton.events[barrier.start].action
    assert isinstance(begun, sk.BarrierStart)
    if begun.domain is None or queue.domain is None:
        return TRUE if begun.domain is queue.domain else FALSE
    return frame.same_place(begun.domain, queue.domain)


def _encode_barriers(frame: Frame) -> None:
    """rcu_barrier() returns only after every callback queued before it has run."""
    for event, action in barriers(frame):
        for queued, queue in queues(frame):
            same = waits_for_queue(frame, action, queue)
            if same == FALSE:
                continue
            ended = frame.skeleton.threads[queue.callback].events[-1]
            frame.logic.label = f"rcu_barrier {action.start} over callback of event {queued}"
            waits_for = (
                neg(same),
                neg(frame.outcome(event.number, "granted")),
                neg(frame.ok(queued)),
                neg(frame.before(queued, action.start)),
            )
            frame.logic.clause(*waits_for, frame.ok(ended))
            frame.logic.clause(*waits_for, frame.before(ended, event.number))


def _encode_ipis(frame: Frame, found: list[Section]) -> None:
    """A handler runs on its host between the host's steps, outside its irq-off regions."""
    for thread in frame.skeleton.threads:
        if thread.kind != "handler" or frame.reached(thread.events[0]) == FALSE:
            continue
        begin, end = thread.events[0], thread.events[-1]
        for section in found:
            if section.thread == thread.host and section.kind == "irq":
                _law(frame, section, begin, begin)
        _one_at_a_time(frame, thread)
        if len(thread.events) > 2:
            _alone(frame, thread)
        for number, early in ipi_waits(frame, thread):
            frame.logic.label = f"IPI {thread.parent} waits for {thread.name}"
            granted = frame.outcome(number, "granted")
            there = frame.outcome(begin, "granted") if early else frame.ok(end)
            frame.logic.clause(neg(granted), there)
            frame.logic.clause(neg(granted), frame.before(begin if early else end, number))


def ipi_waits(frame: Frame, handler: sk.Thread) -> Iterator[tuple[int, bool]]:
    """The events that wait for a handler; whether it is for its beginning, not its end."""
    for event in frame.skeleton.events:
        action = event.action
        if isinstance(action, sk.IpiEnd) and action.start == handler.parent:
            if handler.number in sk.waited_on(frame.skeleton, action):
                yield event.number, action.by >= 0


def _one_at_a_time(frame: Frame, thread: sk.Thread) -> None:
    """A host runs one handler at a time."""
    begin, end = thread.events[0], thread.events[-1]
    for other in frame.skeleton.threads[thread.number + 1 :]:
        if other.kind != "handler" or other.host != thread.host:
            continue
        both = (
            neg(frame.outcome(begin, "granted")),
            neg(frame.outcome(other.events[0], "granted")),
        )
        first = frame.before(begin, other.events[0])
        frame.logic.label = f"{thread.name} and {other.name} one after the other"
        frame.logic.clause(*both, neg(first), frame.ok(end))
        frame.logic.clause(*both, neg(first), frame.before(end, other.events[0]))
        frame.logic.clause(*both, first, frame.ok(other.events[-1]))
        frame.logic.clause(*both, first, frame.before(other.events[-1], begin))


def _encode_halts(frame: Frame, known: list[Hosting]) -> None:
    """A host makes no step once a handler or callback has begun on it that never ends."""
    threads = frame.skeleton.threads
    for event in frame.skeleton.events:
        term = frame.skeleton.term_of.get(Outcome(event.number, "steps"))
        if term is None:
            continue
        halted = [
            frame.logic.all_of(
                (
                    frame.outcome(t.events[0], "granted"),
                    neg(frame.ok(t.events[-1])),
                    frame.before(t.events[0], event.number),
                )
            )
            for t in threads
            if t.kind == "handler" and t.host == event.thread
        ]
        halted.extend(interrupted(frame, known, event.number))
        frame.logic.label = f"event {event.number} comes before its thread is halted"
        stops = frame.logic.any_of(halted)
        frame.logic.clause(frame.holds(term), stops)
        frame.logic.clause(neg(frame.holds(term)), neg(stops))


def _alone(frame: Frame, thread: sk.Thread) -> None:
    """While a handler runs, its host makes no step, nor one that goes wrong."""
    begin, end = thread.events[0], thread.events[-1]
    started = frame.outcome(begin, "granted")
    done = frame.ok(end)
    frame.logic.label = f"{thread.name} stops its host"
    for number in frame.skeleton.threads[thread.host].events:
        if frame.reached(number) == FALSE:
            continue
        happens = frame.steps(number)
        earlier = frame.before(number, begin)
        frame.logic.clause(neg(started), neg(happens), earlier, done)
        frame.logic.clause(neg(started), neg(happens), earlier, frame.before(end, number))
