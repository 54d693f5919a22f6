"""Schedules that there are none of: the machine of the replay must refuse each, for its reason.

What the solver shows are schedules that are allowed; only here is it shown others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from dsl.check import check
from dsl.imports import load_text
from prover.execution import skeleton as sk
from prover.execution.construct.program import build
from prover.execution.evaluate import Unknown
from prover.execution.run.machine import Decisions, Machine, stage
from prover.execution.run.state import NotAllowed
from prover.graph import compile_program
from prover.graph.values import Pointer, Value

LOCK = "struct mutex m; struct rw_semaphore s; spinlock_t l; int x;\n"
POOL = "struct foo { int v; }; pool struct foo foos[1]; int x;\n"


def scene(text: str) -> sk.Skeleton:
    """The skeleton of a text whose scenario runs every actor."""
    names = ", ".join(re.findall(r"^actor (\w+)", text, re.MULTILINE))
    source = f"models sc;\n{text}\nscenario s {{ run {names}; }}\n"
    return build(
        compile_program(check(load_text("t.khp", source, None, ())), "s", {}, 1, waiting=True)
    )


def carried_out(
    skeleton: sk.Skeleton,
    schedule: str,
    taken: Mapping[int, bool] | None = None,
    slots: Mapping[int, Value] | None = None,
) -> Machine:
    """The machine after a schedule: ``a3`` is the event at place 3 of thread ``a``."""
    machine = Machine(stage(skeleton), Decisions({}, taken or {}, slots or {}))
    for name, places in re.findall(r"(\w+):(\S+)", schedule):
        (thread,) = [t for t in skeleton.threads if t.name.partition("()")[0] == name]
        first, _, last = places.partition("-")
        for place in range(int(first), int(last or first) + 1):
            machine.step(thread.events[place])
    return machine


PROGRAMS = {
    "straight": """
int x;
actor a { x = 1; x = 2; }
""",
    "branch": """
int x;
int y;
actor a { if (READ_ONCE(x)) y = 1; }
actor b { x = 1; }
""",
    "mutex": """
struct mutex m;
actor a { mutex_lock(&m); mutex_unlock(&m); }
actor b { mutex_lock(&m); }
""",
    "readers": """
struct rw_semaphore s;
actor a { down_read(&s); }
actor b { down_write(&s); }
actor c { down_read(&s); }
""",
    "downgrade": """
struct rw_semaphore s;
actor a { down_write(&s); downgrade_write(&s); }
actor b { down_read(&s); }
actor c { down_write(&s); }
""",
    "section": """
int x;
actor a { rcu_read_lock(); x = 1; rcu_read_unlock(); }
actor b { synchronize_rcu(); }
""",
    "nested": """
int x;
actor a { rcu_read_lock(); rcu_read_lock(); rcu_read_unlock(); x = 1; rcu_read_unlock(); }
actor b { synchronize_rcu(); }
""",
    "spins": """
int x;
spinlock_t l;
actor a { spin_lock(&l); x = 1; spin_unlock(&l); }
actor b { synchronize_rcu(); }
""",
    "softirqs": """
int x;
actor a { local_bh_disable(); x = 1; local_bh_enable(); }
actor b { synchronize_rcu(); }
""",
    "srcu": """
struct srcu_struct ss;
struct srcu_struct other;
int x;
actor a { int i = srcu_read_lock(&ss); x = 1; srcu_read_unlock(&ss, i); }
actor b { synchronize_rcu(); }
actor c { synchronize_srcu(&ss); }
actor d { synchronize_srcu(&other); }
""",
    "read_twice": """
int x;
rwlock_t r, q;
actor a { read_lock(&r); read_lock(&q); read_unlock(&q); x = 1; read_unlock(&r); }
actor b { synchronize_rcu(); }
""",
    "callback": """
struct foo { struct rcu_head h; };
struct foo f;
int x;
static void fn(struct rcu_head *h) { x = 1; }
actor a { call_rcu(&f.h, fn); rcu_barrier(); }
""",
    "callback_and_reader": """
struct foo { struct rcu_head h; };
struct foo f;
int x;
static void fn(struct rcu_head *h) { x = 1; }
actor a { call_rcu(&f.h, fn); }
actor b { rcu_read_lock(); x = 2; rcu_read_unlock(); }
""",
    "callback_and_wait": """
struct foo { struct rcu_head h; };
struct foo f;
int x;
static void fn(struct rcu_head *h) { x = 1; }
actor a { call_rcu(&f.h, fn); }
actor b { synchronize_rcu(); }
""",
    "ipi": """
