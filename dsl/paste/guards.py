"""The guards of the kernel: what `guard(NAME)(ARG)` and its kind take, and give back.

From include/linux/cleanup.h, and the DEFINE_GUARD() and DEFINE_LOCK_GUARD_*() lines of mutex.h,
rwsem.h, spinlock.h, rcupdate.h, srcu.h, preempt.h, irqflags.h, cpu.h and device.h.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Guard:
    """One class of guards.

    ``lock`` and ``unlock`` are calls with the place of the pointer as ``{}``; ``type`` is what the
    pointer points at, empty where there is none.  ``kept`` is a local that lives from the one
    call to the other, written ``{kept}``; ``declared`` is its type where ``lock`` does not declare
    it.  ``condition`` is what holds if the lock was taken, of a guard that may fail, and ``failed``
    its opposite; ``lock`` is empty then.
    """

    type: str
    lock: str
    unlock: str
    kept: str = ""
    declared: str = ""
    condition: str = ""
    failed: str = ""


_FLAGS: Final = "unsigned long"


def _plain(type_: str, lock: str, unlock: str) -> Guard:
    place = "{}" if type_ else ""
    return Guard(type_, f"{lock}({place});", f"{unlock}({place});")


def _saved(type_: str, lock: str, unlock: str) -> Guard:
    place = "{}, {kept}" if type_ else "{kept}"
    return Guard(type_, f"{lock}({place});", f"{unlock}({place});", "flags", _FLAGS)


def _spin(prefix: str, type_: str) -> dict[str, Guard]:
    """The spinlocks of one kind, and those of them that are only tried."""
    name, call = f"{prefix}spinlock", f"{prefix}spin"
    found = {name: _plain(type_, f"{call}_lock", f"{call}_unlock")}
    for kind in ("_irq", "_bh"):
        found[f"{name}{kind}"] = _plain(type_, f"{call}_lock{kind}", f"{call}_unlock{kind}")
    saved = _saved(type_, f"{call}_lock_irqsave", f"{call}_unlock_irqrestore")
    found[f"{name}_irqsave"] = saved
    for kind in ("", "_irq", "_bh"):
        tried = f"{call}_trylock{kind}({{}})"
        unlock = found[f"{name}{kind}"].unlock
        found[f"{name}{kind}_try"] = Guard(type_, "", unlock, "", "", tried, f"!{tried}")
    tried = f"{call}_trylock_irqsave({{}}, {{kept}})"
    found[f"{name}_irqsave_try"] = Guard(
        type_, "", saved.unlock, "flags", _FLAGS, tried, f"!{tried}"
    )
    return found


def _tried(base: Guard, call: str) -> Guard:
    return Guard(base.type, "", base.unlock, "", "", f"{call}({{}})", f"!{call}({{}})")


def _waited(base: Guard, call: str) -> Guard:
    """One that gives up with an error where a signal comes."""
    return Guard(base.type, "", base.unlock, "", "", f"{call}({{}}) == 0", f"{call}({{}}) != 0")


_MUTEX: Final = _plain("struct mutex", "mutex_lock", "mutex_unlock")
_READ: Final = _plain("struct rw_semaphore", "down_read", "up_read")
_WRITE: Final = _plain("struct rw_semaphore", "down_write", "up_write")

GUARDS: Final[dict[str, Guard]] = {
    "mutex": _MUTEX,
    "mutex_try": _tried(_MUTEX, "mutex_trylock"),
    "mutex_intr": _waited(_MUTEX, "mutex_lock_interruptible"),
    "mutex_kill": _waited(_MUTEX, "mutex_lock_killable"),
    "rwsem_read": _READ,
    "rwsem_read_try": _tried(_READ, "down_read_trylock"),
    "rwsem_read_intr": _waited(_READ, "down_read_interruptible"),
    "rwsem_read_kill": _waited(_READ, "down_read_killable"),
    "rwsem_write": _WRITE,
    "rwsem_write_try": _tried(_WRITE, "down_write_trylock"),
    "rwsem_write_kill": _waited(_WRITE, "down_write_killable"),
    **_spin("", "spinlock_t"),
    **_spin("raw_", "raw_spinlock_t"),
    "raw_spinlock_nested": Guard(
        "raw_spinlock_t", "raw_spin_lock_nested({}, SINGLE_DEPTH_NESTING);", "raw_spin_unlock({});"
    ),
    **{
        f"{mode}_lock{kind}": _plain("rwlock_t", f"{mode}_lock{kind}", f"{mode}_unlock{kind}")
        for mode in ("read", "write")
        for kind in ("", "_irq", "_bh")
    },
    **{
        f"{mode}_lock_irqsave": _saved(
            "rwlock_t", f"{mode}_lock_irqsave", f"{mode}_unlock_irqrestore"
        )
        for mode in ("read", "write")
    },
    "rcu": _plain("", "rcu_read_lock", "rcu_read_unlock"),
    "srcu": Guard(
        "struct srcu_struct",
        "int {kept} = srcu_read_lock({});",
        "srcu_read_unlock({}, {kept});",
        "idx",
    ),
    "preempt": _plain("", "preempt_disable", "preempt_enable"),
    "preempt_notrace": _plain("", "preempt_disable", "preempt_enable"),
    "irq": _plain("", "local_irq_disable", "local_irq_enable"),
    "irqsave": _saved("", "local_irq_save", "local_irq_restore"),
    # Calls that the language does not have: stubs, as where they are written out.
    "migrate": _plain("", "migrate_disable", "migrate_enable"),
    "cpus_read_lock": _plain("", "cpus_read_lock", "cpus_read_unlock"),
    "device": _plain("struct device", "device_lock", "device_unlock"),
    "task_lock": _plain("struct task_struct", "task_lock", "task_unlock"),
}
"""What is known of each class of guards, by its name."""

FREES: Final[dict[str, str]] = {
    "kfree": "kfree",
    "kvfree": "kvfree",
    "kfree_sensitive": "kfree_sensitive",
    "bitmap": "bitmap_free",
    "fput": "fput",
    "put_device": "put_device",
    "put_task": "put_task_struct",
    "device_node": "of_node_put",
    "fwnode_handle": "fwnode_handle_put",
    "pci_dev_put": "pci_dev_put",
    "mutex": "mutex_unlock",
    "up_read": "up_read",
    "up_write": "up_write",
}
"""What ``__free(NAME)`` calls at the end of a scope, of a pointer that is not NULL."""

MAY_FAIL: Final = ("_try", "_intr", "_kill", "_killable", "_interruptible")
"""How the names of guards end that may not take their lock."""

_CALL: Final = r"\s*,\s*(\w+\([^(),;{}]*\))"
_DEFINED: Final = (
    (rf"DEFINE_GUARD\(\s*(\w+)\s*,\s*([\w ]+?)\s*\*{_CALL}{_CALL}\s*\)", r"_T"),
    (rf"DEFINE_LOCK_GUARD_1\(\s*(\w+)\s*,\s*([\w ]+?){_CALL}{_CALL}\s*\)", r"_T->lock"),
    (rf"DEFINE_LOCK_GUARD_0\(\s*(\w+)(){_CALL}{_CALL}\s*\)", r"_T"),
)
"""Definitions of one call each, and what the pointer is called in them."""
_FREED: Final = re.compile(
    r"\bDEFINE_FREE\(\s*(\w+)\s*,[^,;{}()]*,\s*(?:if\s*\((?:_T|!IS_ERR_OR_NULL\(_T\))\)\s*)?"
    r"(\w+)\(_T\)\s*;?\s*\)"
)


def defined(text: str) -> tuple[dict[str, Guard], dict[str, str]]:
    """The guards and the frees that are known where a C file is read: its own as well."""
    guards = dict(GUARDS)
    for pattern, pointer in _DEFINED:
        word = re.compile(rf"\b{pointer}\b(->)?")
        for name, type_, lock, unlock in re.findall(pattern, text):
            calls = [word.sub(lambda m: "({})->" if m[1] else "{}", c) for c in (lock, unlock)]
            guards[name] = Guard(type_, f"{calls[0]};", f"{calls[1]};")
    return guards, FREES | dict(_FREED.findall(text))


WORDS: Final = frozenset(
    "guard scoped_guard scoped_cond_guard scoped_class CLASS CLASS_INIT ACQUIRE ACQUIRE_ERR __free"
    " __cleanup no_free_ptr return_ptr retain_and_null_ptr if_not_guard if_not_cond_guard".split()
)
"""Words of cleanup.h: a body without any of them is left alone."""
