"""``refcount_t``: counts up and down, and where the kernel warns and saturates.

A warning ends the run, as a ``WARN_ON()`` does, so what a saturated count does next need not
be said.
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl.types import Type
from prover.graph import expressions as ex
from prover.graph.arithmetic import arithmetic
from prover.graph.context import Meaning, Scope
from prover.graph.ir import Const, Expr
from prover.graph.primitives_atomic import (
    UPDATES,
    Row,
    Test,
    counter,
    gives_nothing,
    new_is,
    old_is,
    old_is_not_zero,
)

_SATURATED = -(2**30)
"""What the kernel makes of a refcount_t that it has warned about: INT_MIN / 2."""


def refcount_meanings() -> Iterator[tuple[str, Meaning]]:
    """The meanings of this module's primitives."""
    for name, row in _refcounts():
        yield name, counter(row)


def _refcounts() -> Iterator[tuple[str, Row]]:
    """As in the kernel's refcount.h: a relaxed get, a put that releases, the last one acquires."""
    add, sub = UPDATES["add"], UPDATES["sub"]
    for name, operand in (("inc", 1), ("add", None)):
        yield f"refcount_{name}", Row(add, gives_nothing, "noreturn", operand, warns=_get_warns)
        for suffix, order in (("", "relaxed"), ("_acquire", "acquire")):
            yield (
                f"refcount_{name}_not_zero{suffix}",
                Row(add, old_is_not_zero, order, operand, old_is_not_zero, warns=_live_warns),
            )
    yield "refcount_dec", Row(sub, gives_nothing, "release", 1, warns=_put_warns("<="))
    for name, operand in (("refcount_dec_and_test", 1), ("refcount_sub_and_test", None)):
        last = new_is(sub, "==")
        row = Row(sub, last, "release", operand, acquires=True, warns=_put_warns("<"))
        yield name, row
    yield "refcount_dec_if_one", Row(sub, _old_is_one, "release", 1, _old_is_one)
    yield (
        "refcount_dec_not_one",
        Row(sub, _old_is_not_one, "release", 1, _counts_down, warns=old_is("==")),
    )


def _old_is_one(scope: Scope, old: Expr, _amount: Expr, _type: Type) -> Expr:
    return scope.apply("==", old, ex.ONE)


def _old_is_not_one(scope: Scope, old: Expr, _amount: Expr, _type: Type) -> Expr:
    return scope.apply("!=", old, ex.ONE)


def _counts_down(scope: Scope, old: Expr, _amount: Expr, _type: Type) -> Expr:
    """refcount_dec_not_one() leaves 0, 1 and a saturated count alone."""
    kept = (ex.ZERO, ex.ONE, Const(_SATURATED))
    parts = [scope.apply("!=", old, number) for number in kept]
    return _both(scope, parts[0], _both(scope, parts[1], parts[2]))


def _both(scope: Scope, one: Expr, two: Expr) -> Expr:
    return scope.apply("select", one, two, ex.ZERO)


def _get_warns(scope: Scope, old: Expr, amount: Expr, type_: Type) -> Expr:
    """A count of zero is an object that is gone; one below is saturated, or about to overflow."""
    dead = scope.apply("<=", old, ex.ZERO)
    over = scope.apply("<", arithmetic(scope, "+", old, amount, type_), ex.ZERO)
    return scope.apply("select", dead, ex.ONE, over)


def _live_warns(scope: Scope, old: Expr, amount: Expr, type_: Type) -> Expr:
    """The same, where a count of zero is left alone."""
    return _both(
        scope, old_is_not_zero(scope, old, amount, type_), _get_warns(scope, old, amount, type_)
    )


def _put_warns(op: str) -> Test:
    """More is put than there is; ``<=``: or all, by a call that does not tell."""

    def warns(scope: Scope, old: Expr, amount: Expr, _type: Type) -> Expr:
        dead = scope.apply("<=", old, ex.ZERO)
        return scope.apply("select", dead, ex.ONE, scope.apply(op, old, amount))

    return warns
