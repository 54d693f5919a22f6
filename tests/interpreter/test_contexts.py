"""RCU sections and grace periods, callbacks, interrupts, IPIs, sleeping."""

from __future__ import annotations

import pytest

BASE = """struct s { int n; struct rcu_head h; spinlock_t l; }; struct s o; struct s *gp = &o; int x; int r;
spinlock_t sl class("sl"); rwlock_t rw class("rw"); struct mutex mx class("mx"); struct rw_semaphore rs class("rs");
struct f { folio_lock_t lock; }; struct f fo; struct s *mine;
void done(struct rcu_head *h) { free(container_of(h, struct s, h)); }
void poke(void) { x = 1; }
"""

REGIONS = [
    ("rcu_read_lock();", "rcu_read_unlock();"),
    ("rcu_read_lock(); rcu_read_lock(); rcu_read_unlock();", "rcu_read_unlock();"),
    ("local_irq_disable();", "local_irq_enable();"),
    ("unsigned long fl; local_irq_save(fl);", "local_irq_restore(fl);"),
    ("preempt_disable();", "preempt_enable();"),
    ("preempt_disable(); preempt_disable(); preempt_enable();", "preempt_enable();"),
    ("local_bh_disable();", "local_bh_enable();"),
    ("spin_lock(&sl);", "spin_unlock(&sl);"),
    ("read_lock(&rw);", "read_unlock(&rw);"),
    ("write_lock(&rw);", "write_unlock(&rw);"),
    ("spin_lock_bh(&sl);", "spin_unlock_bh(&sl);"),
]

NO_REGIONS = [
    ("", ""),
    ("mutex_lock(&mx);", "mutex_unlock(&mx);"),
    ("down_read(&rs);", "up_read(&rs);"),
    ("folio_lock(&fo);", "folio_unlock(&fo);"),
]

WAITS = [
    "gp = NULL; synchronize_rcu(); free(&o);",
    "gp = NULL; synchronize_rcu_expedited(); free(&o);",
    "gp = NULL; call_rcu(&o.h, done);",
    "gp = NULL; mine = &o; struct s *p = mine; kfree_rcu(p, h);",
    "gp = NULL; kfree_rcu(mine == NULL ? &o : mine, h);",
]


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize(("enter", "leave"), REGIONS)
def test_a_grace_period_waits_for_regions(lab, wait: str, enter: str, leave: str) -> None:
    text = f"{BASE} actor w {{ {wait} }} actor a {{ {enter} struct s *p = gp; if (p) r = p->n; {leave} }}"
    assert lab.kinds(text) == set()


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize(("enter", "leave"), NO_REGIONS)
def test_a_grace_period_waits_for_nothing_else(lab, wait: str, enter: str, leave: str) -> None:
    text = f"{BASE} actor w {{ {wait} }} actor a {{ {enter} struct s *p = gp; if (p) r = p->n; {leave} }}"
    assert lab.kinds(text) == {"use-after-free"}


def test_a_section_begun_later_is_not_waited_for(lab) -> None:
    text = (
        BASE
        + """actor w { synchronize_rcu(); free(&o); }
    actor a { rcu_read_lock(); struct s *p = gp; if (p) r = p->n; rcu_read_unlock(); }"""
    )
    assert lab.kinds(text) == {"use-after-free"}


def test_the_outermost_section_counts(lab) -> None:
    text = (
        BASE
        + """actor w { gp = NULL; synchronize_rcu(); free(&o); }
    actor a { rcu_read_lock(); rcu_read_unlock(); rcu_read_lock(); rcu_read_lock(); struct s *p = gp;
    rcu_read_unlock(); if (p) r = p->n; rcu_read_unlock(); }"""
    )
    assert lab.kinds(text) == set()


def test_each_lock_held_is_a_region_of_its_own(lab) -> None:
    text = (
        BASE
        + """actor w { gp = NULL; synchronize_rcu(); free(&o); }
    actor a { spin_lock(&sl); struct s *p = gp; read_lock(&rw); spin_unlock(&sl); if (p) r = p->n; read_unlock(&rw); }"""
    )
    assert lab.kinds(text) == {"use-after-free"}


def test_call_rcu_waits_for_its_callers_own_section(lab) -> None:
    text = BASE + "actor a { rcu_read_lock(); call_rcu(&o.h, done); r = o.n; rcu_read_unlock(); }"
    assert lab.kinds(text) == set()
    assert lab.kinds(
        text.replace("r = o.n; rcu_read_unlock();", "rcu_read_unlock(); r = o.n;")
    ) == {"use-after-free"}


