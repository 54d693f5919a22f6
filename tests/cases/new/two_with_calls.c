// new: drop, work, free_it, back
// marks: recursion, unsupported

int back(struct thing *t, int depth);

void drop(struct thing *t)
{
	spin_lock(&t->lock);
	if (work(t, 1))
		call_rcu(&t->rcu, free_it);
	spin_unlock(&t->lock);
}

static int work(struct thing *t, int depth)
{
	t->count--;
	return back(t, depth);
}

static void free_it(struct rcu_head *head)
{
	struct thing *t = container_of(head, struct thing, rcu);

	kfree(t);
}

int back(struct thing *t, int depth)
{
	if (depth)
		return work(t, depth - 1);
	return t->count == sizeof(*t);
}
