"""Small protocols for any number of actors, from a seed: safe ones, and ones with a mistake in them.

A theme makes declarations, actors and claims; in about half of the seeds one thing in it is wrong.
``generate(seed)`` is a function of its seed alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

Theme = Callable[["Draft"], None]

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

ITEMS = """struct item { int value; struct rcu_head rcu; };
struct item a = { .value = 1 };
struct item b = { .value = 1 };
struct item *first = &a;
struct item *second = &b;
static void nothing(void) { }"""

POOL = """struct item { int value; struct rcu_head rcu; };
pool struct item items[%d];
struct item *head;
spinlock_t l;"""


@dataclass(frozen=True, slots=True)
class Generated:
    """A protocol as text, and the theme that it is of."""

    seed: int
    theme: str
    text: str


class Draft:
    """A protocol being made."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.lines: list[str] = []
        self.actors: dict[str, str] = {}
        self.claims: list[str] = []
        self.single: set[str] = set()

    def maybe(self, right: str, wrong: str = "", chance: float = 0.5) -> str:
        """``right``, or at times ``wrong``."""
        return wrong if self.random.random() < chance else right

    def mistake(self, *steps: tuple[str, str]) -> list[str]:
        """Steps, of which at most one is as in the second column; none in half of the cases."""
        found = [right for right, _ in steps]
        if self.random.random() < 0.5:
            at = self.random.randrange(len(steps))
            found[at] = steps[at][1]
        return found

    def text(self) -> str:
        """The file: of each actor there is any number, of some of them one."""
        count: dict[str, str] = {}
        for name in self.actors:
            alone = name in self.single or self.random.random() < 0.15
            count[name] = "" if alone else " *"
        if not any(count.values()):
            count[next(iter(self.actors))] = " *"
        lines = ["models sc;", *self.lines]
        lines += [f"actor {name} {{ {body} }}" for name, body in self.actors.items()]
        run = ", ".join(f"{name}{many}" for name, many in count.items())
        forever = "" if self.random.random() < 0.1 else "forever; "
        lines.append(f"scenario s {{ run {run}; {forever}{' '.join(self.claims)} }}")
        return "\n".join(lines) + "\n"


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


def removal(draft: Draft) -> None:
    """An item of a pool, published, removed, and freed after a grace period."""
    draft.lines.append(POOL % draft.random.choice([1, 2]))
    wait = draft.random.choice(["kfree_rcu(old, rcu);", "{ synchronize_rcu(); free(old); }"])
    lock, setup, late, begin, end, unlock = draft.mistake(
        ("spin_lock(&l);", ""),
        ("WRITE_ONCE(fresh->value, 1);", ""),
        (wait, "free(old);"),
        ("rcu_read_lock();", ""),
        ("rcu_read_unlock();", ""),
        ("spin_unlock(&l);", ""),
    )
    unlock = unlock if lock else ""
    if not begin or not end:
        begin = end = ""
    replace = "struct item *old = head; rcu_assign_pointer(head, fresh);"
    draft.actors["reader"] = (
        f"{begin} struct item *e = rcu_dereference(head); "
        f'if (e) assert(READ_ONCE(e->value) == 1, "set up"); {end}'
    )
    draft.actors["updater"] = (
        f"struct item *fresh = alloc(items); if (!fresh) return; {setup} "
        f"{lock} {replace} {unlock} if (old) {late}"
    )
    if draft.random.random() < 0.5:
        draft.single = {"updater"}


def callbacks(draft: Draft) -> None:
    """What a callback undoes is not seen by readers that began before."""
    draft.lines += [
        "struct node { struct rcu_head rcu; };",
        "struct node one;",
        *("bool removed;", "bool gone;"),
        "static void done(struct rcu_head *head) { WRITE_ONCE(gone, true); }",
    ]
    begin, order, how = draft.mistake(
        ("rcu_read_lock();", ""), ("", "late"), ("call_rcu(&one.rcu, done);", "done(&one.rcu);")
    )
    end = "rcu_read_unlock();" if begin else ""
    draft.actors["reader"] = (
        f'{begin} if (!READ_ONCE(removed)) assert(!READ_ONCE(gone), "still"); {end}'
    )
    steps = ["WRITE_ONCE(removed, true);", how]
    draft.actors["remover"] = " ".join(reversed(steps) if order else steps)
    draft.single = {"remover"}


