"""Candidate executions: control flow, values, reads-from and coherence order.

A candidate says what each thread does, what each read reads from and in which order the writes
to each place take effect, with ``po | rf | co | fr`` acyclic as far as the model says so.  A
read may read from a write that is found later: it waits until that write turns up, and its
thread with it.  Whatever depends on the order of other events (locks, sections, lives) is
guessed here and judged once the candidate is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from prover.execution import skeleton as sk
from prover.execution.enumerate.candidate import Candidate
from prover.execution.enumerate.hazards import early, late
from prover.execution.enumerate.hosts import may_be_hosting
from prover.execution.enumerate.locks import find_holdings, find_waiters
from prover.execution.enumerate.memory import read_sources, write_places
from prover.execution.enumerate.order import Order
from prover.execution.enumerate.values import (
    RUNNING_KINDS,
    Facts,
    OpenChoiceError,
    needed,
    open_choice,
)
from prover.execution.enumerate.waits import find_regions
from prover.execution.evaluate import Valuation
from prover.execution.terms import Allocated, Outcome
from prover.graph.values import Pointer, Value


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
    """Whether a handler or callback may hang on a thread: it has, or may yet begin."""
    if may_be_hosting(c, c.skeleton.threads[host]):
        return True
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
        if reached is None and _only_steps(c, event):
            return _with_choices(c, partial(_interrupted, event=event))
        if reached is None:
            choice = open_choice(c.values, event.guard)
            return None if choice is None else _chosen(c, OpenChoiceError(choice))
        if reached:
            return _with_choices(c, partial(_perform, event=event))
        c.settle(event.number)
        c.cursor[thread] += 1
    return None


def _only_steps(c: Candidate, event: sk.Event) -> bool:
    """Whether an event is reached unless a handler has stopped the thread before it."""
    steps = Outcome(event.number, "steps")
    if steps in c.values.leaves or steps not in c.skeleton.term_of:
        return False
    trial = c.values.copy()
    trial.settle(steps, 1)
    return trial.surely(event.guard) is True


def _interrupted(c: Candidate, event: sk.Event) -> list[Candidate]:
    """The thread goes on to an event, or stands before it under another one for good.

    Nothing is lost if it does not stand before what nobody can notice.
    """
    going = c.copy()
    going.values.settle(Outcome(event.number, "steps"), 1)
    silent = isinstance(event.action, sk.Local | sk.Ended)
    if silent and not (early(going, event).certain or late(going, event).certain):
        return [going]
    if not _may_freeze(c, event.thread):
        return [going]
    for number in c.skeleton.threads[event.thread].events[c.cursor[event.thread] :]:
        c.values.settle(Outcome(number, "steps"), 0)
    c.frozen[event.thread] = event.number
    return [c, going]


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
    """An event that is reached: what it may violate before it reads, and whether it goes on.

    Where only checks of the thread's own fail it reads all the same: what is wrong then counts too.
    """
    found: list[Candidate] = []
    blocking = sk.is_blocking(c.skeleton, event)
    suspects = early(c, event)
    for name in suspects.first():
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
        if isinstance(event.action, sk.Spin):
            continue
        _place(c, event)
        found.extend(read_sources(c, event))
    if suspects.certain and suspects.certain == suspects.checks:
        _place(c, event)
        found.extend(read_sources(c, event))
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


def _finish(c: Candidate, event: sk.Event) -> list[Candidate]:
    """An event that has read: what it may violate then, what comes of it, what it writes."""
    del c.reading[event.thread]
    found: list[Candidate] = []
    wrong = bool(early(c, event).certain)
    for name in late(c, event).first():
        if name:
            violating = c.copy()
            violating.violated[event.number] = name
            violating.read_first |= {event.number}
            _pass(violating, event)
            found.append(violating)
            continue
        if wrong:
            continue
        for one in _outcomes(c, event):
            one.happened[event.number] = None
            one.cursor[event.thread] += 1
            found.extend(write_places(one, event))
    return found


def _outcomes(c: Candidate, event: sk.Event) -> Iterator[Candidate]:
    """What may come of an event that violates nothing."""
    match event.action:
        case sk.Try(own=own) | sk.LockState(own=own):
            what = "taken" if isinstance(event.action, sk.Try) else "locked"
            # Whoever locked a folio, another may have unlocked it since.
            mine = event.action.kind != "folio" and needed(c.values, own) == 1
            answers = ({"taken": 0, "locked": 1}[what],) if mine else (0, 1)
            for answer in answers:
                one = c.copy()
                one.settle(event.number, ok=1, **{what: answer})
                yield one
        case sk.Allocate(pool=pool):
            slots = [r for r in c.skeleton.layout.regions.values() if r.pool == pool]
            for slot in (None, *slots):
                one = c.copy()
                one.settle(event.number, ok=1)
                life: Value = Pointer(sk.life(slot, event.number)) if slot else 0
                one.values.settle(Allocated(event.number), life)
                if slot:
                    one.allocated[event.number] = slot.name
                yield one
        case _:
            c.settle(event.number, ok=1, granted=1)
            yield c