def test_kfree_rcu_of_null_does_nothing(lab) -> None:
    assert lab.kinds(BASE + "actor a { struct s *p = NULL; kfree_rcu(p, h); }") == set()


def test_a_callback_frees_once(lab) -> None:
    text = BASE + "actor a { call_rcu(&o.h, done); free(&o); }"
    # Who comes second: the actor's free(), or RCU that finds the callback by its head.
    assert lab.kinds(text) == {"double-free", "use-after-free"}
    text = BASE + "actor a { free(&o); call_rcu(&o.h, done); }"
    assert lab.kinds(text) == {"use-after-free"}


def test_a_deferred_free_is_judged_where_it_was_asked_for(lab, checked) -> None:
    text = BASE + "actor a { struct s *p = &o; kfree_rcu(p, h); free(&o); }"
    source = checked(text).sources["t.khp"].text
    sites = lab.explore(text).violation_sites
    assert {(kind, source[span.start : span.end]) for kind, span in sites} == {
        ("double-free", "kfree_rcu(p, h)"),
        ("double-free", "free(&o)"),
    }


def test_rcu_barrier_waits_for_callbacks_by_anyone(lab) -> None:
    text = (
        BASE
        + """void mark(struct rcu_head *h) { x = 1; }
    actor a { call_rcu(&o.h, mark); smp_store_release(&r, 1); }
    actor b { if (smp_load_acquire(&r)) { rcu_barrier(); BUG_ON(!x); } }"""
    )
    assert lab.kinds(text) == set()
    assert lab.kinds(text.replace("rcu_barrier()", "synchronize_rcu()")) == {"bug-on"}


def test_a_run_ends_with_its_callbacks(lab) -> None:
    text = (
        BASE
        + """void mark(struct rcu_head *h) { x = 1; } actor a { call_rcu(&o.h, mark); }
    scenario s { run a; final x == 1; }"""
    )
    assert lab.kinds(text) == set()


def test_a_callback_waits_for_a_stopped_actor_for_ever(lab) -> None:
    text = (
        BASE
        + """void mark(struct rcu_head *h) { x = 1; } actor a { call_rcu(&o.h, mark); }
    actor b { rcu_read_lock(); assume(0); }"""
    )
    found = lab.explore(text)
    assert not found.violations
    assert not found.some_run_ends
    assert {dict(o.places)["x"] for o in found.outcomes} == {"0", "1"}


@pytest.mark.parametrize(
    "body",
    [
        "mutex_lock(&mx); mutex_unlock(&mx);",
        "down_read(&rs); up_read(&rs);",
        "down_write(&rs); up_write(&rs);",
        "folio_lock(&fo); folio_unlock(&fo);",
        "synchronize_rcu();",
        "rcu_barrier();",
        "might_sleep();",
    ],
)
def test_sleeping_in_atomic_context(lab, body: str) -> None:
    for enter, leave in REGIONS:
        assert lab.kinds(f"{BASE} actor a {{ {enter} {body} {leave} }}") == {"sleep-in-atomic"}, (
            enter
        )
    for enter, leave in NO_REGIONS:
        if enter == "" or enter[-5:-1] not in body:
            assert lab.kinds(f"{BASE} actor a {{ {enter} {body} {leave} }}") == set(), enter
    assert lab.kinds(
        f"{BASE} void cb(struct rcu_head *h) {{ {body} }} actor a {{ call_rcu(&o.h, cb); }}"
    ) == {"sleep-in-atomic"}
    assert "sleep-in-atomic" in lab.kinds(
        f"{BASE} void fn(void) {{ {body} }} actor a {{ smp_call_function(fn, 0); }} actor b {{ }}"
    )


