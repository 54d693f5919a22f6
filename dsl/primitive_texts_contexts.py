"""The same of locks, of contexts, and of what else is no access: see :mod:`dsl.primitive_texts`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

LOCKS: Final = "Documentation/locking/locktypes.rst"
LOCKDEP: Final = "include/linux/lockdep.h"
RCU: Final = "Documentation/RCU/whatisRCU.rst"
SRCU: Final = "include/linux/srcu.h"
OWN: Final = "a word of this language; the kernel has no such function"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a primitive does, and the kernel's file that says it."""

    text: str
    source: str


def row(source: str, **texts: str) -> Iterator[tuple[str, Meaning]]:
    """Texts that have one source."""
    for name, text in texts.items():
        yield name, Meaning(text, source)


def context_rows() -> Iterator[tuple[str, Meaning]]:
    """The meanings of this module's primitives."""
    yield from _spinning()
    yield from _sleeping()
    yield from _lockdep()
    yield from _rcu()
    yield from _contexts()
    yield from _checks()


def _around(text: str, name: str) -> Iterator[tuple[str, str]]:
    """The forms of a lock or unlock that change interrupts or softirqs, too."""
    takes = name.endswith("lock") and not name.endswith("unlock")
    yield name, text
    if takes:
        yield f"{name}_irq", f"{text} Interrupts go off first."
        yield f"{name}_irqsave", f"{text} Interrupts go off first, the local keeps what they were."
        yield f"{name}_bh", f"{text} Softirqs go off first."
    else:
        yield f"{name}_irq", f"{text} Interrupts go on after it."
        yield f"{name}_irqrestore", f"{text} Interrupts are as the local says after it."
        yield f"{name}_bh", f"{text} Softirqs go on after it{_BH_ON}."


_BH_ON: Final = "; with interrupts off, or in a handler, `lockdep-assert`"
_TAKEN: Final = "What follows comes after it. Not to be slept under."
_GIVEN: Final = "What precedes comes before it."
_NESTED: Final = " Lockdep gets a subclass: the class may be held already."
_MAY_SLEEP: Final = "What follows comes after it. May sleep."
_QUEUE: Final = (
    "A writer that only waits is waited for, too, but in a handler, a callback or with softirqs off"
)
_FAILED: Final = " Where it fails it takes nothing and orders nothing."


def _spinning() -> Iterator[tuple[str, Meaning]]:
    texts: dict[str, str] = {"spin_lock_init": "Sets up a spinlock, free.", "rwlock_init": ""}
    texts["rwlock_init"] = "Sets up a reader-writer lock, free."
    forms = (
        ("spin", "the spinlock, waiting for who has it"),
        (
            "read",
            f"the lock for reading, waiting for a writer; other readers may have it, too. {_QUEUE}",
        ),
        ("write", "the lock for writing, waiting for who has it"),
    )
    for prefix, what in forms:
        texts |= dict(_around(f"Takes {what}. {_TAKEN}", f"{prefix}_lock"))
        texts |= dict(_around(f"Releases {what.split(',')[0]}. {_GIVEN}", f"{prefix}_unlock"))
        trial = f"Takes {what.split(', waiting')[0]} if nobody is in the way; whether it did."
        waits = "" if prefix == "spin" else " A writer that waits is in the way."
        texts[f"{prefix}_trylock"] = trial + waits + _FAILED
    undone = "; where it is not taken they are as before."
    trial = texts["spin_trylock"]
    texts["spin_trylock_irq"] = f"{trial} Interrupts go off first{undone}"
    texts["spin_trylock_irqsave"] = f"{trial} Interrupts go off first, the local keeps them{undone}"
    texts["spin_trylock_bh"] = f"{trial} Softirqs go off first{undone[:-1]}{_BH_ON}."
    texts["spin_lock_nested"] = texts["spin_lock"] + _NESTED
    texts["spin_lock_bh_nested"] = texts["spin_lock_bh"] + _NESTED
    texts["spin_lock_irqsave_nested"] = texts["spin_lock_irqsave"] + _NESTED
    texts["write_lock_nested"] = texts["write_lock"] + _NESTED
    texts["spin_is_locked"] = "Whether anybody has the spinlock; orders nothing."
    yield from row(LOCKS, **texts)


