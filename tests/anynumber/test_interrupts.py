"""Deadlocks with callbacks that interrupt an actor: views do not see whom they interrupt."""

from __future__ import annotations

import pytest

from dsl.check import check
from dsl.imports import load_text
from prover.pipeline.anynumber.decide import decide_any_number
from prover.pipeline.anynumber.real import engine
from prover.pipeline.limits import Limits
from prover.verdict import Obligation, Proved

# Who comes fourth may be interrupted by the callback of the third, and have the lock.
TEXT = """
models sc;
struct item { struct rcu_head rcu; };
struct item one;
spinlock_t lock;
int n;
static void done(struct rcu_head *head) { %s }
actor user {
	int k = READ_ONCE(n);
	if (k < 2)
		WRITE_ONCE(n, k + 1);
	else if (cmpxchg(&n, 2, 3) == 2)
		call_rcu(&one.rcu, done);
	else if (spin_trylock(&lock))
		spin_unlock(&lock);
}
scenario s { run user *; expect proved; }
"""


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("spin_lock(&lock); spin_unlock(&lock);", "lock-order and deadlock"),
        ("WRITE_ONCE(n, 3);", "lock-order"),
    ],
)
def test_where_a_callback_waits_only_numbers_say_so_of_deadlocks(body: str, named: str) -> None:
    protocol = check(load_text("t.khp", TEXT % body, None, ()))
    obligation = Obligation("s", "", (), "sc")
    verdict = decide_any_number(protocol, obligation, None, Limits(60.0, 2048, 4), engine()).verdict
    assert isinstance(verdict, Proved)
    assert verdict.number is not None
    assert verdict.number.limited == f"{named} checked up to user * 2"
