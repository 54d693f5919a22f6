"""Random tiny protocols about updates that may fail: what they did not do has no place."""

from __future__ import annotations

from tests.weak.drafts import Draft


def _update(d: Draft, count: str) -> str:
    """An update that fails or not, with the order that it may have."""
    order = d.one("", "", "_relaxed", "_acquire", "_release")
    return d.one(
        f"atomic_cmpxchg{order}({count}, 1, 2)",
        f"atomic_cmpxchg{order}({count}, 0, 1)",
        f"atomic_inc_not_zero({count})",
        f"atomic_add_unless({count}, 1, 1)",
        f"atomic_inc_return{order}({count})",
    )


def _asked(d: Draft, count: str) -> str:
    """The same as a statement, whose result is kept or not."""
    update = _update(d, count)
    return d.fenced(d.into(update) if d.random.random() < 0.5 else f"{update};")


def failures(d: Draft) -> str:
    """Updates and trylocks that fail, beside grace periods, callbacks and sections."""
    head = (
        f"int x; int y; unsigned long bits; spinlock_t l; atomic_t n{d.one('', ' = 1')};\n"
        "struct o { struct rcu_head rcu; }; struct o obj;\n"
        "static void gone(struct rcu_head *h) { WRITE_ONCE(y, 3); }\n"
    )

    def update() -> str:
        if d.random.random() < 0.2:
            bit = "test_and_set_bit_lock(0, &bits)"
            return f"if (!{bit}) {{ {d.maybe(d.access('x'), 0.4)} clear_bit_unlock(0, &bits); }}"
        if d.random.random() < 0.3:
            inside = d.access("x") if d.random.random() < 0.4 else ""
            return f"if (spin_trylock(&l)) {{ {inside} spin_unlock(&l); }}"
        return _asked(d, "&n")

    sync = d.one("synchronize_rcu();", "synchronize_rcu();", "call_rcu(&obj.rcu, gone);")
    parts = [update(), d.store("x", "1"), sync]
    if d.random.random() < 0.3:
        d.random.shuffle(parts)
    first = f"{' '.join(parts)} {d.store('y', '1')}"
    start, end = d.random.choice(
        (
            ("", ""),
            ("rcu_read_lock();", "rcu_read_unlock();"),
            ("spin_lock(&l);", "spin_unlock(&l);"),
        )
    )
    middle = d.one("", "", d.fence(), f"{_update(d, '&n')};")
    second = f"{start} {d.into(d.load('y'))} {middle} {d.into(d.load('x'))} {end}"
    third = [d.one("atomic_set(&n, 1);", update())] if d.random.random() < 0.25 else []
    return d.program(head, [first, second, *third])


def recounts(d: Draft) -> str:
    """References of slots that are given again while somebody may look at them."""
    head = (
        f"struct o {{ int v; atomic_t n; }};\npool struct o pl[{d.one('1', '1', '2')}]"
        f"{d.one('', ' zeroed')} typesafe_by_rcu;\nstruct o *p; int x;\n"
    )
    count = d.one("atomic_set(&q->n, 0);", "atomic_set(&q->n, 1);", "")
    publish = d.one("WRITE_ONCE(p, q);", "smp_store_release(&p, q);")
    again = d.one("", f"q = alloc(pl); if (q) {{ {count} {d.store('x', '1')} }}")
    first = f"struct o *q = alloc(pl); if (q) {{ {count} {publish} free(q); {again} }}"
    start, end = d.random.choice((("rcu_read_lock();", "rcu_read_unlock();"), ("", "")))
    asked = d.maybe(f"if ({d.load('x')} == 1) ", 0.4)
    take = _asked(d, "&q->n")
    second = f"{start} struct o *q = {d.load('p')}; if (q) {{ {asked}{{ {take} }} }} {end}"
    if again or d.random.random() < 0.5:
        return d.program(head, [first, second])
    other = f"q = alloc(pl); if (q) {{ {count} {d.store('x', '1')} }}"
    third = f"struct o *q = READ_ONCE(p); if (q) {{ {other} }}"
    return d.program(head, [first, second, third])
