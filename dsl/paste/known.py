"""What the kernel calls things that the language has under another name, or can be told in it."""

from __future__ import annotations

import re
from typing import Final

RENAMED: Final[dict[str, str]] = {
    "list_entry": "container_of",
    "hlist_entry": "container_of",
    "rb_entry": "container_of",
    "rcu_dereference_raw": "rcu_dereference",
    "rcu_dereference_check": "rcu_dereference",
    "rcu_dereference_bh": "rcu_dereference",
    "rcu_dereference_sched": "rcu_dereference",
    "srcu_dereference": "rcu_dereference",
    "srcu_dereference_check": "rcu_dereference",
    "RCU_INIT_POINTER": "WRITE_ONCE",
    "VM_BUG_ON_PAGE": "VM_BUG_ON",
    "VM_BUG_ON_FOLIO": "VM_BUG_ON",
    "VM_BUG_ON_VMA": "VM_BUG_ON",
    "VM_BUG_ON_MM": "VM_BUG_ON",
    "VM_WARN_ON_ONCE_PAGE": "VM_WARN_ON_ONCE",
    "VM_WARN_ON_ONCE_FOLIO": "VM_WARN_ON_ONCE",
    "VM_WARN_ON_FOLIO": "VM_WARN_ON",
    "WARN": "WARN_ON",
    "WARN_ONCE": "WARN_ON_ONCE",
    "WARN_ON_SMP": "WARN_ON",
    "lock_page": "folio_lock",
    "unlock_page": "folio_unlock",
    "trylock_page": "folio_trylock",
    "PageLocked": "folio_test_locked",
    **{
        f"raw_spin_{name}": f"spin_{name}"
        for name in (
            "lock unlock trylock lock_irq unlock_irq lock_irqsave unlock_irqrestore lock_nested"
            " lock_init is_locked lock_bh unlock_bh trylock_irq trylock_bh trylock_irqsave"
        ).split()
    },
}
"""Other names of primitives; what is behind the arguments that those take is left out."""

PLAIN_READS: Final = frozenset({"rcu_dereference_protected"})
"""Calls that are a plain read of their first argument."""

ORDERING: Final = re.compile(
    r"(?:smp_|atomic|refcount_|kref_|s?rcu_read_|srcu_|synchronize_|call_s?rcu|raw_|"
    r"(?:read|write|done)_?seq|seqcount_|wait_event|wake_up|complete|wait_for_completion|"
    r"bit_spin_|hlist_bl_(?:un)?lock|(?:try_)?cmpxchg|xchg|down_|up_|downgrade_|mutex_|rt_mutex_|"
    r"ww_mutex_|percpu_(?:down|up)_|spin_|(?:read|write)_(?:try|un)?lock|local_(?:irq|bh|lock)|"
    r"preempt_|set_(?:current|special)_state|schedule|(?:prepare_to|finish)_wait|folio_(?:try|un|wait)?_?lock|"
    r"(?:lock|unlock|trylock|wait_on)_(?:page|buffer)|"
    r"(?:__)?(?:test_and_)?(?:set|clear|change)_bit|lock_sock|release_sock|bh_(?:un)?lock_sock"
    r")\w*"
)
"""Functions that order or lock something, whatever they are called in full: as stubs that do
nothing they are marked."""

