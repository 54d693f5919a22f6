"""Statements of random programs about locks: fresh ones, and claims about those held."""

from __future__ import annotations

from dsl.primitives import PRIMITIVES
from tests.differential.draft import LOCKS, OPENERS, Draft, block, call, hold, use_lock


def set_up(draft: Draft, name: str, kind: str) -> str:
    """A lock of a fresh object set up, and used before or after."""
    random = draft.random
    draft.locks.add(kind)
    for used in ("objs", "p"):
        draft.use(used)
    local = draft.local()
    lock = f"&{local}->{LOCKS[kind]}"
    openers = [o for o in OPENERS if PRIMITIVES[o].parameters == (f"lock {kind}",)]
    opener = random.choice([o for o in openers if PRIMITIVES[o].result == "void"])
    parts = [f"{call(name, lock)};"]
    if random.random() < 0.6:
        used = f"{call(opener, lock)}; {call(OPENERS[opener], lock)};"
        parts.insert(random.random() < 0.8, used)
    if random.random() < 0.5:
        parts.append(f"{local}->v = 2; p = {local};")
    return block(f"struct obj *{local} = {call('alloc', 'objs')};", f"if ({local})", block(*parts))


def asserted(draft: Draft, name: str, inner: str) -> str:
    """A claim about what is held, mostly where the lock may be, or was."""
    random = draft.random
    if "irqs" in name:
        return f"local_irq_disable(); {call(name)}; {inner} local_irq_enable();"
    if "preemption" in name:
        return f"preempt_disable(); {call(name)}; {inner} preempt_enable();"
    fitting = [o for o in OPENERS if PRIMITIVES[o].group == "lock" and "folio" not in o]
    opener = random.choice([o for o in fitting if len(PRIMITIVES[o].parameters) == 1])
    lock = use_lock(draft, opener)
    claim = f"{call(name, lock)};"
    if random.random() < 0.3:
        return claim
    if random.random() < 0.5:
        return f"{hold(opener, lock, inner)} {claim}"
    return hold(opener, lock, f"{claim} {inner}")
