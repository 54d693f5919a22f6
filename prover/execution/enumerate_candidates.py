"""Candidate executions: control flow, values, reads-from and coherence order.

A candidate says what each thread does, what each read reads from and in which order the writes
to each place take effect, with ``po | rf | co | fr`` acyclic as far as the model says so.  A
read may read from a write that is found later: it waits until that write turns up, and its
thread with it.  Whatever depends on the order of other events (locks, sections, lives) is
guessed here and judged once the candidate is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from prover.execution import skeleton as sk
from prover.execution.domains import Place, initial_value
from prover.execution.enumerate_hazards import early, late
from prover.execution.enumerate_locks import Holding, Waiter, find_holdings, find_waiters
from prover.execution.enumerate_order import Order
from prover.execution.enumerate_values import (
    RUNNING_KINDS,
    Facts,
    OpenChoiceError,
    is_blocking,
    needed,
    open_choice,
    place_of,
)
from prover.execution.enumerate_waits import Region, find_regions
from prover.execution.evaluate import Valuation
from prover.execution.execution import INITIAL
from prover.execution.terms import Allocated, Constant, Outcome, ReadValue
from prover.graph.values import Allocation, Pointer, Value


@dataclass(slots=True)
class Candidate:
    """An execution as far as it is built.

    ``order`` has every event that happened or violated something; ``waiting`` the reads
    without a source yet.  A thread in ``stuck`` stands at a blocking event for good, one in
    ``frozen`` stands still under a handler that never ends.  ``held``, ``asking`` and ``regions``
    are filled when it is whole.
    """

    facts: Facts
    bases: frozenset[str]
    values: Valuation
    order: Order
    cursor: dict[int, int]
    last: dict[int, int] = field(default_factory=dict[int, int])
    happened: dict[int, None] = field(default_factory=dict[int, None])
    violated: dict[int, str] = field(default_factory=dict[int, str])
    read_first: frozenset[int] = frozenset()
    stuck: dict[int, int] = field(default_factory=dict[int, int])
    frozen: dict[int, int] = field(default_factory=dict[int, int])
    reading: dict[int, int] = field(default_factory=dict[int, int])
    waiting: dict[int, Place] = field(default_factory=dict[int, Place])
    rf: dict[int, int] = field(default_factory=dict[int, int])
    seen: dict[int, Place] = field(default_factory=dict[int, Place])
    co: dict[Place, tuple[int, ...]] = field(default_factory=dict[Place, tuple[int, ...]])
    written: dict[int, Value] = field(default_factory=dict[int, Value])
    allocated: dict[int, str] = field(default_factory=dict[int, str])
    held: tuple[Holding, ...] = ()
    asking: tuple[Waiter, ...] = ()
    regions: tuple[Region, ...] = ()

    @property
    def skeleton(self) -> sk.Skeleton:
        """The skeleton that this is an execution of."""
        return self.facts.skeleton

    def copy(self) -> Candidate:
        """An independent copy."""
        return Candidate(
            self.facts,
            self.bases,
            self.values.copy(),
            self.order.copy(),
            dict(self.cursor),
            dict(self.last),
            dict(self.happened),
            dict(self.violated),
            self.read_first,
            dict(self.stuck),
            dict(self.frozen),
            dict(self.reading),
            dict(self.waiting),
            dict(self.rf),
            dict(self.seen),
            dict(self.co),
            dict(self.written),
            dict(self.allocated),
        )

    def settle(self, event: int, **outcomes: int) -> None:
        """Notes the outcomes of an event; those not named are no."""
        for row in self.facts.outcomes.get(event, ()):
            self.values.settle(row, outcomes.get(row.what, 0))

    def link(self, base: str, one: int, two: int) -> bool:
        """Orders two events as the model's base relation ``base`` does; False on a cycle."""
        return one == two or base not in self.bases or self.order.add(one, two)


def candidates(facts: Facts, bases: frozenset[str]) -> Iterator[Candidate]:
    """Every candidate in which the union of the base relations named ``bases`` is acyclic."""
    skeleton = facts.skeleton
    cursor = {t.number: 0 for t in skeleton.threads if t.kind in RUNNING_KINDS}
    start = Candidate(facts, bases, Valuation(skeleton), Order.of(len(skeleton.events)), cursor)
    pending = [start]
    while pending:
        candidate = pending.pop()
        following = _expand(candidate)
        if following is not None:
            pending.extend(reversed(following))
        elif not candidate.waiting:
            _complete(candidate)
            yield candidate


def _complete(c: Candidate) -> None:
    """Fills in what follows from a whole candidate; nothing waits for ever but reads."""
    for thread, position in c.cursor.items():
        assert position == len(c.skeleton.threads[thread].events), (thread, position)
    c.held = tuple(find_holdings(c))
    c.asking = tuple(find_waiters(c))
    c.regions = tuple(find_regions(c))


