"""What `prove explain` says of properties and verdicts, beyond their one line."""

from __future__ import annotations

PROPERTY_TEXTS: dict[str, str] = {
    "data-race": """\
Looked for under lkmm only, as tools/memory-model/Documentation/explanation.txt defines it: two
accesses of one place in different threads, at least one a store and at least one plain, neither
ordered before the other.  READ_ONCE() and WRITE_ONCE() on both sides say that it is meant;
data_race() around a read, or __data_racy at a field, that its author knows and wants it.  What
else goes wrong after a race is reported as well.""",
    "use-after-free": """\
Every access through a pointer is judged by the life of its object: one that begins after the
object was freed, and under weak models one that nothing orders before the free.  The witness
says what did not keep them apart: no reader, no lock, or a grace period that had begun before.""",
    "double-free": """\
A free of an object whose life is over, by the same or another thread, or of one that alloc() never
gave.  Where two threads found the pointer the witness says which read came too early.""",
    "torn-value": """\
A `word` that is split has two halves in memory.  Reading them one after the other may give halves
of two updates: storing that value, or using it as a pointer, is torn-value.  Looking at it again
and finding it unchanged, or an IPI that no reader lets through, is what prevents it.""",
    "null-pointer": "An access whose pointer is NULL, or a member of NULL.",
    "wild-pointer": """\
An access through a number that is no object's address, or that is the address of an object of
another type: most often a word that was not present when it was taken for a pointer.""",
    "uninitialized": """\
Memory that alloc() gives has no values and its locks are not set up, unless the pool is `zeroed`.
Named objects are zero, and their locks are set up.""",
    "deadlock": """\
Some actors can do no more, as each waits for a lock, a value, a grace period or a callback that
only another of them could bring about.  Timeouts are not there.  An actor that waits
for a handler is told that it waits for ever: an interrupt comes, or does not.""",
    "self-deadlock": """\
Waiting for oneself: a lock that is held already, or synchronize_srcu() inside of a reader of
that domain.""",
    "unlock-not-held": "An unlock by who does not hold the lock, or holds it in the other mode.",
    "lock-init-held": "spin_lock_init() and its kind, while somebody holds the lock.",
    "lock-held-at-end": "An actor, handler or callback ends and holds a lock.",
    "rcu-unbalanced": "rcu_read_unlock() too many, or too few before the end.",
    "srcu-unbalanced": """\
Readers of SRCU end by the index that their beginning gave, in the same domain.  One that another
actor is to end begins with srcu_down_read().""",
    "irq-unbalanced": """\
local_irq_enable() where interrupts are on, a spin_unlock_irqrestore() that turns on what was on,
or interrupts off at the end.""",
    "preempt-unbalanced": "One preempt_enable() or local_bh_enable() too many, or missing.",
    "sleep-in-atomic": """\
Mutexes, rwsems, folio locks, grace periods and might_sleep() are not for interrupts, callbacks of
RCU, readers of RCU, or where a spinlock is held, preemption, softirqs or interrupts are off; nor
for a task that is about to sleep itself (set_current_state()).""",
    "ipi-irqs-off": """\
smp_call_function() waits for other CPUs, which may wait for this one in the same way: the kernel
warns with interrupts off, in handlers and in callbacks.""",
    "lock-order": """\
As lockdep has it: classes, not locks, and orders of any execution put together.  A circle of
orders is a deadlock that may come, whether or not this scenario has one.  <hardirq> and <softirq>
in a circle stand for an interrupt: `l -> <hardirq>` is a lock that is held with interrupts on,
`<hardirq> -> l` one that a handler takes; "that writes" tells rwlocks apart.  Who reads
an rwlock in an interrupt, or with softirqs off, waits for no reader of it: no circle goes that way.
Two locks of one class need spin_lock_nested() and its kind, their own class, or a `lock_order`.
`prove locks FILE` draws all classes.""",
    "lockdep-assert": """\
lockdep_assert_held() and its kind, with the meaning that they have in the kernel; also where the
library makes one, as write_seqcount_begin() does.""",
    "refcount": """\
refcount_t saturates and warns: an increment from 0, a decrement to below 0, or a last reference
that refcount_dec() puts.  lib/refcount.c says the same.""",
    "transition": "A `transition` table says which values may follow which; an update did another.",
    "assert": "The condition of an assert() is false where it stands.",
    "bug-on": """\
BUG_ON(), VM_BUG_ON() and BUG(); also an operation that has no result in C: a division by zero, a
shift out of range.""",
    "warn-on": "WARN_ON(), WARN_ON_ONCE(), VM_WARN_ON() and theirs; the thread goes on.",
    "final": "A claim about the end of the scenario does not hold in some execution.",
    "invariant": """\
A claim about every moment of an interleaving: under weak models, which have no such moments, it is
not judged.""",
}
"""By property: what is looked at, what it rests on, what helps."""

VERDICT_TEXTS: dict[str, str] = {
    "proved": """\
No execution of the scenario violates anything, under the model that is named.  "all executions,
loops complete": no loop can go round more often than was looked at.  What it rests on is in
docs/soundness.md; it is about the file, not about the kernel.""",
    "refuted": """\
There is an execution that violates the properties that are named.  The witness was replayed by
another program than the one that found it.""",
    "bounded": """\
Nothing is violated where loops go back so often, and some loop can go further: no proof.  Give
the loop an end, make it a loop that only waits, or raise `--max-bound`.""",
    "vacuous": """\
Nothing is violated, but something that was to happen never does: no run ends, no execution reaches
an assert or what a variant puts in, or a variant changes nothing.  Such a proof says nothing.""",
    "unknown": """\
There is no answer: out of time, of memory, or too large for the solver.  It says which.  Smaller
scenarios, fewer values and `--timeout` are what helps.""",
    "broken": """\
Two engines of this tool disagree, so neither is believed.  Please report the file.""",
}
"""By verdict: what it means, and what to do."""
