"""Deadlocks that a weaker model only may have: replayed, or nothing is said of them."""

from __future__ import annotations

import pytest

from prover.pipeline import run
from prover.verdict import Refuted, Request, Unknown, Verdict

QUEUED = """\
models {model};
struct rw_semaphore s;
int f;

actor t {{
	down_read(&s);
	if (!down_read_trylock(&s))
		WRITE_ONCE(f, 1);
	else
		up_read(&s);
	up_read(&s);
}}

actor w {{
	down_write(&s);
	up_write(&s);
}}

// The writer stands in the queue before f is stored, so not between these two.  A trylock that it
// makes fail reads nothing of it (docs/roadmap.md), so weaker models do not know.
actor c {{
	if (READ_ONCE(f)) {{
		down_read(&s);
		down_read_nested(&s, 1);
		{ends}
	}}
}}

scenario s {{
	run t, w, c;
	{expects}
}}
"""
GIVES_BACK = "up_read(&s); up_read(&s);"

INTERRUPTED = """\
models {model};
struct o {{
	struct rcu_head rcu;
}};
struct o obj;
spinlock_t l;
int x;
int y;
int both;

static void taken_later(struct rcu_head *head)
{{
	spin_lock(&l);
	spin_unlock(&l);
}}

actor a {{
	WRITE_ONCE(x, 1);
	if (!READ_ONCE(y))
		smp_store_release(&both, 1);
}}

// With interleavings it is not both: one of the two stores is the first.
actor b {{
	WRITE_ONCE(y, 1);
	if (!READ_ONCE(x)) {{
		if (smp_load_acquire(&both)) {{
			call_rcu(&obj.rcu, taken_later);
			spin_lock(&l);
			spin_unlock(&l);
		}}
	}}
}}

scenario s {{
	run a, b;
	{expects}
}}
"""
"""A callback may interrupt who holds the lock that it wants, on its CPU."""


def verdict(template: str, model: str, ends: str = "", expects: str = "") -> Verdict:
    text = template.format(model=model, ends=ends, expects=expects)
    (file,) = run(Request(("-",), stdin_text=text, jobs=1), lambda _: None).files
    (outcome,) = file.outcomes
    return outcome.verdict


@pytest.mark.parametrize("model", ["tso", "lkmm"])
def test_a_deadlock_is_replayed(model: str) -> None:
    found = verdict(QUEUED, model, GIVES_BACK)
    assert isinstance(found, Refuted)
    assert found.properties == ("deadlock",)
    assert [moment.note for moment in found.witness.moments if moment.bad] == ["waits for ever"] * 2


def test_sequential_consistency_has_none() -> None:
    found = verdict(QUEUED, "sc")
    assert isinstance(found, Refuted)
    assert set(found.properties) == {"lock-held-at-end"}


@pytest.mark.parametrize("model", ["tso", "lkmm"])
def test_nor_is_it_left_out_beside_another_violation(model: str) -> None:
    found = verdict(QUEUED, model, expects="expect refuted lock-held-at-end;")
    assert isinstance(found, Refuted)
    assert set(found.properties) == {"lock-held-at-end", "deadlock"}


@pytest.mark.parametrize("model", ["tso", "lkmm"])
def test_who_is_interrupted_is_not_replayed(model: str) -> None:
    found = verdict(INTERRUPTED, model, expects="expect refuted lock-order;")
    assert isinstance(found, Unknown)
    assert found.why == f"a deadlock that only {model} shows has no replay yet"
