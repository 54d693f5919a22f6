"""What each instruction of a graph becomes in the skeleton."""

from __future__ import annotations

from typing import assert_never

from prover.execution import skeleton as sk
from prover.execution.construct import srcu as build_srcu
from prover.execution.construct.locks import lock_step
from prover.execution.construct.memory import allocate, load, rmw, store
from prover.execution.construct.pages import free
from prover.execution.construct.strand import Strand
from prover.execution.terms import Term
from prover.graph import ir

__all__ = ["Strand", "step"]

IN_HANDLER = "softirqs are turned on in an interrupt handler"
"""What is said of local_bh_enable() in a handler."""


def step(strand: Strand, instr: ir.Instr) -> None:
    """Adds what ``instr`` does to the thread."""
    draft = strand.draft
    match instr:
        case ir.Assign(reg=reg, expr=expr, origin=origin):
            strand.env[reg] = term = strand.value(expr)
            draft.keep(term, reg, origin)
        case ir.Havoc(reg=reg, low=low, high=high, shared=shared, origin=origin):
            strand.env[reg] = draft.choice(low, high, shared, strand.thread, origin)
        case ir.Load():
            load(strand, instr)
        case ir.Store():
            store(strand, instr)
        case ir.Rmw():
            rmw(strand, instr)
        case ir.Fence(kind=kind, origin=origin):
            strand.emit(sk.Local(kind), strand.guard, origin)
        case ir.LockInit() | ir.Acquire() | ir.TryAcquire() | ir.Release():
            lock_step(strand, instr)
        case ir.IsLocked() | ir.Downgrade() | ir.Holds():
            lock_step(strand, instr)
        case ir.Alloc():
            allocate(strand, instr)
        case ir.Free(pointer=pointer, origin=origin):
            free(strand, strand.value(pointer), origin)
        case ir.Check(property=name, condition=condition, message=message, origin=origin):
            bad = draft.terms.invert(draft.truth(strand.value(condition)))
            strand.here(sk.Local("check"), origin, (sk.LocalCheck(name, bad, message),))
        case ir.Assume(condition=condition):
            holds = draft.truth(strand.value(condition))
            strand.guard = draft.terms.both(strand.guard, holds)
        case ir.Met():
            pass
        case ir.Mark(owner=owner, label=label):
            draft.marks.append(sk.MarkPoint(owner, label, strand.guard))
        case _:
            _step_context(strand, instr)


def _step_context(
    strand: Strand,
    instr: ir.Enter
    | ir.Leave
    | ir.SrcuEnter
    | ir.SrcuLeave
    | ir.SetIrq
    | ir.IrqsDisabled
    | ir.MightSleep
    | ir.GraceWait
    | ir.RcuBarrier
    | ir.CallRcu
    | ir.HeadLook
    | ir.Ipi
    | ir.Watch,
) -> None:
    """Sections, waits and interrupts."""
    match instr:
        case ir.Watch(name=name):
            strand.watches[name] = len(strand.draft.events)
        case ir.Enter(section=section, origin=origin):
            _enter(strand, section, origin)
        case ir.Leave(section=section, origin=origin):
            _leave(strand, section, origin)
        case ir.SetIrq():
            _set_irq(strand, instr)
        case ir.IrqsDisabled(reg=reg, or_preemption=stays):
            strand.env[reg] = strand.stays() if stays else strand.get("!irq")
        case ir.MightSleep(origin=origin):
            strand.here(sk.Local("might_sleep"), origin, (strand.sleep_check(),))
        case ir.SrcuEnter():
            build_srcu.enter(strand, instr)
        case ir.SrcuLeave():
            build_srcu.leave(strand, instr)
        case ir.GraceWait() | ir.RcuBarrier():
            _wait(strand, instr)
        case ir.CallRcu():
            _queue(strand, instr)
        case ir.HeadLook(address=address, origin=origin):
            strand.here(sk.Access("head-look", "plain", strand.value(address)), origin)
        case ir.Ipi():
            _ipi(strand, instr)
        case _:
            assert_never(instr)


def _wait(strand: Strand, instr: ir.GraceWait | ir.RcuBarrier) -> None:
    """A grace period or a barrier, from its call to its return."""
    draft, origin = strand.draft, instr.origin
    domain = None if instr.domain is None else strand.value(instr.domain)
    end, start = draft.reserve(), draft.reserve()
    quiet = isinstance(instr, ir.GraceWait) and not instr.sleeps
    checks = [] if quiet else [strand.sleep_check()]
    if domain is not None and isinstance(instr, ir.GraceWait):
        checks.append(build_srcu.inside(strand, domain))
    grace = isinstance(instr, ir.GraceWait)
    begun = sk.GraceStart(end, domain) if grace else sk.BarrierStart(end, domain)
    strand.fill(start, begun, strand.guard, origin, checks)
    if domain is not None:
        draft.read(start, domain, "whole")
    strand.guard = draft.outcome(start, "ok")
    over = sk.GraceEnd(start, quiet) if grace else sk.BarrierEnd(start)
    strand.fill(end, over, strand.guard, origin)
    strand.guard = draft.outcome(end, "granted")
    if domain is not None:
        # __synchronize_srcu() ends with smp_mb(), behind all that it does to the domain.
        build_srcu.look(strand, domain, origin, "acquire" if grace else "plain")


