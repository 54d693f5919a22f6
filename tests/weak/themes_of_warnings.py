"""Random tiny protocols about mistakes of which the kernel only warns: who makes one goes on."""

from __future__ import annotations

from tests.weak.drafts import Draft

MISTAKES = (
    ("preempt_disable();", "might_sleep();", "preempt_enable();"),
    ("rcu_read_lock();", "mutex_lock(&m); mutex_unlock(&m);", "rcu_read_unlock();"),
    ("preempt_disable();", "synchronize_rcu();", "preempt_enable();"),
    ("", "preempt_disable(); synchronize_rcu(); preempt_enable();", ""),
    ("local_irq_disable();", "smp_call_function(nothing, {}, b);", "local_irq_enable();"),
    ("", "rcu_read_unlock();", ""),
    ("rcu_read_lock();", "rcu_read_unlock();", "rcu_read_unlock();"),
    ("", "rcu_read_unlock();", "rcu_read_lock(); rcu_read_unlock();"),
    ("", "rcu_read_lock();", ""),
    ("", "local_irq_enable();", ""),
    ("", "local_irq_disable();", ""),
    ("", "preempt_enable();", ""),
    ("", "local_bh_enable();", ""),
    ("", "local_bh_disable();", ""),
    ("", "spin_lock(&l);", ""),
    ("", "spin_unlock(&l);", ""),
    ("spin_lock(&l);", "spin_unlock(&l);", "spin_unlock(&l);"),
    ("", "spin_unlock(&l);", "spin_lock(&l); spin_unlock(&l);"),
    ("read_lock(&k);", "read_unlock(&k);", "read_unlock(&k);"),
    ("read_lock(&k);", "write_unlock(&k);", "read_unlock(&k);"),
    ("", "mutex_unlock(&m);", "mutex_lock(&m); mutex_unlock(&m);"),
    ("", "up_read(&w);", "if (down_write_trylock(&w)) up_write(&w);"),
    ("down_read(&w);", "downgrade_write(&w);", "up_read(&w);"),
)
"""What stands before a mistake, the mistake, and what stands behind it."""


def warnings(d: Draft) -> str:
    """A mistake that depends on what is read, and a store behind it that may be seen before."""
    head = (
        "int x; int y; spinlock_t l; rwlock_t k; struct mutex m; struct rw_semaphore w;\n"
        "static void nothing(void) { WRITE_ONCE(y, 2); }\n"
    )
    before, wrong, after = d.random.choice(MISTAKES)
    wrong = wrong.format(d.one("true", "false"))
    first = [
        before,
        f"int r = {d.one('READ_ONCE(x)', 'READ_ONCE(x)', d.load('x'))};",
        d.maybe(d.fence(), 0.2),
        f"if (r == 1) {{ {wrong} {d.maybe(d.store('y', '2'), 0.2)} }}",
        d.maybe(d.fence(), 0.2),
        d.one("WRITE_ONCE(y, 1);", "WRITE_ONCE(y, 1);", d.store("y", "1")),
        after,
    ]
    inside = f"{d.one('', '', 'if (READ_ONCE(y))', 'if (READ_ONCE(y) == 1)')} {d.store('x', '1')}"
    start, end = d.random.choice(
        (
            ("", ""),
            ("", ""),
            ("rcu_read_lock();", "rcu_read_unlock();"),
            ("spin_lock(&l);", "spin_unlock(&l);"),
            ("write_lock(&k);", "write_unlock(&k);"),
            ("down_write(&w);", "up_write(&w);"),
        )
    )
    second = f"{start} {inside} {end}"
    third = [d.into(d.load("y"))] if d.random.random() < 0.3 else []
    return d.program(head, [" ".join(filter(None, first)), second, *third])