def _sleeping() -> Iterator[tuple[str, Meaning]]:
    texts: dict[str, str] = {
        "mutex_init": "Sets up a mutex, free.",
        "init_rwsem": "Sets up a semaphore for readers and writers, free.",
        "downgrade_write": "Makes a writer a reader, with no writer between. " + _GIVEN,
    }
    forms = (
        ("mutex_lock", "mutex_unlock", "mutex_trylock", "the mutex"),
        ("down_read", "up_read", "down_read_trylock", "the semaphore for reading"),
        ("down_write", "up_write", "down_write_trylock", "the semaphore for writing"),
        ("folio_lock", "folio_unlock", "folio_trylock", "the lock of the folio"),
    )
    for take, release, trial, what in forms:
        texts[take] = f"Takes {what}, waiting for who is in the way. {_MAY_SLEEP}"
        texts[release] = f"Releases {what}. {_GIVEN}"
        waits = " Who waits may be in the way." if take != "folio_lock" else ""
        texts[trial] = f"Takes {what} if nobody is in the way; whether it did.{waits}{_FAILED}"
        killable = f"Takes {what} and gives 0, or gives -4 (-EINTR) and takes nothing. {_MAY_SLEEP}"
        texts[f"{take}_killable"] = killable
        if take != "folio_lock":
            texts[f"{take}_nested"] = texts[take] + _NESTED
            texts[f"{take}_killable_nested"] = killable + _NESTED
    texts["mutex_trylock"] += " In a handler or a softirq it is `sleep-in-atomic`."
    for name, what in (
        ("mutex_is_locked", "the mutex"),
        ("rwsem_is_locked", "the semaphore"),
        ("folio_test_locked", "the lock of the folio"),
    ):
        texts[name] = f"Whether anybody has {what}; orders nothing."
    yield from row(LOCKS, **texts)


def _lockdep() -> Iterator[tuple[str, Meaning]]:
    claim = "It does not touch the lock; where it does not hold, `lockdep-assert`."
    yield from row(
        LOCKDEP,
        lockdep_assert_held=f"Claims that this actor holds the lock. {claim}",
        lockdep_assert_held_read=f"Claims that this actor holds the lock for reading. {claim}",
        lockdep_assert_held_write=f"Claims that this actor holds the lock for writing. {claim}",
        lockdep_assert_not_held=f"Claims that this actor does not hold the lock. {claim}",
        lockdep_assert_irqs_disabled="Claims that interrupts are off; else `lockdep-assert`.",
        lockdep_assert_irqs_enabled="Claims that interrupts are on; else `lockdep-assert`.",
        lockdep_assert_preemption_disabled="Claims that the task stays on its CPU: preemption, "
        "softirqs or interrupts are off, or a spinlock is held; else `lockdep-assert`.",
        lockdep_assert_preemption_enabled="Claims that the task may be preempted; else "
        "`lockdep-assert`.",
    )


def _rcu() -> Iterator[tuple[str, Meaning]]:
    grace = "Waits until every RCU reader that has begun has ended; a full barrier. May sleep."
    waits = "Waits until every reader of the domain that has begun has ended. May sleep."
    yield from row(
        RCU,
        rcu_read_lock="Begins an RCU reader: grace periods wait for it. Nests; no sleeping in it.",
        rcu_read_unlock="Ends an RCU reader.",
        synchronize_rcu=grace,
        synchronize_rcu_expedited=grace,
        rcu_barrier="Waits until every callback that was queued has run. May sleep.",
        call_rcu="Runs the function on the head after a grace period, with softirqs off; does not "
        "wait.",
        kfree_rcu="Frees the object after a grace period; nothing for NULL. Does not wait.",
    )
    yield from row(
        SRCU,
        init_srcu_struct="Sets up an SRCU domain; taken never to fail. May sleep.",
        cleanup_srcu_struct="Ends an SRCU domain: no reader, no callback, no use after it. "
        "May sleep.",
        srcu_read_lock="Begins a reader of the domain, which may sleep; gives the index that its "
        "unlock takes.",
        srcu_read_unlock="Ends the reader that has this index, by the same actor.",
        srcu_down_read="Begins a reader of the domain that anybody who has the index may end.",
        srcu_up_read="Ends a reader that srcu_down_read() began.",
        synchronize_srcu=waits,
        synchronize_srcu_expedited=waits,
        srcu_barrier="Waits until every callback of the domain has run. May sleep.",
        call_srcu="Runs the function on the head after the readers of the domain, with softirqs "
        "off; does not wait.",
    )
    text = "Waits as synchronize_srcu() does, but also in atomic context: hardware ends its use."
    yield "flush_translations", Meaning(text, OWN)


