"""Random programs about one question: whom does a callback that waits for a lock stop?

``generate_callbacks(seed)`` is a function of its seed.  Callbacks take locks or send IPIs;
actors queue them and hold the same locks in every context.
"""

from __future__ import annotations

from random import Random

from tests.differential.generator import ACTORS, Generated

HEAD = """models sc;
struct obj { struct rcu_head h; }; struct obj u; struct obj v;
spinlock_t l; spinlock_t k; rwlock_t w; struct mutex m; int x; int r;
static void nothing(void) { WRITE_ONCE(r, 1); }
static void spins(void) { spin_lock(&l); spin_unlock(&l); }
"""

CALLBACKS = """
spin_lock(&l); spin_unlock(&l);
spin_lock(&l); spin_unlock(&l);
spin_lock(&l); WRITE_ONCE(x, 1); spin_unlock(&l);
spin_lock_irq(&l); spin_unlock_irq(&l);
spin_lock(&l); spin_lock(&k); spin_unlock(&k); spin_unlock(&l);
if (READ_ONCE(x)) { spin_lock(&k); spin_unlock(&k); }
if (spin_trylock(&l)) { spin_lock(&k); spin_unlock(&k); spin_unlock(&l); }
read_lock(&w); read_unlock(&w);
read_lock(&w); read_lock(&w); read_unlock(&w); read_unlock(&w);
write_lock(&w); write_unlock(&w);
if (read_trylock(&w)) { WRITE_ONCE(x, 1); read_unlock(&w); }
smp_call_function(nothing, true);
WRITE_ONCE(x, 2);
"""

REGIONS = """
spin_lock(&l); BODY spin_unlock(&l);
spin_lock(&l); BODY spin_unlock(&l);
spin_lock_bh(&l); BODY spin_unlock_bh(&l);
spin_lock_irq(&l); BODY spin_unlock_irq(&l);
spin_lock(&k); BODY spin_unlock(&k);
spin_lock_bh(&k); BODY spin_unlock_bh(&k);
if (spin_trylock(&k)) { BODY spin_unlock(&k); }
read_lock(&w); BODY read_unlock(&w);
read_lock_bh(&w); BODY read_unlock_bh(&w);
write_lock(&w); BODY write_unlock(&w);
write_lock_bh(&w); BODY write_unlock_bh(&w);
local_bh_disable(); BODY local_bh_enable();
local_irq_disable(); BODY local_irq_enable();
preempt_disable(); BODY preempt_enable();
rcu_read_lock(); BODY rcu_read_unlock();
"""

SLEEPING = """
mutex_lock(&m); rcu_barrier(); mutex_unlock(&m);
mutex_lock(&m); mutex_unlock(&m);
synchronize_rcu();
rcu_barrier();
smp_call_function(spins, false);
"""

PLAIN = """
WRITE_ONCE(x, 1);
WRITE_ONCE(r, READ_ONCE(x));
assume(READ_ONCE(x) != 1);
"""


def _lines(text: str) -> list[str]:
    return text.strip().split("\n")


def _statement(random: Random, depth: int) -> str:
    """A statement; what sleeps stands outside of every region."""
    chosen = random.choice((REGIONS, REGIONS, PLAIN, SLEEPING if depth == 0 else PLAIN))
    line = random.choice(_lines(chosen))
    inner = _statement(random, depth + 1) if depth < 1 and random.random() < 0.7 else ""
    return line.replace("BODY", inner)


def generate_callbacks(seed: int) -> Generated:
    """The program of a seed."""
    random = Random(seed)
    actors = ACTORS[: random.choice((1, 2, 2, 2, 3))]
    size = 3 - len(actors) if len(actors) < 3 else 1
    bodies = [[_statement(random, 0) for _ in range(size + (len(actors) == 2))] for _ in actors]
    lines = [HEAD.strip()]
    for head in "uv"[: 1 if len(actors) == 3 else random.choice((1, 1, 2))]:
        does = random.choice(_lines(CALLBACKS))
        lines.append(f"static void cb_{head}(struct rcu_head *h) {{ {does} }}")
        body = random.choice(bodies)
        body.insert(random.randint(0, len(body) - 1), f"call_rcu(&{head}.h, cb_{head});")
    for name, body in zip(actors, bodies, strict=True):
        lines.append(f"actor {name} {{ {' '.join(body)} }}")
    probes = " ".join(f'final {place} != 77777 : "probe";' for place in ("r", "x"))
    lines.append(f"scenario s {{ run {', '.join(actors)}; {probes} }}")
    return Generated(seed, "\n".join(lines) + "\n", 1, ("r", "x"))
