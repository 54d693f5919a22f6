"""Random programs about typesafe pools: lookups in readers and outside, counts, keys, slots reused.

``generate_pages(seed)`` is a function of its seed.
"""

from __future__ import annotations

from random import Random

from tests.differential.generator import ACTORS, Generated

HEAD = """models sc;
struct obj { int v; atomic_t n; spinlock_t l; struct rcu_head h; };
pool struct obj objs[SIZE]SETUP typesafe_by_rcu; pool struct obj plain[1] zeroed;
struct obj *p; int x; int y; int r; spinlock_t l;
static void gone(struct rcu_head *h) { free(container_of(h, struct obj, h)); }
"""

OWNERS = """
{ struct obj *q = alloc(objs); if (q) { q->v = 1; WRITE_ONCE(p, q); WRITE_ONCE(p, NULL); free(q); } }
{ struct obj *q = alloc(objs); if (q) { atomic_set(&q->n, 1); WRITE_ONCE(p, q); } }
{ struct obj *q = alloc(objs); if (q) { q->v = 1; WRITE_ONCE(p, q); free(q); } }
{ struct obj *q = alloc(objs); free(q); q = alloc(objs); if (q) { q->v = 2; WRITE_ONCE(p, q); } }
{ struct obj *q = alloc(objs); WRITE_ONCE(p, q); if (q) { free(q); synchronize_rcu(); WRITE_ONCE(x, 1); } }
{ struct obj *q = alloc(plain); if (q) { WRITE_ONCE(p, q); free(q); } }
{ struct obj *q = xchg(&p, NULL); free(q); }
{ struct obj *q = xchg(&p, NULL); if (q) call_rcu(&q->h, gone); }
{ struct obj *q = xchg(&p, NULL); if (q) { synchronize_rcu(); free(q); } }
{ struct obj *q = xchg(&p, NULL); if (q && atomic_dec_and_test(&q->n)) free(q); }
"""

USERS = """
SECTION { struct obj *q = READ_ONCE(p); if (q) r = q->v; } END
SECTION { struct obj *q = READ_ONCE(p); if (q) { y = q->v; r = READ_ONCE(q->v); } } END
SECTION { struct obj *q = READ_ONCE(p); if (q) { spin_lock(&q->l); r = q->v; spin_unlock(&q->l); } } END
SECTION { struct obj *q = READ_ONCE(p); if (q && READ_ONCE(p) == q) r = q->v; } END
SECTION { struct obj *q = READ_ONCE(p); if (q && !atomic_inc_not_zero(&q->n)) q = NULL; END if (q) { r = q->v; if (atomic_dec_and_test(&q->n)) free(q); } }
{ struct obj *q = READ_ONCE(p); SECTION if (q) r = q->v; END }
SECTION { struct obj *q = READ_ONCE(p); if (q) free(q); } END
r = READ_ONCE(x);
if (READ_ONCE(x)) { struct obj *q = READ_ONCE(p); if (q) r = q->v; }
"""

SECTIONS = (
    ("rcu_read_lock();", "rcu_read_unlock();"),
    ("rcu_read_lock();", "rcu_read_unlock();"),
    ("preempt_disable();", "preempt_enable();"),
    ("local_irq_disable();", "local_irq_enable();"),
    ("spin_lock(&l);", "spin_unlock(&l);"),
    ("", ""),
)


def _statement(random: Random, chosen: str) -> str:
    line = random.choice(chosen.strip().split("\n"))
    start, end = random.choice(SECTIONS)
    return line.replace("SECTION", start).replace("END", end)


def generate_pages(seed: int) -> Generated:
    """The program of a seed."""
    random = Random(seed)
    actors = ACTORS[: random.choice((1, 2, 2, 2, 3))]
    size = {1: 2, 2: random.choice((1, 1, 2)), 3: 1}[len(actors)]
    setup = random.choice((" zeroed", " zeroed", ""))
    lines = [HEAD.strip().replace("SIZE", random.choice("112")).replace("SETUP", setup)]
    for index, name in enumerate(actors):
        kinds = (OWNERS,) if index == 0 else (USERS, USERS, OWNERS)
        body = " ".join(
            _statement(random, random.choice(kinds if i == 0 else (OWNERS, USERS)))
            for i in range(size)
        )
        lines.append(f"actor {name} {{ {body} }}")
    places = ("r", "x", "y")
    probes = " ".join(f'final {place} != 77777 : "probe";' for place in places)
    lines.append(f"scenario s {{ run {', '.join(actors)}; {probes} }}")
    return Generated(seed, "\n".join(lines) + "\n", 1, places)
