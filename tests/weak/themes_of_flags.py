"""Random tiny protocols about bits, counts, and locks that change hands or are in handlers."""

from __future__ import annotations

from tests.weak.drafts import Draft


def bits(d: Draft) -> str:
    """Bits set, cleared and tested, with the orders that they have or have not."""
    head = "unsigned long w; int x; int y;\n"

    def one() -> str:
        bit = d.one("0", "0", "1")
        kind = d.one("store", "store", "test", "test", "both", "both", "lock")
        if kind == "store":
            op = d.one("set_bit", "clear_bit", "clear_bit_unlock", "change_bit")
            return f"{op}({bit}, &w);"
        if kind == "test":
            return d.into(f"{d.one('test_bit', 'test_bit_acquire')}({bit}, &w)")
        op = d.one("test_and_set_bit", "test_and_clear_bit", "test_and_change_bit")
        if kind == "both":
            return d.into(f"{op}({bit}, &w)")
        inside = d.access("x")
        return f"if (!test_and_set_bit_lock({bit}, &w)) {{ {inside} clear_bit_unlock({bit}, &w); }}"

    actors = [f"{d.access('x')} {d.fenced(one())} {d.maybe(d.access('y'), 0.4)}" for _ in range(2)]
    if d.random.random() < 0.4:
        actors[1] = f"{d.fenced(one())} {d.maybe(d.fence(), 0.5)} {d.access('x')}"
    if d.random.random() < 0.2:
        actors.append(d.access("x", "y"))
    return d.program(head, actors)


def references(d: Draft) -> str:
    """refcount_t: the last one to put frees, others get where they may."""
    start = d.one("1", "1", "2")
    head = (
        "struct o { int v; refcount_t n; };\n"
        f"struct o obj = {{ .n = {start} }};\nstruct o *p = &obj; int x;\n"
    )

    def use() -> str:
        return d.one(d.into("READ_ONCE(q->v)"), "WRITE_ONCE(q->v, 1);", "q->v = 1;", "")

    def put() -> str:
        how = d.one("refcount_dec_and_test(&q->n)", "refcount_sub_and_test(1, &q->n)")
        return f"{use()} if ({how}) free(q);"

    hide = d.one("", d.store("p", "NULL"))
    first = f"struct o *q = &obj; {hide} {put()}"
    get = d.one("refcount_inc_not_zero(&q->n)", "refcount_inc_not_zero(&q->n)", "q")
    more = "refcount_inc(&q->n);" if get == "q" and d.random.random() < 0.5 else ""
    start_, end = d.random.choice((("rcu_read_lock();", "rcu_read_unlock();"), ("", "")))
    second = f"{start_} struct o *q = {d.load('p')}; if (q && {get}) {{ {more} {put()} }} {end}"
    return d.program(head, [first, second])


def downgrades(d: Draft) -> str:
    """A writer that becomes a reader, beside a reader or a writer."""
    head = "int x; int y; struct rw_semaphore l;\n"

    def inside(chance: float = 0.7) -> str:
        return d.maybe(d.access("x", "y"), chance)

    first = f"down_write(&l); {inside()} downgrade_write(&l); {inside()} up_read(&l);"
    read = f"down_read(&l); {inside(1.0)} up_read(&l);"
    write = f"down_write(&l); {inside(1.0)} up_write(&l);"
    again = f"down_write(&l); {inside()} downgrade_write(&l); up_read(&l);"
    tried = f"if (down_read_trylock(&l)) {{ {inside(1.0)} up_read(&l); }}"
    other = d.one(read, read, write, again, tried)
    return d.program(head, [first, f"{other} {d.maybe(d.access('x'), 0.3)}"])


def handlers(d: Draft) -> str:
    """Handlers that take locks or send, on CPUs that have interrupts off now and then."""
    inside = d.one(
        f"spin_lock(&l); {d.one('WRITE_ONCE(x, 1);', 'WRITE_ONCE(y, 1);', '')} spin_unlock(&l);",
        "WRITE_ONCE(x, 1); smp_store_release(&y, 1);",
        "if (smp_load_acquire(&y) == 1) WRITE_ONCE(x, 2);",
    )
    head = f"int x; int y; spinlock_t l; static void h(void) {{ {inside} }}\n"
    wait = d.one("true", "true", "false")
    sender = f"{d.access('x', 'y')} smp_call_function(h, {wait}, b); {d.access('x', 'y')}"
    middle = d.accesses(2, "x", "y")
    host = d.one(
        f"spin_lock_irq(&l); {middle} spin_unlock_irq(&l);",
        f"local_irq_disable(); {middle} local_irq_enable();",
        middle,
    )
    actors = [sender, host]
    if d.random.random() < 0.25:
        actors.append(f"spin_lock(&l); {d.access('x', 'y')} spin_unlock(&l);")
    return d.program(head, actors)
