"""Grace periods, IPIs and rcu_barrier() under a weak memory model.

Grace periods follow the law (ASPLOS 2018, 4.3): of each section and each grace period one comes
first.  Either all that stands before the section's end reaches every processor before
anything behind the grace period, or all that stands before the grace period does so before anything
behind the section's start.  ``w<s>_<g>`` says that section s comes first.

An IPI is taken by its host between two steps of the host's program: ``i<h>_<k>`` says that
handler h runs before the host's event number k.  What stands before is done when the handler ends,
what stands behind comes after its start, as for any instruction there.
"""

from __future__ import annotations

from prover.execution import skeleton as sk
from prover.execution.terms import Outcome
from prover.smt.interrupts import encode_hostings, hostings, interrupted
from prover.smt.locks import begins, releases, takings
from prover.smt.logic import FALSE, Lit, neg
from prover.smt.waits import (
    Section,
    barriers,
    ipi_waits,
    queues,
    sections,
    waits,
    waits_for_queue,
)
from prover.smt.weak.frame import WeakFrame


def encode_weak_waits(frame: WeakFrame) -> None:
    """All constraints on waits."""
    _go_on(frame)
    found = sections(frame)
    delaying = [*found, *_held_regions(frame)]
    for wait in waits(frame):
        start, end = wait.start, wait.end
        for section in delaying:
            over = wait.over(frame, section)
            if over != FALSE:
                _law(frame, section, start, end, over)
        frame.captures[start] = None
        frame.floors[end] = None
        frame.logic.label = f"grace period {start} is a strong fence"
        frame.logic.clause(neg(frame.outcome(end, "granted")), _strong(frame, start, end))
    _barriers(frame)
    known = hostings(frame)
    encode_hostings(frame, found, known)
    _ipis(frame, found)
    for event in frame.skeleton.events:
        term = frame.skeleton.term_of.get(Outcome(event.number, "steps"))
        if term is not None:
            halted = [*_halted(frame, event), *interrupted(frame, known, event.number)]
            frame.logic.label = f"event {event.number} comes before its thread is halted"
            stops = frame.logic.any_of(halted)
            frame.logic.clause(frame.holds(term), stops)
            frame.logic.clause(neg(frame.holds(term)), neg(stops))


def _go_on(frame: WeakFrame) -> None:
    """A wait is over only where it was reached."""
    for event in frame.skeleton.events:
        wait = sk.is_blocking(frame.skeleton, event) and not isinstance(event.action, sk.Grant)
        if wait and frame.reached(event.number) != FALSE:
            frame.logic.label = f"event {event.number} goes on"
            frame.logic.clause(neg(frame.outcome(event.number, "granted")), frame.ok(event.number))


def _strong(frame: WeakFrame, one: int, two: int) -> Lit:
    """Whether what stands before event ``one`` reaches everybody before what is behind ``two``."""
    frame.captures[one] = None
    frame.floors[two] = None
    return frame.most(f"fs{one}", f"fa{two}")


def _held_regions(frame: WeakFrame) -> list[Section]:
    """Regions with a spinning lock held are sections too."""
    found: list[Section] = []
    for taking in takings(frame):
        if taking.kind not in ("spinlock", "rwlock"):
            continue
        ends: list[tuple[int, Lit]] = []
        for number in releases(frame, taking):
            action = frame.skeleton.events[number].action
            assert isinstance(action, sk.Unlock)
            same = frame.same_place(action.address, taking.address)
            lit = frame.logic.all_of((frame.acts(number), frame.holds(action.outer), same))
            ends.append((number, lit))
        found.append(
            Section(taking.thread, "lock", taking.event, begins(frame, taking), (), tuple(ends))
        )
    return found


def _ends(frame: WeakFrame, section: Section) -> list[tuple[int, Lit]]:
    """Where a section may end, each with the literal that it does."""
    own = [
        (end, frame.logic.all_of((frame.ok(end), frame.holds(outer))))
        for end, outer in section.ends
    ]
    return [*own, *section.known_ends]


