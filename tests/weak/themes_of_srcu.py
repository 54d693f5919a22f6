"""Random tiny protocols with SRCU: domains that come and go, and readers that are waited for."""

from __future__ import annotations

from tests.weak.drafts import Draft


def domains(d: Draft) -> str:
    """An SRCU domain that is set up, waited for, set down or freed elsewhere than it is used."""
    inside = d.maybe(d.access("x"))
    reader = f"int i = srcu_read_lock(&q->ss); {inside} srcu_read_unlock(&q->ss, i);"
    queue = "call_srcu(&q->ss, &q->rcu, gone);"
    use = d.one(
        *("synchronize_srcu(&q->ss);", "srcu_barrier(&q->ss);", reader, queue),
        *("srcu_up_read(&q->ss, READ_ONCE(q->idx));", "cleanup_srcu_struct(&q->ss);"),
    )
    start = "WRITE_ONCE(q->idx, srcu_down_read(&q->ss));"
    begin = start if "up_read" in use else ""
    head = "int x; struct o { struct srcu_struct ss; int idx; struct rcu_head rcu; };\n"
    head += "static void gone(struct rcu_head *h) { }\n"
    if d.random.random() < 0.5:
        head += "pool struct o os[1] zeroed;\nstruct o *p;\n"
        up = f"init_srcu_struct(&q->ss); {begin} {d.store('p', 'q')}"
        actors = [f"struct o *q = alloc(os); if (q) {{ {up} }}"]
        return d.program(head, [*actors, f"struct o *q = {d.load('p')}; if (q) {{ {use} }}"])
    head += "struct o obj;\n"
    end = d.one("free(&obj);", "free(&obj);", "cleanup_srcu_struct(&obj.ss);")
    told = f"struct o *q = &obj; {begin} {use} {d.store('x', '3')}"
    return d.program(head, [told, f"if ({d.load('x')} == 3) {{ {end} }}"])


def readers(d: Draft) -> str:
    """synchronize_srcu(), or a barrier, over readers of its domain or of another, then a free."""
    object_ = "struct o { int v; struct rcu_head rcu; };\nstruct o obj;\nstruct o *p = &obj;\n"
    gone = "static void gone(struct rcu_head *h) { free(container_of(h, struct o, rcu)); }\n"
    head = f"int x; struct srcu_struct s; struct srcu_struct t;\n{object_}{gone}"
    away = d.one("WRITE_ONCE(p, NULL);", "WRITE_ONCE(p, NULL);", "xchg(&p, NULL);")
    of = d.one("s", "s", "s", "t")
    queue = f"call_srcu(&{of}, &obj.rcu, gone); {d.maybe('srcu_barrier(&s);')}"
    wait = d.one(*[f"synchronize_srcu(&{of}); free(&obj);"] * 3, queue, "free(&obj);")
    use = d.one(d.into("READ_ONCE(q->v)"), "WRITE_ONCE(q->v, 1);")
    find = f"struct o *q = {d.load('p')}; if (q) {{ {use} }}"
    reader = f"int i = srcu_read_lock(&s); {find} srcu_read_unlock(&s, i);"
    return d.program(head, [f"{away} {wait}", f"{reader} {d.maybe(d.access('x'), 0.2)}"])
