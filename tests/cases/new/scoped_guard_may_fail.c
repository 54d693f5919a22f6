// new: try_all
// marks: none

int try_all(struct pool *p)
{
	int ret = 0;

	guard(spinlock_try)(&p->hint_lock);
	scoped_guard(mutex_try, &p->lock) {
		p->tries++;
		if (p->full)
			return p->limit;
	}
	if (p->slow)
		scoped_guard(spinlock_irqsave_try, &p->spin)
			p->slow = false;
	else
		ret = 1;
	scoped_cond_guard(mutex_intr, return -ERESTARTSYS, &p->lock)
		p->count++;
	scoped_cond_guard(rwsem_read_try, ret = -EBUSY, &p->sem) {
		if (p->count)
			break;
		p->count = 1;
	}
	while (p->count) {
		guard(rcu)();
		scoped_cond_guard(mutex_try, continue, &p->lock) {
			p->count--;
		}
		scoped_cond_guard(rwsem_write_kill, goto out, &p->sem) {
			p->count--;
		}
	}
out:
	return ret;
}