def test_trylocks_never_sleep(lab) -> None:
    text = (
        BASE
        + """actor a { spin_lock(&sl);
    if (mutex_trylock(&mx)) mutex_unlock(&mx); if (down_read_trylock(&rs)) up_read(&rs);
    if (folio_trylock(&fo)) folio_unlock(&fo); spin_unlock(&sl); }"""
    )
    assert lab.kinds(text) == set()


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        ("rcu_read_unlock();", {"rcu-unbalanced"}),
        ("rcu_read_lock();", {"rcu-unbalanced"}),
        ("rcu_read_lock(); rcu_read_lock(); rcu_read_unlock();", {"rcu-unbalanced"}),
        ("local_irq_enable();", {"irq-unbalanced"}),
        ("local_irq_disable();", {"irq-unbalanced"}),
        ("local_irq_disable(); local_irq_disable(); local_irq_enable();", set()),
        ("local_irq_disable(); local_irq_enable(); local_irq_enable();", {"irq-unbalanced"}),
        ("spin_lock(&sl); spin_unlock_irq(&sl);", {"irq-unbalanced"}),
        ("spin_lock_irq(&sl); spin_unlock(&sl);", {"irq-unbalanced"}),
        ("preempt_enable();", {"preempt-unbalanced"}),
        ("preempt_disable();", {"preempt-unbalanced"}),
        ("local_bh_enable();", {"preempt-unbalanced"}),
        ("local_bh_disable();", {"preempt-unbalanced"}),
        ("preempt_enable(); preempt_disable();", {"preempt-unbalanced"}),
        ("local_bh_enable(); local_bh_disable();", {"preempt-unbalanced"}),
        ("rcu_read_unlock(); rcu_read_lock();", {"rcu-unbalanced"}),
        ("local_irq_enable(); local_irq_disable();", {"irq-unbalanced"}),
        ("spin_lock(&sl); spin_unlock_bh(&sl);", {"preempt-unbalanced"}),
        ("rcu_read_lock(); local_irq_disable();", {"rcu-unbalanced", "irq-unbalanced"}),
        ("unsigned long f; local_irq_restore(f);", {"uninitialized"}),
        (
            "unsigned long f; local_irq_save(f); local_irq_enable(); local_irq_restore(f);",
            {"irq-unbalanced"},
        ),
        ("unsigned long f = 1; local_irq_restore(f); local_irq_enable();", {"irq-unbalanced"}),
        (
            "unsigned long f; unsigned long g; local_irq_save(f); local_irq_save(g); local_irq_restore(g); BUG_ON(!irqs_disabled()); local_irq_restore(f); BUG_ON(irqs_disabled());",
            set(),
        ),
        (
            "unsigned long f; spin_lock_irqsave(&sl, f); BUG_ON(!irqs_disabled()); spin_unlock_irqrestore(&sl, f); BUG_ON(irqs_disabled());",
            set(),
        ),
    ],
)
def test_balance(lab, body: str, kinds: set[str]) -> None:
    assert lab.kinds(f"{BASE} actor a {{ {body} }}") == kinds


def test_a_stopped_actor_is_not_asked_for_balance(lab) -> None:
    assert (
        lab.kinds(
            BASE + "actor a { rcu_read_lock(); preempt_disable(); spin_lock(&sl); assume(0); }"
        )
        == set()
    )


def test_balance_in_callbacks_and_handlers(lab) -> None:
    for statement, kind in (
        ("rcu_read_lock();", "rcu-unbalanced"),
        ("spin_lock(&sl);", "lock-held-at-end"),
        ("local_bh_enable();", "preempt-unbalanced"),
    ):
        text = f"{BASE} void cb(struct rcu_head *h) {{ {statement} }} actor a {{ call_rcu(&o.h, cb); }}"
        assert lab.kinds(text) == {kind}
    text = (
        BASE
        + "void fn(void) { local_irq_enable(); } actor a { smp_call_function(fn, 0); } actor b { }"
    )
    assert lab.kinds(text) == {"irq-unbalanced"}


# --- IPIs -------------------------------------------------------------------------------


def test_an_ipi_runs_on_every_other_actor(lab) -> None:
    text = (
        BASE
        + """void count(void) { x++; } actor a { smp_call_function(count, true); r = x; } actor b { } actor c { }"""
    )
    assert lab.finals(text, "r") == {("2",), ("1",)}  # two handlers may lose an increment
    assert lab.finals(text.replace("actor c { }", ""), "r") == {("1",)}
    assert lab.finals(text.replace("actor b { } actor c { }", ""), "r") == {("0",)}


def test_an_ipi_to_a_mask(lab) -> None:
    text = (
        BASE
        + """atomic_t n; void count(void) { atomic_inc(&n); }
    actor a { smp_call_function(count, true, b, a); r = atomic_read(&n); } actor b { } actor c { }
    scenario s { run a, b * 2, c; }"""
    )
    assert lab.finals(text, "r") == {("2",)}