def _contexts() -> Iterator[tuple[str, Meaning]]:
    yield from row(
        "include/linux/irqflags.h",
        local_irq_disable="Interrupts of this CPU go off.",
        local_irq_enable="Interrupts of this CPU go on; twice is `irq-unbalanced`.",
        local_irq_save="Interrupts of this CPU go off, the local keeps what they were.",
        local_irq_restore="Interrupts of this CPU are again as the local says; where they are "
        "on, `irq-unbalanced`.",
        irqs_disabled="Whether interrupts of this CPU are off.",
    )
    yield from row(
        "include/linux/preempt.h",
        preempt_disable="This actor is not preempted; nests, no sleeping. RCU waits for it.",
        preempt_enable="Ends preempt_disable().",
    )
    yield from row(
        "include/linux/bottom_half.h",
        local_bh_disable="No softirq runs here; nests, no sleeping. RCU waits for it.",
        local_bh_enable=f"Ends local_bh_disable(){_BH_ON}.",
    )
    yield from row(
        "include/linux/kernel.h",
        might_sleep="Claims that sleeping is legal here; else `sleep-in-atomic`.",
        cond_resched="Might sleep, as might_sleep(), whatever the state of the task is.",
    )
    yield from row(
        "include/linux/sched.h",
        debug_normal_state_change="Notes the state of this task: 0 is TASK_RUNNING; in any other a "
        "call that may sleep is `sleep-in-atomic`. Orders nothing.",
    )
    yield from row(
        "include/linux/smp.h",
        smp_call_function="Interrupts every other actor, or those named, to run the function; with "
        "true as the second argument waits until all have; with false, until they have begun with "
        "an earlier one. With interrupts off, or in a handler or callback, it is `ipi-irqs-off`, "
        "whether it waits or not; with softirqs off it may be called.",
    )
    yield from row("Documentation/process/volatile-considered-harmful.rst", cpu_relax=_RELAX)


_RELAX: Final = "For loops that only look: barrier(), and nothing else."


def _checks() -> Iterator[tuple[str, Meaning]]:
    yield from row(
        OWN,
        alloc="Gives a free slot of a pool, NULL where none is free; what it holds is poison "
        "unless the pool is zeroed.",
        free="Frees an object of a pool; nothing for NULL. A later access is `use-after-free`; in "
        "a typesafe_by_rcu pool only once the page is given back.",
        assume="Executions in which the condition does not hold are left out of account.",
    )
    checked = "Claims the condition; the message says what it means. Else `assert`."
    yield "assert", Meaning(checked, OWN)
    bug = "The condition must never hold; else `bug-on`."
    warn = "The condition must never hold; else `warn-on`. Where the run goes on it is false."
    yield from row("include/asm-generic/bug.h", BUG_ON=bug, BUG="Must never be reached; `bug-on`.")
    yield from row("include/linux/mmdebug.h", VM_BUG_ON=bug, VM_WARN_ON=warn, VM_WARN_ON_ONCE=warn)
    yield from row("include/asm-generic/bug.h", WARN_ON=warn, WARN_ON_ONCE=warn)
    same = "The condition, as a long: nothing but a hint to the compiler."
    yield from row("include/linux/compiler.h", likely=same, unlikely=same)