def _law(frame: WeakFrame, section: Section, start: int, end: int, when: Lit) -> None:
    """One of section and grace period comes first."""
    logic, order = frame.logic, frame.order
    if section.begins == FALSE or order.before(end, section.start) is True:
        return
    over = (neg(when), neg(section.begins), neg(frame.outcome(end, "granted")))
    closed = [
        logic.all_of((lit, _strong(frame, last, end)))
        for last, lit in _ends(frame, section)
        if order.before(end, last) is not True
    ]
    logic.label = f"grace period {start} over section {section.start}"
    if order.before(section.start, start) is True:
        logic.clause(*over, *closed)
    else:
        first = logic.variable(f"w{section.start}_{start}")
        logic.clause(*over, neg(first), *closed)
        logic.clause(*over, first, _strong(frame, start, section.start))


def _barriers(frame: WeakFrame) -> None:
    """rcu_barrier() returns only after every callback queued before it has run."""
    for event, action in barriers(frame):
        for queued, queue in queues(frame):
            same = waits_for_queue(frame, action, queue)
            if same == FALSE:
                continue
            ended = frame.skeleton.threads[queue.callback].events[-1]
            granted = frame.outcome(event.number, "granted")
            waited = (same, frame.ok(queued), frame.called_after(queued, action.start), granted)
            frame.logic.label = f"rcu_barrier {action.start} over callback of event {queued}"
            frame.logic.clause(*(neg(lit) for lit in waited), frame.ok(ended))
            frame.edges.append((ended, event.number, frame.logic.all_of(waited)))


def _ipis(frame: WeakFrame, found: list[Section]) -> None:
    """A handler runs between two steps of its host, outside its irq-off regions."""
    for thread in frame.skeleton.threads:
        if thread.kind != "handler" or frame.reached(thread.events[0]) == FALSE:
            continue
        begin, end = thread.events[0], thread.events[-1]
        _place(frame, thread, found)
        frame.edges.append((thread.parent, begin, frame.outcome(begin, "granted")))
        for number, taken in ipi_waits(frame, thread):
            granted = frame.outcome(number, "granted")
            if granted == FALSE:
                continue
            frame.logic.label = f"IPI {thread.parent} waits for {thread.name}"
            there = frame.outcome(begin, "granted") if taken else frame.ok(end)
            frame.logic.clause(neg(granted), there)
            (frame.taken if taken else frame.edges).append(
                (begin if taken else end, number, granted)
            )
    for one in frame.skeleton.threads:
        for two in frame.skeleton.threads[one.number + 1 :]:
            if one.number in frame.gaps and two.number in frame.gaps and one.host == two.host:
                _one_at_a_time(frame, one, two)


def _place(frame: WeakFrame, thread: sk.Thread, found: list[Section]) -> None:
    """Where in its host's program a handler runs."""
    logic = frame.logic
    begin, end = thread.events[0], thread.events[-1]
    host = frame.skeleton.threads[thread.host].events
    gaps = [(k, logic.variable(f"i{thread.number}_{k}")) for k in _gaps(frame, host)]
    frame.gaps[thread.number] = gaps
    granted = frame.outcome(begin, "granted")
    logic.label = f"{thread.name} runs at one place"
    # That it may be more than one only adds constraints.
    logic.clause(neg(granted), *(lit for _, lit in gaps))
    for section in found:
        if section.thread != thread.host or section.kind != "irq" or section.begins == FALSE:
            continue
        first = frame.order.place[section.start][1]
        logic.label = f"{thread.name} waits for section {section.start}"
        for k, lit in gaps:
            if k > first:
                closed = (
                    over for last, over in _ends(frame, section) if frame.order.place[last][1] < k
                )
                logic.clause(neg(lit), neg(granted), neg(section.begins), *closed)
    if len(thread.events) > 2:
        logic.label = f"{thread.name} stops its host"
        for number in host:
            index = frame.order.place[number][1]
            earlier = logic.any_of(lit for k, lit in gaps if k <= index)
            happens = frame.steps(number)
            logic.clause(neg(granted), neg(happens), neg(earlier), frame.ok(end))


