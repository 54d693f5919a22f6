"""Random tiny protocols about the lives of objects: allocated, made known, counted, freed."""

from __future__ import annotations

from tests.weak.drafts import Draft


def pools(d: Draft) -> str:
    """Objects allocated, freed and allocated again."""
    size = d.one("1", "1", "2")
    zeroed = d.one("", " zeroed")
    head = f"struct o {{ int v; }};\npool struct o pl[{size}]{zeroed};\nstruct o *p; int x;\n"
    publish = d.one(
        "WRITE_ONCE(p, q);", "rcu_assign_pointer(p, q);", "smp_wmb(); WRITE_ONCE(p, q);"
    )
    init = d.one("WRITE_ONCE(q->v, 1);", "WRITE_ONCE(q->v, 1);", "")
    first = f"struct o *q = alloc(pl); if (q) {{ {init} {publish} }}"
    take = d.one("READ_ONCE(p)", "xchg(&p, NULL)", "xchg_relaxed(&p, NULL)")
    use = d.one(d.into("READ_ONCE(q->v)"), "WRITE_ONCE(q->v, 2);", "")
    again = d.one(
        "", "q = alloc(pl); if (q) " + d.one("WRITE_ONCE(q->v, 3);", d.into("READ_ONCE(q->v)"))
    )
    second = f"struct o *q = {take}; if (q) {{ {use} free(q); {again} }}"
    third = d.one(
        "struct o *q = alloc(pl); if (q) "
        + d.one("WRITE_ONCE(q->v, 2);", "{ WRITE_ONCE(q->v, 2); free(q); }"),
        f"struct o *q = READ_ONCE(p); if (q) {{ {d.into('READ_ONCE(q->v)')} }}",
        f"struct o *q = {d.one('READ_ONCE(p)', 'xchg(&p, NULL)')}; if (q) {{ free(q); }}",
    )
    actors = [first, second, third] if d.random.random() < 0.6 else [first, second]
    return d.program(head, actors)


def typesafe(d: Draft) -> str:
    """Objects that readers may look at until their page is gone."""
    size = d.one("1", "1", "2")
    head = (
        f"struct o {{ int v; }};\npool struct o pl[{size}] zeroed typesafe_by_rcu;\n"
        "struct o *p; int x;\n"
    )
    publish = d.one("WRITE_ONCE(p, q);", "smp_store_release(&p, q);")
    hide = d.one("WRITE_ONCE(p, NULL);", "WRITE_ONCE(p, NULL);", "smp_mb();", "")
    again = d.one("", "", "q = alloc(pl);", "q = alloc(pl); if (q) WRITE_ONCE(q->v, 2);")
    first = f"struct o *q = alloc(pl); if (q) {{ {publish} {hide} free(q); {again} }}"
    use = d.one(d.into("READ_ONCE(q->v)"), "WRITE_ONCE(q->v, 3);", "xchg(&q->v, 3);")
    start, end = d.random.choice((("rcu_read_lock();", "rcu_read_unlock();"), ("", "")))
    look = f"struct o *q = {d.one('READ_ONCE(p)', 'xchg(&p, NULL)')};"
    inside = d.one(
        f"{start} {look} if (q) {{ {use} }} {end}", f"{look} {start} if (q) {{ {use} }} {end}"
    )
    second = f"{d.maybe(d.access('x'))} {inside}"
    return d.program(head, [first, second])


def publications(d: Draft) -> str:
    """Objects set up and made known, with or without order."""
    head = "struct o { int v; };\npool struct o pl[1];\nstruct o *p; int x; int y;\n"
    publish = d.one(
        "WRITE_ONCE(p, q);",
        "rcu_assign_pointer(p, q);",
        "smp_wmb(); WRITE_ONCE(p, q);",
        "smp_mb(); WRITE_ONCE(p, q);",
        "xchg(&p, q);",
    )
    init = d.one("WRITE_ONCE(q->v, 1);", "q->v = 1;", "")
    reader = d.one("READ_ONCE(p)", "rcu_dereference(p)", "smp_load_acquire(&p)")
    plain = d.one("READ_ONCE(q->v)", "q->v")
    use = f"struct o *q = {reader}; if (q) {{ {d.into(plain)} }}"
    actors = [
        f"{d.maybe(d.access('x'))} struct o *q = alloc(pl); if (q) {{ {init} {publish} }}",
        f"{use} {d.maybe(d.access('x'))}",
    ]
    if d.random.random() < 0.3:
        actors.append(d.access("x"))
    return d.program(head, actors)


