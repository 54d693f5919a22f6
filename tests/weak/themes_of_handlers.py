"""Random tiny protocols about a handler and its host: what they share, free and store in halves."""

from __future__ import annotations

from tests.weak.drafts import Draft

OBJECT = "struct o { int v; };\nstruct o obj;\nstruct o *p = &obj;\nint x; spinlock_t l;\n"

WORD = (
    "struct t {{ int v; }};\n"
    "word pmd_t {{ split low, high; present 0x1; none = 0; table(struct t *) = 0x67; }}\n"
    "struct t A at 0x123456000;\nstruct t B at {b};\npmd_t w{start};\n"
    "update void fill(pmd_t *p, pmd_t n)\n"
    "{{ WRITE_ONCE(p->high, n.high); {f} WRITE_ONCE(p->low, n.low); }}\n"
)

OFF = (
    ("local_irq_disable();", "local_irq_enable();"),
    ("local_irq_disable();", "local_irq_enable();"),
    ("spin_lock_irq(&l);", "spin_unlock_irq(&l);"),
    ("", ""),
)


def _called(d: Draft, inside: str, head: str, host: str, others: list[str]) -> str:
    """A handler on the processor of ``b``."""
    sender = f"{d.maybe(d.access('x'), 0.2)} smp_call_function(h, false, b);"
    return d.program(f"{head}static void h(void) {{ {inside} }}\n", [sender, host, *others])


def owners(d: Draft) -> str:
    """One of handler, host and somebody else frees what the others use."""
    use = d.one(d.into("READ_ONCE(q->v)"), "WRITE_ONCE(q->v, 1);", "xchg(&q->v, 1);", "q->v = 1;")
    again = d.one("", "READ_ONCE(q->v);", "WRITE_ONCE(q->v, 2);", "q->v = 2;")
    look = d.one("READ_ONCE(p)", "smp_load_acquire(&p)", "READ_ONCE(p)")
    away = d.one("WRITE_ONCE(p, NULL);", "WRITE_ONCE(p, NULL);", "xchg(&p, NULL);", "smp_mb();", "")
    user = f"struct o *q = {look}; if (q) {{ {use} }}"
    owner = f"struct o *q = READ_ONCE(p); if (q) {{ {d.maybe(again, 0.4)} {away} free(q); }}"
    start, end = d.random.choice(OFF)
    here, there = (user, owner) if d.random.random() < 0.5 else (owner, user)
    inside = f"spin_lock(&l); {here} spin_unlock(&l);" if "spin" in start else here
    if d.random.random() < 0.2:
        return _called(d, user, OBJECT, f"{start} {user} {end}", [owner])
    return _called(d, inside, OBJECT, f"{start} {there} {end}", [])


def halves(d: Draft) -> str:
    """A word stored in halves by one of handler and host, read by the other or by somebody else."""
    head = "int x; spinlock_t l;\n" + WORD.format(
        b=d.one("0x323456000", "0x123457000", "0x323457000"),
        start=d.one("", " = table(&A)", " = table(&A)"),
        f=d.one("", "", "smp_wmb();"),
    )
    store = d.one("fill(&w, table(&B));", "fill(&w, table(&B));", "WRITE_ONCE(w, table(&B));")
    read = d.one(
        "pmd_t q = READ_ONCE(w);",
        "pmd_t q; q.low = READ_ONCE(w.low); q.high = READ_ONCE(w.high);",
    )
    use = f"{read} if (q.low & 1) {{ struct t *t = (struct t *)q; READ_ONCE(t->v); }}"
    start, end = d.random.choice(OFF)
    inside, host = (store, use) if d.random.random() < 0.5 else (use, store)
    if d.random.random() < 0.15:
        return _called(d, store, head, d.access("x"), [use])
    return _called(d, inside, head, f"{start} {host} {end}", [])


def handed(d: Draft) -> str:
    """Spinlocks let go by one of handler and host and taken by the other, seen from outside."""
    head = "int x; int y; spinlock_t l; spinlock_t m;\n"
    lock = d.one("l", "l", "m")
    first, second = d.random.choice((("x", "y"), ("y", "x")))

    def step(place: str) -> str:
        return d.one(f"WRITE_ONCE({place}, 1);", f"WRITE_ONCE({place}, 1);", d.access(place))

    inside = f"spin_lock(&{lock}); {step(first)} spin_unlock(&{lock});"
    fence = d.maybe(d.one("smp_mb__after_spinlock();", "smp_mb__after_unlock_lock();"), 0.15)
    host = d.one(
        f"spin_lock_irq(&l); {fence} {step(second)} spin_unlock_irq(&l);",
        f"local_irq_disable(); spin_lock(&l); {step(second)} spin_unlock(&l); local_irq_enable();",
    )
    watch = f"{d.into('READ_ONCE(x)')} {d.one('smp_rmb();', 'smp_mb();')} {d.into('READ_ONCE(y)')}"
    return _called(d, inside, head, host, [watch])
