"""Running local work together with the step before it loses nothing.

Random small programs are explored twice: as the machine does it, and with
every micro-op a step of its own, nothing forgotten, no choice taken first.
"""

from __future__ import annotations

import random

import pytest

from dsl.frozen import replace
from dsl.interpreter import Exploration, explore
from dsl.interpreter.code import Code
from dsl.interpreter.machine import Machine, Moves
from dsl.interpreter.state import State, Violation
from dsl.interpreter.work import Work
from dsl.protocol import Protocol

DECLARATIONS = """
struct t { int n; struct rcu_head h; spinlock_t l; };
word w_t { split low, high; present 0x1; none = 0; at(struct t *) = 0x67; }
struct t A at 0x123456000; struct t B at 0x323457000; pool struct t slots[1] zeroed at (0x523458000);
w_t w = at(&A); int x; int y; struct t *p = &B; spinlock_t sl class("S"); struct mutex mx class("M");
void nop(void) { } void put(struct rcu_head *h) { free(container_of(h, struct t, h)); }
update void clear(w_t *q) { WRITE_ONCE(q->low, 0); WRITE_ONCE(q->high, 0); }
"""

STATEMENTS = (
    "x = {n};",
    "y = x + {n};",
    "v = x; if (v == {n}) y = v;",
    "v += {n};",
    "v = choose(0, 1);",
    "choose {{ x = {n}; }} or {{ y = v; }}",
    "assert(y != {n});",
    "WARN_ON(v == 2 && x == {n});",
    "assume(x != {n});",
    "if (v) {{ int u; if (x) u = 1; y = u; }}",
    "rcu_read_lock(); t = p; if (t) v = t->n; rcu_read_unlock();",
    "spin_lock(&sl); x++; spin_unlock(&sl);",
    "spin_lock_irq(&sl); y = x; spin_unlock_irq(&sl);",
    "if (spin_trylock(&sl)) {{ x = v; spin_unlock(&sl); }}",
    "mutex_lock(&mx); x = {n}; mutex_unlock(&mx);",
    "if (mutex_trylock(&mx)) {{ y = {n}; mutex_unlock(&mx); }}",
    "local_irq_disable(); v = y; local_irq_enable();",
    "smp_call_function(nop, {b});",
    "t = xchg(&p, NULL); if (t) call_rcu(&t->h, put);",
    "t = xchg(&p, NULL); synchronize_rcu(); free(t);",
    "t = alloc(slots); if (t) {{ t->n = {n}; p = t; }}",
    "q = w; if (q.low & 1) v = ((struct t *)q)->n;",
    "w = none;",
    "xchg(&w, at(&B));",
    "clear(&w);",
    "while (v < 2) {{ v++; if (x == v) break; }}",
    "again{i}: v = READ_ONCE(x); if (v == 1 && y) goto again{i};",
)


def program(seed: int) -> str:
    rng = random.Random(seed)
    actors: list[str] = []
    for name in ("a", "b"):
        body = "int v = 0; struct t *t = NULL; w_t q = none;"
        for i in range(rng.randint(2, 3)):
            statement = rng.choice(STATEMENTS)
            body += " " + statement.format(n=rng.randint(0, 2), b=rng.randint(0, 1), i=i)
        actors.append(f"actor {name} {{ {body} }}")
    return f"{DECLARATIONS}{' '.join(actors)} scenario s {{ run a, b; invariant x != 7; }}"


def settled(found: Exploration) -> set[Violation]:
    """Where something is violated; who goes round for ever may be anywhere in the loop."""
    return {(name, span) for name, span in found.violation_sites if name != "deadlock"}


def plain(monkeypatch: pytest.MonkeyPatch, protocol: Protocol) -> Exploration:
    """Every micro-op is a step."""
    moves = Machine.moves

    def no_local(self: Machine, w: Work) -> tuple[Violation, ...]:
        return ()

    def all_moves(self: Machine, state: State) -> Moves:
        return replace(moves(self, state), urgent="")

    def keep(code: Code, always_live: frozenset[int]) -> None:
        code.dead = [()] * len(code.ops)

    with monkeypatch.context() as patch:
        patch.setattr(Machine, "_run_local", no_local)
        patch.setattr(Machine, "moves", all_moves)
        patch.setattr("dsl.interpreter.program.finish", keep)
        return explore(protocol, "s", {}, max_states=100_000)


@pytest.mark.parametrize("seed", range(60))
def test_nothing_is_lost(monkeypatch: pytest.MonkeyPatch, checked, seed: int) -> None:
    protocol = checked(program(seed))
    reduced = explore(protocol, "s", {})
    full = plain(monkeypatch, protocol)
    assert reduced.complete
    assert full.complete
    assert reduced.states <= full.states
    assert settled(reduced) == settled(full)
    assert reduced.violations == full.violations
    assert reduced.outcomes == full.outcomes
    assert reduced.some_run_ends == full.some_run_ends