def flags(d: Draft) -> str:
    """The last user says so by a flag before somebody frees."""
    head = "struct o { int v; int u; };\nstruct o obj; int done; int x;\n"
    use = d.one(
        d.into("READ_ONCE(obj.v)"),
        "WRITE_ONCE(obj.v, 1);",
        "obj.v = 1;",
        "xchg(&obj.v, 1);",
        d.into("obj.v"),
    )
    order = d.one("", "", "smp_mb();", "smp_wmb();", "smp_rmb();")
    say = d.one(
        "WRITE_ONCE(done, 1);",
        "WRITE_ONCE(done, 1);",
        "smp_store_release(&done, 1);",
        "xchg_release(&done, 1);",
        "xchg_relaxed(&done, 1);",
    )
    hear = d.one("READ_ONCE(done)", "smp_load_acquire(&done)", "READ_ONCE(done)")
    mid = d.one(
        "", "", "smp_mb();", "smp_rmb();", d.into("READ_ONCE(obj.u)"), "WRITE_ONCE(obj.v, 2);"
    )
    if d.random.random() < 0.35:
        link = d.one("", "if (READ_ONCE(done) == 1)", "if (smp_load_acquire(&done) == 1)")
        see = d.one("if (READ_ONCE(obj.v) == 1)", link)
        then = d.one("WRITE_ONCE(x, 1);", "smp_store_release(&x, 1);")
        return d.program(
            head,
            [
                f"{use} {order} {say}",
                f"{see} {then}",
                f"if ({hear.replace('done', 'x')} == 1) {{ {mid} free(&obj); }}",
            ],
        )
    return d.program(head, [f"{use} {order} {say}", f"if ({hear} == 1) {{ {mid} free(&obj); }}"])


def refcounts(d: Draft) -> str:
    """The last one to put a reference frees."""
    head = f"struct o {{ int v; atomic_t n; }};\nstruct o obj = {{ .n = {d.one('2', '2', '1')} }}; int x;\n"

    def actor() -> str:
        use = d.one(d.into("READ_ONCE(obj.v)"), "WRITE_ONCE(obj.v, 1);", "obj.v = 1;", "")
        put = d.one(
            "atomic_dec_and_test(&obj.n)",
            "atomic_dec_return_release(&obj.n) == 0",
            "atomic_dec_return_relaxed(&obj.n) == 0",
            "atomic_dec_and_test(&obj.n)",
        )
        order = d.one("", "", "smp_mb__after_atomic();", "smp_mb();", "smp_rmb();")
        before = d.one("", "", "smp_mb__before_atomic();")
        return f"{use} {before} if ({put}) {{ {order} free(&obj); }}"

    actors = [actor(), actor()]
    if d.random.random() < 0.25:
        actors[1] = "if (atomic_inc_not_zero(&obj.n)) { " + actors[1] + " }"
    return d.program(head, actors)


def landings(d: Draft) -> str:
    """Stores that execute before a free and may land after it; locks in objects, freed."""
    head = "struct o { int v; spinlock_t l; struct mutex m; };\nstruct o obj; int x; int y;\n"
    writer = d.one(
        "WRITE_ONCE(obj.v, 1);",
        "smp_store_release(&obj.v, 1);",
        "obj.v = 1;",
        "xchg(&obj.v, 1);",
        "spin_lock(&obj.l); WRITE_ONCE(x, 2); spin_unlock(&obj.l);",
        "mutex_lock(&obj.m); WRITE_ONCE(x, 2); mutex_unlock(&obj.m);",
    )
    if "lock" in writer:
        lock = "spin" if "spin" in writer else "mutex"
        field = "l" if lock == "spin" else "m"
        other = (
            f"{lock}_lock(&obj.{field}); int r = READ_ONCE(x); {lock}_unlock(&obj.{field}); "
            f"if (r == 2) {{ {d.fence()} free(&obj); }}"
        )
        return d.program(head, [writer, other])
    see = d.one("READ_ONCE(obj.v)", "smp_load_acquire(&obj.v)")
    tell = d.one("WRITE_ONCE(x, 1);", "smp_store_release(&x, 1);", "smp_mb(); WRITE_ONCE(x, 1);")
    hear = d.one("READ_ONCE(x)", "smp_load_acquire(&x)")
    mid = d.one("", "", d.into("READ_ONCE(obj.v)"), "WRITE_ONCE(obj.v, 2);", "smp_mb();")
    return d.program(
        head, [writer, f"if ({see} == 1) {{ {tell} }}", f"if ({hear} == 1) {{ {mid} free(&obj); }}"]
    )


def setups(d: Draft) -> str:
    """Objects with locks of their own, set up, made known, used and freed."""
    kind, init, lock, unlock = d.random.choice(
        (
            ("spinlock_t", "spin_lock_init", "spin_lock", "spin_unlock"),
            ("struct mutex", "mutex_init", "mutex_lock", "mutex_unlock"),
            ("struct rw_semaphore", "init_rwsem", "down_read", "up_read"),
        )
    )
    head = f"struct o {{ int v; {kind} l; }};\npool struct o pl[1] zeroed;\nstruct o *p; int x;\n"
    publish = d.one("WRITE_ONCE(p, q);", "rcu_assign_pointer(p, q);", "smp_mb(); WRITE_ONCE(p, q);")
    setup = d.maybe(f"{init}(&q->l);", 0.85)
    held = d.maybe(f"{lock}(&q->l); WRITE_ONCE(x, 1); {unlock}(&q->l);", 0.3)
    end = d.one("", "", "free(q);", "if (READ_ONCE(x) == 1) free(q);")
    use = f"{lock}(&q->l); {d.one(d.into('READ_ONCE(q->v)'), 'WRITE_ONCE(x, 1);')} {unlock}(&q->l);"
    return d.program(
        head,
        [
            f"struct o *q = alloc(pl); if (q) {{ {setup} {publish} {held} {end} }}",
            f"struct o *q = {d.load('p')}; if (q) {{ {use} {d.maybe('free(q);', 0.3)} }}",
        ],
    )
