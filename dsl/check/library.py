"""Names that the kernel has and that a file of the library has: what to import for them."""

from __future__ import annotations

from dsl.check.report import Report
from dsl.source import Span

FILES: dict[str, tuple[str, ...]] = {
    "kernel/seqlock.khp": (
        *("struct seqcount", "struct seqlock", "seqcount_t", "seqlock_t"),
        *("raw_read_seqcount", "read_seqcount_begin", "raw_read_seqcount_begin"),
        *("raw_seqcount_begin", "read_seqcount_retry", "raw_write_seqcount_begin"),
        *("raw_write_seqcount_end", "write_seqcount_begin", "write_seqcount_end"),
        *("write_seqcount_invalidate", "read_seqbegin", "read_seqretry"),
        *("write_seqlock", "write_sequnlock"),
    ),
    "kernel/completion.khp": (
        *("struct completion", "init_completion", "reinit_completion", "complete"),
        *("complete_all", "wait_for_completion", "try_wait_for_completion"),
        "completion_done",
    ),
    "kernel/wait.khp": (
        *("struct wait_queue_head", "wait_queue_head_t", "init_waitqueue_head", "wake_up"),
        *("wake_up_all", "waitqueue_active", "wq_has_sleeper", "enter_wait_queue"),
        *("leave_wait_queue", "wait_event"),
    ),
    "kernel/sched.khp": (
        *("struct task_struct", "__set_current_state", "set_current_state", "schedule"),
        *("wake_up_state", "wake_up_process"),
    ),
    "kernel/kthread.khp": (
        *("struct kthread", "to_kthread", "kthread_should_stop", "kthread_exit", "kthread_stop"),
    ),
    "kernel/rcuwait.khp": (
        *("struct rcuwait", "rcuwait_wake_up", "prepare_to_rcuwait", "finish_rcuwait"),
        "rcuwait_wait_event",
    ),
    "kernel/bit_spinlock.khp": (
        *("bit_spin_lock", "bit_spin_trylock", "bit_spin_unlock", "bit_spin_is_locked"),
    ),
}
"""The types and functions of each file."""

_FILE_OF = {name: file for file, names in FILES.items() for name in names}


def refuse_unimported(report: Report, name: str, shown: str, span: Span) -> None:
    """Say what to import for a name of the library that nothing declares; nothing for others."""
    file = _FILE_OF.get(name)
    if file is not None:
        message = f"`{shown}` is in the library, and not imported"
        report.fail("not-decided-yet", message, span, f'write `import "{file}";`')
