"""Counters that are put to zero under a lock: ``atomic_dec_and_lock()`` and its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dsl import protocol as p
from dsl.frozen import replace
from dsl.interpreter.atomics import ATOMICS
from dsl.interpreter.code import Label
from dsl.interpreter.emit import Emitter
from dsl.interpreter.lock_calls import LOCK_CALLS
from dsl.types import INT

Meaning = Callable[[Emitter, p.CallPrimitive, int], None]


def _last_put(counter: str, lock: str, unlock: str) -> Meaning:
    """Counts down where that does not give zero; else takes the lock and looks again."""

    def meaning(e: Emitter, expr: p.CallPrimitive, dst: int) -> None:
        count, guard = expr.arguments
        end, got = Label(), Label()

        def part(name: str, *arguments: p.Expr) -> p.CallPrimitive:
            return replace(expr, primitive=name, arguments=arguments)

        if counter == "refcount":
            early, name = part("refcount_dec_not_one", count), "refcount_dec_not_one"
        else:
            numbers = (p.Constant(-1, INT, expr.span), p.Constant(1, INT, expr.span))
            early, name = part("atomic_add_unless", count, *numbers), "atomic_add_unless"
        ATOMICS[name](e, early, dst)
        e.apply1(lambda v: int(v == 0), dst, expr.span)
        e.jump_if(False, dst, end, expr.span)
        LOCK_CALLS[lock](e, part(lock, guard), dst + 1)
        ATOMICS[f"{counter}_dec_and_test"](e, part(f"{counter}_dec_and_test", count), dst)
        e.jump_if(True, dst, got, expr.span)
        LOCK_CALLS[unlock](e, part(unlock, guard), dst + 1)
        e.here(got)
        e.here(end)

    return meaning


def _table() -> Mapping[str, Meaning]:
    table: dict[str, Meaning] = {}
    for counter in ("atomic", "refcount"):
        table[f"{counter}_dec_and_lock"] = _last_put(counter, "spin_lock", "spin_unlock")
        table[f"{counter}_dec_and_mutex_lock"] = _last_put(counter, "mutex_lock", "mutex_unlock")
    return MappingProxyType(table)


LAST_PUTS = _table()
"""How each of these primitives is compiled."""