def sleepable(draft: Draft) -> None:
    """SRCU readers, and who waits for those of their domain."""
    draft.lines += ["struct srcu_struct d;", "struct srcu_struct e;", "bool removed;", "bool gone;"]
    domain, twice, order, wait = draft.mistake(
        ("d", "e"), ("before", "after"), ("", "late"), ("synchronize_srcu(&d);", "synchronize_rcu();")
    )  # fmt: skip
    look = "bool late = READ_ONCE(removed);"
    use = 'if (!late) assert(!READ_ONCE(gone), "still");'
    if draft.random.random() < 0.5:
        draft.actors["reader"] = (
            f"int i = srcu_read_lock(&{domain}); {look} {use} srcu_read_unlock(&{domain}, i);"
        )
    else:
        second = f"int j = srcu_read_lock(&{domain});"
        middle = f"{second} {look}" if twice == "before" else f"{look} {second}"
        draft.actors["reader"] = (
            f"int i = srcu_read_lock(&{domain}); {middle} srcu_read_unlock(&{domain}, i); "
            f"{use} srcu_read_unlock(&{domain}, j);"
        )
    steps = ["WRITE_ONCE(removed, true);", wait]
    draft.actors["updater"] = (
        " ".join(reversed(steps) if order else steps) + " WRITE_ONCE(gone, true);"
    )


def _reader(draft: Draft, begin: str = "rcu_read_lock();", end: str = "rcu_read_unlock();") -> str:
    """A reader of both items, in some order."""
    looks = [
        "struct item *x = rcu_dereference(first);",
        "struct item *y = rcu_dereference(second);",
    ]
    uses = [
        'if (x) assert(READ_ONCE(x->value) == 1, "first");',
        'if (y) assert(READ_ONCE(y->value) == 1, "second");',
    ]
    draft.random.shuffle(looks)
    draft.random.shuffle(uses)
    return " ".join([begin, *looks, *uses, end])


def two_periods(draft: Draft) -> None:
    """Two grace periods that overlap, each begun by an actor of its own."""
    draft.lines.append(ITEMS)
    first, second, one, two, begin = draft.mistake(
        ("synchronize_rcu();", ""),
        ("synchronize_rcu();", ""),
        ("", "late"),
        ("", "late"),
        ("rcu_read_lock();", ""),
    )
    if draft.random.random() < 0.3:
        second = second.replace("synchronize_rcu()", "synchronize_rcu_expedited()")
    draft.actors["reader"] = _reader(draft, begin, "rcu_read_unlock();" if begin else "")
    for name, where, what, wait, late in (
        ("drop_first", "first", "a", first, one),
        ("drop_second", "second", "b", second, two),
    ):
        steps = [f"rcu_assign_pointer({where}, NULL);", wait]
        steps = list(reversed(steps)) if late else steps
        draft.actors[name] = (
            f"if (!READ_ONCE({where})) return; {' '.join(steps)} free(&{what}); assume(false);"
        )
        draft.single.add(name)


def within_first(draft: Draft) -> None:
    """A second grace period is begun while the first is waited for, and may end after it."""
    draft.lines += [ITEMS, "bool begun;", "bool over;"]
    wait, other, before = draft.mistake(
        ("synchronize_rcu();", ""),
        ("synchronize_rcu();", "while (!READ_ONCE(over)) cpu_relax();"),
        ("", "late"),
    )
    draft.actors["reader"] = _reader(draft)
    draft.actors["drop_first"] = (
        "rcu_assign_pointer(first, NULL); WRITE_ONCE(begun, true); "
        f"{wait} WRITE_ONCE(over, true); free(&a); assume(false);"
    )
    steps = ["rcu_assign_pointer(second, NULL);", other]
    steps = list(reversed(steps)) if before else steps
    draft.actors["drop_second"] = (
        f"while (!READ_ONCE(begun)) cpu_relax(); {' '.join(steps)} free(&b); assume(false);"
    )
    draft.single = {"drop_first", "drop_second"}


def ipi_in_period(draft: Draft) -> None:
    """An IPI is sent, and waited for, while a grace period goes on; each for readers of its own."""
    draft.lines.append(ITEMS)
    off, on, send, wait, order = draft.mistake(
        ("local_irq_disable();", "rcu_read_lock();"),
        ("local_irq_enable();", "local_irq_enable();"),
        ("smp_call_function(nothing, true);", "smp_call_function(nothing, false);"),
        ("synchronize_rcu();", ""),
        ("", "late"),
    )
    on = on if off.startswith("local") else "rcu_read_unlock();"
    draft.actors["walker"] = (
        f"{off} struct item *y = READ_ONCE(second); "
        f'if (y) assert(READ_ONCE(y->value) == 1, "second"); {on}'
    )
    draft.actors["reader"] = (
        "rcu_read_lock(); struct item *x = rcu_dereference(first); "
        'if (x) assert(READ_ONCE(x->value) == 1, "first"); rcu_read_unlock();'
    )
    draft.actors["drop_first"] = f"rcu_assign_pointer(first, NULL); {wait} free(&a); assume(false);"
    steps = ["WRITE_ONCE(second, NULL);", send]
    steps = list(reversed(steps)) if order else steps
    if draft.random.random() < 0.4:
        # One actor has both waits, the IPI before the grace period is waited for.
        del draft.actors["drop_first"]
        steps = ["rcu_assign_pointer(first, NULL);", *steps, wait, "free(&a);"]
    draft.actors["drop_second"] = f"{' '.join(steps)} free(&b); assume(false);"
    draft.single = {"drop_first", "drop_second"} & set(draft.actors)


