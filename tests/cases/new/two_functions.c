// new: session_put, session_find
// marks: function-pointer

struct session {
	refcount_t refs;
	u32 id;
	struct rcu_head rcu;
};

static DEFINE_MUTEX(sessions_lock);

static void session_drop(struct session_table *table, struct session *s)
{
	table->count--;
	table->ops->gone(table, s);
}

void session_put(struct session_table *table, struct session *s)
{
	if (!refcount_dec_and_mutex_lock(&s->refs, &table->mutex))
		return;
	table->last = NULL;
	session_drop(table, s);
	mutex_unlock(&table->mutex);
	kfree_rcu(s, rcu);
}

struct session *session_find(struct session_table *table, u32 id)
{
	struct session *s;

	guard(mutex)(&table->mutex);
	s = table->last;
	if (s && s->id == id && refcount_inc_not_zero(&s->refs))
		return s;
	table->ops->miss(table, id);
	return NULL;
}
