// new: settle
// marks: none

int settle(struct cell *c, struct cell *other)
{
	int i, sum = 0;

	scoped_guard(mutex, &c->lock) {
		if (!c->live)
			return -ENODEV;
		c->count++;
	}
	scoped_guard(rcu)
		sum = READ_ONCE(c->sum);
	if (sum)
		scoped_guard(spinlock_irqsave, &c->spin)
			c->sum = 0;
	for (i = 0; i < 2; i++) {
		/* The break is one of the guard, the loop goes on. */
		scoped_guard (spinlock, &other->spin) {
			if (other->count)
				break;
			if (other->sum)
				continue;
			if (other->live)
				return other->sum;
			other->live = true;
		}
		if (i == sum)
			break;
	}
	scoped_guard(rwsem_write, &c->sem) {
		c = other;
		c->count = sum;
	}
	return sum;
}
