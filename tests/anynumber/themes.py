"""Small protocols for any number of actors, from a seed: safe ones, and ones with a mistake in them.

A theme makes declarations, actors and claims; in about half of the seeds one thing in it is wrong.
``generate(seed)`` is a function of its seed alone.  Themes of what is freed are in ``lives.py``.
"""

from __future__ import annotations

from random import Random

from tests.anynumber.drafts import Draft, Generated, Theme
from tests.anynumber.lives import (
    callbacks,
    ipi_in_period,
    lookups,
    marked,
    owners,
    recycled,
    references,
    removal,
    sleepable,
    two_periods,
    within_first,
)

LOCKS = {
    "spinlock_t l": ("spin_lock(&l);", "spin_unlock(&l);"),
    "struct mutex l": ("mutex_lock(&l);", "mutex_unlock(&l);"),
    "struct rw_semaphore l": ("down_write(&l);", "up_write(&l);"),
    "rwlock_t l": ("write_lock(&l);", "write_unlock(&l);"),
}
"""Locks that exclude, with how they are taken."""

TRIED = {
    "spinlock_t l": ("spin_trylock(&l)", "spin_unlock(&l);"),
    "struct mutex l": ("mutex_trylock(&l)", "mutex_unlock(&l);"),
    "struct rw_semaphore l": ("down_write_trylock(&l)", "up_write(&l);"),
}


def critical(draft: Draft) -> None:
    """Two words that are changed together, under a lock; now and then not."""
    kind = draft.random.choice(sorted(LOCKS))
    lock, unlock = LOCKS[kind]
    draft.lines += [f"{kind};", "int a;", "int b;"]
    change = draft.random.choice(["a = !a; b = !b;", "a = 1; b = 1; a = 0; b = 0;"])
    early = change.split(";")[0] + ";"
    took, gave, looked, put = draft.mistake(
        (lock, ""), (f"{change} {unlock}", f"{early} {unlock} {change[len(early):]}"),
        (lock, ""), (unlock, "")
    )  # fmt: skip
    took, gave = (took, gave) if took else ("", gave.replace(unlock, ""))
    put = put if looked else ""
    draft.actors["writer"] = f"{took} {gave}"
    draft.actors["reader"] = f'{looked} assert(a == b, "both"); {put}'


def shared_readers(draft: Draft) -> None:
    """Readers that share a lock with each other, and writers that do not."""
    sleeps = draft.random.random() < 0.5
    names = ("down_read", "up_read", "down_write", "up_write")
    if not sleeps:
        names = ("read_lock", "read_unlock", "write_lock", "write_unlock")
    read, unread, write, unwrite = (f"{name}(&l);" for name in names)
    draft.lines += ["struct rw_semaphore l;" if sleeps else "rwlock_t l;", "int a;", "int b;"]
    (how,) = draft.mistake((write, read))
    back = unwrite if how == write else unread
    inside = "a = !a; b = !b;"
    if sleeps and how == write and draft.random.random() < 0.4:
        inside += " downgrade_write(&l);" + draft.maybe("", " a = !a; b = !b;", 0.4)
        back = unread
    draft.actors["writer"] = f"{how} {inside} {back}"
    draft.actors["reader"] = f'{read} assert(a == b, "both"); {unread}'


def tried(draft: Draft) -> None:
    """Who tries a lock, and must look whether it has it."""
    kind = draft.random.choice(sorted(TRIED))
    attempt, unlock = TRIED[kind]
    lock, _ = LOCKS[kind]
    draft.lines += [f"{kind};", "ghost int inside;"]
    body = 'inside++; assert(inside == 1, "one"); inside--;'
    (test,) = draft.mistake((f"if ({attempt}) {{", f"if ({attempt} || READ_ONCE(inside) == 0) {{"))
    after = unlock if test.startswith(f"if ({attempt}) ") else ""
    draft.actors["trier"] = f"{test} {body} {after} }}"
    if draft.random.random() < 0.7:
        draft.actors["taker"] = f"{lock} {body} {unlock}"


def flags(draft: Draft) -> None:
    """Locks made of flags: one that is set atomically, or Dekker's."""
    draft.lines += ["int f;", "int g;", "ghost int inside;"]
    body = 'inside++; assert(inside == 1, "one"); inside--;'
    if draft.random.random() < 0.5:
        (enter,) = draft.mistake(
            (
                draft.random.choice(
                    ["while (xchg(&f, 1)) cpu_relax();", "while (cmpxchg(&f, 0, 1)) cpu_relax();"]
                ),
                "while (READ_ONCE(f)) cpu_relax(); WRITE_ONCE(f, 1);",
            )
        )
        draft.actors["user"] = f"{enter} {body} WRITE_ONCE(f, 0);"
        return
    order = draft.mistake(("WRITE_ONCE(f, 1); if (!READ_ONCE(g)) {", "if (!READ_ONCE(g)) {"))[0]
    late = "" if order.startswith("WRITE") else "WRITE_ONCE(f, 1);"
    draft.actors["left"] = f"{order} {late} {body} }} WRITE_ONCE(f, 0);"
    draft.actors["right"] = f"WRITE_ONCE(g, 1); if (!READ_ONCE(f)) {{ {body} }} WRITE_ONCE(g, 0);"
    draft.single = {"left", "right"}
    draft.actors["looker"] = "READ_ONCE(f); READ_ONCE(g);"


