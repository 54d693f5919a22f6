"""Regions, grace periods, callbacks and IPIs."""

from __future__ import annotations

from dsl.interpreter.code import may_block, may_call
from dsl.interpreter.memory import access
from dsl.interpreter.state import (
    ACTOR,
    CALLBACK,
    ENDED,
    HANDLER,
    PENDING,
    RUNNING,
    ActorState,
    Frame,
    Section,
    initial_actor,
    open_sections,
)
from dsl.interpreter.values import UNSET, Lock, Value, Violated
from dsl.interpreter.work import Work
from dsl.types import LockType

LATE = ("sends", "ahead")
"""What a handler or a callback that has not begun may still wait for, or may not: that its IPI has
been sent to all, that a callback queued before it has ended.
"""


def _close(w: Work, kind: str) -> None:
    w.forget((w.name, kind, -1, 0))


def rcu_lock(w: Work) -> None:
    """``rcu_read_lock()``."""
    w.nesting += 1


def rcu_unlock(w: Work) -> None:
    """``rcu_read_unlock()``; the outermost ends the section."""
    if w.nesting == 0:
        raise Violated("rcu-unbalanced")
    w.nesting -= 1
    if w.nesting == 0:
        _close(w, "rcu")


def irq_disable(w: Work) -> None:
    """``local_irq_disable()``; does not nest."""
    w.irqs_off = True


def irq_enable(w: Work) -> None:
    """``local_irq_enable()``; a violation if interrupts are on."""
    irq_set(w, off=False)


def irq_set(w: Work, *, off: bool) -> None:
    """``local_irq_restore()``; as lockdep has it, a violation if interrupts are on."""
    if not w.irqs_off:
        raise Violated("irq-unbalanced")
    if not off:
        _close(w, "irq")
    w.irqs_off = off


def preempt_disable(w: Work) -> None:
    """``preempt_disable()``."""
    w.preempt += 1


def preempt_enable(w: Work) -> None:
    """``preempt_enable()``."""
    if w.preempt == 0:
        raise Violated("preempt-unbalanced")
    w.preempt -= 1
    if w.preempt == 0:
        _close(w, "preempt")


def bh_disable(w: Work) -> None:
    """``local_bh_disable()``."""
    w.bh += 1


def bh_enable(w: Work) -> None:
    """``local_bh_enable()``; not in a handler, nor with interrupts off."""
    kinds = ["lockdep-assert"] if w.irqs_off or w.kind == HANDLER else []
    if w.bh == 0:
        kinds.append("preempt-unbalanced")
    if kinds:
        raise Violated(*kinds)
    w.bh -= 1
    if w.bh == 0:
        _close(w, "bh")


def atomic_context(w: Work) -> bool:
    """Whether sleeping is a violation here: also where the task is about to sleep."""
    return w.asleep or _atomic(w)


def _atomic(w: Work) -> bool:
    return w.nesting > 0 or stays(w)


def stays(w: Work) -> bool:
    """Whether a task is not preempted here."""
    spinning = any(not h.sleeping for h in w.held)
    return spinning or w.irqs_off or w.preempt > 0 or w.bh > 0


def might_sleep(w: Work) -> None:
    """``might_sleep()``."""
    if atomic_context(w):
        raise Violated("sleep-in-atomic")


def may_resched(w: Work) -> None:
    """``cond_resched()``, which leaves the state of the task alone."""
    if _atomic(w):
        raise Violated("sleep-in-atomic")


def must_be_task(w: Work) -> None:
    """Neither a handler nor a softirq tries a mutex; call_srcu()'s callbacks run in a workqueue."""
    if w.kind == HANDLER or (w.kind == CALLBACK and w.domain is UNSET):
        raise Violated("sleep-in-atomic")


def _sections(w: Work) -> frozenset[Section]:
    """Every open region, the stepping actor's own included."""
    return open_sections((*w.others, w.actor()))


def begin_grace_period(w: Work) -> None:
    """The call of ``synchronize_rcu()``: it waits for every region open now."""
    might_sleep(w)
    w.waiting = frozenset(_sections(w))


def begin_barrier(w: Work) -> None:
    """The call of ``rcu_barrier()``: it waits for every callback queued and not ended."""
    might_sleep(w)
    w.waiting = frozenset(a.name for a in w.others if a.kind == CALLBACK and a.domain is UNSET)


def still_waiting(w: Work) -> tuple[int, ...]:
    """The alternatives of going on after a wait."""
    return () if w.waiting else (0,)


def waited_for(w: Work) -> frozenset[str]:
    """The actors that must act before the wait is over.

    An SRCU reader begun by srcu_down_read() is nobody's: each of those who still may call
    srcu_up_read() has to be hopeless, which ``*`` says.
    """
    names = frozenset(one if isinstance(one, str) else one[0] for one in w.waiting)
    if names != frozenset(("",)):
        return names - {""}
    return frozenset(("*", w.name, *who_may_call(w, "srcu_up_read")))


def who_may_call(w: Work, name: str) -> frozenset[str]:
    """The actors that may still call a primitive; one that has stopped counts as running."""
    return frozenset(a.name for a in (*w.others, w.actor()) if _may_call(w, a, name))


def _may_call(w: Work, a: ActorState, name: str) -> bool:
    frames = a.frames
    if not frames and a.status != ENDED:
        if a.kind != ACTOR:
            return True
        frames = (w.program.frame(f"actor {base_name(a.name)}"),)
    return may_call(w.program.codes, frames, name)


