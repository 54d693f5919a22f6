"""Primitives of the kernel that this version does not decide, so that it can say so."""

from __future__ import annotations

from dsl import syntax as s
from dsl.check.context import Body
from dsl.check.library import refuse_unimported

_UNDECIDED_PREFIXES = {
    "read_seq": "sequence counters",
    "write_seq": "sequence counters",
    "raw_read_seq": "sequence counters",
    "raw_write_seq": "sequence counters",
    "raw_seqcount": "sequence counters",
    "seqcount_": "sequence counters",
    "seqlock_": "sequence locks",
    "done_seq": "sequence counters",
    "need_seq": "sequence counters",
    "srcu_": "other operations of SRCU",
    "start_poll_synchronize_srcu": "polled grace periods",
    "get_state_synchronize_srcu": "polled grace periods",
    "poll_state_synchronize_srcu": "polled grace periods",
    "wait_event": "waits for events",
    "wake_up": "waits for events",
    "wait_for_completion": "completions",
    "init_completion": "completions",
    "reinit_completion": "completions",
    "rcuwait_": "rcuwait",
    "bit_spin_": "bit spinlocks",
    "lockdep_assert": "assertions about held locks",
    "lockdep_is_held": "assertions about held locks",
    "smp_cond_load": "waits for a value",
    "raw_spin_": "raw spinlocks",
    "percpu_down_": "per-CPU rwsems",
    "percpu_up_": "per-CPU rwsems",
    "call_rcu_tasks": "RCU tasks",
    "synchronize_rcu_tasks": "RCU tasks",
}


def refuse_undecided(body: Body, callee: s.Name) -> None:
    """Name a primitive of the kernel that this version cannot decide; nothing for others."""
    refuse_unimported(body.report, callee.text, f"{callee.text}()", callee.span)
    for prefix, what in _UNDECIDED_PREFIXES.items():
        if callee.text.startswith(prefix):
            body.report.fail(
                "not-decided-yet",
                f"`{callee.text}()`: {what} are not decided by this version",
                callee.span,
            )
