// new: make_entry
// marks: unsupported, unsupported

struct entry *make_entry(struct table *t, int key)
{
	struct entry *e __free(kfree) = alloc_entry(key);
	struct entry *spare __free(kfree) = NULL;
	struct blob *blob __free(drop_blob) = get_blob(key);

	if (!e)
		return ERR_PTR(-ENOMEM);
	guard(mutex)(&t->lock);
	if (t->full)
		return find_entry(t, key);
	if (t->closed) {
		t->last = no_free_ptr(e);
		return NULL;
	}
	if (insert_entry(t, no_free_ptr(spare)))
		return NULL;
	if (t->loose)
		retain_and_null_ptr(spare);
	if (t->shared)
		return no_free_ptr(spare);
	return_ptr(e);
}
