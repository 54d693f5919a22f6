// new: look
// marks: none

struct entry *look(struct table *t)
{
	struct entry *e;

	rcu_read_lock();
	e = rcu_dereference_check(t->entry, lockdep_is_held(&t->lock));
	if (e && !refcount_inc_not_zero(&e->refs))
		e = NULL;
	rcu_read_unlock();
	return e;
}
