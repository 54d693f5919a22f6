"""Random tiny protocols, by theme: what litmus tests cannot say.

Each maker gives the text of one protocol; the same seed gives the same text.  The scenario is
called s; what the actors saw is in ghost variables.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.weak.drafts import Draft
from tests.weak.themes_of_choices import choices
from tests.weak.themes_of_failures import failures, recounts
from tests.weak.themes_of_flags import bits, downgrades, handlers, references
from tests.weak.themes_of_handlers import halves, handed, owners
from tests.weak.themes_of_lives import (
    flags,
    landings,
    pools,
    publications,
    refcounts,
    setups,
    typesafe,
)
from tests.weak.themes_of_srcu import domains, readers
from tests.weak.themes_of_waits import holders, sleepers
from tests.weak.themes_of_warnings import warnings

Maker = Callable[[Draft], str]

OBJECT = "struct o { int v; struct rcu_head rcu; };\nstruct o obj;\nstruct o *p = &obj;\n"
CALLBACK = "static void gone(struct rcu_head *h) { free(container_of(h, struct o, rcu)); }\n"


WORD = (
    "struct t {{ int v; }};\n"
    "word pmd_t {{ split low, high; present 0x1; none = 0; table(struct t *) = 0x67; }}\n"
    "struct t A at 0x123456000;\nstruct t B at {b};\npmd_t w{start};\n"
    "update void clear(pmd_t *p) {{ WRITE_ONCE(p->low, 0); {cf} WRITE_ONCE(p->high, 0); }}\n"
    "update void fill(pmd_t *p, pmd_t n)\n"
    "{{ WRITE_ONCE(p->high, n.high); {ff} WRITE_ONCE(p->low, n.low); }}\n"
)


def words(d: Draft) -> str:
    """Split words: half stores, wide updates, readers of halves."""
    head = (
        WORD.replace("split", "split")
        .format(
            b=d.one("0x323456000", "0x123457000", "0x323457000"),
            start=d.one("", " = table(&A)"),
            cf=d.one("", "smp_wmb();"),
            ff=d.one("", "smp_wmb();"),
        )
        .replace("{ split", "{ split")
    )
    steps = (
        "clear(&w);",
        "fill(&w, table(&B));",
        "WRITE_ONCE(w, table(&B));",
        "xchg(&w, table(&B));",
        "xchg(&w, none);",
        "cmpxchg(&w, table(&A), none);",
        "WRITE_ONCE(w.low, 0);",
    )
    use = d.one(
        "if (q.low & 1) { struct t *t = (struct t *)q; READ_ONCE(t->v); }",
        "if (q.low & 1) { struct t *t = (struct t *)q; READ_ONCE(t->v); }",
        "xchg(&other, q);",
    )
    read = d.one(
        "pmd_t q = READ_ONCE(w);",
        "pmd_t q; q.low = READ_ONCE(w.low); q.high = READ_ONCE(w.high);",
        "pmd_t q; q.low = READ_ONCE(w.low); smp_rmb(); q.high = READ_ONCE(w.high);",
        "pmd_t q; q.low = READ_ONCE(w.low); smp_rmb(); q.high = READ_ONCE(w.high); smp_rmb();"
        " if (q.low != READ_ONCE(w.low)) return;",
        "pmd_t q; q.low = smp_load_acquire(&w.low); q.high = READ_ONCE(w.high);",
    )
    if "other" in use:
        head += "pmd_t other;\n"
    writer = d.one(*steps) + d.maybe(" " + d.one(*steps), 0.35)
    third = [d.one(*steps)] if d.random.random() < 0.25 else []
    return d.program(head, [writer, f"{read} {use}", *third])


def locked(d: Draft) -> str:
    """Sections of sleeping and read-write locks."""
    kind, start, end, other_start, other_end = d.random.choice(
        (
            ("struct mutex", "mutex_lock", "mutex_unlock", "mutex_lock", "mutex_unlock"),
            ("struct rw_semaphore", "down_write", "up_write", "down_read", "up_read"),
            ("struct rw_semaphore", "down_read", "up_read", "down_read", "up_read"),
            ("rwlock_t", "write_lock", "write_unlock", "read_lock", "read_unlock"),
            ("rwlock_t", "read_lock", "read_unlock", "read_lock", "read_unlock"),
            ("spinlock_t", "spin_lock", "spin_unlock", "spin_lock", "spin_unlock"),
        )
    )
    head = f"int x; int y; {kind} l;\n"
    actors: list[str] = []
    for lock, unlock in ((start, end), (other_start, other_end)):
        inside = d.accesses(d.random.randint(1, 2), "x", "y")
        if d.random.random() < 0.3:
            inside = d.one(d.into("x"), "x = 1;", "y = 1;")
        before = d.maybe(d.access("x", "y"), 0.35)
        after = d.maybe(d.access("x", "y"), 0.35)
        section = f"{lock}(&l); {inside} {unlock}(&l);"
        actors.append(f"{before} {section} {after}")
    if d.random.random() < 0.3:
        actors.append(d.accesses(2, "x", "y"))
    return d.program(head, actors)


def trylocks(d: Draft) -> str:
    """Trylocks that fail or not, and looks at locks."""
    kind, lock, unlock, trylock, held, again = d.random.choice(
        (
            (
                "spinlock_t",
                "spin_lock",
                "spin_unlock",
                "spin_trylock",
                "spin_is_locked",
                "spin_unlock",
            ),
            (
                "struct mutex",
                "mutex_lock",
                "mutex_unlock",
                "mutex_trylock",
                "mutex_is_locked",
                "mutex_unlock",
            ),
            (
                "struct rw_semaphore",
                "down_write",
                "up_write",
                "down_read_trylock",
                "rwsem_is_locked",
                "up_read",
            ),
            (
                "struct rw_semaphore",
                "down_read",
                "up_read",
                "down_write_trylock",
                "rwsem_is_locked",
                "up_write",
            ),
            ("rwlock_t", "write_lock", "write_unlock", "read_trylock", "", "read_unlock"),
            ("rwlock_t", "read_lock", "read_unlock", "write_trylock", "", "write_unlock"),
            ("rwlock_t", "read_lock_bh", "read_unlock_bh", "write_trylock", "", "write_unlock"),
        )
    )
    head = f"int x; int y; {kind} l;\n"
    one = f"{d.maybe(d.access('x', 'y'))} {lock}(&l); {d.access('x', 'y')} {unlock}(&l);"
    one += " " + d.maybe(d.access("x", "y"), 0.4)
    if held and d.random.random() < 0.35:
        two = f"{d.into(f'{held}(&l)')} {d.fence()} {d.access('x', 'y')}"
    else:
        failed = d.one("", f"else {{ {d.into('READ_ONCE(x)')} }}")
        two = f"if ({trylock}(&l)) {{ {d.access('x', 'y')} {again}(&l); }} {failed}"
    return d.program(head, [one, f"{d.maybe(d.access('x', 'y'), 0.3)} {two}"])


def folios(d: Draft) -> str:
    """A folio lock that one actor takes and another one lets go."""
    head = "int x; int go; int done; struct folio { folio_lock_t lock; }; struct folio f;\n"
    inside = f"{d.maybe(d.access('x'))} {d.store('go', '1')}"
    take = d.one("folio_lock(&f);", "folio_lock(&f);", "if (folio_trylock(&f))")
    relock = f"if ({d.load('done')} == 1) {{ folio_lock(&f); folio_unlock(&f); }}"
    one = f"{take} {{ {inside} }} {d.one('', '', d.access('x'), relock)}"
    asked = d.one("if (r == 1) ", "if (r == 1) ", "if (r == 1) ", "")
    over = f"{d.maybe(d.access('x'))} folio_unlock(&f); {d.store('done', '1')}"
    two = f"int r = {d.load('go')}; {d.fence()} {asked}{{ {over} }}"
    look, again = d.into("folio_test_locked(&f)"), "folio_lock(&f); {} folio_unlock(&f);"
    two += " " + d.one("", look, d.access("x"), again.format(""))
    if d.random.random() < 0.7:
        return d.program(head, [one, two])
    attempt = f"if (folio_trylock(&f)) {{ {d.access('x')} folio_unlock(&f); }}"
    third = d.one(f"{look} {d.access('x')}", attempt, again.format(d.access("x")))
    return d.program(head, [one, two, third])


SECTIONS = (
    ("rcu_read_lock();", "rcu_read_unlock();"),
    ("local_irq_disable();", "local_irq_enable();"),
    ("preempt_disable();", "preempt_enable();"),
    ("local_bh_disable();", "local_bh_enable();"),
    ("spin_lock(&l);", "spin_unlock(&l);"),
    ("", ""),
)


def folio_orders(d: Draft) -> str:
    """A mutex taken under a folio lock that another may have let go, and the other way round."""
    head = "int x; int go; int done; struct folio { folio_lock_t lock; }; struct folio f;\n"
    under = "mutex_lock(&m); mutex_unlock(&m);"
    again = d.one("", "", "folio_lock(&f);", "if (folio_trylock(&f))")
    asked = d.one(f"if ({d.load('done')} == 1) ", f"if ({d.load('done')} == 1) ", "")
    one = f"folio_lock(&f); {d.store('go', '1')} {d.fence()} {asked}{{ {again} {{ {under} }} }}"
    two = f"if ({d.load('go')} == 1) {{ folio_unlock(&f); {d.fence()} {d.store('done', '1')} }}"
    inner = d.one("folio_lock(&f); folio_unlock(&f);", "if (folio_trylock(&f)) folio_unlock(&f);")
    three = f"mutex_lock(&m); {inner} mutex_unlock(&m);"
    if d.random.random() < 0.4:
        return d.program(f"{head}struct mutex m;\n", [one, f"{two} {three}"])
    return d.program(f"{head}struct mutex m;\n", [one, two, three])


def _reader(d: Draft, guard: str = "q") -> str:
    """A reader of the object, in a section of some kind or in none."""
    start, end = d.random.choice(SECTIONS)
    use = d.one(d.into("READ_ONCE(q->v)"), "WRITE_ONCE(q->v, 1);")
    after = d.maybe(d.access("x"), 0.25)
    return f"{start} struct o *q = {d.load('p')}; if ({guard}) {{ {use} }} {end} {after}"


def callbacks(d: Draft) -> str:
    """call_rcu() and kfree_rcu(), with rcu_barrier() now and then."""
    head = f"int x; spinlock_t l;\n{OBJECT}{CALLBACK}"
    away = d.one("WRITE_ONCE(p, NULL);", "WRITE_ONCE(p, NULL);", "xchg(&p, NULL);", "")
    queue = d.one("call_rcu(&obj.rcu, gone);", "call_rcu(&obj.rcu, gone);", "kfree_rcu(&obj, rcu);")
    parts = [away, queue] if d.random.random() < 0.8 else [queue, away]
    tail = d.one("", "", "rcu_barrier();", "smp_store_release(&x, 1);")
    actors = [f"{' '.join(parts)} {tail} {d.maybe(d.access('x'), 0.2)}", _reader(d)]
    if d.random.random() < 0.25:
        actors.append(
            "if (smp_load_acquire(&x) == 1) { rcu_barrier(); " + d.into("READ_ONCE(x)") + " }"
        )
    return d.program(head, actors)


def graces(d: Draft) -> str:
    """synchronize_rcu() over sections of all kinds, then a free or a store."""
    head = f"int x; spinlock_t l;\n{OBJECT}"
    away = d.one("WRITE_ONCE(p, NULL);", "WRITE_ONCE(p, NULL);", "xchg(&p, NULL);")
    sync = d.one("synchronize_rcu();", "synchronize_rcu();", "synchronize_rcu();", "")
    parts = [away, sync] if d.random.random() < 0.85 else [sync, away]
    end = d.one("free(&obj);", "free(&obj);", d.access("x"))
    actors = [f"{d.maybe(d.access('x'), 0.3)} {' '.join(parts)} {end}", _reader(d)]
    if d.random.random() < 0.15:
        actors.append(d.accesses(1, "x"))
    return d.program(head, actors)


def unloads(d: Draft) -> str:
    """A callback queued in a section, and rcu_barrier() behind a grace period or before one."""
    late = 'static void late(struct rcu_head *h) { assert(READ_ONCE(y) == 0, "early"); }\n'
    head = f"int x; int y; spinlock_t l;\n{OBJECT}{late}"
    start, end = d.random.choice(SECTIONS)
    queue = f"{start} if ({d.load('x')} == 0) call_rcu(&obj.rcu, late); {end}"
    sync = d.one("synchronize_rcu();", "synchronize_rcu();", "synchronize_rcu();", "")
    waits = [sync, "rcu_barrier();"] if d.random.random() < 0.75 else ["rcu_barrier();", sync]
    unload = f"{d.store('x', '1')} {' '.join(waits)} {d.store('y', '1')}"
    return d.program(head, [f"{queue} {d.maybe(d.access('x'), 0.2)}", unload])


def interrupts(d: Draft) -> str:
    """IPIs whose handler is empty, a fence, or has accesses."""
    inside = d.one(
        "",
        "",
        "smp_mb();",
        "WRITE_ONCE(x, 1);",
        "WRITE_ONCE(y, 1);",
        "WRITE_ONCE(z, 1);",
        "if (READ_ONCE(x) == 1) WRITE_ONCE(y, 1);",
        "smp_wmb();",
        "WRITE_ONCE(z, READ_ONCE(y));",
    )
    head = f"int x; int y; int z; static void h(void) {{ {inside} }}\n"
    wait = d.one("true", "true", "false")
    sender = f"{d.access('x', 'y')} smp_call_function(h, {wait}, b); {d.access('x', 'y')}"
    start, end = d.random.choice((("", ""), ("local_irq_disable();", "local_irq_enable();")))
    middle = d.accesses(2, "x", "y")
    host = f"{start} {middle} {end} {d.maybe(d.access('x', 'y'), 0.25)}"
    actors = [sender, host]
    if "z" in inside or d.random.random() < 0.2:
        actors.append(d.accesses(2, "x", "y", "z") if "z" in inside else d.accesses(1, "x", "y"))
    return d.program(head, actors)


def hosts(d: Draft) -> str:
    """Two IPIs to one CPU, from two others or from one; most handlers do nothing."""
    first, second = (d.one("", "", "", "", "WRITE_ONCE(y, 2);", "smp_mb();") for _ in range(2))
    head = f"int x; int y; static void h(void) {{ {first} }}\nstatic void k(void) {{ {second} }}\n"
    one, two = (
        f"smp_call_function({handler}, {d.one('true', 'true', 'false')}, b);" for handler in "hk"
    )
    host = d.maybe(d.access("x", "y"), 0.4)
    if d.random.random() < 0.25:
        # What the host has from the sender it passes on.
        store = d.one("smp_store_release(&y, 1);", "smp_store_release(&y, 1);", d.store("y", "1"))
        sender = f"{d.store('x', '1')} {one} {d.into(d.load('y'))}"
        load = f"{d.into('smp_load_acquire(&y)')} {d.into(d.load('x'))}"
        return d.program(head, [sender, store, load])
    if d.random.random() < 0.25:
        middle = d.maybe(d.access("x", "y"), 0.5)
        actors = [f"{d.access('x', 'y')} {one} {middle} {two} {d.access('x', 'y')}", host]
        return d.program(head, [*actors, d.accesses(2, "x", "y")])
    left, right = d.random.choice((("x", "y"), ("x", "y"), ("x", "x")))
    sender = f"{d.store(left, '1')} {one} {d.into(d.load(right))}"
    other = f"{d.store(right, '1')} {two} {d.into(d.load(left))}"
    return d.program(head, [sender, host, other])


def shootdowns(d: Draft) -> str:
    """An IPI between taking a pointer away and freeing what it led to."""
    inside = d.one("", "", "smp_mb();", "WRITE_ONCE(x, 1);", "rcu_read_lock(); rcu_read_unlock();")
    head = f"int x; spinlock_t l;\n{OBJECT}static void h(void) {{ {inside} }}\n"
    start, end = d.random.choice(
        (*[("local_irq_disable();", "local_irq_enable();")] * 3, *SECTIONS)
    )
    use = d.one(d.into("READ_ONCE(q->v)"), "WRITE_ONCE(q->v, 1);")
    reader = f"{start} struct o *q = {d.load('p')}; if (q) {{ {use} }} {end}"
    send = f"smp_call_function(h, {d.one('true', 'true', 'true', 'false')}, b);"
    also = d.one("", "", "", "synchronize_rcu();", d.access("x"))
    away = d.one("WRITE_ONCE(p, NULL);", "WRITE_ONCE(p, NULL);", "xchg(&p, NULL);")
    parts = [away, send, also]
    if d.random.random() < 0.2:
        d.random.shuffle(parts)
    return d.program(head, [f"{' '.join(parts)} free(&obj);", reader])


def laws(d: Draft) -> str:
    """Two sections and one or two grace periods, in circles of accesses."""
    head = "int x; int y; int z; spinlock_t l; struct o { struct rcu_head rcu; }; struct o obj;\n"
    kinds = [s for s in SECTIONS if s[0]]

    def section(one: str, two: str) -> str:
        start, end = d.random.choice((*kinds, ("rcu_read_lock();", "rcu_read_unlock();")))
        return f"{start} {one} {two} {end}"

    def pair(one: str, two: str) -> tuple[str, str]:
        store = d.store(one, "1")
        return (
            (store, d.into(d.load(two)))
            if d.random.random() < 0.7
            else (d.into(d.load(one)), d.store(two, "1"))
        )

    sync = d.one("synchronize_rcu();", "synchronize_rcu();", "synchronize_rcu_expedited();")
    if d.random.random() < 0.5:
        one, two = pair("x", "y")
        return d.program(head, [f"{one} {sync} {two}", section(*pair("y", "x"))])
    one, two = pair("x", "y")
    three, four = pair("y", "z")
    last = d.one("section", "sync", "fence")
    five, six = pair("z", "x")
    between = {"sync": "synchronize_rcu();", "fence": "smp_mb();", "section": ""}[last]
    third = section(five, six) if last == "section" else f"{five} {between} {six}"
    return d.program(head, [f"{one} {sync} {two}", section(three, four), third])


THEMES: dict[str, Maker] = {
    "words": words,
    "locked": locked,
    "folios": folios,
    "folio_orders": folio_orders,
    "trylocks": trylocks,
    "callbacks": callbacks,
    "graces": graces,
    "unloads": unloads,
    "domains": domains,
    "readers": readers,
    "interrupts": interrupts,
    "hosts": hosts,
    "pools": pools,
    "publications": publications,
    "flags": flags,
    "refcounts": refcounts,
    "landings": landings,
    "shootdowns": shootdowns,
    "laws": laws,
    "setups": setups,
    "typesafe": typesafe,
    "failures": failures,
    "recounts": recounts,
    "bits": bits,
    "references": references,
    "downgrades": downgrades,
    "handlers": handlers,
    "sleepers": sleepers,
    "holders": holders,
    "owners": owners,
    "halves": halves,
    "handed": handed,
    "warnings": warnings,
    "choices": choices,
}


def text(theme: str, seed: int) -> str:
    """A protocol of a theme."""
    return THEMES[theme](Draft(seed))