def _expand(c: Candidate) -> list[Candidate] | None:
    """The candidates that the next step leads to; None where there is none.

    Threads under handlers whose fate is open come last, as they might be frozen.
    """
    exposed = {thread: _may_freeze(c, thread) for thread in c.cursor}
    for thread in sorted(c.cursor, key=exposed.__getitem__):
        if thread in c.reading:
            if not _pending(c, c.reading[thread]):
                event = c.skeleton.events[c.reading[thread]]
                return _with_choices(c, partial(_finish, event=event))
            continue
        following = _advance(c, thread)
        if following is not None:
            return following
    return None


def _may_freeze(c: Candidate, host: int) -> bool:
    """Whether a handler may hang on a thread: it has begun and not ended, or may yet begin."""
    for handler in c.facts.handlers.get(host, ()):
        events = c.skeleton.threads[handler].events
        if c.cursor[handler] < len(events):
            return True
        over = any(number in c.violated for number in events)
        if events[0] in c.happened and events[-1] not in c.happened and not over:
            return True
    return False


def _pending(c: Candidate, event: int) -> bool:
    """Whether a read of an event still has no source."""
    return any(read.number in c.waiting for read in c.facts.reads.get(event, ()))


def _advance(c: Candidate, thread: int) -> list[Candidate] | None:
    """The next step of a thread; None where it has none, or must wait for another thread."""
    events = c.skeleton.threads[thread].events
    while c.cursor[thread] < len(events):
        event = c.skeleton.events[events[c.cursor[thread]]]
        reached = c.values.surely(event.guard)
        if reached is None:
            choice = open_choice(c.values, event.guard)
            return None if choice is None else _chosen(c, OpenChoiceError(choice))
        if reached:
            return _with_choices(c, partial(_perform, event=event))
        c.settle(event.number)
        c.cursor[thread] += 1
    return None


def _with_choices(c: Candidate, step: Callable[[Candidate], list[Candidate]]) -> list[Candidate]:
    """A step, or the choices that must be made before it; a step starts over after these."""
    try:
        return step(c.copy())
    except OpenChoiceError as needs:
        return _chosen(c, needs)


def _chosen(c: Candidate, needs: OpenChoiceError) -> list[Candidate]:
    """One candidate for each value of a choice."""
    found: list[Candidate] = []
    for value in range(needs.choice.low, needs.choice.high + 1):
        candidate = c.copy()
        candidate.values.settle(needs.choice, value)
        found.append(candidate)
    return found


# --- one event -------------------------------------------------------------------------------


def _perform(c: Candidate, event: sk.Event) -> list[Candidate]:
    """An event that is reached: what it may violate before it reads, and whether it goes on."""
    found: list[Candidate] = []
    freezes = event.number in c.facts.outcomes and _may_freeze(c, event.thread)
    blocking = is_blocking(c.skeleton, event)
    options = early(c, event).first()
    if freezes:
        stopped = c.copy()
        stopped.frozen[event.thread] = event.number
        _pass(stopped, event)
        found.append(stopped)
    for name in options:
        if name:
            _place(violating := c.copy(), event)
            violating.violated[event.number] = name
            _pass(violating, event)
            found.append(violating)
            continue
        if blocking:
            stopped = c.copy()
            stopped.stuck[event.thread] = event.number
            _pass(stopped, event, ok=1)
            found.append(stopped)
        _place(c, event)
        found.extend(_read(c, event))
    return found


def _pass(c: Candidate, event: sk.Event, **outcomes: int) -> None:
    """The thread leaves an event behind."""
    c.settle(event.number, **outcomes)
    c.cursor[event.thread] += 1


def _place(c: Candidate, event: sk.Event) -> None:
    """Puts an event into the order, after its thread's last one or what began its thread."""
    before = c.last.get(event.thread)
    if before is not None:
        assert c.link("po", before, event.number)
    elif (parent := c.skeleton.threads[event.thread].parent) >= 0:
        assert c.order.add(parent, event.number)
    c.last[event.thread] = event.number


def _read(c: Candidate, event: sk.Event) -> list[Candidate]:
    """Every choice of sources for the reads of an event, now or later."""
    found = [c]
    for read in c.facts.reads.get(event.number, ()):
        found = [further for one in found for further in _sources(one, read)]
    for one in found:
        one.reading[event.thread] = event.number
    return found


def _sources(c: Candidate, read: sk.ReadAccess) -> Iterator[Candidate]:
    """One candidate for each source that a read may have."""
    place = place_of(c.values, read.address, read.part)
    if place is None:
        return
    sources = list(c.co.get(place, ()))
    if initial_value(c.skeleton.layout, place) is not None:
        sources.insert(0, INITIAL)
    for source in sources:
        one = c.copy()
        if _take(one, read.number, place, source):
            yield one
    if _may_be_written(c, place, c.skeleton.events[read.event].thread):
        c.waiting[read.number] = place
        yield c


