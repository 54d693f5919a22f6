"""The primitives that are one step weaker than another."""

from __future__ import annotations

from dsl.primitives import PRIMITIVES
from prover.needs.edits import Action, Plain, Rename

_STEPS: dict[str, str] = {
    "smp_load_acquire": "READ_ONCE",
    "smp_store_release": "WRITE_ONCE",
    "smp_store_mb": "WRITE_ONCE",
    "rcu_assign_pointer": "WRITE_ONCE",
    "atomic_read_acquire": "atomic_read",
    "atomic_set_release": "atomic_set",
    "refcount_set_release": "refcount_set",
    "clear_bit_unlock": "clear_bit",
}

_MARKED = ("READ_ONCE", "WRITE_ONCE", "rcu_dereference", "rcu_access_pointer")


def weaker(name: str) -> list[tuple[str, Action]]:
    """What the primitive may be weakened to, the weakest first; each with its action.

    Those behind the first lie between it and the primitive.
    """
    if name in _MARKED:
        return [("plain", Plain())]
    if name in _STEPS:
        return [(f"{_STEPS[name]}()", Rename(_STEPS[name]))]
    for suffix in ("_acquire", "_release"):
        base = name.removesuffix(suffix)
        if base != name and f"{base}_relaxed" in PRIMITIVES:
            return [_renamed(f"{base}_relaxed")]
    if f"{name}_relaxed" in PRIMITIVES:
        return [_renamed(f"{name}{suffix}") for suffix in ("_relaxed", "_acquire", "_release")]
    return []


def _renamed(name: str) -> tuple[str, Action]:
    return f"{name}()", Rename(name)