def _gaps(frame: WeakFrame, host: tuple[int, ...]) -> list[int]:
    """Places in a thread that can be told apart: before its events, and after the last."""
    # Before its first access, but when it has begun: a handler need not come to its end there.
    found = [1]
    for index, number in enumerate(host[1:], 1):
        bounds = isinstance(
            frame.skeleton.events[number].action, sk.SectionStart | sk.SectionEnd | sk.Ended
        )
        if (number in frame.nodes.of_event or bounds) and frame.reached(number) != FALSE:
            found.append(index + 1)
    return found


def _one_at_a_time(frame: WeakFrame, one: sk.Thread, two: sk.Thread) -> None:
    """A host runs one handler at a time."""
    logic = frame.logic
    first = logic.variable(f"j{one.number}_{two.number}")
    frame.turns[one.number, two.number] = first
    logic.label = f"{one.name} and {two.name} one after the other"
    both = [neg(frame.outcome(t.events[0], "granted")) for t in (one, two)]
    if "places" in frame.linear:
        for index, (_, here) in enumerate(frame.gaps[one.number]):
            sooner, later = _sides(frame, two, index)
            logic.clause(*both, neg(here), neg(later), first)
            logic.clause(*both, neg(here), neg(sooner), neg(first))
    else:
        for k, a in frame.gaps[one.number]:
            for m, b in frame.gaps[two.number]:
                if k != m:
                    logic.clause(*both, neg(a), neg(b), first if k < m else neg(first))
    logic.clause(*both, neg(first), frame.ok(one.events[-1]))
    logic.clause(*both, first, frame.ok(two.events[-1]))


def _sides(frame: WeakFrame, thread: sk.Thread, index: int) -> tuple[Lit, Lit]:
    """Literals that hold if a handler runs at an earlier place than one, and at a later."""
    sooner, later = sides(frame, thread)
    last = len(later) - 1
    return (
        sooner[index - 1] if index else FALSE,
        later[index + 1] if index < last else FALSE,
    )


def sides(frame: WeakFrame, thread: sk.Thread) -> tuple[list[Lit], list[Lit]]:
    """Literals that hold if a handler runs at each of its places or an earlier one, or a later.

    Each follows from its neighbour, so that what is said of all places up to one is said once.
    """
    known = frame.sides.get(thread.number)
    if known is not None:
        return known
    logic, gaps = frame.logic, frame.gaps[thread.number]
    name = f"by{thread.number}"
    sooner = [logic.variable(f"{name}_{n}") for n in range(len(gaps))]
    later = [logic.variable(f"{name}_from_{n}") for n in range(len(gaps))]
    label, logic.label = logic.label, f"{thread.name} runs at one place"
    for n, (_, here) in enumerate(gaps):
        logic.clause(neg(here), sooner[n])
        logic.clause(neg(here), later[n])
    for n in range(1, len(gaps)):
        logic.clause(neg(sooner[n - 1]), sooner[n])
        logic.clause(neg(later[n]), later[n - 1])
    logic.label = label
    frame.sides[thread.number] = sooner, later
    return sooner, later


def _halted(frame: WeakFrame, event: sk.Event) -> list[Lit]:
    """Handlers that never end, begun on an event's thread before it."""
    index = frame.order.place[event.number][1]
    return [
        frame.logic.all_of(
            (
                frame.outcome(t.events[0], "granted"),
                neg(frame.ok(t.events[-1])),
                frame.logic.any_of(lit for k, lit in frame.gaps.get(t.number, ()) if k <= index),
            )
        )
        for t in frame.skeleton.threads
        if t.kind == "handler" and t.host == event.thread
    ]