def invariants(draft: Draft) -> None:
    """A claim on shared variables, at every moment."""
    draft.lines += ["spinlock_t l;", "int a;", "bool busy;"]
    one, two = draft.mistake(
        ("WRITE_ONCE(busy, true); WRITE_ONCE(a, 1);", "WRITE_ONCE(a, 1); WRITE_ONCE(busy, true);"),
        (
            "WRITE_ONCE(a, 0); WRITE_ONCE(busy, false);",
            "WRITE_ONCE(busy, false); WRITE_ONCE(a, 0);",
        ),
    )
    lock, unlock = draft.mistake(("spin_lock(&l);", ""), ("spin_unlock(&l);", "spin_unlock(&l);"))
    draft.actors["user"] = f"{lock} {one} {two} {unlock if lock else ''}"
    draft.actors["looker"] = "if (READ_ONCE(a)) READ_ONCE(busy);"
    draft.claims.append("invariant !a || busy;")


def awaited(draft: Draft) -> None:
    """Turns that are handed round with flags."""
    draft.lines += ["int turn;", "int data;"]
    ready, back = draft.mistake(
        ("WRITE_ONCE(data, 1); WRITE_ONCE(turn, 1);", "WRITE_ONCE(turn, 1); WRITE_ONCE(data, 1);"),
        ("WRITE_ONCE(data, 0); WRITE_ONCE(turn, 0);", "WRITE_ONCE(turn, 0); WRITE_ONCE(data, 0);"),
    )
    draft.actors["producer"] = f"while (READ_ONCE(turn) != 0) cpu_relax(); {ready}"
    draft.actors["consumer"] = (
        f'while (READ_ONCE(turn) != 1) cpu_relax(); assert(READ_ONCE(data) == 1, "data"); {back}'
    )
    draft.actors["looker"] = "READ_ONCE(turn);"
    draft.single = {"producer", "consumer"} if draft.random.random() < 0.6 else {"producer"}


def permits(draft: Draft) -> None:
    """So many at a time, counted under a lock; who is counted is in no view."""
    most = draft.random.choice([1, 2])
    draft.lines += ["spinlock_t l;", "int n;", "ghost int inside;"]
    test, back = draft.mistake(
        (f"if (n < {most}) {{ n++; got = true; }}", f"if (n <= {most}) {{ n++; got = true; }}"),
        (
            "spin_lock(&l); inside--; n--;",
            "spin_lock(&l); n--; spin_unlock(&l); spin_lock(&l); inside--;",
        ),
    )
    body = f'inside++; assert(inside <= {most}, "so many"); spin_unlock(&l);'
    draft.actors["user"] = (
        f"bool got = false; spin_lock(&l); {test} if (!got) {{ spin_unlock(&l); return; }} "
        f"{body} {back} spin_unlock(&l);"
    )
    draft.actors["looker"] = "READ_ONCE(n);"


def anything(draft: Draft) -> None:
    """Statements at random under locks at random, and claims that may well be wrong."""
    random = draft.random
    draft.lines += [
        *("spinlock_t l;", "struct rw_semaphore s;", "struct srcu_struct d;"),
        *("int x;", "int y;", "bool z;", "static void nothing(void) { }"),
    ]

    def plain() -> str:
        name = random.choice("xy")
        return random.choice(
            [
                f"WRITE_ONCE({name}, {random.randint(0, 1)});",
                f"WRITE_ONCE({name}, 1); WRITE_ONCE({name}, 0);",
                f"if (READ_ONCE({name})) WRITE_ONCE(z, {random.choice(['true', 'false'])});",
                f"xchg(&{name}, {random.randint(0, 1)});",
                f"if (cmpxchg(&{name}, 0, 1) == 0) {{ WRITE_ONCE(z, true); WRITE_ONCE({name}, 0); }}",
                f"while (READ_ONCE({name})) cpu_relax();",
                'assert(!(READ_ONCE(x) && READ_ONCE(y)), "not both");',
                f'assert(!READ_ONCE(z) || READ_ONCE({name}) < 2, "small");',
            ]
        )

    def wrapped(inside: str) -> str:
        return random.choice(
            [
                f"spin_lock(&l); {inside} spin_unlock(&l);",
                f"down_read(&s); {inside} up_read(&s);",
                f"down_write(&s); {inside} up_write(&s);",
                f"if (spin_trylock(&l)) {{ {inside} spin_unlock(&l); }}",
                f"if (down_read_trylock(&s)) {{ {inside} up_read(&s); }}",
                f"rcu_read_lock(); {inside} rcu_read_unlock();",
                f"local_irq_disable(); {inside} local_irq_enable();",
                f"int i = srcu_read_lock(&d); {inside} srcu_read_unlock(&d, i);",
                f"{inside} synchronize_rcu();",
                f"{inside} synchronize_srcu(&d);",
                f"{inside} smp_call_function(nothing, true);",
                inside,
            ]
        )

    for name in ("one", "two", "three")[: random.choice([1, 2, 2, 3])]:
        parts = [plain() for _ in range(random.randint(1, 2))]
        draft.actors[name] = (
            f"{wrapped(' '.join(parts))} {plain() if random.random() < 0.5 else ''}"
        )
    if random.random() < 0.3:
        draft.claims.append(random.choice(["invariant x < 2;", "invariant !(x && y);"]))


THEMES: tuple[Theme, ...] = (
    *(critical, shared_readers, tried, flags, removal, callbacks, sleepable, two_periods),
    *(within_first, ipi_in_period, owners, invariants, awaited, permits, references),
    *(lookups, recycled, marked, anything, anything),
)


def generate(seed: int) -> Generated:
    """The protocol of a seed."""
    draft = Draft(Random(seed))
    theme = THEMES[seed % len(THEMES)]
    theme(draft)
    return Generated(seed, theme.__name__, draft.text())
