// new: settle
// marks: none

void settle(struct counter *c)
{
	int old;

	do {
		old = atomic_read(&c->value);
	} while (atomic_cmpxchg(&c->value, old, old + 1) != old);
	do { c->settled = 1; } while (0);
}
