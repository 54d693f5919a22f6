"""Statements of two actors that belong together: races that the rules of the engines decide.

Each theme gives one statement per actor, mostly right and at times wrong.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.differential.draft import OPENERS, Draft, block, call, hold, use_lock
from tests.differential.snippets import body, through

Theme = Callable[[Draft], tuple[str, str]]


SIMPLE = ("rcu_read_lock", "local_irq_disable", "preempt_disable", "local_bh_disable")
"""Sections without a lock."""


def messages(draft: Draft) -> tuple[str, str]:
    """Two writes; two reads the other way round, and a claim."""
    for name in ("x", "y", "r"):
        draft.use(name)
    first, second = draft.random.choice(("xy", "yx"))
    write = f"WRITE_ONCE({first}, 1); WRITE_ONCE({second}, 1);"
    claim = draft.random.choice(
        (
            f"if (READ_ONCE({second}) && !READ_ONCE({first})) r = 9;",
            f"if (READ_ONCE({first}) && !READ_ONCE({second})) r = 9;",
            f"r = READ_ONCE({second}); assert(READ_ONCE({first}) || !r);",
            f"WRITE_ONCE({first}, 2); r = READ_ONCE({second}); WARN_ON(READ_ONCE({first}) == 1);",
        )
    )
    return write, claim


def halves(draft: Draft) -> tuple[str, str]:
    """The word changed, and looked at."""
    draft.use("w")
    random = draft.random
    # The last stores the bits of a half-cleared entry, so that they are torn only for a while.
    changes = (
        "w = none;",
        "w = table(&t2);",
        "clear(&w);",
        "WRITE_ONCE(w.low, 0);",
        "clear(&w); WRITE_ONCE(w.low, 0x23456067);",
    )
    write = " ".join(random.choice(changes) for _ in range(random.randint(1, 2)))
    look = block("pmd_t q = w;", "if (q.low & 1)", through(draft, "q"))
    guarded = block("pmd_t q = READ_ONCE(w);", "if (q.high != 1) w = q;")
    return _locked(draft, write), _locked(draft, random.choice((look, look, guarded)))


def lifetime(draft: Draft) -> tuple[str, str]:
    """An object taken out of sight and freed, and a reader of it."""
    draft.use("p")
    draft.use("r")
    random = draft.random
    waits = ("", "synchronize_rcu();", "synchronize_rcu_expedited();", "rcu_barrier();")
    taken = random.choice(("xchg(&p, NULL)", "READ_ONCE(p); WRITE_ONCE(p, NULL)"))
    free = block(f"struct obj *q = {taken};", random.choice(waits), "free(q);")
    if random.random() < 0.3:
        draft.functions.append(
            f"static void gone{len(draft.functions)}(struct rcu_head *h) "
            "{ struct obj *q = container_of(h, struct obj, h); free(q); }"
        )
        name = f"gone{len(draft.functions) - 1}"
        free = f"{random.choice(('p = NULL; ', ''))}{call('call_rcu', '&u.h', name)};"
    look = block("struct obj *q = READ_ONCE(p);", "if (q) r = q->v;")
    opener = random.choice(
        (
            "rcu_read_lock",
            "rcu_read_lock",
            "preempt_disable",
            "local_irq_disable",
            "local_bh_disable",
        )
    )
    if random.random() < 0.7:
        closer = OPENERS[opener]
        look = f"{call(opener)}; {look} {call(closer)};"
    return free, look


def reuse(draft: Draft) -> tuple[str, str]:
    """A slot freed and taken again."""
    for name in ("p", "objs", "r"):
        draft.use(name)
    write = draft.random.choice(("q->v = 2;", ""))
    one = block("struct obj *q = alloc(objs);", f"if (q) {block(write, 'p = q; free(q);')}")
    two = draft.random.choice(
        (
            block(
                "struct obj *q = alloc(objs);", "if (q) { q->v = 1; r = q->v; p = q; } else r = 5;"
            ),
            block("struct obj *q = p;", "r = q->v;"),
            block("struct obj *q = alloc(objs);", "if (q) free(q); else r = 5;"),
        )
    )
    return one, two


def inversion(draft: Draft) -> tuple[str, str]:
    """Two locks, in one order and in the other."""
    kinds = ("spin_lock", "spin_lock", "mutex_lock", "down_read", "down_write", "folio_lock")
    random = draft.random
    one, two = random.choice(kinds), random.choice((*kinds, "read_lock", "write_lock"))
    outer, inner = use_lock(draft, one), use_lock(draft, two)
    if outer == inner and one == "spin_lock":
        inner = "&" + draft.use("k")
    swapped = random.random() < 0.6
    first = hold(one, outer, hold(two, inner, ""))
    third = random.choice(("down_write", two)) if two == "down_read" else two
    if swapped:
        return first, hold(third, inner, hold(one, outer, ""))
    return first, hold(one, outer, hold(third, inner, ""))


def interrupt(draft: Draft) -> tuple[str, str]:
    """An IPI, and a region that may keep it out."""
    for name in ("x", "y", "r"):
        draft.use(name)
    random = draft.random
    number = len(draft.functions)
    does = random.choice(("", "WRITE_ONCE(y, 1);", "y = 1; r = READ_ONCE(x);", "x = 2; x = 1;"))
    if random.random() < 0.15:
        does = f"spin_lock(&{draft.use('l')}); x = 2; spin_unlock(&l);"
    draft.functions.append(f"static void poke{number}(void) {{ {does} }}")
    wait = random.choice(("true", "true", "false"))
    sent = f"x = 1; {call('smp_call_function', f'poke{number}', wait)}; x = 3;"
    opener = random.choice(
        (
            "local_irq_disable",
            "local_irq_disable",
            "rcu_read_lock",
            "rcu_read_lock",
            "preempt_disable",
        )
    )
    inner = random.choice(("r = READ_ONCE(x); r = READ_ONCE(x) + r;", "if (!READ_ONCE(y)) x = 2;"))
    return sent, f"{call(opener)}; {inner} {call(OPENERS[opener])};"


def grace(draft: Draft) -> tuple[str, str]:
    """A grace period between two writes, and a section with two reads."""
    for name in ("x", "y", "r"):
        draft.use(name)
    random = draft.random
    wait = random.choice(("synchronize_rcu", "synchronize_rcu", "synchronize_rcu_expedited"))
    writes = f"WRITE_ONCE(x, 1); {call(wait)}; WRITE_ONCE(y, 1);"
    reads = "r = READ_ONCE(x); if (READ_ONCE(y) && !r) r = 9;"
    if random.random() < 0.3:
        reads = "r = READ_ONCE(y); if (r && !READ_ONCE(x)) r = 9;"
    opener = random.choice(
        (
            "rcu_read_lock",
            "rcu_read_lock",
            "local_irq_disable",
            "preempt_disable",
            "local_bh_disable",
            "spin_lock",
            "read_lock",
        )
    )
    if opener in ("spin_lock", "read_lock"):
        return writes, hold(opener, use_lock(draft, opener), reads)
    return writes, f"{call(opener)}; {reads} {call(OPENERS[opener])};"


def queue(draft: Draft) -> tuple[str, str]:
    """Readers and a writer of a semaphore, or of an rwlock."""
    random = draft.random
    read, locked = random.choice((("down_read", "down_write"), ("read_lock", "write_lock")))
    tries = {"down_read": "down_read_trylock", "read_lock": "read_trylock"}
    lock = use_lock(draft, read)
    for name in ("x", "y", "r"):
        draft.use(name)
    trying = {"down_write": "down_write_trylock", "write_lock": "write_trylock"}[locked]
    write = hold(random.choice((locked, trying)), lock, "x = 1;")
    match random.randrange(4):
        case 0:
            # Both inside at once is the only way to r == 1 and y == 2.
            one = hold(read, lock, "WRITE_ONCE(x, 1); r = READ_ONCE(y);")
            return one, hold(read, lock, "WRITE_ONCE(y, 1); y = READ_ONCE(x) + 1;")
        case 1:
            # The trylock fails where a writer waits, and then the reader must not get in either.
            again = hold(read, lock, "r = 7;")
            unlock = call(OPENERS[read], lock)
            tried = f"if ({call(tries[read], lock)}) {unlock}; else {block(again)}"
            return hold(read, lock, tried), hold(locked, lock, "x = 1;")
        case 2:
            return hold(read, lock, hold(read, lock, "")), write
        case _:
            return hold(read, lock, body(draft, 1)), write


def atomic(draft: Draft) -> tuple[str, str]:
    """Something that may sleep inside of something that must not, perhaps."""
    random = draft.random
    number = draft.variable()
    sleeps = random.choice(
        (
            "might_sleep();",
            "synchronize_rcu();",
            hold("mutex_lock", use_lock(draft, "mutex_lock"), ""),
            hold("down_read", use_lock(draft, "down_read"), ""),
        )
    )
    opener = random.choice(
        ("rcu_read_lock", "preempt_disable", "local_irq_disable", "local_bh_disable", "spin_lock")
    )
    inner = f"if (READ_ONCE({number}) == 1) {block(sleeps)}"
    other = random.choice(
        (f"WRITE_ONCE({number}, 1);", f"WRITE_ONCE({number}, 2);", f"x = 1; {draft.use('x')} = 2;")
    )
    if opener == "spin_lock":
        return hold(opener, use_lock(draft, opener), inner), other
    return f"{call(opener)}; {inner} {call(OPENERS[opener])};", other


def checks(draft: Draft) -> tuple[str, str]:
    """A claim about a number that another changes under a lock."""
    random = draft.random
    number = draft.variable()
    name = random.choice(("BUG_ON", "WARN_ON", "VM_WARN_ON", "VM_BUG_ON"))
    claim = f"{call(name, f'READ_ONCE({number}) == {random.randint(1, 2)}')};"
    change = f"{number} = 1; {number} = {random.choice((0, 2))};"
    return _locked(draft, change), _locked(draft, claim)


def sections(draft: Draft) -> tuple[str, str]:
    """A section that is left open, or ended twice, only where another actor was fast."""
    opener = draft.random.choice(SIMPLE)
    number = draft.variable()
    closer = OPENERS[opener]
    end = draft.random.choice(
        (
            f"if (READ_ONCE({number}) == 0) {call(closer)};",
            f"{call(closer)}; if (READ_ONCE({number}) == 1) {call(closer)};",
            f"{call(closer)};",
        )
    )
    return f"{call(opener)}; {end}", f"WRITE_ONCE({number}, 1);"


def _locked(draft: Draft, inner: str) -> str:
    """Perhaps with a lock held."""
    random = draft.random
    if random.random() < 0.5:
        return inner
    opener = random.choice(("spin_lock", "spin_lock", "write_lock", "mutex_lock", "folio_lock"))
    return hold(opener, use_lock(draft, opener), inner)


THEMES: tuple[Theme, ...] = (
    messages,
    halves,
    lifetime,
    reuse,
    inversion,
    interrupt,
    grace,
    queue,
    atomic,
    checks,
    sections,
    halves,
    lifetime,
    grace,
    interrupt,
    queue,
)