int x;
static void fn(void) { x = 1; }
actor a { smp_call_function(fn, true, b); }
actor b { local_irq_disable(); x = 2; local_irq_enable(); }
""",
    "ipis": """
int x;
static void fn(void) { x = 1; }
static void gn(void) { x = 3; }
static void hn(void) { x = 4; }
actor a {
	smp_call_function(fn, false, b);
	smp_call_function(gn, false, b);
	smp_call_function(hn, false, c);
}
actor b { x = 2; }
actor c { x = 4; }
""",
}


@pytest.mark.parametrize(
    ("program", "schedule", "allowed"),
    [
        ("straight", "a:0-3", True),
        ("straight", "a:1", False),
        ("straight", "a:0-1 a:1", False),
        ("straight", "a:0 a:2", False),
        ("branch", "a:0-1 a:2", False),
        ("branch", "a:0-1 a:3", True),
        ("branch", "b:0-1 a:0-3", True),
        ("branch", "b:0-1 a:0-1 a:3", False),
        ("mutex", "a:0-2 b:0-2", False),
        ("mutex", "a:0-3 b:0-2", True),
        ("readers", "a:0-2 c:0-2", True),
        ("readers", "a:0-2 b:0-1 c:0-2", False),
        ("readers", "a:0-2 c:0-1 b:0-1 c:2", True),
        ("readers", "a:0-2 b:0-2", False),
        ("downgrade", "a:0-2 b:0-2", False),
        ("downgrade", "a:0-3 b:0-2", True),
        ("downgrade", "a:0-3 c:0-2", False),
        ("section", "a:0-1 b:0-2", False),
        ("section", "b:0-1 a:0-1 b:2", True),
        ("section", "a:0-1 b:0-1 a:2-3 b:2", True),
        ("nested", "a:0-4 b:0-2", False),
        ("spins", "a:0-1 b:0-2", False),
        ("spins", "a:0-3 b:0-2", True),
        ("softirqs", "a:0-1 b:0-2", False),
        ("srcu", "a:0-1 b:0-2", True),
        ("srcu", "a:0-1 c:0-2", False),
        ("srcu", "a:0-1 d:0-2", True),
        ("srcu", "a:0-1 c:0-1 a:2-3 c:2", True),
        ("read_twice", "a:0-6 b:0-2", False),
        ("read_twice", "a:0-7 b:0-2", True),
        ("callback", "a:0-1 fn:0-3 a:2-3", True),
        ("callback", "a:0-3", False),
        ("callback", "a:0-1 fn:0-1 a:2-3", False),
        ("callback", "fn:0", False),
        ("callback_and_reader", "b:0-1 a:0-1 fn:0", False),
        ("callback_and_reader", "a:0-1 b:0-1 fn:0", True),
        ("callback_and_wait", "a:0-1 fn:0-1 b:0-2", False),
        ("callback_and_wait", "a:0-1 fn:0-3 b:0-2", True),
        ("ipi", "b:0-1 a:0-1 fn:0", False),
        ("ipi", "b:0-3 a:0-1 fn:0-2 a:2", True),
        ("ipi", "a:0-1 fn:0-1 a:2", False),
        ("ipis", "a:0-2 fn:0 gn:0", False),
        ("ipis", "a:0-2 fn:0 a:3-4 hn:0", True),
        ("ipis", "a:0-3", False),
        ("ipis", "a:0-2 fn:0-2 gn:0", True),
        ("ipis", "a:0-1 fn:0-1 b:0", False),
        ("ipis", "a:0-1 fn:0-2 b:0", True),
    ],
)
def test_a_schedule_is_one_or_none(program: str, schedule: str, allowed: bool) -> None:
    skeleton = scene(PROGRAMS[program])
    if allowed:
        assert carried_out(skeleton, schedule).violation is None
        return
    with pytest.raises((NotAllowed, Unknown)):
        carried_out(skeleton, schedule)


def test_a_trylock_comes_out_as_the_lock_is() -> None:
    text = f"{LOCK}actor a {{ mutex_lock(&m); }}\nactor b {{ if (mutex_trylock(&m)) x = 1; }}"
    skeleton = scene(text)
    number = next(e.number for e in skeleton.events if isinstance(e.action, sk.Try))
    carried_out(skeleton, "a:0-2 b:0-1", {number: False})
    carried_out(skeleton, "b:0-1", {number: True})
    # Somebody's request makes a trylock of a mutex fail.
    carried_out(skeleton, "a:0-1 b:0-1", {number: False})
    for schedule, taken in (("a:0-2 b:0-1", True), ("b:0-1", False)):
        with pytest.raises(NotAllowed):
            carried_out(skeleton, schedule, {number: taken})
    text = text.replace("mutex_lock(&m)", "spin_lock(&l)")
    text = text.replace("mutex_trylock(&m)", "spin_trylock(&l)")
    skeleton = scene(text)
    number = next(e.number for e in skeleton.events if isinstance(e.action, sk.Try))
    with pytest.raises(NotAllowed):
        carried_out(skeleton, "b:0-1", {number: False})


def test_an_alloc_gives_what_is_free() -> None:
    skeleton = scene(
        f"{POOL}actor a {{ struct foo *p = alloc(foos); if (p) free(p); }}\n"
        "actor b { struct foo *p = alloc(foos); if (p) free(p); }"
    )
    first, second = (e.number for e in skeleton.events if isinstance(e.action, sk.Allocate))
    (region,) = [r for r in skeleton.layout.regions.values() if r.pool]
    slots: dict[int, Value] = {n: Pointer(sk.life(region, n), ()) for n in (first, second)}
    carried_out(skeleton, "a:0-2 b:0-1", slots=slots)
    carried_out(skeleton, "a:0-1 b:0-1", slots={first: slots[first], second: 0})
    carried_out(skeleton, "a:0-1 b:0-1", slots={first: slots[first]})
    wrong_ones: list[dict[int, Value]] = [
        {first: slots[first], second: slots[second]},
        {first: 0, second: slots[second]},
    ]
    for wrong in wrong_ones:
        with pytest.raises(NotAllowed):
            carried_out(skeleton, "a:0-1 b:0-1", slots=wrong)


def test_nothing_is_given_where_nothing_is_asked_for() -> None:
    skeleton = scene(f"{POOL}actor a {{ struct foo *p = alloc(foos); if (!p) x = 1; }}")
    with pytest.raises(NotAllowed):
        carried_out(skeleton, "a:0-1")


def test_a_callback_begins_on_no_cpu_where_a_handler_runs() -> None:
    skeleton = scene(
        """
