"""The enumerator against the interpreter on random programs.

Both follow the same page of semantics, one by steps, the other by relations; they share the
parser and the checker only.  A program is a function of its seed.
"""

from __future__ import annotations

from random import Random

import pytest

from dsl.check import check
from dsl.imports import load_text
from dsl.interpreter import explore
from prover.execution.construct.program import build
from prover.execution.enumerate.executions import Limit, outcomes, visible
from prover.graph import compile_program
from prover.models.sc import SC

LIMIT = Limit(events=14)
BOUND = 2
SEEDS = range(160)
SOAK = range(160, 6000)
BATCH = 20

HEAD = """int x; int y; int r0; int r1; int r2; atomic_t n;
spinlock_t l class("l"); spinlock_t k class("k"); struct mutex m class("m");
struct rw_semaphore s class("s"); rwlock_t w class("w");
struct page { folio_lock_t lock; }; struct page f;
struct o { int v; spinlock_t k; struct rcu_head h; }; struct o u = { .v = 5 }; struct o *p = &u;
pool struct o objs[1];
config PAE = off | on;
struct table { int v; };
word pmd_t {
        split low, high when PAE == on; present 0x1; none = 0; table(struct table *) = 0x67;
}
struct table A at 0x123456000; struct table B at 0x245678000; pmd_t pmd = table(&A);
update void clear(pmd_t *q) { WRITE_ONCE(q->low, 0); WRITE_ONCE(q->high, 0); }
update void set(pmd_t *q, pmd_t v) { WRITE_ONCE(q->high, v.high); WRITE_ONCE(q->low, v.low); }
static void last(struct rcu_head *h) { struct o *q = container_of(h, struct o, h); free(q); }
static void note(struct rcu_head *h) { WRITE_ONCE(r2, 7); }
static void copy(void) { WRITE_ONCE(x, READ_ONCE(y) + 3); }
static void spin(void) { spin_lock(&l); spin_unlock(&l); }
static void nothing(void) { }
"""

# One statement a line.  VAR and RES stand for a place that is raced for or keeps a result,
# NUM for a small number, FN for a handler, BODY for another statement, NEW for a fresh local.
COMMON = """
WRITE_ONCE(VAR, NUM);
WRITE_ONCE(VAR, NUM);
WRITE_ONCE(RES, READ_ONCE(VAR));
WRITE_ONCE(RES, READ_ONCE(VAR));
VAR = VAR + 1;
assert(READ_ONCE(VAR) != NUM);
if (READ_ONCE(VAR)) { BODY }
assume(READ_ONCE(VAR) != NUM);
"""
GROUPS = {
    "spin": """
spin_lock(&l); BODY spin_unlock(&l);
spin_lock(&l); spin_lock(&k); BODY spin_unlock(&k); spin_unlock(&l);
spin_lock(&k); spin_lock(&l); spin_unlock(&l); spin_unlock(&k);
if (spin_trylock(&l)) { BODY spin_unlock(&l); }
if (READ_ONCE(VAR)) spin_lock(&l);
spin_unlock(&l);
WRITE_ONCE(RES, spin_is_locked(&l));
read_lock(&w); BODY read_unlock(&w);
read_lock_bh(&w); BODY read_unlock_bh(&w);
if (read_trylock(&w)) { BODY read_unlock(&w); }
write_lock(&w); BODY write_unlock(&w);
if (write_trylock(&w)) { BODY write_unlock(&w); }
""",
    "sleep": """
mutex_lock(&m); BODY mutex_unlock(&m);
if (mutex_trylock(&m)) { BODY mutex_unlock(&m); }
down_read(&s); BODY up_read(&s);
down_read(&s); down_read(&s); up_read(&s); up_read(&s);
down_write(&s); BODY up_write(&s);
if (down_read_trylock(&s)) { BODY up_read(&s); }
if (down_write_trylock(&s)) { BODY up_write(&s); }
folio_lock(&f); BODY folio_unlock(&f);
folio_lock(&f);
folio_unlock(&f);
if (folio_trylock(&f)) { BODY folio_unlock(&f); }
WRITE_ONCE(RES, rwsem_is_locked(&s));
WRITE_ONCE(RES, folio_test_locked(&f));
""",
    "rcu": """
rcu_read_lock(); BODY rcu_read_unlock();
local_irq_disable(); BODY local_irq_enable();
preempt_disable(); BODY preempt_enable();
synchronize_rcu();
synchronize_rcu();
call_rcu(&u.h, note);
call_rcu(&u.h, last);
kfree_rcu(&u, h);
rcu_barrier();
WRITE_ONCE(RES, u.v);
rcu_assign_pointer(p, NULL);
{ struct o *NEW = rcu_dereference(p); if (NEW) WRITE_ONCE(RES, NEW->v); }
""",
    "ipi": """
smp_call_function(FN, true);
smp_call_function(FN, false);
smp_call_function(FN, READ_ONCE(VAR) == 1);
local_irq_disable(); BODY local_irq_enable();
spin_lock_irq(&l); BODY spin_unlock_irq(&l);
spin_lock(&l); BODY spin_unlock(&l);
""",
    "pool": """
{ struct o *NEW = alloc(objs); if (NEW) { NEW->v = 1; WRITE_ONCE(p, NEW); } }
{ struct o *NEW = alloc(objs); WRITE_ONCE(p, NEW); }
{ struct o *NEW = READ_ONCE(p); if (NEW) { BODY WRITE_ONCE(RES, NEW->v); } }
{ struct o *NEW = xchg(&p, NULL); BODY free(NEW); }
{ struct o *NEW = READ_ONCE(p); free(NEW); }
{ struct o *NEW = READ_ONCE(p); if (NEW) { spin_lock(&NEW->k); BODY spin_unlock(&NEW->k); } }
{ struct o *NEW = alloc(objs); if (NEW) { spin_lock_init(&NEW->k); WRITE_ONCE(p, NEW); } }
free(&u);
""",
    "word": """
{ pmd_t NEW = READ_ONCE(pmd); if (NEW.low & 1) WRITE_ONCE(RES, ((struct table *)NEW)->v); }
{ pmd_t NEW = READ_ONCE(pmd); WRITE_ONCE(RES, NEW == none); }
WRITE_ONCE(pmd, none);
WRITE_ONCE(pmd, table(&B));
xchg(&pmd, table(&B));
WRITE_ONCE(RES, (u64)cmpxchg(&pmd, table(&A), none) != 0);
clear(&pmd);
set(&pmd, table(&B));
WRITE_ONCE(pmd.low, 0);
""",
    "atomic": """
atomic_inc(&n);
WRITE_ONCE(RES, atomic_dec_and_test(&n));
WRITE_ONCE(RES, atomic_fetch_add(2, &n));
WRITE_ONCE(RES, cmpxchg(&VAR, 0, NUM));
WRITE_ONCE(VAR, choose(0, 1));
choose { VAR = NUM; } or { VAR = NUM; }
""",
}
MIXES = (*((name,) for name in GROUPS), ("spin", "rcu"), ("rcu", "ipi"), ("pool", "rcu"))
DEPTH = 2


