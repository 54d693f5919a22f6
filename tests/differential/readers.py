"""Random programs about SRCU: two domains, readers that nest and are handed on, waits, callbacks.

``generate_readers(seed)`` is a function of its seed.  Readers are mostly ended as they should be,
and at times with another's index, in another domain, twice, or not at all.
"""

from __future__ import annotations

from random import Random

from tests.differential.generator import ACTORS, Generated

HEAD = """models sc;
struct obj { int v; struct srcu_struct d; struct rcu_head h; };
struct obj u; struct obj *p = &u; pool struct obj objs[1];
struct srcu_struct a; struct srcu_struct b; struct srcu_struct c; spinlock_t l; int x; int y; int r; int ticket;
static void noted(struct rcu_head *h) { WRITE_ONCE(y, 2); }
static void gone(struct rcu_head *h) { free(container_of(h, struct obj, h)); }
"""

BODIES = """
r = READ_ONCE(x);
r = READ_ONCE(x); r = READ_ONCE(y);
if (READ_ONCE(y) && !READ_ONCE(x)) r = 9;
r = READ_ONCE(y); assert(READ_ONCE(x) || !r);
WRITE_ONCE(x, 1);
assume(READ_ONCE(x));
might_sleep();
{ struct obj *q = READ_ONCE(p); if (q) r = q->v; }
"""

READERS = """
int I = srcu_read_lock(&D); BODY srcu_read_unlock(&D, I);
int I = srcu_read_lock(&D); BODY srcu_read_unlock(&D, I);
int I = srcu_read_lock(&D); BODY srcu_read_unlock(&D, I);
int I = srcu_read_lock(&D); int J = srcu_read_lock(&D); BODY srcu_read_unlock(&D, I); r = READ_ONCE(y); srcu_read_unlock(&D, J);
int I = srcu_read_lock(&D); BODY if (READ_ONCE(x)) srcu_read_unlock(&D, I);
int I = srcu_read_lock(&D); int J = choose(0, 1) ? srcu_read_lock(&D) : 0; srcu_read_unlock(&D, I); if (READ_ONCE(x)) srcu_read_unlock(&D, J);
int I = srcu_read_lock(&D); BODY srcu_read_unlock(&E, I);
int I = srcu_down_read(&D); r = READ_ONCE(x); r = READ_ONCE(y); srcu_up_read(&D, I);
ticket = srcu_down_read(&D); r = READ_ONCE(x); int I = ticket; ticket = 0; srcu_up_read(&D, I);
if (READ_ONCE(x)) { int I = ticket; ticket = 0; srcu_up_read(&D, I); }
spin_lock(&l); int I = srcu_read_lock(&D); spin_unlock(&l); BODY srcu_read_unlock(&D, I);
rcu_read_lock(); r = READ_ONCE(x); r = READ_ONCE(y); rcu_read_unlock();
{ struct obj *q = READ_ONCE(p); if (q) { int I = srcu_read_lock(&q->d); BODY srcu_read_unlock(&q->d, I); } }
"""

WAITS = """
synchronize_srcu(&D);
synchronize_srcu(&D);
WRITE_ONCE(x, 1); synchronize_srcu(&D); WRITE_ONCE(y, 1);
WRITE_ONCE(x, 1); synchronize_srcu(&D); WRITE_ONCE(y, 1);
WRITE_ONCE(x, 1); synchronize_rcu(); WRITE_ONCE(y, 1);
WRITE_ONCE(y, 1); synchronize_srcu_expedited(&D); WRITE_ONCE(x, 1);
WRITE_ONCE(x, 1); call_srcu(&D, &u.h, noted);
call_srcu(&D, &u.h, noted); srcu_barrier(&D); WRITE_ONCE(x, 1);
call_srcu(&D, &u.h, noted); srcu_barrier(&E); WRITE_ONCE(x, 1);
{ struct obj *q = xchg(&p, NULL); synchronize_srcu(&D); free(q); }
{ struct obj *q = xchg(&p, NULL); if (q) call_srcu(&D, &q->h, gone); }
{ struct obj *q = xchg(&p, NULL); if (q) { synchronize_srcu(&q->d); free(q); } }
{ struct obj *q = alloc(objs); if (q) { init_srcu_struct(&q->d); q->v = 1; WRITE_ONCE(p, q); } }
cleanup_srcu_struct(&b);
"""

ATOMIC = """
spin_lock(&l); synchronize_srcu(&c); spin_unlock(&l);
spin_lock(&l); srcu_barrier(&c); spin_unlock(&l);
rcu_read_lock(); synchronize_srcu(&c); rcu_read_unlock();
"""


def _lines(text: str) -> list[str]:
    return text.strip().split("\n")


def _statement(random: Random, name: str, depth: int) -> str:
    """A statement; a reader has another one, or a wait, inside."""
    chosen = random.choice((READERS, READERS, WAITS, BODIES) if depth == 0 else (READERS, WAITS))
    if depth == 0 and random.random() < 0.05:
        chosen = ATOMIC
    if depth and random.random() < 0.6:
        chosen = BODIES
    line = random.choice(_lines(chosen))
    inner = _statement(random, f"{name}_", depth + 1) if depth < 2 and "BODY" in line else ""
    one, two = random.choice(("ab", "ab", "ab", "ba"))
    line = line.replace("&D", f"&{one}").replace("&E", f"&{two}")
    line = line.replace("int I", f"int i{name}").replace("int J", f"int j{name}")
    for old, new in ((", I)", f", i{name})"), (", J)", f", j{name})"), ("BODY", inner)):
        line = line.replace(old, new)
    return line


def generate_readers(seed: int) -> Generated:
    """The program of a seed."""
    random = Random(seed)
    actors = ACTORS[: random.choice((1, 2, 2, 2, 3))]
    size = {1: 3, 2: 2, 3: 1}[len(actors)]
    lines = [HEAD.strip()]
    for name in actors:
        body = " ".join(_statement(random, str(i), 0) for i in range(size))
        lines.append(f"actor {name} {{ {body} }}")
    places = ("r", "x", "y")
    probes = " ".join(f'final {place} != 77777 : "probe";' for place in places)
    lines.append(f"scenario s {{ run {', '.join(actors)}; {probes} }}")
    return Generated(seed, "\n".join(lines) + "\n", 1, places)
