"""The state of a task: who is about to sleep must not call what may sleep itself.

``__might_sleep()`` of the kernel warns where it is not TASK_RUNNING: "do not call blocking ops when
!TASK_RUNNING".  The state is a register of the actor's, which nobody else reads here.
"""

from __future__ import annotations

from dsl import protocol as p
from dsl.source import Span
from prover.graph import expressions as ex
from prover.graph.context import Meaning, Scope
from prover.graph.ir import Assign, Expr, Reg
from prover.graph.lower_expr import value

_STATE = "task-state"

SLEEPING = frozenset(
    (
        *("might_sleep", "mutex_lock", "mutex_lock_nested"),
        *("mutex_lock_killable", "mutex_lock_interruptible"),
        *("mutex_lock_killable_nested", "mutex_lock_interruptible_nested"),
        *("down_read", "down_read_nested", "down_write", "down_write_nested"),
        *("down_read_killable", "down_read_interruptible", "down_write_killable"),
        *("down_read_killable_nested", "down_write_killable_nested"),
        *("folio_lock", "folio_lock_killable"),
        *("synchronize_rcu", "synchronize_rcu_expedited", "rcu_barrier"),
        *("synchronize_srcu", "synchronize_srcu_expedited", "srcu_barrier"),
        *("init_srcu_struct", "cleanup_srcu_struct"),
    )
)
"""The primitives that ask whether sleeping is right; cond_resched() does not look at the state."""


def set_state(scope: Scope, state: Expr, span: Span) -> None:
    """The task has a state from here on: 0 is TASK_RUNNING."""
    scope.builder.emit(Assign(_STATE, scope.apply("bool", state), scope.origin(span)))


def normal_state_change(scope: Scope, call: p.CallPrimitive) -> Expr:
    """``debug_normal_state_change()``."""
    set_state(scope, value(scope, call.arguments[0]), call.span)
    scope.graph.stated = True
    return ex.ZERO


def awake(meaning: Meaning) -> Meaning:
    """The meaning of what may sleep: not where the task is about to."""

    def checked(scope: Scope, call: p.CallPrimitive) -> Expr:
        if scope.graph.states:
            said = "the task is about to sleep: its state is not TASK_RUNNING"
            scope.check("sleep-in-atomic", scope.apply("!", Reg(_STATE)), said, call.span)
        return meaning(scope, call)

    return checked
