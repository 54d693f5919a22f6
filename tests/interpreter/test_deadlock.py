"""Actors that can never go on."""

from __future__ import annotations

BASE = """spinlock_t a1 class("A"); spinlock_t b1 class("B"); struct mutex mx class("M"); int x; int r;
struct s { struct rcu_head h; }; struct s o; struct f { folio_lock_t lock; }; struct f fo;
void nop(void) { } void cb(struct rcu_head *h) { x = 1; }
"""


def test_a_lock_that_an_ended_actor_holds(lab) -> None:
    text = BASE + "actor a { spin_lock(&a1); } actor b { spin_lock(&a1); spin_unlock(&a1); }"
    assert lab.kinds(text) == {"lock-held-at-end"}
    folio = BASE + "actor a { folio_lock(&fo); } actor b { folio_lock(&fo); folio_unlock(&fo); }"
    assert lab.kinds(folio) == {"deadlock"}


def test_a_folio_that_anyone_may_still_unlock(lab) -> None:
    text = (
        BASE
        + """actor a { folio_lock(&fo); } actor b { folio_lock(&fo); }
    actor c { if (folio_test_locked(&fo)) folio_unlock(&fo); assume(0); }"""
    )
    assert lab.kinds(text) == set()


def test_two_locks_in_both_orders(lab) -> None:
    text = (
        BASE
        + """actor a { spin_lock(&a1); if (spin_trylock(&b1)) spin_unlock(&b1); spin_unlock(&a1); }
    actor b { spin_lock(&b1); spin_lock(&a1); spin_unlock(&a1); spin_unlock(&b1); }"""
    )
    assert lab.kinds(text) == set()
    text = text.replace(
        "if (spin_trylock(&b1)) spin_unlock(&b1);", "spin_lock(&b1); spin_unlock(&b1);"
    )
    assert "deadlock" in lab.kinds(text)


def test_others_may_go_on_beside_a_deadlock(lab) -> None:
    text = (
        BASE
        + """actor a { spin_lock(&a1); x = 1; spin_lock(&b1); spin_unlock(&b1); spin_unlock(&a1); }
    actor b { spin_lock(&b1); spin_lock(&a1); spin_unlock(&a1); spin_unlock(&b1); }
    actor c { if (x && spin_is_locked(&a1) && spin_is_locked(&b1)) { r = 1; assert(0); } }"""
    )
    found = lab.explore(text)
    assert {"deadlock", "assert"} <= found.violations
    assert found.stands_still


def test_a_deadlock_beside_what_always_goes_wrong(lab) -> None:
    text = (
        BASE
        + """actor a { spin_lock(&a1); spin_lock(&b1); spin_unlock(&b1); spin_unlock(&a1); }
    actor b { spin_lock(&b1); spin_lock(&a1); spin_unlock(&a1); spin_unlock(&b1); }
    actor c { BUG(); }"""
    )
    found = lab.explore(text)
    assert {"deadlock", "bug-on"} <= found.violations
    assert not found.stands_still


def test_a_stopped_actor_is_not_in_a_deadlock(lab) -> None:
    text = (
        BASE
        + """actor a { spin_lock(&a1); assume(0); }
    actor b { if (spin_is_locked(&a1)) { spin_lock(&b1); spin_lock(&a1); } }
    actor c { if (spin_is_locked(&b1)) spin_lock(&b1); assume(0); }"""
    )
    assert "deadlock" not in lab.kinds(text)


def test_an_ipi_to_an_actor_that_spins_with_interrupts_off(lab) -> None:
    text = (
        BASE
        + """actor a { spin_lock(&a1); smp_call_function(nop, true); spin_unlock(&a1); }
    actor b { spin_lock_irq(&a1); spin_unlock_irq(&a1); }"""
    )
    assert lab.kinds(text) == {"deadlock"}
    on = text.replace("_irq", "")
    assert lab.kinds(on) == set()


