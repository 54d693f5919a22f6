// new: find_bucket
// marks: none

/* The result stands on a line of its own. */
struct bucket *
find_bucket(struct table *t, u32 hash,
	    bool create)
{
	struct bucket *b;

	for (b = t->first; b; b = b->next)
		if (b->hash == hash)
			return b;
	return create ? make_bucket(t, hash) : NULL;
}
