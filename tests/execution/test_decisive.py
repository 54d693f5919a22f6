"""Which steps of a witness count as decisive, worked out by hand."""

from __future__ import annotations

import pytest

from dsl.frozen import replace
from dsl.source import Span
from prover.execution.decisive import with_something
from prover.execution.witness import Moment
from prover.pipeline import run
from prover.render.witness_rows import source_text
from prover.verdict import Refuted, Request


def steps(text: str) -> dict[str, bool]:
    """The statements of the witness, as ``actor: statement``: whether a step of theirs decides."""
    report = run(Request(("-",), stdin_text=text, jobs=1), lambda _: None)
    (file,) = report.files
    assert not file.diagnostics, file.diagnostics
    (outcome,) = file.outcomes
    assert isinstance(outcome.verdict, Refuted), outcome.verdict
    witness = outcome.verdict.witness
    found: dict[str, bool] = {}
    for moment in witness.moments:
        name = witness.columns[moment.thread].name
        said = f"{name}: {source_text(moment, file.sources)}"
        found[said] = found.get(said, False) or moment.decisive
    return found


SECTIONS = """\
models sc;
int x;
int y;
spinlock_t lock;
spinlock_t idle;
actor writer {
	spin_lock(&idle);
	spin_unlock(&idle);
	spin_lock(&lock);
	WRITE_ONCE(x, 1);
	smp_wmb();
	WRITE_ONCE(y, 1);
	spin_unlock(&lock);
}
actor reader {
	int a = READ_ONCE(x);
	smp_rmb();
	int b = READ_ONCE(y);
	assert(a == b, "both or none");
}
scenario s {
	run writer, reader;
	expect refuted assert;
}
"""


def test_sections_count_where_a_step_in_them_does() -> None:
    """And barriers do not, where no memory model has a use for them."""
    found = steps(SECTIONS)
    assert found["reader: int a = READ_ONCE(x)"]
    assert not found["reader: smp_rmb()"]
    assert found["writer: spin_lock(&lock)"]
    assert found["writer: WRITE_ONCE(x, 1)"]
    assert not found["writer: spin_lock(&idle)"]
    assert not found["writer: spin_unlock(&idle)"]


AGAIN = """\
models sc;
struct thing { int value; };
struct thing first;
struct thing other;
struct thing *p = &first;
actor user {
	struct thing *mine = READ_ONCE(p);
	if (READ_ONCE(p) == mine) {
		mine = READ_ONCE(p);
		READ_ONCE(mine->value);
	}
}
actor owner {
	free(&other);
	WRITE_ONCE(p, NULL);
	free(&first);
}
scenario s {
	run user, owner;
	expect refuted use-after-free allowing null-pointer;
}
"""


def test_what_is_seen_again_and_what_else_is_freed_does_not_count() -> None:
    """Of looks that find the same the first does, and the one that the reasons speak of."""
    found = steps(AGAIN)
    assert found["user: struct thing *mine = READ_ONCE(p)"]
    assert not found["user: if (READ_ONCE(p) == mine)"]
    assert found["user: READ_ONCE(mine->value)"]
    assert found["owner: WRITE_ONCE(p, NULL)"]
    assert found["owner: free(&first)"]
    assert not found["owner: free(&other)"]


CHANGED = """\
models sc;
struct thing { int value; };
struct thing first;
struct thing other;
struct thing *p = &first;
actor user {
	struct thing *mine = READ_ONCE(p);
	struct thing *then = READ_ONCE(p);
	if (READ_ONCE(p) == mine)
		assert(then == mine, "nothing changed");
}
actor owner {
	WRITE_ONCE(p, &other);
	WRITE_ONCE(p, &first);
}
scenario s {
	run user, owner;
	expect refuted assert;
}
"""


def test_what_is_seen_again_counts_if_it_has_changed_meanwhile() -> None:
    """The last look finds the value of the first, stored anew."""
    found = steps(CHANGED)
    assert found["user: struct thing *mine = READ_ONCE(p)"]
    assert found["user: struct thing *then = READ_ONCE(p)"]
    assert found["user: if (READ_ONCE(p) == mine)"]


REFUSED = """\
models sc;
spinlock_t lock;
actor holder {
	spin_lock(&lock);
	spin_unlock(&lock);
}
actor trier {
	if (!spin_trylock(&lock))
		assert(false, "it is free");
	else
		spin_unlock(&lock);
}
scenario s {
	run holder, trier;
	expect refuted assert;
}
"""


def test_whoever_holds_a_lock_that_is_tried_counts() -> None:
    found = steps(REFUSED)
    assert found["holder: spin_lock(&lock)"]
    assert found["trier: if (!spin_trylock(&lock))"]


MESSAGE = """\
models lkmm;
int data;
int flag;
int idle;
actor sender {
	WRITE_ONCE(idle, 1);
	WRITE_ONCE(data, 1);
	WRITE_ONCE(flag, 1);
}
actor receiver {
	READ_ONCE(idle);
	if (READ_ONCE(flag)) {
		smp_rmb();
		assert(READ_ONCE(data) == 1, "it is there");
	}
}
scenario s {
	run sender, receiver;
	expect refuted assert;
}
"""


def test_barriers_count_under_a_weak_model() -> None:
    found = steps(MESSAGE)
    assert found["receiver: smp_rmb()"]
    assert found["receiver: if (READ_ONCE(flag))"]
    assert not found.get("receiver: READ_ONCE(idle)", False)


@pytest.mark.parametrize("lone", [True, False])
def test_all_of_a_thread_counts_where_none_of_it_does_by_itself(lone: bool) -> None:
    step = Moment(0, "load", Span("a", 0, 1), (), (), "", False, decisive=False)
    other = replace(step, thread=0 if lone else 1, decisive=True)
    assert [m.decisive for m in with_something((step, other))] == [not lone, True]