def test_a_barrier_for_a_callback_that_needs_the_callers_lock(lab) -> None:
    text = (
        BASE
        + """int go; void wants(struct rcu_head *h) { while (!READ_ONCE(go)) ; }
    actor a { call_rcu(&o.h, wants); rcu_barrier(); go = 1; }"""
    )
    found = lab.explore(text)
    assert found.violations == {"deadlock"}  # it spins, and nobody is left to end that
    assert not found.some_run_ends
    folio = (
        BASE
        + """void wants(struct rcu_head *h) { spin_lock(&a1); spin_unlock(&a1); }
    actor a { rcu_read_lock(); call_rcu(&o.h, wants); rcu_read_unlock(); mutex_lock(&mx); rcu_barrier(); mutex_unlock(&mx); }
    actor b { spin_lock_bh(&a1); if (mutex_trylock(&mx)) mutex_unlock(&mx); spin_unlock_bh(&a1); }"""
    )
    assert lab.kinds(folio) == set()


def test_a_grace_period_over_the_section_of_a_waiting_reader(lab) -> None:
    text = (
        BASE
        + """actor a { mutex_lock(&mx); synchronize_rcu(); mutex_unlock(&mx); }
    actor b { preempt_disable(); folio_unlock_later: x = 1; preempt_enable(); }"""
    )
    assert lab.kinds(text) == set()
    stuck = (
        BASE
        + """actor a { folio_lock(&fo); synchronize_rcu(); folio_unlock(&fo); }
    actor b { rcu_read_lock(); while (folio_test_locked(&fo)) ; rcu_read_unlock(); }"""
    )
    found = lab.explore(stuck)
    assert found.violations == {"deadlock"}  # it spins inside the section that is waited for


def test_a_handler_whose_host_turns_interrupts_on_again(lab) -> None:
    text = (
        BASE
        + """actor a { while (!READ_ONCE(x)) { local_irq_disable(); READ_ONCE(r); local_irq_enable(); } }
    actor b { smp_call_function(nop, true); x = 1; }"""
    )
    assert lab.kinds(text) == set()
    off = text.replace("local_irq_enable(); }", "}")
    assert lab.kinds(off) == {"deadlock", "irq-unbalanced"}


def test_a_callback_does_not_wait_for_interrupts(lab) -> None:
    text = (
        BASE
        + """void sets(struct rcu_head *h) { WRITE_ONCE(x, 1); }
    actor a { rcu_read_lock(); while (!READ_ONCE(x)) { local_irq_disable(); READ_ONCE(r); local_irq_enable(); }
    rcu_read_unlock(); } actor b { call_rcu(&o.h, sets); }"""
    )
    assert lab.kinds(text) == {"deadlock"}


def test_who_may_leave_a_loop_is_in_no_deadlock(lab) -> None:
    text = BASE + "actor a { while (choose(0, 1)) READ_ONCE(x); }"
    assert lab.kinds(text) == set()
    callback = (
        BASE
        + """void spins(struct rcu_head *h) { while (choose(0, 1)) READ_ONCE(x); }
    actor a { call_rcu(&o.h, spins); rcu_barrier(); }"""
    )
    assert lab.kinds(callback) == set()


def test_a_loop_of_many_states_is_not_followed(lab) -> None:
    """Going round in more than LIMIT states is not noticed: no deadlock, but no end either."""
    text = BASE + "actor a { int i = 0; while (!READ_ONCE(x)) i = (i + 1) % 500; }"
    found = lab.explore(text, max_states=2)
    assert found.violations == set()
    assert lab.explore(text.replace("500", "300"), max_states=2).violations == {"deadlock"}


def test_sites_of_a_deadlock_are_the_waits(lab, checked) -> None:
    text = (
        BASE
        + """actor a { spin_lock(&a1); spin_lock(&b1); assume(0); }
    actor b { spin_lock(&b1); spin_lock(&a1); assume(0); }"""
    )
    found = lab.explore(text)
    source = checked(text).sources["t.khp"].text
    shown = {
        source[span.start : span.end] for kind, span in found.violation_sites if kind == "deadlock"
    }
    assert shown == {"spin_lock(&a1)", "spin_lock(&b1)"}
