"""Random programs about what stands behind something else, and about tasks that are about to sleep.

``generate_queued(seed)`` is a function of its seed.  Its programs are of three kinds: IPIs that are
sent one after the other, mostly without waiting, callbacks of SRCU domains of which some wait for
others, and tasks whose state is not TASK_RUNNING.  Every loop is an await.
"""

from __future__ import annotations

from random import Random

from tests.differential.generator import ACTORS, Generated

HEAD = """models sc;
struct obj { struct rcu_head h; }; struct obj u; struct obj v; struct obj w;
struct srcu_struct a; struct srcu_struct b; spinlock_t l; spinlock_t k; struct mutex m;
int x; int y; int r;
static void nothing(void) { }
static void sets(void) { WRITE_ONCE(x, 1); }
static void looks(void) { r = READ_ONCE(y); }
static void stays(void) { while (!READ_ONCE(y)) ; }
static void tells(struct rcu_head *h) { WRITE_ONCE(x, 1); }
static void waits(struct rcu_head *h) { while (!READ_ONCE(x)) ; }
static void quiet(struct rcu_head *h) { }
static void again(struct rcu_head *h) { call_srcu(&a, &w.h, tells); while (!READ_ONCE(x)) ; }
"""

SENDS = """
smp_call_function(F, false);
smp_call_function(F, false);
smp_call_function(F, false, two);
smp_call_function(F, false, two);
smp_call_function(F, false, three);
smp_call_function(F, true);
smp_call_function(F, READ_ONCE(y));
if (READ_ONCE(y)) smp_call_function(F, false, two);
spin_lock(&l); smp_call_function(F, false); spin_unlock(&l);
spin_lock(&l); smp_call_function(F, false, two); spin_unlock(&l);
"""

MASKS = """
spin_lock_irq(&l); BODY spin_unlock_irq(&l);
spin_lock_irq(&l); BODY spin_unlock_irq(&l);
local_irq_disable(); BODY local_irq_enable();
local_irq_disable(); BODY local_irq_enable();
spin_lock(&k); BODY spin_unlock(&k);
WRITE_ONCE(y, 1); local_irq_disable(); BODY local_irq_enable();
local_irq_disable(); BODY local_irq_enable(); WRITE_ONCE(y, 1);
"""

BODIES = """
WRITE_ONCE(y, 1);
r = READ_ONCE(x);
while (!READ_ONCE(x)) ;
while (!READ_ONCE(y)) cpu_relax();
"""

QUEUES = """
call_srcu(&D, &H.h, C);
call_srcu(&D, &H.h, C);
call_srcu(&D, &H.h, C); WRITE_ONCE(y, 1);
if (READ_ONCE(y)) call_srcu(&D, &H.h, C);
call_rcu(&H.h, C);
"""

READERS = """
{ int i_N = srcu_read_lock(&D); BODY srcu_read_unlock(&D, i_N); }
srcu_barrier(&D); WRITE_ONCE(y, 1);
srcu_barrier(&D);
while (!READ_ONCE(x)) ;
WRITE_ONCE(y, 1);
WRITE_ONCE(x, 1);
"""

STATES = """
debug_normal_state_change(1);
debug_normal_state_change(1);
debug_normal_state_change(0);
debug_normal_state_change(READ_ONCE(x));
if (READ_ONCE(x)) debug_normal_state_change(1);
if (READ_ONCE(x)) { debug_normal_state_change(0); }
do { debug_normal_state_change(1); } while (!READ_ONCE(x));
"""

SLEEPS = """
mutex_lock(&m); WRITE_ONCE(x, 1); mutex_unlock(&m);
if (READ_ONCE(y)) { mutex_lock(&m); mutex_unlock(&m); }
if (mutex_trylock(&m)) { WRITE_ONCE(y, 1); mutex_unlock(&m); }
if (!mutex_lock_killable(&m)) mutex_unlock(&m);
if (READ_ONCE(x)) might_sleep();
cond_resched();
if (READ_ONCE(y)) synchronize_rcu();
spin_lock(&l); WRITE_ONCE(x, 1); spin_unlock(&l);
WRITE_ONCE(y, 1);
"""

KINDS = (
    ((SENDS, SENDS, SENDS, BODIES), (MASKS, MASKS, BODIES)),
    ((QUEUES, QUEUES, READERS), (READERS, READERS, BODIES)),
    ((STATES, SLEEPS, SLEEPS), (SLEEPS, SLEEPS, STATES)),
)
"""Of each kind of program the tables for the first actor, and for others."""


def _statement(random: Random, tables: tuple[str, ...], number: int, heads: list[str]) -> str:
    """A statement of one of the tables, with what it leaves open."""
    line = random.choice(random.choice(tables).strip().split("\n"))
    if "&H" in line and not heads:
        return ""
    line = line.replace("BODY", random.choice(BODIES.strip().split("\n")))
    does = random.choice(("nothing", "nothing", "sets", "looks", "stays"))
    called = random.choice(("tells", "tells", "waits", "waits", "quiet", "again"))
    line = line.replace("(F,", f"({does},").replace(", C)", f", {called})")
    domain = random.choice("aaab")
    line = line.replace("&D", f"&{domain}").replace("_N", str(number))
    return line.replace("&H", f"&{heads.pop()}") if "&H" in line else line


def generate_queued(seed: int) -> Generated:
    """The program of a seed."""
    random = Random(seed)
    first, rest = KINDS[seed % len(KINDS)]
    actors = ACTORS[: random.choice((2, 2, 2, 3)) if first[0] == SENDS else 2]
    heads = ["u", "v"]
    lines = [HEAD.strip()]
    for index, name in enumerate(actors):
        size = 3 if index == 0 else 1 if len(actors) == 3 else random.choice((1, 2))
        tables = rest if index else first
        parts = [_statement(random, tables, index * 10 + i, heads) for i in range(size)]
        if first[0] == SENDS and "three" not in actors:
            parts = [part.replace(", three", "") for part in parts]
        if tables is KINDS[2][0]:
            parts.append("debug_normal_state_change(0);")
        lines.append(f"actor {name} {{ {' '.join(parts)} }}")
    places = ("x", "y", "r")
    probes = " ".join(f'final {place} != 77777 : "probe";' for place in places)
    lines.append(f"scenario s {{ run {', '.join(actors)}; {probes} }}")
    return Generated(seed, "\n".join(lines) + "\n", 1, places)
