"""The kernel primitives of the language: names and signatures.

What each one *means* is written twice, independently: in
:mod:`dsl.interpreter` (operationally) and in :mod:`prover.graph` (as
instructions).  A test keeps the three sets of names equal.

Parameter kinds:

========== ============================================================
``lvalue``  a place; the argument becomes its address (``READ_ONCE(x)``)
``place``   a pointer to a scalar or word
``atomic``  a pointer to an ``atomic_t``, ``atomic_long_t`` or ``refcount_t``
``value``   a value of the type that the first parameter points at
``int``     any integer
``bool``    any condition
``old``     the address of a local (``try_cmpxchg(&x, &old, new)``)
``lock K``  a pointer to a lock of kind K (``folio``: to the struct that has it;
            ``any``: a lock of any kind with an owner, so no folio)
``head``    a pointer to a ``struct rcu_head``
``index``   what ``srcu_read_lock()`` or ``srcu_down_read()`` returned
``function`` the name of a function
``object``  a pointer to an object with lifetime (``free``)
``pool``    the name of a pool
``field``   the name of a field of the struct the first argument points at
``flags``   a local that keeps the interrupt state
``message`` a string literal
``targets`` actor names, or nothing for all
``until``   a condition that is asked again and again; ``VAL`` is the value at hand
========== ============================================================

A trailing ``?`` marks an argument that may be left out.

Results: ``void``, ``bool``, ``int``, ``unsigned``, ``index`` (of an SRCU reader, an int), ``value``
(the type behind the first parameter), ``condition`` (the value of the condition, a long),
``object`` (a pointer to the pool's type).
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl.frozen import Frozen, replace


class Primitive(Frozen, frozen=True):
    """One primitive's signature; ``group`` is the reference manual's section."""

    name: str
    parameters: tuple[str, ...]
    result: str
    group: str


def _rows() -> Iterator[Primitive]:
    def row(group: str, result: str, names: str, *parameters: str) -> Iterator[Primitive]:
        for name in names.split():
            yield Primitive(name, parameters, result, group)

    def family(base: str, suffixes: str = " _acquire _release _relaxed") -> str:
        return " ".join(base + s for s in suffixes.split(" "))

    yield from row(
        "access", "value", "READ_ONCE rcu_dereference rcu_access_pointer data_race", "lvalue"
    )
    yield from row(
        "access", "void", "WRITE_ONCE rcu_assign_pointer smp_store_mb", "lvalue", "value"
    )
    yield from row("access", "value", "smp_load_acquire", "place")
    yield from row("access", "void", "smp_store_release", "place", "value")
    yield from row("access", "value", "smp_cond_load_acquire", "place", "until")
    yield from row("access", "value", "smp_cond_load_relaxed", "place", "until")
    yield from row("access", "value", family("xchg"), "place", "value")
    yield from row("access", "value", family("cmpxchg"), "place", "value", "value")
    yield from row("access", "bool", family("try_cmpxchg"), "place", "old", "value")

    yield from row("atomic", "int", "atomic_read atomic_read_acquire", "atomic")
    yield from row(
        "atomic", "int", "atomic_cond_read_acquire atomic_cond_read_relaxed", "atomic", "until"
    )
    yield from row("atomic", "unsigned", "refcount_read", "atomic")
    yield from row("atomic", "void", "atomic_set refcount_set", "atomic", "int")
    yield from row("atomic", "void", "atomic_set_release refcount_set_release", "atomic", "int")
    yield from row("atomic", "void", "atomic_inc atomic_dec refcount_inc refcount_dec", "atomic")
    yield from row("atomic", "void", "atomic_add atomic_sub refcount_add", "int", "atomic")
    yield from row(
        "atomic", "void", "atomic_and atomic_or atomic_xor atomic_andnot", "int", "atomic"
    )
    for op in ("inc", "dec"):
        yield from row("atomic", "int", family(f"atomic_{op}_return"), "atomic")
        yield from row("atomic", "int", family(f"atomic_fetch_{op}"), "atomic")
    for op in ("add", "sub"):
        yield from row("atomic", "int", family(f"atomic_{op}_return"), "int", "atomic")
    for op in ("add", "sub", "and", "or", "xor", "andnot"):
        yield from row("atomic", "int", family(f"atomic_fetch_{op}"), "int", "atomic")
    yield from row("atomic", "int", family("atomic_xchg"), "atomic", "int")
    yield from row("atomic", "int", family("atomic_cmpxchg"), "atomic", "int", "int")
    yield from row("atomic", "bool", family("atomic_try_cmpxchg"), "atomic", "old", "int")
    yield from row("atomic", "bool", "atomic_inc_and_test atomic_dec_and_test", "atomic")
    yield from row("atomic", "bool", "atomic_sub_and_test", "int", "atomic")
    yield from row("atomic", "bool", family("atomic_add_negative"), "int", "atomic")
    yield from row("atomic", "bool", "atomic_add_unless", "atomic", "int", "int")
    yield from row("atomic", "int", "atomic_fetch_add_unless", "atomic", "int", "int")
    yield from row("atomic", "bool", "atomic_inc_not_zero refcount_inc_not_zero", "atomic")
    yield from row("atomic", "bool", "atomic_inc_unless_negative", "atomic")
    yield from row("atomic", "bool", "atomic_dec_unless_positive", "atomic")
    yield from row("atomic", "bool", "refcount_inc_not_zero_acquire", "atomic")
    yield from row(
        "atomic", "bool", "refcount_add_not_zero refcount_add_not_zero_acquire", "int", "atomic"
    )
    yield from row("atomic", "bool", "refcount_dec_if_one refcount_dec_not_one", "atomic")
    yield from row("atomic", "bool", "refcount_dec_and_test", "atomic")
    yield from row("atomic", "bool", "refcount_sub_and_test", "int", "atomic")
    yield from row("atomic", "int", "atomic_dec_if_positive", "atomic")
    for counter in ("atomic", "refcount"):
        yield from row("atomic", "bool", f"{counter}_dec_and_lock", "atomic", "lock spinlock")
        yield from row("atomic", "bool", f"{counter}_dec_and_mutex_lock", "atomic", "lock mutex")

    yield from row("bitop", "void", "set_bit clear_bit change_bit clear_bit_unlock", "int", "place")
    yield from row("bitop", "void", "__set_bit __clear_bit __change_bit", "int", "place")
    yield from row("bitop", "void", "__clear_bit_unlock", "int", "place")
    yield from row(
        "bitop",
        "bool",
        "test_and_set_bit test_and_clear_bit test_and_change_bit test_and_set_bit_lock test_bit "
        "test_bit_acquire __test_and_set_bit __test_and_clear_bit __test_and_change_bit",
        "int",
        "place",
    )

    yield from row("barrier", "void", "smp_mb smp_rmb smp_wmb barrier")
    yield from row("barrier", "void", "smp_mb__before_atomic smp_mb__after_atomic")
    yield from row("barrier", "void", "smp_mb__after_spinlock smp_mb__after_unlock_lock")
    yield from row("barrier", "void", "smp_mb__after_srcu_read_unlock")

    spin = "lock spinlock"
    yield from row("lock", "void", "spin_lock_init", spin)
    yield from row("lock", "void", "spin_lock spin_lock_irq spin_lock_bh", spin)
    yield from row("lock", "void", "spin_lock_nested spin_lock_bh_nested", spin, "int")
    yield from row("lock", "void", "spin_unlock spin_unlock_irq spin_unlock_bh", spin)
    yield from row("lock", "void", "spin_lock_irqsave spin_unlock_irqrestore", spin, "flags")
    yield from row("lock", "void", "spin_lock_irqsave_nested", spin, "flags", "int")
    yield from row("lock", "bool", "spin_trylock spin_is_locked", spin)
    yield from row("lock", "bool", "spin_trylock_irq spin_trylock_bh", spin)
    yield from row("lock", "bool", "spin_trylock_irqsave", spin, "flags")
    yield from row("lock", "void", "rwlock_init", "lock rwlock")
    for mode in ("read", "write"):
        names = " ".join(
            f"{mode}_{op}{s}" for s in ("", "_irq", "_bh") for op in ("lock", "unlock")
        )
        yield from row("lock", "void", names, "lock rwlock")
        saved = f"{mode}_lock_irqsave {mode}_unlock_irqrestore"
        yield from row("lock", "void", saved, "lock rwlock", "flags")
    yield from row("lock", "void", "write_lock_nested", "lock rwlock", "int")
    yield from row("lock", "bool", "read_trylock write_trylock", "lock rwlock")
    yield from row("lock", "void", "mutex_init", "lock mutex")
    yield from row("lock", "void", "mutex_lock mutex_unlock", "lock mutex")
    yield from row("lock", "void", "mutex_lock_nested", "lock mutex", "int")
    yield from row("lock", "int", "mutex_lock_killable", "lock mutex")
    yield from row("lock", "int", "mutex_lock_killable_nested", "lock mutex", "int")
    yield from row("lock", "bool", "mutex_trylock mutex_is_locked", "lock mutex")
    yield from row("lock", "void", "init_rwsem", "lock rwsem")
    yield from row("lock", "void", "down_read up_read down_write up_write", "lock rwsem")
    yield from row("lock", "void", "down_read_nested down_write_nested", "lock rwsem", "int")
    yield from row("lock", "int", "down_read_killable down_write_killable", "lock rwsem")
    yield from row(
        "lock", "int", "down_read_killable_nested down_write_killable_nested", "lock rwsem", "int"
    )
    yield from row(
        "lock", "bool", "down_read_trylock down_write_trylock rwsem_is_locked", "lock rwsem"
    )
    yield from row("lock", "void", "downgrade_write", "lock rwsem")
    yield from row("lock", "void", "folio_lock folio_unlock", "lock folio")
    yield from row("lock", "int", "folio_lock_killable", "lock folio")
    yield from row("lock", "bool", "folio_trylock folio_test_locked", "lock folio")

    for held in ("held", "held_read", "held_write", "not_held"):
        yield from row("lock", "void", f"lockdep_assert_{held}", "lock any")

    yield from row("rcu", "void", "rcu_read_lock rcu_read_unlock")
    yield from row("rcu", "void", "synchronize_rcu synchronize_rcu_expedited rcu_barrier")
    yield from row("rcu", "void", "call_rcu", "head", "function")
    yield from row("rcu", "void", "kfree_rcu", "object", "field")

    srcu = "lock srcu"
    yield from row("srcu", "void", "init_srcu_struct cleanup_srcu_struct", srcu)
    yield from row("srcu", "index", "srcu_read_lock srcu_down_read", srcu)
    yield from row("srcu", "void", "srcu_read_unlock srcu_up_read", srcu, "index")
    yield from row("srcu", "void", "synchronize_srcu synchronize_srcu_expedited", srcu)
    yield from row("srcu", "void", "flush_translations", srcu)
    yield from row("srcu", "void", "srcu_barrier", srcu)
    yield from row("srcu", "void", "call_srcu", srcu, "head", "function")

    yield from row("context", "void", "local_irq_disable local_irq_enable")
    yield from row("context", "void", "local_irq_save local_irq_restore", "flags")
    yield from row("context", "void", "preempt_disable preempt_enable")
    yield from row("context", "void", "local_bh_disable local_bh_enable")
    yield from row("context", "void", "lockdep_assert_irqs_disabled lockdep_assert_irqs_enabled")
    preemption = "lockdep_assert_preemption_disabled lockdep_assert_preemption_enabled"
    yield from row("context", "void", preemption)
    yield from row("context", "void", "might_sleep cond_resched cpu_relax")
    yield from row("context", "void", "debug_normal_state_change", "bool")
    yield from row("context", "bool", "irqs_disabled")
    yield from row("context", "void", "smp_call_function", "function", "bool", "targets")

    yield from row("memory", "object", "alloc", "pool")
    yield from row("memory", "void", "free", "object")

    yield from row("check", "void", "assert", "bool", "message?")
    yield from row("check", "void", "assume", "bool")
    yield from row("check", "void", "BUG_ON VM_BUG_ON", "bool")
    yield from row("check", "void", "BUG")
    yield from row("check", "condition", "WARN_ON WARN_ON_ONCE VM_WARN_ON VM_WARN_ON_ONCE", "bool")
    yield from row("check", "condition", "likely unlikely", "bool")


PRIMITIVES: dict[str, Primitive] = {row.name: row for row in _rows()}
"""Every primitive by name."""


def _synonyms() -> Iterator[tuple[str, str]]:
    for name in PRIMITIVES:
        if name.startswith("atomic_") and not name.endswith("_lock"):
            yield f"atomic_long_{name.removeprefix('atomic_')}", name
            yield f"atomic64_{name.removeprefix('atomic_')}", name
    yield "mutex_lock_interruptible", "mutex_lock_killable"
    yield "mutex_lock_interruptible_nested", "mutex_lock_killable_nested"
    yield "down_read_interruptible", "down_read_killable"
    yield "lockdep_assert_held_once", "lockdep_assert_held"


SYNONYMS: dict[str, str] = dict(_synonyms())
"""Further names, each with the primitive that means the same; the checked protocol has that."""


def signature(name: str) -> Primitive | None:
    """The signature of a primitive by any of its names."""
    return SIGNATURES.get(name)


SIGNATURES: dict[str, Primitive] = {
    **PRIMITIVES,
    **{name: replace(PRIMITIVES[other], name=name) for name, other in SYNONYMS.items()},
}
"""Every primitive by any of its names."""


PROPERTIES: dict[str, str] = {
    "data-race": "two accesses of one place, one plain, one a store, that nothing orders (LKMM)",
    "use-after-free": "an access to, or a lock operation in, an object that has been freed",
    "double-free": "a second free of one allocation, or a free of what was never allocated",
    "torn-value": "a word put together from halves of different updates, dereferenced or stored",
    "null-pointer": "an access through NULL",
    "wild-pointer": "an access through a pointer to no object, or to one of another type",
    "uninitialized": "a read of what was never written, or use of a lock never set up",
    "deadlock": "actors that wait for each other for ever",
    "self-deadlock": "an actor that waits for a lock it holds, or an SRCU reader it is in, itself",
    "unlock-not-held": "an unlock of a lock that is not held",
    "lock-init-held": "a lock that is set up while somebody holds it",
    "lock-held-at-end": "an actor that ends with a lock held",
    "rcu-unbalanced": "rcu_read_unlock() without rcu_read_lock(), or a reader open at the end",
    "srcu-unbalanced": "an SRCU unlock with the index of no open reader, or one open at the end",
    "irq-unbalanced": "interrupts left disabled at the end, enabled twice, or restored while on",
    "preempt-unbalanced": "preemption or softirqs left disabled at the end, or enabled twice",
    "sleep-in-atomic": "a call that may sleep in atomic context, or a mutex tried in an interrupt",
    "ipi-irqs-off": "an IPI sent with interrupts off, or from an interrupt",
    "lock-order": "lock classes taken in both orders, or by way of an interrupt, or in themselves",
    "lockdep-assert": "a lockdep assertion that does not hold, local_bh_enable()'s included",
    "refcount": "a refcount_t that the kernel would warn about and saturate",
    "transition": "an update of a word that its transition table does not allow",
    "assert": "a failed assert()",
    "bug-on": "a BUG_ON() that fires, or a division or shift without a result",
    "warn-on": "a WARN_ON() that fires",
    "final": "a final condition that does not hold",
    "invariant": "an invariant that does not hold",
}
"""Every property that is checked, with what its violation is."""