def owners(draft: Draft) -> None:
    """Items that are made, put into a place, taken from it and freed by whoever has taken them."""
    draft.lines += [POOL % draft.random.choice([1, 2])]
    take, give = draft.mistake(
        (
            "struct item *e = xchg(&head, NULL);",
            "struct item *e = READ_ONCE(head); WRITE_ONCE(head, NULL);",
        ),
        ("if (cmpxchg(&head, NULL, fresh)) free(fresh);", "WRITE_ONCE(head, fresh); free(fresh);"),
    )
    use = 'assert(READ_ONCE(e->value) == 1, "set up");'
    draft.actors["maker"] = (
        f"struct item *fresh = alloc(items); if (!fresh) return; WRITE_ONCE(fresh->value, 1); {give}"
    )
    draft.actors["taker"] = f"{take} if (e) {{ {use} free(e); }}"


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


def references(draft: Draft) -> None:
    """An object that goes with its last reference, of which any number may have one."""
    draft.lines += [
        "struct object { refcount_t ref; int value; struct rcu_head rcu; };",
        "struct object only = { .value = 1 };",
        "struct object *shared = &only;",
        "int owned = 1;",
    ]
    get, begin, gone, use, again = draft.mistake(
        ("refcount_inc_not_zero(&o->ref)", "(refcount_read(&o->ref) > 0)"),
        ("rcu_read_lock();", ""),
        ("kfree_rcu(o, rcu);", "free(o);"),
        ("before", "after"),
        ("", "put(&only);"),
    )
    end = "rcu_read_unlock();" if begin else ""
    draft.lines.append(
        "static void put(struct object *o) { if (refcount_dec_and_test(&o->ref)) "
        f"{{ rcu_assign_pointer(shared, NULL); {gone} }} }}"
    )
    look = 'assert(READ_ONCE(o->value) == 1, "still");'
    steps = f"{look} put(o);" if use == "before" else f"put(o); {look}"
    draft.actors["owner"] = "if (xchg(&owned, 0)) put(&only);"
    draft.actors["user"] = (
        f"{begin} struct object *o = rcu_dereference(shared); bool got = o && {get}; {end} "
        f"if (!got) return; {steps} {again}"
    )
    draft.claims.append("init { only.ref = 1; }")
    draft.single = {"owner"} if draft.random.random() < 0.8 else set()


def lookups(draft: Draft) -> None:
    """Objects of a pool that a table has a reference to, while they are in it."""
    draft.lines += [
        "struct object { refcount_t ref; int value; struct rcu_head rcu; };",
        f"pool struct object objects[{draft.random.choice([1, 2])}];",
        "struct object *table;",
        "spinlock_t l;",
    ]
    first, locked, gone, taken, more = draft.mistake(
        ("refcount_set(&o->ref, 1); rcu_assign_pointer(table, o);",
         "rcu_assign_pointer(table, o); refcount_set(&o->ref, 1);"),
        ("inside", "outside"),
        ("kfree_rcu(o, rcu);", "free(o);"),
        ("struct object *o = table; table = NULL;", "struct object *o = table;"),
        ("", "put(o);"),
    )  # fmt: skip
    draft.lines.append(
        f"static void put(struct object *o) {{ if (refcount_dec_and_test(&o->ref)) {gone} }}"
    )
    unlock = "spin_unlock(&l);"
    get = "if (o) refcount_inc(&o->ref);"
    under = f"{get} {unlock}" if locked == "inside" else f"{unlock} {get}"
    draft.actors["maker"] = (
        "struct object *o = alloc(objects); if (!o) return; WRITE_ONCE(o->value, 1); spin_lock(&l); "
        f"if (table) {{ {unlock} free(o); return; }} {first} {unlock}"
    )
    draft.actors["remover"] = f"spin_lock(&l); {taken} {unlock} if (o) put(o);"
    look = 'assert(READ_ONCE(o->value) == 1, "still");'
    draft.actors["user"] = (
        f"spin_lock(&l); struct object *o = table; {under} if (o) {{ {look} put(o); {more} }}"
    )


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
    *(lookups, anything, anything),
)


def generate(seed: int) -> Generated:
    """The protocol of a seed."""
    draft = Draft(Random(seed))
    theme = THEMES[seed % len(THEMES)]
    theme(draft)
    return Generated(seed, theme.__name__, draft.text())
