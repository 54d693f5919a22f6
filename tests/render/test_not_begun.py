"""A callback that waits for ever has not begun: its step says so, and not that it has ended."""

from __future__ import annotations

from prover.pipeline import run
from prover.render.witness_table import witness_table
from prover.verdict import Refuted, Request

TEXT = """\
models sc;
struct foo { struct rcu_head rcu; };
struct foo A;
struct srcu_struct ss;

static void done(struct rcu_head *head) { }

actor waiter {
	call_srcu(&ss, &A.rcu, done);
	int idx = srcu_read_lock(&ss);
	srcu_barrier(&ss);
	srcu_read_unlock(&ss, idx);
}

scenario test { run waiter; }
"""


def test_what_has_not_begun_says_so() -> None:
    (file,) = run(Request(("-",), stdin_text=TEXT, jobs=1), lambda _: None).files
    (outcome,) = file.outcomes
    assert isinstance(outcome.verdict, Refuted)
    lines = witness_table(outcome.verdict.witness, file.sources)
    assert [line.strip() for line in lines if "(" in line and "begun" in line] == [
        "(not begun) [waits for ever]"
    ]
    assert not any("(end)" in line for line in lines)
