"""Random programs about one question: what comes of loops that only look?

``generate_awaits(seed)`` is a function of its seed.  Every loop is an await, so the interpreter
goes round without a bound and the solver has no loop to cut.
"""

from __future__ import annotations

import re
from random import Random

from tests.differential.generator import ACTORS, Generated

HEAD = """models sc;
struct obj { int f; struct rcu_head h; }; struct obj u;
spinlock_t l; struct mutex m; struct rw_semaphore s; rwlock_t w; int x; int y; int bits; int r; struct obj *p = &u;
static void nothing(void) { WRITE_ONCE(r, 1); }
static void waits(struct rcu_head *h) { while (!READ_ONCE(y)) ; }
"""

AWAITS = """
while (READ_ONCE(x) != K) ;
while (READ_ONCE(x) == K) cpu_relax();
while (!READ_ONCE(y)) barrier();
do { barrier(); } while (READ_ONCE(x) == READ_ONCE(y));
while (!READ_ONCE(y)) { if (READ_ONCE(x) == K) break; }
again_N: if (READ_ONCE(y) == K) goto again_N;
while (!spin_trylock(&l)) ; BODY spin_unlock(&l);
while (!mutex_trylock(&m)) ; BODY mutex_unlock(&m);
while (!down_read_trylock(&s)) ; BODY up_read(&s);
while (!read_trylock(&w)) ; BODY read_unlock(&w);
while (!write_trylock(&w)) ; BODY write_unlock(&w);
down_read(&s); while (READ_ONCE(y) != K) ; up_read(&s);
read_lock(&w); while (READ_ONCE(y) != K) ; read_unlock(&w);
read_lock(&w); while (!read_trylock(&w)) ; BODY read_unlock(&w); read_unlock(&w);
while (spin_is_locked(&l)) ;
spin_lock(&l); while (READ_ONCE(y) != K) ; spin_unlock(&l);
mutex_lock(&m); while (!READ_ONCE(x)) ; mutex_unlock(&m);
while (cmpxchg(&x, K, 2) != K) ;
while (test_and_set_bit_lock(0, &bits)) ; BODY clear_bit_unlock(0, &bits);
while (test_bit(0, &bits)) barrier();
while (!READ_ONCE(y)) cond_resched();
while (READ_ONCE(u.f) == K) ;
while (!READ_ONCE(y)) READ_ONCE(u.f);
for (;;) { if (READ_ONCE(x) == K) break; READ_ONCE(u.f); }
smp_cond_load_acquire(&x, VAL != K);
r_N = smp_cond_load_relaxed(&y, VAL == K || READ_ONCE(x)); WRITE_ONCE(r, r_N);
while (!READ_ONCE(y)) assert(READ_ONCE(x) != K);
do { rcu_read_lock(); r_N = READ_ONCE(y); rcu_read_unlock(); } while (!r_N);
for (;;) { preempt_disable(); if (READ_ONCE(x) == K) break; preempt_enable(); } preempt_enable();
do { while (READ_ONCE(y) == 2) ; } while (READ_ONCE(x) == K);
"""

STEPS = """
WRITE_ONCE(x, K);
WRITE_ONCE(x, K);
WRITE_ONCE(y, K);
WRITE_ONCE(y, 1);
WRITE_ONCE(x, READ_ONCE(y));
spin_lock(&l); BODY spin_unlock(&l);
mutex_lock(&m); BODY mutex_unlock(&m);
down_write(&s); BODY up_write(&s);
down_read(&s); BODY up_read(&s);
read_lock(&w); BODY read_unlock(&w);
read_lock_bh(&w); BODY read_unlock_bh(&w);
write_lock(&w); BODY write_unlock(&w);
write_lock(&w); BODY write_unlock(&w);
rcu_read_lock(); BODY rcu_read_unlock();
WRITE_ONCE(u.f, K);
free(xchg(&p, NULL));
if (READ_ONCE(y)) free(xchg(&p, NULL));
if (smp_load_acquire(&x) == K) free(xchg(&p, NULL));
synchronize_rcu();
call_rcu(&u.h, waits);
rcu_barrier();
set_bit(0, &bits);
clear_bit(0, &bits);
smp_call_function(nothing, true);
if (READ_ONCE(x) == K) { BODY }
"""

COUNTED = (
    ("READ_ONCE", "atomic_read"),
    ("WRITE_ONCE", "atomic_set"),
    ("smp_load_acquire", "atomic_read_acquire"),
    ("smp_cond_load_acquire", "atomic_cond_read_acquire"),
    ("smp_cond_load_relaxed", "atomic_cond_read_relaxed"),
    ("cmpxchg", "atomic_cmpxchg"),
)
"""Accesses of what is no counter, and those of one."""


def generate_awaits(seed: int) -> Generated:
    """The program of a seed."""
    random = Random(seed)
    actors = ACTORS[: 2 if random.random() < 0.8 else 3]
    awaiting = random.randrange(len(actors))
    parts: list[str] = [HEAD]
    for index, name in enumerate(actors):
        count = random.randint(1, 2)
        tables = [random.choice((AWAITS, STEPS)) for _ in range(count)]
        if index == awaiting:
            tables[random.randrange(count)] = AWAITS
        body = " ".join(_fill(random, table, index * 10 + i) for i, table in enumerate(tables))
        parts.append(
            f"actor {name} {{ int r_{index * 10} = 0; int r_{index * 10 + 1} = 0; {body} }}"
        )
    places = ("x", "y", "bits", "r")
    probes = " ".join(f'final {place} != 77777 : "probe";' for place in places)
    parts.append(f"scenario s {{ run {', '.join(actors)}; {probes} }}")
    text = "\n".join(parts)
    return Generated(seed, text if seed % 3 else _counting(text), 1, places)


def _counting(text: str) -> str:
    """The same program with ``x`` and ``y`` as counters."""
    for access, counter in COUNTED:
        text = re.sub(rf"\b{access}\(&?([xy])\b", rf"{counter}(&\1", text)
    text = re.sub(r"\bint ([xy]);", r"atomic_t \1;", text)
    return re.sub(r"\bfinal ([xy]) ", r"final atomic_read(&\1) ", text)


def _fill(random: Random, table: str, number: int) -> str:
    """A line of a table, with what it leaves open."""
    line = random.choice(table.strip().splitlines())
    body = random.choice(("WRITE_ONCE(y, 1);", "WRITE_ONCE(x, K);", "", "WRITE_ONCE(x, 1);"))
    line = line.replace("BODY", body)
    return line.replace("K", str(random.randint(0, 2))).replace("_N", f"_{number}")
