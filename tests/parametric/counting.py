"""Protocols that count references, as texts, and their systems."""

from __future__ import annotations

from dsl.check import check
from dsl.imports import load_text
from dsl.protocol import Protocol
from prover.parametric.machine import Compiled
from tests.parametric.comparing import system

HEAD = """models sc;
struct object { refcount_t ref; int value; struct rcu_head rcu; };
struct object only = { .value = 1 };
struct object *shared = &only;
int owned = 1;
atomic_t n;
"""

USERS = """
static void put(struct object *o)
{
	if (refcount_dec_and_test(&o->ref)) { rcu_assign_pointer(shared, NULL); kfree_rcu(o, rcu); }
}
actor owner { if (xchg(&owned, 0)) put(&only); }
actor user {
	rcu_read_lock();
	struct object *o = rcu_dereference(shared);
	bool got = o && refcount_inc_not_zero(&o->ref);
	rcu_read_unlock();
	if (!got) return;
	assert(READ_ONCE(o->value) == 1, "still there");
	put(o);
}
scenario s { run owner, user *; forever; init { only.ref = 1; } }
"""


def protocol(text: str) -> Protocol:
    return check(load_text("t.khp", HEAD + text, None, ()))


def many(text: str, *, counting: bool = True) -> Compiled:
    found = protocol(text)
    scenario = found.scenarios["s"]
    names = frozenset(scenario.many)
    return system(found, many=names, forever=scenario.forever, counting=counting)


def crowd(found: Compiled, number: int) -> tuple[int, ...]:
    return (*found.start.single, *(local for local in found.start.many for _ in range(number)))


LEFT = """
actor user { if (refcount_inc_not_zero(&only.ref)) WRITE_ONCE(owned, 0); }
actor putter { if (xchg(&owned, 1) == 0 && refcount_dec_and_test(&only.ref)) free(&only); }
scenario s { run user *, putter *; init { only.ref = 1; owned = 0; } }
"""
"""Whoever comes may put what another has taken and left."""

SET = """
actor user {
	if (!refcount_inc_not_zero(&only.ref)) return;
	refcount_set(&only.ref, 1);
	if (refcount_dec_and_test(&only.ref)) assert(READ_ONCE(owned) == 0, "last");
}
scenario s { run user *; init { only.ref = 1; } }
"""
"""A count that is set while others have a part of it."""

AGAIN = """
pool struct object objects[1];
struct object *table;
actor maker {
	struct object *o = alloc(objects);
	if (!o) return;
	refcount_set(&o->ref, 1);
	if (xchg(&owned, 0)) { free(o); return; }
	if (refcount_dec_and_test(&o->ref)) assert(READ_ONCE(owned) == 1, "second life");
	free(o);
}
scenario s { run maker *; forever; }
"""
"""A second life of an object whose first ended with a reference to it."""

SECOND = """
actor user {
	if (!refcount_inc_not_zero(&only.ref)) return;
	assert(!(refcount_read(&only.ref) == 3), "three");
	refcount_dec(&only.ref);
}
scenario s { run user *; init { only.ref = 1; } }
"""
"""A number that takes two at once."""

STOLEN = """
actor owner { if (xchg(&owned, 0)) refcount_dec_and_test(&only.ref); }
actor user {
	if (!refcount_inc_not_zero(&only.ref)) return;
	WRITE_ONCE(only.value, 2);
	while (READ_ONCE(only.value) != 4) cpu_relax();
}
actor putter {
	if (cmpxchg(&only.value, 2, 3) != 2) return;
	refcount_dec_and_test(&only.ref);
	assert(refcount_read(&only.ref) > 0, "some");
	WRITE_ONCE(only.value, 4);
}
scenario s { run owner, user *, putter *; init { only.ref = 1; } }
"""
"""What one has taken, and has still, another puts as the last."""

FAILS = """
actor user {
	atomic_inc(&n);
	int r = atomic_read(&n);
	int was = atomic_cmpxchg(&n, r, r + 1);
	assert(was == r || r < 3, "nobody was between");
	while (READ_ONCE(owned) != 7) cpu_relax();
}
scenario s { run user *; init { n = 1; } }
"""
"""A compare-and-exchange that fails."""

SWAPPED = """
actor user {
	atomic_inc(&n);
	int r = atomic_read(&n);
	assert(!(atomic_cmpxchg(&n, r, r + 1) == r && r == 2), "two");
	while (READ_ONCE(owned) != 7) cpu_relax();
}
scenario s { run user *; }
"""
"""One that does not, while somebody else has a part."""

MARKED = """
actor marker {
	if (xchg(&owned, 0) == 0) return;
	if (!atomic_add_unless(&n, 0x40000000, 0)) return;
	while (atomic_read(&n) != 0x40000001) cpu_relax();
	WRITE_ONCE(only.value, 2);
	atomic_sub(0x40000000, &n);
}
static bool get(void)
{
	int r = atomic_read(&n);
	while (r && r < 0x3fffffff) {
		if (atomic_try_cmpxchg(&n, &r, r + 1)) return true;
	}
	return false;
}
actor user {
	if (!get()) return;
	int v = READ_ONCE(only.value);
	assert(READ_ONCE(only.value) == v, "it stays");
	int old = atomic_fetch_dec(&n);
	if (old != 1 && (old - 1) & 0x40000000 && old <= 0x40000002) WRITE_ONCE(only.value, 2);
}
scenario s { run marker, user *; init { n = 1; } }
"""
"""Somebody marks the count, which keeps others from counting up, and waits for who has a part."""

UNMARKED = MARKED.replace("r && r < 0x3fffffff", "r")
UNWAITED = MARKED.replace("!= 0x40000001", "< 0x40000001")

TEXTS = (USERS, LEFT, SET, AGAIN, SECOND, STOLEN, FAILS, SWAPPED, MARKED, UNMARKED, UNWAITED)