def _queue(strand: Strand, instr: ir.CallRcu) -> None:
    """A callback is queued; its thread is built later."""
    domain = None if instr.domain is None else strand.value(instr.domain)
    if domain is not None:
        build_srcu.look(strand, domain, instr.origin)
    strand.draft.threads.append(None)
    thread = len(strand.draft.threads) - 1
    queue = sk.Queue(strand.value(instr.address), thread, domain)
    event = strand.here(queue, instr.origin)
    strand.callbacks.append((instr, event, thread, strand.value(instr.argument)))


def _deeper(strand: Strand, name: str, by: int) -> Term:
    """The nesting depth of a kind of section, changed by ``by``."""
    draft = strand.draft
    return draft.operation("+", (), (strand.get(name), draft.constant(by)))


def _enter(strand: Strand, section: str, origin: ir.Origin) -> None:
    """rcu_read_lock() and its kind: the outermost one starts the section."""
    name = f"!{section}"
    outer = strand.draft.terms.invert(strand.draft.truth(strand.get(name)))
    strand.here(sk.SectionStart(section, outer), origin)
    strand.env[name] = _deeper(strand, name, 1)


def _leave(strand: Strand, section: str, origin: ir.Origin) -> None:
    """rcu_read_unlock() and its kind; one too many is only warned of, and ends nothing."""
    name = f"!{section}"
    draft = strand.draft
    depth = strand.get(name)
    outside = draft.terms.invert(draft.truth(depth))
    outer = draft.equal(depth, draft.constant(1))
    wrong = "rcu-unbalanced" if section == "rcu" else "preempt-unbalanced"
    checks = [sk.LocalCheck(wrong, outside, "")]
    if section == "bh":
        checks.append(_softirqs_on(strand))
    strand.here(sk.SectionEnd(section, outer), origin, checks)
    strand.env[name] = draft.select(outside, depth, _deeper(strand, name, -1))


def _softirqs_on(strand: Strand) -> sk.LocalCheck:
    """kernel/softirq.c: local_bh_enable() is not for handlers, nor with interrupts off."""
    if strand.kind == "handler":
        return sk.LocalCheck("lockdep-assert", strand.draft.constant(1), IN_HANDLER)
    return sk.LocalCheck("lockdep-assert", strand.get("!irq"), "interrupts are off here")


def _set_irq(strand: Strand, instr: ir.SetIrq) -> None:
    """Interrupts go off or on; what changes nothing is no section boundary."""
    draft = strand.draft
    terms = draft.terms
    old = strand.get("!irq")
    off = draft.truth(strand.value(instr.off))
    if instr.save:
        strand.env[instr.save] = old
    starts = terms.both(off, terms.invert(old))
    ends = terms.both(terms.invert(off), old)
    checks = (sk.LocalCheck("irq-unbalanced", terms.invert(old), ""),) if instr.strict else ()
    if terms.known(ends) != 0 or (checks and terms.known(old) != 1):
        strand.here(sk.SectionEnd("irq", ends), instr.origin, checks)
    if terms.known(starts) != 0:
        strand.here(sk.SectionStart("irq", starts), instr.origin)
    strand.env["!irq"] = off


def _ipi(strand: Strand, instr: ir.Ipi) -> None:
    """The sender's side; the handlers are built once all threads are known."""
    draft = strand.draft
    wait = draft.truth(strand.value(instr.wait))
    # kernel/smp.c: who waits can deadlock, and so can who only takes the lock of his call data.
    wrong = strand.get("!irq") if strand.kind == "actor" else draft.constant(1)
    check = sk.LocalCheck("ipi-irqs-off", wrong, "")
    start = strand.here(sk.IpiStart(()), instr.origin, (check,))
    if draft.terms.known(wait) != 1:
        _free_again(strand, instr, start)
    strand.ipis.append((instr, start, wait))
    if draft.terms.known(wait) == 0:
        return
    waiting = draft.terms.both(strand.guard, wait)
    end = strand.emit(sk.IpiEnd(start, draft.terms.known(wait) == 1), waiting, instr.origin)
    granted = draft.outcome(end, "granted")
    skips = draft.terms.both(strand.guard, draft.terms.invert(wait))
    strand.guard = draft.terms.either(granted, skips)


def _free_again(strand: Strand, instr: ir.Ipi, start: int) -> None:
    """csd_lock(): a CPU has one call for each other, in use until that one takes it up."""
    draft = strand.draft
    for other, earlier, waited in strand.ipis:
        apart = instr.targets and other.targets and not {*instr.targets} & {*other.targets}
        if apart or draft.terms.known(waited) == 1:
            continue
        sent = draft.outcome(earlier, "ok")
        waiting = draft.terms.both(strand.guard, sent)
        free = strand.emit(sk.IpiEnd(earlier, False, start), waiting, instr.origin)
        skips = draft.terms.both(strand.guard, draft.terms.invert(sent))
        strand.guard = draft.terms.either(draft.outcome(free, "granted"), skips)