def _fresh_name(w: Work) -> str:
    """The first unused name below the stepping actor's; ended instances give theirs back."""
    taken = {a.name for a in w.others}
    number = 1
    while f"{w.name}/{number}" in taken:
        number += 1
    return f"{w.name}/{number}"


def call_rcu(w: Work, head: Value, kind: int, frame: Frame) -> None:
    """Queues a callback that starts with ``frame`` after a grace period begun now."""
    access(w, head, kind)
    callback = initial_actor(_fresh_name(w), CALLBACK, "", PENDING, frame)
    w.others.append(callback._replace(waiting=frozenset(_sections(w))))


def send_ipi(w: Work, frame: Frame, targets: tuple[str, ...], *, wait: bool) -> None:
    """Makes a handler on every target but the caller (and the actor a handler runs on)."""
    if w.irqs_off or w.kind != ACTOR:
        raise Violated("ipi-irqs-off")
    hosts = [
        a.name
        for a in w.others
        if a.kind == ACTOR and a.name != w.host and (not targets or base_name(a.name) in targets)
    ]
    # kernel/smp.c, csd_lock(): a CPU has one call for each other, in use until it is taken up.
    earlier = frozenset(
        (a.name, "taken", -1, 0)
        for a in w.others
        if a.kind == HANDLER and a.status == PENDING and a.host in hosts and sender(a) == w.name
    )
    unsent = {(w.name, "sends", -1, 0)} if earlier and not wait else set[Section]()
    names: list[str] = []
    for host in sorted(hosts):
        name = _fresh_name(w)
        names.append(name)
        handler = initial_actor(name, HANDLER, host, PENDING, frame)
        w.others.append(handler._replace(waiting=frozenset(unsent)))
    w.waiting = frozenset(names) if wait else earlier


def sender(handler: ActorState) -> str:
    """Who has sent the IPI that a handler is of."""
    return handler.name.rpartition("/")[0]


def sent(w: Work) -> None:
    """An IPI has gone out to all, and those that were waited for have ended."""
    w.forget((w.name, "sends", -1, 0))


def base_name(instance: str) -> str:
    """``walker`` of ``walker.2``."""
    return instance.partition(".")[0]


def end(w: Work) -> None:
    """The end of an actor instance: everything it has taken must be given back."""
    kinds: list[str] = []
    if any(not w.program.is_folio(h.slot) for h in w.held):
        kinds.append("lock-held-at-end")
    if w.nesting:
        kinds.append("rcu-unbalanced")
    if _in_srcu_reader(w):
        kinds.append("srcu-unbalanced")
    if w.irqs_off != (w.kind == HANDLER):
        kinds.append("irq-unbalanced")
    if w.preempt or w.bh != (1 if w.kind == CALLBACK else 0):
        kinds.append("preempt-unbalanced")
    if kinds:
        raise Violated(*kinds)
    w.status = ENDED
    if w.kind != ACTOR:
        marks = ("irq", "bh", "ahead")
        w.forget(w.name, *((w.name, kind, -1, 0) for kind in marks))


def _in_srcu_reader(w: Work) -> bool:
    """Whether the stepping actor is in a reader of its own."""
    return any(
        name == w.name
        for slot, value in enumerate(w.memory)
        if isinstance(value, Lock) and w.layout.slot_type(slot) == LockType("srcu")
        for name, _ in value.readers
    )


def can_start(w: Work) -> bool:
    """Whether a pending callback or handler may start now."""
    if any(isinstance(one, str) or one[1] not in LATE for one in w.waiting):
        return False
    return w.kind == CALLBACK or not any(
        (a.name == w.host and a.irqs_off)
        or (a.host == w.host and a.kind == HANDLER and a.status == RUNNING)
        for a in w.others
    )


def start(w: Work) -> None:
    """A callback begins in softirq context, a handler with interrupts off."""
    w.status, w.waiting = RUNNING, frozenset()
    if w.program.codes[w.code].update:
        w.update = 0
    if w.kind == CALLBACK:
        w.bh = 1
        if may_block(w.program.codes, w.code) and not w.program.codes[w.code].worker:
            w.hosts = frozenset(a.name for a in w.others if _takes_softirqs(w, a))
    else:
        w.irqs_off = True
        w.forget((w.name, "taken", -1, 0))


def _takes_softirqs(w: Work, a: ActorState) -> bool:
    """Whether a callback could begin on the CPU of an actor now."""
    if a.kind != ACTOR or a.status == ENDED or a.irqs_off or a.bh > 0:
        return False
    return not interrupting(tuple(w.others), a.name)


def start_blockers(w: Work) -> frozenset[str]:
    """Who keeps a pending callback or handler from starting."""
    if w.kind == CALLBACK:
        return waited_for(w)
    running = {
        a.name for a in w.others if a.host == w.host and a.kind == HANDLER and a.status == RUNNING
    }
    masked = {a.name for a in w.others if a.name == w.host and a.irqs_off}
    unsent = {one for one in w.waiting if isinstance(one, str)}
    return frozenset((running or masked) | unsent)


def interrupting(actors: tuple[ActorState, ...], name: str) -> str:
    """The handler that runs on actor ``name`` right now, "" if none."""
    for a in actors:
        if a.host == name and a.kind == HANDLER and a.status == RUNNING:
            return a.name
    return ""
