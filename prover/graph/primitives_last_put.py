"""Counters that are put to zero under a lock: ``atomic_dec_and_lock()`` and its kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dsl import protocol as p
from dsl.frozen import replace
from dsl.types import INT
from prover.graph import expressions as ex
from prover.graph.context import Meaning, Scope
from prover.graph.ir import Assign, Expr, Reg


def last_put_meanings(known: Mapping[str, Meaning]) -> Iterator[tuple[str, Meaning]]:
    """The meanings of this module's primitives, made of ``known`` ones."""
    for counter, unless in (
        ("atomic", "atomic_add_unless"),
        ("refcount", "refcount_dec_not_one"),
    ):
        for name, lock, unlock in (
            ("lock", "spin_lock", "spin_unlock"),
            ("mutex_lock", "mutex_lock", "mutex_unlock"),
        ):
            parts = (unless, lock, f"{counter}_dec_and_test", unlock)
            yield f"{counter}_dec_and_{name}", _last_put(known, parts)


def _last_put(known: Mapping[str, Meaning], parts: tuple[str, str, str, str]) -> Meaning:
    """Counts down where that does not give zero; else takes the lock and looks again."""
    unless, lock, test, unlock = parts

    def meaning(scope: Scope, call: p.CallPrimitive) -> Expr:
        count, guard = call.arguments
        builder, result = scope.builder, scope.temporary()
        origin = scope.origin(call.span)

        def do(name: str, *arguments: p.Expr) -> Expr:
            part = replace(call, primitive=name, arguments=arguments)
            return scope.keep(known[name](scope, part), call.span)

        numbers = (p.Constant(-1, INT, call.span), p.Constant(1, INT, call.span))
        builder.emit(Assign(result, ex.ZERO, origin))
        maybe, back, done = (builder.name(n) for n in ("last", "not-last", "join"))
        counted = do(unless, count, *(numbers if unless == "atomic_add_unless" else ()))
        builder.branch(counted, done, maybe)
        builder.start(maybe)
        do(lock, guard)
        last = do(test, count)
        builder.emit(Assign(result, last, origin))
        builder.branch(Reg(result), done, back)
        builder.start(back)
        do(unlock, guard)
        builder.jump(done)
        builder.start(done)
        return Reg(result)

    return meaning