def _statement(random: Random, mix: tuple[str, ...], depth: int, fresh: list[int]) -> str:
    lines = [line for text in (COMMON, *(GROUPS[g] for g in mix)) for line in text.split("\n")]
    chosen = [line for line in lines if line and (depth < DEPTH or "BODY" not in line)]
    line = random.choice(chosen)
    if "BODY" in line:
        line = line.replace("BODY", _statement(random, mix, depth + 1, fresh))
    if "NEW" in line:
        fresh.append(len(fresh))
        line = line.replace("NEW", f"v{len(fresh)}")
    for word, choices in (
        ("VAR", "x y"),
        ("RES", "r0 r1"),
        ("NUM", "1 2"),
        ("FN", "copy spin nothing"),
    ):
        while word in line:
            line = line.replace(word, random.choice(choices.split()), 1)
    return line


def _program(seed: int) -> str:
    random = Random(seed)
    mix = MIXES[seed % len(MIXES)]
    names = "abc"[: random.choice((2, 2, 2, 3))]
    lines = [HEAD]
    fresh: list[int] = []
    for name in names:
        size = random.randint(1, 3 if len(names) == 2 else 2)
        body = " ".join(_statement(random, mix, 0, fresh) for _ in range(size))
        lines.append(f"actor {name} {{ {body} }}")
    claims = [f"run {', '.join(names)};"]
    if random.random() < 0.15:
        claims.append('invariant x != 2 || y != 1 : "i";')
    if random.random() < 0.15:
        claims.append('final x != 1 || y == 0 : "f";')
    lines.append(f"scenario s {{ {' '.join(claims)} }}")
    return "\n".join(lines)


def agree(seed: int) -> bool:
    """Whether the program of a seed was small enough to be compared; fails where engines differ."""
    text = _program(seed)
    configuration = {"PAE": "on"}
    protocol = check(load_text(f"seed{seed}.khp", text, None, ()))
    skeleton = build(compile_program(protocol, "s", configuration, BOUND))
    if visible(skeleton) > LIMIT.events:
        return False
    stepped = explore(protocol, "s", configuration, loop_bound=BOUND)
    found = outcomes(skeleton, SC, LIMIT)
    assert found.complete and stepped.complete, text
    assert found.violations == stepped.violations, text
    assert {tuple(f) for f in found.outcomes} == {tuple(o) for o in stepped.outcomes}, text
    return True


@pytest.mark.parametrize("start", SEEDS[::BATCH])
def test_random_programs_come_out_the_same(start: int) -> None:
    assert sum(agree(seed) for seed in range(start, start + BATCH)) > BATCH / 2


@pytest.mark.soak
@pytest.mark.parametrize("start", SOAK[::BATCH])
def test_many_random_programs_come_out_the_same(start: int) -> None:
    assert sum(agree(seed) for seed in range(start, start + BATCH)) > 0
