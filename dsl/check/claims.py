"""``final`` and ``invariant``: conditions over global places, judged in one moment."""

from __future__ import annotations

from collections.abc import Mapping

from dsl import protocol as p
from dsl import syntax as s
from dsl.check.bodies import Checked
from dsl.check.convert import truth
from dsl.check.walk import deep
from dsl.check.world import World
from dsl.types import BOOL

PURE = (
    "READ_ONCE",
    "data_race",
    "rcu_access_pointer",
    "rcu_dereference",
    "atomic_read",
    "atomic_read_acquire",
    "refcount_read",
    "test_bit",
    "spin_is_locked",
    "mutex_is_locked",
    "rwsem_is_locked",
    "folio_test_locked",
    "likely",
    "unlikely",
)
"""Primitives that only look; the others cannot stand in a claim."""


def claim(world: World, decl: s.Final | s.Invariant, run: Mapping[str, int]) -> p.Claim:
    """The checked claim; calls of one-``return`` functions are put in place.

    ``run`` has the actors that ``forall_actors()`` may speak of, and how many of each run.
    """
    body = Checked(world)
    body.claim = True
    body.run = run
    condition = truth(world.report, body.value(decl.condition, BOOL))
    for part in deep(condition):
        _refuse_effects(world, part)
    message = "" if decl.message is None else decl.message.text
    return p.Claim(condition, message, decl.span)


def _refuse_effects(world: World, part: p.Expr | p.Place) -> None:
    match part:
        case p.Assign(_, _, _, _, span):
            world.report.fail("impure-claim", "a claim assigns nothing", span)
        case p.Choose(_, _, _, span):
            world.report.fail("impure-claim", "a claim chooses nothing", span)
        case p.CallPrimitive(name) if name not in PURE:
            world.report.fail(
                "impure-claim", f"`{name}()` does something: a claim only looks", part.span
            )
        case _:
            pass