def test_without_wait_the_caller_goes_on(lab) -> None:
    text = BASE + "actor a { smp_call_function(poke, false); r = x; } actor b { }"
    assert lab.finals(text, "r", "x") == {("0", "1"), ("1", "1")}


def test_an_ipi_waits_for_irq_off_regions_only(lab) -> None:
    wait = BASE + "actor w { gp = NULL; smp_call_function(poke, true); free(&o); }"
    for enter, leave in REGIONS:
        text = f"{wait} actor a {{ {enter} struct s *p = gp; if (p) r = p->n; {leave} }}"
        expected = set() if "irq" in enter else {"use-after-free"}
        assert lab.kinds(text) == expected, enter
    for enter, leave in (
        ("spin_lock_irq(&sl);", "spin_unlock_irq(&sl);"),
        ("unsigned long f; spin_lock_irqsave(&sl, f);", "spin_unlock_irqrestore(&sl, f);"),
    ):
        text = f"{wait} actor a {{ {enter} struct s *p = gp; if (p) r = p->n; {leave} }}"
        assert lab.kinds(text) == set()


def test_a_handler_is_atomic_for_its_host_only(lab) -> None:
    text = (
        BASE
        + """int h1; int h2; void two(void) { h1 = x; h2 = x; } actor a { smp_call_function(two, true, b); }
    actor b { x = 1; } actor c { }"""
    )
    assert lab.finals(text, "h1", "h2") == {("0", "0"), ("1", "1")}
    other = text.replace("actor c { }", "actor c { x = 2; }")
    assert ("0", "2") in lab.finals(other, "h1", "h2")


@pytest.mark.parametrize("wait", ["true", "false"])
@pytest.mark.parametrize("enter", ["local_irq_disable();", "spin_lock_irq(&sl);"])
def test_an_ipi_with_interrupts_off(lab, enter: str, wait: str) -> None:
    sends = f"smp_call_function(poke, {wait}); assume(0);"
    assert lab.kinds(f"{BASE} actor a {{ {enter} {sends} }} actor b {{ }}") == {"ipi-irqs-off"}
    assert lab.kinds(f"{BASE} actor a {{ {sends} }} actor b {{ }}") == set()


def test_ended_blocked_and_stopped_actors_take_ipis(lab) -> None:
    for body in ("", "assume(0);", "spin_lock(&sl); spin_unlock(&sl);"):
        text = f"{BASE} actor a {{ spin_lock(&sl); smp_call_function(poke, true); spin_unlock(&sl); r = 1; }} actor b {{ {body} }}"
        assert lab.finals(text, "r", "x") == {("1", "1")}, body


def test_a_stopped_actor_with_interrupts_off_takes_none(lab) -> None:
    text = (
        BASE
        + "actor a { smp_call_function(poke, true); r = 1; } actor b { local_irq_disable(); assume(0); }"
    )
    assert lab.kinds(text) == set()
    assert ("blocked", "stopped") in lab.statuses(text)


def test_an_interrupted_actor_cannot_unlock(lab) -> None:
    text = (
        BASE
        + """void take(void) { spin_lock(&sl); spin_unlock(&sl); }
    actor a { smp_call_function(take, true); } actor b { spin_lock(&sl); spin_unlock(&sl); }"""
    )
    assert lab.kinds(text) == {"deadlock", "lock-order"}
    safe = text.replace(
        "actor b { spin_lock(&sl); spin_unlock(&sl); }",
        "actor b { spin_lock_irq(&sl); spin_unlock_irq(&sl); }",
    )
    assert lab.kinds(safe) == set()


def test_handlers_run_with_interrupts_off_and_delay_grace_periods(lab) -> None:
    text = (
        BASE
        + """void fn(void) { BUG_ON(!irqs_disabled()); struct s *p = gp; if (p) r = p->n; }
    actor a { smp_call_function(fn, false, b); gp = NULL; synchronize_rcu(); free(&o); } actor b { }"""
    )
    assert lab.kinds(text) == set()


def test_callbacks_delay_grace_periods(lab) -> None:
    text = (
        BASE
        + """struct s o2; void cb(struct rcu_head *h) { BUG_ON(irqs_disabled()); struct s *p = gp; if (p) r = p->n; }
    actor a { call_rcu(&o2.h, cb); gp = NULL; synchronize_rcu(); free(&o); }"""
    )
    assert lab.kinds(text) == set()
