"""Themes of what is freed while others may use it: grace periods, IPIs, pools, references."""

from __future__ import annotations

from tests.anynumber.drafts import Draft

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


def recycled(draft: Draft) -> None:
    """Slots of a typesafe pool, given out again while readers have their address."""
    setup, kind = draft.random.choice([(" zeroed", "count"), (" zeroed", "lock"), ("", "count")])
    size = draft.random.choice([1, 1, 2])
    safe, begin, late = draft.mistake(
        (" typesafe_by_rcu", ""), ("rcu_read_lock();", ""), ("", "late")
    )
    end = "rcu_read_unlock();" if begin else ""
    # Without a constructor nobody may look before the slot was set up once.
    setup = setup if safe and not late else " zeroed"
    draft.lines += [
        "struct obj { int key; refcount_t ref; spinlock_t l; };",
        f"pool struct obj objs[{size}]{setup}{safe};",
        "struct obj *slot;",
    ]
    (_counted if kind == "count" else _locked)(draft, begin, end, late)
    if draft.random.random() < 0.6:
        draft.single = {"owner"}


def _counted(draft: Draft, begin: str, end: str, late: str) -> None:
    """Who takes a reference looks at the key again."""
    get, again, gone = draft.mistake(
        ("refcount_inc_not_zero(&o->ref)", "refcount_read(&o->ref)"),
        ("READ_ONCE(o->key) == 1", "true"),
        ("put(o);", "free(o);"),
    )
    steps = ["WRITE_ONCE(o->key, key);", "refcount_set_release(&o->ref, 1);"]
    steps = list(reversed(steps)) if late else steps
    draft.lines.append(
        "static void put(struct obj *o) { if (refcount_dec_and_test(&o->ref)) free(o); }"
    )
    draft.actors["owner"] = (
        f"int key = choose(1, 2); struct obj *o = alloc(objs); if (!o) return; {' '.join(steps)} "
        f"o = xchg(&slot, o); if (o) {gone}"
    )
    draft.actors["reader"] = (
        f"{begin} struct obj *o = rcu_dereference(slot); bool got = o && {get}; {end} "
        f'if (!got) return; if ({again}) assert(READ_ONCE(o->key) == 1, "key"); put(o);'
    )


def _locked(draft: Draft, begin: str, end: str, late: str) -> None:
    """Who takes the lock of an object looks whether it is still the one in the table."""
    again, inside = draft.mistake(
        ("READ_ONCE(slot) == o", "true"),
        ("WRITE_ONCE(slot, NULL); WRITE_ONCE(o->key, 0); spin_unlock(&o->l);",
         "spin_unlock(&o->l); WRITE_ONCE(slot, NULL); WRITE_ONCE(o->key, 0);"),
    )  # fmt: skip
    gone = "free(o); spin_unlock(&o->l);" if late else f"{inside} free(o);"
    draft.actors["owner"] = (
        "struct obj *o = alloc(objs); if (!o) return; WRITE_ONCE(o->key, 1); "
        "if (cmpxchg(&slot, NULL, o)) { free(o); return; } "
        f"spin_lock(&o->l); {gone}"
    )
    draft.actors["reader"] = (
        f"{begin} struct obj *o = rcu_dereference(slot); if (o) {{ spin_lock(&o->l); "
        f'if ({again}) assert(READ_ONCE(o->key) == 1, "set up"); spin_unlock(&o->l); }} {end}'
    )


def marked(draft: Draft) -> None:
    """A count with a mark in it: who has set that waits for those who have a part, and changes."""
    limit, how, waits, late, early = draft.mistake(
        ("old && old < 0x3fffffff", "old"),
        ("atomic_try_cmpxchg(&n, &old, old + 1)", "atomic_inc_return(&n)"),
        ("atomic_read(&n) != 0x40000001", "atomic_read(&n) < 0x40000001"),
        ("", "late"),
        ("", "early"),
    )
    draft.lines += ["atomic_t n;", "int value;", "struct mutex l;"]
    draft.lines.append(
        "static bool get(void) { int old = atomic_read(&n); "
        f"while ({limit}) {{ if ({how}) return true; }} return false; }}"
    )
    steps = ["value = !value;", "atomic_sub(0x40000000, &n);"]
    steps = list(reversed(steps)) if late else steps
    draft.actors["marker"] = (
        "mutex_lock(&l); if (atomic_add_unless(&n, 0x40000000, 0)) { "
        f"while ({waits}) cpu_relax(); {' '.join(steps)} }} mutex_unlock(&l);"
    )
    put, again = "atomic_dec(&n);", 'assert(READ_ONCE(value) == was, "it stays");'
    draft.actors["user"] = "if (!get()) return; int was = READ_ONCE(value); " + (
        f"{put} {again}" if early else f"{again} {put}"
    )
    draft.claims.append("init { n = 1; }")
    draft.single = {"marker"} if draft.random.random() < 0.5 else set()