WRAPPERS: Final[dict[str, tuple[str, tuple[tuple[str, str], ...], str]]] = {
    "mutex_lock_interruptible": (
        "int",
        (("struct mutex", "lock"),),
        "if (choose())\nreturn -4;\nmutex_lock(lock);\nreturn 0;",
    ),
    "mutex_lock_killable": (
        "int",
        (("struct mutex", "lock"),),
        "if (choose())\nreturn -4;\nmutex_lock(lock);\nreturn 0;",
    ),
    "down_write_killable": (
        "int",
        (("struct rw_semaphore", "lock"),),
        "if (choose())\nreturn -4;\ndown_write(lock);\nreturn 0;",
    ),
    "down_read_killable": (
        "int",
        (("struct rw_semaphore", "lock"),),
        "if (choose())\nreturn -4;\ndown_read(lock);\nreturn 0;",
    ),
    "down_read_interruptible": (
        "int",
        (("struct rw_semaphore", "lock"),),
        "if (choose())\nreturn -4;\ndown_read(lock);\nreturn 0;",
    ),
    **{
        f"{mode}_{what}_irq": (
            "void",
            (("rwlock_t", "lock"),),
            f"local_irq_disable();\n{mode}_lock(lock);"
            if what == "lock"
            else f"{mode}_unlock(lock);\nlocal_irq_enable();",
        )
        for mode in ("read", "write")
        for what in ("lock", "unlock")
    },
    **{
        f"{mode}_{what}_bh": (
            "void",
            (("rwlock_t", "lock"),),
            f"local_bh_disable();\n{mode}_lock(lock);"
            if what == "lock"
            else f"{mode}_unlock(lock);\nlocal_bh_enable();",
        )
        for mode in ("read", "write")
        for what in ("lock", "unlock")
    },
}
"""Functions with a definition in the language: result, parameters (pointers), body."""

TYPES: Final[dict[str, str]] = {
    "_Bool": "bool",
    "uint": "unsigned int",
    "ulong": "unsigned long",
    "ushort": "unsigned short",
    "unchar": "unsigned char",
    "raw_spinlock_t": "spinlock_t",
    **{f"__{sign}{bits}": f"{sign}{bits}" for sign in "us" for bits in (8, 16, 32, 64)},
    **{f"__{order}{bits}": f"u{bits}" for order in ("be", "le") for bits in (16, 32, 64)},
    "__wsum": "u32",
    "__sum16": "u16",
}
"""Types of the kernel that the language has under another name."""

OPAQUE: Final = frozenset(
    {
        "spinlock_t",
        "rwlock_t",
        "folio_lock_t",
        "atomic_t",
        "atomic_long_t",
        "atomic64_t",
        "refcount_t",
        "struct mutex",
        "struct rw_semaphore",
        "struct rcu_head",
        "struct srcu_struct",
    }
)

LOCKS: Final[dict[str, str]] = {
    "lock spinlock": "spinlock_t",
    "lock rwlock": "rwlock_t",
    "lock mutex": "struct mutex",
    "lock rwsem": "struct rw_semaphore",
    "lock srcu": "struct srcu_struct",
    "head": "struct rcu_head",
}
"""Kinds of parameters of primitives, and what they point at."""

NUMBERS: Final[dict[str, int]] = {
    "TASK_RUNNING": 0,
    "TASK_INTERRUPTIBLE": 1,
    "TASK_UNINTERRUPTIBLE": 2,
    "EPERM": 1,
    "ENOENT": 2,
    "ESRCH": 3,
    "EINTR": 4,
    "EIO": 5,
    "E2BIG": 7,
    "EBADF": 9,
    "ECHILD": 10,
    "EAGAIN": 11,
    "ENOMEM": 12,
    "EACCES": 13,
    "EFAULT": 14,
    "EBUSY": 16,
    "EEXIST": 17,
    "EXDEV": 18,
    "ENODEV": 19,
    "ENOTDIR": 20,
    "EISDIR": 21,
    "EINVAL": 22,
    "ENOSPC": 28,
    "EROFS": 30,
    "EPIPE": 32,
    "ERANGE": 34,
    "ENAMETOOLONG": 36,
    "ENOSYS": 38,
    "ELOOP": 40,
    "EOVERFLOW": 75,
    "EOPNOTSUPP": 95,
    "ENOBUFS": 105,
    "ETIMEDOUT": 110,
    "ESTALE": 116,
    "PAGE_SHIFT": 12,
    "PAGE_SIZE": 4096,
    "SINGLE_DEPTH_NESTING": 1,
    "BITS_PER_LONG": 64,
    "INT_MAX": 0x7FFFFFFF,
}
"""Constants that are the same in every kernel of the architectures the language has in mind."""