def _may_be_written(c: Candidate, place: Place, reader: int) -> bool:
    """Whether another thread may still write to a place."""
    for write in c.skeleton.writes:
        if write.number in c.written or write.part != place[1]:
            continue
        thread, index = c.facts.place[write.event]
        row = c.skeleton.rows[write.address]
        elsewhere = isinstance(row, Constant) and (
            not isinstance(row.value, Pointer)
            or row.value.base is None
            or row.value.location != place[0]
        )
        if thread != reader and index >= c.cursor[thread] and not elsewhere:
            if c.values.surely(c.skeleton.events[write.event].guard) is not False:
                return True
    return False


def _take(c: Candidate, read: int, place: Place, source: int) -> bool:
    """A read gets its source; False where that closes a cycle."""
    event = c.skeleton.reads[read].event
    if source == INITIAL:
        value = initial_value(c.skeleton.layout, place)
        assert value is not None
        later = c.co.get(place, ())
    else:
        value = c.written[source]
        if not c.link("rf", c.skeleton.writes[source].event, event):
            return False
        writes = c.co[place]
        later = writes[writes.index(source) + 1 :]
    c.rf[read], c.seen[read] = source, place
    c.values.settle(ReadValue(read), value)
    return all(c.link("fr", event, c.skeleton.writes[w].event) for w in later)


def _finish(c: Candidate, event: sk.Event) -> list[Candidate]:
    """An event that has read: what it may violate then, what comes of it, what it writes."""
    del c.reading[event.thread]
    found: list[Candidate] = []
    for name in late(c, event).first():
        if name:
            violating = c.copy()
            violating.violated[event.number] = name
            violating.read_first |= {event.number}
            _pass(violating, event)
            found.append(violating)
            continue
        for one in _outcomes(c, event):
            one.happened[event.number] = None
            one.cursor[event.thread] += 1
            found.extend(_write(one, event))
    return found


def _outcomes(c: Candidate, event: sk.Event) -> Iterator[Candidate]:
    """What may come of an event that violates nothing."""
    match event.action:
        case sk.Try(own=own) | sk.LockState(own=own):
            what = "taken" if isinstance(event.action, sk.Try) else "locked"
            mine = needed(c.values, own) == 1
            answers = ({"taken": 0, "locked": 1}[what],) if mine else (0, 1)
            for answer in answers:
                one = c.copy()
                one.settle(event.number, ok=1, **{what: answer})
                yield one
        case sk.Allocate(pool=pool):
            slots = [r.name for r in c.skeleton.layout.regions.values() if r.pool == pool]
            for slot in ("", *slots):
                one = c.copy()
                one.settle(event.number, ok=1)
                life: Value = Pointer(Allocation(slot, event.number)) if slot else 0
                one.values.settle(Allocated(event.number), life)
                if slot:
                    one.allocated[event.number] = slot
                yield one
        case _:
            c.settle(event.number, ok=1, granted=1)
            yield c


def _write(c: Candidate, event: sk.Event) -> list[Candidate]:
    """Every place in coherence order for the writes of an event."""
    found = [c]
    for write in c.facts.writes.get(event.number, ()):
        if needed(c.values, write.when) == 1:
            found = [further for one in found for further in _insert(one, write)]
    return found


def _insert(c: Candidate, write: sk.WriteAccess) -> Iterator[Candidate]:
    """One candidate for each position of a write, and for each set of reads that waited for it."""
    place = place_of(c.values, write.address, write.part)
    assert place is not None
    value = needed(c.values, write.value)
    writes = c.co.get(place, ())
    for position in range(len(writes) + 1):
        one = c.copy()
        one.co[place] = (*writes[:position], write.number, *writes[position:])
        one.written[write.number] = value
        if _coherent(one, place, position):
            yield from _served(one, place, write.number)


def _coherent(c: Candidate, place: Place, position: int) -> bool:
    """Orders a new write among the writes and after the reads of its place; False on a cycle."""
    writes = c.co[place]
    event_of = [c.skeleton.writes[w].event for w in writes]
    new = event_of[position]
    earlier = {INITIAL, *writes[:position]}
    return (
        all(c.link("co", one, new) for one in event_of[:position])
        and all(c.link("co", new, one) for one in event_of[position + 1 :])
        and all(
            c.link("fr", c.skeleton.reads[read].event, new)
            for read, source in c.rf.items()
            if source in earlier and c.seen[read] == place
        )
    )


def _served(c: Candidate, place: Place, write: int) -> Iterator[Candidate]:
    """Each read that waits for a write to the place reads from this one, or waits on."""
    found = [c]
    for read in [read for read, where in c.waiting.items() if where == place]:
        for one in list(found):
            taking = one.copy()
            del taking.waiting[read]
            if _take(taking, read, place, write):
                found.append(taking)
    yield from found


def outcome(c: Candidate, event: int, what: str) -> bool:
    """An outcome of an event that the candidate has settled."""
    return c.values.leaves.get(Outcome(event, what)) == 1