struct foo { struct rcu_head h; };
struct foo f;
spinlock_t l;
int x;
static void cb(struct rcu_head *h) { spin_lock(&l); spin_unlock(&l); }
static void fn(void) { x = 1; }
actor a { x = 2; }
actor b { call_rcu(&f.h, cb); smp_call_function(fn, false, a); }
"""
    )
    thread = {t.name.partition("()")[0]: t.number for t in skeleton.threads}
    during = carried_out(skeleton, "b:0-2 fn:0-1 cb:0")
    assert during.hosts[thread["cb"]] == {thread["b"]}
    after = carried_out(skeleton, "b:0-2 fn:0-2 cb:0")
    assert after.hosts[thread["cb"]] == {thread["a"], thread["b"]}


def test_whoever_stands_before_the_end_of_a_reader_may_end_it() -> None:
    skeleton = scene(
        """
struct srcu_struct ss;
int i;
actor a { i = srcu_down_read(&ss); }
actor b { srcu_up_read(&ss, i); }
actor c { synchronize_srcu(&ss); }
"""
    )
    (end,) = [e for e in skeleton.events if isinstance(e.action, sk.GraceEnd)]
    (up,) = [t.number for t in skeleton.threads if t.name == "b"]
    before = carried_out(skeleton, "a:0-3 c:0-1 b:0-1")
    assert before.judge.obstacles(end) == [{up}]
    assert carried_out(skeleton, "a:0-3 c:0-1 b:0-2").judge.obstacles(end) == []


def test_a_machine_has_not_looked_on_after_a_violation() -> None:
    text = f'{LOCK}actor a {{ assert(x == 1, "no"); x = 5; }}\nactor b {{ x = 1; }}'
    skeleton = scene(text)
    assert carried_out(skeleton, "b:0-1 a:0-1").violation is None
    machine = carried_out(skeleton, "a:0-2")
    assert machine.violation is not None
    assert machine.violation.properties == ("assert",)


def test_a_step_says_what_it_wrote_and_read() -> None:
    machine = carried_out(
        scene("int x = 3;\nint y;\nactor a { x = 5; y = READ_ONCE(x) + 1; }"), "a:0-3"
    )
    written = [(str(c.place[0]), c.old, c.new) for step in machine.steps for c in step.writes]
    read = [(str(place[0]), value) for step in machine.steps for place, value in step.reads]
    assert written == [("x", 3, 5), ("y", 0, 6)]
    assert read == [("x", 5)]
