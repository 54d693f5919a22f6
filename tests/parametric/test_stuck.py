"""Deadlocks as views see them: never fewer than there are, whatever the size."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl.check import check
from dsl.imports import load, load_text
from prover.parametric.invariant import Safe
from prover.parametric.search import Limits, search
from tests.parametric.comparing import system

RING = """\
models sc;

struct foo {
	struct rcu_head rcu;
};

struct foo A;
struct foo B;
struct foo C;
struct srcu_struct a;
struct srcu_struct b;
struct srcu_struct c;

static void callback(struct rcu_head *head) { }

actor user {
	int idx;

	if (choose()) {
		call_srcu(&a, &A.rcu, callback);
		idx = srcu_read_lock(&b);
		srcu_barrier(&a);
		srcu_read_unlock(&b, idx);
	} else if (choose()) {
		call_srcu(&b, &B.rcu, callback);
		idx = srcu_read_lock(&c);
		srcu_barrier(&b);
		srcu_read_unlock(&c, idx);
	} else {
		call_srcu(&c, &C.rcu, callback);
		idx = srcu_read_lock(&a);
		srcu_barrier(&c);
		srcu_read_unlock(&a, idx);
	}
}

scenario all {
	run user *;
}
"""

OWN = """\
models sc;

struct foo {
	struct rcu_head rcu;
};

struct foo A;
struct srcu_struct s;

static void callback(struct rcu_head *head) { }

actor user {
	int idx;

	call_srcu(&s, &A.rcu, callback);
	idx = srcu_read_lock(&s);
	srcu_barrier(&s);
	srcu_read_unlock(&s, idx);
}

scenario all {
	run user;
}
"""

CASES = Path(__file__).parent.parent / "cases" / "verdict" / "anynumber"


@pytest.mark.parametrize("size", [1, 2])
def test_who_waits_for_readers_may_wait_for_ever(size: int) -> None:
    protocol = check(load(CASES / "srcu_in_rwsem_wrong.khp", ()))
    rules = system(protocol, "any", many=frozenset(("updater", "reader")))
    found = search(rules, size, Limits(seconds=20))
    assert isinstance(found, Safe)
    assert found.stuck is not None


def test_three_may_wait_for_callbacks_behind_each_other() -> None:
    rules = system(check(load_text("t.khp", RING, None, ())), "all", many=frozenset(("user",)))
    found = search(rules, 2, Limits(seconds=20))
    assert isinstance(found, Safe)
    assert found.stuck is not None
    assert dict(found.stuck.actors)["user"] == 3


def test_a_callback_may_wait_for_a_reader_that_began_later() -> None:
    rules = system(check(load_text("t.khp", OWN, None, ())), "all")
    found = search(rules, 2, Limits(seconds=20))
    assert isinstance(found, Safe)
    assert found.stuck is not None
