// new: session_get, session_put
// marks: none

struct session {
	refcount_t refs;
	atomic_t users;
	atomic_t opens;
	atomic_long_t bytes;
	u32 id;
};

struct session_list {
	struct session *first;
	refcount_t refs;
};

static struct session *session_new(struct session_list *list, u32 id)
{
	struct session *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return NULL;
	s->id = id;
	refcount_set(&s->refs, 2);
	atomic_set(&s->users, 1);
	atomic_set(&s->opens, 1);
	atomic_long_set(&s->bytes, 4096 * id);
	list->first = s;
	refcount_set(&list->refs, 3);
	return s;
}

static struct session *session_copy(struct session *old)
{
	struct session *s;

	s = kmem_cache_alloc(session_cache, GFP_KERNEL);
	refcount_set(&s->refs, 2);
	atomic_set(&s->opens, 2);
	return s;
}

static void session_reset(struct session *s)
{
	refcount_set(&s->refs, 7);
}

static struct session *session_get(struct session_list *list)
{
	struct session *s = list->first;

	if (!refcount_inc_not_zero(&s->refs))
		return NULL;
	refcount_inc(&list->refs);
	atomic_inc(&s->opens);
	atomic_long_inc(&s->bytes);
	return s;
}

static void session_put(struct session *s)
{
	atomic_dec(&s->users);
	if (refcount_dec_and_test(&s->refs))
		kfree(s);
}
