"""Random programs about one question: whom does a callback that has not begun wait for?

``generate_late(seed)`` is a function of its seed.  Callbacks are queued early, and actors wait in
regions of every kind for what these do, or for who waits for them.  Every loop is an await.
"""

from __future__ import annotations

from random import Random

from tests.differential.generator import ACTORS, Generated

HEAD = """models sc;
struct obj { struct rcu_head h; }; struct obj u; struct obj v;
struct srcu_struct a; struct srcu_struct b; spinlock_t l; struct mutex m; int x; int y; int r;
static void tells(struct rcu_head *h) { WRITE_ONCE(x, 1); }
static void takes(struct rcu_head *h) { spin_lock(&l); spin_unlock(&l); }
static void waits(struct rcu_head *h) { while (!READ_ONCE(y)) ; }
static void quiet(struct rcu_head *h) { }
"""

QUEUES = """
call_rcu(&H.h, F);
call_rcu(&H.h, F);
call_rcu(&H.h, F); WRITE_ONCE(y, 1);
call_srcu(&D, &H.h, F);
call_srcu(&D, &H.h, F);
call_srcu(&D, &H.h, F); WRITE_ONCE(y, 1);
"""

REGIONS = """
rcu_read_lock(); BODY rcu_read_unlock();
rcu_read_lock(); BODY rcu_read_unlock();
rcu_read_lock(); rcu_read_unlock(); BODY
preempt_disable(); BODY preempt_enable();
local_bh_disable(); BODY local_bh_enable();
spin_lock(&l); BODY spin_unlock(&l);
{ int i_N = srcu_read_lock(&D); BODY srcu_read_unlock(&D, i_N); }
{ int i_N = srcu_read_lock(&D); BODY srcu_read_unlock(&D, i_N); }
{ int i_N = srcu_read_lock(&D); SLEEP srcu_read_unlock(&D, i_N); }
{ int i_N = srcu_read_lock(&D); SLEEP srcu_read_unlock(&D, i_N); }
{ int i_N = srcu_down_read(&D); SLEEP srcu_up_read(&D, i_N); }
if (READ_ONCE(y)) { rcu_read_lock(); BODY rcu_read_unlock(); }
"""

BODIES = """
while (!READ_ONCE(x)) ;
while (!READ_ONCE(x)) cpu_relax();
while (!READ_ONCE(x)) ;
while (!READ_ONCE(y)) ;
while (READ_ONCE(x) == READ_ONCE(y)) ;
do { rcu_read_lock(); r_N = READ_ONCE(x); rcu_read_unlock(); } while (!r_N);
WRITE_ONCE(y, 1);
r = READ_ONCE(x);
"""

SLEEPS = """
srcu_barrier(&D);
srcu_barrier(&D); WRITE_ONCE(y, 1);
rcu_barrier();
rcu_barrier(); WRITE_ONCE(x, 1);
mutex_lock(&m); BODY mutex_unlock(&m);
mutex_lock(&m); srcu_barrier(&D); mutex_unlock(&m);
mutex_lock(&m); rcu_barrier(); mutex_unlock(&m);
synchronize_rcu(); WRITE_ONCE(x, 1);
"""


def _lines(text: str) -> list[str]:
    return text.strip().split("\n")


def _statement(random: Random, number: int, head: str) -> str:
    """A statement, with what it leaves open; ``head`` is what it may queue."""
    tables = [REGIONS, REGIONS, REGIONS, REGIONS, SLEEPS, BODIES]
    line = random.choice(_lines(QUEUES if head else random.choice(tables)))
    line = line.replace("SLEEP", random.choice(_lines(random.choice((SLEEPS, SLEEPS, BODIES)))))
    line = line.replace("BODY", random.choice(_lines(BODIES)))
    # In a callback of call_srcu() no lock is taken: for lock-order it may be no softirq.
    locks = "tells" if "srcu" in line else "takes"
    does = random.choice(("tells", "tells", "tells", locks, "waits", "quiet"))
    line = line.replace(", F)", f", {does})")
    domain = random.choice("aaaaab")
    return line.replace("&H", f"&{head}").replace("&D", f"&{domain}").replace("_N", str(number))


def generate_late(seed: int) -> Generated:
    """The program of a seed."""
    random = Random(seed)
    actors = ACTORS[: random.choice((1, 2, 2, 2))]
    heads = random.choice((["u"], ["u"], ["u"], ["u", "v"]))
    queued = {head: random.choice(actors) for head in heads}
    lines = [HEAD.strip()]
    for index, name in enumerate(actors):
        own = [head for head in heads if queued[head] == name]
        parts = [_statement(random, index * 10 + i, head) for i, head in enumerate(own)]
        size = (3 if len(actors) == 1 else 2) - len(own)
        more = [_statement(random, index * 10 + 5 + i, "") for i in range(max(1, size))]
        locals_ = " ".join(f"int r{index * 10 + i} = 0;" for i in (5, 6, 7))
        lines.append(f"actor {name} {{ {locals_} {' '.join((*parts, *more))} }}")
    places = ("x", "y", "r")
    probes = " ".join(f'final {place} != 77777 : "probe";' for place in places)
    lines.append(f"scenario s {{ run {', '.join(actors)}; {probes} }}")
    return Generated(seed, "\n".join(lines) + "\n", 1, places)
