// new: add_user
// marks: none

/* A lock, a counter, a flag: nothing to be marked. */
static void add_user(struct session *s, int by)
{
	spin_lock(&s->lock);
	s->users += by;
	WRITE_ONCE(s->dirty, true);
	spin_unlock(&s->lock);
}
