"""What is built on the engine (protocols/kernel/) with a bug planted: a case notices each."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from prover.pipeline import run
from prover.verdict import Request, name_of

ROOT = Path(__file__).parents[2]
CASES = "tests/cases/verdict/waiting"


@dataclass(frozen=True, slots=True)
class Planted:
    """A bug: in a file of protocols/kernel/ ``old`` becomes ``new``; ``case`` is to notice."""

    name: str
    file: str
    old: str
    new: str
    case: str


BUGS = (
    Planted("a seqlock's writers exclude nobody", "seqlock", "spin_lock(&sl->lock)", "", "seqlock"),
    Planted(
        "a seqcount that readers do not look at again",
        "seqlock",
        "return READ_ONCE(s->sequence) != start;",
        "return false;",
        "seqcount",
    ),
    Planted(
        "a completion that is counted down when it is for all",
        "completion",
        "if (x->done != COMPLETE_ALL)\n\t\tWRITE_ONCE(x->done, x->done - 1);",
        "WRITE_ONCE(x->done, 0);",
        "completion_for_all",
    ),
    Planted(
        "a completion that nobody waits for",
        "completion",
        "while (!x->done) {",
        "while (false) {",
        "completion",
    ),
    Planted(
        "a wake-up that wakes nobody",
        "wait",
        "wq_head->wakeups + 1",
        "wq_head->wakeups",
        "wait_event",
    ),
    Planted(
        "who sleeps is not in the queue",
        "wait",
        "WRITE_ONCE(wq_head->queued, wq_head->queued + 1);",
        ";",
        "waitqueue_active",
    ),
    Planted(
        "an rcuwait that is not woken",
        "rcuwait",
        "smp_store_release(&w->state, TASK_RUNNING);\n\t}",
        "\n\t}",
        "rcuwait",
    ),
    Planted(
        "a task that is not woken",
        "sched",
        "WRITE_ONCE(p->__state, TASK_RUNNING);",
        ";",
        "schedule",
    ),
    Planted(
        "a sleep that waits for nobody",
        "sched",
        "VAL == TASK_RUNNING",
        "true",
        "schedule",
    ),
    Planted(
        "a bit spinlock that does not lock",
        "bit_spinlock",
        "if (!test_and_set_bit_lock(bitnum, addr))\n\t\t\treturn;",
        "set_bit(bitnum, addr);\n\t\treturn;",
        "bit_spinlock",
    ),
)


def verdicts(request: Request) -> list[str]:
    """What is decided of a case, which the table of tests/verdict/test_tables.py expects."""
    (file,) = run(request, lambda _: None).files
    assert not file.diagnostics
    return [name_of(outcome.verdict) for outcome in file.outcomes]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_a_bug_planted_in_the_library_is_noticed(bug: Planted, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "protocols" / "kernel", tmp_path / "kernel")
    case = tmp_path / f"{bug.case}.khp"
    shutil.copy(ROOT / CASES / case.name, case)
    request = Request(files=(str(case),), jobs=1)
    before = verdicts(request)
    assert before
    planted = tmp_path / "kernel" / f"{bug.file}.khp"
    text = planted.read_text(encoding="utf-8")
    assert bug.old in text, f"{planted.name} no longer reads {bug.old!r}"
    planted.write_text(text.replace(bug.old, bug.new), encoding="utf-8")
    after = verdicts(request)
    assert len(after) == len(before)
    assert after != before
